import type { Clock, WorkBudget } from '../spi/index.js';

/** Units, and milliseconds of the clock, that one turn may spend. */
const TURN_UNITS = 4 * 1024 * 1024;
const TURN_TIME = 8;
/** What the application's own calls may spend after a turn: most come from what the end of a turn runs, one after the other. */
const CALL_UNITS = 1024 * 1024;
const CALL_TIME = 2;
/**
 * Milliseconds after which they may spend it again though no turn came: a program may ask in a loop until there is something.
 * Under a virtual clock, every other call may that is made when all is spent.
 */
const CALL_INTERVAL = 10;
/** Units between two looks at the clock. */
const UNITS_PER_LOOK = 16 * 1024;

/**
 * What may still be done in a reactor's turn. Work is counted in units, so that a virtual clock, which stands still
 * meanwhile, bounds a turn too, and always in the same way; on the machine's clock its time is bounded as well.
 */
export class Turn implements WorkBudget {
  number = 0;
  #left = CALL_UNITS;
  /** How many units are left when the clock is looked at next. */
  #nextLook = CALL_UNITS - UNITS_PER_LOOK;
  #time = CALL_TIME;
  /** When the time is over; 0 until the first look. */
  #ends = 0;
  /** The application asked when all was spent. */
  #refused = false;

  constructor(private readonly clock: Clock) {}

  /** A turn begins. */
  begin(): void {
    this.number++;
    this.#allow(TURN_UNITS, TURN_TIME);
  }

  /** The turn is over. */
  end(): void {
    this.number++;
    this.#allow(CALL_UNITS, CALL_TIME);
  }

  beginCall(): void {
    if (this.#left > 0) return;
    const again = this.clock.virtual ? this.#refused : this.clock.now() >= this.#ends + CALL_INTERVAL;
    if (again) this.#allow(CALL_UNITS, CALL_TIME);
    else this.#refused = true;
  }

  get spent(): boolean {
    return this.#left <= 0;
  }

  spend(units: number): void {
    this.#left -= units;
    if (this.#left <= this.#nextLook) this.#look();
  }

  #look(): void {
    this.#nextLook = this.#left - UNITS_PER_LOOK;
    if (this.clock.virtual) return;
    const now = this.clock.now();
    // Most turns do not get this far, and need not ask when they began.
    if (this.#ends === 0) this.#ends = now + this.#time;
    else if (now >= this.#ends) this.#left = 0;
  }

  #allow(units: number, time: number): void {
    this.#left = units;
    this.#nextLook = units - UNITS_PER_LOOK;
    this.#refused = false;
    this.#time = time;
    this.#ends = 0;
  }
}

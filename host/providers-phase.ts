import { ignoreOutcome, isGenerator, isThenable, RUNS_WHEN_CALLED } from '../spi/answers.js';
import type { Clock, Defect, DeferredWork, Timer } from '../spi/index.js';
import { TimerHeap } from './timers.js';
import { TurnBudget } from './turn-budget.js';
import { WorkQueue } from './work-queue.js';

/** The providers' phase of a turn: due timers, then deferred work, until nothing is left or the turn is full. */
export class ProvidersPhase {
  /** Whether it is being gone through, so that nothing may block. */
  running = false;
  readonly #timers = new TimerHeap();
  readonly #deferred = new WorkQueue();
  /** Work that goes on in the next turn. */
  readonly #postponed = new WorkQueue();
  // One for each: neither timers nor deferred work can use up the turn of the others.
  readonly #forTimers: TurnBudget;
  readonly #forWork: TurnBudget;
  readonly #workFailed = (cause: unknown): void => {
    this.report({ message: 'deferred work of a provider threw', cause });
  };
  readonly #workAnswered = (answer: unknown): void => this.#answeredLater(answer, 'deferred work');

  /**
   * @param report told of what goes wrong; must not throw
   * @param ranTimer told of each timer that is about to run
   */
  constructor(
    private readonly clock: Clock,
    private readonly report: (defect: Defect) => void,
    private readonly ranTimer: () => void,
  ) {
    this.#forTimers = new TurnBudget(!clock.virtual);
    this.#forWork = new TurnBudget(!clock.virtual);
  }

  /** Queues work for this turn's phase or the next. */
  defer(work: DeferredWork): void {
    this.#deferred.push(work);
  }

  /** Queues work for the next turn, behind what others have to do until then. */
  postpone(work: DeferredWork): void {
    this.#postponed.push(work);
  }

  /** Sets a timer for a moment of the clock, in milliseconds. */
  setTimer(when: number, callback: () => void): Timer {
    const now = this.clock.now();
    // One for the past, or for no moment at all, comes after those that are due.
    return this.#timers.set(when > now ? when : now, callback);
  }

  /** When the next timer is due; Infinity for never. */
  nextTimer(): number {
    return this.#timers.next();
  }

  /** Whether work was left for the next turn. */
  get hasWork(): boolean {
    if (this.#deferred.length > 0) return true;
    const next = this.#timers.next();
    return next !== Infinity && next <= this.clock.now();
  }

  /** Whether work waits for the next turn because this one's data budget was spent. */
  get hasPostponed(): boolean {
    return this.#postponed.length > 0;
  }

  /** Whether anything but timers is queued. */
  get hasQueued(): boolean {
    return this.#deferred.length + this.#postponed.length > 0;
  }

  /** A turn begins: what was put off to it is work of this one. */
  beginTurn(): void {
    if (!this.running) {
      this.#forTimers.renew();
      this.#forWork.renew();
    }
    this.#postponed.moveTo(this.#deferred);
  }

  /** Goes through the phase, as often as a turn has one. */
  run(): void {
    if (this.running) return;
    this.running = true;
    try {
      let done;
      do {
        done = this.#timers.next() === Infinity ? 0 : this.#runTimers();
        done += this.#deferred.run(this.#workFailed, this.#workAnswered, this.#forWork);
      } while (done > 0);
    } finally {
      this.running = false;
    }
  }

  /** Drops the work that is queued. */
  clear(): void {
    this.#deferred.clear();
    this.#postponed.clear();
  }

  /** Runs the timers that are due; those that they set wait until deferred work had its turn. Returns how many ran. */
  #runTimers(): number {
    const before = this.#timers.count;
    for (let ran = 0; ; ran++) {
      if (this.#forTimers.spent) return ran;
      const callback = this.#timers.takeDue(this.clock.now(), before);
      if (callback === null) return ran;
      this.#forTimers.take();
      this.ranTimer();
      try {
        const answer: unknown = callback();
        if (answer !== undefined) this.#answeredLater(answer, 'a timer');
      } catch (cause) {
        this.report({ message: 'a timer of a provider threw', cause });
      }
    }
  }

  // Nothing here waits for a promise: what comes after it would run whenever it likes, and fail unseen.
  #answeredLater(answer: unknown, what: string): void {
    if (isGenerator(answer)) {
      return this.report({
        message: `${what} of a provider returned a generator, of which nothing runs: ${RUNS_WHEN_CALLED}`,
      });
    }
    if (!isThenable(answer)) return;
    ignoreOutcome(answer);
    this.report({
      message: `${what} of a provider returned a promise, and nothing waits for it: go on by another timer or piece of deferred work, in a function that is not async`,
    });
  }
}

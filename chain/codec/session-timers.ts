import type { InstanceHost, Timer } from '../../spi/index.js';

/** The two timers of a codec's session: the codec's own, and the limit of what may not last for ever. */
export class SessionTimers {
  #codecTimer: Timer | null = null;
  /** Ends a handshake, or a held end, that takes too long. */
  #limit: Timer | null = null;

  constructor(private readonly host: InstanceHost) {}

  /** Whether the codec's timer is set. */
  get running(): boolean {
    return this.#codecTimer !== null;
  }

  /** Whether something is limited. */
  get limited(): boolean {
    return this.#limit !== null;
  }

  /**
   * Sets the codec's timer, in the place of what it was set to before.
   *
   * @param milliseconds from now; Infinity for never
   */
  set(milliseconds: number, callback: () => void): void {
    this.unset();
    this.#codecTimer = this.#after(milliseconds, () => {
      this.#codecTimer = null;
      callback();
    });
  }

  /** Takes the codec's timer away. */
  unset(): void {
    this.#codecTimer?.cancel();
    this.#codecTimer = null;
  }

  /**
   * Begins a limit, in the place of any other.
   *
   * @param milliseconds from now; Infinity for none
   */
  limit(milliseconds: number, callback: () => void): void {
    this.endLimit();
    this.#limit = this.#after(milliseconds, () => {
      this.#limit = null;
      callback();
    });
  }

  /** What was limited is done. */
  endLimit(): void {
    this.#limit?.cancel();
    this.#limit = null;
  }

  /** Nothing will ring any more. */
  stop(): void {
    this.unset();
    this.endLimit();
  }

  #after(milliseconds: number, callback: () => void): Timer | null {
    if (milliseconds === Infinity) return null;
    return this.host.setTimer(this.host.clock.now() + Math.max(milliseconds, 0), callback);
  }
}

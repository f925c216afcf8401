import type { ContainedCodec } from './contained-codec.js';
import type { SessionQueues, SessionUser } from './session-parts.js';
import type { SessionTimers } from './session-timers.js';
import { EarlyEnd, Sending } from './stages.js';

/** How the end of what is sent comes past a codec, which may hold it back or give it early. The states are in `stages.ts`. */
export class SendingEnd {
  #state: number = Sending.OPEN;
  /** The codec called `holdEnd`. */
  #held = false;
  /** The codec called `ended` before the application did: one of `EarlyEnd`. */
  #early: number = EarlyEnd.NONE;

  /** @param longest milliseconds that an end waits for a codec that encodes nothing meanwhile */
  constructor(
    private readonly codec: ContainedCodec,
    private readonly queues: SessionQueues,
    private readonly timers: SessionTimers,
    private readonly user: SessionUser,
    private readonly longest: number,
  ) {}

  /** One of `Sending`. */
  get state(): number {
    return this.#state;
  }

  /** Whether what is encoded now comes too late. */
  get past(): boolean {
    return this.#state === Sending.ENDED || this.#early !== EarlyEnd.NONE;
  }

  /** Whether what is sent ends behind what is encoded. */
  get due(): boolean {
    return this.#state === Sending.ENDING || this.#early === EarlyEnd.DUE;
  }

  /** The application ends what it sends. Returns whether it had not before. */
  begin(): boolean {
    if (this.#state !== Sending.OPEN) return false;
    this.#state = Sending.HELD;
    return true;
  }

  /** The codec holds the end back. */
  hold(): void {
    if (this.#state === Sending.HELD) this.#held = true;
  }

  /** The codec gives the end. Returns whether there was one to give. */
  give(): boolean {
    if (this.#state === Sending.OPEN && this.#early === EarlyEnd.NONE) {
      this.#early = EarlyEnd.DUE;
      this.user.moved();
      return true;
    }
    if (this.#state !== Sending.HELD) return false;
    this.#held = false;
    this.#goOn();
    return true;
  }

  /** A timer rang, or was set anew: the end goes on if nothing holds it back. */
  goOnIfNothingHolds(): void {
    if (this.#state === Sending.HELD && !this.#held && !this.timers.running) this.#goOn();
  }

  /** The end is to come, and waits for the codec: not for ever. */
  expect(): void {
    if (this.#state > Sending.HELD || this.timers.limited) return;
    const { encoded, toEncode } = this.queues;
    const before = encoded.total;
    this.timers.limit(this.longest, () => {
      // Who goes on to encode may take its time.
      if (encoded.total !== before) return this.expect();
      toEncode.clear();
      this.#state = Sending.HELD;
      this.#goOn();
      this.user.advance();
    });
  }

  /** All that was encoded is on its way, and the end behind it. */
  sent(): void {
    if (this.#early === EarlyEnd.DUE) this.#early = EarlyEnd.SENT;
    if (this.#state === Sending.ENDING) this.#state = Sending.ENDED;
  }

  #goOn(): void {
    this.#state = Sending.ENDING;
    this.timers.endLimit();
    this.user.moved();
    if (!this.codec.inside) this.user.answered();
  }
}

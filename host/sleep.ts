// How a blocking call sleeps: in the poller, until something is ready or a timer is due.
import type { Clock, WaitResult } from '../spi/index.js';
import type { Poller } from '../platform/index.js';
import type { BlockingHook } from './reactor-options.js';
import { reactors, type ThreadReactor } from './thread-reactors.js';

/**
 * Real milliseconds without native readiness after which a virtual clock may move on though native sockets are open.
 */
const NATIVE_GRACE = 20;
/** Rounds of a blocking hook after which a wait that nothing else can end counts as a deadlock. */
const ROUNDS_IN_VAIN = 6000;

/** The sleep of an instance's blocking calls, by its clock. */
export class Sleep {
  /**
   * @param deadlock reports that nothing can ever end the wait, and says what it ends with
   */
  constructor(
    private readonly clock: Clock,
    private readonly poller: Poller,
    private readonly deadlock: () => WaitResult,
  ) {}

  /**
   * Sleeps once, until the deadline at the latest.
   *
   * @param deadline milliseconds of the clock; Infinity for none
   * @returns `null` to look again whether the wait is over, or what it ends with
   */
  until(deadline: number): WaitResult | null {
    if (this.clock.virtual) return this.#untilVirtually(deadline);
    let next = deadline;
    for (const reactor of reactors) next = Math.min(next, realMomentOfNextTimer(reactor, this.clock));
    if (next === Infinity && this.poller.size === 0) return this.deadlock();
    // A wait that a signal ended is gone on with: the caller looks whether it is over.
    this.poller.poll(next === Infinity ? Infinity : Math.max(0, next - this.clock.now()));
    return null;
  }

  /**
   * When a hook is to run again. Once it has run in vain for long enough, that is no reason any more to go on waiting.
   *
   * @param rounds how often it has run
   */
  nextRound(deadline: number, hook: BlockingHook, rounds: number): number {
    if (rounds > ROUNDS_IN_VAIN && this.poller.size === 0) {
      let next = deadline;
      for (const reactor of reactors) next = Math.min(next, reactor.nextTimer());
      if (next === Infinity) return Infinity;
    }
    return Math.min(deadline, this.clock.now() + hook.interval);
  }

  #nextTimer(): number {
    let next = Infinity;
    for (const reactor of reactors) if (reactor.clock === this.clock) next = Math.min(next, reactor.nextTimer());
    return next;
  }

  #untilVirtually(deadline: number): WaitResult | null {
    const native = this.poller.size > 0;
    if (this.poller.poll(native ? NATIVE_GRACE : 0) !== 0) return null;
    const own = Math.min(deadline, this.#nextTimer());
    // Others may be attached to the clock that are no reactors, or by a clock of their own.
    const next = Math.min(own, this.clock.nextTimer?.() ?? own);
    if (next !== Infinity) {
      this.clock.moveTo?.(next);
      if (next < own) this.clock.runDue?.();
    } else if (!native) return this.deadlock();
    return null;
  }
}

/** When a reactor's next timer is due by another's clock; timers of a virtual one wait for that to move. */
function realMomentOfNextTimer(reactor: ThreadReactor, clock: Clock): number {
  const next = reactor.nextTimer();
  if (next === Infinity || reactor.clock === clock) return next;
  return reactor.clock.virtual ? Infinity : clock.now() + Math.max(0, next - reactor.clock.now());
}

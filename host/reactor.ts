import type { Alertable, Clock, ClockClient, Defect, DeferredWork, Timer, WaitResult } from '../spi/index.js';
import { ignoreOutcome, isThenable } from '../spi/answers.js';
import { threadPoller, type Poller, type PollerClient } from '../platform/index.js';
import { ApcQueue } from './apc.js';
import { TimerHeap } from './timers.js';
import { TurnBudget } from './turn-budget.js';
import { Turn } from './turn.js';
import { WorkQueue } from './work-queue.js';

/** Rounds of APCs in one turn of the event loop: what a routine begins is then often over, and its own routine has its turn. */
const APC_ROUNDS = 4;
/** Alertable waits in a row that may be ended by procedures without a look at the descriptors. */
const PROCEDURES_BEFORE_LOOK = 16;
/** Real milliseconds without native readiness after which a virtual clock may move on though native sockets are open. */
const NATIVE_GRACE = 20;

/** Turns full of work after which a virtual clock that could not move counts as stalled. */
const FULL_TURNS_PER_MOMENT = 100;
/** Rounds of procedures after which it does. */
const PROCEDURES_PER_MOMENT = 1_000_000;

/** The reactors of this thread: a blocking call of one pumps the providers' phase of all. */
const reactors = new Set<Reactor>();

/** Rounds of a blocking hook after which a wait that nothing else can end counts as a deadlock. */
const ROUNDS_IN_VAIN = 6000;

/** What an application has run while its blocking call waits (WinSock 1.1). */
export interface BlockingHook {
  /** Milliseconds of the clock after which it is to run again though nothing has happened; Infinity for only then. */
  readonly interval: number;
  /** Runs the hook; false when the call was cancelled. */
  run(): boolean;
}

/** What a reactor needs of its instance. */
export interface ReactorOptions {
  readonly clock: Clock;
  /** Whether the idle event loop counts as an alertable wait. */
  readonly alertableEventLoop: boolean;
  /** Microseconds to keep polling after activity. */
  readonly spin: number;
  /** Told of what goes wrong; must not throw. */
  report(defect: Defect): void;
}

/**
 * Where all waiting of an instance happens. One turn: ready descriptors and event notices have reached their cores and
 * fronts, then due timers, then deferred work (the providers' phase, the same in every pump), then the application's
 * phase: APCs in an alertable wait, registered waits from the event loop alone.
 */
export class Reactor implements PollerClient, ClockClient {
  readonly clock: Clock;
  readonly apcs = new ApcQueue();
  /** What may still be done in this turn. */
  readonly turn: Turn;
  readonly #options: ReactorOptions;
  readonly #poller: Poller = threadPoller();
  readonly #timers = new TimerHeap();
  readonly #describers = new Set<() => readonly string[]>();
  readonly #waiting: string[] = [];
  /** Told when APCs ran in the event loop: alertable waits that hold a promise instead of the thread. */
  readonly #alertableWaits = new Set<() => void>();
  readonly #detachClock: (() => void) | undefined;
  readonly #deferred = new WorkQueue();
  /** Work that goes on in the next turn. */
  readonly #postponed = new WorkQueue();
  readonly #application = new WorkQueue();
  /** Waits that run as soon as the poller has looked (WT_EXECUTEINWAITTHREAD). */
  readonly #immediateWaits = new WorkQueue();
  #foreignCodeRan = false;
  readonly #workFailed = (cause: unknown): void => {
    this.#options.report({ message: 'deferred work of a provider threw', cause });
  };
  readonly #workAnswered = (answer: unknown): void => this.#answeredLater(answer, 'deferred work');
  // One for each: neither timers nor deferred work can use up the turn of the others.
  readonly #forTimers: TurnBudget;
  readonly #forWork: TurnBudget;
  #alarm = Infinity;
  #proceduresSinceLook = 0;
  #references = 0;
  #cancellations = 0;
  #dispatching = false;
  #inProvidersPhase = false;
  #closed = false;

  constructor(options: ReactorOptions) {
    this.#options = options;
    this.clock = options.clock;
    this.turn = new Turn(options.clock);
    this.#forTimers = new TurnBudget(!options.clock.virtual);
    this.#forWork = new TurnBudget(!options.clock.virtual);
    this.#detachClock = options.clock.attach?.(this);
    if (options.spin > 0) this.#poller.spin = Math.max(this.#poller.spin, options.spin);
    this.#poller.addClient(this);
    reactors.add(this);
  }

  /** Whether providers' work of this thread is being done, so that nothing may block. */
  get inProvidersPhase(): boolean {
    return this.#inProvidersPhase;
  }

  /** Queues work for the third step of this turn or the next. */
  defer(work: DeferredWork): void {
    if (work.queued) return;
    this.#deferred.push(work);
    if (!this.#dispatching && !this.#poller.delivering) this.#poller.wake();
  }

  /** Queues work for the third step of the next turn, behind what others have to do until then. */
  deferToNextTurn(work: DeferredWork): void {
    if (work.queued) return;
    this.#postponed.push(work);
    if (!this.#dispatching && !this.#poller.delivering) this.#poller.wake();
  }

  /** Queues a registered wait for the application's phase of the event loop, or for the moment before it. */
  queueWait(wait: DeferredWork & { readonly inWaitThread: boolean }): void {
    if (!wait.inWaitThread) return this.queueForApplication(wait);
    if (wait.queued) return;
    this.#immediateWaits.push(wait);
    if (!this.#dispatching && !this.#poller.delivering) this.#poller.wake();
  }

  /** Code that is not the framework's ran in the providers' phase: what it left for the end of a callback must get its turn. */
  ranForeignCode(): void {
    this.#foreignCodeRan = true;
  }

  /** Queues work for the application's phase of the event loop. */
  queueForApplication(work: DeferredWork): void {
    if (work.queued) return;
    this.#application.push(work);
    if (!this.#dispatching && !this.#poller.delivering) this.#poller.wake();
  }

  /** Queues an APC to the thread; see `ApcQueue.push`. */
  queueApc(procedure: (context: unknown) => void, context: unknown, socket: number): void {
    this.apcs.push(procedure, context, socket);
    if (this.#loopIsAlertable && !this.#dispatching && !this.#poller.delivering) this.#poller.wake();
  }

  /** Sets a timer for a moment of the clock, in milliseconds. */
  setTimer(when: number, callback: () => void): Timer {
    const now = this.clock.now();
    // One for the past, or for no moment at all, comes after those that are due.
    const timer = this.#timers.set(when > now ? when : now, callback);
    if (!this.#dispatching) this.#armAlarm();
    return timer;
  }

  nextTimer(): number {
    return this.#timers.next();
  }

  /** Keeps the process alive until `unref` is called as often. */
  ref(): void {
    if (this.#references++ === 0) this.#poller.ref();
  }

  /** Takes one `ref` back. */
  unref(): void {
    if (--this.#references === 0) this.#poller.unref();
  }

  /** Adds a function that says what each socket waits for. */
  describeWaiters(describe: () => readonly string[]): () => void {
    this.#describers.add(describe);
    return () => this.#describers.delete(describe);
  }

  /** What waits at present, a line each: the blocking calls of this instance, and what sockets of the thread wait for. */
  waiters(): string[] {
    const waiters = [...this.#waiting];
    for (const reactor of reactors) for (const describe of reactor.#describers) waiters.push(...describe());
    return waiters;
  }

  /** Counts the event loop as an alertable wait until the function returned is called. */
  beginAlertableWait(apcsRan: () => void): () => void {
    this.#alertableWaits.add(apcsRan);
    if (this.apcs.ready) this.#poller.wake();
    return () => this.#alertableWaits.delete(apcsRan);
  }

  /** Ends every wait that is under way with `interrupted`. */
  cancelWaits(): void {
    this.#cancellations++;
  }

  /** Called by the poller from the event loop: one turn, whole if the application may run. */
  dispatch(forApplication: boolean): void {
    if (this.#dispatching || this.#closed) return;
    this.#dispatching = true;
    try {
      this.runDue();
      if (this.#immediateWaits.run(rethrow) > 0) this.#runStep();
      if (forApplication) {
        this.#foreignCodeRan = false;
        this.#runApplication();
        this.#runStep();
      }
    } finally {
      this.#dispatching = false;
      this.turn.end();
    }
    this.#settle();
  }

  /** Begins a turn with its providers' phase: due timers, then deferred work, until nothing is left or the turn is full. */
  runDue(): void {
    if (this.#inProvidersPhase) return;
    this.turn.begin();
    this.#postponed.moveTo(this.#deferred);
    this.#runStep();
    if (!this.#dispatching) this.turn.end();
  }

  /** The providers' phase, as often as a turn has one. */
  #runStep(): void {
    if (this.#inProvidersPhase) return;
    this.#forTimers.renew();
    this.#forWork.renew();
    this.#inProvidersPhase = true;
    try {
      let done;
      do {
        done = this.#timers.next() === Infinity ? 0 : this.#runTimers();
        done += this.#deferred.run(this.#workFailed, this.#workAnswered, this.#forWork);
      } while (done > 0);
    } finally {
      this.#inProvidersPhase = false;
    }
  }

  /** Whether the providers' phase left work for the next turn. */
  get hasWork(): boolean {
    return this.#deferred.length > 0 || this.#timers.next() <= this.clock.now();
  }

  /** Whether work waits for the next turn because this one's data budget was spent. */
  get hasPostponed(): boolean {
    return this.#postponed.length > 0;
  }

  /** Looks at the descriptors once and does the providers' work of the whole thread, without waiting. */
  poll(): void {
    if (this.#anyInProvidersPhase()) return;
    this.#poller.poll(0);
    for (const reactor of reactors) reactor.runDue();
    this.#settle();
  }

  /**
   * Pumps until the condition holds; see `InstanceHost.wait`.
   *
   * @param hook runs whenever the wait would have to go to sleep
   */
  wait(
    condition: () => boolean,
    deadline: number,
    alertable: Alertable,
    description = 'a blocking call',
    hook: BlockingHook | null = null,
  ): WaitResult {
    if (this.#anyInProvidersPhase()) {
      this.#options.report({
        message: `${description} would block inside the providers' phase of a turn, where nothing may wait`,
      });
      return 'interrupted';
    }
    const cancellations = this.#cancellations;
    this.#waiting.push(description);
    let hooked = false;
    let rounds = 0;
    const stall = this.clock.virtual ? new Stall(this.clock) : null;
    try {
      for (let looked = false; ; looked = true) {
        for (const reactor of reactors) reactor.runDue();
        if (condition()) return 'condition';
        if (alertable !== 'no' && this.apcs.ready) {
          // Procedures that queue each other must not keep the descriptors from being looked at.
          if (++this.#proceduresSinceLook >= PROCEDURES_BEFORE_LOOK) this.#lookBetweenProcedures();
          this.runApcs();
          if (alertable === 'return') return 'io-completion';
          // Nor the wait from ending.
          if (this.#cancellations !== cancellations || this.#closed) return 'interrupted';
          if (this.clock.now() >= deadline) return condition() ? 'condition' : 'timeout';
          if (stall !== null && stall.roundsAtOneMoment() > PROCEDURES_PER_MOMENT) return this.#stalled(description);
          continue;
        }
        if (this.#cancellations !== cancellations || this.#closed) return 'interrupted';
        if (!looked) {
          this.#poller.poll(0);
          continue;
        }
        if (this.clock.now() >= deadline) return 'timeout';
        if (hook !== null && !hooked) {
          hooked = true;
          if (!hook.run()) return 'interrupted';
          continue;
        }
        hooked = false;
        // Not counted below: what puts itself off gets on at each turn.
        if (workIsPostponed()) {
          if (this.#poller.poll(0) < 0) return 'interrupted';
          continue;
        }
        if (workIsLeft()) {
          if (this.#poller.poll(0) < 0) return 'interrupted';
          if (stall !== null && stall.roundsAtOneMoment() > FULL_TURNS_PER_MOMENT) return this.#stalled(description);
          continue;
        }
        const ended = this.#waitOnce(hook === null ? deadline : this.#nextRound(deadline, hook, ++rounds));
        if (ended !== null) return ended;
      }
    } finally {
      this.#waiting.pop();
      for (const reactor of reactors) reactor.#settle();
    }
  }

  #stalled(description: string): WaitResult {
    this.#options.report({
      message: `${description} cannot end: somebody sets a timer for now, defers work or queues procedures again and again, so that the virtual clock cannot move`,
    });
    return 'interrupted';
  }

  #lookBetweenProcedures(): void {
    this.#proceduresSinceLook = 0;
    this.#poller.poll(0);
    for (const reactor of reactors) reactor.runDue();
  }

  /** Runs the APCs that wait; true when there were any. */
  runApcs(): boolean {
    return this.apcs.run((cause) => rethrow(cause)) > 0;
  }

  /** Stops for good: pending waits end, timers and queued work are dropped. */
  close(): void {
    this.#closed = true;
    this.#cancellations++;
    this.#detachClock?.();
    this.#poller.removeClient(this);
    reactors.delete(this);
    if (this.#references > 0) {
      this.#references = 0;
      this.#poller.unref();
    }
    this.#deferred.clear();
    this.#postponed.clear();
    this.#application.clear();
    this.#immediateWaits.clear();
    this.apcs.clear();
  }

  get #loopIsAlertable(): boolean {
    return this.#options.alertableEventLoop || this.#alertableWaits.size > 0;
  }

  /** When a hook is to run again. Once it has run in vain for long enough, that is no reason any more to go on waiting. */
  #nextRound(deadline: number, hook: BlockingHook, rounds: number): number {
    if (rounds > ROUNDS_IN_VAIN && this.#poller.size === 0) {
      let next = deadline;
      for (const reactor of reactors) next = Math.min(next, reactor.nextTimer());
      if (next === Infinity) return Infinity;
    }
    return Math.min(deadline, this.clock.now() + hook.interval);
  }

  #waitOnce(deadline: number): WaitResult | null {
    if (this.clock.virtual) return this.#waitVirtually(deadline);
    let next = deadline;
    for (const reactor of reactors) next = Math.min(next, reactor.#realMomentOfNextTimer(this.clock));
    if (next === Infinity && this.#poller.size === 0) return this.#deadlock();
    // A wait that a signal ended is gone on with: the caller looks whether it is over.
    this.#poller.poll(next === Infinity ? Infinity : Math.max(0, next - this.clock.now()));
    return null;
  }

  #waitVirtually(deadline: number): WaitResult | null {
    const native = this.#poller.size > 0;
    if (this.#poller.poll(native ? NATIVE_GRACE : 0) !== 0) return null;
    let next = deadline;
    for (const reactor of reactors) {
      if (reactor.clock === this.clock) next = Math.min(next, reactor.nextTimer());
    }
    if (next !== Infinity) this.clock.moveTo?.(next);
    else if (!native) return this.#deadlock();
    return null;
  }

  #realMomentOfNextTimer(clock: Clock): number {
    const next = this.#timers.next();
    if (next === Infinity || this.clock === clock) return next;
    return this.clock.virtual ? Infinity : clock.now() + Math.max(0, next - this.clock.now());
  }

  #deadlock(): WaitResult {
    this.#options.report({ message: `deadlock: nothing can ever end this wait.\n  ${this.waiters().join('\n  ')}` });
    return 'interrupted';
  }

  /** Runs the timers that are due; those that they set wait until deferred work had its turn. Returns how many ran. */
  #runTimers(): number {
    const before = this.#timers.count;
    for (let ran = 0; ; ran++) {
      if (this.#forTimers.spent) return ran;
      const callback = this.#timers.takeDue(this.clock.now(), before);
      if (callback === null) return ran;
      this.#forTimers.take();
      this.#foreignCodeRan = true;
      try {
        const answer: unknown = callback();
        if (answer !== undefined) this.#answeredLater(answer, 'a timer');
      } catch (cause) {
        this.#options.report({ message: 'a timer of a provider threw', cause });
      }
    }
  }

  // Nothing here waits for a promise: what comes after it would run whenever it likes, and fail unseen.
  #answeredLater(answer: unknown, what: string): void {
    if (!isThenable(answer)) return;
    ignoreOutcome(answer);
    this.#options.report({
      message: `${what} of a provider returned a promise, and nothing waits for it: go on by another timer or piece of deferred work, in a function that is not async`,
    });
  }

  #runApplication(): void {
    if (this.#loopIsAlertable && this.apcs.ready) {
      for (let round = 0; round < APC_ROUNDS && this.apcs.ready; round++) this.runApcs();
      for (const apcsRan of this.#alertableWaits) apcsRan();
    }
    this.#application.run(rethrow);
  }

  /** Sees to it that the event loop comes back for whatever is left. */
  #settle(): void {
    if (this.#closed) return;
    const left =
      this.#deferred.length + this.#postponed.length + this.#application.length + this.#immediateWaits.length;
    if (
      left > 0 ||
      this.#foreignCodeRan ||
      (!this.clock.virtual && this.hasWork) ||
      (this.#loopIsAlertable && this.apcs.ready)
    )
      this.#poller.wake();
    this.#armAlarm();
  }

  #armAlarm(): void {
    if (this.clock.virtual) return;
    const next = this.#timers.next();
    if (next === Infinity && this.#alarm === Infinity) return;
    const now = this.clock.now();
    // An alarm may ring a little early; one that has rung, or is about to, is set again.
    if (next === this.#alarm && this.#alarm > now + 1) return;
    this.#alarm = next;
    this.#poller.setAlarm(this, next === Infinity ? Infinity : Math.max(0, next - now));
  }

  #anyInProvidersPhase(): boolean {
    for (const reactor of reactors) if (reactor.#inProvidersPhase) return true;
    return false;
  }
}

/** Whether any reactor of the thread was left with work by a turn that was full. */
function workIsLeft(): boolean {
  for (const reactor of reactors) if (reactor.hasWork) return true;
  return false;
}

/** Whether any reactor of the thread has work that put itself off to the next turn. */
function workIsPostponed(): boolean {
  for (const reactor of reactors) if (reactor.hasPostponed) return true;
  return false;
}

/** Counts the rounds of a wait during which a virtual clock stands. */
class Stall {
  #moment = -Infinity;
  #rounds = 0;

  constructor(private readonly clock: Clock) {}

  /** Counts another round. */
  roundsAtOneMoment(): number {
    const now = this.clock.now();
    if (now === this.#moment) return ++this.#rounds;
    this.#moment = now;
    return (this.#rounds = 1);
  }
}

/** An application's exception surfaces as an uncaught one, from the event loop, as one thrown by any callback does. */
export function rethrow(cause: unknown): void {
  setImmediate(() => {
    throw cause;
  });
}

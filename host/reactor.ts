import type { Alertable, Clock, ClockClient, DeferredWork, Timer, WaitResult } from '../spi/index.js';
import { threadPoller, type Poller, type PollerClient } from '../platform/index.js';
import { ApcQueue } from './apc.js';
import { prepareForSleep } from './before-sleep.js';
import type { BlockingHook, ReactorOptions } from './reactor-options.js';
import { rethrow } from './rethrow.js';
import { ProvidersPhase } from './providers-phase.js';
import { FULL_TURNS_PER_MOMENT, PROCEDURES_PER_MOMENT, Stall } from './stall.js';
import { Sleep } from './sleep.js';
import {
  anyHas,
  describeSocketsOfAll,
  reactors,
  runDueOfAll,
  settleAll,
  type ThreadReactor,
} from './thread-reactors.js';
import { Turn } from './turn.js';
import { TurnBudget } from './turn-budget.js';
import { WorkQueue } from './work-queue.js';

/**
 * Rounds of APCs in one turn of the event loop: what a routine begins is then often over, and its own routine has its
 * turn.
 */
const APC_ROUNDS = 4;
/** Rounds of completions in one turn: what is told then often completes something more. */
const COMPLETION_ROUNDS = 8;
/** Alertable waits in a row that may be ended by procedures without a look at the descriptors. */
const PROCEDURES_BEFORE_LOOK = 16;
/**
 * Where all waiting of an instance happens. One turn: ready descriptors and event notices have reached their cores and
 * fronts, then due timers, then deferred work (the providers' phase, the same in every pump), then the application's
 * phase: APCs in an alertable wait, registered waits from the event loop alone.
 */
export class Reactor implements PollerClient, ClockClient, ThreadReactor {
  readonly clock: Clock;
  readonly apcs = new ApcQueue();
  /** What may still be done in this turn. */
  readonly turn: Turn;
  readonly #options: ReactorOptions;
  readonly #poller: Poller = threadPoller();
  readonly #phase: ProvidersPhase;
  readonly #sleep: Sleep;
  readonly #describers = new Set<() => readonly string[]>();
  readonly #waiting: string[] = [];
  /** Told when APCs ran in the event loop: alertable waits that hold a promise instead of the thread. */
  readonly #alertableWaits = new Set<() => void>();
  readonly #detachClock: (() => void) | undefined;
  readonly #application = new WorkQueue();
  readonly #completions = new WorkQueue();
  /** Waits that run as soon as the poller has looked (WT_EXECUTEINWAITTHREAD). */
  readonly #immediateWaits = new WorkQueue();
  // One for each, so that none of them can use up the turn of the others. Blocking calls have no such bound: what the
  // application queued runs in the wait that it makes for it.
  readonly #forApcs: TurnBudget;
  readonly #forApplication: TurnBudget;
  readonly #forCompletions: TurnBudget;
  #foreignCodeRan = false;
  #alarm = Infinity;
  #proceduresSinceLook = 0;
  #references = 0;
  #cancellations = 0;
  #dispatching = false;
  #closed = false;

  constructor(options: ReactorOptions) {
    this.#options = options;
    this.clock = options.clock;
    this.turn = new Turn(options.clock);
    this.#phase = new ProvidersPhase(
      options.clock,
      (defect) => options.report(defect),
      () => this.ranForeignCode(),
    );
    this.#forApcs = new TurnBudget(!options.clock.virtual);
    this.#forApplication = new TurnBudget(!options.clock.virtual);
    this.#forCompletions = new TurnBudget(!options.clock.virtual);
    this.#sleep = new Sleep(options.clock, this.#poller, () => this.#deadlock());
    this.#detachClock = options.clock.attach?.(this);
    if (options.spin > 0) this.#poller.spin = Math.max(this.#poller.spin, options.spin);
    this.#poller.addClient(this);
    reactors.add(this);
  }

  /** Whether providers' work of this thread is being done, so that nothing may block. */
  get inProvidersPhase(): boolean {
    return this.#phase.running;
  }

  /** Queues work for the third step of this turn or the next. */
  defer(work: DeferredWork): void {
    if (work.queued) return;
    this.#phase.defer(work);
    if (!this.#dispatching && !this.#poller.delivering) this.#poller.wake();
  }

  /** Queues work for the third step of the next turn, behind what others have to do until then. */
  deferToNextTurn(work: DeferredWork): void {
    if (work.queued) return;
    this.#phase.postpone(work);
    if (!this.#dispatching && !this.#poller.delivering) this.#poller.wake();
  }

  /** Queues a registered wait for the application's phase of the event loop, or for the moment before it. */
  queueWait(wait: DeferredWork & { readonly inWaitThread: boolean }): void {
    if (!wait.inWaitThread) return this.queueForApplication(wait);
    if (wait.queued) return;
    this.#immediateWaits.push(wait);
    if (!this.#dispatching && !this.#poller.delivering) this.#poller.wake();
  }

  /**
   * Code that is not the framework's ran in the providers' phase: what it left for the end of a callback must get its
   * turn.
   */
  ranForeignCode(): void {
    this.#foreignCodeRan = true;
  }

  /** Queues work for the application's phase of the event loop. */
  queueForApplication(work: DeferredWork): void {
    if (work.queued) return;
    this.#application.push(work);
    if (!this.#dispatching && !this.#poller.delivering) this.#poller.wake();
  }

  /**
   * Queues what the application is told when all that came in has been told: at the end of this turn's application phase, or
   * of the next one's. What comes in later comes behind it.
   */
  queueCompletion(work: DeferredWork): void {
    if (work.queued) return;
    this.#completions.push(work);
    if (!this.#dispatching && !this.#poller.delivering) this.#poller.wake();
  }

  /** Queues an APC to the thread; see `ApcQueue.push`. */
  queueApc(procedure: (context: unknown) => void, context: unknown, socket: number): void {
    this.apcs.push(procedure, context, socket);
    if (this.#loopIsAlertable && !this.#dispatching && !this.#poller.delivering) this.#poller.wake();
  }

  /** Sets a timer for a moment of the clock, in milliseconds. */
  setTimer(when: number, callback: () => void): Timer {
    const timer = this.#phase.setTimer(when, callback);
    if (!this.#dispatching) this.#armAlarm();
    return timer;
  }

  nextTimer(): number {
    return this.#phase.nextTimer();
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

  /**
   * What waits at present, a line each: the blocking calls of this instance, and what sockets of the thread wait for.
   */
  waiters(): string[] {
    return [...this.#waiting, ...describeSocketsOfAll()];
  }

  describeSockets(): readonly string[] {
    return [...this.#describers].flatMap((describe) => [...describe()]);
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
      this.#forApplication.renew();
      if (this.#immediateWaits.run(rethrow, null, this.#forApplication) > 0) this.#phase.run();
      if (forApplication) {
        this.#foreignCodeRan = false;
        this.#runApplication();
        this.#phase.run();
      }
    } finally {
      this.#dispatching = false;
      this.turn.end();
    }
    this.settle();
  }

  /**
   * Begins a turn with its providers' phase: due timers, then deferred work, until nothing is left or the turn is full.
   */
  runDue(): void {
    if (this.#phase.running) return;
    this.turn.begin();
    this.#phase.beginTurn();
    this.#phase.run();
    if (!this.#dispatching) this.turn.end();
  }

  /** Whether the providers' phase left work for the next turn. */
  get hasWork(): boolean {
    return this.#phase.hasWork;
  }

  /** Whether work waits for the next turn because this one's data budget was spent. */
  get hasPostponed(): boolean {
    return this.#phase.hasPostponed;
  }

  /** Looks at the descriptors once and does the providers' work of the whole thread, without waiting. */
  poll(): void {
    if (anyHas('inProvidersPhase')) return;
    this.#poller.poll(0);
    runDueOfAll();
    this.settle();
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
    if (anyHas('inProvidersPhase')) {
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
        runDueOfAll();
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
          // What a full turn has left is done next, and may give the hook more to do.
          hooked = !anyHas('hasPostponed') && !anyHas('hasWork');
          if (!hook.run()) return 'interrupted';
          if (hooked) continue;
        }
        hooked = false;
        // Not counted below: what puts itself off gets on at each turn.
        if (anyHas('hasPostponed')) {
          if (this.#poller.poll(0) < 0) return 'interrupted';
          continue;
        }
        if (anyHas('hasWork')) {
          if (this.#poller.poll(0) < 0) return 'interrupted';
          if (stall !== null && stall.roundsAtOneMoment() > FULL_TURNS_PER_MOMENT) return this.#stalled(description);
          continue;
        }
        if (prepareForSleep()) continue;
        const ended = this.#sleep.until(hook === null ? deadline : this.#sleep.nextRound(deadline, hook, ++rounds));
        if (ended !== null) return ended;
      }
    } finally {
      this.#waiting.pop();
      settleAll();
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
    runDueOfAll();
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
    this.#phase.clear();
    this.#application.clear();
    this.#completions.clear();
    this.#immediateWaits.clear();
    this.apcs.clear();
  }

  get #loopIsAlertable(): boolean {
    return this.#options.alertableEventLoop || this.#alertableWaits.size > 0;
  }

  #deadlock(): WaitResult {
    this.#options.report({ message: `deadlock: nothing can ever end this wait.\n  ${this.waiters().join('\n  ')}` });
    return 'interrupted';
  }

  #runApplication(): void {
    if (this.#loopIsAlertable && this.apcs.ready) {
      this.#forApcs.renew();
      for (let round = 0; round < APC_ROUNDS && this.apcs.ready && !this.#forApcs.spent; round++) {
        this.apcs.run(rethrow, this.#forApcs);
      }
      for (const apcsRan of this.#alertableWaits) apcsRan();
    }
    this.#application.run(rethrow, null, this.#forApplication);
    this.#forCompletions.renew();
    for (let round = 0; round < COMPLETION_ROUNDS; round++) {
      if (this.#completions.run(rethrow, null, this.#forCompletions) === 0) break;
    }
  }

  /** Sees to it that the event loop comes back for whatever is left. */
  settle(): void {
    if (this.#closed) return;
    if (
      this.#phase.hasQueued ||
      this.#application.length + this.#completions.length + this.#immediateWaits.length > 0 ||
      this.#foreignCodeRan ||
      (!this.clock.virtual && this.hasWork) ||
      (this.#loopIsAlertable && this.apcs.ready)
    )
      this.#poller.wake();
    this.#armAlarm();
  }

  #armAlarm(): void {
    if (this.clock.virtual) return;
    const next = this.nextTimer();
    if (next === Infinity && this.#alarm === Infinity) return;
    const now = this.clock.now();
    // An alarm may ring a little early; one that has rung, or is about to, is set again.
    if (next === this.#alarm && this.#alarm > now + 1) return;
    this.#alarm = next;
    this.#poller.setAlarm(this, next === Infinity ? Infinity : Math.max(0, next - now));
  }
}

// The reactors of this thread: a blocking call of one pumps the providers' phase of all.
import type { Clock } from '../spi/index.js';

/** A reactor, as the others of its thread see it. */
export interface ThreadReactor {
  readonly clock: Clock;
  /** Whether providers' work is being done, so that nothing may block. */
  readonly inProvidersPhase: boolean;
  /** Whether the providers' phase left work for the next turn. */
  readonly hasWork: boolean;
  /** Whether work waits for the next turn because it put itself off, or this one's data budget was spent. */
  readonly hasPostponed: boolean;
  /** Runs the providers' phase of a turn. */
  runDue(): void;
  /** Sees to it that the event loop comes back for whatever is left. */
  settle(): void;
  /** When the next timer is due, in milliseconds of its clock; Infinity for never. */
  nextTimer(): number;
  /** What its sockets wait for, a line each. */
  describeSockets(): readonly string[];
}

/** Those whose instances live. */
export const reactors = new Set<ThreadReactor>();

/** Runs the providers' phase of each. */
export function runDueOfAll(): void {
  for (const reactor of reactors) reactor.runDue();
}

/** Settles each. */
export function settleAll(): void {
  for (const reactor of reactors) reactor.settle();
}

/** Whether one was left with work by a turn that was full, or has work that put itself off to the next. */
export function anyHas(what: 'hasWork' | 'hasPostponed' | 'inProvidersPhase'): boolean {
  for (const reactor of reactors) if (reactor[what]) return true;
  return false;
}

/** What the sockets of the thread wait for, a line each. */
export function describeSocketsOfAll(): string[] {
  return [...reactors].flatMap((reactor) => [...reactor.describeSockets()]);
}

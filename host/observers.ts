// Who else is told of completions and network events: layers, the debug facility.
import { ANSWERS_AT_ONCE, ignoreOutcome, isGenerator, isThenable, RUNS_WHEN_CALLED } from '../spi/answers.js';
import type { Defect, HandleObserver, WSAOVERLAPPED } from '../spi/index.js';

/**
 * Told of every operation that is over, before the application is.
 *
 * @param operation its overlapped structure, or the handle that it is known by
 * @param s the handle that it was begun on; 0 for none
 */
export type OperationWatcher = (
  operation: object | number,
  s: number,
  error: number,
  transferred: number,
  flags: number,
) => void;

/**
 * Who is told of a handle's completions and network events, from the bottom of its chain up, before the application.
 */
export class ObserverTable {
  /** Whether there is any observer at all; looked at on paths that must stay thin. */
  any = false;
  readonly #observers = new Map<number, HandleObserver[]>();
  #watchers: readonly OperationWatcher[] = [];

  constructor(private readonly report: (defect: Defect) => void) {}

  /** Adds an observer; layers register from the bottom up, and so are they told. Returns what takes it off. */
  add(s: number, observer: HandleObserver): () => void {
    const list = this.#observers.get(s);
    if (list === undefined) this.#observers.set(s, [observer]);
    else list.push(observer);
    this.any = true;
    return () => {
      const rest = (this.#observers.get(s) ?? []).filter((other) => other !== observer);
      if (rest.length > 0) this.#observers.set(s, rest);
      else this.#observers.delete(s);
      this.#count();
    };
  }

  /** Tells a watcher of all operations that are over, of all handles; the function returned ends that. It must not throw. */
  watch(watcher: OperationWatcher): () => void {
    this.#watchers = [...this.#watchers, watcher];
    this.#count();
    return () => {
      this.#watchers = this.#watchers.filter((other) => other !== watcher);
      this.#count();
    };
  }

  #count(): void {
    this.any = this.#observers.size > 0 || this.#watchers.length > 0;
  }

  /** Whether a handle has observers. */
  has(s: number): boolean {
    return this.any && this.#observers.has(s);
  }

  /** Forgets a handle's observers. */
  drop(s: number): void {
    if (this.#observers.delete(s)) this.#count();
  }

  #refuseLater(answer: unknown, what: string, socket: number): void {
    if (isThenable(answer)) {
      ignoreOutcome(answer);
      this.report({ message: `an observer of ${what} returned a promise: ${ANSWERS_AT_ONCE}`, socket });
    } else if (isGenerator(answer)) {
      this.report({
        message: `an observer of ${what} returned a generator, of which nothing runs: ${RUNS_WHEN_CALLED}`,
        socket,
      });
    }
  }

  /** Tells of a completion. */
  completed(s: number, overlapped: WSAOVERLAPPED, error: number, transferred: number, flags: number): void {
    for (const observer of this.#observers.get(s) ?? []) {
      try {
        const answer: unknown = observer.completed?.(s, overlapped, error, transferred, flags);
        if (answer !== undefined) this.#refuseLater(answer, 'completions', s);
      } catch (cause) {
        this.report({ message: 'an observer of completions threw', cause, socket: s });
      }
    }
    this.over(overlapped, s, error, transferred, flags);
  }

  /** Tells of an operation that no handle's observers know of. */
  over(operation: object | number, s: number, error: number, transferred: number, flags: number): void {
    for (const watcher of this.#watchers) watcher(operation, s, error, transferred, flags);
  }

  /** Tells of a network event. */
  networkEvent(s: number, event: number, error: number): void {
    if (!this.any) return;
    for (const observer of this.#observers.get(s) ?? []) {
      try {
        const answer: unknown = observer.networkEvent?.(s, event, error);
        if (answer !== undefined) this.#refuseLater(answer, 'network events', s);
      } catch (cause) {
        this.report({ message: 'an observer of network events threw', cause, socket: s });
      }
    }
  }
}

import { kindOf } from '../spi/answers.js';
import {
  WSA_IO_PENDING,
  WSA_OPERATION_ABORTED,
  WSAEWOULDBLOCK,
  type InstanceHost,
  type WSACOMPLETION,
} from '../spi/index.js';
import type { Blame } from './blame.js';
import { readItem, type CheckedItem, type NameSpaceItem } from './item.js';
import type { LookUp } from './look-up.js';
import type { NameSpaceQuestion } from './question.js';
import type { Settlement } from './settlement.js';

/**
 * Says that the answer to a question has changed.
 *
 * @param items what was added, changed or deleted, by its `change`; without any, `lookup` is asked again, and the
 *   difference found out
 */
export type ChangeNotice = (...items: NameSpaceItem[]) => void;

/** Tells of changes of an answer; returns what stops it. */
export type WatchHook = (question: NameSpaceQuestion, changed: ChangeNotice) => unknown;

/** The changes of one query's answer, and who wants to be told of them (SIO_NSP_NOTIFY_CHANGE). */
export class Watch {
  #isChanged = false;
  readonly #stop: (() => unknown) | null = null;
  readonly #comparison: Settlement | null = null;
  #isOver = false;
  readonly #completions: WSACOMPLETION[] = [];

  /**
   * Begins. What has changed since the query was answered counts too.
   *
   * @param lookUp the query
   */
  constructor(
    private readonly lookUp: LookUp,
    private readonly host: InstanceHost,
    private readonly blame: Blame,
    hook: WatchHook,
  ) {
    const outcome = blame.call('watch', () => hook(lookUp.question, (...items) => this.#notice(items)));
    if (outcome.isSound && typeof outcome.value === 'function') this.#stop = outcome.value as () => unknown;
    else if (outcome.isSound)
      blame.tell(`returned ${kindOf(outcome.value)} from watch: it is a function that stops it`);
    if (!lookUp.isAnswered) return;
    this.#comparison = lookUp.compare((isOther) => {
      if (isOther) this.#notice([]);
    });
  }

  /**
   * Asks to be told of a change.
   *
   * @param completion how; `null` to ask how it is now
   * @returns 0 when the answer has changed since this was asked last; WSAEWOULDBLOCK, or WSA_IO_PENDING when it will be told
   */
  ask(completion: WSACOMPLETION | null): number {
    if (this.#isChanged) {
      this.#isChanged = false;
      return 0;
    }
    if (completion === null) return WSAEWOULDBLOCK;
    this.#completions.push(completion);
    return WSA_IO_PENDING;
  }

  /** The query is ended. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#comparison?.cancel();
    if (this.#stop !== null) this.blame.notify('what it returned from watch', this.#stop);
    this.#complete(WSA_OPERATION_ABORTED);
  }

  #notice(items: readonly unknown[]): void {
    if (this.#isOver) return;
    const checked: CheckedItem[] = [];
    for (const item of items) {
      const read = readItem(item);
      if (typeof read === 'string') this.blame.tell(`told of a change, and ${read}`);
      else checked.push(read);
    }
    if (checked.length > 0) this.lookUp.add(checked);
    else this.lookUp.changed();
    if (this.#completions.length > 0) this.#complete(0);
    else this.#isChanged = true;
  }

  #complete(error: number): void {
    for (const completion of this.#completions.splice(0)) this.host.completeNotice(completion, error, 0);
  }
}

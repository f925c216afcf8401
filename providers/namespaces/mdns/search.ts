import { findingsOf, type Findings, type Knowledge, type Need } from './findings.js';
import type { Goal } from './goals.js';
import { setKey } from './records.js';

/** Where a search gets what it needs to know. */
export interface SearchBasis {
  /**
   * What is known.
   *
   * @param received how many records had been received when one began to count those that come
   */
  knowledgeSince(received: number): Knowledge;
  /** Has the records of a name and type asked for, and the search told of what comes, until `unwant`. */
  want(search: Search, need: Need, isFresh: boolean, isAtOnce: boolean): void;
  unwant(search: Search, need: Need): void;
}

/** Follows a goal: everything that it needs is asked for, for as long as it goes on. */
export class Search {
  readonly #wanted = new Map<string, Need>();
  #findings: Findings | null = null;
  #isOver = false;

  /**
   * @param since how many records had been received before those that count
   * @param isFresh whether others are asked as if nothing were known
   * @param changed called when something that it needs has changed
   */
  constructor(
    private readonly basis: SearchBasis,
    readonly goal: Goal,
    private readonly since: number,
    private readonly isFresh: boolean,
    private readonly changed: () => void,
  ) {
    this.#follow();
  }

  /** What was found so far. */
  get findings(): Findings {
    return (this.#findings ??= findingsOf(this.goal, this.basis.knowledgeSince(this.since)));
  }

  /** Something that it needs may be other than before. */
  notice(): void {
    if (this.#isOver) return;
    this.#findings = null;
    this.#follow();
    this.changed();
  }

  // What is needed leads to what else is needed.
  #follow(): void {
    // Many ask for all instances at the same time, when something has begun; one by its name, one alone asks for.
    const isAtOnce = this.goal.kind !== 'instances' && this.goal.kind !== 'types';
    const needed = new Set<string>();
    for (const need of this.findings.needs) {
      const key = setKey(need.name, need.type);
      needed.add(key);
      if (this.#wanted.has(key)) continue;
      const isFirst = this.#wanted.size === 0;
      this.#wanted.set(key, need);
      this.basis.want(this, need, this.isFresh, isAtOnce || !isFirst);
    }
    for (const [key, need] of this.#wanted) {
      if (needed.has(key)) continue;
      this.#wanted.delete(key);
      this.basis.unwant(this, need);
    }
  }

  /** Asks for nothing any more. */
  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const need of this.#wanted.values()) this.basis.unwant(this, need);
    this.#wanted.clear();
  }
}

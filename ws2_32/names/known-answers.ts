import type { CatalogNameSpace } from '../../catalog/index.js';
import type { Outcome } from './lookup-question.js';

/** Answers that are kept; of more, the oldest goes. */
const MOST_ANSWERS = 4096;

/** Says whether an answer is still the one. */
export type IsStill = () => boolean;

/** What answers depend on besides those who gave them: another object when any of it has changed. */
export interface AnswerBasis {
  readonly nameSpaces: readonly CatalogNameSpace[];
  /** As `Borders.changes` and `NameSpaceProviders.changes` were. */
  readonly hooks: number;
  readonly providers: number;
}

interface KnownAnswer {
  readonly outcome: Outcome<unknown>;
  readonly conditions: readonly IsStill[];
}

/**
 * Answers to the instance's own look-ups that are given again without asking the providers, as long as each that was asked
 * says that it would answer the same.
 */
export class KnownAnswers {
  readonly #answers = new Map<string, KnownAnswer>();

  get isEmpty(): boolean {
    return this.#answers.size === 0;
  }

  /** What is known for a question's key. */
  get(key: string): Outcome<unknown> | null {
    const known = this.#answers.get(key);
    if (known === undefined) return null;
    if (known.conditions.every(holds)) return known.outcome;
    this.#answers.delete(key);
    return null;
  }

  /**
   * Keeps an answer.
   *
   * @param conditions of all who were asked
   */
  keep(key: string, outcome: Outcome<unknown>, conditions: readonly IsStill[]): void {
    this.#answers.delete(key);
    if (this.#answers.size >= MOST_ANSWERS) {
      const [oldest] = this.#answers.keys();
      this.#answers.delete(oldest!);
    }
    this.#answers.set(key, { outcome, conditions });
  }

  /** Forgets everything. */
  clear(): void {
    this.#answers.clear();
  }
}

// Who cannot say is asked again.
function holds(isStill: IsStill): boolean {
  try {
    return isStill();
  } catch {
    return false;
  }
}

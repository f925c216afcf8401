import type { CatalogNameSpace } from '../../catalog/index.js';
import type { GUID } from '../../spi/index.js';
import type { Outcome } from './lookup-question.js';

/** Answers that are kept; of more, the oldest goes. */
const MOST_ANSWERS = 4096;

/** Says whether an answer is still the one. */
export type IsStill = () => boolean;

/** What answers depend on besides those who gave them: another object when any of it has changed. */
export interface AnswerBasis {
  readonly nameSpaces: readonly CatalogNameSpace[];
  /** Those that a question goes to that names no provider. */
  readonly everybody: readonly CatalogNameSpace[];
  /** As `Borders.changes` and `NameSpaceProviders.changes` were. */
  readonly hooks: number;
  readonly providers: number;
}

/** What is asked: two questions that are alike in this have one answer. */
export interface QuestionFacets {
  readonly name: string;
  readonly serviceClass: GUID;
  readonly families: readonly number[];
  readonly flags: number;
  readonly nameSpace: number;
  readonly providerId: GUID | null;
}

interface KnownAnswer {
  readonly facets: QuestionFacets;
  readonly outcome: Outcome<unknown>;
  readonly conditions: readonly IsStill[];
}

/**
 * Answers to the instance's own look-ups that are given again without asking the providers, as long as each that was asked
 * says that it would answer the same.
 */
export class KnownAnswers {
  // By name: there are few questions for each.
  readonly #answers = new Map<string, KnownAnswer[]>();
  #size = 0;

  /** What is known of a question. */
  get(facets: QuestionFacets): Outcome<unknown> | null {
    const known = this.#find(facets);
    if (known === null) return null;
    for (const isStill of known.conditions) {
      if (holds(isStill)) continue;
      this.#forget(known);
      return null;
    }
    return known.outcome;
  }

  /**
   * Keeps an answer.
   *
   * @param facets of the question; copied
   * @param conditions of all who were asked
   */
  keep(facets: QuestionFacets, outcome: Outcome<unknown>, conditions: readonly IsStill[]): void {
    const known = this.#find(facets);
    if (known !== null) this.#forget(known);
    if (this.#size >= MOST_ANSWERS) {
      const [oldest] = this.#answers.values();
      this.#forget(oldest![0]!);
    }
    const { name, serviceClass, families, flags, nameSpace, providerId } = facets;
    const answer = {
      facets: { name, serviceClass, families, flags, nameSpace, providerId },
      outcome,
      conditions,
    };
    this.#size++;
    const there = this.#answers.get(name);
    if (there === undefined) this.#answers.set(name, [answer]);
    else there.push(answer);
  }

  /** Forgets everything. */
  clear(): void {
    this.#answers.clear();
    this.#size = 0;
  }

  #find(facets: QuestionFacets): KnownAnswer | null {
    const there = this.#answers.get(facets.name);
    if (there === undefined) return null;
    for (const answer of there) if (areAlike(answer.facets, facets)) return answer;
    return null;
  }

  #forget(answer: KnownAnswer): void {
    const { name } = answer.facets;
    const there = this.#answers.get(name) ?? [];
    const at = there.indexOf(answer);
    if (at < 0) return;
    this.#size--;
    if (there.length === 1) this.#answers.delete(name);
    else there.splice(at, 1);
  }
}

function areAlike(a: QuestionFacets, b: QuestionFacets): boolean {
  return (
    a.flags === b.flags &&
    a.serviceClass === b.serviceClass &&
    a.nameSpace === b.nameSpace &&
    a.providerId === b.providerId &&
    a.families.length === b.families.length &&
    a.families.every((family, at) => family === b.families[at])
  );
}

// Who cannot say is asked again.
function holds(isStill: IsStill): boolean {
  try {
    return isStill();
  } catch {
    return false;
  }
}

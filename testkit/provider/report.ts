// What was proved of a provider: how many cases of each topic, what was skipped and why, what failed.
/* eslint-disable no-restricted-syntax -- cases are promises */
import type { ProviderCase } from './provider-case.js';

/** What became of a case. */
export interface CaseOutcome {
  readonly name: string;
  readonly topic: string;
  readonly outcome: 'proved' | 'failed' | 'skipped' | 'not run';
  /** Why it was skipped, or what it failed with; `null` otherwise. */
  readonly reason: string | null;
}

/** Numbers of cases. */
export interface CaseCounts {
  readonly cases: number;
  readonly proved: number;
  readonly failed: number;
  readonly skipped: number;
  readonly notRun: number;
}

function count(outcomes: readonly CaseOutcome[]): CaseCounts {
  const of = (outcome: CaseOutcome['outcome']): number => outcomes.filter((each) => each.outcome === outcome).length;
  return {
    cases: outcomes.length,
    proved: of('proved'),
    failed: of('failed'),
    skipped: of('skipped'),
    notRun: of('not run'),
  };
}

function groupBy<Value>(values: readonly Value[], key: (value: Value) => string): Map<string, Value[]> {
  const groups = new Map<string, Value[]>();
  for (const value of values) {
    const group = groups.get(key(value));
    if (group === undefined) groups.set(key(value), [value]);
    else group.push(value);
  }
  return groups;
}

/** A report of what was proved so far. */
export class ProofReport {
  /** The numbers of all cases. */
  readonly counts: CaseCounts;
  /** The numbers of each topic. */
  readonly topics: readonly (CaseCounts & { readonly topic: string })[];
  /** The reasons for which cases were skipped, and which. */
  readonly skips: readonly { readonly reason: string; readonly cases: readonly string[] }[];
  /** What failed, and with what. */
  readonly failures: readonly { readonly name: string; readonly message: string }[];

  /** @param outcomes what became of each case */
  constructor(readonly outcomes: readonly CaseOutcome[]) {
    this.counts = count(outcomes);
    this.topics = [...groupBy(outcomes, ({ topic }) => topic)].map(([topic, own]) => ({ topic, ...count(own) }));
    const skipped = outcomes.filter(({ outcome }) => outcome === 'skipped');
    this.skips = [...groupBy(skipped, ({ reason }) => reason ?? '')].map(([reason, own]) => ({
      reason,
      cases: own.map(({ name }) => name),
    }));
    this.failures = outcomes
      .filter(({ outcome }) => outcome === 'failed')
      .map(({ name, reason }) => ({ name, message: reason ?? '' }));
  }

  /** Whether cases were run, and none of them failed. */
  get holds(): boolean {
    return this.counts.failed === 0 && this.counts.proved > 0;
  }

  /** The report for people: a line per topic, the reasons of skips, and what failed. */
  text(): string {
    const { cases, proved, failed, skipped, notRun } = this.counts;
    const width = Math.max(...this.topics.map(({ topic }) => topic.length), 0);
    const also = (counts: CaseCounts): string =>
      [
        [counts.failed, 'FAILED'],
        [counts.skipped, 'skipped'],
        [counts.notRun, 'not run'],
      ]
        .filter(([number]) => number !== 0)
        .map(([number, word]) => `, ${number} ${word}`)
        .join('');
    return [
      `Proved: ${proved} of ${cases} cases${failed > 0 ? `; ${failed} FAILED` : ''}${skipped > 0 ? `; ${skipped} skipped` : ''}${notRun > 0 ? `; ${notRun} not run` : ''}`,
      '',
      ...this.topics.map((topic) => `  ${topic.topic.padEnd(width)}  ${topic.proved} of ${topic.cases}${also(topic)}`),
      ...(this.skips.length === 0 ? [] : ['', 'Skipped:']),
      ...this.skips.map(
        (skip) => `  ${skip.cases.length} ${skip.cases.length === 1 ? 'case' : 'cases'}: ${skip.reason}`,
      ),
      ...this.failures.flatMap(({ message }) => ['', message]),
    ].join('\n');
  }

  /** The same for programs. */
  toJSON(): object {
    const { counts, topics, skips, failures } = this;
    return { ...counts, topics, skips, failures };
  }
}

/** How cases are run without a test runner. */
export interface ProveOptions {
  /** The title of a topic, or a part of a case's name: no others are run. */
  readonly only?: string;
  /** Told of each case as it is over. */
  readonly onCase?: (outcome: CaseOutcome) => void;
}

/** The cases of a provider, which take note of what becomes of them. */
export class ProviderCases extends Array<ProviderCase> {
  // What `filter` and `map` give are plain arrays.
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  readonly #failed = new Map<string, string>();
  readonly #proved = new Set<string>();

  /** Takes note of what became of a case. @internal */
  tell(name: string, error: Error | null): void {
    this.#failed.delete(name);
    this.#proved.delete(name);
    if (error === null) this.#proved.add(name);
    else this.#failed.set(name, error.message);
  }

  #outcomeOf({ name, topic, skip }: ProviderCase): CaseOutcome {
    const failed = this.#failed.get(name);
    if (failed !== undefined) return { name, topic, outcome: 'failed', reason: failed };
    if (this.#proved.has(name)) return { name, topic, outcome: 'proved', reason: null };
    return { name, topic, outcome: skip === null ? 'not run' : 'skipped', reason: skip };
  }

  /** What was proved so far, whoever ran the cases: for the end of a test file. */
  report(): ProofReport {
    return new ProofReport(Array.from(this, (each) => this.#outcomeOf(each)));
  }

  /** Runs the cases, one after the other, and reports. */
  async prove(options: ProveOptions = {}): Promise<ProofReport> {
    const { only, onCase } = options;
    for (const each of this) {
      if (only !== undefined && each.topic !== only && !each.name.includes(only)) continue;
      if (each.skip === null) await each.run().catch(() => undefined);
      onCase?.(this.#outcomeOf(each));
    }
    return this.report();
  }
}

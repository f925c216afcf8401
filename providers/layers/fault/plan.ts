// The faults of a layer: which there are now, who meets them, and what has happened.
import type { SeededRandom } from '../../../host/random.js';
import type { InstanceHost } from '../../../spi/index.js';
import type { FaultEvent, Journal } from './journal.js';
import type { FaultDirection, FaultKind, PlannedRule } from './options.js';

/** What faults need of the instance. */
export type FaultHost = Pick<InstanceHost, 'clock' | 'setTimer'>;

/** Whose plan is made anew when the faults change. */
interface Meeting {
  replan(): void;
}

/** The faults of a layer, and all who meet them. */
export class Plan {
  #rules: readonly PlannedRule[];
  /** Counts how often they were changed. */
  #edition = 0;
  readonly #meetings = new Set<Meeting>();
  readonly #counts = { client: 0, server: 0, datagrams: 0 };

  constructor(
    rules: readonly PlannedRule[],
    readonly random: SeededRandom,
    readonly journal: Journal,
  ) {
    this.#rules = rules;
  }

  get rules(): readonly PlannedRule[] {
    return this.#rules;
  }

  get edition(): number {
    return this.#edition;
  }

  set(rules: readonly PlannedRule[]): void {
    this.#rules = rules;
    this.#edition++;
    for (const meeting of [...this.#meetings]) meeting.replan();
  }

  /** The next connection, or socket of datagrams. */
  next(role: FaultEvent['role'], host: FaultHost): Subject {
    return new Subject(this, role, ++this.#counts[role], host);
  }

  entered(meeting: Meeting): void {
    this.#meetings.add(meeting);
  }

  left(meeting: Meeting): void {
    this.#meetings.delete(meeting);
  }
}

/** One connection, or one socket of datagrams, as the faults know it. */
export class Subject {
  readonly random: SeededRandom;
  /** When the connection was made. */
  since: number;
  #meeting: Meeting | null = null;

  constructor(
    private readonly plan: Plan,
    readonly role: FaultEvent['role'],
    readonly number: number,
    readonly host: FaultHost,
  ) {
    this.random = plan.random.fork(role).fork(number);
    this.since = host.clock.now();
  }

  /** It is there, and meets what is planned from now on. */
  enters(meeting: Meeting): void {
    this.#meeting = meeting;
    this.since = this.host.clock.now();
    this.plan.entered(meeting);
  }

  left(): void {
    if (this.#meeting !== null) this.plan.left(this.#meeting);
  }

  /** Whether a rule is about it, whatever chance says. */
  concerns(rule: PlannedRule): boolean {
    const { number, role } = this;
    if (rule.role !== undefined && role !== 'datagrams' && rule.role !== role) return false;
    if (rule.connection !== undefined && rule.connection !== number) return false;
    return rule.every === undefined || number % rule.every === 0;
  }

  /** The chance of a rule for this one: each rule has its own. */
  chanceOf(at: number): SeededRandom {
    return this.random.fork(`${this.plan.edition} ${at}`);
  }

  /** The rules that are about it by what they say. */
  rules(): { readonly rule: PlannedRule; readonly at: number }[] {
    return this.plan.rules.map((rule, at) => ({ rule, at })).filter(({ rule }) => this.concerns(rule));
  }

  /** Calls for each rule of connections that it meets. */
  forEachRule(meets: (rule: PlannedRule, random: SeededRandom) => void): void {
    for (const { rule, at } of this.rules()) {
      if (rule.fault === 'refuse' || rule.fault === 'drop' || rule.fault === 'duplicate') continue;
      const random = this.chanceOf(at);
      if (random.next() < rule.rate) meets(rule, random);
    }
  }

  /** The rule by which it is refused; `null` for none. */
  refusal(): PlannedRule | null {
    for (const { rule, at } of this.rules()) {
      if (rule.fault === 'refuse' && this.chanceOf(at).next() < rule.rate) return rule;
    }
    return null;
  }

  happened(fault: FaultKind, direction: FaultDirection | null, place: number): void {
    const { role, number: connection } = this;
    this.plan.journal.add({ fault, role, connection, direction, place, at: this.host.clock.now() });
  }
}

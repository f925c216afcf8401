// The conversations that what a program has sent so far may belong to.
import { sameAnswer, type Answer, type Plan } from './plan.js';

/** Compares a part of what a plan expects with bytes that were sent. */
function compareAt({ sent }: Plan, position: number, bytes: Uint8Array): number {
  const from = Math.min(position, sent.length);
  return sent.compare(bytes, 0, bytes.length, from, Math.min(from + bytes.length, sent.length));
}

/** Sorts plans as `Candidates` wants them. */
export function sortPlans(plans: readonly Plan[]): readonly Plan[] {
  return [...plans].sort((one, other) => Buffer.compare(one.sent, other.sent) || one.order - other.order);
}

/**
 * The plans that agree with what was sent: all those between two places, for they are sorted by what they expect, and agree
 * up to the same place.
 */
export class Candidates {
  #from = 0;
  #to: number;
  /** How many bytes were sent that all of them expect. */
  position = 0;

  /** @param plans sorted by `sortPlans` */
  constructor(private plans: readonly Plan[]) {
    this.#to = plans.length;
  }

  /** Whether there is one left. */
  get any(): boolean {
    return this.#from < this.#to;
  }

  /** Takes bytes that were sent. Returns the plan that agreed longest when none agrees any more; it and the others stay then. */
  narrow(bytes: Uint8Array): { readonly plan: Plan; readonly agrees: number } | null {
    const { position } = this;
    if (bytes.length === 0) return null;
    const from = this.#firstPlace((plan) => compareAt(plan, position, bytes) >= 0);
    const to = this.#firstPlace((plan) => compareAt(plan, position, bytes) > 0, from);
    if (from === to) return this.#nearest(from, bytes);
    this.#from = from;
    this.#to = to;
    this.position += bytes.length;
    return null;
  }

  /** Those remain that expect no more than was sent. Returns one that does expect more when none remains. */
  ended(): Plan | null {
    const remaining = this.#remaining().filter(({ sent }) => sent.length === this.position);
    const first = this.plans[this.#from]!;
    if (remaining.length === 0) return first;
    this.#keep(remaining);
    return null;
  }

  /**
   * Chooses the plan that answers next: of those whose answer is due the one that was asked longest, then the one played least
   * often, then the first.
   *
   * @param count how many answers there were
   * @param ended whether the program has ended its side
   * @param lead the one that gave the last answer
   */
  choose(count: number, ended: boolean, lead: Plan | null): Plan | null {
    let chosen: Plan | null = null;
    let longest = -1;
    for (let place = this.#from; place < this.#to; place++) {
      const plan = this.plans[place]!;
      const answer = plan.answers[count];
      if (answer === undefined || answer.after > this.position || (answer.afterEnd && !ended)) continue;
      if (chosen !== null) {
        if (answer.after < longest) continue;
        if (answer.after === longest && !comesBefore(plan, chosen, lead)) continue;
      }
      chosen = plan;
      longest = answer.after;
    }
    return chosen;
  }

  /** One gave an answer: those remain that give the same. */
  answered(count: number, answer: Answer): void {
    if (this.#to - this.#from > 1) {
      this.#keep(this.#remaining().filter((plan) => sameAnswer(answer, plan.answers[count])));
    }
  }

  /** The first one, for messages. */
  get first(): Plan | undefined {
    return this.plans[this.#from];
  }

  #remaining(): readonly Plan[] {
    return this.#from === 0 && this.#to === this.plans.length ? this.plans : this.plans.slice(this.#from, this.#to);
  }

  #keep(plans: readonly Plan[]): void {
    this.plans = plans;
    this.#from = 0;
    this.#to = plans.length;
  }

  #firstPlace(fits: (plan: Plan) => boolean, from = this.#from): number {
    let low = from;
    let high = this.#to;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (fits(this.plans[middle]!)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Sorted, those beside the place where it would have been agree longest. */
  #nearest(place: number, bytes: Uint8Array): { readonly plan: Plan; readonly agrees: number } {
    const beside = [this.plans[place - 1], this.plans[place]].filter(
      (plan, at): plan is Plan => plan !== undefined && (at === 0 ? place > this.#from : place < this.#to),
    );
    let best = { plan: beside[0]!, agrees: -1 };
    for (const plan of beside) {
      const agrees = agreement(plan, this.position, bytes);
      if (agrees > best.agrees) best = { plan, agrees };
    }
    return best;
  }
}

/** Who goes on goes before; then who was played less often; then who comes first in the recording. */
function comesBefore(plan: Plan, other: Plan, lead: Plan | null): boolean {
  if (plan === lead || other === lead) return plan === lead;
  return plan.played !== other.played ? plan.played < other.played : plan.order < other.order;
}

function agreement({ sent }: Plan, position: number, bytes: Uint8Array): number {
  const most = Math.min(bytes.length, sent.length - position);
  let agrees = 0;
  while (agrees < most && sent[position + agrees] === bytes[agrees]) agrees++;
  return agrees;
}

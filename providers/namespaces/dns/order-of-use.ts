// Which of several records is to be used first.
import { RecordType } from '../../../dns-records/index.js';
import type { ResourceRecord } from './reply-message.js';

/**
 * Puts records in the order in which they are to be used: mail exchangers by preference, services by priority, and among
 * equals by chance, those with more weight sooner (RFC 2782). There may be as many as a message has room for.
 *
 * @param random from 0 up to but not including 1
 */
export function inOrderOfUse(records: readonly ResourceRecord[], type: number, random: () => number): ResourceRecord[] {
  if (type !== RecordType.MX && type !== RecordType.SRV) return [...records];
  const isService = type === RecordType.SRV;
  const ranked = records.map((record): Ranked => ({
    record,
    rank: u16(record.data, 0),
    weight: isService ? u16(record.data, 2) : 0,
  }));
  ranked.sort((a, b) => a.rank - b.rank || a.weight - b.weight);
  if (!isService) return ranked.map(({ record }) => record);
  const ordered: ResourceRecord[] = [];
  for (let start = 0; start < ranked.length;) {
    let end = start + 1;
    while (ranked[end]?.rank === ranked[start]!.rank) end++;
    draw(ranked.slice(start, end), random, ordered);
    start = end;
  }
  return ordered;
}

/** A record, and what it says of itself. */
interface Ranked {
  readonly record: ResourceRecord;
  /** The preference, or the priority: the lowest is to be used first. */
  readonly rank: number;
  readonly weight: number;
}

// One after the other, each time the first whose weight, with those of all that are left before it, reaches what was drawn.
function draw(equals: readonly Ranked[], random: () => number, ordered: ResourceRecord[]): void {
  const left = new WeightSums(equals.map(({ weight }) => weight));
  for (let count = equals.length; count > 0; count--) {
    const drawn = Math.floor(random() * (left.total + 1));
    ordered.push(equals[left.take(drawn)]!.record);
  }
}

/** Weights in a row, some of which are taken: their sums are kept as a tree, so that a look takes as many steps as their number has bits. */
class WeightSums {
  total: number;
  // At each place, from 1, the sum of as many weights up to it as its lowest bit says.
  readonly #sums: Float64Array;
  readonly #isTaken: Uint8Array;
  #first = 0;

  constructor(private readonly weights: readonly number[]) {
    this.total = weights.reduce((sum, weight) => sum + weight, 0);
    this.#isTaken = new Uint8Array(weights.length);
    this.#sums = new Float64Array(weights.length + 1);
    for (let at = 1; at < this.#sums.length; at++) {
      this.#sums[at]! += weights[at - 1]!;
      const above = at + (at & -at);
      if (above < this.#sums.length) this.#sums[above]! += this.#sums[at]!;
    }
  }

  /** Takes the first whose weight and those left before it are at least a sum; gives its place. */
  take(sum: number): number {
    const place = sum === 0 ? this.#firstLeft() : this.#reaching(sum);
    const weight = this.weights[place]!;
    this.#isTaken[place] = 1;
    this.total -= weight;
    for (let at = place + 1; at < this.#sums.length; at += at & -at) this.#sums[at]! -= weight;
    return place;
  }

  #firstLeft(): number {
    while (this.#isTaken[this.#first] === 1) this.#first++;
    return this.#first;
  }

  #reaching(sum: number): number {
    let place = 0;
    let missing = sum;
    for (let step = 1 << (31 - Math.clz32(this.#sums.length)); step > 0; step >>= 1) {
      const next = place + step;
      if (next >= this.#sums.length || this.#sums[next]! >= missing) continue;
      place = next;
      missing -= this.#sums[next]!;
    }
    return place;
  }
}

function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

import { RecordRing, type RecordHead } from './record-ring.js';
import type { TraceRecord } from './trace-record.js';

/** How many names are remembered: there are some forty functions, and as many sets of events as a program has. */
const MOST_HEADS = 256;

/** Numbers records in the order of their beginning, knows which lie in which, and keeps the last of them. */
export class RecordSequence {
  /** The records kept; `null` when none are to be. */
  readonly kept: RecordRing | null;
  /** How deep inside others the next record will be. */
  depth = 0;
  /** The sequence numbers of what is under way, by depth. */
  readonly #open: number[] = [];
  #last = 0;
  readonly #heads = new Map<string, RecordHead>();

  /** @param limit how many records to keep */
  constructor(limit: number) {
    this.kept = limit >= 1 ? new RecordRing(Math.floor(limit)) : null;
  }

  /** What a record of a function, an operation or an event has in common with others of it: one object for those of a layer. */
  headOf(layer: string, kind: TraceRecord['kind'], name: string): RecordHead {
    const known = this.#heads.get(name);
    if (known !== undefined && known.layer === layer && known.kind === kind) return known;
    const head = { layer, kind, name };
    if (this.#heads.size >= MOST_HEADS) this.#heads.clear();
    this.#heads.set(name, head);
    return head;
  }

  /** A record begins. Returns its number, from 1. */
  begin(head: RecordHead, socket: number, time: number): number {
    const sequence = ++this.#last;
    const depth = this.depth++;
    this.#open[depth] = sequence;
    if (this.kept !== null) this.kept.begin(sequence, depth, head, socket, time);
    return sequence;
  }

  /**
   * A record ends that has no object.
   *
   * @param depth what `depth` was before it began
   * @param bytes NaN for a record that has none
   */
  end(
    sequence: number,
    depth: number,
    duration: number,
    detail: string,
    bytes: number,
    error: number,
    result: number,
  ): void {
    this.depth = depth;
    if (this.kept !== null) this.kept.end(sequence, duration, detail, bytes, error, result);
  }

  /** A record ends, as its object says. */
  update(record: TraceRecord): void {
    this.depth = record.depth;
    this.kept?.update(record);
  }

  /** The number of the record that began last at a depth; 0 for none. */
  at(depth: number): number {
    return this.#open[depth] ?? 0;
  }
}

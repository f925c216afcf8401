import { RecordRing } from './record-ring.js';
import type { TraceRecord } from './trace-record.js';

/** Numbers records in the order of their beginning, knows which lie in which, and keeps the last of them. */
export class RecordSequence {
  /** The records kept; `null` when none are to be. */
  readonly kept: RecordRing | null;
  /** How deep inside others the next record will be. */
  depth = 0;
  /** The sequence numbers of what is under way, by depth. */
  readonly #open: number[] = [];
  #last = 0;

  /** @param limit how many records to keep */
  constructor(limit: number) {
    this.kept = limit >= 1 ? new RecordRing(Math.floor(limit)) : null;
  }

  /** A record begins. Returns its number, from 1. */
  begin(layer: string, kind: TraceRecord['kind'], name: string, socket: number, time: number): number {
    const sequence = ++this.#last;
    const depth = this.depth++;
    this.#open[depth] = sequence;
    if (this.kept !== null) this.kept.begin(sequence, depth, layer, kind, name, socket, time);
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

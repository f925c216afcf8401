import { winsockErrorName } from '../../../spi/index.js';
import { RecordRing } from './record-ring.js';
import type { TraceRecord } from './trace-record.js';

/** Collects what crosses trace layers, in the order in which it began, nested as it happened. */
export class TraceRecorder {
  readonly #kept: RecordRing | null;
  readonly #listener: ((record: TraceRecord) => void) | undefined;
  /** The sequence numbers of what is under way, by depth. */
  readonly #open: number[] = [];
  #sequence = 0;
  #depth = 0;

  /**
   * @param limit how many records to keep, 100,000 if absent; the oldest go first
   * @param listener called with each record when it is complete
   */
  constructor(limit = 100_000, listener?: (record: TraceRecord) => void) {
    this.#kept = limit >= 1 ? new RecordRing(Math.floor(limit)) : null;
    this.#listener = listener;
  }

  /**
   * Everything recorded that is kept, in the order of beginning: an array made anew whenever it is asked for, in which
   * calls that are not over are as they began.
   */
  get records(): TraceRecord[] {
    return this.#kept === null ? [] : [...this.#kept.read()];
  }

  /** Goes through the records that are kept one by one, without an array of them all. */
  [Symbol.iterator](): Iterator<TraceRecord> {
    return this.#kept === null ? [].values() : this.#kept.read();
  }

  /** Forgets everything recorded so far; numbers go on. */
  clear(): void {
    this.#kept?.clear();
  }

  /** A record begins. */
  begin(layer: string, kind: TraceRecord['kind'], name: string, socket: number, time: number): TraceRecord {
    const record: TraceRecord = {
      sequence: ++this.#sequence,
      depth: this.#depth++,
      layer,
      kind,
      name,
      socket,
      time,
      duration: 0,
      detail: '',
      result: 0,
      error: 0,
    };
    this.#open[record.depth] = record.sequence;
    this.#kept?.begin(record);
    return record;
  }

  /** The sequence number of the record that one which has just ended lies in; 0 for none. */
  parentOf({ depth }: TraceRecord): number {
    return depth === 0 ? 0 : (this.#open[depth - 1] ?? 0);
  }

  /** The record that began last and has not ended, ends. */
  end(record: TraceRecord, time: number): void {
    this.#depth = record.depth;
    record.duration = time - record.time;
    this.#kept?.update(record);
    this.#listener?.(record);
  }
}

/**
 * Writes a record as one line: time, layer, call indented by depth, what it was about, bytes and error.
 *
 * @param start the moment to count from, in milliseconds of the clock
 */
export function formatTraceRecord(record: TraceRecord, start = 0): string {
  const time = (record.time - start).toFixed(3).padStart(10);
  const indent = '  '.repeat(record.depth);
  const about = record.detail === '' ? '' : ` ${record.detail}`;
  const bytes = record.bytes === undefined ? '' : ` ${record.bytes} bytes`;
  const error = record.error === 0 ? '' : ` ${winsockErrorName(record.error) ?? record.error}`;
  return `${time} ms  ${record.layer.padEnd(12)} ${indent}${record.name} ${record.socket}${about}${bytes}${error}`;
}

import { winsockErrorName } from '../../../spi/index.js';
import { RecordSequence } from './record-sequence.js';
import type { TraceRecord } from './trace-record.js';

let sequenceOf: (recorder: TraceRecorder) => RecordSequence;
let isListened: (recorder: TraceRecorder) => boolean;

/** Collects what crosses trace layers, in the order in which it began, nested as it happened. */
export class TraceRecorder {
  static {
    sequenceOf = (recorder) => recorder.#sequence;
    isListened = (recorder) => recorder.#listener !== undefined;
  }

  readonly #sequence: RecordSequence;
  readonly #listener: ((record: TraceRecord) => void) | undefined;

  /**
   * @param limit how many records to keep, 100,000 if absent; the oldest go first
   * @param listener called with each record when it is complete
   */
  constructor(limit = 100_000, listener?: (record: TraceRecord) => void) {
    this.#sequence = new RecordSequence(limit);
    this.#listener = listener;
  }

  /**
   * Everything recorded that is kept, in the order of beginning: an array made anew whenever it is asked for, in which
   * calls that are not over are as they began.
   */
  get records(): TraceRecord[] {
    return [...this];
  }

  /** Goes through the records that are kept one by one, without an array of them all. */
  [Symbol.iterator](): Iterator<TraceRecord> {
    return this.#sequence.kept?.read() ?? [].values();
  }

  /** Forgets everything recorded so far; numbers go on. */
  clear(): void {
    this.#sequence.kept?.clear();
  }

  /** A record begins. */
  begin(layer: string, kind: TraceRecord['kind'], name: string, socket: number, time: number): TraceRecord {
    const { depth } = this.#sequence;
    const sequence = this.#sequence.begin(this.#sequence.headOf(layer, kind, name), socket, time);
    return { sequence, depth, layer, kind, name, socket, time, duration: 0, detail: '', result: 0, error: 0 };
  }

  /** The sequence number of the record that one which has just ended lies in; 0 for none. */
  parentOf({ depth }: TraceRecord): number {
    return this.#sequence.at(depth - 1);
  }

  /** The record that began last and has not ended, ends. */
  end(record: TraceRecord, time: number): void {
    record.duration = time - record.time;
    this.#sequence.update(record);
    this.#listener?.(record);
  }
}

/**
 * Where records may be put without an object for each; `null` when somebody is to see these objects: a listener, or a class that
 * has its own `begin` or `end`.
 *
 * @param recorder a recorder, or what looks like one
 */
export function quietSequenceOf(recorder: TraceRecorder): RecordSequence | null {
  const { prototype } = TraceRecorder;
  if (!(recorder instanceof TraceRecorder) || isListened(recorder)) return null;
  return recorder.begin === prototype.begin && recorder.end === prototype.end ? sequenceOf(recorder) : null;
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

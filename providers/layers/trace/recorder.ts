import { winsockErrorName } from '../../../spi/index.js';
import { RecordRing } from './record-ring.js';

/** One call, completion or network event that crossed a trace layer. */
export interface TraceRecord {
  /** Number in the order of beginning, from 1; shared by all layers of a recorder. */
  readonly sequence: number;
  /** How deep inside other recorded calls; 0 at the top. */
  readonly depth: number;
  /** The layer's name. */
  readonly layer: string;
  /** `call`: a function of the SPI; `completion`: an overlapped operation's; `event`: a network event's. */
  readonly kind: 'call' | 'completion' | 'event';
  /** The function's, operation's or event's name. */
  readonly name: string;
  /** The socket. */
  socket: number;
  /** The instance's clock at the beginning, in milliseconds. */
  readonly time: number;
  /** How long it took, in milliseconds. */
  duration: number;
  /** What it was about: addresses, options, events. */
  detail: string;
  /** Bytes that crossed; `undefined` for what moves none. */
  bytes?: number;
  /** The first of those bytes, if the layer was told to keep any. */
  data?: Uint8Array;
  /** What the call returned. */
  result: number | boolean;
  /** The WinSock code; 0 on success. */
  error: number;
}

/** Collects what crosses trace layers, in the order in which it began, nested as it happened. */
export class TraceRecorder {
  readonly #kept: RecordRing | null;
  readonly #listener: ((record: TraceRecord) => void) | undefined;
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
   * Everything recorded that is kept, in the order of beginning: an array made anew whenever it is asked for, in which calls
   * that are not over are as they began.
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
    this.#kept?.begin(record);
    return record;
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

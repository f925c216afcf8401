// The last records, as columns that are written over in place. Objects that are kept would be moved by the collector of
// garbage twice each, and then make its old generation full: with 100,000 of them kept that cost six times the
// recording.
import type { TraceRecord } from './trace-record.js';

/** How many records there is room for at first; the room doubles up to the limit. */
const FIRST_ROOM = 64;

// Where the numbers of a record lie in the array of all of them. That of bytes is NaN where a record has none; results that are true
// or false are infinite. A record has as many numbers as a cache line.
const DEPTH = 0;
const SOCKET = 1;
const TIME = 2;
const DURATION = 3;
const BYTES = 4;
const ERROR = 5;
const RESULT = 6;
const STRIDE = 8;

/** What many records have in common. */
export type RecordHead = Pick<TraceRecord, 'layer' | 'kind' | 'name'>;

/** Keeps what the last records say. */
export class RecordRing {
  #room = 0;
  /** The sequence number of the last record before those that may be kept. */
  #forgotten = 0;
  #last = 0;
  #lastPlace = -1;
  #numbers = new Float64Array(0);
  readonly #heads: RecordHead[] = [];
  readonly #details: string[] = [];
  /** Empty as long as no record has data. */
  readonly #data: (Uint8Array | undefined)[] = [];

  /** @param limit how many records to keep at most */
  constructor(private readonly limit: number) {}

  /** Keeps a record that has begun: the next one in the sequence. */
  begin(sequence: number, depth: number, head: RecordHead, socket: number, time: number): void {
    this.#last = sequence;
    const place = this.#lastPlace + 1 === this.limit ? 0 : this.#lastPlace + 1;
    this.#lastPlace = place;
    if (place >= this.#room) this.#grow();
    const at = place * STRIDE;
    const numbers = this.#numbers;
    numbers[at + DEPTH] = depth;
    numbers[at + SOCKET] = socket;
    numbers[at + TIME] = time;
    numbers[at + DURATION] = 0;
    numbers[at + BYTES] = NaN;
    numbers[at + ERROR] = 0;
    numbers[at + RESULT] = 0;
    this.#heads[place] = head;
    this.#details[place] = '';
    if (this.#data.length > 0) this.#data[place] = undefined;
  }

  /**
   * Keeps what has become of a record, unless it is forgotten by now.
   *
   * @param bytes NaN for a record that has none
   */
  end(sequence: number, duration: number, detail: string, bytes: number, error: number, result: number): void {
    if (!this.#keeps(sequence)) return;
    const place = this.#placeOf(sequence);
    const at = place * STRIDE;
    const numbers = this.#numbers;
    numbers[at + DURATION] = duration;
    numbers[at + BYTES] = bytes;
    numbers[at + ERROR] = error;
    numbers[at + RESULT] = result;
    if (detail !== '') this.#details[place] = detail;
  }

  /** Keeps all that has become of a record, unless it is forgotten by now. */
  update({ sequence, socket, duration, bytes = NaN, error, result, detail, data }: TraceRecord): void {
    if (!this.#keeps(sequence)) return;
    const place = this.#placeOf(sequence);
    this.end(sequence, duration, detail, bytes, error, typeof result === 'boolean' ? infinite(result) : result);
    this.#numbers[place * STRIDE + SOCKET] = socket;
    this.#details[place] = detail;
    if (data !== undefined || this.#data.length > 0) this.#data[place] = data;
  }

  /** The records kept, each an object of its own, from the oldest on. */
  *read(): Generator<TraceRecord> {
    for (let sequence = this.#oldest(); sequence <= this.#last; sequence++) {
      // Whoever goes through them may make calls that are recorded.
      if (sequence < this.#oldest()) continue;
      const place = this.#placeOf(sequence);
      const at = place * STRIDE;
      const numbers = this.#numbers;
      const result = numbers[at + RESULT]!;
      const { layer, kind, name } = this.#heads[place]!;
      const record: TraceRecord = {
        sequence,
        depth: numbers[at + DEPTH]!,
        layer,
        kind,
        name,
        socket: numbers[at + SOCKET]!,
        time: numbers[at + TIME]!,
        duration: numbers[at + DURATION]!,
        detail: this.#details[place]!,
        result: Math.abs(result) === Infinity ? result > 0 : result,
        error: numbers[at + ERROR]!,
      };
      const bytes = numbers[at + BYTES]!;
      if (!Number.isNaN(bytes)) record.bytes = bytes;
      const data = this.#data[place];
      if (data !== undefined) record.data = data;
      yield record;
    }
  }

  /** Forgets all records so far. */
  clear(): void {
    this.#forgotten = this.#last;
    this.#lastPlace = -1;
    this.#details.fill('');
    this.#data.length = 0;
  }

  #oldest(): number {
    return Math.max(this.#forgotten, this.#last - this.limit) + 1;
  }

  #keeps(sequence: number): boolean {
    return sequence > this.#forgotten && this.#last - sequence < this.limit;
  }

  /** Where a record lies that is kept; counted back from the last, for a division took longer than the rest of a record. */
  #placeOf(sequence: number): number {
    const place = this.#lastPlace - (this.#last - sequence);
    return place < 0 ? place + this.limit : place;
  }

  #grow(): void {
    this.#room = Math.min(Math.max(FIRST_ROOM, 2 * this.#room), this.limit);
    const numbers = new Float64Array(this.#room * STRIDE);
    numbers.set(this.#numbers);
    this.#numbers = numbers;
  }
}

/** True and false among numbers. */
function infinite(result: boolean): number {
  return result ? Infinity : -Infinity;
}

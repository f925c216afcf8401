// The last records, as columns that are written over in place. Objects that are kept would be moved by the collector of
// garbage twice each, and then make its old generation full: with 100,000 of them kept that cost six times the
// recording.
import type { TraceRecord } from './trace-record.js';

/** How many records there is room for at first; the room doubles up to the limit. */
const FIRST_ROOM = 64;

// Where the numbers of a record lie in the array of all of them. That of bytes is NaN where a record has none.
const DEPTH = 0;
const SOCKET = 1;
const TIME = 2;
const DURATION = 3;
const BYTES = 4;
const ERROR = 5;
const STRIDE = 6;

/** Keeps what the last records say. */
export class RecordRing {
  #room = 0;
  /** The sequence number of the last record before those that may be kept. */
  #forgotten = 0;
  #last = 0;
  #numbers = new Float64Array(0);
  readonly #layers: string[] = [];
  readonly #kinds: TraceRecord['kind'][] = [];
  readonly #names: string[] = [];
  readonly #details: string[] = [];
  readonly #results: (number | boolean)[] = [];
  /** Empty as long as no record has data. */
  readonly #data: (Uint8Array | undefined)[] = [];

  /** @param limit how many records to keep at most */
  constructor(private readonly limit: number) {}

  /** Keeps a record that has begun: the next one in the sequence. */
  begin(record: TraceRecord): void {
    this.#last = record.sequence;
    const place = this.#placeOf(record.sequence);
    if (place >= this.#room) this.#grow();
    const at = place * STRIDE;
    const numbers = this.#numbers;
    numbers[at + DEPTH] = record.depth;
    numbers[at + TIME] = record.time;
    this.#layers[place] = record.layer;
    this.#kinds[place] = record.kind;
    this.#names[place] = record.name;
    this.#write(place, record);
  }

  /** Keeps what has become of a record, unless it is forgotten by now. */
  update(record: TraceRecord): void {
    const { sequence } = record;
    if (sequence > this.#forgotten && this.#last - sequence < this.limit) {
      this.#write(this.#placeOf(sequence), record);
    }
  }

  /** The records kept, each an object of its own, from the oldest on. */
  *read(): Generator<TraceRecord> {
    for (let sequence = this.#oldest(); sequence <= this.#last; sequence++) {
      // Whoever goes through them may make calls that are recorded.
      if (sequence < this.#oldest()) continue;
      const place = this.#placeOf(sequence);
      const at = place * STRIDE;
      const numbers = this.#numbers;
      const record: TraceRecord = {
        sequence,
        depth: numbers[at + DEPTH]!,
        layer: this.#layers[place]!,
        kind: this.#kinds[place]!,
        name: this.#names[place]!,
        socket: numbers[at + SOCKET]!,
        time: numbers[at + TIME]!,
        duration: numbers[at + DURATION]!,
        detail: this.#details[place]!,
        result: this.#results[place]!,
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
    this.#details.fill('');
    this.#data.length = 0;
  }

  #oldest(): number {
    return Math.max(this.#forgotten, this.#last - this.limit) + 1;
  }

  #placeOf(sequence: number): number {
    return (sequence - this.#forgotten - 1) % this.limit;
  }

  #write(place: number, record: TraceRecord): void {
    const at = place * STRIDE;
    const numbers = this.#numbers;
    numbers[at + SOCKET] = record.socket;
    numbers[at + DURATION] = record.duration;
    numbers[at + BYTES] = record.bytes ?? NaN;
    numbers[at + ERROR] = record.error;
    this.#details[place] = record.detail;
    this.#results[place] = record.result;
    if (record.data !== undefined || this.#data.length > 0) this.#data[place] = record.data;
  }

  #grow(): void {
    this.#room = Math.min(Math.max(FIRST_ROOM, 2 * this.#room), this.limit);
    const numbers = new Float64Array(this.#room * STRIDE);
    numbers.set(this.#numbers);
    this.#numbers = numbers;
  }
}

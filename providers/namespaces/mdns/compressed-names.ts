// Names that end alike are written once (RFC 1035, 4.1.4), those in the data of records too (RFC 6762, 18.14).
import { RecordType } from '../../../dns-records/index.js';

const HEADER = 12;
const POINTER = 0xc000;
/** Pointers have 14 bits. */
const FURTHEST = 0x3fff;

/**
 * Shortens a message of ours, in which no name is shortened.
 *
 * @param message what was written
 * @param questions how many there are
 * @param records how many there are, in all sections
 * @param isForServices whether the name in the data of SRV and NSEC may be shortened: not for who knows unicast DNS alone
 */
export function withCompressedNames(
  message: Buffer,
  questions: number,
  records: number,
  isForServices: boolean,
): Buffer {
  const shorter = new ShorterMessage(message);
  for (let i = 0; i < questions; i++) {
    shorter.name();
    shorter.bytes(4);
  }
  for (let i = 0; i < records; i++) {
    shorter.name();
    shorter.record(isForServices);
  }
  return shorter.result;
}

class ShorterMessage {
  readonly #from: Buffer;
  readonly #to: Buffer;
  // Where what follows from a label on was written, by its bytes: case counts, so that each name stays as it is spelled.
  readonly #places = new Map<string, number>();
  #read = HEADER;
  #written = HEADER;

  constructor(message: Buffer) {
    this.#from = message;
    this.#to = Buffer.alloc(message.length);
    message.copy(this.#to, 0, 0, HEADER);
  }

  get result(): Buffer {
    return this.#to.subarray(0, this.#written);
  }

  bytes(count: number): void {
    this.#from.copy(this.#to, this.#written, this.#read, this.#read + count);
    this.#read += count;
    this.#written += count;
  }

  name(): void {
    let end = this.#read;
    while (this.#from[end] !== 0) end += this.#from[end]! + 1;
    while (this.#read < end) {
      const rest = this.#from.toString('latin1', this.#read, end);
      const place = this.#places.get(rest);
      if (place !== undefined) {
        this.#written = this.#to.writeUInt16BE(POINTER | place, this.#written);
        this.#read = end + 1;
        return;
      }
      if (this.#written <= FURTHEST) this.#places.set(rest, this.#written);
      this.bytes(this.#from[this.#read]! + 1);
    }
    this.bytes(1);
  }

  // What lies behind the name of a record.
  record(isForServices: boolean): void {
    const type = this.#from.readUInt16BE(this.#read);
    this.bytes(10);
    const end = this.#read + this.#from.readUInt16BE(this.#read - 2);
    const lengthAt = this.#written - 2;
    if (type === RecordType.PTR || type === RecordType.CNAME) this.name();
    else if (isForServices && type === RecordType.SRV) {
      this.bytes(6);
      this.name();
    } else if (isForServices && type === RecordType.NSEC) this.name();
    this.bytes(end - this.#read);
    this.#to.writeUInt16BE(this.#written - lengthAt - 2, lengthAt);
  }
}

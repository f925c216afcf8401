import {
  FIXED_V2,
  LONGEST_V1,
  readV1,
  readV2,
  SIGNATURE,
  v2Fault,
  type HeaderFault,
  type ProxyHeader,
} from './header.js';

const V1_BEGINNING = Buffer.from('PROXY ');
const FIRST_ROOM = 256;

/** Reads the header that a connection begins with, in pieces of any size. */
export class HeaderReader {
  #room = Buffer.alloc(FIRST_ROOM);
  #filled = 0;

  /** Whether something came. */
  get begun(): boolean {
    return this.#filled > 0;
  }

  /**
   * Takes bytes, up to the end of the header.
   *
   * @returns how many were taken, and what they say: `null` while the header is not whole, a text when it is none
   */
  take(input: Uint8Array): { readonly taken: number; readonly header: ProxyHeader | HeaderFault | null } {
    let taken = 0;
    while (taken < input.length) {
      const wanted = this.#wanted();
      const end = Math.min(input.length, taken + wanted - this.#filled);
      this.#append(input.subarray(taken, end));
      taken = end;
      const header = this.#read();
      if (header !== null) return { taken, header };
    }
    return { taken, header: null };
  }

  /** The whole header, as it came. */
  get bytes(): Uint8Array {
    return this.#room.subarray(0, this.#filled);
  }

  get #isV1(): boolean {
    return this.#room[0] === V1_BEGINNING[0];
  }

  /** How many bytes to take until more is known: a line is read byte by byte, for nothing behind it may be taken. */
  #wanted(): number {
    const filled = this.#filled;
    if (filled === 0) return 1;
    if (this.#isV1) return Math.max(filled + 1, V1_BEGINNING.length);
    return filled < FIXED_V2 ? FIXED_V2 : FIXED_V2 + this.#room.readUInt16BE(14);
  }

  #read(): ProxyHeader | HeaderFault | null {
    const filled = this.#filled;
    const room = this.#room;
    const beginning = this.#isV1 ? V1_BEGINNING : SIGNATURE;
    const length = Math.min(filled, beginning.length);
    if (room.compare(beginning, 0, length, 0, length) !== 0) return 'no header of the PROXY protocol';
    if (this.#isV1) {
      if (room[filled - 1] !== 10) return filled >= LONGEST_V1 ? 'a line of version 1 that is too long' : null;
      return room[filled - 2] === 13 ? readV1(room.subarray(0, filled - 2)) : 'a line of version 1 that is none';
    }
    const fault = filled >= 14 ? v2Fault(room[12]!, room[13]!) : null;
    if (fault !== null) return fault;
    if (filled < FIXED_V2 || filled < FIXED_V2 + room.readUInt16BE(14)) return null;
    return readV2(room.subarray(0, filled));
  }

  #append(bytes: Uint8Array): void {
    const length = this.#filled + bytes.length;
    if (length > this.#room.length) {
      const room = Buffer.alloc(Math.max(2 * this.#room.length, length));
      this.#room.copy(room, 0, 0, this.#filled);
      this.#room = room;
    }
    this.#room.set(bytes, this.#filled);
    this.#filled = length;
  }
}

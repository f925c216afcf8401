// Messages. What comes in may be anything: nothing of it is believed before its place and length are.
import { RecordType, wireFormat, type WireRecord } from '../../../dns-records/index.js';
import { isUtf8 } from 'node:buffer';
import { DOT } from './names.js';
import { withCompressedNames } from './compressed-names.js';
import { makeRecord, putDots, type MdnsRecord } from './records.js';
import { isTextData } from './text-data.js';

/** What is asked for: the records of a name and a type. */
export interface MdnsQuestion {
  readonly name: string;
  /** RecordType.ANY for all. */
  readonly type: number;
  /** Whether an answer may come to the asker alone: the unicast-response bit. */
  readonly wantsUnicast: boolean;
}

/** A message that can be read. */
export interface MdnsMessage {
  readonly id: number;
  readonly isResponse: boolean;
  /** Whether more known answers follow in another message. */
  readonly isTruncated: boolean;
  readonly questions: readonly MdnsQuestion[];
  readonly answers: readonly MdnsRecord[];
  readonly authorities: readonly MdnsRecord[];
  readonly additionals: readonly MdnsRecord[];
}

/** Bytes that a message may have, whoever sent it (RFC 6762, 17). */
export const LARGEST_MESSAGE = 9000;
/** Bytes that messages are kept within where possible: a frame of Ethernet, less the headers of IPv6 and UDP. */
export const USUAL_MESSAGE = 1440;
/** Bytes of a message before its first question. */
export const HEADER = 12;

const CLASS_IN = 1;
const CLASS_ANY = 255;
const TOP_BIT = 0x8000;
const FLAGS_READ = { response: 0x8000, opcode: 0x7800, truncated: 0x0200, code: 0x000f };
const LONGEST_NAME = 255;
const MOST_JUMPS = 128;

/** A name in a message. */
interface PlacedName {
  readonly name: string;
  readonly end: number;
  /** The name written out. */
  readonly bytes: Uint8Array;
}

/** What bytes say that are no message. */
class Malformed extends Error {}

/**
 * Reads a message.
 *
 * @returns the message, `null` when it cannot be read, `'ignored'` when it is of a kind that is to be ignored: another
 *   operation than a query, or an error (RFC 6762, 18)
 */
export function readMessage(bytes: Uint8Array): MdnsMessage | 'ignored' | null {
  if (bytes.length < HEADER || bytes.length > LARGEST_MESSAGE) return null;
  const message = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const flags = message.readUInt16BE(2);
  if ((flags & (FLAGS_READ.opcode | FLAGS_READ.code)) !== 0) return 'ignored';
  try {
    const reader = new MessageReader(message);
    return {
      id: message.readUInt16BE(0),
      isResponse: (flags & FLAGS_READ.response) !== 0,
      isTruncated: (flags & FLAGS_READ.truncated) !== 0,
      questions: reader.questions(message.readUInt16BE(4)),
      answers: reader.records(message.readUInt16BE(6)),
      authorities: reader.records(message.readUInt16BE(8)),
      additionals: reader.records(message.readUInt16BE(10)),
    };
  } catch {
    return null;
  }
}

class MessageReader {
  #at = HEADER;
  /** Names that were read, by where they begin. */
  readonly #names = new Map<number, PlacedName>();

  constructor(private readonly message: Buffer) {}

  questions(count: number): MdnsQuestion[] {
    const questions: MdnsQuestion[] = [];
    for (let i = 0; i < count; i++) {
      const { name, end } = this.#name(this.#at);
      if (end + 4 > this.message.length) throw new Malformed('a question is cut off');
      const type = this.message.readUInt16BE(end);
      const classAndBit = this.message.readUInt16BE(end + 2);
      this.#at = end + 4;
      const asked = classAndBit & ~TOP_BIT;
      if (asked === CLASS_IN || asked === CLASS_ANY) {
        questions.push({ name, type, wantsUnicast: (classAndBit & TOP_BIT) !== 0 });
      }
    }
    return questions;
  }

  records(count: number): MdnsRecord[] {
    const { message } = this;
    const records: MdnsRecord[] = [];
    for (let i = 0; i < count; i++) {
      const { name, end } = this.#name(this.#at);
      if (end + 10 > message.length) throw new Malformed('a record is cut off');
      const type = message.readUInt16BE(end);
      const classAndBit = message.readUInt16BE(end + 2);
      const ttl = message.readUInt32BE(end + 4);
      const at = end + 10;
      const dataEnd = at + message.readUInt16BE(end + 8);
      if (dataEnd > message.length) throw new Malformed('the data of a record is cut off');
      this.#at = dataEnd;
      if (type === RecordType.OPT || (classAndBit & ~TOP_BIT) !== CLASS_IN) continue;
      const { data, target } = this.#data(type, at, dataEnd);
      // A time beyond 31 bits counts as none (RFC 2181).
      records.push(makeRecord(name, type, data, target, ttl > 0x7fffffff ? 0 : ttl, (classAndBit & TOP_BIT) !== 0));
    }
    return records;
  }

  // The data of a record, its name written out. Of types that are not used here, it stays what it is.
  #data(type: number, at: number, end: number): { data: Uint8Array; target: string | null } {
    const { message } = this;
    // A copy: it may be kept, and the message not.
    const plain = (): { data: Uint8Array; target: null } => ({
      data: new Uint8Array(message.subarray(at, end)),
      target: null,
    });
    switch (type) {
      case RecordType.A:
      case RecordType.AAAA:
        if (end - at !== (type === RecordType.A ? 4 : 16)) throw new Malformed('an address of a wrong length');
        return plain();
      case RecordType.TXT:
        // Data of no string at all is not allowed, but is sent, and means an empty one (RFC 6763, 6.1).
        if (at === end) return { data: Uint8Array.of(0), target: null };
        if (!isTextData(message.subarray(at, end))) throw new Malformed('a text is cut off');
        return plain();
      case RecordType.PTR:
      case RecordType.CNAME:
        return this.#dataWithName(at, end, 0, true);
      case RecordType.SRV:
        return this.#dataWithName(at, end, 6, true);
      case RecordType.NSEC:
        return this.#dataWithName(at, end, 0, false);
      default:
        return plain();
    }
  }

  #dataWithName(at: number, end: number, before: number, endsIt: boolean): { data: Uint8Array; target: string } {
    const { message } = this;
    if (at + before >= end) throw new Malformed('a name lies behind the data');
    const { name, end: nameEnd, bytes } = this.#name(at + before);
    if (nameEnd > end || (endsIt && nameEnd !== end)) throw new Malformed('data of a wrong length');
    const parts = [message.subarray(at, at + before), bytes, message.subarray(nameEnd, end)];
    return { data: new Uint8Array(Buffer.concat(parts)), target: name };
  }

  // A name that begins here, and where it ends here.
  #name(from: number): PlacedName {
    return this.#nameBefore(from, from, 0);
  }

  // Pointers lead back only, so that none leads round in a circle; where many lead to is read once.
  #nameBefore(from: number, limit: number, jumps: number): PlacedName {
    const { message } = this;
    const known = this.#names.get(from);
    if (known !== undefined) return known;
    const texts: string[] = [];
    let rest: PlacedName | null = null;
    let total = 1;
    let at = from;
    for (;;) {
      const length = message[at];
      if (length === undefined) throw new Malformed('a name is cut off');
      if (length === 0) {
        at++;
        break;
      }
      if (length >= 0xc0) {
        if (at + 1 >= message.length) throw new Malformed('a pointer is cut off');
        const to = message.readUInt16BE(at) & 0x3fff;
        if (to >= limit || to < HEADER || jumps >= MOST_JUMPS) throw new Malformed('a pointer that leads not back');
        rest = this.#nameBefore(to, to, jumps + 1);
        if (rest.name !== '') texts.push(rest.name);
        total += rest.bytes.length - 1;
        if (total > LONGEST_NAME) throw new Malformed('a name that is too long');
        at += 2;
        break;
      }
      total += length + 1;
      if (length >= 0x40 || at + 1 + length > message.length || total > LONGEST_NAME)
        throw new Malformed('a bad label');
      texts.push(this.#label(at + 1, at + 1 + length));
      at += 1 + length;
    }
    // Up to the pointer, or with the zero at the end.
    const own = message.subarray(from, rest === null ? at : at - 2);
    const name = { name: texts.join('.'), end: at, bytes: rest === null ? own : Buffer.concat([own, rest.bytes]) };
    this.#names.set(from, name);
    return name;
  }

  #label(at: number, end: number): string {
    const bytes = this.message.subarray(at, end);
    let isPlain = true;
    for (const byte of bytes) {
      if (byte < 0x20 || byte === 0x7f) throw new Malformed('a name with control characters');
      if (byte >= 0x80 || byte === 0x2e) isPlain = false;
    }
    if (isPlain) return bytes.toString('latin1');
    if (!isUtf8(bytes)) throw new Malformed('a name that is no text');
    return bytes.toString().replaceAll('.', DOT);
  }
}

/** What is to be sent; everything may be left out. */
export interface OutgoingMessage {
  readonly id?: number;
  readonly isResponse?: boolean;
  readonly isTruncated?: boolean;
  readonly questions?: readonly MdnsQuestion[];
  readonly answers?: readonly MdnsRecord[];
  readonly authorities?: readonly MdnsRecord[];
  readonly additionals?: readonly MdnsRecord[];
  /** Whether the asker knows nothing of multicast DNS: no record is marked as its name's only one. */
  readonly isLegacy?: boolean;
}

/** Writes a message. */
export function writeMessage(message: OutgoingMessage): Uint8Array {
  const {
    isResponse = false,
    isLegacy = false,
    questions = [],
    answers = [],
    authorities = [],
    additionals = [],
  } = message;
  const wire = wireFormat();
  // What is claimed is not had yet, and what is known of others is theirs: the bit is for answers.
  const mayFlush = isResponse && !isLegacy;
  const bytes = wire.encode({
    type: isResponse ? 'response' : 'query',
    id: message.id ?? 0,
    flags: (isResponse ? wire.AUTHORITATIVE_ANSWER : 0) | (message.isTruncated === true ? wire.TRUNCATED_RESPONSE : 0),
    questions: questions.map(({ name, type }) => ({ name, type: `UNKNOWN_${type}` as const })),
    answers: answers.map((each) => wireRecord(each, mayFlush)),
    authorities: authorities.map((each) => wireRecord(each, mayFlush)),
    additionals: additionals.map((each) => wireRecord(each, mayFlush)),
  });
  let at = HEADER;
  for (const { wantsUnicast } of questions) {
    at = putDots(bytes, at) + 4;
    bytes.writeUInt16BE(CLASS_IN | (wantsUnicast ? TOP_BIT : 0), at - 2);
  }
  const records = answers.length + authorities.length + additionals.length;
  for (let left = records; left > 0; left--) {
    at = putDots(bytes, at) + 10;
    at += bytes.readUInt16BE(at - 2);
  }
  return withCompressedNames(bytes, questions.length, records, !isLegacy);
}

function wireRecord({ name, type, data, ttl, isUnique }: MdnsRecord, mayFlush: boolean): WireRecord {
  return {
    name,
    type: `UNKNOWN_${type}`,
    flush: mayFlush && isUnique,
    ttl,
    data: Buffer.from(data.buffer, data.byteOffset, data.length),
  };
}

/** Bytes that a question takes. */
export function questionSize({ name }: MdnsQuestion): number {
  return Buffer.byteLength(name) + 6;
}

/** Bytes that a record takes. */
export function recordSize({ name, data }: MdnsRecord): number {
  return Buffer.byteLength(name) + 12 + data.length;
}

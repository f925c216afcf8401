// Answers as messages. What a server sends may be anything: nothing of it is believed before its place and length are.
import { RecordType } from '../../../dns-records/index.js';
import { isUtf8 } from 'node:buffer';
import { AskedSpelling } from './names.js';
import { compareQuestion, DATAGRAM_SIZE, endOfQuestion, HEADER, INTERNET, type DnsQuestion } from './query-message.js';
import { LAYOUTS } from './record-types.js';

/** Codes of answers (RFC 1035, RFC 6891). */
export const ResponseCode = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  BADVERS: 16,
} as const;

/** A record that was asked for. */
export interface ResourceRecord {
  /** The record's data, with names written out. */
  readonly data: Uint8Array;
  /** The first name in the data; `null` when its type has none. */
  readonly target: string | null;
}

/** What an answer says of its question. */
export interface DnsReply {
  /** One of `ResponseCode`, or another one. */
  readonly code: number;
  /** The names that the question's name stands for, one by the other; empty when it is not another's alias. */
  readonly chain: readonly string[];
  /** The records of the type asked for, at the chain's end. */
  readonly records: readonly ResourceRecord[];
  /** How long chain and records hold, in seconds. */
  readonly ttl: number;
  /** How long it holds that there are no such records, in seconds; `null` when the answer does not say (RFC 2308). */
  readonly negativeTtl: number | null;
  /** Whether the server knows nothing, and points to others. */
  readonly isReferral: boolean;
}

/**
 * What a message is: not an answer to this question; not to be read; an answer to the question in other letters; cut
 * off; or an answer.
 */
export type Reading = 'unasked' | 'malformed' | 'respelled' | 'truncated' | DnsReply;

const FLAG_RESPONSE = 0x8000;
const FLAG_AUTHORITATIVE = 0x0400;
const FLAG_TRUNCATED = 0x0200;
const OPCODE = 0x7800;
const LONGEST_CHAIN = 16;
const MOST_JUMPS = 128;
const LONGEST_NAME = 255;

/** What bytes say that are no message. */
class Malformed extends Error {}

const NO_NAMES: readonly string[] = [];

/**
 * Reads a message that came where an answer was waited for.
 *
 * @param bytes the message
 * @param id that the question was sent with
 * @param letters in which the question was sent (`drawLetters`)
 * @param question as it was asked for
 * @returns what it is; it never throws
 */
export function readReply(bytes: Uint8Array, id: number, letters: number, question: DnsQuestion): Reading {
  if (bytes.length < HEADER || u16(bytes, 0) !== id) return 'unasked';
  const flags = u16(bytes, 2);
  if ((flags & FLAG_RESPONSE) === 0 || (flags & OPCODE) !== 0) return 'unasked';
  const code = flags & 15;
  const questions = u16(bytes, 4);
  if (questions === 0 && (code === ResponseCode.FORMERR || code === ResponseCode.NOTIMP)) return bare(code);
  if (questions !== 1) return 'unasked';
  const repetition = compareQuestion(bytes, question, letters);
  if (repetition !== 'same') return repetition === 'other' ? 'unasked' : 'respelled';
  const end = endOfQuestion(bytes);
  if ((flags & FLAG_TRUNCATED) !== 0) return 'truncated';
  const addresses = code === ResponseCode.NOERROR ? readAddresses(bytes, end, question.type) : null;
  if (addresses !== null) return addresses;
  try {
    const message = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    return new ReplyReader(message, question, end).read(code, (flags & FLAG_AUTHORITATIVE) !== 0);
  } catch {
    return 'malformed';
  }
}

/**
 * Reads what most answers are: addresses of the very name that was asked for, and nothing besides them but an option.
 *
 * @returns the answer; `null` for one that is anything else
 */
function readAddresses(bytes: Uint8Array, questionEndsAt: number, type: number): DnsReply | null {
  const length = type === RecordType.A ? 4 : type === RecordType.AAAA ? 16 : 0;
  const count = u16(bytes, 6);
  const options = u16(bytes, 10);
  if (length === 0 || count === 0 || u16(bytes, 8) !== 0 || options > 1) return null;
  const size = RECORD_HEAD + length;
  let at = questionEndsAt + count * size;
  if (options === 1) {
    // Without a code of its own: its eight upper bits are the first of what is otherwise a time.
    if (bytes.length < at + OPTION_HEAD || bytes[at] !== 0 || u16(bytes, at + 1) !== RecordType.OPT) return null;
    if (bytes[at + 5] !== 0) return null;
    at += OPTION_HEAD + u16(bytes, at + 9);
  }
  if (at !== bytes.length) return null;
  const records = new Array<ResourceRecord>(count);
  let ttl = LONGEST_TIME;
  for (let i = 0; i < count; i++) {
    at = questionEndsAt + i * size;
    if (u16(bytes, at) !== (0xc000 | HEADER) || u16(bytes, at + 2) !== type || u16(bytes, at + 4) !== INTERNET)
      return null;
    if (u16(bytes, at + 10) !== length) return null;
    ttl = Math.min(ttl, timeOf(((u16(bytes, at + 6) << 16) | u16(bytes, at + 8)) >>> 0));
    // A copy, byte by byte: the slice of a Buffer is the same memory.
    const data = new Uint8Array(length);
    for (let byte = 0; byte < length; byte++) data[byte] = bytes[at + RECORD_HEAD + byte]!;
    records[i] = { data, target: null };
  }
  return { code: ResponseCode.NOERROR, chain: NO_NAMES, records, ttl, negativeTtl: null, isReferral: false };
}

/** Bytes of a record whose owner is a pointer, and of an option, before their data. */
const RECORD_HEAD = 12;
const OPTION_HEAD = 11;
/** A time to live beyond 31 bits counts as none (RFC 2181). */
const LONGEST_TIME = 0x7fffffff;

function timeOf(ttl: number): number {
  return ttl <= LONGEST_TIME ? ttl : 0;
}

function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

/** Whether a datagram is longer than was allowed. */
export function isOversized(bytes: Uint8Array): boolean {
  return bytes.length > DATAGRAM_SIZE;
}

function bare(code: number): DnsReply {
  return { code, chain: NO_NAMES, records: [], ttl: 0, negativeTtl: null, isReferral: false };
}

/** A record of a message: what it is, and where its data lies. */
interface PlacedRecord {
  readonly owner: string;
  readonly type: number;
  readonly ttl: number;
  readonly at: number;
  readonly length: number;
}

/** A name of a message: as text, and how many bytes it takes without pointers. */
interface WrittenName {
  readonly text: string;
  readonly length: number;
}

class ReplyReader {
  readonly #asked: string;
  #spelling: AskedSpelling | null = null;
  // Those that were read, by where they begin.
  readonly #names = new Map<number, WrittenName>();
  // Where reading has got to.
  #at: number;

  constructor(
    private readonly message: Buffer,
    private readonly question: DnsQuestion,
    questionEndsAt: number,
  ) {
    this.#asked = question.name.toLowerCase();
    this.#at = questionEndsAt;
  }

  read(code: number, isAuthoritative: boolean): DnsReply {
    const { message, question } = this;
    const answers = this.#section(message.readUInt16BE(6));
    const authorities = this.#section(message.readUInt16BE(8));
    const additionals = this.#section(message.readUInt16BE(10));
    if (this.#at !== message.length) throw new Malformed('there is something behind the last record');

    let owner = this.#asked;
    let ttl = Infinity;
    const chain: string[] = [];
    // Aliases lead on, whatever the order of the records; a loop ends with the number of names.
    while (question.type !== RecordType.CNAME) {
      const alias = answers.find((each) => each.type === RecordType.CNAME && each.owner === owner);
      // Aliases in a circle: the message is sound, and says nothing but that.
      if (alias === undefined || chain.length === LONGEST_CHAIN) break;
      const target = this.#data(alias).target!;
      chain.push(target);
      owner = target.toLowerCase();
      ttl = Math.min(ttl, alias.ttl);
    }
    const records: ResourceRecord[] = [];
    for (const each of answers) {
      if (each.type !== question.type || each.owner !== owner) continue;
      records.push(this.#data(each));
      ttl = Math.min(ttl, each.ttl);
    }
    const soa = authorities.find((each) => each.type === RecordType.SOA && isAtOrAbove(each.owner, owner));
    const isReferral =
      code === ResponseCode.NOERROR &&
      chain.length === 0 &&
      records.length === 0 &&
      soa === undefined &&
      !isAuthoritative &&
      authorities.some((each) => each.type === RecordType.NS);
    return {
      code: code | (this.#extendedCode(additionals) << 4),
      chain,
      records,
      ttl: ttl === Infinity ? 0 : ttl,
      negativeTtl: soa === undefined ? null : Math.min(ttl, soa.ttl, this.#minimumOf(soa)),
      isReferral,
    };
  }

  // The records of a section. Each is looked through, whether it is of use or not: what lies behind depends on it.
  #section(count: number): PlacedRecord[] {
    const { message } = this;
    const records: PlacedRecord[] = [];
    for (let i = 0; i < count; i++) {
      const ownerAt = this.#at;
      let at = this.#nameEnd(ownerAt);
      if (at + 10 > message.length) throw new Malformed('a record is cut off');
      const type = message.readUInt16BE(at);
      const recordClass = message.readUInt16BE(at + 2);
      const ttl = message.readUInt32BE(at + 4);
      const length = message.readUInt16BE(at + 8);
      at += 10;
      if (at + length > message.length) throw new Malformed('the data of a record is cut off');
      this.#at = at + length;
      const isOption = type === RecordType.OPT;
      const owner = this.#nameAt(ownerAt).toLowerCase();
      if (!isOption && recordClass !== INTERNET) continue;
      // That of an option is no time at all.
      records.push({ owner, type, ttl: isOption ? ttl : timeOf(ttl), at, length });
    }
    return records;
  }

  // The eight upper bits of the code (RFC 6891).
  #extendedCode(additionals: readonly PlacedRecord[]): number {
    const option = additionals.find((each) => each.type === RecordType.OPT);
    return option === undefined ? 0 : option.ttl >>> 24;
  }

  #minimumOf(soa: PlacedRecord): number {
    const { data } = this.#data(soa);
    const minimum = Buffer.from(data.buffer, data.byteOffset, data.length).readUInt32BE(data.length - 4);
    return timeOf(minimum);
  }

  // The data of a record, its names written out.
  #data({ type, at, length }: PlacedRecord): ResourceRecord {
    const { message } = this;
    const end = at + length;
    const layout = LAYOUTS.get(type);
    if (type === RecordType.TXT) this.#checkTexts(at, end);
    if (layout === undefined || layout.names === 0) {
      if (layout !== undefined && length !== layout.before) throw new Malformed('data of a wrong length');
      // A copy: the message's buffer is used again.
      return { data: new Uint8Array(message.subarray(at, end)), target: null };
    }
    // There may be thousands of such records: their names are looked through first, and then copied into the data itself.
    let size = layout.before;
    let target: string | null = null;
    let next = at + layout.before;
    for (let i = 0; i < layout.names; i++) {
      if (next >= end) throw new Malformed('a name lies behind the data');
      const { text, length: bytes } = this.#name(next, next, 0);
      target ??= (this.#spelling ??= new AskedSpelling(this.question.name)).of(text);
      size += bytes;
      next = this.#nameEnd(next);
    }
    if (next > end || end - next !== (layout.after ?? end - next)) throw new Malformed('data of a wrong length');
    const data = new Uint8Array(size + end - next);
    let to = this.#copy(at, at + layout.before, data, 0);
    next = at + layout.before;
    for (let i = 0; i < layout.names; i++) {
      to = this.#copyName(next, data, to);
      next = this.#nameEnd(next);
    }
    this.#copy(next, end, data, to);
    return { data, target };
  }

  // Copies bytes; returns where it ends. They are few, so that a view of them would cost more.
  #copy(from: number, end: number, into: Uint8Array, at: number): number {
    let to = at;
    for (let place = from; place < end; place++) into[to++] = this.message[place]!;
    return to;
  }

  // Copies a name that was read before, and so leads nowhere but back.
  #copyName(from: number, into: Uint8Array, to: number): number {
    const { message } = this;
    let at = from;
    let end = to;
    for (;;) {
      const length = message[at]!;
      if (length >= 0xc0) at = u16(message, at) & 0x3fff;
      else {
        end = this.#copy(at, at + length + 1, into, end);
        at += length + 1;
        if (length === 0) return end;
      }
    }
  }

  #checkTexts(from: number, end: number): void {
    let at = from;
    while (at < end) at += 1 + this.message[at]!;
    if (at !== end || from === end) throw new Malformed('a text is cut off');
  }

  // Where a name that begins here ends here; what it points to lies elsewhere.
  #nameEnd(from: number): number {
    let at = from;
    for (;;) {
      const length = this.message[at];
      if (length === undefined) throw new Malformed('a name is cut off');
      if (length === 0) return at + 1;
      if (length >= 0xc0) return at + 2;
      if (length >= 0x40) throw new Malformed('a label of an unknown kind');
      at += length + 1;
    }
  }

  // A name, followed where it points. It has to be one that text can hold, so that two names are never taken for one.
  #nameAt(from: number): string {
    // By far the most common one: that of the question.
    if (this.message[from] === 0xc0 && this.message[from + 1] === HEADER) return this.question.name;
    return this.#name(from, from, 0).text;
  }

  // Pointers lead back only, so that none leads round in a circle; a name that many lead to is read once, for a message may
  // have thousands that go on at each other.
  #name(from: number, limit: number, jumps: number): WrittenName {
    const known = this.#names.get(from);
    if (known !== undefined) return known;
    const { message } = this;
    let labels = '';
    let rest: WrittenName | null = null;
    let total = 1;
    let at = from;
    for (;;) {
      const length = message[at];
      if (length === undefined) throw new Malformed('a name is cut off');
      if (length === 0) break;
      if (length >= 0xc0) {
        if (at + 1 >= message.length) throw new Malformed('a pointer is cut off');
        const to = message.readUInt16BE(at) & 0x3fff;
        if (to >= limit || to < HEADER || jumps >= MOST_JUMPS) throw new Malformed('a pointer that leads not back');
        rest = this.#name(to, to, jumps + 1);
        break;
      }
      total += length + 1;
      if (length >= 0x40 || at + 1 + length > message.length || total > LONGEST_NAME)
        throw new Malformed('a bad label');
      const label = this.#label(at + 1, at + 1 + length);
      labels = labels === '' ? label : `${labels}.${label}`;
      at += 1 + length;
    }
    const bytes = total - 1 + (rest === null ? 1 : rest.length);
    if (bytes > LONGEST_NAME) throw new Malformed('a name that is too long');
    const text = rest === null || rest.text === '' ? labels : labels === '' ? rest.text : `${labels}.${rest.text}`;
    const name = { text, length: bytes };
    this.#names.set(from, name);
    return name;
  }

  #label(at: number, end: number): string {
    const { message } = this;
    let isAscii = true;
    for (let place = at; place < end; place++) {
      const byte = message[place]!;
      if (byte < 0x20 || byte === 0x2e || byte === 0x5c || byte === 0x7f) throw new Malformed('a name of odd bytes');
      if (byte >= 0x80) isAscii = false;
    }
    if (isAscii) return message.toString('latin1', at, end);
    if (!isUtf8(message.subarray(at, end))) throw new Malformed('a name that is no text');
    return message.toString('utf8', at, end);
  }
}

/** Whether a name is another, or that lies below it. */
function isAtOrAbove(zone: string, name: string): boolean {
  return zone === '' || name === zone || name.endsWith(`.${zone}`);
}

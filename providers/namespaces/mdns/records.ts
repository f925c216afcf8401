// Records: what is announced, asked for and kept.
import { RecordType, wireFormat } from '../../../dns-records/index.js';
import { keyOf, DOT } from './names.js';

/** Seconds that records are good for which name a host, or lie in its name (RFC 6762, 10). */
export const HOST_TTL = 120;
/** Seconds that all other records are good for. */
export const OTHER_TTL = 4500;

/** A record of class IN. */
export interface MdnsRecord {
  readonly name: string;
  readonly type: number;
  /** The data, with names written out. */
  readonly data: Uint8Array;
  /** The name in the data; `null` when its type has none. */
  readonly target: string | null;
  /** In seconds; 0 takes the record back. */
  readonly ttl: number;
  /** Whether nobody else has records of this name and type: the cache-flush bit. */
  readonly isUnique: boolean;
  /** Equal for records that say the same, whatever their times. */
  readonly id: string;
}

/** The records of one name and type. */
export function setKey(name: string, type: number): string {
  return `${type} ${keyOf(name)}`;
}

/** Makes a record. */
export function makeRecord(
  name: string,
  type: number,
  data: Uint8Array,
  target: string | null,
  ttl: number,
  isUnique: boolean,
): MdnsRecord {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  // Names are the same in either case of letters.
  const what =
    target === null ? bytes.toString('latin1') : `${bytes.toString('latin1', 0, 6 * +(type === 33))}${keyOf(target)}`;
  return { name, type, data, target, ttl, isUnique, id: `${setKey(name, type)} ${what}` };
}

/** The address of a host: 4 or 16 bytes. */
export function addressRecord(name: string, bytes: Uint8Array): MdnsRecord {
  return makeRecord(name, bytes.length === 4 ? RecordType.A : RecordType.AAAA, bytes, null, HOST_TTL, true);
}

/** One of several things of a name: an instance of a type. */
export function pointerRecord(name: string, target: string, ttl: number): MdnsRecord {
  return makeRecord(name, RecordType.PTR, writtenName(target), target, ttl, false);
}

/** Where a service is. */
export function serviceRecord(name: string, port: number, target: string): MdnsRecord {
  const data = Buffer.concat([Uint8Array.of(0, 0, 0, 0, port >> 8, port & 0xff), writtenName(target)]);
  return makeRecord(name, RecordType.SRV, data, target, HOST_TTL, true);
}

/** What else is to be known of a service. */
export function textRecord(name: string, data: Uint8Array): MdnsRecord {
  return makeRecord(name, RecordType.TXT, data, null, OTHER_TTL, true);
}

/**
 * That a name has records of these types and no others (RFC 6762, 6.1).
 *
 * @param types below 256
 */
export function noOthersRecord(name: string, types: readonly number[]): MdnsRecord {
  const bits = new Uint8Array(Math.floor(Math.max(...types) / 8) + 1);
  for (const type of types) bits[type >> 3]! |= 0x80 >> (type & 7);
  const data = Buffer.concat([writtenName(name), Uint8Array.of(0, bits.length), bits]);
  return makeRecord(name, RecordType.NSEC, data, name, HOST_TTL, true);
}

/** Whether a record says that its name has none of a type. */
export function excludes(noOthers: MdnsRecord, type: number): boolean {
  const { data } = noOthers;
  let at = 0;
  while (at < data.length && data[at] !== 0) at += data[at]! + 1;
  at++;
  while (at + 2 <= data.length) {
    const [window, length] = [data[at]!, data[at + 1]!];
    if (window === type >> 8)
      return ((data[at + 2 + ((type & 0xff) >> 3)] ?? 0) & (0x80 >> (type & 7))) === 0 || (type & 0xff) >> 3 >= length;
    at += 2 + length;
  }
  return true;
}

/** The port of an SRV record. */
export function portOf({ data }: MdnsRecord): number {
  return (data[4]! << 8) | data[5]!;
}

/** The same record, good for another time. */
export function withTtl(record: MdnsRecord, ttl: number): MdnsRecord {
  return { ...record, ttl };
}

/** Compares what two records say, for claims of the same name at the same time: the greater wins (RFC 6762, 8.2). */
export function compareRecords(left: MdnsRecord, right: MdnsRecord): number {
  return left.type - right.type || Buffer.compare(left.data, right.data);
}

/** A name as it is sent. */
function writtenName(name: string): Buffer {
  const bytes = wireFormat().name.encode(name);
  putDots(bytes, 0);
  return bytes;
}

/**
 * Puts the dots into the labels of a name that was written.
 *
 * @returns where the name ends
 */
export function putDots(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] !== 0) {
    const end = at + 1 + bytes[at]!;
    for (at++; at < end; at++) if (bytes[at] === DOT.charCodeAt(0)) bytes[at] = 0x2e;
  }
  return at + 1;
}

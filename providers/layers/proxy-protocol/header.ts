// The headers of the PROXY protocol, versions 1 and 2: written and read.
import { formatIPv4, formatIPv6, parseIPv4, parseIPv6 } from '../../../spi/index.js';
import { crc32c } from './crc32c.js';

/** One end of the connection that a header is about. */
export interface ProxyEnd {
  /** The address in text form. */
  readonly address: string;
  /** The port, 0 to 65535. */
  readonly port: number;
}

/** One of the values that a header of version 2 has besides addresses. */
export interface ProxyValue {
  /** Its kind: PP2_TYPE_… of the specification, such as 1 (ALPN), 2 (authority), 5 (unique id), 0x20 (SSL). */
  readonly type: number;
  readonly value: Uint8Array;
}

/** What a header says. */
export interface ProxyHeader {
  readonly version: 1 | 2;
  /** `proxy`: for somebody else; `local`: for the proxy itself, as by a health check. */
  readonly command: 'proxy' | 'local';
  /** Which kind of addresses it has; `unspecified` for none that are known. */
  readonly family: 'IPv4' | 'IPv6' | 'unix' | 'unspecified';
  /** Where the connection came from; `null` where it does not say, or not by address and port. */
  readonly source: ProxyEnd | null;
  /** Where it went to. */
  readonly destination: ProxyEnd | null;
  /** The values of version 2, in their order. */
  readonly values: readonly ProxyValue[];
}

/** The longest header of version 1 (specification, 2.1). */
export const LONGEST_V1 = 107;
/** What a header of version 2 begins with. */
export const SIGNATURE = Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a);
/** How long a header of version 2 is without what its length counts. */
export const FIXED_V2 = 16;
/** The kinds of values that this file knows. */
export const ValueType = { AUTHORITY: 2, CRC32C: 3, NOOP: 4 } as const;

const LOCAL = 0x20;
const PROXY = 0x21;
const ADDRESS_LENGTHS: ReadonlyMap<number, number> = new Map([
  [1, 12],
  [2, 36],
  [3, 216],
]);
const LINE = /^PROXY (TCP4|TCP6) (\S+) (\S+) (0|[1-9]\d{0,4}) (0|[1-9]\d{0,4})$/;

/** What is wrong with a header, for people. */
export type HeaderFault = string;

/**
 * Reads a line of version 1, without its end.
 *
 * @returns what it says; a text that says what is wrong
 */
export function readV1(bytes: Uint8Array): ProxyHeader | HeaderFault {
  const line = Buffer.from(bytes).toString('latin1');
  const common = { version: 1, command: 'proxy', values: [] } as const;
  if (/^PROXY UNKNOWN(?: |$)/.test(line)) return { ...common, family: 'unspecified', source: null, destination: null };
  const parts = LINE.exec(line);
  if (parts === null) return 'a line of version 1 that is none';
  const [, kind, from, to, fromPort, toPort] = parts;
  const family = kind === 'TCP4' ? 'IPv4' : 'IPv6';
  const parse = family === 'IPv4' ? parseIPv4 : parseIPv6;
  const [source, destination] = [parse(from!), parse(to!)];
  if (source === null || destination === null) return `an address of version 1 that is not one of ${family}`;
  if (Number(fromPort) > 0xffff || Number(toPort) > 0xffff) return 'a port of version 1 above 65535';
  const format = family === 'IPv4' ? formatIPv4 : formatIPv6;
  return {
    ...common,
    family,
    source: { address: format(source), port: Number(fromPort) },
    destination: { address: format(destination), port: Number(toPort) },
  };
}

/**
 * Reads a whole header of version 2.
 *
 * @returns what it says; a text that says what is wrong
 */
export function readV2(given: Uint8Array): ProxyHeader | HeaderFault {
  // A copy, and no Buffer, whose `slice` would share its bytes.
  const bytes = new Uint8Array(given);
  const command = bytes[12]!;
  const fault = v2Fault(command, bytes[13]!);
  if (fault !== null) return fault;
  const common = { version: 2, command: command === LOCAL ? 'local' : 'proxy' } as const;
  const kind = bytes[13]! >> 4;
  const body = bytes.subarray(FIXED_V2);
  const length = ADDRESS_LENGTHS.get(kind) ?? 0;
  // What the proxy says of itself counts for nothing (specification, 2.2).
  if (command === LOCAL) return { ...common, family: 'unspecified', source: null, destination: null, values: [] };
  if (body.length < length) return 'addresses of version 2 that are cut off';
  const values = readValues(body.subarray(length));
  if (typeof values === 'string') return values;
  const sum = values.find(({ type }) => type === ValueType.CRC32C);
  if (sum !== undefined && !isRight(bytes, sum.value)) return 'a checksum that is wrong';
  return { ...common, ...readEnds(kind, body), values };
}

/** What is wrong with the beginning of a header of version 2; `null` for nothing. */
export function v2Fault(command: number, protocol: number): HeaderFault | null {
  if (command >> 4 !== 2) return `version ${command >> 4}, which there is not`;
  if (command !== LOCAL && command !== PROXY) return `command ${command & 15} of version 2, which there is not`;
  return protocol >> 4 > 3 || (protocol & 15) > 2 ? 'a protocol of version 2 that there is not' : null;
}

function readEnds(kind: number, body: Uint8Array): Pick<ProxyHeader, 'family' | 'source' | 'destination'> {
  if (kind === 3) return { family: 'unix', source: null, destination: null };
  if (kind === 0) return { family: 'unspecified', source: null, destination: null };
  const [size, format] = kind === 1 ? [4, formatIPv4] : [16, formatIPv6];
  const port = (at: number): number => (body[at]! << 8) | body[at + 1]!;
  return {
    family: kind === 1 ? 'IPv4' : 'IPv6',
    source: { address: format(body, 0), port: port(2 * size) },
    destination: { address: format(body, size), port: port(2 * size + 2) },
  };
}

function readValues(bytes: Uint8Array): ProxyValue[] | HeaderFault {
  const values: ProxyValue[] = [];
  for (let at = 0; at < bytes.length;) {
    if (bytes.length - at < 3) return 'a value of version 2 that is cut off';
    const type = bytes[at]!;
    const end = at + 3 + ((bytes[at + 1]! << 8) | bytes[at + 2]!);
    if (end > bytes.length) return 'a value of version 2 that is cut off';
    if (type !== ValueType.NOOP) values.push({ type, value: bytes.slice(at + 3, end) });
    at = end;
  }
  return values;
}

/** Whether the checksum of a whole header is this: over all of it, with zeros in place of the checksum. */
function isRight(header: Uint8Array, sum: Uint8Array): boolean {
  if (sum.length !== 4) return false;
  const at = placeOfSum(header);
  const copy = header.slice();
  copy.fill(0, at, at + 4);
  return new DataView(sum.buffer, sum.byteOffset).getUint32(0) === crc32c(copy);
}

function placeOfSum(header: Uint8Array): number {
  const kind = header[13]! >> 4;
  let at = FIXED_V2 + (ADDRESS_LENGTHS.get(kind) ?? 0);
  while (header[at] !== ValueType.CRC32C) at += 3 + ((header[at + 1]! << 8) | header[at + 2]!);
  return at + 3;
}

/** Writes a line of version 1. Ends of different families, or none, are UNKNOWN. */
export function writeV1(source: ProxyEnd | null, destination: ProxyEnd | null): Uint8Array {
  const kind = familyOf(source, destination);
  if (kind === null) return Buffer.from('PROXY UNKNOWN\r\n');
  const { address: from, port: fromPort } = source!;
  const { address: to, port: toPort } = destination!;
  const [name, text] = kind === 'IPv4' ? ['TCP4', unmapped] : ['TCP6', withoutScope];
  return Buffer.from(`PROXY ${name} ${text(from)} ${text(to)} ${fromPort} ${toPort}\r\n`);
}

/**
 * Writes a header of version 2. Ends of different families are unspecified; none make it LOCAL.
 *
 * @param withSum whether it ends with a checksum
 */
export function writeV2(
  source: ProxyEnd | null,
  destination: ProxyEnd | null,
  values: readonly ProxyValue[],
  withSum: boolean,
): Uint8Array {
  const isLocal = source === null || destination === null;
  const kind = familyOf(source, destination);
  const parts: Uint8Array[] = [];
  if (kind !== null) {
    const [text, parse] = kind === 'IPv4' ? [unmapped, parseIPv4] : [withoutScope, parseIPv6];
    parts.push(parse(text(source!.address))!, parse(text(destination!.address))!);
    parts.push(Uint8Array.of(source!.port >> 8, source!.port & 255, destination!.port >> 8, destination!.port & 255));
  }
  for (const { type, value } of values) parts.push(Uint8Array.of(type, value.length >> 8, value.length & 255), value);
  if (withSum) parts.push(Uint8Array.of(ValueType.CRC32C, 0, 4, 0, 0, 0, 0));
  const body = Buffer.concat(parts);
  const protocol = kind === 'IPv4' ? 0x11 : kind === 'IPv6' ? 0x21 : 0;
  const fixed = Uint8Array.of(isLocal ? LOCAL : PROXY, protocol, body.length >> 8, body.length & 255);
  const header = Buffer.concat([SIGNATURE, fixed, body]);
  if (withSum) header.writeUInt32BE(crc32c(header), header.length - 4);
  return header;
}

function familyOf(source: ProxyEnd | null, destination: ProxyEnd | null): 'IPv4' | 'IPv6' | null {
  if (source === null || destination === null) return null;
  const ends = [source.address, destination.address];
  if (ends.every((address) => parseIPv4(unmapped(address)) !== null)) return 'IPv4';
  return ends.every((address) => parseIPv6(withoutScope(address)) !== null) ? 'IPv6' : null;
}

function unmapped(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}

function withoutScope(address: string): string {
  return address.split('%', 1)[0]!;
}

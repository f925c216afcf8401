// Which addresses a question wants, and with which transport protocol and port.
import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  IPPROTO_TCP,
  IPPROTO_UDP,
  parseIPv4,
  parseIPv6,
  RR_FROM_SVCID,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOCKADDR_IN,
  SOCKADDR_IN6,
  SVCID_DNS_TYPE_A,
  SVCID_DNS_TYPE_AAAA,
  type CSADDR_INFO,
  type SOCKET_ADDRESS,
} from '../spi/index.js';
import { familyOf } from '../spi/socket-names.js';
import { areAllDistinct } from './all-distinct.js';
import type { Question } from './question.js';

/** A socket type and the protocol that goes with it. */
export interface Transport {
  readonly socketType: number;
  readonly protocol: number;
}

/** An address to reach something by, with the kind of socket for it. */
export interface NameSpaceAddress extends Transport {
  /** A SOCKADDR: `sockaddr_in('10.0.0.1', 80)`. */
  readonly address: Uint8Array;
  /** The address for `bind` at the other end of a connection; the wildcard if absent. */
  readonly local?: Uint8Array;
}

const TCP: Transport = { socketType: SOCK_STREAM, protocol: IPPROTO_TCP };
const UDP: Transport = { socketType: SOCK_DGRAM, protocol: IPPROTO_UDP };
const BOTH: readonly Transport[] = [TCP, UDP];

/** The transport of a protocol; `null` for others than TCP and UDP. */
export function transportOf(protocol: number): Transport | null {
  return protocol === IPPROTO_TCP ? TCP : protocol === IPPROTO_UDP ? UDP : null;
}

/** Where a question wants what has no port and no transport of its own. */
export interface TransportPort {
  /** `null` for any. */
  readonly transport: Transport | null;
  /** In host order; 0 for none. */
  readonly port: number;
}

/** An address without a port: its family, and 4 or 16 bytes in network order. */
export interface HostAddress {
  /** AF_INET or AF_INET6. */
  readonly family: number;
  readonly bytes: Uint8Array;
}

/** Reads an address in text, a zone after it left out; `null` when it is none. */
export function parseAddress(text: string): HostAddress | null {
  // Names are much more common: an address of IPv4 begins with a digit, one of IPv6 has a colon.
  const first = text.charCodeAt(0);
  if (!(first >= 0x30 && first <= 0x39) && !text.includes(':')) return null;
  const four = parseIPv4(text);
  if (four !== null) return { family: AF_INET, bytes: four };
  const six = parseIPv6(text.replace(/%.*/s, ''));
  return six === null ? null : { family: AF_INET6, bytes: six };
}

/** Families have numbers below this one. */
const AF_LIMIT = 64;
/** Bytes of an address of IPv4 without family and port, which authors take for a SOCKADDR. */
const BARE_ADDRESS = 4;

/** Whether bytes are a SOCKADDR: one of IPv4 or IPv6 with all its members, or one of another family. */
export function isSockaddr(value: unknown): value is Uint8Array {
  if (!(value instanceof Uint8Array) || value.length < 2 || value.length > 128) return false;
  const family = familyOf(value);
  if (family === AF_INET) return value.length >= SOCKADDR_IN.size;
  if (family === AF_INET6) return value.length >= SOCKADDR_IN6.size;
  return family !== AF_UNSPEC && family < AF_LIMIT && value.length !== BARE_ADDRESS;
}

/**
 * The addresses of an item that a question wants.
 *
 * @param addresses bare SOCKADDRs get the question's port, if they have none, and its transports: TCP alone, unless the
 *   question lists its protocols; others stay as they are
 * @param place where the question wants them
 */
export function wantedAddresses(
  addresses: readonly (Uint8Array | NameSpaceAddress)[],
  question: Question,
  place: TransportPort,
): NameSpaceAddress[] {
  const only = question.kind === 'record' ? recordFamily(question.recordType) : AF_UNSPEC;
  const found: NameSpaceAddress[] = [];
  for (const each of addresses) {
    const isBare = each instanceof Uint8Array;
    const family = familyOf(isBare ? each : each.address);
    if (only !== AF_UNSPEC && family !== only) continue;
    if (isBare) addBare(found, withPort(each, place.port), family, question, place.transport);
    else if (question.wants(family, each.protocol)) found.push(each);
  }
  return found;
}

/**
 * The addresses of an item that a question wants, as SOCKADDRs, each once, by whatever transports they are reached.
 *
 * @param place where the question wants those that say no port
 */
export function wantedSockaddrs(
  addresses: readonly (Uint8Array | NameSpaceAddress)[],
  question: Question,
  place: TransportPort,
): Uint8Array[] {
  return distinctAddresses(someWanted(addresses, 0, addresses.length, question, place));
}

/** As `wantedSockaddrs`, but of some of the addresses, from one place to before another; and there may be one twice. */
export function someWanted(
  addresses: readonly (Uint8Array | NameSpaceAddress)[],
  from: number,
  to: number,
  question: Question,
  place: TransportPort,
): Uint8Array[] {
  const only = question.kind === 'record' ? recordFamily(question.recordType) : AF_UNSPEC;
  // Of as many as there are nearly always: an array that grows has room for seventeen.
  let found: Uint8Array[] = [];
  for (let at = from; at < to; at++) {
    const each = addresses[at]!;
    const isBare = each instanceof Uint8Array;
    const address = isBare ? each : each.address;
    const family = familyOf(address);
    if (only !== AF_UNSPEC && family !== only) continue;
    const isWanted = isBare ? isWantedBare(family, question, place.transport) : question.wants(family, each.protocol);
    if (!isWanted) continue;
    const wanted = isBare ? withPort(address, place.port) : address;
    if (found.length === 0) found = [wanted];
    else found.push(wanted);
  }
  return found;
}

function isWantedBare(family: number, question: Question, transport: Transport | null): boolean {
  for (const open of BOTH) {
    if ((transport === null || open === transport) && question.wants(family, open.protocol)) return true;
  }
  return false;
}

/** SOCKADDRs, each once; the same array where that is so. There may be very many. */
export function distinctAddresses(addresses: Uint8Array[]): Uint8Array[] {
  if (addresses.length < 2 || areAllDistinct(addresses, 0, Infinity)) return addresses;
  const seen = new Set<string>();
  return addresses.filter((address) => isNew(seen, latin1(address)));
}

/**
 * The addresses of one family among SOCKADDRs, each once, as parts of these. There may be very many.
 *
 * @param family AF_INET or AF_INET6
 */
export function hostAddresses(addresses: readonly Uint8Array[], family: number): Uint8Array[] {
  const [start, end] = family === AF_INET ? [4, 8] : [8, 24];
  const fitting = addresses.every((each) => familyOf(each) === family)
    ? addresses
    : addresses.filter((each) => familyOf(each) === family);
  const found = fitting.map((each) => each.subarray(start, end));
  if (areAllDistinct(fitting, start, end)) return found;
  const seen = new Set<string>();
  return found.filter((each) => isNew(seen, latin1(each)));
}

function isNew<T>(seen: Set<T>, value: T): boolean {
  const before = seen.size;
  return seen.add(value).size > before;
}

function latin1({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString('latin1');
}

// By each of the transports that the question lists, or else by the first that it wants.
function addBare(
  found: NameSpaceAddress[],
  address: Uint8Array,
  family: number,
  question: Question,
  transport: Transport | null,
): void {
  let first: Transport | null = null;
  let isListed = false;
  for (const open of BOTH) {
    if ((transport !== null && open !== transport) || !question.wants(family, open.protocol)) continue;
    first ??= open;
    if (!question.lists(open.protocol)) continue;
    isListed = true;
    found.push({ address, socketType: open.socketType, protocol: open.protocol });
  }
  if (first !== null && !isListed) {
    found.push({ address, socketType: first.socketType, protocol: first.protocol });
  }
}

// The family of address records, AF_UNSPEC for both: a record that is not an address may come with those of whom it names.
function recordFamily(type: number): number {
  if (type === RR_FROM_SVCID(SVCID_DNS_TYPE_A)) return AF_INET;
  return type === RR_FROM_SVCID(SVCID_DNS_TYPE_AAAA) ? AF_INET6 : AF_UNSPEC;
}

function withPort(address: Uint8Array, port: number): Uint8Array {
  const family = familyOf(address);
  if (port === 0 || (family !== AF_INET && family !== AF_INET6) || address[2] !== 0 || address[3] !== 0) return address;
  const copy = address.slice();
  copy[2] = port >> 8;
  copy[3] = port & 0xff;
  return copy;
}

/**
 * Makes the C form of an address.
 *
 * @param forService whether the address is for bind, not for connect; the other part is the wildcard
 */
export function csaddrInfo(
  { address, local, socketType, protocol }: NameSpaceAddress,
  forService: boolean,
): CSADDR_INFO {
  const prime = socketAddress(address);
  const other = socketAddress(local ?? wildcard(address));
  return {
    LocalAddr: forService ? prime : other,
    RemoteAddr: forService ? other : prime,
    iSocketType: socketType,
    iProtocol: protocol,
  };
}

function socketAddress(bytes: Uint8Array | null): SOCKET_ADDRESS {
  return bytes === null
    ? { lpSockaddr: null, iSockaddrLength: 0 }
    : { lpSockaddr: bytes.slice(), iSockaddrLength: bytes.length };
}

function wildcard(address: Uint8Array): Uint8Array | null {
  const family = familyOf(address);
  if (family !== AF_INET && family !== AF_INET6) return null;
  const bytes = new Uint8Array(family === AF_INET ? SOCKADDR_IN.size : SOCKADDR_IN6.size);
  bytes[0] = family;
  return bytes;
}

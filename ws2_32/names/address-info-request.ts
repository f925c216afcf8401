// What getaddrinfo and its like are asked: arguments, numeric addresses and services.
import { isNull, isStructure } from '../../spi/arguments.js';
import { domainToASCII } from 'node:url';
import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  AI_ALL,
  AI_CANONNAME,
  AI_DISABLE_IDN_ENCODING,
  AI_FQDN,
  AI_NUMERICHOST,
  AI_NUMERICSERV,
  AI_V4MAPPED,
  formatIPv4,
  formatIPv6,
  IPPROTO_TCP,
  IPPROTO_UDP,
  parseIPv6,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  sockaddr_in,
  sockaddr_in6,
  WSAEAFNOSUPPORT,
  WSAEFAULT,
  WSAEINVAL,
  WSAESOCKTNOSUPPORT,
  WSAHOST_NOT_FOUND,
  WSANO_RECOVERY,
  WSATYPE_NOT_FOUND,
} from '../../spi/index.js';

/** What is asked, checked. */
export interface AddressInfoRequest {
  /** The host's name in ASCII; empty for the machine itself, `null` for none. */
  readonly node: string | null;
  /** The node as it was given. */
  readonly givenNode: string | null;
  /** The address that the node is, if it is one. */
  readonly literal: AddressLiteral | null;
  /** The port, or the service's name. */
  readonly service: number | string;
  readonly flags: number;
  readonly family: number;
  readonly socketType: number;
  readonly protocol: number;
}

/** An address in text. */
export interface AddressLiteral {
  /** A sockaddr without port. */
  readonly address: Uint8Array;
  /** Whether it is one to the letter, as AI_NUMERICHOST wants it. */
  readonly strict: boolean;
}

const NUMBER = /^(0[xX][\da-fA-F]+|\d+)$/;
const WHOLE = 0xffffffff;

/**
 * Checks the arguments of getaddrinfo.
 *
 * @returns what is asked; WSAEFAULT (bad pointers), WSAHOST_NOT_FOUND (neither node nor service, or no address though
 *   AI_NUMERICHOST is set), WSAEAFNOSUPPORT, WSAESOCKTNOSUPPORT, WSAEINVAL (AI_CANONNAME without a node),
 *   WSANO_RECOVERY (hints beyond flags, family, type and protocol), WSATYPE_NOT_FOUND (no number though AI_NUMERICSERV
 *   is set)
 */
export function readRequest(node: unknown, service: unknown, hints: unknown): AddressInfoRequest | number {
  if (!isText(node) || !isText(service) || !(isNull(hints) || isStructure(hints))) return WSAEFAULT;
  const {
    ai_flags: flags = 0,
    ai_family: family = AF_UNSPEC,
    ai_socktype: socketType = 0,
    ai_protocol: protocol = 0,
  } = (hints ?? NO_HINTS) as Record<string, unknown>;
  if (typeof flags !== 'number' || typeof family !== 'number') return WSAEFAULT;
  if (typeof socketType !== 'number' || typeof protocol !== 'number') return WSAEFAULT;
  if (!isNull(hints) && hasOthers(hints)) return WSANO_RECOVERY;
  if (family !== AF_UNSPEC && family !== AF_INET && family !== AF_INET6) return WSAEAFNOSUPPORT;
  if (!(socketType >>> 0 === socketType && socketType <= SOCK_SEQPACKET)) return WSAESOCKTNOSUPPORT;
  if (isNull(node) && isNull(service)) return WSAHOST_NOT_FOUND;
  if (isNull(node) && (flags & (AI_CANONNAME | AI_FQDN)) !== 0) return WSAEINVAL;

  const place = readService(service ?? '', flags);
  if (place === null) return WSATYPE_NOT_FOUND;
  const literal = isNull(node) ? null : readLiteral(node);
  if ((flags & AI_NUMERICHOST) !== 0 && !isNull(node) && literal?.strict !== true) return WSAHOST_NOT_FOUND;
  const name = isNull(node) ? null : nameOf(node, flags);
  if (name === '' && node !== '') return WSAHOST_NOT_FOUND;
  return {
    node: name,
    givenNode: node ?? null,
    literal,
    service: place,
    flags,
    family,
    socketType,
    protocol,
  };
}

/** The families that are asked for. */
export function wantedFamilies({ family, flags }: AddressInfoRequest): readonly number[] {
  if (family === AF_UNSPEC || (family === AF_INET6 && (flags & AI_V4MAPPED) !== 0)) return BOTH;
  return family === AF_INET6 ? SIX : FOUR;
}

const BOTH: readonly number[] = [AF_INET6, AF_INET];
const FOUR: readonly number[] = [AF_INET];
const SIX: readonly number[] = [AF_INET6];
const NO_HINTS = {};
const HINTS = new Set(['ai_flags', 'ai_family', 'ai_socktype', 'ai_protocol']);

// Whether members of an addrinfo are set that are no hints.
function hasOthers(hints: Record<string, unknown>): boolean {
  for (const name in hints) {
    if (HINTS.has(name) || !name.startsWith('ai_') || !Object.hasOwn(hints, name)) continue;
    if (Boolean(hints[name])) return true;
  }
  return false;
}

/**
 * The addresses that are wanted of those that were found.
 *
 * @param addresses sockaddrs of the families asked for
 */
export function wanted({ family, flags }: AddressInfoRequest, addresses: readonly Uint8Array[]): readonly Uint8Array[] {
  if (family === AF_UNSPEC || (family === AF_INET && addresses.every((address) => address[0] === family)))
    return addresses;
  const exact = addresses.filter((address) => address[0] === family);
  if (family !== AF_INET6 || (flags & AI_V4MAPPED) === 0) return exact;
  if (exact.length > 0 && (flags & AI_ALL) === 0) return exact;
  const mapped = addresses.filter((address) => address[0] === AF_INET).map(mappedAddress);
  return [...exact, ...mapped];
}

function mappedAddress(address: Uint8Array): Uint8Array {
  return sockaddr_in6(`::ffff:${formatIPv4(address, 4)}`, 0);
}

/** The protocols that a service's name is looked for with, as services files call them. */
export function transportsOf({ socketType, protocol }: AddressInfoRequest): readonly string[] {
  const stream = socketType === SOCK_STREAM || (socketType === 0 && protocol === IPPROTO_TCP);
  const datagrams = socketType === SOCK_DGRAM || (socketType === 0 && protocol === IPPROTO_UDP);
  if (stream) return ['tcp'];
  if (datagrams) return ['udp'];
  return socketType === 0 && protocol === 0 ? ['tcp', 'udp'] : [];
}

function isText(value: unknown): value is string | null | undefined {
  return isNull(value) || typeof value === 'string';
}

// A port as C's strtoul reads it, modulo 65536; else the service's name; null when it may not be a name.
function readService(service: string, flags: number): number | string | null {
  if (service === '') return 0;
  if (!/^\s*[+-]?\d+$/.test(service)) return (flags & AI_NUMERICSERV) !== 0 ? null : service;
  const text = service.trim();
  const value = Math.min(Math.abs(Number(text)), WHOLE);
  return (text.startsWith('-') ? -value : value) & 0xffff;
}

// The name to be asked for; empty when there can be none of it.
function nameOf(node: string, flags: number): string {
  if (/^[\0-\x7f]*$/.test(node) || (flags & AI_DISABLE_IDN_ENCODING) !== 0) return node;
  return domainToASCII(node);
}

function readLiteral(node: string): AddressLiteral | null {
  // Names are much more common: an address of IPv4 begins with a digit, one of IPv6 has a colon.
  const first = node.charCodeAt(0);
  if (!(first >= 0x30 && first <= 0x39) && !node.includes(':')) return null;
  const trimmed = node.trimEnd();
  const address = readIPv4(trimmed) ?? readIPv6(trimmed);
  return address === null ? null : { address, strict: trimmed === node };
}

// Four parts, each decimal, octal or hexadecimal.
function readIPv4(text: string): Uint8Array | null {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => NUMBER.test(part))) return null;
  const values = parts.map((part) => (/^0\d/.test(part) ? Number.parseInt(part, 8) : Number(part)));
  if (parts.some((part) => /^0\d*[89]/.test(part)) || values.some((value) => value > 255)) return null;
  return sockaddr_in(values.join('.'), 0);
}

// Brackets may be around it, and a port behind them, which does not matter; a scope is a number.
function readIPv6(text: string): Uint8Array | null {
  const inner = text.startsWith('[') ? /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] : text;
  const parts = /^([^%]*)(?:%(\d{1,10}))?$/.exec(inner ?? '');
  const bytes = parseIPv6(parts?.[1] ?? '');
  if (bytes === null || inner === undefined) return null;
  const scope = Number(parts?.[2] ?? 0);
  return scope > WHOLE ? null : sockaddr_in6(formatIPv6(bytes), 0, 0, scope);
}

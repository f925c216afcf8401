// Addresses inside the network, and their two faces: Windows' binary sockaddr, and text.
import type { AddressSlot, Stack } from '../../../io/index.js';
import { AF_INET, AF_INET6, parseIPv4, parseIPv6 } from '../../../spi/index.js';

/** Bytes of a `sockaddr_in`. */
const SOCKADDR_IN_SIZE = 16;
/** Bytes of a `sockaddr_in6`. */
const SOCKADDR_IN6_SIZE = 28;

/** The IPv4 wildcard address, as {@link Endpoint.host} has it. */
const ANY_4 = '00000000';
/** The IPv6 wildcard address. */
const ANY_6 = '00000000000000000000000000000000';
/** The IPv4 loopback address that outgoing traffic uses. */
export const LOOPBACK_4 = '7f000001';
/** The IPv6 loopback address. */
export const LOOPBACK_6 = '00000000000000000000000000000001';
/** The limited broadcast address. */
export const BROADCAST_4 = 'ffffffff';

/** The index of the network's one interface, which is the scope of its link-local addresses. */
export const ONLY_INTERFACE = 1;

const MAPPED_PREFIX = '00000000000000000000ffff';

/** An address and a port, the way the network compares them. Never changed once made. */
export interface Endpoint {
  readonly stack: Stack;
  /** The address in hexadecimal: 8 digits for stack 4, 32 for stack 6. */
  readonly host: string;
  readonly port: number;
  /** The scope id of an IPv6 address; only carried along. */
  readonly scope: number;
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function hex(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at++) text += HEX[bytes[at]!]!;
  return text;
}

/**
 * Reads a socket address.
 *
 * @param name a `sockaddr_in` or `sockaddr_in6` whose family and length have been checked
 * @returns the endpoint; an IPv4-mapped IPv6 address becomes one of stack 4
 */
export function parseEndpoint(name: Uint8Array): Endpoint {
  const port = (name[2]! << 8) | name[3]!;
  if (name[0] === AF_INET) return { stack: 4, host: hex(name, 4, 8), port, scope: 0 };
  const host = hex(name, 8, 24);
  if (host.startsWith(MAPPED_PREFIX)) return { stack: 4, host: host.slice(24), port, scope: 0 };
  const scope = (name[24]! | (name[25]! << 8) | (name[26]! << 16) | (name[27]! << 24)) >>> 0;
  return { stack: 6, host, port, scope };
}

/**
 * Writes a socket address.
 *
 * @param endpoint what to write
 * @param family AF_INET or AF_INET6; the latter shows an endpoint of stack 4 as IPv4-mapped
 * @param slot receives the bytes and their number
 */
export function formatEndpoint(endpoint: Endpoint, family: number, slot: AddressSlot): void {
  const { bytes } = slot;
  const size = family === AF_INET ? SOCKADDR_IN_SIZE : SOCKADDR_IN6_SIZE;
  bytes.fill(0, 0, size);
  bytes[0] = family;
  bytes[2] = endpoint.port >>> 8;
  bytes[3] = endpoint.port & 0xff;
  const mapped = family === AF_INET6 && endpoint.stack === 4;
  const host = mapped ? MAPPED_PREFIX + endpoint.host : endpoint.host;
  const start = family === AF_INET ? 4 : 8;
  for (let digit = 0; digit < host.length; digit += 2) {
    bytes[start + (digit >> 1)] = Number.parseInt(host.slice(digit, digit + 2), 16);
  }
  if (family === AF_INET6) for (let byte = 0; byte < 4; byte++) bytes[24 + byte] = endpoint.scope >>> (8 * byte);
  slot.length = size;
}

/** Whether an endpoint's address is the wildcard of its stack. */
export function isAny(endpoint: Endpoint): boolean {
  return endpoint.host === (endpoint.stack === 4 ? ANY_4 : ANY_6);
}

/** Whether an endpoint's address is a multicast group. */
export function isMulticast(endpoint: Endpoint): boolean {
  return endpoint.stack === 4 ? endpoint.host[0] === 'e' : endpoint.host.startsWith('ff');
}

/** Whether two endpoints are the same address and port. */
export function sameEndpoint(left: Endpoint, right: Endpoint): boolean {
  return left.port === right.port && left.host === right.host;
}

/**
 * Reads an address in text.
 *
 * @param text such as `10.0.0.1` or `fd00::1`
 * @returns the address as {@link Endpoint.host} has it, or `null` when it is neither IPv4 nor IPv6
 */
export function parseHost(text: string): string | null {
  const bytes = parseIPv4(text) ?? parseIPv6(text);
  return bytes === null ? null : hex(bytes, 0, bytes.length);
}

/** The wildcard endpoint of a family with no port yet. @internal */
export function anyEndpoint(stack: 4 | 6): Endpoint {
  return { stack, host: stack === 4 ? ANY_4 : ANY_6, port: 0, scope: 0 };
}

// Socket addresses. The family is little-endian, port and address are in network order in memory; in the objects a port
// is its plain number and an address its text.
import { formatIPv4, formatIPv6, parseIPv4, parseIPv6 } from '../address-text.js';
import { AF_INET, AF_INET6, AF_UNIX } from '../constants/sockets.js';
import { structure, type FieldType, type TableCodec } from './codec.js';
import { byteArray, u16, u16network, u32, u32network } from './fields.js';

// ---- Addresses inside structures ----

/** An IPv4 address stored inside a structure, as text. */
export const in_addr: FieldType<string> = {
  size: 4,
  read: (input, at) => formatIPv4(input.bytes, at),
  write: (output, at, value) => output.bytes.set(ipv4Bytes(value), at),
};

/** An IPv6 address stored inside a structure, as text. */
export const in6_addr: FieldType<string> = {
  size: 16,
  read: (input, at) => formatIPv6(input.bytes, at),
  write: (output, at, value) => output.bytes.set(ipv6Bytes(value), at),
};

function ipv4Bytes(text: string): Uint8Array {
  const bytes = parseIPv4(text);
  if (bytes === null) throw new RangeError(`Not an IPv4 address: ${text}`);
  return bytes;
}

function ipv6Bytes(text: string): Uint8Array {
  const bytes = parseIPv6(text);
  if (bytes === null) throw new RangeError(`Not an IPv6 address: ${text}`);
  return bytes;
}

// ---- Structures ----

/** An address of any family. */
export interface SOCKADDR {
  sa_family: number;
  sa_data: Uint8Array;
}

/** Codec of SOCKADDR (16 bytes). */
export const SOCKADDR: TableCodec<SOCKADDR> = structure<SOCKADDR>('SOCKADDR', 16, [
  ['sa_family', 0, u16],
  ['sa_data', 2, byteArray(14)],
]);

/** Room for an address of any family. */
export interface SOCKADDR_STORAGE {
  ss_family: number;
  ss_data: Uint8Array;
}

/** Codec of SOCKADDR_STORAGE (128 bytes). */
export const SOCKADDR_STORAGE: TableCodec<SOCKADDR_STORAGE> = structure<SOCKADDR_STORAGE>('SOCKADDR_STORAGE', 128, [
  ['ss_family', 0, u16],
  ['ss_data', 2, byteArray(126)],
]);

/** An IPv4 address with port. */
export interface SOCKADDR_IN {
  sin_family: number;
  /** In host byte order, 0 to 65535: the codec swaps it. In the bytes, as in C, it is in network order. */
  sin_port: number;
  sin_addr: string;
}

/** Codec of SOCKADDR_IN (16 bytes). */
export const SOCKADDR_IN: TableCodec<SOCKADDR_IN> = structure<SOCKADDR_IN>('SOCKADDR_IN', 16, [
  ['sin_family', 0, u16],
  ['sin_port', 2, u16network],
  ['sin_addr', 4, in_addr],
]);

/** An IPv6 address with port and scope. */
export interface SOCKADDR_IN6 {
  sin6_family: number;
  /** In host byte order, 0 to 65535: the codec swaps it. In the bytes, as in C, it is in network order. */
  sin6_port: number;
  sin6_flowinfo: number;
  sin6_addr: string;
  sin6_scope_id: number;
}

/** Codec of SOCKADDR_IN6 (28 bytes). */
export const SOCKADDR_IN6: TableCodec<SOCKADDR_IN6> = structure<SOCKADDR_IN6>('SOCKADDR_IN6', 28, [
  ['sin6_family', 0, u16],
  ['sin6_port', 2, u16network],
  ['sin6_flowinfo', 4, u32network],
  ['sin6_addr', 8, in6_addr],
  ['sin6_scope_id', 24, u32],
]);

// ---- Helpers ----

/** What a socket address says. */
export interface ParsedSockaddr {
  family: number;
  /** Text; the path of a local socket; empty for families that are not known here. */
  address: string;
  /** In host byte order; 0 for families that have none. */
  port: number;
  flowinfo?: number;
  scope_id?: number;
}

/**
 * Makes the binary form of an IPv4 address with port.
 *
 * @param address such as `127.0.0.1`
 * @param port 0 to 65535, in host byte order: as it is written, not by `htons`
 * @throws RangeError when the text is no such address, or the port out of its range
 */
export function sockaddr_in(address: string, port: number): Uint8Array {
  return SOCKADDR_IN.encode({ sin_family: AF_INET, sin_port: validPort(port), sin_addr: address });
}

/**
 * Makes the binary form of an IPv6 address with port.
 *
 * @param address such as `::1`
 * @param port 0 to 65535, in host byte order: as it is written, not by `htons`
 * @param flow flow label, in host byte order
 * @param scope index of the interface that a link-local address belongs to
 * @throws RangeError when the text is no such address, or the port out of its range
 */
export function sockaddr_in6(address: string, port: number, flow = 0, scope = 0): Uint8Array {
  return SOCKADDR_IN6.encode({
    sin6_family: AF_INET6,
    sin6_port: validPort(port),
    sin6_flowinfo: flow,
    sin6_addr: address,
    sin6_scope_id: scope,
  });
}

function validPort(port: number): number {
  if (!Number.isInteger(port) || port < 0 || port > 0xffff) throw new RangeError(`Not a port: ${port}`);
  return port;
}

/** Reads a socket address in its binary form; throws a RangeError when there are too few bytes for its family. */
export function parseSockaddr(bytes: Uint8Array, length = bytes.length): ParsedSockaddr {
  const name = bytes.subarray(0, length);
  if (name.length < 2) throw new RangeError(`A sockaddr needs 2 bytes, but the buffer has ${name.length}`);
  const family = (name[0] ?? 0) | ((name[1] ?? 0) << 8);
  if (family === AF_INET) {
    const { sin_addr, sin_port } = SOCKADDR_IN.decode(name);
    return { family, address: sin_addr, port: sin_port };
  }
  if (family === AF_INET6) {
    const { sin6_addr, sin6_port, sin6_flowinfo, sin6_scope_id } = SOCKADDR_IN6.decode(withScope(name));
    return { family, address: sin6_addr, port: sin6_port, flowinfo: sin6_flowinfo, scope_id: sin6_scope_id };
  }
  return { family, address: family === AF_UNIX ? pathOf(name.subarray(2)) : '', port: 0 };
}

// INTERFACE_INFO holds IPv6 addresses of the older, shorter form without scope.
function withScope(name: Uint8Array): Uint8Array {
  if (name.length !== 24) return name;
  const padded = new Uint8Array(SOCKADDR_IN6.size);
  padded.set(name);
  return padded;
}

function pathOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

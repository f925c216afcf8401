// How requests and replies spell addresses.
import { domainToASCII } from 'node:url';
import { formatIPv4, formatIPv6, parseIPv4, parseIPv6 } from '../../../spi/index.js';
import type { ConnectionName, Destination } from '../../../chain/index.js';

/** The kinds of addresses of SOCKS 5. */
export const AddressKind = { IPV4: 1, NAME: 3, IPV6: 4 } as const;

/** The longest name that a request has room for. */
const LONGEST_NAME = 255;

/** Where a request asks to go. */
export interface RequestedHost {
  /** One of `AddressKind`. */
  readonly kind: number;
  /** The address, or the name. */
  readonly bytes: Uint8Array;
}

/**
 * How a request spells a destination.
 *
 * @param byName whether its name is used, where it has one
 * @returns `null` for a name that no request has room for, or that is none
 */
export function requestedHost(
  { name, address }: Pick<Destination, 'name' | 'address'>,
  byName: boolean,
): RequestedHost | null {
  if (byName && name !== null) {
    const ascii = /^[\x21-\x7e]+$/.test(name) ? name : domainToASCII(name);
    if (ascii === '' || ascii.length > LONGEST_NAME) return null;
    return { kind: AddressKind.NAME, bytes: Buffer.from(ascii, 'latin1') };
  }
  const four = parseIPv4(address.replace(/^::ffff:(?=\d+\.)/i, ''));
  if (four !== null) return { kind: AddressKind.IPV4, bytes: four };
  const six = parseIPv6(address);
  return six === null ? null : { kind: AddressKind.IPV6, bytes: six };
}

/** Writes an address as SOCKS 5 has it: its kind, itself (a name behind its length), and the port. */
export function writeAddress({ kind, bytes }: RequestedHost, port: number): Uint8Array {
  const prefix = kind === AddressKind.NAME ? [kind, bytes.length] : [kind];
  return Uint8Array.of(...prefix, ...bytes, port >>> 8, port & 0xff);
}

/**
 * How long an address of SOCKS 5 is, with its kind and its port.
 *
 * @param kind its first byte
 * @param next its second one
 * @returns 0 for a kind that there is not
 */
export function addressLength(kind: number, next: number): number {
  if (kind === AddressKind.IPV4) return 7;
  if (kind === AddressKind.IPV6) return 19;
  return kind === AddressKind.NAME ? 4 + next : 0;
}

/** An address that was read. */
export interface ReadAddress extends Pick<ConnectionName, 'address' | 'port'> {
  readonly kind: number;
  /** How many bytes it is long. */
  readonly length: number;
}

/**
 * Reads an address of SOCKS 5.
 *
 * @returns `null` when it is not whole, or of a kind that there is not
 */
export function readAddress(bytes: Uint8Array, at: number): ReadAddress | null {
  if (bytes.length < at + 2) return null;
  const kind = bytes[at]!;
  const length = addressLength(kind, bytes[at + 1]!);
  if (length === 0 || bytes.length < at + length) return null;
  const port = (bytes[at + length - 2]! << 8) | bytes[at + length - 1]!;
  const body = bytes.subarray(at + 1, at + length - 2);
  const address =
    kind === AddressKind.IPV4
      ? formatIPv4(body)
      : kind === AddressKind.IPV6
        ? formatIPv6(body)
        : Buffer.from(body.subarray(1)).toString('latin1');
  return { kind, address, port, length };
}

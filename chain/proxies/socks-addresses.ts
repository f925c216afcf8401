// How requests and replies of SOCKS 5 spell addresses.
import { formatIPv4, formatIPv6 } from '../../spi/index.js';
import type { ConnectionName } from '../filters/index.js';
import type { RequestedHost } from './requested-host.js';

/** The kinds of addresses of SOCKS 5. */
const AddressKind = { IPv4: 1, name: 3, IPv6: 4 } as const;

/** Writes an address as SOCKS 5 has it: its kind, itself (a name behind its length), and the port. */
export function writeSocksAddress({ kind, bytes }: RequestedHost, port: number): Uint8Array {
  const prefix = kind === 'name' ? [AddressKind[kind], bytes.length] : [AddressKind[kind]];
  return Uint8Array.of(...prefix, ...bytes, port >>> 8, port & 0xff);
}

/**
 * How long an address of SOCKS 5 is, with its kind and its port.
 *
 * @param kind its first byte
 * @param next its second one
 * @returns 0 for a kind that there is not
 */
export function socksAddressLength(kind: number, next: number): number {
  if (kind === AddressKind.IPv4) return 7;
  if (kind === AddressKind.IPv6) return 19;
  return kind === AddressKind.name ? 4 + next : 0;
}

/** An address that was read. */
export interface SocksAddress extends Pick<ConnectionName, 'address' | 'port'> {
  readonly isName: boolean;
  /** How many bytes it is long. */
  readonly length: number;
}

/**
 * Reads an address of SOCKS 5.
 *
 * @returns `null` when it is not whole, or of a kind that there is not
 */
export function readSocksAddress(bytes: Uint8Array, at: number): SocksAddress | null {
  if (bytes.length < at + 2) return null;
  const kind = bytes[at]!;
  const length = socksAddressLength(kind, bytes[at + 1]!);
  if (length === 0 || bytes.length < at + length) return null;
  const port = (bytes[at + length - 2]! << 8) | bytes[at + length - 1]!;
  const body = bytes.subarray(at + 1, at + length - 2);
  const address =
    kind === AddressKind.IPv4
      ? formatIPv4(body)
      : kind === AddressKind.IPv6
        ? formatIPv6(body)
        : Buffer.from(body.subarray(1)).toString('latin1');
  return { isName: kind === AddressKind.name, address, port, length };
}

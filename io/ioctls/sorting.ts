// The order in which destinations are tried: the rules of RFC 6724 that sockets alone can answer.
import { AF_INET, AF_INET6, formatIPv4, sockaddr_in } from '../../spi/index.js';

const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/** An address's 16 bytes, IPv4 as IPv4-mapped. */
function bytesOf(name: Uint8Array): number[] {
  return name[0] === AF_INET ? [...MAPPED, ...name.subarray(4, 8)] : [...name.subarray(8, 24)];
}

/** An IPv4-mapped address as the IPv4 address that it stands for, any other as it is: routes are asked for so. */
export function unmapped(name: Uint8Array): Uint8Array {
  const mapped = name[0] === AF_INET6 && name.length >= 24 && isMapped(bytesOf(name));
  return mapped ? sockaddr_in(formatIPv4(name, 20), 0) : name;
}

const isMapped = (bytes: number[]): boolean => MAPPED.every((byte, at) => bytes[at] === byte);
const isLoopback6 = (bytes: number[]): boolean => bytes.every((byte, at) => byte === (at === 15 ? 1 : 0));

/** Scopes as in IPv6 multicast addresses: 2 link, 5 site, 14 global (RFC 6724, 3.1 and 3.2). */
function scopeOf(bytes: number[]): number {
  if (isMapped(bytes)) return bytes[12] === 127 || (bytes[12] === 169 && bytes[13] === 254) ? 2 : 14;
  if (bytes[0] === 0xff) return bytes[1]! & 0xf;
  if (isLoopback6(bytes) || (bytes[0] === 0xfe && (bytes[1]! & 0xc0) === 0x80)) return 2;
  return bytes[0] === 0xfe && (bytes[1]! & 0xc0) === 0xc0 ? 5 : 14;
}

/** Whether a name is an address of one link, and does not say of which: that there is a way to it is a guess. */
function lacksScope(name: Uint8Array): boolean {
  if (name[0] !== AF_INET6 || name[8] !== 0xfe || (name[9]! & 0xc0) !== 0x80) return false;
  return name.subarray(24, 28).every((byte) => byte === 0);
}

/** The default policy table (RFC 6724, 2.1): precedence and label by prefix, the longest first. */
const POLICY: readonly (readonly [matches: (bytes: number[]) => boolean, precedence: number, label: number])[] = [
  [isLoopback6, 50, 0],
  [isMapped, 35, 4],
  [(bytes) => bytes.slice(0, 12).every((byte) => byte === 0), 1, 3],
  [(bytes) => bytes[0] === 0x20 && bytes[1] === 0x01 && bytes[2] === 0 && bytes[3] === 0, 5, 5],
  [(bytes) => bytes[0] === 0x20 && bytes[1] === 0x02, 30, 2],
  [(bytes) => bytes[0] === 0x3f && bytes[1] === 0xfe, 1, 12],
  [(bytes) => bytes[0] === 0xfe && (bytes[1]! & 0xc0) === 0xc0, 1, 11],
  [(bytes) => (bytes[0]! & 0xfe) === 0xfc, 3, 13],
  [() => true, 40, 1],
];

function policyOf(bytes: number[]): { precedence: number; label: number } {
  const [, precedence, label] = POLICY.find(([matches]) => matches(bytes))!;
  return { precedence, label };
}

/**
 * Sorts destinations, the one to be tried first in front; equals keep their order.
 *
 * @param names sockaddrs of AF_INET and AF_INET6, of at least 16 bytes
 * @param sourceFor the local address from which one is reached; `null` when it is not
 */
export function sortAddresses(
  names: readonly Uint8Array[],
  sourceFor: (name: Uint8Array) => Uint8Array | null,
): Uint8Array[] {
  const ranked = names.map((name) => {
    const destination = bytesOf(name);
    const source = lacksScope(name) ? null : sourceFor(name);
    const from = source === null ? null : bytesOf(source);
    const { precedence, label } = policyOf(destination);
    const scope = scopeOf(destination);
    // In the order of the rules; the smaller number goes first.
    const ranks = [
      from === null ? 1 : 0,
      from !== null && scopeOf(from) === scope ? 0 : 1,
      from !== null && policyOf(from).label === label ? 0 : 1,
      -precedence,
      scope,
    ];
    return { name, ranks };
  });
  ranked.sort((left, right) => {
    const at = left.ranks.findIndex((rank, index) => rank !== right.ranks[index]);
    return at < 0 ? 0 : left.ranks[at]! - right.ranks[at]!;
  });
  return ranked.map(({ name }) => name);
}

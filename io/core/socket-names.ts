// What the front knows of socket addresses: their family, and of those of TCP/IP which name nobody.
import { AF_INET, AF_INET6, AF_IPX } from '../../spi/index.js';
import { familyOf } from '../../spi/socket-names.js';

/** Whether it is an address of TCP/IP with port 0. Addresses of other families have no ports. */
export function lacksPort(name: Uint8Array): boolean {
  const family = familyOf(name);
  return (family === AF_INET || family === AF_INET6) && name[2] === 0 && name[3] === 0;
}

/**
 * Whether it is TCP/IP's unspecified address (INADDR_ANY); of another family: whether it names nothing.
 *
 * @param family as which it is read, whatever it says itself
 */
export function isUnspecified(name: Uint8Array, family: number): boolean {
  if (family !== AF_INET && family !== AF_INET6) return name.every((byte, at) => at < 2 || byte === 0);
  const [start, end] = family === AF_INET6 ? [8, 24] : [4, 8];
  for (let i = start; i < end; i++) if (name[i] !== 0) return false;
  return true;
}

/** Where an address has what names the host, by family: IPX and ATM have it too. Others are compared whole. */
const HOST_BYTES = new Map<number, readonly [from: number, to: number]>([
  [AF_INET, [4, 8]],
  [AF_IPX, [2, 12]],
]);

/** `::ffff:0:0/96`, as hexadecimal digits: IPv4 by IPv6. */
const MAPPED = `${'00'.repeat(10)}ffff`;

/**
 * The host that a socket address names, as a text: the same for two addresses of one host, whatever their ports.
 *
 * @param name the address, of which `namelen` bytes count
 */
export function hostOf(name: Uint8Array, namelen: number): string {
  const hex = (from: number, to: number): string => Buffer.from(name.subarray(from, to)).toString('hex');
  const family = familyOf(name);
  if (family === AF_INET6) {
    const host = hex(8, 24);
    if (host.startsWith(MAPPED)) return `${AF_INET}:${host.slice(MAPPED.length)}`;
    // The same link-local address is another host on another link.
    return `${family}:${host}%${hex(24, 28)}`;
  }
  const [from, to] = HOST_BYTES.get(family) ?? [2, namelen];
  return `${family}:${hex(from, to)}`;
}

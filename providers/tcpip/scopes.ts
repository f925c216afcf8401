// The scopes of link-local addresses.
import { networkInterfaces } from 'node:os';
import { AF_INET6, formatIPv6 } from '../../spi/index.js';
import { nameFamily } from './addresses.js';

/** Where `sockaddr_in6` has the scope; its address lies before that. */
const SCOPE = 24;

/**
 * A link-local address of this machine that was given without a scope, with its own: Windows finds that out, Linux does not.
 *
 * @returns a copy of the name with the scope, or `null` when it is no such name
 */
export function withOwnScope(name: Uint8Array, namelen: number): Uint8Array | null {
  if (nameFamily(name, namelen) !== AF_INET6 || namelen < SCOPE + 4 || name.length < SCOPE + 4) return null;
  const linkLocal = name[8] === 0xfe && (name[9]! & 0xc0) === 0x80;
  if (!linkLocal || name.subarray(SCOPE, SCOPE + 4).some((byte) => byte !== 0)) return null;
  const address = formatIPv6(name, 8);
  for (const each of Object.values(networkInterfaces()).flat()) {
    if (each?.family !== 'IPv6' || each.address !== address) continue;
    const scoped = name.slice();
    new DataView(scoped.buffer).setUint32(SCOPE, each.scopeid, true);
    return scoped;
  }
  return null;
}

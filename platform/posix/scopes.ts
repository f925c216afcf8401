// The scopes of link-local addresses.
import { networkInterfaces } from 'node:os';
import { AF_INET6, copyOfBytes, formatIPv6 } from '../../spi/index.js';

/** Where `sockaddr_in6` has the scope; its address lies before that. */
const SCOPE = 24;
const SOCKADDR_IN6_SIZE = 28;

/** Whether a name is an address of one link, or a group there, and does not say of which. */
export function lacksScope(name: Uint8Array, namelen: number): boolean {
  if (namelen < SOCKADDR_IN6_SIZE || name.length < SOCKADDR_IN6_SIZE || name[0] !== AF_INET6) return false;
  const linkLocal = name[8] === 0xfe && (name[9]! & 0xc0) === 0x80;
  const group = name[8] === 0xff && ((name[9]! & 0xf) === 1 || (name[9]! & 0xf) === 2);
  return (linkLocal || group) && (name[24]! | name[25]! | name[26]! | name[27]!) === 0;
}

function withScope(name: Uint8Array, scope: number): Uint8Array {
  const scoped = copyOfBytes(name, SOCKADDR_IN6_SIZE);
  new DataView(scoped.buffer).setUint32(SCOPE, scope, true);
  return scoped;
}

/** This machine's link-local addresses. */
function linkLocalAddresses(): { address: string; scope: number }[] {
  return Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .flatMap((each) => (each.family === 'IPv6' && each.scopeid !== 0 ? [each] : []))
    .map(({ address, scopeid }) => ({ address, scope: scopeid }));
}

/**
 * A name that lacks a scope with its own: Windows finds that out, Linux does not.
 *
 * @returns a copy of the name with the scope, or `null` when it is not an address of this machine
 */
export function withOwnScope(name: Uint8Array): Uint8Array | null {
  const address = formatIPv6(name, 8);
  const own = linkLocalAddresses().find((each) => each.address === address);
  return own === undefined ? null : withScope(name, own.scope);
}

/**
 * A destination that lacks a scope with the one where Windows would look for it: its own if it is this machine's, else
 * that of the interface which the socket prefers, else of the first that has a link-local address.
 *
 * @param preferred the index of the socket's interface; 0 when it has none
 * @returns a copy of the name with the scope, or `null` when there is no such interface
 */
export function withRouteScope(name: Uint8Array, preferred: number): Uint8Array | null {
  const own = withOwnScope(name);
  if (own !== null) return own;
  const scope = preferred !== 0 ? preferred : (linkLocalAddresses()[0]?.scope ?? 0);
  return scope === 0 ? null : withScope(name, scope);
}

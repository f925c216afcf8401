import { AF_INET6, INSTANCE, parseSockaddr, sockaddr_in, sockaddr_in6, type Ws2_32 } from '../../index.js';

/** `localhost`, and names below it (RFC 6761, section 6.3). */
const LOCALHOST = /^(?:.+\.)?localhost\.?$/i;

/**
 * The address that a socket is to be bound to. On a chain that takes names, as to a proxy, `localhost` is looked up by nobody, and an address
 * stands for it; but whoever listens there means this machine, not the proxy's.
 *
 * @param name the address that the program gave
 * @returns the loopback address where that stands for `localhost`; otherwise `name`
 */
export function nameToBind(ws2: Ws2_32, name: Uint8Array): Uint8Array {
  const { names } = ws2[INSTANCE].providerHost;
  if (!names.isAssignable(name) || !LOCALHOST.test(names.nameOf(name) ?? '')) return name;
  const { family, port } = parseSockaddr(name);
  return family === AF_INET6 ? sockaddr_in6('::1', port) : sockaddr_in('127.0.0.1', port);
}

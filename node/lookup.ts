import type { LookupAddress } from 'node:dns';
import { AF_INET, AF_INET6, WSAHOST_NOT_FOUND, type Ws2_32 } from '../index.js';
import { familiesOf, type ChainChoice } from './chain-option.js';
import { lookupError } from './errors.js';

const LOOPBACK = [
  { family: 4, address: '127.0.0.1', carriedBy: AF_INET },
  { family: 6, address: '::1', carriedBy: AF_INET6 },
] as const;

/**
 * Looks a host name up through the instance's name-space providers, so that a lookup passes the same chains as the traffic
 * that follows it. There is no silent way round them.
 *
 * @param family 4 or 6; anything else for either
 * @returns at least one address, or an error that names the cure
 */
export function lookUp(
  ws2: Ws2_32,
  chain: ChainChoice | undefined,
  host: string,
  family: unknown,
): LookupAddress[] | Error {
  // This name never leaves the machine (RFC 6761).
  if (host.toLowerCase() === 'localhost') {
    const carried = familiesOf(ws2, chain);
    const wanted = LOOPBACK.filter((each) => each.family === family || (family !== 4 && family !== 6));
    const fitting = wanted.filter(({ carriedBy }) => carried.includes(carriedBy));
    return fitting.length > 0 ? fitting : wanted;
  }
  if (family === 6) {
    const advice = ': gethostbyname knows IPv4 only; give a `lookup` function, or an address';
    return lookupError(WSAHOST_NOT_FOUND, host, advice);
  }
  const found = ws2.gethostbyname(host)?.h_addr_list ?? [];
  if (found.length === 0) return lookupError(ws2.WSAGetLastError() || WSAHOST_NOT_FOUND, host);
  return found.map((address) => ({ address: address.join('.'), family: 4 }));
}

import { isIP, type LookupFunction } from 'node:net';
import { WSAHOST_NOT_FOUND, type Ws2_32 } from '../index.js';
import { lookupError } from './errors.js';

/** Told of the outcome of a lookup: an error, or an address and its family (4 or 6). */
export type LookupCallback = (error: Error | null, address: string, family: number) => void;

/**
 * Looks a host name up: by the function given, else through the instance's name-space providers, so that a lookup passes the
 * same chains as the traffic that follows it. There is no silent way round them.
 *
 * @param family 4, 6, or 0 for either
 * @param callback called at once or later
 */
export function lookUp(
  ws2: Ws2_32,
  host: string,
  family: number,
  hints: number,
  lookup: LookupFunction | undefined,
  callback: LookupCallback,
): void {
  if (lookup !== undefined) {
    // Some functions answer with a list whatever they are asked.
    lookup(host, { family, hints }, (error, address, addressFamily) => {
      const first = Array.isArray(address) ? address[0]?.address : address;
      if (error) callback(error, '', 0);
      else if (first === undefined) callback(lookupError(WSAHOST_NOT_FOUND, host), '', 0);
      else callback(null, first, Array.isArray(address) ? isIP(first) : (addressFamily ?? isIP(first)));
    });
    return;
  }
  // This name never leaves the machine (RFC 6761).
  if (host.toLowerCase() === 'localhost') {
    callback(null, family === 6 ? '::1' : '127.0.0.1', family === 6 ? 6 : 4);
    return;
  }
  if (family === 6) {
    const advice = ': gethostbyname knows IPv4 only; give a `lookup` function, or an address';
    callback(lookupError(WSAHOST_NOT_FOUND, host, advice), '', 0);
    return;
  }
  const found = ws2.gethostbyname(host);
  const address = found?.h_addr_list[0];
  if (address === undefined) callback(lookupError(ws2.WSAGetLastError() || WSAHOST_NOT_FOUND, host), '', 0);
  else callback(null, address.join('.'), 4);
}

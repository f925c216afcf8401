// The address of a server: in text, and as sockets want it.
import { networkInterfaces } from 'node:os';
import { AF_INET, AF_INET6, parseIPv4, parseIPv6, sockaddr_in, sockaddr_in6 } from '../../../spi/index.js';

/** Where a server is. */
export interface ServerAddress {
  /** AF_INET or AF_INET6. */
  readonly family: number;
  /** As in `resolv.conf`, with the port if that is not 53. */
  readonly text: string;
  /** The address as a socket address. */
  readonly sockaddr: Uint8Array;
}

const DNS_PORT = 53;

/**
 * Reads the address of a server: an IPv4 or IPv6 address, the latter with a scope (`fe80::1%eth0`, `fe80::1%2`) where
 * there is one. A port other than 53 follows an IPv4 address, or an address in brackets (`[::1]:5353`).
 *
 * @param text as above
 * @returns where the server is; `null` when the text is no such address
 */
export function parseServer(text: string): ServerAddress | null {
  const parts = /^\[([^\]]*)\](?::(\d{1,5}))?$/.exec(text) ?? /^([\d.]+):(\d{1,5})$/.exec(text) ?? [text, text];
  const [, address = '', digits] = parts;
  const port = digits === undefined ? DNS_PORT : Number(digits);
  if (port < 1 || port > 0xffff) return null;
  if (parseIPv4(address) !== null) {
    return { family: AF_INET, text: port === DNS_PORT ? address : text, sockaddr: sockaddr_in(address, port) };
  }
  const [, six = '', zone] = /^([^%]*)(?:%(.+))?$/s.exec(address) ?? [];
  const scope = zone === undefined ? 0 : scopeOf(zone);
  if (parseIPv6(six) === null || scope === null) return null;
  return { family: AF_INET6, text: port === DNS_PORT ? address : text, sockaddr: sockaddr_in6(six, port, 0, scope) };
}

/** The number of a scope, which is written as it is, or as an interface's name. */
function scopeOf(zone: string): number | null {
  if (/^\d{1,10}$/.test(zone)) return Number(zone) <= 0xffffffff ? Number(zone) : null;
  const found = networkInterfaces()[zone]?.find((each) => each.family === 'IPv6' && each.scopeid !== 0);
  return found?.family === 'IPv6' ? found.scopeid : null;
}

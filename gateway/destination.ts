import { isIP } from 'node:net';
import { formatAddressAndPort, requestedHost } from '../chain/index.js';

/** Where a connection is to lead. */
export interface Destination {
  /** A host's name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
}

const FORM = /^(?:(\[[0-9a-f:.]+\]|[^:/?#@[\]\s]+):)?(\d{1,5})$/i;

/**
 * Reads `host:port`, `[::1]:port`, or a port alone where there is a host by default.
 *
 * @param defaultHost the host of a port alone; none if absent
 * @param leastPort 0 where a port may be left to the system
 * @returns `null` for what is no such text
 */
export function readDestination(text: string, defaultHost?: string, leastPort = 1): Destination | null {
  const form = FORM.exec(text);
  const named = form?.[1] ?? defaultHost;
  if (form === null || named === undefined) return null;
  const host = named.replace(/^\[|\]$/g, '');
  const port = Number(form[2]);
  if (port < leastPort || port > 0xffff) return null;
  if (named.startsWith('[') && isIP(host) !== 6) return null;
  return isIP(host) !== 0 || isHostName(host) ? { host, port } : null;
}

/** Whether a text can be the name of a host. What looks like an address, and is none, is no name either. */
function isHostName(text: string): boolean {
  return text !== '' && !/^[\d.]+$/.test(text) && requestedHost({ name: text, address: '' }, true) !== null;
}

/** A destination as text. */
export function shownDestination({ host, port }: Destination): string {
  return formatAddressAndPort(host, port);
}

/** Whether only this machine can reach an address to listen on. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/**
 * Checks where a forwarding gateway leads.
 *
 * @param listening where it listens
 * @throws TypeError for what is no destination, or the gateway itself, which would go in a circle
 */
export function checkedDestination(to: unknown, listening: Destination): Destination {
  const { host, port } = (to ?? {}) as Partial<Destination>;
  const isText = typeof host === 'string' && typeof port === 'number';
  const destination = isText ? readDestination(formatAddressAndPort(host, port)) : null;
  if (destination === null) {
    throw new TypeError('gateway: `to` must be { host, port }: a name or an address, and a number from 1 to 65535');
  }
  const here = listening.host === 'localhost' ? '127.0.0.1' : listening.host;
  if (port === listening.port && (host === here || host === 'localhost')) {
    throw new TypeError(`gateway: ${shownDestination(destination)} leads to itself`);
  }
  return destination;
}

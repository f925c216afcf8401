import { parseIPv6, sockaddr_in, sockaddr_in6 } from '../../../spi/index.js';

/** Where a Redis server is, and how it is used. */
export interface RedisSettings {
  /** The server's SOCKADDR. */
  readonly address: Uint8Array;
  /** The name that filters of `connect` are told. */
  readonly host: string | null;
  readonly user: string | null;
  readonly password: string | null;
  readonly database: number;
  /** What its keys begin with. */
  readonly prefix: string;
  /** Milliseconds for which a registration holds that is not renewed. */
  readonly lease: number;
  /** Milliseconds to wait for an answer. */
  readonly timeout: number;
}

/** The server, as a URL names it. */
export type RedisServer = Pick<RedisSettings, 'address' | 'host' | 'user' | 'password' | 'database'>;

const DEFAULT_PORT = 6379;

/**
 * Reads `redis://[user][:password@]host[:port][/database]`. The host is an address, or `localhost`: a name space that asked
 * name spaces for its own server would go round in a circle.
 *
 * @throws TypeError that says what is wrong; the password is not in it
 */
export function parseRedisUrl(url: string): RedisServer {
  const refuse = (what: string): never => {
    throw new TypeError(`${what}: a Redis server is named as redis://[user:password@]127.0.0.1:6379/0`);
  };
  if (!URL.canParse(url)) return refuse('that is no URL');
  const { protocol, hostname, port, username, password, pathname } = new URL(url);
  if (protocol !== 'redis:') return refuse(`"${protocol}" is not "redis:"`);
  const database = /^\/?$/.test(pathname) ? 0 : Number(/^\/(\d{1,5})$/.exec(pathname)?.[1] ?? NaN);
  if (Number.isNaN(database)) return refuse(`"${pathname}" is no number of a database`);
  const host = hostname.replace(/^\[|\]$/g, '') || 'localhost';
  const address = addressOf(host, port === '' ? DEFAULT_PORT : Number(port));
  if (address === null) return refuse(`"${host}" is no address`);
  return {
    address,
    host: host === 'localhost' ? host : null,
    user: username === '' ? null : decodeURIComponent(username),
    password: password === '' ? null : decodeURIComponent(password),
    database,
  };
}

function addressOf(host: string, port: number): Uint8Array | null {
  if (host === 'localhost') return sockaddr_in('127.0.0.1', port);
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(host) && host.split('.').every((part) => Number(part) < 256)) {
    return sockaddr_in(host, port);
  }
  return parseIPv6(host) === null ? null : sockaddr_in6(host, port);
}

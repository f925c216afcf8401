import { PROXY_RULES, PROXY_TIMEOUT, readProxy, type ProxyAddress, type ProxyOptions } from '../../../chain/index.js';
import { checkOptions } from '../../../spi/option-check.js';
import type { Credentials } from './handshake-5.js';

/** By way of which proxy connections go, and how. */
export interface SocksOptions extends ProxyOptions {
  /**
   * The proxy: `host:port`, `[::1]:port`, or `socks5://user:password@host:port` and its like, with the schemes `socks5`, `socks5h`,
   * `socks4` and `socks4a`; SOCKS 5 without one, and port 1080 without one. What is special in user and password is spelt as in a URL.
   */
  readonly proxy: string;
  /** The user; that of `proxy` if absent. 255 bytes at most. */
  readonly user?: string;
  /** The password; that of `proxy` if absent. 255 bytes at most; SOCKS 4 has none. */
  readonly password?: string;
  /**
   * Whether names go to the proxy, so that nobody here looks them up; true if absent, but for `socks4`, which has none. `false`
   * sends addresses alone.
   */
  readonly remoteNames?: boolean;
}

/** The options, read. */
export interface SocksSettings {
  readonly proxy: ProxyAddress;
  readonly version: 4 | 5;
  readonly credentials: Credentials | null;
  readonly remoteNames: boolean;
  readonly timeout: number;
  readonly name: string;
}

/** The most bytes that a request has room for of user and password. */
const LONGEST_TEXT = 255;
const DEFAULT_PORT = 1080;
const SCHEMES = ['socks5', 'socks5h', 'socks4a', 'socks4', 'socks'];

/**
 * Reads the options of the layer.
 *
 * @throws TypeError for one that there is not, or that it cannot have; no message shows a password
 */
export function readSocksOptions(options: unknown): SocksSettings {
  checkOptions('socks', options ?? {}, PROXY_RULES);
  const given = (options ?? {}) as Partial<SocksOptions>;
  const proxy = readProxy(given.proxy, SCHEMES, DEFAULT_PORT);
  if (typeof proxy === 'string') throw new TypeError(`socks: \`proxy\` must be ${proxy}`);
  const { scheme } = proxy;
  const version = scheme === 'socks4' || scheme === 'socks4a' ? 4 : 5;
  if (scheme === 'socks4' && given.remoteNames === true) {
    throw new TypeError('socks: SOCKS 4 takes no names: use socks4a:// or socks5://, or leave `remoteNames` out');
  }
  return {
    proxy,
    version,
    credentials: credentialsOf(proxy, given, version),
    remoteNames: given.remoteNames ?? scheme !== 'socks4',
    timeout: given.timeout ?? PROXY_TIMEOUT,
    name: given.name ?? 'socks',
  };
}

function credentialsOf(proxy: ProxyAddress, given: Partial<SocksOptions>, version: 4 | 5): Credentials | null {
  const { user = proxy.user, password = proxy.password } = given;
  const texts = { user, password };
  for (const [option, text] of Object.entries(texts)) {
    if (text === null || text === undefined) continue;
    const isText = typeof text === 'string' && Buffer.byteLength(text) <= LONGEST_TEXT && !text.includes('\0');
    if (!isText) throw new TypeError(`socks: \`${option}\` must be a text of at most ${LONGEST_TEXT} bytes`);
  }
  if (password && !user) throw new TypeError('socks: there is a password, and no `user`');
  if (password && version === 4) throw new TypeError('socks: SOCKS 4 takes no password: use socks5://');
  if (!user) return null;
  return { user, password: password ?? '' };
}

import { PROXY_RULES, PROXY_TIMEOUT, readProxy, type ProxyAddress, type ProxyOptions } from '../../../chain/index.js';
import { checkOptions } from '../../../spi/option-check.js';
import type { Credentials } from './connect-handshake.js';

/** By way of which proxy connections go, and how. */
export interface HttpProxyOptions extends ProxyOptions {
  /**
   * The proxy: `host:port`, `[::1]:port`, or `http://user:password@host:port`; port 8080 without one. What is special in user and
   * password is spelt as in a URL.
   */
  readonly proxy: string;
  /** The user; that of `proxy` if absent. It has no colon. */
  readonly user?: string;
}

/** The options, read. */
export interface HttpProxySettings {
  readonly proxy: ProxyAddress;
  readonly credentials: Credentials | null;
  readonly remoteNames: boolean;
  readonly timeout: number;
  readonly name: string;
}

const LONGEST_TEXT = 1024;
const DEFAULT_PORT = 8080;

/**
 * Reads the options of the layer.
 *
 * @throws TypeError for one that there is not, or that it cannot have; no message shows a password
 */
export function readHttpProxyOptions(options: unknown): HttpProxySettings {
  checkOptions('httpProxy', options ?? {}, PROXY_RULES);
  const given = (options ?? {}) as Partial<HttpProxyOptions>;
  if (typeof given.proxy === 'string' && /^https:/i.test(given.proxy)) {
    throw new TypeError('httpProxy: TLS to the proxy is a layer of its own: stack(ws2, [httpProxy({ proxy }), tls()])');
  }
  const proxy = readProxy(given.proxy, ['http'], DEFAULT_PORT);
  if (typeof proxy === 'string') throw new TypeError(`httpProxy: \`proxy\` must be ${proxy}`);
  return {
    proxy,
    credentials: credentialsOf(proxy, given),
    remoteNames: given.remoteNames ?? true,
    timeout: given.timeout ?? PROXY_TIMEOUT,
    name: given.name ?? 'http-proxy',
  };
}

function credentialsOf(proxy: ProxyAddress, given: Partial<HttpProxyOptions>): Credentials | null {
  const { user = proxy.user, password = proxy.password } = given;
  for (const [option, text] of Object.entries({ user, password })) {
    if (text === null || text === undefined) continue;
    const isText = typeof text === 'string' && text.length <= LONGEST_TEXT && !/[\x00-\x1f\x7f]/.test(text);
    if (!isText) {
      throw new TypeError(
        `httpProxy: \`${option}\` must be a text of at most ${LONGEST_TEXT} characters without control characters`,
      );
    }
  }
  if (user?.includes(':')) throw new TypeError('httpProxy: `user` must be a text without a colon');
  if (password && !user) throw new TypeError('httpProxy: there is a password, and no `user`');
  return user ? { user, password: password ?? '' } : null;
}

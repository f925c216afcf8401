import { isIP } from 'node:net';
import { AF_INET, AF_INET6, BASE_PROTOCOL, INSTANCE, IPPROTO_TCP, IPPROTO_UDP, type Ws2_32 } from '../index.js';
import { ChainHandle } from '../node/transfers/index.js';
import { checkedChain, instanceOr, type ChainChoice, type ChainOptions } from '../node/instance/index.js';
import { ANY, checkOptions, type OptionRule } from '../spi/option-check.js';
import { isLoopback, type Destination } from './destination.js';
import type { ProxyUser } from './socks-handshake.js';

/** What every gateway takes; `ws2` and `chain` as sockets of `ws2spi/node` do. */
export interface GatewayOptions extends ChainOptions {
  /** The address to listen on; `127.0.0.1` if absent. */
  readonly host?: string | undefined;
  /** The port to listen on; the system chooses one for 0, and if absent. */
  readonly port?: number | undefined;
  /** Whether others than this machine may reach it; needed for every address that is not of loopback. */
  readonly public?: boolean | undefined;
  /** The most connections at once; 1,000 if absent. Others are turned away. */
  readonly maxConnections?: number | undefined;
  /** Milliseconds in which a client has to have said what it wants; 10,000 if absent. */
  readonly handshakeTimeout?: number | undefined;
  /** Milliseconds in which a destination has to be reached; 30,000 if absent. */
  readonly connectTimeout?: number | undefined;
  /** Told what went wrong with a client or a destination, in a line for people. */
  readonly onProblem?: ((message: string) => void) | undefined;
}

/** What a proxy takes besides. */
export interface ProxyOptions extends GatewayOptions {
  /** What it speaks: both, on one port, if absent. */
  readonly protocols?: readonly ProxyProtocol[] | undefined;
  /** Who may use it; everybody who reaches it if absent. */
  readonly user?: string | undefined;
  /** The user's password. */
  readonly password?: string | undefined;
  /** Whether a public proxy may be used by everybody who reaches it, without `user` and `password`. */
  readonly open?: boolean | undefined;
}

/** What clients of a proxy speak: SOCKS of versions 5, 4A and 4, or HTTP. */
export type ProxyProtocol = 'socks' | 'http';

/** What a forwarding gateway takes besides. */
export interface ForwardOptions extends GatewayOptions {
  /** Where its connections lead. */
  readonly to: Destination;
}

/** What a gateway goes by, checked. */
export interface GatewaySettings {
  readonly ws2: Ws2_32;
  /** What is listened on. */
  readonly accepting: ChainChoice | undefined;
  /** What is connected over. */
  readonly connecting: ChainChoice | undefined;
  readonly host: string;
  readonly port: number;
  readonly maxConnections: number;
  readonly handshakeTimeout: number;
  readonly connectTimeout: number;
  readonly onProblem: (message: string) => void;
}

const DEFAULTS = { host: '127.0.0.1', maxConnections: 1000, handshakeTimeout: 10_000, connectTimeout: 30_000 } as const;
const MOST_MILLISECONDS = 2 ** 31 - 1;
const LONGEST_TEXT = 255;
const BOTH: readonly ProxyProtocol[] = ['socks', 'http'];

/** What is looked at where it is used, and is to be written as it is here. */
const SHARED_RULES = {
  host: ANY,
  port: ANY,
  public: ANY,
  maxConnections: ANY,
  handshakeTimeout: ANY,
  connectTimeout: ANY,
  onProblem: ANY,
  ws2: ANY,
  chain: ANY,
} satisfies Record<keyof GatewayOptions, OptionRule>;

/** The options of each function that opens a gateway. */
const RULES = {
  serveProxy: { ...SHARED_RULES, protocols: ANY, user: ANY, password: ANY, open: ANY },
  forwardOverChain: { ...SHARED_RULES, to: ANY },
  forwardFromChain: { ...SHARED_RULES, to: ANY },
} as const;

/**
 * Refuses options that there are not.
 *
 * @param caller the function whose options they are
 * @throws TypeError that names the option, and the nearest that there is
 */
export function checkNames(caller: keyof typeof RULES, options: GatewayOptions): void {
  checkOptions(caller, options ?? null, RULES[caller]);
}

/**
 * Checks what a gateway is to go by.
 *
 * @param direction where the chain is: `out` between the gateway and destinations, `in` between clients and the gateway
 * @throws TypeError that names the option that is wrong; Error when the chain cannot be used
 */
export function gatewaySettings(options: GatewayOptions, direction: 'out' | 'in'): GatewaySettings {
  const { port = 0, onProblem = () => undefined } = options;
  const host = checkedHost(options);
  if (typeof onProblem !== 'function') throw new TypeError('gateway: `onProblem` must be a function');
  const ws2 = instanceOr(options.ws2);
  const chain = checkedChain(options.chain);
  checkItStarts(ws2, chain);
  const bare = bareEntries(ws2);
  return {
    ws2,
    accepting: direction === 'in' ? chain : bare,
    connecting: direction === 'in' ? bare : chain,
    host,
    port: wholeNumber('port', port, 0, 0xffff),
    maxConnections: wholeNumber('maxConnections', options.maxConnections ?? DEFAULTS.maxConnections, 1, 1e6),
    handshakeTimeout: milliseconds('handshakeTimeout', options.handshakeTimeout),
    connectTimeout: milliseconds('connectTimeout', options.connectTimeout),
    onProblem,
  };
}

function checkedHost({ host = DEFAULTS.host, public: isPublic = false }: GatewayOptions): string {
  if (typeof host !== 'string' || (isIP(host) === 0 && host !== 'localhost')) {
    throw new TypeError(`gateway: \`host\` must be an address to listen on, not ${JSON.stringify(host)}`);
  }
  if (isLoopback(host) || isPublic) return host;
  throw new TypeError(
    `gateway: others than this machine could reach ${host}: say \`public\` if they are to, or listen on 127.0.0.1`,
  );
}

function milliseconds(option: 'handshakeTimeout' | 'connectTimeout', given: number | undefined): number {
  return wholeNumber(option, given ?? DEFAULTS[option], 1, MOST_MILLISECONDS);
}

function wholeNumber(option: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new TypeError(`gateway: \`${option}\` must be a whole number from ${least} to ${most}, not ${String(value)}`);
}

/** A chain of which no socket can be opened is told at once, not to the first client. */
function checkItStarts(ws2: Ws2_32, chain: ChainChoice | undefined): void {
  const opened = [AF_INET, AF_INET6].map((family) => ChainHandle.open(ws2, chain, family, 'ChainSocket'));
  for (const handle of opened) if (handle instanceof ChainHandle) handle.close();
  const [first] = opened;
  if (opened.every((handle) => handle instanceof Error)) throw first as Error;
}

/** The entries for TCP and UDP without layers. */
function bareEntries(ws2: Ws2_32): ChainChoice {
  return ws2[INSTANCE].providerHost
    .catalogEntries()
    .filter(
      ({ iProtocol, ProtocolChain }) =>
        (iProtocol === IPPROTO_TCP || iProtocol === IPPROTO_UDP) && ProtocolChain.ChainLen === BASE_PROTOCOL,
    );
}

/**
 * Checks who may use a proxy.
 *
 * @returns `null` for everybody
 * @throws TypeError when everybody could who reaches it from elsewhere, and nobody said that they are to
 */
export function proxyUser(options: ProxyOptions): ProxyUser | null {
  const { user, password, open = false } = options;
  const host = checkedHost(options);
  if (user === undefined && password === undefined) {
    if (isLoopback(host) || open) return null;
    throw new TypeError(
      `gateway: everybody who reaches ${host} could use the proxy: give \`user\` and \`password\`, or say \`open\` if they are to`,
    );
  }
  if (open) throw new TypeError('gateway: a proxy is `open`, or has a `user` and a `password`, not both');
  for (const [option, text] of Object.entries({ user, password })) {
    const isText = typeof text === 'string' && text !== '' && Buffer.byteLength(text) <= LONGEST_TEXT;
    if (!isText || text.includes('\0')) {
      throw new TypeError(`gateway: \`${option}\` must be a text of 1 to ${LONGEST_TEXT} bytes`);
    }
  }
  // Of HTTP's user and password, the first colon is the end of the user.
  if (user!.includes(':')) throw new TypeError('gateway: `user` must have no colon');
  return { user: user!, password: password! };
}

/** Checks what a proxy is to speak. */
export function proxyProtocols({ protocols = BOTH }: ProxyOptions): ReadonlySet<ProxyProtocol> {
  const isRight = Array.isArray(protocols) && protocols.length > 0 && protocols.every((each) => BOTH.includes(each));
  if (!isRight) throw new TypeError(`gateway: \`protocols\` must be an array of 'socks' and 'http'`);
  return new Set(protocols);
}

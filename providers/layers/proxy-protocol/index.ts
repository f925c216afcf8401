/**
 * The layer `proxy-protocol`: the PROXY protocol, versions 1 and 2. Connections that are made begin with a header that says whom they
 * are for; of those that are accepted it is read, and `getpeername` names the origin.
 *
 * @module
 */
import { defineLayer, type CodecConnection, type FilterRequest, type Layer } from '../../../chain/index.js';
import { WSAEACCES, type LPWSPSTARTUP } from '../../../spi/index.js';
import { checkOptions, FLAG, numberThat, textThat, type OptionRule } from '../../../spi/option-check.js';
import { createSender, HeaderReadingCodec, type ProxyOrigin } from './codecs.js';
import type { ProxyHeader } from './header.js';
import { isPeer, Peers } from './peers.js';

export type { ProxyOrigin } from './codecs.js';
export type { ProxyEnd, ProxyHeader, ProxyValue } from './header.js';
export { proxyHeaderOf, SIO_PROXY_HEADER, type AskedInstance } from './proxy-header-of.js';

/** Whose headers are believed, and which are written. */
export interface ProxyProtocolOptions {
  /**
   * The proxies whose connections are accepted: addresses, networks such as `10.0.0.0/8` and `fd00::/8`, and `loopback`. All others
   * are refused; if absent, everybody is.
   */
  readonly from?: string | readonly string[];
  /** Which version is written, 1 or 2; 2 if absent. Both are read. */
  readonly version?: 1 | 2;
  /** Whether a header of version 2 is written with a checksum (CRC32C); true if absent. One that is read is always checked. */
  readonly checksum?: boolean;
  /** Milliseconds within which an accepted connection has to send its header; 5,000 if absent. */
  readonly timeout?: number;
  /**
   * On whose behalf a connection is made, for programs that are proxies themselves: returns both ends of their client's connection,
   * `null` for one of the program's own that is for nobody (LOCAL), or nothing for the program's own ends. Asked once per connection.
   */
  readonly origin?: (connection: CodecConnection) => ProxyOrigin | null | undefined;
  /** The layer's name; `proxy-protocol` if absent. */
  readonly name?: string;
}

const DEFAULT_TIMEOUT = 5000;
/** Milliseconds between two reports of callers that are refused: anybody may call. */
const BETWEEN_REPORTS = 1000;

const RULES: Readonly<Record<keyof ProxyProtocolOptions, OptionRule>> = {
  from: {
    fits: (value) => (Array.isArray(value) ? value : [value]).every(isPeer),
    expected: "addresses or networks such as '10.0.0.1' and 'fd00::/8', or 'loopback'",
  },
  version: numberThat((value) => value === 1 || value === 2, '1 or 2'),
  checksum: FLAG,
  timeout: numberThat((value) => value > 0 && value < Infinity, 'a number of milliseconds above 0'),
  origin: { fits: (value) => typeof value === 'function', expected: 'a function' },
  name: textThat((value) => value !== '' && value.length <= 128, 'a text of 1 to 128 characters'),
};

/**
 * Makes a layer that speaks the PROXY protocol.
 *
 * @param options whose headers are believed, and which are written
 * @throws TypeError that names the option that is wrong
 */
export function proxyProtocol(options: ProxyProtocolOptions = {}): Layer {
  checkOptions('proxyProtocol', options, RULES);
  const { from = [], version = 2, checksum = true, timeout = DEFAULT_TIMEOUT, origin, name } = options;
  const peers = new Peers(typeof from === 'string' ? [from] : from);
  const written = { version, checksum, origin: origin ?? (() => undefined) };
  return defineLayer({
    name: name ?? 'proxy-protocol',
    version: '1.0.0',
    // The codec has a limit of its own, and says more.
    handshakeTimeout: Infinity,
    filters: (context) => {
      let quietUntil = -Infinity;
      return {
        accept(request: FilterRequest): void {
          if (peers.has(request.address)) return;
          const now = context.host.clock.now();
          const reason = `${request.address} is not among the proxies of \`from\`: its connections are refused`;
          request.refuse(WSAEACCES, now >= quietUntil ? reason : undefined);
          if (now >= quietUntil) quietUntil = now + BETWEEN_REPORTS;
        },
      };
    },
    codec: (connection) =>
      connection.role === 'client'
        ? createSender(connection, written)
        : new HeaderReadingCodec(connection, (header) => rename(connection, header), timeout),
  });
}

/** The layer as a provider, for catalogs: it writes headers, and accepts nobody. */
export const WSPStartup: LPWSPSTARTUP = proxyProtocol().WSPStartup;

/** The connection is its origin's from now on, if the header says who that is. */
function rename(connection: CodecConnection, { source, destination }: ProxyHeader): void {
  if (source !== null && destination !== null) connection.rename(source, destination);
}

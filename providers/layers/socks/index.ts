/**
 * The layer `socks`: connections go by way of a SOCKS proxy of version 5 (RFC 1928, RFC 1929), 4 or 4A, and names go to the proxy.
 *
 * @module
 */
import { createProxyStartup, SocksCommand, type Layer } from '../../../chain/index.js';
import { WSAEPROVIDERFAILEDINIT, type LPWSPSTARTUP } from '../../../spi/index.js';
import { SocksDatagrams } from './datagrams.js';
import { socks4Obstacle, Socks4Handshake } from './handshake-4.js';
import { Socks5Handshake } from './handshake-5.js';
import { readSocksOptions, type SocksOptions } from './options.js';

export type { SocksOptions } from './options.js';

const VERSION = '1.0.0';

/**
 * Makes a layer whose connections go by way of a SOCKS proxy. What cannot go by it fails; nothing goes around.
 *
 * @param options the proxy, who asks, and how
 * @throws TypeError that names the option that is wrong; none shows a password
 */
export function socks(options: SocksOptions): Layer {
  const { name, proxy, version, credentials, remoteNames, timeout } = readSocksOptions(options);
  const common = { name, version: VERSION, proxy, kind: 'SOCKS proxy', remoteNames, timeout };
  const WSPStartup = createProxyStartup(
    version === 4
      ? {
          ...common,
          handshake: (host, port) => new Socks4Handshake(host, port, credentials?.user ?? ''),
          obstacle: (host) => socks4Obstacle(host, proxy.scheme !== 'socks4'),
        }
      : {
          ...common,
          handshake: (host, port) => new Socks5Handshake(SocksCommand.CONNECT, host, port, credentials),
          datagrams: (context, way) => (connection) =>
            new SocksDatagrams({ context, way, credentials, timeout }, connection),
        },
  );
  return { name, version: VERSION, ifs: false, WSPStartup };
}

/** Refuses to start: nobody knows which proxy is meant. A module of your own exports `socks({ proxy }).WSPStartup`. */
export const WSPStartup: LPWSPSTARTUP = (_version, _data, _info, UpcallTable) => {
  UpcallTable?.host.report({
    message:
      'socks: there is no proxy to go by. Install a module of your own of two lines: ' +
      "import { socks } from 'ws2spi/providers/layers/socks'; " +
      "export const { WSPStartup } = socks({ proxy: 'host:port' });",
    provider: 'socks',
  });
  return WSAEPROVIDERFAILEDINIT;
};

/**
 * The layer `http-proxy`: connections go by way of an HTTP proxy (CONNECT: RFC 9110, 9.3.6), and names go to the proxy.
 *
 * @module
 */
import { createProxyStartup, type Layer } from '../../../chain/index.js';
import { WSAEPROVIDERFAILEDINIT, type LPWSPSTARTUP } from '../../../spi/index.js';
import { ConnectHandshake } from './connect-handshake.js';
import { readHttpProxyOptions, type HttpProxyOptions } from './options.js';

export type { HttpProxyOptions } from './options.js';

const VERSION = '1.0.0';

/**
 * Makes a layer whose connections go by way of an HTTP proxy. What cannot go by it fails; nothing goes around.
 *
 * @param options the proxy, who asks, and how
 * @throws TypeError that names the option that is wrong; none shows a password
 */
export function httpProxy(options: HttpProxyOptions): Layer {
  const { name, proxy, credentials, remoteNames, timeout } = readHttpProxyOptions(options);
  const WSPStartup = createProxyStartup({
    name,
    version: VERSION,
    proxy,
    kind: 'HTTP proxy',
    remoteNames,
    timeout,
    handshake: (host, port) => new ConnectHandshake(host, port, credentials),
  });
  return { name, version: VERSION, ifs: false, WSPStartup };
}

/** Refuses to start: nobody knows which proxy is meant. A module of your own exports `httpProxy({ proxy }).WSPStartup`. */
export const WSPStartup: LPWSPSTARTUP = (_version, _data, _info, UpcallTable) => {
  UpcallTable?.host.report({
    message:
      'http-proxy: there is no proxy to go by. Install a module of your own of two lines: ' +
      "import { httpProxy } from 'ws2spi/providers/layers/http-proxy'; " +
      "export const { WSPStartup } = httpProxy({ proxy: 'host:port' });",
    provider: 'http-proxy',
  });
  return WSAEPROVIDERFAILEDINIT;
};

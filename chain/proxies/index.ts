/**
 * What layers have in common whose connections go by way of a proxy.
 *
 * @module
 */
export { GatheredBytes } from './gathered-bytes.js';
export type { Handshake, HandshakeOutput, Refusal } from './handshake.js';
export { formatAddressAndPort, readProxy, shownProxy, type ProxyAddress } from './proxy-address.js';
export { createProxyStartup, type ProxyLayer } from './proxy-layer.js';
export { requestedHost, type RequestedHost } from './requested-host.js';
export { shownDestination, WayByProxy } from './way-by-proxy.js';

/**
 * What layers have in common whose connections go by way of a proxy.
 *
 * @module
 */
export { GatheredBytes } from './gathered-bytes.js';
export type { Handshake, HandshakeOutput, Refusal } from './handshake.js';
export { formatAddressAndPort, readProxy, shownProxy, type ProxyAddress } from './proxy-address.js';
export { PROXY_RULES, PROXY_TIMEOUT, type ProxyOptions } from './proxy-options.js';
export { createProxyStartup, type ProxyLayer } from './proxy-layer.js';
export { requestedHost, type RequestedHost } from './requested-host.js';
export { readSocksAddress, socksAddressLength, writeSocksAddress, type SocksAddress } from './socks-addresses.js';
export { Socks4Reply, Socks5Reply, SocksCommand, SocksMethod, SocksVersion } from './socks-numbers.js';
export { socks4Refusal, socks5Refusal, socks5ReplyOf } from './socks-replies.js';
export { shownDestination, WayByProxy } from './way-by-proxy.js';

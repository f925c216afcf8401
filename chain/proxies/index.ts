/**
 * What layers have in common whose connections go by way of a proxy.
 *
 * @module
 */
export { GatheredBytes } from './gathered-bytes.js';
export { formatAddressAndPort, readProxy, shownProxy, type ProxyAddress } from './proxy-address.js';
export { shownDestination, WayByProxy } from './way-by-proxy.js';

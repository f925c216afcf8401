/**
 * Who is where on a network, and what it brings to whom.
 *
 * @module
 */
export * from './attached.js';
export * from './bindings.js';
export * from './flows.js';
export * from './internetwork.js';
export * from './neighbourhood.js';
export * from './network.js';
export * from './packets.js';
export * from './port-space.js';
export * from './stations.js';

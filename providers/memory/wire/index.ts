/**
 * What lies between sockets: addresses, links, and what is under way.
 *
 * @module
 */
export * from './address.js';
export * from './byte-pipe.js';
export * from './carrier.js';
export * from './link.js';
export * from './message-pipe.js';
export * from './message-queue.js';
export * from './pipe-end.js';
export * from './shared-link.js';
export * from './station.js';
export * from './transit.js';
export * from './user-data.js';

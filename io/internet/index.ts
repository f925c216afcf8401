/**
 * What the cores of TCP/IP have in common: who may share an address, addresses and routes, multipoint sessions.
 *
 * @module
 */
export * from './address-sharing.js';
export * from './internet-ioctls.js';
export * from './multicast.js';
export * from './port-assignment.js';
export * from './socket-reservations.js';

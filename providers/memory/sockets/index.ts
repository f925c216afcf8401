/**
 * The kinds of socket that are attached to a network.
 *
 * @module
 */
export * from './datagram-core.js';
export * from './memory-core.js';
export * from './message-core.js';
export * from './message-protocols.js';
export * from './multipoint.js';
export * from './raw-core.js';
export * from './stream-core.js';

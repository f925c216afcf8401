/**
 * The kinds of socket that are attached to a network.
 *
 * @module
 */
export * from './datagram-core.js';
export * from './memory-core.js';
export * from './message-core.js';
export * from './message-protocols.js';
export * from './leaf-core.js';
export * from './root-core.js';
export * from './session-role.js';
export * from './raw-core.js';
export * from './stream-core.js';

/**
 * What carries bytes between Node.js and a chain: the handle of a socket, and the memory that transfers go through.
 *
 * @module
 */
export * from './chain-handle.js';
export * from './ticks.js';
export * from './transfer-buffers.js';
export * from './turn-end.js';

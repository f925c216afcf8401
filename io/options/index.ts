/**
 * The table of socket options, and the values that a socket has of them.
 *
 * @module
 */
export * from './option-row.js';
export * from './option-values.js';
export * from './table.js';

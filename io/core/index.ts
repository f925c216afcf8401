/**
 * What a core is, and what cores and their duplicates have in common.
 *
 * @module
 */
export * from './buffers.js';
export * from './callee-data.js';
export type * from './core-factory.js';
export type * from './flow-control.js';
export type * from './flow.js';
export * from './forwarding-core.js';
export * from './offers.js';
export * from './shared-core.js';
export * from './socket-core.js';
export * from './opened-as.js';
export type * from './socket-group.js';
export * from './socket-names.js';
export { familyOf } from '../../spi/socket-names.js';
export * from './states.js';

/**
 * The front of a socket, and what waits at it.
 *
 * @module
 */
export * from './backlog.js';
export * from './event-conditions.js';
export * from './flow-control.js';
export * from './front-socket.js';
export * from './group-membership.js';
export * from './network-events.js';
export * from './operation.js';
export { MissingContext } from './socket-marks.js';
export * from './socket-table.js';
export * from './socket-waits.js';
export * from './transfer-operations.js';

/**
 * Quality of service: flow specifications, the token bucket that holds senders to them, and capacity that is reserved.
 *
 * @module
 */
export * from './flow-specification.js';
export * from './group-flow.js';
export * from './paced-core.js';
export * from './reservations.js';
export * from './token-bucket.js';

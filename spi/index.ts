/**
 * The contract alone: constants, error codes, structures with their exact binary codecs, and the types of every
 * function that crosses the service provider interface. A provider can be written against this room and nothing else.
 *
 * @module
 */
export * from './data.js';
export * from './transport-provider.js';
export * from './upcalls.js';
export * from './name-space-provider.js';
export * from './name-space-provider-v2.js';
export * from './instance-host.js';
export * from './provider-registry.js';

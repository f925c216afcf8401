/**
 * The contract alone: constants, error codes, structures with their exact binary codecs, and the types of every
 * function that crosses the service provider interface. A provider can be written against this room and nothing else.
 *
 * @module
 */
export * from './address-text.js';
export * from './bytes.js';
export * from './constants/index.js';
export * from './container-keys.js';
export * from './errors.js';
export * from './extension-functions.js';
export * from './fd-set.js';
export * from './ipx-atm-address-text.js';
export * from './macros.js';
export * from './ntstatus.js';
export * from './ref.js';
export type * from './results.js';
export * from './structures/index.js';
export * from './startup.js';
export * from './transport-provider.js';
export type * from './upcalls.js';
export * from './name-space-provider.js';
export * from './direct-look-ups.js';
export * from './name-space-provider-v2.js';
export type * from './name-space-startup.js';
export type * from './clock.js';
export type * from './dispatcher-sockets.js';
export type * from './instance-host.js';
export type * from './port-reservations.js';
export * from './provider-registry.js';

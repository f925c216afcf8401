/**
 * Every I/O model, written once: blocking, non-blocking, `select`, event objects, window messages and overlapped, over a
 * small core of operations that never wait. The native provider, the memory provider and every layer that transforms data
 * supply a core, and get the thirty functions of the service provider interface.
 *
 * @module
 */
export {
  addressSlot,
  Readiness,
  type AddressSlot,
  type CoreFactory,
  type CoreNotice,
  type SocketCore,
} from './core/socket-core.js';
export { baseProviderStartup } from './base-startup.js';
export { DuplicateOffers } from './functions/duplicates.js';
export { createTransportProvider } from './provider.js';
export type { TransportProviderOptions } from './socket/socket-table.js';
export { NETWORK_EVENTS, type NetworkEventRow } from './socket/network-events.js';
export { IOCTLS, type IoctlKind, type IoctlRow } from './ioctls/table.js';
export type { LocalInterface, LocalNetwork } from './ioctls/internet.js';
export {
  foreignOptionError,
  SOCKET_OPTIONS,
  type OptionRow,
  type OptionShape,
  type SocketKind,
} from './options/table.js';

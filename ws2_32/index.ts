/**
 * The dispatcher: startup, handle table, upcalls, and the functions of the API, one file per area of the specification.
 *
 * @module
 */
export { createWs2_32 } from './create.js';
export type { InstanceEvents, InstanceInternals, Ws2_32, Ws2_32Functions, Ws2_32Options } from './instance.js';
export {
  BUILT_IN_PROVIDERS,
  CLOCK,
  NETWORK,
  PLATFORM,
  providerIdentifier,
  RANDOM,
  type ProviderFactoryModule,
  type ProviderModule,
  type ServiceLookup,
} from './loading/container.js';
export type { HostFunctions } from './api/host-functions.js';
export { INSTANCE } from '../spi/index.js';

/**
 * The dispatcher: startup, handle table, upcalls, and the functions of the API, one file per area of the specification.
 *
 * @module
 */
export {
  createWs2_32,
  type InstanceEvents,
  type InstanceInternals,
  type Ws2_32,
  type Ws2_32Functions,
  type Ws2_32Options,
} from './instance.js';
export {
  CLOCK,
  NETWORK,
  PLATFORM,
  providerIdentifier,
  RANDOM,
  type ProviderFactoryModule,
  type ProviderModule,
  type ServiceLookup,
} from './services.js';
export type { HostFunctions } from './host-functions.js';
export { INSTANCE } from '../spi/index.js';

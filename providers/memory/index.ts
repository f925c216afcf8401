/**
 * The memory provider: a TCP/IP within the process, with the semantics of the native one, driven by the instance's
 * clock and seeded generator. Tests use it wherever the operating system is not the point.
 *
 * @module
 */
import { baseProviderStartup, type CoreFactory } from '../../io/index.js';
import {
  NETWORK,
  PORT_RESERVATIONS,
  type InstanceHost,
  type ProviderModule,
  type ServiceLookup,
} from '../../spi/index.js';
import { createMemoryCoreFactory } from './core-factory.js';
import { MemoryNetwork, MemoryPortSpace } from './network/index.js';

export { createMemoryNetwork } from './create-memory-network.js';
export { Internetwork, type MemoryNetwork, type MemoryNetworkOptions, type TrafficEvent } from './network/index.js';
export type { MemoryLink } from './wire/index.js';
export { createMemoryCoreFactory } from './core-factory.js';

/**
 * Makes the provider of one instance.
 *
 * @param lookup finds services of the instance; without a network of its own the instance gets a new one
 */
export function createProvider(lookup: ServiceLookup): ProviderModule {
  const network = (lookup(NETWORK) as MemoryNetwork | undefined) ?? new MemoryNetwork({});
  const cores = (host: InstanceHost): CoreFactory => createMemoryCoreFactory(network, host, lookup(PORT_RESERVATIONS));
  return { WSPStartup: baseProviderStartup('ws2spi memory provider', cores), ports: new MemoryPortSpace(network) };
}

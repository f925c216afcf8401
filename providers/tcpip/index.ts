/**
 * The native base provider: TCP/IP by the operating system's own sockets, called through koffi.
 *
 * @module
 */
import { baseProviderStartup, type CoreFactory } from '../../io/index.js';
import { systemSockets, threadPoller, type PlatformSockets } from '../../platform/index.js';
import {
  PLATFORM,
  PORT_RESERVATIONS,
  type InstanceHost,
  type ProviderModule,
  type ServiceLookup,
} from '../../spi/index.js';
import { createTcpipCoreFactory } from './core-factory.js';
import { SystemPortSpace } from './port-space.js';

export { createTcpipCoreFactory } from './core-factory.js';

/**
 * Makes the provider of one instance.
 *
 * @param lookup finds services of the instance; without a binding of its own the instance gets the system's
 */
export function createProvider(lookup: ServiceLookup): ProviderModule {
  const platform = lookup(PLATFORM) as PlatformSockets | undefined;
  const cores = (host: InstanceHost): CoreFactory =>
    createTcpipCoreFactory(threadPoller(), platform, host, lookup(PORT_RESERVATIONS));
  const ports = new SystemPortSpace(() => platform ?? systemSockets());
  return { WSPStartup: baseProviderStartup('ws2spi TCP/IP provider', cores), ports };
}

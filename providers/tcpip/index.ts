/**
 * The native base provider: TCP/IP by the operating system's own sockets, called through koffi.
 *
 * @module
 */
import { baseProviderStartup, type CoreFactory } from '../../io/index.js';
import { threadPoller, type PlatformSockets } from '../../platform/index.js';
import type { InstanceHost, LPWSPSTARTUP } from '../../spi/index.js';
import { createTcpipCoreFactory } from './core-factory.js';

export { createTcpipCoreFactory } from './core-factory.js';

/** The service of an instance's container that holds its binding to the operating system. */
const PLATFORM = Symbol.for('ws2spi.platform');

/**
 * Makes the provider of one instance.
 *
 * @param lookup finds services of the instance; without a binding of its own the instance gets the system's
 */
export function createProvider(lookup: <T>(identifier: symbol) => T | undefined): { WSPStartup: LPWSPSTARTUP } {
  const platform = lookup<PlatformSockets>(PLATFORM);
  const cores = (host: InstanceHost): CoreFactory => createTcpipCoreFactory(threadPoller(), platform, host);
  return { WSPStartup: baseProviderStartup('ws2spi TCP/IP provider', cores) };
}

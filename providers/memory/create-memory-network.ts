import { loadPart } from '../../host/load-part.js';
import type * as Network from './network/index.js';

/**
 * Makes a network within the process, with semantics like those of Windows' TCP and UDP over loopback.
 *
 * @param options latency and jitter in milliseconds, bandwidth in bytes per second, loss as a probability, the seed of
 *   its chance, and the addresses it has
 * @returns the network, to be shared by the instances that are to reach each other
 * @throws TypeError when an address given is none
 * @throws RangeError when a number given is out of its range; it says what to give
 */
export function createMemoryNetwork(options: Network.MemoryNetworkOptions = {}): Network.MemoryNetwork {
  // Loaded here, because every program imports this function by the front door, and few call it.
  const { MemoryNetwork } = loadPart<typeof Network>(import.meta.url, './network/index.js');
  return new MemoryNetwork(options);
}

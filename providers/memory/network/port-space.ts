import type { PortProtocol, PortSpace } from '../../../spi/index.js';
import { EPHEMERAL_PORTS } from './bindings.js';
import type { MemoryNetwork } from './network.js';

/** The ports of a network, of one protocol or of both. */
export class MemoryPortSpace implements PortSpace {
  readonly #network: MemoryNetwork;
  readonly #protocol: PortProtocol;

  /**
   * Makes it.
   *
   * @param network whose ports they are
   * @param protocol that of the sockets which look for a port
   */
  constructor(network: MemoryNetwork, protocol: PortProtocol = 'tcp') {
    this.#network = network;
    this.#protocol = protocol;
  }

  #table(protocol: PortProtocol): MemoryNetwork['streams'] | MemoryNetwork['datagrams'] {
    return protocol === 'tcp' ? this.#network.streams : this.#network.datagrams;
  }

  automatic(): { readonly first: number; readonly last: number } {
    return EPHEMERAL_PORTS;
  }

  nextAutomatic(): number {
    return this.#table(this.#protocol).nextEphemeral;
  }

  leavesAlone(): boolean {
    return false;
  }

  inUse(protocol: PortProtocol, first: number, count: number): number {
    return this.#table(protocol).inUse(first, count);
  }
}

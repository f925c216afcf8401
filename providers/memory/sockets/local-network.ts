// The addresses and routes of a memory network's host.
import { addressSlot, InternetIoctls, type LocalInterface, type LocalNetwork } from '../../../io/index.js';
import { AF_INET, AF_INET6, formatIPv4, formatIPv6 } from '../../../spi/index.js';
import type { MemoryNetwork } from '../network/index.js';
import { formatEndpoint, LOOPBACK_4, LOOPBACK_6, parseEndpoint, type MemoryHost } from '../wire/index.js';

/** Any port but 0, which is no destination. */
const SOME_PORT = 1;

function textOf(host: string): string {
  const bytes = Uint8Array.from(host.match(/../g)!, (digits) => Number.parseInt(digits, 16));
  return bytes.length === 4 ? formatIPv4(bytes) : formatIPv6(bytes);
}

/** A network as one instance's sockets see it. */
class MemoryLocalNetwork implements LocalNetwork {
  constructor(
    private readonly network: MemoryNetwork,
    private readonly host: MemoryHost,
  ) {}

  interfaces(): readonly LocalInterface[] {
    return [...this.network.addresses].map((host) => {
      const family = host.length === 8 ? AF_INET : AF_INET6;
      const loopback = host === LOOPBACK_4 || host === LOOPBACK_6;
      const netmask = family === AF_INET ? (loopback ? '255.0.0.0' : '255.255.255.0') : 'ffff:ffff:ffff:ffff::';
      return { family, address: textOf(host), netmask, scope: 0, loopback };
    });
  }

  sourceFor(destination: Uint8Array): Uint8Array | number {
    const to = { ...parseEndpoint(destination), port: SOME_PORT };
    const unreachable = this.network.route(to);
    if (unreachable !== 0) return unreachable;
    const slot = addressSlot();
    formatEndpoint(this.network.sourceFor(to, 0), destination[0]!, slot);
    return slot.bytes.slice(0, slot.length);
  }

  watch(changed: () => void): () => void {
    return this.network.watchAddresses(this.host, changed);
  }
}

/** Makes the ioctls of a core about addresses and routes. */
export function internetIoctls(
  network: MemoryNetwork,
  host: MemoryHost,
  family: number,
  tell: (edges: number) => void,
): InternetIoctls {
  return new InternetIoctls(new MemoryLocalNetwork(network, host), family, tell);
}

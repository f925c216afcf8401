// Which core serves which kind of socket on a memory network.
import { leafIfAsked, type CoreFactory, type SocketCore } from '../../io/index.js';
import {
  AF_INET,
  AF_INET6,
  IPPROTO_TCP,
  IPPROTO_UDP,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_STREAM,
  WSAEAFNOSUPPORT,
  WSAEPROTONOSUPPORT,
  WSAESOCKTNOSUPPORT,
} from '../../spi/index.js';
import type { MemoryNetwork } from './network/index.js';
import { DatagramCore, RawCore, StreamCore } from './sockets/index.js';
import type { MemoryHost } from './wire/index.js';

/** The highest protocol number of IP. */
const MOST_PROTOCOL = 255;

/**
 * Makes the factory of an instance's cores on a memory network.
 *
 * @param network the network, which other instances may share
 * @param host the instance: its clock, chance, timers and deferred work
 * @returns the factory; its `createCore` yields a core, or WSAEAFNOSUPPORT for families other than AF_INET and
 *   AF_INET6, WSAESOCKTNOSUPPORT for types other than SOCK_STREAM, SOCK_DGRAM and SOCK_RAW, WSAEPROTONOSUPPORT for a
 *   protocol not the type's
 */
export function createMemoryCoreFactory(network: MemoryNetwork, host: MemoryHost): CoreFactory {
  return {
    offers: network.offers,
    createCore(af, type, protocol, _info, _g, dwFlags): SocketCore | number {
      if (af !== AF_INET && af !== AF_INET6) return WSAEAFNOSUPPORT;
      switch (type) {
        case SOCK_STREAM:
          if (protocol !== 0 && protocol !== IPPROTO_TCP) return WSAEPROTONOSUPPORT;
          return new StreamCore(network, host, af);
        case SOCK_DGRAM:
          if (protocol !== 0 && protocol !== IPPROTO_UDP) return WSAEPROTONOSUPPORT;
          return leafIfAsked(new DatagramCore(network, host, af), af, dwFlags);
        case SOCK_RAW:
          return protocol < 0 || protocol > MOST_PROTOCOL
            ? WSAEPROTONOSUPPORT
            : new RawCore(network, host, af, protocol);
        default:
          return WSAESOCKTNOSUPPORT;
      }
    },
  };
}

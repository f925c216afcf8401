// Which core serves which kind of socket on a memory network.
import { leafIfAsked, PortAssignment, type AddressForm, type CoreFactory, type SocketCore } from '../../io/index.js';
import {
  AF_ATM,
  AF_INET,
  AF_INET6,
  AF_IPX,
  formatATM,
  formatIPX,
  IPPROTO_TCP,
  IPPROTO_UDP,
  parseATM,
  parseIPX,
  SOCKADDR_ATM,
  SOCKADDR_IPX,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_STREAM,
  WSAEAFNOSUPPORT,
  WSAEINVAL,
  WSAEPROTONOSUPPORT,
  WSAESOCKTNOSUPPORT,
  type PortReservations,
} from '../../spi/index.js';
import { MemoryPortSpace, type MemoryNetwork } from './network/index.js';
import {
  DatagramCore,
  LeafCore,
  MESSAGE_PROTOCOLS,
  MessageCore,
  RawCore,
  sessionRole,
  RootCore,
  StreamCore,
} from './sockets/index.js';
import type { MemoryHost } from './wire/index.js';

const ADDRESS_FORMS: readonly AddressForm[] = [
  { family: AF_IPX, size: SOCKADDR_IPX.size, write: formatIPX, read: parseIPX },
  { family: AF_ATM, size: SOCKADDR_ATM.size, write: formatATM, read: parseATM },
];

/** The highest protocol number of IP. */
const MOST_PROTOCOL = 255;

/**
 * Makes the factory of an instance's cores on a memory network.
 *
 * @param network the network, which other instances may share
 * @param host the instance: its clock, chance, timers and deferred work
 * @param reservations the reserved ports that hold for the instance; without them none are
 * @returns the factory; its `createCore` yields a core, or WSAEAFNOSUPPORT for families other than AF_INET, AF_INET6, AF_IPX
 *   and AF_ATM, WSAESOCKTNOSUPPORT for a type that the family has not, WSAEPROTONOSUPPORT for a protocol not the type's
 */
export function createMemoryCoreFactory(
  network: MemoryNetwork,
  host: MemoryHost,
  reservations: PortReservations | null = null,
): CoreFactory {
  const ports = (protocol: 'tcp' | 'udp'): PortAssignment =>
    new PortAssignment(reservations, protocol, new MemoryPortSpace(network, protocol));
  const streamPorts = ports('tcp');
  const datagramPorts = ports('udp');
  return {
    offers: network.offers,
    addressForms: ADDRESS_FORMS,
    groups: network.groups,
    createCore(af, type, protocol, _info, _g, dwFlags): SocketCore | number {
      if (af !== AF_INET && af !== AF_INET6) return createMessageCore(network, host, af, type, protocol, dwFlags);
      switch (type) {
        case SOCK_STREAM:
          if (protocol !== 0 && protocol !== IPPROTO_TCP) return WSAEPROTONOSUPPORT;
          return following(new StreamCore(network, host, af), streamPorts);
        case SOCK_DGRAM:
          if (protocol !== 0 && protocol !== IPPROTO_UDP) return WSAEPROTONOSUPPORT;
          return leafIfAsked(following(new DatagramCore(network, host, af), datagramPorts), af, dwFlags);
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

function createMessageCore(
  network: MemoryNetwork,
  host: MemoryHost,
  af: number,
  type: number,
  protocol: number,
  dwFlags: number,
): SocketCore | number {
  const ofFamily = MESSAGE_PROTOCOLS.filter(({ family }) => family === af);
  if (ofFamily.length === 0) return WSAEAFNOSUPPORT;
  const ofType = ofFamily.filter(({ types }) => types.includes(type));
  if (ofType.length === 0) return WSAESOCKTNOSUPPORT;
  const meant = ofType.find((each) => protocol === 0 || each.protocol === protocol);
  if (meant === undefined) return WSAEPROTONOSUPPORT;
  const role = sessionRole(dwFlags);
  if (role === null) return WSAEINVAL;
  if (role === 'root') return new RootCore(network, host, meant, type);
  return role === 'leaf' ? new LeafCore(network, host, meant, type) : new MessageCore(network, host, meant, type);
}

function following<Core extends StreamCore | DatagramCore>(core: Core, ports: PortAssignment): Core {
  core.follow(ports);
  return core;
}

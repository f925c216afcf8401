// Where the front gets its cores from.
import {
  SOCK_STREAM,
  WSAEINVAL,
  type InstanceHost,
  type PortReservations,
  type WSAPROTOCOL_INFOW,
} from '../../spi/index.js';
import { leafIfAsked, PortAssignment, socketGroupsOf, type CoreFactory } from '../../io/index.js';
import { systemSockets, type OfferedSocket, type PlatformSockets, type Poller } from '../../platform/index.js';
import type { CoreSurroundings } from './descriptor-core.js';
import { offeredSocket, SocketOffers } from './duplicates.js';
import { adoptDatagram, openDatagramCore } from './open-datagram.js';
import { adoptStream, openStreamCore } from './stream-core.js';
import { SystemNetwork } from './local-network.js';
import { SystemPortSpace } from './port-space.js';

/**
 * Makes cores over the operating system's sockets.
 *
 * @param poller of this thread
 * @param platform the binding; by default that of the operating system
 * @param host the instance, whose timers look for changes of the interfaces; without it nobody does
 * @param reservations the reserved ports that hold for the sockets; without them none are
 * @throws UnsupportedPlatformError where the system has no binding and none is given
 */
export function createTcpipCoreFactory(
  poller: Poller,
  platform: PlatformSockets = systemSockets(),
  host: Pick<InstanceHost, 'clock' | 'setTimer'> | null = null,
  reservations: PortReservations | null = null,
): CoreFactory {
  const offers = new SocketOffers(platform, poller);
  const space = new SystemPortSpace(() => platform);
  const around: CoreSurroundings = {
    poller,
    sockets: platform,
    network: new SystemNetwork(platform, host),
    offers,
    streamPorts: new PortAssignment(reservations, 'tcp', space),
    datagramPorts: new PortAssignment(reservations, 'udp', space),
  };
  const groups = socketGroupsOf('tcpip');

  function takeOffered(info: WSAPROTOCOL_INFOW, offered: OfferedSocket) {
    const descriptor = platform.takeOffer(offered);
    if (descriptor < 0) return -descriptor;
    const { iAddressFamily, iSocketType, iProtocol } = info;
    return iSocketType === SOCK_STREAM
      ? adoptStream(around, descriptor, iAddressFamily, iSocketType, iProtocol)
      : adoptDatagram(around, descriptor, iAddressFamily, iSocketType, iProtocol);
  }

  return {
    groups,
    createCore(af, type, protocol, _lpProtocolInfo, _g, dwFlags) {
      if (type === SOCK_STREAM) return openStreamCore(around, af, type, protocol);
      const core = openDatagramCore(around, af, type, protocol);
      return typeof core === 'number' ? core : leafIfAsked(core, af, dwFlags);
    },
    openOffer(info, instance) {
      const found = offeredSocket(info);
      if (found === null) return WSAEINVAL;
      // Before the socket is taken: its offer may be the last that its group has.
      const stream = info.iSocketType === SOCK_STREAM;
      const member = found.group === 0 ? null : groups.enter(found.group, stream, instance);
      if (typeof member === 'number') return member;
      const opened = takeOffered(info, found.offered);
      if (typeof opened !== 'number') return { ...opened, group: member };
      member?.leave();
      return opened;
    },
    close: () => offers.close(),
  };
}

// Whether tests can have raw sockets of the system.
import { AF_INET, INVALID_SOCKET, IPPROTO_ICMP, SOCK_RAW } from 'ws2spi';
import { World } from './providers.js';

/** Whether the system lets this process have raw sockets. */
export const rawSocketsPermitted = ((): boolean => {
  const world = new World('tcpip');
  const s = world.ws2.socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
  if (s !== INVALID_SOCKET) world.ws2.closesocket(s);
  world.abandon();
  return s !== INVALID_SOCKET;
})();
if (!rawSocketsPermitted)
  process.emitWarning('Tests of native raw sockets are skipped: this process may not have any (CAP_NET_RAW).');

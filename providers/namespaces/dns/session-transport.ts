// The resolver's transport over what a name space is handed: so no question takes a way that the traffic does not take.
import { randomFillSync } from 'node:crypto';
import {
  AF_INET,
  sockaddr_in,
  sockaddr_in6,
  WSAEADDRINUSE,
  WSAEACCES,
  WSAECONNRESET,
  WSAENETUNREACH,
  type DeferredWork,
  type RandomSource,
  type Timer,
} from '../../../spi/index.js';
import type { NameSpaceSession } from '../../../name-space/index.js';
import type { ServerAddress } from './server-address.js';
import type { DnsSocket, DnsTransport, TransportUser } from './transport.js';

/** Ports that are tried before the system chooses one. */
const TRIES = 8;
/** From here on up ports are free to use for a while. */
const FIRST_PORT = 0x8000;
/** Where sockets are bound to; the port is written for each, and read within the call. */
const ANY_FOUR = sockaddr_in('0.0.0.0', 0);
const ANY_SIX = sockaddr_in6('::', 0);

/** Sockets, time and chance of an instance. */
export class SessionTransport implements DnsTransport {
  readonly random16: () => number;

  constructor(private readonly session: NameSpaceSession) {
    this.random16 = random16From(session.random);
  }

  now(): number {
    return this.session.now();
  }

  setTimer(when: number, callback: () => void): Timer {
    const { clock } = this.session.host;
    return this.session.setTimer(Math.max(0, when - clock.now()), callback);
  }

  defer(work: DeferredWork): void {
    this.session.host.defer(work);
  }

  openDatagrams(server: ServerAddress, user: TransportUser): DnsSocket | number {
    const { session } = this;
    const socket = session.openDatagram({
      family: server.family,
      lends: true,
      received: (bytes, from) => {
        // It is connected, so this is what a layer would have to get wrong.
        if (isSameAddress(from, server.sockaddr)) user.received(bytes);
      },
      failed: (error) => user.failed(error),
    });
    if (socket.isClosed) return WSAENETUNREACH;
    for (let tries = 0; tries < TRIES; tries++) {
      const error = this.#bind(socket.handle, server.family);
      if (error === 0) break;
      if (error === WSAEADDRINUSE || error === WSAEACCES) continue;
      socket.close();
      return error;
    }
    const error = socket.connect(server.sockaddr);
    if (error !== 0) {
      socket.close();
      return error;
    }
    return socket;
  }

  openStream(server: ServerAddress, user: TransportUser): DnsSocket | number {
    const socket = this.session.openStream({
      address: server.sockaddr,
      connected: () => user.connected?.(),
      received: (bytes) => user.received(bytes),
      ended: () => user.failed(WSAECONNRESET),
      failed: (error) => user.failed(error),
    });
    return socket.isClosed ? WSAENETUNREACH : socket;
  }

  #bind(s: number, family: number): number {
    const port = FIRST_PORT | this.random16();
    const name = family === AF_INET ? ANY_FOUR : ANY_SIX;
    name[2] = port >> 8;
    name[3] = port & 0xff;
    const { host } = this.session;
    const before = host.lastError();
    const error = host.sockets.bind(s, name, name.length) === 0 ? 0 : host.lastError();
    host.setLastError(before);
    return error;
  }
}

/** Family, port and address of a SOCKADDR; a scope may be filled in on the way. */
function isSameAddress(from: Uint8Array, to: Uint8Array): boolean {
  const [first, end] = to[0] === AF_INET ? [4, 8] : [8, 24];
  if (from[0] !== to[0] || from[2] !== to[2] || from[3] !== to[3]) return false;
  for (let at = first; at < end; at++) if (from[at] !== to[at]) return false;
  return true;
}

/** What nobody may guess: from the system, or where a run is to be repeated, from the instance's generator. */
function random16From(random: RandomSource): () => number {
  if (random.isUnrepeatable !== true) return () => (random.next() * 0x10000) & 0xffff;
  const pool = new Uint16Array(2048);
  let next = pool.length;
  return () => {
    if (next === pool.length) {
      randomFillSync(pool);
      next = 0;
    }
    return pool[next++]!;
  };
}

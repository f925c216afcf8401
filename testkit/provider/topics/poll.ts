// WSAPoll (measured behaviour 23, 40).
import {
  INSTANCE,
  AF_INET6,
  MSG_OOB,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLNVAL,
  POLLRDBAND,
  POLLRDNORM,
  POLLWRNORM,
  SD_RECEIVE,
  SD_SEND,
  SO_OOBINLINE,
  SOL_SOCKET,
  WSAECONNREFUSED,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOTSOCK,
  WSAEWOULDBLOCK,
  type WSAPOLLFD,
} from '../../../index.js';
import { expect } from '../expectation.js';
import { loopback } from '../names-and-buffers.js';
import type { ProviderWorld } from '../provider-world.js';
import { topic } from '../suite.js';

const ALL = POLLRDNORM | POLLRDBAND | POLLWRNORM;
const ABORT = Uint8Array.of(1, 0, 0, 0);

/** What holds of one socket now. */
function poll(world: ProviderWorld, s: number, events = ALL, timeout = 0): number {
  const entry: WSAPOLLFD = { fd: s, events, revents: 0xaaaa };
  const count = world.count(world.ws2.WSAPoll([entry], 1, timeout));
  expect(count).toBe(entry.revents === 0 ? 0 : 1);
  return entry.revents;
}

function untilPoll(world: ProviderWorld, s: number, wanted: number): void {
  world.until(() => poll(world, s) === wanted);
}

/** What programs rely on: WSAPoll. */
export const wsaPoll = topic('WSAPoll', [], (on) => {
  // 23.4
  on.it('tells of a listener that a connection waits', (world) => {
    const { s: listener, name } = world.listener();
    expect(poll(world, listener)).toBe(0);
    expect(world.connect(world.streamSocket(), name)).toBe(0);
    expect(poll(world, listener, ALL, 5000)).toBe(POLLRDNORM);
    expect(poll(world, listener)).toBe(POLLRDNORM);
    expect(poll(world, listener, POLLRDBAND | POLLWRNORM)).toBe(0);
    world.accept(listener);
    expect(poll(world, listener)).toBe(0);
  });

  on.it('tells of a connection what can be done', (world) => {
    const { client, server } = world.connectedPair();
    expect([poll(world, client), poll(world, server)]).toEqual([POLLWRNORM, POLLWRNORM]);
    world.send(client, 'data');
    untilPoll(world, server, POLLWRNORM | POLLRDNORM);
    expect(poll(world, server, POLLIN)).toBe(POLLRDNORM);
    expect(world.receive(server, 2)).toBe('da');
    expect(poll(world, server)).toBe(POLLWRNORM | POLLRDNORM);
    expect(world.receive(server)).toBe('ta');
    expect(poll(world, server)).toBe(POLLWRNORM);
  });

  // 23.4
  on.needs('urgent data').it('tells of out-of-band data by its own bit, and in line by the ordinary one', (world) => {
    const { client, server } = world.connectedPair();
    world.send(client, '!', MSG_OOB);
    untilPoll(world, server, POLLWRNORM | POLLRDBAND);
    expect(world.receive(server, 1, MSG_OOB)).toBe('!');
    expect(poll(world, server)).toBe(POLLWRNORM);
    world.ws2.setsockopt(server, SOL_SOCKET, SO_OOBINLINE, Uint8Array.of(1, 0, 0, 0), 4);
    world.send(client, '!', MSG_OOB);
    untilPoll(world, server, POLLWRNORM | POLLRDNORM);
    world.receive(server);
  });

  // 23.5
  on.it("tells of the peer's end whether asked or not, and of data that is left", (world) => {
    const { ws2 } = world;
    const { client, server } = world.connectedPair();
    ws2.shutdown(server, SD_RECEIVE);
    expect(poll(world, server)).toBe(POLLWRNORM);
    world.send(server, 'left');
    untilPoll(world, client, POLLWRNORM | POLLRDNORM);
    ws2.shutdown(server, SD_SEND);
    untilPoll(world, client, POLLWRNORM | POLLRDNORM | POLLHUP);
    expect(world.receiveAll(client, 4)).toBe('left');
    expect(poll(world, client)).toBe(POLLWRNORM | POLLHUP);
    expect(poll(world, client, 0)).toBe(POLLHUP);
  });

  // 40
  on.needs('resets').it('tells of a reset', (world) => {
    const { ws2 } = world;
    const { client, server } = world.connectedPair();
    ws2.setsockopt(server, SOL_SOCKET, 0x80, ABORT, 4);
    ws2.closesocket(server);
    untilPoll(world, client, POLLERR | POLLHUP | POLLWRNORM);
  });

  // 23.7
  on.it('tells of a connect that failed', (world) => {
    const s = world.streamSocket();
    world.nonBlocking(s);
    expect(poll(world, s)).toBe(0);
    const refused = world.connect(s, world.closedName());
    expect([WSAEWOULDBLOCK, WSAECONNREFUSED]).toContain(refused);
    untilPoll(world, s, POLLWRNORM | POLLHUP | POLLERR);
    const blocking = world.streamSocket();
    expect(world.connect(blocking, world.closedName())).toBe(WSAECONNREFUSED);
    expect(poll(world, blocking)).toBe(POLLWRNORM | POLLHUP | POLLERR);
  });

  on.it('waits until something happens, and no longer than it may', (world) => {
    const { client, server } = world.connectedPair();
    const before = world.now();
    expect(poll(world, server, POLLRDNORM, 50)).toBe(0);
    expect(world.now() - before).toBeGreaterThanOrEqual(49);
    const { host } = world.ws2;
    world.ws2.host.QueueUserAPC(() => void world.send(client, 'now'), null);
    // The wait is alertable: the procedure runs in it, and what it sends ends it.
    expect(poll(world, server, POLLRDNORM, -1)).toBe(POLLRDNORM);
    expect(host.SleepEx(0, true)).toBe(0);
  });

  // 23.3
  on.it('passes over what is not a socket, and counts only what something holds of', (world) => {
    const { ws2 } = world;
    const { client } = world.connectedPair();
    const entries: WSAPOLLFD[] = [
      { fd: -1, events: 0xffff, revents: 0 },
      { fd: client, events: POLLWRNORM, revents: 0 },
      { fd: 0xabacab, events: POLLIN, revents: 0 },
    ];
    expect(ws2.WSAPoll(entries, 3, 0)).toBe(1);
    expect(ws2.WSAGetLastError()).toBe(0);
    expect(entries.map(({ revents }) => revents)).toEqual([POLLNVAL, POLLWRNORM, POLLNVAL]);
    const none = entries.filter(({ fd }) => fd !== client);
    none.forEach((entry) => (entry.revents = 0));
    expect(world.code(ws2.WSAPoll(none, 2, 0))).toBe(WSAENOTSOCK);
    expect(none.map(({ revents }) => revents)).toEqual([POLLNVAL, POLLNVAL]);
  });

  // 23.1, 23.2, 23.3
  on.it('refuses events that cannot be asked for', (world) => {
    const { s: listener } = world.listener();
    for (const bit of [POLLERR, POLLHUP, POLLNVAL, 0x400, 0x20, 0x8, 0x40, 0x80, 0x800, 0x1000, 0x8000]) {
      const entries = [
        { fd: listener, events: POLLIN, revents: 7 },
        { fd: 0xabacab, events: bit, revents: 7 },
      ];
      expect(world.code(world.ws2.WSAPoll(entries, 2, 0)), bit.toString(16)).toBe(WSAEINVAL);
      expect(entries.map(({ revents }) => revents)).toEqual([0, 0]);
    }
    expect(world.code(world.ws2.WSAPoll(null, 0, 0))).toBe(WSAEINVAL);
    expect(world.code(world.ws2.WSAPoll(null, 1, 0))).toBe(WSAEFAULT);
    expect(world.code(world.ws2.WSAPoll([], 1, 0))).toBe(WSAEFAULT);
  });

  // 23.6
  on.needs('several families').it('tells of a socket of another chain that is closed while it waits', (world) => {
    const { ws2 } = world;
    const { s: first } = world.listener();
    const { s: second } = world.listener(AF_INET6);
    const entries = [first, second].map((fd) => ({ fd, events: POLLRDNORM, revents: 0 }));
    world.ws2[INSTANCE].providerHost.setTimer(world.now() + 20, () => void ws2.closesocket(second));
    expect(ws2.WSAPoll(entries, 2, 5000)).toBe(1);
    expect(entries.map(({ revents }) => revents)).toEqual([0, POLLNVAL]);
  });

  on.needs('several families').it('tells of a socket of another chain that is closed as it begins', (world) => {
    const { ws2 } = world;
    const { s: first } = world.listener();
    const { s: second } = world.listener(AF_INET6);
    const entries = [first, second].map((fd) => ({ fd, events: POLLRDNORM, revents: 0 }));
    // Due by the time that the first chain is asked, and before the other is.
    world.ws2[INSTANCE].providerHost.setTimer(world.now() - 1, () => void ws2.closesocket(second));
    expect(ws2.WSAPoll(entries, 2, 5000)).toBe(1);
    expect(entries.map(({ revents }) => revents)).toEqual([0, POLLNVAL]);
  });

  // 23.6
  on.it('tells of a socket that is closed while it waits', (world) => {
    const { server } = world.connectedPair();
    world.ws2.host.QueueUserAPC(() => void world.ws2.closesocket(server), null);
    const entry = { fd: server, events: POLLRDNORM, revents: 0 };
    expect(world.ws2.WSAPoll([entry], 1, 5000)).toBe(1);
    expect(entry.revents).toBe(POLLNVAL);
  });
});

/** What programs rely on: WSAPoll on datagram sockets. */
export const wsaPollOnDatagramSockets = topic(
  'WSAPoll on datagram sockets',
  ['datagrams', 'internet addresses'],
  (on) => {
    // 23.8
    on.it('tells what can be done, bound or not', (world) => {
      const { ws2 } = world;
      const s = world.datagramSocket();
      expect(poll(world, s)).toBe(POLLWRNORM);
      ws2.bind(s, loopback(), 16);
      expect(poll(world, s)).toBe(POLLWRNORM);
      const name = world.nameOf(s);
      ws2.sendto(world.datagramSocket(), Buffer.from('x'), 1, 0, name, 16);
      untilPoll(world, s, POLLWRNORM | POLLRDNORM);
    });

    on.it('looks at sockets of several chains at once', (world) => {
      const { ws2 } = world;
      const { client, server } = world.connectedPair();
      const { s, name } = world.boundDatagram();
      const entries = [server, s].map((fd) => ({ fd, events: POLLRDNORM, revents: 0 }));
      expect(ws2.WSAPoll(entries, 2, 0)).toBe(0);
      world.send(client, 'x');
      expect(ws2.WSAPoll(entries, 2, 5000)).toBe(1);
      expect(entries.map(({ revents }) => revents)).toEqual([POLLRDNORM, 0]);
      ws2.sendto(s, Buffer.from('x'), 1, 0, name, 16);
      world.until(() => ws2.WSAPoll(entries, 2, 0) === 2);
      expect(ws2.WSAPoll(entries, 2, 0)).toBe(2);
    });
  },
);

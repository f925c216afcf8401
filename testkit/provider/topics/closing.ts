// What programs rely on: shutdown and closesocket.
import {
  FD_CLOSE,
  FD_READ,
  LINGER,
  ref,
  SD_BOTH,
  SD_RECEIVE,
  SD_SEND,
  SO_DONTLINGER,
  SO_ERROR,
  SO_LINGER,
  SOL_SOCKET,
  WSAECONNABORTED,
  WSAECONNRESET,
  WSAEINVAL,
  WSAENOPROTOOPT,
  WSAENOTCONN,
  WSAENOTSOCK,
  WSAESHUTDOWN,
  WSAEWOULDBLOCK,
} from '../../../index.js';
import { expect } from '../expectation.js';
import { buffer, noise } from '../names-and-buffers.js';
import type { ProviderWorld } from '../provider-world.js';
import { topic } from '../suite.js';

function linger(world: ProviderWorld, s: number, on: number, seconds: number): void {
  const value = LINGER.encode({ l_onoff: on, l_linger: seconds });
  expect(world.code(world.ws2.setsockopt(s, SOL_SOCKET, SO_LINGER, value, value.length))).toBe(0);
}

/** Sends without waiting until there is no room. */
function fill(world: ProviderWorld, s: number): number {
  world.nonBlocking(s);
  const piece = noise(100_000);
  for (let sent = 0; ;) {
    const taken = world.count(world.ws2.send(s, piece, piece.length, 0));
    if (taken < 0) {
      world.nonBlocking(s, 0);
      return sent;
    }
    sent += taken;
  }
}

/** Reads to the end: how many bytes came, and what came after them. */
function drain(world: ProviderWorld, s: number): [number, number] {
  const room = new Uint8Array(200_000);
  for (let total = 0; ;) {
    const got = world.count(world.ws2.recv(s, room, room.length, 0));
    if (got <= 0) return [total, got];
    total += got;
  }
}

/** What programs rely on: shutdown. */
export const shutdown = topic('shutdown', [], (on) => {
  on.it('ends one direction, and leaves the other', (world) => {
    const { client, server } = world.connectedPair();
    world.send(client, 'request');
    expect(world.ws2.shutdown(client, SD_SEND)).toBe(0);
    expect(world.receiveAll(server, 7)).toBe('request');
    expect(world.receive(server)).toBe('');
    expect(world.receive(server)).toBe('');
    expect(world.send(server, 'answer')).toBe(6);
    expect(world.receiveAll(client, 6)).toBe('answer');
    expect(world.send(client, 'x')).toBe(-WSAESHUTDOWN);
    expect(world.ws2.shutdown(server, SD_SEND)).toBe(0);
    expect(world.receive(client)).toBe('');
  });

  on.it('of receiving fails receives, and leaves sending', (world) => {
    const { client, server } = world.connectedPair();
    expect(world.ws2.shutdown(client, SD_RECEIVE)).toBe(0);
    expect(world.receive(client)).toBe(-WSAESHUTDOWN);
    expect(world.send(client, 'still')).toBe(5);
    expect(world.receiveAll(server, 5)).toBe('still');
  });

  on.it('of both directions fails both', (world) => {
    const { client, server } = world.connectedPair();
    expect(world.ws2.shutdown(client, SD_BOTH)).toBe(0);
    expect([world.send(client, 'x'), world.receive(client)]).toEqual([-WSAESHUTDOWN, -WSAESHUTDOWN]);
    expect(world.receive(server)).toBe('');
  });

  on.it('may be repeated, and wants a connection and a direction', (world) => {
    const { client } = world.connectedPair();
    expect([1, 2].map(() => world.code(world.ws2.shutdown(client, SD_SEND)))).toEqual([0, 0]);
    expect(world.code(world.ws2.shutdown(client, 3))).toBe(WSAEINVAL);
    expect(world.code(world.ws2.shutdown(client, -1))).toBe(WSAEINVAL);
    expect(world.code(world.ws2.shutdown(world.streamSocket(), SD_SEND))).toBe(WSAENOTCONN);
  });

  on.it('delivers everything that was sent before it', (world) => {
    const { client, server } = world.connectedPair();
    const sent = fill(world, client);
    expect(world.ws2.shutdown(client, SD_SEND)).toBe(0);
    expect(drain(world, server)).toEqual([sent, 0]);
  });

  on.it('is what WSASendDisconnect and WSARecvDisconnect do, without data', (world) => {
    const { client, server } = world.connectedPair();
    expect(world.code(world.ws2.WSASendDisconnect(client, buffer('bye')))).toBe(WSAENOPROTOOPT);
    expect(world.code(world.ws2.WSARecvDisconnect(client, buffer(9)))).toBe(WSAENOPROTOOPT);
    expect(world.ws2.WSASendDisconnect(client, null)).toBe(0);
    expect(world.receive(server)).toBe('');
    expect(world.send(client, 'x')).toBe(-WSAESHUTDOWN);
    expect(world.ws2.WSARecvDisconnect(client, null)).toBe(0);
    expect(world.receive(client)).toBe(-WSAESHUTDOWN);
    expect(world.code(world.ws2.WSASendDisconnect(world.streamSocket(), null))).toBe(WSAENOTCONN);
  });
});

/** What programs rely on: closesocket. */
export const closesocket = topic('closesocket', [], (on) => {
  on.it('ends the handle, and the stream with grace', (world) => {
    const { client, server } = world.connectedPair();
    world.send(client, 'last');
    expect(world.ws2.closesocket(client)).toBe(0);
    expect(world.code(world.ws2.closesocket(client))).toBe(WSAENOTSOCK);
    expect(world.send(client, 'x')).toBe(-WSAENOTSOCK);
    expect(world.receiveAll(server, 4)).toBe('last');
    expect(world.receive(server)).toBe('');
  });

  on.it('still delivers what had not gone yet', (world) => {
    const { client, server } = world.connectedPair();
    const sent = fill(world, client);
    const before = world.now();
    expect(world.ws2.closesocket(client)).toBe(0);
    expect(world.now() - before).toBeLessThan(1000);
    expect(drain(world, server)).toEqual([sent, 0]);
  });

  on.needs('resets').it('resets when told to linger for no time', (world) => {
    const { client, server } = world.connectedPair();
    linger(world, client, 1, 0);
    expect(world.ws2.closesocket(client)).toBe(0);
    expect(world.receive(server)).toBe(-WSAECONNRESET);
    expect(world.receive(server)).toBe(-WSAECONNRESET);
    expect(world.send(server, 'x')).toBe(-WSAECONNRESET);
    const value = new Uint8Array(4);
    expect(world.ws2.getsockopt(server, SOL_SOCKET, SO_ERROR, value, ref(4))).toBe(0);
    expect([...value]).toEqual([0, 0, 0, 0]);
    const sets = [1, 2, 3].map(() => ({ fd_count: 1, fd_array: [server] }));
    expect(world.ws2.select(0, sets[0]!, sets[1]!, sets[2]!, { tv_sec: 0, tv_usec: 0 })).toBe(2);
    expect(sets.map(({ fd_count }) => fd_count)).toEqual([1, 1, 0]);
  });

  on.needs('resets').it('resets when data is left unread', (world) => {
    const { client, server } = world.connectedPair();
    world.send(client, 'never read');
    world.settle();
    world.ws2.closesocket(server);
    expect(world.receive(client)).toBe(-WSAECONNRESET);
  });

  on.it('waits for its data to be taken when told to linger', (world) => {
    const { client, server } = world.connectedPair();
    linger(world, client, 1, 10);
    world.send(client, 'taken in time');
    expect(world.ws2.closesocket(client)).toBe(0);
    expect(world.receiveAll(server, 13)).toBe('taken in time');
    expect(world.receive(server)).toBe('');
  });

  on.needs('virtual time', 'resets').it('resets once the time to linger is over', (world) => {
    const { client, server } = world.connectedPair();
    while (fill(world, client) > 0) world.settle();
    linger(world, client, 1, 2);
    const before = world.now();
    expect(world.ws2.closesocket(client)).toBe(0);
    expect(world.now() - before).toBe(2000);
    expect(drain(world, server)[1]).toBe(-WSAECONNRESET);
  });

  on.needs('waiting for the peer').it(
    'would block on a non-blocking socket that is to linger, and leaves it open',
    (world) => {
      const { client, server } = world.connectedPair();
      const sent = fill(world, client);
      world.nonBlocking(client);
      linger(world, client, 1, 10);
      expect(world.code(world.ws2.closesocket(client))).toBe(WSAEWOULDBLOCK);
      linger(world, client, 0, 0);
      expect(world.ws2.closesocket(client)).toBe(0);
      expect(drain(world, server)).toEqual([sent, 0]);
    },
  );

  on.it('does not wait with SO_DONTLINGER', (world) => {
    const { client, server } = world.connectedPair();
    const sent = fill(world, client);
    linger(world, client, 1, 10);
    expect(world.ws2.setsockopt(client, SOL_SOCKET, SO_DONTLINGER, Uint8Array.of(1, 0, 0, 0), 4)).toBe(0);
    const before = world.now();
    expect(world.ws2.closesocket(client)).toBe(0);
    expect(world.now() - before).toBeLessThan(1000);
    expect(drain(world, server)).toEqual([sent, 0]);
  });

  on.needs('resets').it('of a listener resets those who wait to be accepted, and refuses those who come', (world) => {
    const { s: listener, name } = world.listener();
    const waiting = world.streamSocket();
    expect(world.connect(waiting, name)).toBe(0);
    world.settle();
    world.ws2.closesocket(listener);
    expect(world.receive(waiting)).toBe(-WSAECONNRESET);
    expect(world.connect(world.streamSocket(), name)).not.toBe(0);
  });

  on.needs('resets').it('tells an ending with grace from a reset in FD_CLOSE', (world) => {
    const graceful = world.connectedPair();
    world.eventSelect(graceful.server, world.event(), FD_CLOSE | FD_READ);
    world.ws2.closesocket(graceful.client);
    world.until(
      () =>
        world.ws2.select(0, { fd_count: 1, fd_array: [graceful.server] }, null, null, { tv_sec: 0, tv_usec: 0 }) === 1,
    );
    expect(world.networkEvents(graceful.server)).toEqual({ CLOSE: 0 });
    const abortive = world.connectedPair();
    world.eventSelect(abortive.server, world.event(), FD_CLOSE | FD_READ);
    linger(world, abortive.client, 1, 0);
    world.ws2.closesocket(abortive.client);
    world.until(
      () =>
        world.ws2.select(0, { fd_count: 1, fd_array: [abortive.server] }, null, null, { tv_sec: 0, tv_usec: 0 }) === 1,
    );
    expect(world.networkEvents(abortive.server)).toEqual({ CLOSE: WSAECONNRESET });
  });

  on.needs('resets').it('is noticed by a peer that sends on', (world) => {
    const { client, server } = world.connectedPair();
    world.ws2.closesocket(server);
    const results = new Set<number>();
    for (let i = 0; i < 20; i++) {
      results.add(world.send(client, 'anybody?'));
      world.settle();
    }
    expect(results.has(-WSAECONNRESET) || results.has(-WSAECONNABORTED)).toBe(true);
  });
});

/** What programs rely on: shutdown of a datagram socket. */
export const shutdownOfADatagramSocket = topic(
  'shutdown of a datagram socket',
  ['datagrams', 'internet addresses'],
  (on) => {
    on.it('wants no peer', (world) => {
      const s = world.datagramSocket();
      const { name } = world.boundDatagram();
      expect(world.code(world.ws2.shutdown(s, SD_SEND))).toBe(0);
      expect(world.code(world.ws2.sendto(s, Buffer.from('x'), 1, 0, name, name.length))).toBe(WSAESHUTDOWN);
    });

    on.it('fails sends or receives to and from a peer', (world) => {
      const s = world.datagramSocket();
      const { name } = world.boundDatagram();
      expect(world.connect(s, name)).toBe(0);
      expect(world.send(s, 'x')).toBe(1);
      expect(world.ws2.shutdown(s, SD_SEND)).toBe(0);
      expect(world.send(s, 'x')).toBe(-WSAESHUTDOWN);
      expect(world.ws2.shutdown(s, SD_RECEIVE)).toBe(0);
      expect(world.receive(s)).toBe(-WSAESHUTDOWN);
    });
  },
);

// Expedited data: blocks that overtake messages, and have no place among them.
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import {
  FD_OOB,
  FD_READ,
  MSG_OOB,
  MSG_PARTIAL,
  MSG_PEEK,
  ref,
  SIOCATMARK,
  SO_OOBINLINE,
  SOL_SOCKET,
  WSA_IO_PENDING,
  WSAECONNRESET,
  WSAEDISCON,
  WSAEMSGSIZE,
  WSAENOBUFS,
  WSAENOPROTOOPT,
  WSAESHUTDOWN,
  WSAEWOULDBLOCK,
  WSAOVERLAPPED,
} from 'ws2spi';
import {
  ATM,
  MESSAGE_KINDS,
  MessageWorld,
  PSEUDO_STREAM,
  room,
  SPX,
  textOf,
} from '../../../../support/message-sockets.js';

let world: MessageWorld;
beforeEach(() => {
  world = new MessageWorld();
});
afterEach(() => world[Symbol.dispose]());

function atMark(s: number): boolean {
  const mark = ref(0);
  expect(world.code(world.ws2.ioctlsocket(s, SIOCATMARK, mark))).toBe(0);
  return mark.value !== 0;
}

describe.each(MESSAGE_KINDS)('expedited data over $title', (kind) => {
  it('is received by MSG_OOB before messages that were sent before it, which it is never part of', () => {
    const { client, server } = world.connected(kind);
    world.send(client, 'normal');
    expect(world.send(client, 'urgent', MSG_OOB)).toBe(6);
    expect(world.receive(server, 100, MSG_OOB)).toEqual(['urgent', 0]);
    expect(world.receive(server)).toEqual(['normal', 0]);
  });

  it('comes in blocks, one at a time, and can be looked at', () => {
    const { client, server } = world.connected(kind);
    world.send(client, 'one', MSG_OOB);
    world.send(client, 'two', MSG_OOB);
    expect(world.receive(server, 100, MSG_OOB | MSG_PEEK)).toEqual(['one', 0]);
    expect(world.receive(server, 100, MSG_OOB)).toEqual(['one', 0]);
    expect(world.receive(server, 100, MSG_OOB)).toEqual(['two', 0]);
    world.nonBlocking(server);
    expect(world.receive(server, 100, MSG_OOB)).toBe(-WSAEWOULDBLOCK);
  });

  it('is waited for by a receive that blocks, and by an overlapped one', () => {
    const { client, server } = world.connected(kind);
    const [overlapped, bytes, flags, into] = [new WSAOVERLAPPED(), ref(0), ref(MSG_OOB), room(10)];
    overlapped.hEvent = world.ws2.WSACreateEvent();
    expect(world.code(world.ws2.WSARecv(server, [into], 1, bytes, flags, overlapped, null))).toBe(WSA_IO_PENDING);
    world.send(client, 'normal');
    world.send(client, 'now', MSG_OOB);
    expect(world.ws2.WSAGetOverlappedResult(server, overlapped, bytes, true, flags)).toBe(true);
    expect(textOf({ len: bytes.value, buf: into.buf })).toBe('now');
  });

  it('is told by FD_OOB, by exceptfds and by SIOCATMARK, and not as normal data', () => {
    const { client, server } = world.connected(kind);
    expect(atMark(server)).toBe(true);
    const [event, events] = [world.ws2.WSACreateEvent(), { lNetworkEvents: 0 }];
    world.ws2.WSAEventSelect(server, event, FD_OOB | FD_READ);
    world.send(client, '!', MSG_OOB);
    expect(world.ws2.WSAWaitForMultipleEvents(1, [event], true, 10, false)).toBe(0);
    world.ws2.WSAEnumNetworkEvents(server, event, events);
    expect(events.lNetworkEvents).toBe(FD_OOB);
    const [read, except] = [1, 1].map(() => ({ fd_count: 1, fd_array: [server] }));
    expect(world.ws2.select(0, read!, null, except!, { tv_sec: 0, tv_usec: 0 })).toBe(1);
    expect([read!.fd_count, except!.fd_count, atMark(server)]).toEqual([0, 1, false]);
    world.receive(server, 10, MSG_OOB);
    expect(atMark(server)).toBe(true);
  });

  it('has a length that a block may have, beyond which it is WSAEMSGSIZE', () => {
    const { client, server } = world.connected(kind);
    expect(world.send(client, 'x'.repeat(17), MSG_OOB)).toBe(-WSAEMSGSIZE);
    expect(world.send(client, 'x'.repeat(16), MSG_OOB)).toBe(16);
    expect(world.receive(server, 100, MSG_OOB)).toEqual(['x'.repeat(16), 0]);
  });

  it('is kept in a number that is bounded: WSAENOBUFS, until some was read', () => {
    const { client, server } = world.connected(kind);
    let sent = 0;
    while (world.send(client, 'x', MSG_OOB) === 1 && sent < 1000) sent++;
    expect(sent).toBe(16);
    expect(world.send(client, 'x', MSG_OOB)).toBe(-WSAENOBUFS);
    world.receive(server, 1, MSG_OOB);
    expect(world.send(client, 'x', MSG_OOB)).toBe(1);
  });

  it('has no place among the messages: SO_OOBINLINE is refused', () => {
    const s = world.socket(kind);
    const on = Uint8Array.of(1, 0, 0, 0);
    expect(world.code(world.ws2.setsockopt(s, SOL_SOCKET, SO_OOBINLINE, on, 4))).toBe(WSAENOPROTOOPT);
  });

  it('is not sent behind an end', () => {
    const { client } = world.connected(kind);
    world.ws2.shutdown(client, 1);
    expect(world.send(client, 'x', MSG_OOB)).toBe(-WSAESHUTDOWN);
  });
});

test('an expedited block that is longer than the buffer comes in parts', () => {
  for (const [kind, part] of [
    [SPX, MSG_PARTIAL],
    [ATM, MSG_PARTIAL],
    [PSEUDO_STREAM, 0],
  ] as const) {
    const { client, server } = world.connected(kind);
    world.send(client, 'abc', MSG_OOB);
    expect(world.receive(server, 2, MSG_OOB)).toEqual(['ab', part]);
    expect(world.receive(server, 2, MSG_OOB)).toEqual(['c', 0]);
  }
});

test('expedited data overtakes messages that are still under way', () => {
  using slow = new MessageWorld({ bandwidth: 1000, latency: 10, seed: 1 });
  const { client, server } = slow.connected(SPX);
  slow.send(client, 'm'.repeat(2000));
  slow.send(client, 'stop', MSG_OOB);
  const begin = slow.clock.now();
  expect(slow.receive(server, 10, MSG_OOB)).toEqual(['stop', 0]);
  expect(slow.clock.now() - begin).toBeLessThan(100);
  expect(slow.receive(server, 4000)).toEqual(['m'.repeat(2000), 0]);
  expect(slow.clock.now() - begin).toBeGreaterThan(1900);
});

test('who waits for expedited data is told of the end', () => {
  const spx = world.connected(SPX);
  world.ws2.closesocket(spx.client);
  expect(world.receive(spx.server, 10, MSG_OOB)).toBe(-WSAEDISCON);
  const atm = world.connected(ATM);
  world.ws2.closesocket(atm.client);
  expect(world.receive(atm.server, 10, MSG_OOB)).toBe(-WSAECONNRESET);
});

// What programs rely on: WSAEventSelect, on data.
import {
  FD_ALL_EVENTS,
  FD_CLOSE,
  FD_OOB,
  FD_READ,
  FD_WRITE,
  LINGER,
  MSG_OOB,
  ref,
  SD_SEND,
  SO_LINGER,
  SOL_SOCKET,
  WSA_IO_PENDING,
  WSAECONNRESET,
  WSAENOTSOCK,
  WSAEWOULDBLOCK,
  WSAOVERLAPPED,
} from '../../../index.js';
import { expect } from '../expectation.js';
import { buffer, noise } from '../names-and-buffers.js';
import type { ProviderWorld } from '../provider-world.js';
import { topic } from '../suite.js';

/** A connection whose server side records its events of data. */
function watchedServer(world: ProviderWorld, mask = FD_READ | FD_OOB | FD_CLOSE) {
  const pair = world.connectedPair();
  const event = world.event();
  expect(world.eventSelect(pair.server, event, mask)).toBe(0);
  return { ...pair, event };
}

/** What programs rely on: WSAEventSelect, on what is sent and received. */
export const wsaEventSelectOnData = topic('WSAEventSelect on data', [], (on) => {
  on.it('records FD_WRITE again only after a send that found no room', (world) => {
    const { client, server } = world.connectedPair();
    const event = world.event();
    world.eventSelect(client, event, FD_WRITE);
    expect(world.networkEvents(client, event)).toEqual({ WRITE: 0 });
    world.send(client, 'some');
    expect(world.networkEvents(client)).toEqual({});
    const piece = noise(100_000);
    let sent = 4;
    for (let taken = 0; taken !== -WSAEWOULDBLOCK;) {
      taken = world.count(world.ws2.send(client, piece, piece.length, 0));
      if (taken > 0) sent += taken;
    }
    while (sent > 0) sent -= world.receiveAll(server, Math.min(sent, piece.length)).length;
    expect(world.signalled(event, 60_000)).toBe(true);
    expect(world.networkEvents(client)).toEqual({ WRITE: 0 });
    expect(world.networkEvents(client)).toEqual({});
  });

  // 19.4.1, 19.4.2, 19.4.3
  on.it('records FD_READ for each arrival, and after each receive that leaves something', (world) => {
    const { client, server, event } = watchedServer(world);
    world.send(client, 'abc');
    expect(world.networkEvents(server, event)).toEqual({ READ: 0 });
    expect(world.networkEvents(server)).toEqual({});
    world.eventSelect(server, null, 0);
    world.eventSelect(server, event, FD_READ);
    expect(world.networkEvents(server)).toEqual({});
    world.send(client, 'def');
    expect(world.networkEvents(server, event)).toEqual({ READ: 0 });
    expect(world.receive(server, 2)).toBe('ab');
    expect(world.networkEvents(server, event)).toEqual({ READ: 0 });
    expect(world.receive(server, 2)).toBe('cd');
    expect(world.networkEvents(server, event)).toEqual({ READ: 0 });
    expect(world.receive(server)).toBe('ef');
    expect(world.networkEvents(server)).toEqual({});
    expect(world.signalled(event)).toBe(false);
  });

  // 19.4.5
  on.it('records data that came while nothing was selected, unless it was taken', (world) => {
    const { client, server, event } = watchedServer(world);
    world.eventSelect(server, null, 0);
    world.send(client, 'x');
    world.settle();
    world.eventSelect(server, event, FD_READ);
    expect(world.networkEvents(server)).toEqual({ READ: 0 });
    world.receive(server);
    world.eventSelect(server, null, 0);
    world.send(client, 'y');
    world.settle();
    expect(world.receive(server)).toBe('y');
    world.eventSelect(server, event, FD_READ);
    expect(world.networkEvents(server)).toEqual({});
  });

  // 19.4.6
  on.it('does not take what it was not asked for', (world) => {
    const { client, server, event } = watchedServer(world, FD_READ);
    world.send(client, 'x');
    world.settle();
    world.eventSelect(server, event, FD_CLOSE);
    expect(world.networkEvents(server)).toEqual({});
    world.eventSelect(server, event, FD_READ);
    expect(world.networkEvents(server)).toEqual({ READ: 0 });
  });

  // 19.4.8
  on.it('is not set again by a select that sees the same data', (world) => {
    const { client, server, event } = watchedServer(world);
    world.send(client, 'x');
    expect(world.networkEvents(server, event)).toEqual({ READ: 0 });
    const read = { fd_count: 1, fd_array: [server] };
    expect(world.ws2.select(0, read, null, null, { tv_sec: 0, tv_usec: 0 })).toBe(1);
    world.settle();
    expect(world.signalled(event)).toBe(false);
    expect(world.networkEvents(server)).toEqual({});
  });

  // 19.4.7
  on.it('says nothing of data that an overlapped receive took', (world) => {
    const { client, server, event } = watchedServer(world);
    const overlapped = new WSAOVERLAPPED();
    const room = buffer(1);
    expect(world.code(world.ws2.WSARecv(server, [room], 1, null, ref(0), overlapped, null))).toBe(WSA_IO_PENDING);
    world.send(client, 'a');
    expect(world.networkEvents(server)).toEqual({});
    expect([overlapped.Internal, room.buf[0]]).toEqual([0, 97]);
    world.send(client, 'b');
    expect(world.networkEvents(server, event)).toEqual({ READ: 0 });
  });

  // 19.5
  on.needs('urgent data').it('records FD_OOB, and no FD_READ, for urgent data', (world) => {
    const { client, server, event } = watchedServer(world);
    world.send(client, '!', MSG_OOB);
    expect(world.signalled(event, 60_000)).toBe(true);
    expect(world.networkEvents(server, event)).toEqual({ OOB: 0 });
    world.eventSelect(server, event, FD_READ | FD_OOB | FD_CLOSE);
    expect(world.networkEvents(server)).toEqual({});
    expect(world.receive(server, 1, MSG_OOB)).toBe('!');
    expect(world.networkEvents(server)).toEqual({});
    world.eventSelect(server, null, 0);
    world.send(client, '?', MSG_OOB);
    world.settle();
    world.eventSelect(server, event, FD_OOB);
    expect(world.networkEvents(server)).toEqual({ OOB: 0 });
  });

  // 19.5
  on.needs('urgent data').it('records FD_OOB for each urgent byte that waits', (world) => {
    const { client, server } = watchedServer(world);
    world.send(client, '1', MSG_OOB);
    expect(world.networkEvents(server)).toEqual({ OOB: 0 });
    world.send(client, '2', MSG_OOB);
    expect(world.networkEvents(server)).toEqual({ OOB: 0 });
    expect(world.receive(server, 1, MSG_OOB)).toBe('1');
    expect(world.networkEvents(server)).toEqual({ OOB: 0 });
    expect(world.receive(server, 1, MSG_OOB)).toBe('2');
    expect(world.networkEvents(server)).toEqual({});
  });

  on.it('records FD_CLOSE, without error, after all data was read, and once', (world) => {
    const { client, server } = watchedServer(world);
    world.send(client, 'last words');
    world.ws2.shutdown(client, SD_SEND);
    expect(world.networkEvents(server)).toEqual({ READ: 0 });
    expect(world.receive(server, 4)).toBe('last');
    expect(world.networkEvents(server)).toEqual({ READ: 0 });
    expect(world.receive(server)).toBe(' words');
    expect(world.networkEvents(server)).toEqual({ CLOSE: 0 });
    expect(world.receive(server)).toBe('');
    expect(world.networkEvents(server)).toEqual({});
  });

  on.it('records FD_CLOSE at once when there is nothing to read', (world) => {
    const { client, server, event } = watchedServer(world);
    world.ws2.closesocket(client);
    expect(world.signalled(event, 60_000)).toBe(true);
    expect(world.networkEvents(server)).toEqual({ CLOSE: 0 });
  });

  on.needs('resets').it('records FD_CLOSE with the error after a reset', (world) => {
    const { client, server, event } = watchedServer(world);
    expect(world.ws2.setsockopt(client, SOL_SOCKET, SO_LINGER, LINGER.encode({ l_onoff: 1, l_linger: 0 }), 4)).toBe(0);
    world.ws2.closesocket(client);
    expect(world.signalled(event, 60_000)).toBe(true);
    expect(world.networkEvents(server)).toEqual({ CLOSE: WSAECONNRESET });
  });

  on.it('says nothing any more after mask 0, nor after closesocket', (world) => {
    const { client, server, event } = watchedServer(world);
    world.eventSelect(server, event, 0);
    world.send(client, 'x');
    world.settle();
    expect(world.signalled(event)).toBe(false);
    world.eventSelect(server, event, FD_READ);
    expect(world.signalled(event)).toBe(true);
    world.ws2.WSAResetEvent(event);
    world.ws2.closesocket(server);
    world.send(client, 'y');
    world.settle();
    expect(world.signalled(event)).toBe(false);
    expect(world.code(world.ws2.WSAEnumNetworkEvents(server, event, {}))).toBe(WSAENOTSOCK);
  });
});

/** What programs rely on: WSAEventSelect on datagram sockets. */
export const wsaEventSelectOnDatagramSockets = topic(
  'WSAEventSelect on datagram sockets',
  ['datagrams', 'internet addresses'],
  (on) => {
    // 19.2.6
    on.it('records FD_WRITE once there is a local name, and FD_CONNECT with a peer', (world) => {
      const s = world.datagramSocket();
      const event = world.event();
      world.eventSelect(s, event, FD_ALL_EVENTS);
      expect(world.networkEvents(s)).toEqual({});
      const { name } = world.boundDatagram();
      expect(world.connect(s, name)).toBe(0);
      expect(world.networkEvents(s)).toEqual({ CONNECT: 0, WRITE: 0 });
    });

    on.it('says nothing of a datagram that an overlapped receive took', (world) => {
      const { s, name } = world.boundDatagram();
      const event = world.event();
      world.eventSelect(s, event, FD_READ);
      for (const length of [3, 10]) {
        const overlapped = new WSAOVERLAPPED();
        expect(world.code(world.ws2.WSARecv(s, [buffer(length)], 1, null, ref(0), overlapped, null))).toBe(
          WSA_IO_PENDING,
        );
        expect(world.ws2.sendto(world.datagramSocket(), Buffer.from('one'), 3, 0, name, name.length)).toBe(3);
        world.until(() => overlapped.Internal !== 0x103);
        expect([overlapped.Internal, overlapped.InternalHigh]).toEqual([0, 3]);
        expect(world.networkEvents(s)).toEqual({});
        expect(world.signalled(event)).toBe(false);
      }
    });

    on.it('records FD_READ for each datagram, and while one is left', (world) => {
      const { s, name } = world.boundDatagram();
      const event = world.event();
      world.eventSelect(s, event, FD_READ);
      const sender = world.datagramSocket();
      const send = (text: string): number =>
        world.ws2.sendto(sender, Buffer.from(text), text.length, 0, name, name.length);
      send('one');
      expect(world.signalled(event, 60_000)).toBe(true);
      expect(world.networkEvents(s, event)).toEqual({ READ: 0 });
      send('two');
      expect(world.signalled(event, 60_000)).toBe(true);
      expect(world.networkEvents(s, event)).toEqual({ READ: 0 });
      expect(world.receive(s)).toBe('one');
      expect(world.networkEvents(s, event)).toEqual({ READ: 0 });
      expect(world.receive(s)).toBe('two');
      expect(world.networkEvents(s)).toEqual({});
    });
  },
);

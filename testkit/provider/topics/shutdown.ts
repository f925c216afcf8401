// What a shutdown of receiving leaves: receives that wait, and news of the peer's end (specification: shutdown,
// WSAEventSelect).
import {
  FD_CLOSE,
  FD_READ,
  FD_WRITE,
  MSG_WAITALL,
  ref,
  SD_BOTH,
  SD_RECEIVE,
  SD_SEND,
  SO_LINGER,
  SOL_SOCKET,
  WSA_IO_PENDING,
  WSA_WAIT_IO_COMPLETION,
  WSAECONNABORTED,
  WSAECONNRESET,
  WSAESHUTDOWN,
  WSAOVERLAPPED,
} from '../../../index.js';
import { expect } from '../expectation.js';
import { buffer, loopback, textOf } from '../names-and-buffers.js';
import type { ProviderWorld } from '../provider-world.js';
import { topic } from '../suite.js';

type Shutdown = readonly [name: string, call: (world: ProviderWorld, s: number) => number];

/** Every way to end receiving. */
const SHUTDOWNS: readonly Shutdown[] = [
  ['SD_RECEIVE', (world, s) => world.ws2.shutdown(s, SD_RECEIVE)],
  ['SD_BOTH', (world, s) => world.ws2.shutdown(s, SD_BOTH)],
  ['WSARecvDisconnect', (world, s) => world.ws2.WSARecvDisconnect(s, null)],
];

/** Begins an overlapped receive that waits. */
function pend(world: ProviderWorld, s: number, room: number): { overlapped: WSAOVERLAPPED; into: { buf: Uint8Array } } {
  const [overlapped, into] = [new WSAOVERLAPPED(), buffer(room)];
  expect(world.code(world.ws2.WSARecv(s, [into], 1, null, ref(0), overlapped, null))).toBe(WSA_IO_PENDING);
  return { overlapped, into };
}

const PENDING = 0x103;

/** What programs rely on: after receiving was shut down. */
export const afterReceivingWasShutDown = topic('after receiving was shut down', [], (on) => {
  for (const [name, shutdown] of SHUTDOWNS) {
    on.it(`by ${name} receives that waited get what arrives, in order, and later ones are refused`, (world) => {
      const { client, server } = world.connectedPair();
      const [first, second] = [pend(world, server, 4), pend(world, server, 4)];
      expect(shutdown(world, server)).toBe(0);
      world.settle();
      expect([first.overlapped.Internal, second.overlapped.Internal]).toEqual([PENDING, PENDING]);
      expect(world.receive(server)).toBe(-WSAESHUTDOWN);
      const later = world.ws2.WSARecv(server, [buffer(1)], 1, null, ref(0), new WSAOVERLAPPED(), null);
      expect(world.code(later)).toBe(WSAESHUTDOWN);
      expect(world.send(client, 'one.')).toBe(4);
      world.until(() => first.overlapped.Internal === 0);
      expect(world.send(client, 'two.')).toBe(4);
      world.until(() => second.overlapped.Internal === 0);
      expect(textOf(first.into, second.into)).toBe('one.two.');
    });

    on.it(`by ${name} a receive that waited is told of the peer’s end`, (world) => {
      const { client, server } = world.connectedPair();
      const { overlapped } = pend(world, server, 4);
      expect(shutdown(world, server)).toBe(0);
      world.ws2.shutdown(client, SD_SEND);
      world.until(() => overlapped.Internal !== PENDING);
      expect([overlapped.Internal, overlapped.InternalHigh]).toEqual([0, 0]);
    });

    on.needs('resets').it(`by ${name} data beyond what waited resets the connection`, (world) => {
      const { client, server } = world.connectedPair();
      const { overlapped, into } = pend(world, server, 4);
      expect(shutdown(world, server)).toBe(0);
      expect(world.send(client, 'four, and more')).toBe(14);
      world.until(() => overlapped.Internal === 0);
      expect(textOf(into)).toBe('four');
      // After an end of its own it is the client's data that had nobody to go to.
      const codes = name === 'SD_BOTH' ? [-WSAECONNABORTED, -WSAECONNRESET] : [-WSAECONNRESET];
      world.until(() => codes.includes(world.send(client, '?')));
    });

    on.it(`by ${name} the peer’s end is an FD_CLOSE, once`, (world) => {
      const { client, server } = world.connectedPair();
      const hEvent = world.event();
      world.eventSelect(server, hEvent, FD_READ | FD_WRITE | FD_CLOSE);
      world.networkEvents(server, hEvent);
      expect(shutdown(world, server)).toBe(0);
      expect(world.networkEvents(server, hEvent)).toEqual({});
      world.ws2.shutdown(client, SD_SEND);
      expect(world.signalled(hEvent, 60_000)).toBe(true);
      expect(world.networkEvents(server, hEvent)).toEqual({ CLOSE: 0 });
      expect(world.receive(server)).toBe(-WSAESHUTDOWN);
      expect(world.networkEvents(server, hEvent)).toEqual({});
    });

    on.needs('resets').it(`by ${name} a reset by the peer is an FD_CLOSE with its error`, (world) => {
      const { client, server } = world.connectedPair();
      const hEvent = world.event();
      world.eventSelect(server, hEvent, FD_CLOSE);
      expect(shutdown(world, server)).toBe(0);
      world.ws2.setsockopt(client, SOL_SOCKET, SO_LINGER, Uint8Array.of(1, 0, 0, 0), 4);
      world.ws2.closesocket(client);
      expect(world.signalled(hEvent, 60_000)).toBe(true);
      expect(world.networkEvents(server, hEvent)).toEqual({ CLOSE: WSAECONNRESET });
    });

    on.needs('resets').it(
      `by ${name} data that comes all the same is no FD_READ, but the connection’s end`,
      (world) => {
        const { client, server } = world.connectedPair();
        const hEvent = world.event();
        world.eventSelect(server, hEvent, FD_READ | FD_CLOSE);
        expect(shutdown(world, server)).toBe(0);
        world.send(client, 'x');
        expect(world.signalled(hEvent, 60_000)).toBe(true);
        expect(world.networkEvents(server, hEvent)).toEqual({ CLOSE: WSAECONNABORTED });
      },
    );

    on.it(`by ${name} an end that came before is told of to whoever asks for it afterwards`, (world) => {
      const { client, server } = world.connectedPair();
      expect(shutdown(world, server)).toBe(0);
      world.ws2.shutdown(client, SD_SEND);
      const hEvent = world.event();
      world.eventSelect(server, hEvent, FD_READ | FD_CLOSE);
      expect(world.signalled(hEvent, 60_000)).toBe(true);
      expect(world.networkEvents(server, hEvent)).toEqual({ CLOSE: 0 });
    });

    on.it(`by ${name} from a procedure a call that blocks in a receive still gets what arrives`, (world) => {
      const { client, server } = world.connectedPair();
      world.ws2.host.QueueUserAPC(() => {
        expect(shutdown(world, server)).toBe(0);
        world.send(client, 'for the call that waits');
      }, null);
      expect(world.receive(server, 23, MSG_WAITALL)).toBe('for the call that waits');
      expect(world.receive(server)).toBe(-WSAESHUTDOWN);
    });
  }

  on.needs('resets').it(
    'receives that waited may be cancelled, and the connection is reset by data from then on',
    (world) => {
      const { client, server } = world.connectedPair();
      const { overlapped } = pend(world, server, 4);
      world.ws2.shutdown(server, SD_RECEIVE);
      expect(world.ws2.host.CancelIoEx(server, overlapped)).toBe(true);
      world.send(client, 'x');
      world.until(() => world.ws2.WSAPoll([{ fd: client, events: 0, revents: 0 }], 1, 0) === 1);
      expect(world.receive(client)).toBe(-WSAECONNRESET);
    },
  );

  on.it('a completion routine hears of what its receive got', (world) => {
    const { client, server } = world.connectedPair();
    const told: number[][] = [];
    const routine = (error: number, bytes: number): void => void told.push([error, bytes]);
    world.ws2.WSARecv(server, [buffer(9)], 1, null, ref(0), new WSAOVERLAPPED(), routine);
    world.ws2.shutdown(server, SD_RECEIVE);
    world.send(client, 'abc');
    expect(world.ws2.host.SleepEx(60_000, true)).toBe(WSA_WAIT_IO_COMPLETION);
    expect(told).toEqual([[0, 3]]);
  });
});

/** What programs rely on: the peer’s end. */
export const thePeersEnd = topic('the peer’s end', [], (on) => {
  on.it('is no FD_READ of data that was told of before', (world) => {
    const { client, server } = world.connectedPair();
    const hEvent = world.event();
    world.eventSelect(server, hEvent, FD_READ | FD_CLOSE);
    world.send(client, 'data');
    expect(world.signalled(hEvent, 60_000)).toBe(true);
    expect(world.networkEvents(server, hEvent)).toEqual({ READ: 0 });
    world.ws2.shutdown(client, SD_SEND);
    world.settle();
    world.until(() => world.ws2.WSAPoll([{ fd: server, events: 0, revents: 0 }], 1, 0) === 1);
    expect(world.networkEvents(server)).toEqual({});
    expect(world.signalled(hEvent)).toBe(false);
    // A receive that leaves some has it told of again, the last one has the end be told of.
    expect(world.receive(server, 2)).toBe('da');
    expect(world.networkEvents(server, hEvent)).toEqual({ READ: 0 });
    expect(world.receive(server)).toBe('ta');
    expect(world.networkEvents(server, hEvent)).toEqual({ CLOSE: 0 });
    expect(world.receive(server)).toBe('');
  });

  on.it('is told of after the data that nobody was told of', (world) => {
    const { client, server } = world.connectedPair();
    const hEvent = world.event();
    world.eventSelect(server, hEvent, FD_READ | FD_CLOSE);
    world.send(client, 'data');
    world.ws2.shutdown(client, SD_SEND);
    expect(world.signalled(hEvent, 60_000)).toBe(true);
    expect(world.networkEvents(server, hEvent)).toEqual({ READ: 0 });
    expect(world.receive(server)).toBe('data');
    world.until(() => world.signalled(hEvent));
    expect(world.networkEvents(server, hEvent)).toEqual({ CLOSE: 0 });
  });
});

/** What programs rely on: after the receiving of datagrams was shut down. */
export const afterTheReceivingOfDatagramsWasShutDown = topic(
  'after the receiving of datagrams was shut down',
  ['datagrams', 'internet addresses'],
  (on) => {
    for (const [name, shutdown] of SHUTDOWNS) {
      on.it(`by ${name} a receive that waited gets the next one, and later ones are refused`, (world) => {
        const { s, name: to } = world.boundDatagram();
        const [overlapped, into] = [new WSAOVERLAPPED(), buffer(9)];
        overlapped.hEvent = world.event();
        const from = new Uint8Array(16);
        world.ws2.WSARecvFrom(s, [into], 1, null, ref(0), from, ref(16), overlapped, null);
        expect(shutdown(world, s)).toBe(0);
        expect(world.receive(s)).toBe(-WSAESHUTDOWN);
        const sender = world.boundDatagram();
        for (const text of ['first', 'second']) {
          world.ws2.sendto(sender.s, Buffer.from(text), text.length, 0, to, 16);
        }
        expect(world.signalled(overlapped.hEvent, 60_000)).toBe(true);
        expect([overlapped.InternalHigh, textOf(into).slice(0, 5)]).toEqual([5, 'first']);
        expect([...from.subarray(4, 8)]).toEqual([...loopback().subarray(4, 8)]);
        expect(world.receive(s)).toBe(-WSAESHUTDOWN);
      });
    }
  },
);

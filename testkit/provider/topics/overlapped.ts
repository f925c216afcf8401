import {
  FIONREAD,
  LINGER,
  ref,
  SD_SEND,
  SO_LINGER,
  SO_RCVTIMEO,
  SOL_SOCKET,
  WSA_IO_INCOMPLETE,
  WSA_IO_PENDING,
  WSA_OPERATION_ABORTED,
  WSA_WAIT_EVENT_0,
  WSA_WAIT_TIMEOUT,
  WSAECONNRESET,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOTCONN,
  WSAENOTSOCK,
  WSAESHUTDOWN,
  WSAEWOULDBLOCK,
  WSAOVERLAPPED,
  WSS_OPERATION_IN_PROGRESS,
} from '../../../index.js';
import { expect } from '../expectation.js';
import { buffer, noise, textOf } from '../names-and-buffers.js';
import type { ProviderWorld } from '../provider-world.js';
import { topic } from '../suite.js';

const UNTOUCHED = 0xdeadbeef;

/** An overlapped receive with an event object, and everything that is to be looked at afterwards. */
function beginReceive(world: ProviderWorld, s: number, ...rooms: number[]) {
  const overlapped = new WSAOVERLAPPED();
  overlapped.hEvent = world.event();
  const buffers = rooms.map((room) => buffer(room));
  const bytes = ref(UNTOUCHED);
  const flags = ref(0);
  const code = world.code(world.ws2.WSARecv(s, buffers, buffers.length, bytes, flags, overlapped, null));
  return { overlapped, buffers, bytes, code };
}

/** What WSAGetOverlappedResult says: the bytes, or the error as a negative number. */
function resultOf(world: ProviderWorld, s: number, overlapped: WSAOVERLAPPED, wait = false): number {
  const bytes = ref(UNTOUCHED);
  const done = world.ws2.WSAGetOverlappedResult(s, overlapped, bytes, wait, ref(0));
  return done ? bytes.value : -world.ws2.WSAGetLastError();
}

/** What programs rely on: overlapped I/O. */
export const overlappedIO = topic('overlapped I/O', [], (on) => {
  on.it('pends, then completes into the buffers and sets the event', (world) => {
    const { client, server } = world.connectedPair();
    const { overlapped, buffers, bytes, code } = beginReceive(world, server, 3, 0, 100);
    expect(code).toBe(WSA_IO_PENDING);
    expect([overlapped.Internal, bytes.value]).toEqual([WSS_OPERATION_IN_PROGRESS, UNTOUCHED]);
    expect(world.signalled(overlapped.hEvent!)).toBe(false);
    expect(resultOf(world, server, overlapped)).toBe(-WSA_IO_INCOMPLETE);
    world.send(client, 'scatter');
    expect(world.signalled(overlapped.hEvent!, 60_000)).toBe(true);
    expect([overlapped.Internal, overlapped.InternalHigh, bytes.value]).toEqual([0, 7, UNTOUCHED]);
    expect(resultOf(world, server, overlapped)).toBe(7);
    expect(textOf(...buffers).slice(0, 7)).toBe('scatter');
    expect(textOf(buffers[0]!)).toBe('sca');
  });

  on.it('completes at once when it can, and sets the event all the same', (world) => {
    const { client, server } = world.connectedPair();
    world.send(client, 'there');
    world.settle();
    const { overlapped, buffers, bytes, code } = beginReceive(world, server, 5);
    expect(code).toBe(0);
    expect(bytes.value).toBe(5);
    expect(textOf(...buffers)).toBe('there');
    expect(world.signalled(overlapped.hEvent!)).toBe(true);
    expect([overlapped.Internal, overlapped.InternalHigh]).toEqual([0, 5]);
  });

  on.it('leaves the last error at 0 after a success, and clears a set event when it begins', (world) => {
    const { server } = world.connectedPair();
    const overlapped = new WSAOVERLAPPED();
    overlapped.hEvent = world.event();
    world.ws2.WSASetEvent(overlapped.hEvent);
    world.ws2.WSARecv(server, [buffer(1)], 1, null, ref(0), overlapped, null);
    expect(world.signalled(overlapped.hEvent)).toBe(false);
    expect(world.ws2.WSASend(server, [buffer('x')], 1, ref(0), 0, new WSAOVERLAPPED(), null)).toBe(0);
    expect(world.ws2.WSAGetLastError()).toBe(0);
  });

  on.it('fills pending receives in the order in which they were asked for', (world) => {
    const { client, server } = world.connectedPair();
    const four = [1, 2, 3, 4].map(() => beginReceive(world, server, 4));
    expect(four.map(({ code }) => code)).toEqual(new Array(4).fill(WSA_IO_PENDING));
    world.send(client, 'aaaabbbbccccdd');
    expect(world.signalled(four[3]!.overlapped.hEvent!, 60_000)).toBe(true);
    expect(four.map(({ buffers }) => textOf(...buffers))).toEqual(['aaaa', 'bbbb', 'cccc', 'dd..']);
    expect(four.map(({ overlapped }) => resultOf(world, server, overlapped))).toEqual([4, 4, 4, 2]);
  });

  on.it('does not need the array of buffers once the call has returned', (world) => {
    const { client, server } = world.connectedPair();
    const room = new Uint8Array(4);
    const buffers = [{ len: 4, buf: room }];
    const overlapped = new WSAOVERLAPPED();
    world.ws2.WSARecv(server, buffers, 1, null, ref(0), overlapped, null);
    buffers[0]!.buf = new Uint8Array(1);
    buffers[0]!.len = 1;
    buffers.length = 0;
    world.send(client, 'kept');
    world.until(() => overlapped.Internal === 0);
    expect(textOf({ buf: room })).toBe('kept');
  });

  on.it('gathers, and keeps the order of several sends that find no room', (world) => {
    const { client, server } = world.connectedPair();
    const sends = [...'abcdefgh'].map((letter) => {
      const overlapped = new WSAOVERLAPPED();
      overlapped.hEvent = world.event();
      const [first, second] = [letter, letter.toUpperCase()].map((each) => {
        const bytes = noise(500_000);
        bytes[0] = each.charCodeAt(0);
        return buffer(bytes);
      });
      const result = world.ws2.WSASend(client, [first!, second!], 2, null, 0, overlapped, null);
      return { overlapped, code: world.code(result) };
    });
    expect(sends.at(-1)!.code).toBe(WSA_IO_PENDING);
    const text = world.receiveAll(server, 8_000_000);
    expect(Array.from({ length: 16 }, (_, at) => text[at * 500_000]).join('')).toBe('aAbBcCdDeEfFgGhH');
    for (const { overlapped } of sends) expect(resultOf(world, client, overlapped, true)).toBe(1_000_000);
  });

  on.it('waits for the end of an operation when told to', (world) => {
    const { client, server } = world.connectedPair();
    const { overlapped, buffers } = beginReceive(world, server, 10);
    world.send(client, 'soon');
    expect(resultOf(world, server, overlapped, true)).toBe(4);
    expect(textOf(...buffers).slice(0, 4)).toBe('soon');
  });

  on.it('has plain receives wait behind pending ones', (world) => {
    const { client, server } = world.connectedPair();
    const { buffers } = beginReceive(world, server, 3);
    world.send(client, 'abcdef');
    expect(world.receive(server)).toBe('def');
    expect(textOf(...buffers)).toBe('abc');
    const second = beginReceive(world, server, 3);
    world.nonBlocking(server);
    expect(world.receive(server)).toBe(-WSAEWOULDBLOCK);
    world.send(client, 'x');
    expect(resultOf(world, server, second.overlapped, true)).toBe(1);
  });

  on.it('pends on a non-blocking socket too, and knows no SO_RCVTIMEO', (world) => {
    const { client, server } = world.connectedPair();
    world.nonBlocking(server);
    world.ws2.setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, Uint8Array.of(10, 0, 0, 0), 4);
    const { overlapped, code } = beginReceive(world, server, 4);
    expect(code).toBe(WSA_IO_PENDING);
    expect(world.ws2.WSAWaitForMultipleEvents(1, [overlapped.hEvent!], true, 30, false)).toBe(WSA_WAIT_TIMEOUT);
    expect(overlapped.Internal).toBe(WSS_OPERATION_IN_PROGRESS);
    world.send(client, 'x');
    expect(resultOf(world, server, overlapped, true)).toBe(1);
  });

  on.it('tells with a receive of no bytes when data is there, without taking it', (world) => {
    const { client, server } = world.connectedPair();
    const { overlapped, code } = beginReceive(world, server, 0);
    expect(code).toBe(WSA_IO_PENDING);
    world.settle();
    expect(overlapped.Internal).toBe(WSS_OPERATION_IN_PROGRESS);
    world.send(client, 'abc');
    expect(resultOf(world, server, overlapped, true)).toBe(0);
    const { code: now, bytes } = beginReceive(world, server, 0);
    expect([now, bytes.value]).toEqual([0, 0]);
    expect(world.receiveAll(server, 3)).toBe('abc');
  });

  on.it('ends receives with no bytes at the end of the stream', (world) => {
    const { client, server } = world.connectedPair();
    const pending = [beginReceive(world, server, 4), beginReceive(world, server, 4)];
    world.ws2.shutdown(client, SD_SEND);
    for (const { overlapped } of pending) expect(resultOf(world, server, overlapped, true)).toBe(0);
    const { code, bytes } = beginReceive(world, server, 4);
    expect([code, bytes.value]).toEqual([0, 0]);
  });

  on.needs('resets').it(
    'ends a pending receive with WSAECONNRESET when the peer resets, and then fails at once',
    (world) => {
      const { client, server } = world.connectedPair();
      const { overlapped } = beginReceive(world, server, 4);
      world.ws2.setsockopt(client, SOL_SOCKET, SO_LINGER, LINGER.encode({ l_onoff: 1, l_linger: 0 }), 4);
      world.ws2.closesocket(client);
      expect(resultOf(world, server, overlapped, true)).toBe(-WSAECONNRESET);
      expect(overlapped.Internal).toBe(0xc000020d);
      const again = beginReceive(world, server, 4);
      expect([again.code, again.bytes.value]).toEqual([WSAECONNRESET, UNTOUCHED]);
      expect(world.signalled(again.overlapped.hEvent!)).toBe(false);
      expect(world.send(server, 'x')).toBe(-WSAECONNRESET);
    },
  );

  on.it('aborts what is pending when the socket is closed', (world) => {
    const { server } = world.connectedPair();
    const pending = [beginReceive(world, server, 4), beginReceive(world, server, 4)];
    expect(world.ws2.closesocket(server)).toBe(0);
    for (const { overlapped } of pending) {
      expect(world.signalled(overlapped.hEvent!)).toBe(true);
      expect([overlapped.Internal >>> 0, overlapped.InternalHigh]).toEqual([0xc0000120, 0]);
      expect(resultOf(world, server, overlapped)).toBe(-WSAENOTSOCK);
    }
  });

  on.it('cancels nothing that has to do with another socket', (world) => {
    const { client, server } = world.connectedPair();
    const other = world.connectedPair();
    const { overlapped } = beginReceive(world, server, 4);
    beginReceive(world, other.server, 4);
    world.ws2.closesocket(other.server);
    expect(overlapped.Internal).toBe(WSS_OPERATION_IN_PROGRESS);
    world.send(client, 'x');
    expect(resultOf(world, server, overlapped, true)).toBe(1);
  });

  on.it('fails at once, and queues nothing, when it cannot be', (world) => {
    const fresh = world.streamSocket();
    const receive = beginReceive(world, fresh, 4);
    expect([receive.code, receive.overlapped.Internal]).toEqual([WSAENOTCONN, 0]);
    expect(world.signalled(receive.overlapped.hEvent!)).toBe(false);
    const { server } = world.connectedPair();
    world.ws2.shutdown(server, SD_SEND);
    const send = world.ws2.WSASend(server, [buffer('x')], 1, null, 0, new WSAOVERLAPPED(), null);
    expect(world.code(send)).toBe(WSAESHUTDOWN);
    expect(world.code(world.ws2.WSARecv(server, [], 0, null, ref(0), new WSAOVERLAPPED(), null))).toBe(WSAEINVAL);
    expect(world.code(world.ws2.WSARecv(server, [buffer(1)], 1, null, ref(0), null, null))).toBe(WSAEFAULT);
  });

  on.it('has a send in one direction and a receive in the other go on side by side', (world) => {
    const { client, server } = world.connectedPair();
    const { overlapped, buffers } = beginReceive(world, client, 4);
    world.send(client, 'ping');
    expect(world.receiveAll(server, 4)).toBe('ping');
    world.send(server, 'pong');
    expect(resultOf(world, client, overlapped, true)).toBe(4);
    expect(textOf(...buffers)).toBe('pong');
  });

  on.it('lets an operation begin with the same structure once the last one is done', (world) => {
    const { client, server } = world.connectedPair();
    const overlapped = new WSAOVERLAPPED();
    overlapped.hEvent = world.event();
    const room = buffer(1);
    let text = '';
    world.send(client, 'abc');
    for (let i = 0; i < 3; i++) {
      world.ws2.WSARecv(server, [room], 1, null, ref(0), overlapped, null);
      expect(resultOf(world, server, overlapped, true)).toBe(1);
      text += textOf(room);
    }
    expect(text).toBe('abc');
    expect(world.ws2.WSAWaitForMultipleEvents(1, [overlapped.hEvent], false, 0, false)).toBe(WSA_WAIT_EVENT_0);
  });

  on.it('counts no data that pending receives have been given', (world) => {
    const { client, server } = world.connectedPair();
    const { overlapped } = beginReceive(world, server, 4);
    world.send(client, 'abcdef');
    world.settle();
    expect(overlapped.InternalHigh).toBe(4);
    const count = ref(0);
    expect(world.ws2.ioctlsocket(server, FIONREAD, count)).toBe(0);
    expect(count.value).toBe(2);
  });

  on.it('leaves nothing behind when WSACleanup ends it', (world) => {
    const { client, server } = world.connectedPair();
    const { overlapped } = beginReceive(world, server, 4);
    let called = 0;
    const routine = (): void => void called++;
    world.ws2.WSARecv(client, [buffer(4)], 1, null, ref(0), new WSAOVERLAPPED(), routine);
    expect(world.ws2.WSACleanup()).toBe(0);
    expect(world.ws2.host.SleepEx(0, true)).toBe(0);
    expect([called, overlapped.Internal]).toEqual([0, WSS_OPERATION_IN_PROGRESS]);
    expect(world.ws2.WSAStartup(0x0202, {})).toBe(0);
    expect(world.send(client, 'x')).toBe(-WSAENOTSOCK);
    expect(world.code(world.ws2.getsockname(server, new Uint8Array(16), ref(16)))).toBe(WSAENOTSOCK);
  });

  on.it('is not for sockets created without WSA_FLAG_OVERLAPPED, which wait', (world) => {
    const { s: listener, name } = world.listener();
    const plain = world.streamSocket(world.family, 0);
    expect(world.connect(plain, name)).toBe(0);
    const server = world.accept(listener);
    world.send(server, 'now');
    const overlapped = new WSAOVERLAPPED();
    const bytes = ref(0);
    const room = buffer(3);
    expect(world.ws2.WSARecv(plain, [room], 1, bytes, ref(0), overlapped, null)).toBe(0);
    expect([bytes.value, textOf(room), overlapped.Internal]).toEqual([3, 'now', 0]);
  });
});

/** What programs rely on: a connection under load. */
export const aConnectionUnderLoad = topic('a connection under load', [], (on) => {
  on.it('aborts with what had gone when a send waits and the socket is closed', (world) => {
    const { client } = world.connectedPair();
    const sends: WSAOVERLAPPED[] = [];
    for (let code = 0; code === 0;) {
      const overlapped = new WSAOVERLAPPED();
      overlapped.hEvent = world.event();
      code = world.code(world.ws2.WSASend(client, [buffer(noise(1_000_000))], 1, null, 0, overlapped, null));
      sends.push(overlapped);
    }
    expect(world.ws2.WSAGetLastError()).toBe(WSA_IO_PENDING);
    world.ws2.closesocket(client);
    const last = sends.at(-1)!;
    expect(world.signalled(last.hEvent!)).toBe(true);
    expect(last.Internal >>> 0).toBe(0xc0000120);
    expect(last.InternalHigh).toBeLessThan(1_000_000);
    expect(WSA_OPERATION_ABORTED).toBe(995);
  });
});

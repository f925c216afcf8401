// Completion ports and overlapped completion (measured behaviour 31, 40), on every chain.
import { expect } from 'vitest';
import {
  ERROR_IO_PENDING,
  ERROR_NETNAME_DELETED,
  ERROR_OPERATION_ABORTED,
  FD_READ,
  FD_WRITE,
  POLLERR,
  POLLHUP,
  POLLWRNORM,
  ref,
  SD_BOTH,
  SD_RECEIVE,
  SD_SEND,
  SO_ERROR,
  SOL_SOCKET,
  WAIT_TIMEOUT,
  WSA_IO_PENDING,
  WSAECONNRESET,
  WSAENOTCONN,
  WSAESHUTDOWN,
  WSAOVERLAPPED,
} from 'ws2spi';
import { buffer, describeOnEveryChain, loopback, textOf, type World } from '../../support/providers.js';
import { reset, Watcher } from './posted.js';

const UNTOUCHED = 0xdeadbeef;
const STATUS_PENDING = 0x103;
const STATUS_CONNECTION_RESET = 0xc000020d;

/** A completion port with a socket on it, and what is taken from it. */
class Port {
  readonly handle: number;

  constructor(
    readonly world: World,
    s: number,
    key: unknown,
  ) {
    this.handle = world.ws2.host.CreateIoCompletionPort(s, null, key);
    expect(this.handle).toBeGreaterThan(0);
  }

  /** The next packet: whether it succeeded or its error, the bytes, key and operation. */
  take(ms = 60_000): { error: number; bytes: number; key: unknown; overlapped: WSAOVERLAPPED | null } {
    const [bytes, key, overlapped] = [ref(UNTOUCHED), ref<unknown>('untouched'), ref<WSAOVERLAPPED | null>(null)];
    const error = this.world.code(
      this.world.ws2.host.GetQueuedCompletionStatus(this.handle, bytes, key, overlapped, ms),
    );
    return { error, bytes: bytes.value, key: key.value, overlapped: overlapped.value };
  }

  /** That no packet is there, nor comes. */
  expectNone(): void {
    this.world.settle();
    if (this.world.native) this.world.ws2.host.SleepEx(2, false);
    expect(this.take(0)).toEqual({ error: WAIT_TIMEOUT, bytes: UNTOUCHED, key: 'untouched', overlapped: null });
  }

  close(): void {
    this.world.ws2.host.CloseHandle(this.handle);
  }
}

function receive(world: World, s: number, size = 12) {
  const overlapped = new WSAOVERLAPPED();
  overlapped.InternalHigh = UNTOUCHED;
  const room = buffer(size);
  const bytes = ref(UNTOUCHED);
  const code = world.code(world.ws2.WSARecv(s, [room], 1, bytes, ref(0), overlapped, null));
  return { overlapped, room, bytes, code };
}

function send(world: World, s: number, text: string) {
  const overlapped = new WSAOVERLAPPED();
  const bytes = ref(UNTOUCHED);
  const code = world.code(world.ws2.WSASend(s, [buffer(text)], 1, bytes, 0, overlapped, null));
  return { overlapped, bytes, code };
}

function awaitEnd(world: World, s: number): void {
  world.until(() => world.ws2.WSAPoll([{ fd: s, events: 0, revents: 0 }], 1, 0) === 1);
}

describeOnEveryChain('completion packets', ({ it }) => {
  // 31.1, 31.3
  it('are none for a call that fails at once, which leaves the count alone', (world) => {
    const { client, server } = world.connectedPair();
    const port = new Port(world, server, 1);
    reset(world, client);
    awaitEnd(world, server);
    expect(receive(world, server)).toMatchObject({ code: WSAECONNRESET, bytes: { value: UNTOUCHED } });
    expect(send(world, server, 'x')).toMatchObject({ code: WSAECONNRESET, bytes: { value: UNTOUCHED } });
    port.expectNone();
    const fresh = world.tcpSocket();
    world.ws2.host.CreateIoCompletionPort(fresh, port.handle, 2);
    expect(receive(world, fresh)).toMatchObject({ code: WSAENOTCONN, bytes: { value: UNTOUCHED } });
    expect(send(world, fresh, 'x')).toMatchObject({ code: WSAENOTCONN, bytes: { value: UNTOUCHED } });
    port.expectNone();
    port.close();
  });

  // 31.1
  it('are there for a call that succeeds at once', (world) => {
    const { client, server } = world.connectedPair();
    const port = new Port(world, server, 'key');
    const sent = send(world, server, 'hello');
    expect([sent.code, sent.bytes.value]).toEqual([0, 5]);
    expect(port.take()).toEqual({ error: 0, bytes: 5, key: 'key', overlapped: sent.overlapped });
    world.send(client, 'back');
    world.settle();
    world.until(() => world.ws2.WSAPoll([{ fd: server, events: 0x100, revents: 0 }], 1, 0) === 1);
    const received = receive(world, server);
    expect(received.code).toBe(0);
    expect(port.take()).toMatchObject({ error: 0, bytes: received.bytes.value });
    port.close();
  });

  // 31.2, 40
  it('tell once of a reset under a pending receive, which SO_ERROR does not', (world) => {
    const { client, server } = world.connectedPair();
    const port = new Port(world, server, 'key');
    const { overlapped, code } = receive(world, server);
    expect(code).toBe(WSA_IO_PENDING);
    reset(world, client);
    expect(port.take()).toEqual({ error: ERROR_NETNAME_DELETED, bytes: 0, key: 'key', overlapped });
    expect(overlapped.Internal >>> 0).toBe(STATUS_CONNECTION_RESET);
    expect(overlapped.InternalHigh).toBe(0);
    port.expectNone();
    const bytes = ref(UNTOUCHED);
    expect(world.code(world.ws2.WSAGetOverlappedResult(server, overlapped, bytes, false, ref(0)))).toBe(WSAECONNRESET);
    expect(bytes.value).toBe(0);
    const error = Uint8Array.of(9, 9, 9, 9);
    expect(world.code(world.ws2.getsockopt(server, SOL_SOCKET, SO_ERROR, error, ref(4)))).toBe(0);
    expect([...error]).toEqual([0, 0, 0, 0]);
    expect(receive(world, server).code).toBe(WSAECONNRESET);
    expect(world.send(server, 'x')).toBe(-WSAECONNRESET);
    const entry = { fd: server, events: 0x310, revents: 0 };
    expect(world.ws2.WSAPoll([entry], 1, 0)).toBe(1);
    expect(entry.revents).toBe(POLLERR | POLLHUP | POLLWRNORM);
    const set = () => ({ fd_count: 1, fd_array: [server] });
    const [read, write, except] = [set(), set(), set()];
    expect(world.ws2.select(0, read, write, except, { tv_sec: 0, tv_usec: 0 })).toBe(2);
    expect([read.fd_count, write.fd_count, except.fd_count]).toEqual([1, 1, 0]);
    port.expectNone();
    port.close();
  });

  // 31.2
  it('leave the last error alone when they tell of success', (world) => {
    const { server } = world.connectedPair();
    const port = new Port(world, server, 'key');
    send(world, server, 'hello');
    world.ws2.WSASetLastError(1234);
    expect(port.take().error).toBe(0);
    expect(world.ws2.WSAGetLastError()).toBe(1234);
    port.close();
  });

  // 31.3
  it('tell of the end of the stream as no bytes, whether the receive waited or not', (world) => {
    const { client, server } = world.connectedPair();
    const port = new Port(world, server, 'key');
    const waiting = receive(world, server);
    expect(waiting.code).toBe(WSA_IO_PENDING);
    world.ws2.closesocket(client);
    expect(port.take()).toEqual({ error: 0, bytes: 0, key: 'key', overlapped: waiting.overlapped });
    const later = receive(world, server);
    expect([later.code, later.bytes.value]).toEqual([0, 0]);
    expect(port.take()).toEqual({ error: 0, bytes: 0, key: 'key', overlapped: later.overlapped });
    port.close();
  });

  // 31.5
  it('are suppressed by the lowest bit of the event for each kind of operation, while the event is set', (world) => {
    const { client, server } = world.connectedPair();
    const port = new Port(world, server, 'key');
    for (const begin of [
      (overlapped: WSAOVERLAPPED) => world.ws2.WSASend(server, [buffer('x')], 1, null, 0, overlapped, null) === 0,
      (overlapped: WSAOVERLAPPED) => world.ws2.DisconnectEx(server, overlapped, 0, 0),
    ]) {
      const overlapped = new WSAOVERLAPPED();
      const event = world.event();
      overlapped.hEvent = event | 1;
      begin(overlapped);
      expect(world.signalled(event, 60_000)).toBe(true);
      expect(overlapped.Internal).toBe(0);
    }
    port.expectNone();
    port.close();
    expect(world.receiveAll(client, 1)).toBe('x');
  });

  // 31.6
  it('come from DisconnectEx with a structure, and from no other way to shut down', (world) => {
    const ways: ((s: number) => number)[] = [
      (s) => world.ws2.shutdown(s, SD_SEND),
      (s) => world.ws2.shutdown(s, SD_RECEIVE),
      (s) => world.ws2.shutdown(s, SD_BOTH),
      (s) => world.ws2.WSASendDisconnect(s, null),
      (s) => world.ws2.WSARecvDisconnect(s, null),
      (s) => (world.ws2.DisconnectEx(s, null, 0, 0) ? 0 : -1),
    ];
    for (const shutDown of ways) {
      const { server } = world.connectedPair();
      const port = new Port(world, server, 'key');
      expect(world.code(shutDown(server))).toBe(0);
      port.expectNone();
      port.close();
    }
    const { server } = world.connectedPair();
    const port = new Port(world, server, 'key');
    const overlapped = new WSAOVERLAPPED();
    expect(world.code(world.ws2.DisconnectEx(server, overlapped, 0, 0))).toBe(ERROR_IO_PENDING);
    expect(port.take()).toEqual({ error: 0, bytes: 0, key: 'key', overlapped });
    port.expectNone();
    port.close();
  });

  // 31.7, 36.1
  it('carry what a pending receive got, while the count of the call stays untouched', (world) => {
    const { client, server } = world.connectedPair();
    const port = new Port(world, server, 'key');
    const { overlapped, room, bytes, code } = receive(world, server, 12);
    expect([code, bytes.value]).toEqual([WSA_IO_PENDING, UNTOUCHED]);
    expect([overlapped.Internal, overlapped.InternalHigh]).toEqual([STATUS_PENDING, UNTOUCHED]);
    const text = 'Hello World!';
    world.send(client, text);
    const packet = port.take();
    expect(packet).toMatchObject({ error: 0, key: 'key', overlapped });
    // A codec may hand its bytes on in pieces.
    expect(text.startsWith(textOf(room).slice(0, packet.bytes))).toBe(true);
    expect([overlapped.Internal, overlapped.InternalHigh, bytes.value]).toEqual([0, packet.bytes, UNTOUCHED]);
    if (!world.chain.codec) expect(packet.bytes).toBe(12);
    port.close();
  });

  // 31.8: the specification names WSA_OPERATION_ABORTED for what closesocket cancels.
  it('tell of what closesocket cancels, and there is none when nothing was pending', (world) => {
    const { server, client } = world.connectedPair();
    const port = new Port(world, server, 'key');
    world.ws2.host.CreateIoCompletionPort(client, port.handle, 'other');
    const { overlapped } = receive(world, server);
    world.ws2.closesocket(server);
    expect(port.take()).toEqual({ error: ERROR_OPERATION_ABORTED, bytes: 0, key: 'key', overlapped });
    world.ws2.closesocket(client);
    port.expectNone();
    port.close();
  });

  // 31.9
  it('and messages do not mix: a window gets FD_WRITE once, and nothing for the port', (world) => {
    const watcher = new Watcher(world);
    const { client, server } = world.connectedPair();
    watcher.select(server, FD_READ | FD_WRITE);
    expect(watcher.posted(server)).toEqual(['WRITE']);
    const port = new Port(world, server, 'key');
    expect(watcher.posted()).toEqual([]);
    receive(world, server);
    expect(watcher.posted()).toEqual([]);
    world.ws2.closesocket(server);
    expect(watcher.posted()).toEqual([]);
    port.take();
    port.close();
    expect(world.receive(client)).toBe('');
  });

  // 24.7
  it('come from ConnectEx, and not from connect, which may block or not', (world) => {
    const { name } = world.listener();
    for (const blocking of [true, false]) {
      const s = world.tcpSocket();
      const port = new Port(world, s, 'key');
      if (!blocking) world.nonBlocking(s);
      world.connect(s, name);
      world.until(
        () => world.ws2.select(0, null, { fd_count: 1, fd_array: [s] }, null, { tv_sec: 0, tv_usec: 0 }) === 1,
      );
      port.expectNone();
      port.close();
    }
    const s = world.tcpSocket();
    const port = new Port(world, s, 'key');
    world.ws2.bind(s, loopback(), 16);
    const overlapped = new WSAOVERLAPPED();
    expect(world.code(world.ws2.ConnectEx(s, name, name.length, buffer('abc').buf, 3, null, overlapped))).toBe(
      ERROR_IO_PENDING,
    );
    expect(port.take()).toEqual({ error: 0, bytes: 3, key: 'key', overlapped });
    port.close();
  });

  it('come in the order of the operations when several sends and receives are done at once', (world) => {
    const { client, server } = world.connectedPair();
    const port = new Port(world, server, 'server');
    world.ws2.host.CreateIoCompletionPort(client, port.handle, 'client');
    const receives = [receive(world, server, 1), receive(world, server, 1), receive(world, server, 1)];
    const sent = send(world, client, 'abc');
    const packets = [port.take(), port.take(), port.take(), port.take()];
    const ofServer = packets.filter(({ key }) => key === 'server').map(({ overlapped }) => overlapped);
    expect(ofServer).toEqual(receives.map(({ overlapped }) => overlapped));
    expect(packets.filter(({ key }) => key === 'client')).toMatchObject([{ bytes: 3, overlapped: sent.overlapped }]);
    expect(receives.map(({ room }) => textOf(room)).join('')).toBe('abc');
    port.expectNone();
    port.close();
  });

  it('of zero bytes: a send completes, a receive waits for data and leaves it', (world) => {
    const { client, server } = world.connectedPair();
    const port = new Port(world, server, 'key');
    const nothing = send(world, server, '');
    expect([nothing.code, nothing.bytes.value]).toEqual([0, 0]);
    expect(port.take()).toEqual({ error: 0, bytes: 0, key: 'key', overlapped: nothing.overlapped });
    const waiting = receive(world, server, 0);
    expect(waiting.code).toBe(WSA_IO_PENDING);
    port.expectNone();
    world.send(client, 'x');
    expect(port.take()).toEqual({ error: 0, bytes: 0, key: 'key', overlapped: waiting.overlapped });
    const another = receive(world, server, 0);
    expect([another.code, another.bytes.value]).toEqual([0, 0]);
    expect(port.take()).toMatchObject({ bytes: 0, overlapped: another.overlapped });
    expect(world.receive(server)).toBe('x');
    port.close();
  });

  it('tell of a receive that was pending before a shutdown of receiving; later ones are failing calls', (world) => {
    const { client, server } = world.connectedPair();
    const port = new Port(world, server, 'key');
    const { overlapped } = receive(world, server);
    expect(world.ws2.shutdown(server, SD_BOTH)).toBe(0);
    port.expectNone();
    expect(send(world, server, 'x').code).toBe(WSAESHUTDOWN);
    expect(receive(world, server).code).toBe(WSAESHUTDOWN);
    expect(world.send(client, 'y')).toBe(1);
    expect(port.take()).toMatchObject({ overlapped, bytes: 1, error: 0 });
    port.expectNone();
    port.close();
  });
});

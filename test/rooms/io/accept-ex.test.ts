// AcceptEx and GetAcceptExSockaddrs (specification; measured behaviour 25).
import { expect } from 'vitest';
import {
  CF_DEFER,
  ERROR_INSUFFICIENT_BUFFER,
  ERROR_INVALID_PARAMETER,
  ERROR_IO_PENDING,
  ERROR_OPERATION_ABORTED,
  FD_ACCEPT,
  INVALID_SOCKET,
  parseSockaddr,
  ref,
  SO_UPDATE_ACCEPT_CONTEXT,
  SOL_SOCKET,
  WSA_OPERATION_ABORTED,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOTCONN,
  WSAENOTSOCK,
  WSAOVERLAPPED,
  type Ws2_32,
} from 'ws2spi';
import { describeOnEveryChain, loopback, NO_LAYERS, type World } from '../../support/providers.js';

const PENDING = 0x103;
const STATUS_CANCELLED = 0xc0000120;
const STATUS_BUFFER_TOO_SMALL = 0xc0000023;
const ADDRESS = 28 + 16;

/** An AcceptEx that was begun, and what it was begun with. */
class Accepting {
  readonly overlapped = new WSAOVERLAPPED();
  readonly buffer: Uint8Array;
  readonly socket: number;
  readonly error: number;

  constructor(
    readonly world: World,
    readonly listener: number,
    readonly data = 0,
    readonly local = ADDRESS,
    readonly remote = ADDRESS,
    socket?: number,
    family?: number,
  ) {
    this.socket = socket ?? world.tcpSocket(family);
    this.buffer = new Uint8Array(data + local + remote);
    this.overlapped.hEvent = world.event();
    const { ws2 } = world;
    const result = ws2.AcceptEx(listener, this.socket, this.buffer, data, local, remote, ref(0), this.overlapped);
    this.error = world.code(result);
  }

  get done(): boolean {
    return this.overlapped.Internal !== PENDING;
  }

  wait(): void {
    this.world.until(() => this.done);
  }

  /** 0 or the error, and the bytes. */
  result(): { error: number; bytes: number } {
    const bytes = ref(0);
    const error = this.world.code(
      this.world.ws2.WSAGetOverlappedResult(this.listener, this.overlapped, bytes, false, ref(0)),
    );
    return { error, bytes: bytes.value };
  }

  names(): { local: Uint8Array | null; remote: Uint8Array | null } {
    const [local, remote] = [ref<Uint8Array | null>(null), ref<Uint8Array | null>(null)];
    this.world.ws2.GetAcceptExSockaddrs(this.buffer, this.data, this.local, this.remote, local, ref(0), remote, ref(0));
    return { local: local.value, remote: remote.value };
  }

  updateContext(): number {
    return updateContext(this.world, this.socket, this.listener);
  }
}

function updateContext(world: World, s: number, listener: number): number {
  const value = new Uint8Array(4);
  new DataView(value.buffer).setUint32(0, listener, true);
  return world.code(world.ws2.setsockopt(s, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, value, 4));
}

describeOnEveryChain('AcceptEx', ({ it, onEveryFamily, chain }) => {
  // 25.5
  onEveryFamily('connects a socket that is there already, and tells both names', (world, family) => {
    const { s: listener, name } = world.listener(family);
    const accepting = new Accepting(world, listener, 0, ADDRESS, ADDRESS, undefined, family);
    expect(accepting.error).toBe(ERROR_IO_PENDING);
    world.settle();
    expect(accepting.done).toBe(false);
    const client = world.tcpSocket(family);
    expect(world.connect(client, name)).toBe(0);
    accepting.wait();
    expect(accepting.result()).toEqual({ error: 0, bytes: 0 });
    expect(world.signalled(accepting.overlapped.hEvent!)).toBe(true);
    const { local, remote } = accepting.names();
    expect(parseSockaddr(local!)).toEqual(parseSockaddr(name));
    expect(parseSockaddr(remote!)).toEqual(parseSockaddr(world.nameOf(client)));
    world.send(client, 'hello');
    expect(world.receiveAll(accepting.socket, 5)).toBe('hello');
    world.send(accepting.socket, 'back');
    expect(world.receiveAll(client, 4)).toBe('back');
  });

  it('takes a connection that was there before', (world) => {
    const { s: listener, name } = world.listener();
    expect(world.connect(world.tcpSocket(), name)).toBe(0);
    const accepting = new Accepting(world, listener);
    expect(accepting.error).toBe(ERROR_IO_PENDING);
    accepting.wait();
    expect(accepting.result().error).toBe(0);
  });

  // 25.6
  it('waits for the first data when it has room for some, and is content with a single byte', (world) => {
    const { s: listener, name } = world.listener();
    const accepting = new Accepting(world, listener, 100);
    const client = world.tcpSocket();
    expect(world.connect(client, name)).toBe(0);
    world.settle();
    expect(accepting.done).toBe(false);
    world.send(client, 'x');
    accepting.wait();
    expect(accepting.result()).toEqual({ error: 0, bytes: 1 });
    expect(accepting.buffer[0]).toBe('x'.charCodeAt(0));
    expect(parseSockaddr(accepting.names().remote!).port).toBe(world.portOf(client));
  });

  // 25.6
  it('completes without bytes when the peer closes before it sent any', (world) => {
    const { s: listener, name } = world.listener();
    const accepting = new Accepting(world, listener, 100);
    const client = world.tcpSocket();
    expect(world.connect(client, name)).toBe(0);
    world.ws2.closesocket(client);
    accepting.wait();
    expect(accepting.result()).toEqual({ error: 0, bytes: 0 });
  });

  it('serves several calls in order, one connection each', (world) => {
    const { s: listener, name } = world.listener();
    const calls = [new Accepting(world, listener), new Accepting(world, listener), new Accepting(world, listener)];
    const clients = calls.map((call, index) => {
      const client = world.tcpSocket();
      expect(world.connect(client, name)).toBe(0);
      call.wait();
      expect(calls.map(({ done }) => done)).toEqual([0, 1, 2].map((at) => at <= index));
      return client;
    });
    expect(calls.map((call) => parseSockaddr(call.names().remote!).port)).toEqual(
      clients.map((client) => world.portOf(client)),
    );
  });

  // 19.1.9
  it('keeps FD_ACCEPT for the connections that it does not take', (world) => {
    const { s: listener, name } = world.listener();
    const hEvent = world.event();
    expect(world.eventSelect(listener, hEvent, FD_ACCEPT)).toBe(0);
    const accepting = new Accepting(world, listener);
    expect(world.connect(world.tcpSocket(), name)).toBe(0);
    accepting.wait();
    expect(world.networkEvents(listener)).toEqual({});
    expect(world.connect(world.tcpSocket(), name)).toBe(0);
    world.until(() => world.signalled(hEvent));
    expect(world.networkEvents(listener)).toEqual({ ACCEPT: 0 });
  });

  it('goes before an accept that waits', (world) => {
    const { s: listener, name } = world.listener();
    const accepting = new Accepting(world, listener);
    const [first, second] = [world.tcpSocket(), world.tcpSocket()];
    expect(world.connect(first, name)).toBe(0);
    expect(world.connect(second, name)).toBe(0);
    const accepted = world.accept(listener);
    expect(parseSockaddr(accepting.names().remote!).port).toBe(world.portOf(first));
    world.send(second, 'two');
    expect(world.receiveAll(accepted, 3)).toBe('two');
  });

  // 25.8
  it('takes a connection that a condition function deferred', (world) => {
    const { s: listener, name } = world.listener();
    const client = world.tcpSocket();
    expect(world.connect(client, name)).toBe(0);
    expect(world.ws2.WSAAccept(listener, null, null, () => CF_DEFER, 0)).toBe(INVALID_SOCKET);
    const accepting = new Accepting(world, listener);
    accepting.wait();
    expect(parseSockaddr(accepting.names().remote!).port).toBe(world.portOf(client));
  });

  // 25.3, 25.5
  it('leaves out the local name when it has no room for it', (world) => {
    const { s: listener, name } = world.listener();
    const accepting = new Accepting(world, listener, 0, 0);
    const client = world.tcpSocket();
    expect(world.connect(client, name)).toBe(0);
    accepting.wait();
    const { local, remote } = accepting.names();
    expect(local).toBeNull();
    expect(parseSockaddr(remote!).port).toBe(world.portOf(client));
  });

  // 25.3
  it('fails on the connection when a name has too little room, and leaves the connection to others', (world) => {
    for (const [local, remote] of [
      [3, ADDRESS],
      [20, ADDRESS],
      [16 + 15, 16 + 15],
    ] as const) {
      const { s: listener, name } = world.listener();
      const accepting = new Accepting(world, listener, 0, local, remote);
      expect(accepting.error).toBe(ERROR_IO_PENDING);
      world.settle();
      expect(accepting.done).toBe(false);
      const client = world.tcpSocket();
      expect(world.connect(client, name)).toBe(0);
      accepting.wait();
      expect(accepting.overlapped.Internal).toBe(STATUS_BUFFER_TOO_SMALL);
      const server = world.accept(listener);
      world.send(client, 'still here');
      expect(world.receiveAll(server, 10)).toBe('still here');
    }
  });

  it('fails when its buffer was detached meanwhile, and leaves the connection to others', (world) => {
    const { s: listener, name } = world.listener();
    const accepting = new Accepting(world, listener);
    structuredClone(accepting.buffer.buffer, { transfer: [accepting.buffer.buffer as ArrayBuffer] });
    expect(world.connect(world.tcpSocket(), name)).toBe(0);
    accepting.wait();
    expect(accepting.result().error).toBe(WSAEFAULT);
    world.accept(listener);
  });

  // 25.1, 25.2, 25.4
  it('says what is wrong at once, and has marked the operation as pending all the same', (world) => {
    const { ws2 } = world;
    const { s: listener } = world.listener();
    const fresh = world.tcpSocket();
    const bound = world.tcpSocket();
    ws2.bind(bound, loopback(), 16);
    const { client } = world.connectedPair();
    const room = new Uint8Array(2 * ADDRESS);
    const call = (l: number, s: number, buffer: Uint8Array | null, remote = ADDRESS): [number, number] => {
      const overlapped = new WSAOVERLAPPED();
      const result = ws2.AcceptEx(l, s, buffer, 0, ADDRESS, remote, ref(0), overlapped);
      return [world.code(result), overlapped.Internal];
    };
    expect(call(INVALID_SOCKET, fresh, room)).toEqual([WSAENOTSOCK, PENDING]);
    expect(call(fresh, world.tcpSocket(), room)).toEqual([WSAEINVAL, PENDING]);
    expect(call(listener, INVALID_SOCKET, room)).toEqual([WSAENOTSOCK, PENDING]);
    expect(call(listener, fresh, null)).toEqual([WSAEFAULT, PENDING]);
    expect(call(listener, fresh, room, 0)).toEqual([WSAEFAULT, PENDING]);
    expect(call(listener, fresh, new Uint8Array(10))).toEqual([WSAEFAULT, PENDING]);
    expect(call(listener, bound, room)).toEqual([WSAEINVAL, PENDING]);
    expect(call(listener, client, room)).toEqual([WSAEINVAL, PENDING]);
    expect(world.code(ws2.AcceptEx(listener, fresh, room, 0, ADDRESS, ADDRESS, ref(0), null))).toBe(
      ERROR_INVALID_PARAMETER,
    );
  });

  // Under layers a datagram socket belongs to another chain: to this one it is not a socket.
  // 25.4
  it('refuses a datagram socket', (world) => {
    if (chain.codec) return;
    const { s: listener } = world.listener();
    const overlapped = new WSAOVERLAPPED();
    const room = new Uint8Array(2 * ADDRESS);
    expect(
      world.code(world.ws2.AcceptEx(listener, world.udpSocket(), room, 0, ADDRESS, ADDRESS, ref(0), overlapped)),
    ).toBe(chain === NO_LAYERS ? WSAEINVAL : WSAENOTSOCK);
  });

  // 25.4
  it('refuses a socket that another call waits to connect, and so do connect and ConnectEx', (world) => {
    const { s: listener, name } = world.listener();
    const { socket } = new Accepting(world, listener);
    expect(new Accepting(world, listener, 0, ADDRESS, ADDRESS, socket).error).toBe(WSAEINVAL);
    expect(world.connect(socket, name)).toBe(WSAEINVAL);
    const result = world.ws2.ConnectEx(socket, name, name.length, null, 0, null, new WSAOVERLAPPED());
    expect(world.code(result)).toBe(WSAEINVAL);
  });

  // 25.9
  it('is cancelled when the listener is closed, or the socket that it was to connect', (world) => {
    const { s: listener } = world.listener();
    const [first, second] = [new Accepting(world, listener), new Accepting(world, listener)];
    world.ws2.closesocket(first.socket);
    expect(first.overlapped.Internal).toBe(STATUS_CANCELLED);
    expect(first.result().error).toBe(WSA_OPERATION_ABORTED);
    expect(second.done).toBe(false);
    world.ws2.closesocket(listener);
    expect(second.overlapped.Internal).toBe(STATUS_CANCELLED);
    expect(world.signalled(second.overlapped.hEvent!)).toBe(true);
  });

  it('is cancelled while it waits for data', (world) => {
    for (const closed of ['listener', 'socket'] as const) {
      const { s: listener, name } = world.listener();
      const accepting = new Accepting(world, listener, 10);
      const client = world.tcpSocket();
      expect(world.connect(client, name)).toBe(0);
      world.settle();
      world.until(() => isConnected(world.ws2, accepting.socket));
      world.ws2.closesocket(accepting[closed]);
      expect(accepting.overlapped.Internal).toBe(STATUS_CANCELLED);
    }
  });

  // 25.7
  it('leaves a socket that only transfers data until SO_UPDATE_ACCEPT_CONTEXT is set', (world) => {
    const { ws2 } = world;
    const { s: listener, name } = world.listener();
    const accepting = new Accepting(world, listener);
    const client = world.tcpSocket();
    expect(world.connect(client, name)).toBe(0);
    accepting.wait();
    const { socket } = accepting;
    const room = new Uint8Array(128);
    expect(world.code(ws2.getsockname(socket, room, ref(128)))).toBe(WSAEINVAL);
    expect(world.code(ws2.getpeername(socket, room, ref(128)))).toBe(WSAENOTCONN);
    expect(world.code(ws2.shutdown(socket, 1))).toBe(WSAENOTCONN);
    expect(accepting.updateContext()).toBe(0);
    expect(parseSockaddr(world.nameOf(socket))).toEqual(parseSockaddr(name));
    expect(world.code(ws2.getpeername(socket, room, ref(128)))).toBe(0);
    expect(world.code(ws2.shutdown(socket, 1))).toBe(0);
    expect(world.receive(client)).toBe('');
  });

  // 25.10
  it('tells a completion port by the key of the listener', (world) => {
    const { host } = world.ws2;
    const { s: listener, name } = world.listener();
    // The association counts though it comes after the call.
    const accepting = new Accepting(world, listener);
    const port = host.CreateIoCompletionPort(listener, null, 'the listener');
    host.CreateIoCompletionPort(accepting.socket, port, 'the socket');
    expect(world.connect(world.tcpSocket(), name)).toBe(0);
    const [bytes, key, overlapped] = [ref(1), ref<unknown>(0), ref<WSAOVERLAPPED | null>(null)];
    expect(host.GetQueuedCompletionStatus(port, bytes, key, overlapped, 5000)).toBe(true);
    expect([bytes.value, key.value, overlapped.value === accepting.overlapped]).toEqual([0, 'the listener', true]);

    const second = new Accepting(world, listener, 0, 3);
    expect(world.connect(world.tcpSocket(), name)).toBe(0);
    expect(host.GetQueuedCompletionStatus(port, bytes, key, overlapped, 5000)).toBe(false);
    expect([world.ws2.WSAGetLastError(), overlapped.value === second.overlapped]).toEqual([
      ERROR_INSUFFICIENT_BUFFER,
      true,
    ]);
    world.accept(listener);
    const third = new Accepting(world, listener);
    world.ws2.closesocket(listener);
    expect(host.GetQueuedCompletionStatus(port, bytes, key, overlapped, 5000)).toBe(false);
    expect([world.ws2.WSAGetLastError(), overlapped.value === third.overlapped]).toEqual([
      ERROR_OPERATION_ABORTED,
      true,
    ]);
    host.CloseHandle(port);
  });
});

function isConnected(ws2: Ws2_32, s: number): boolean {
  return ws2.send(s, new Uint8Array(0), 0, 0) === 0;
}

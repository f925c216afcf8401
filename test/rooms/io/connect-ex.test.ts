// ConnectEx and DisconnectEx (measured behaviour 24, 27, 34).
import { expect } from 'vitest';
import {
  AF_INET,
  ERROR_CONNECTION_REFUSED,
  ERROR_INVALID_PARAMETER,
  ERROR_IO_PENDING,
  INVALID_SOCKET,
  parseSockaddr,
  ref,
  SO_UPDATE_CONNECT_CONTEXT,
  SOL_SOCKET,
  TF_REUSE_SOCKET,
  WSAECONNREFUSED,
  WSAEFAULT,
  WSAEINVAL,
  WSAEISCONN,
  WSAENOTCONN,
  WSAENOTSOCK,
  WSAESHUTDOWN,
  WSAOVERLAPPED,
} from 'ws2spi';
import { describeOnEveryChain, loopback, type World } from '../../support/providers.js';

const PENDING = 0x103;

function boundSocket(world: World, family: number = AF_INET): number {
  const s = world.tcpSocket(family);
  const any = loopback(0, family);
  expect(world.code(world.ws2.bind(s, any, any.length))).toBe(0);
  return s;
}

function overlapped(world: World): WSAOVERLAPPED {
  return Object.assign(new WSAOVERLAPPED(), { hEvent: world.event() });
}

/** Calls ConnectEx; the error, and the operation. */
function connectEx(world: World, s: number, name: Uint8Array, data = ''): { error: number; operation: WSAOVERLAPPED } {
  const operation = overlapped(world);
  const bytes = data === '' ? null : Buffer.from(data);
  const error = world.code(world.ws2.ConnectEx(s, name, name.length, bytes, data.length, null, operation));
  return { error, operation };
}

function wait(world: World, operation: WSAOVERLAPPED): void {
  world.until(() => operation.Internal !== PENDING);
}

function resultOf(world: World, s: number, operation: WSAOVERLAPPED): { error: number; bytes: number } {
  const bytes = ref(0);
  const error = world.code(world.ws2.WSAGetOverlappedResult(s, operation, bytes, false, ref(0)));
  return { error, bytes: bytes.value };
}

function updateContext(world: World, s: number): number {
  return world.code(world.ws2.setsockopt(s, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, null, 0));
}

describeOnEveryChain('ConnectEx', ({ it, onEveryFamily }) => {
  // 24.2
  onEveryFamily('connects a bound socket, and tells by its event', (world, family) => {
    const { s: listener, name } = world.listener(family);
    const s = boundSocket(world, family);
    const { error, operation } = connectEx(world, s, name);
    expect(error).toBe(ERROR_IO_PENDING);
    wait(world, operation);
    expect(resultOf(world, s, operation)).toEqual({ error: 0, bytes: 0 });
    expect(world.signalled(operation.hEvent!)).toBe(true);
    const server = world.accept(listener);
    world.send(s, 'hello');
    expect(world.receiveAll(server, 5)).toBe('hello');
  });

  // 24.2
  it('sends data along, and counts it', (world) => {
    const { s: listener, name } = world.listener();
    const s = boundSocket(world);
    const { operation } = connectEx(world, s, name, 'now');
    wait(world, operation);
    expect(resultOf(world, s, operation)).toEqual({ error: 0, bytes: 3 });
    expect(world.receiveAll(world.accept(listener), 3)).toBe('now');
  });

  // 24.4
  it('tells of a refusal by the completion, never by the call', (world) => {
    const name = world.closedPort();
    const s = boundSocket(world);
    const { error, operation } = connectEx(world, s, name);
    expect(error).toBe(ERROR_IO_PENDING);
    wait(world, operation);
    expect(resultOf(world, s, operation)).toEqual({ error: WSAECONNREFUSED, bytes: 0 });
    const { s: listener, name: open } = world.listener();
    const again = connectEx(world, s, open);
    expect(again.error).toBe(ERROR_IO_PENDING);
    wait(world, again.operation);
    expect(resultOf(world, s, again.operation).error).toBe(0);
    world.accept(listener);
  });

  // 24.4, 31.5
  it('queues a packet with the Win32 error', (world) => {
    const { host } = world.ws2;
    const s = boundSocket(world);
    const port = host.CreateIoCompletionPort(s, null, 7);
    const { operation } = connectEx(world, s, world.closedPort());
    const [bytes, key, which] = [ref(1), ref<unknown>(0), ref<WSAOVERLAPPED | null>(null)];
    expect(host.GetQueuedCompletionStatus(port, bytes, key, which, 5000)).toBe(false);
    expect(world.ws2.WSAGetLastError()).toBe(ERROR_CONNECTION_REFUSED);
    expect([bytes.value, key.value, which.value === operation]).toEqual([0, 7, true]);
    host.CloseHandle(port);
  });

  // 24.1, 24.2
  it('says what is wrong at once, and has marked the operation as pending all the same', (world) => {
    const { ws2 } = world;
    const { s: listener, name } = world.listener();
    const call = (s: number, to: Uint8Array | null, length = 16): [number, number] => {
      const operation = new WSAOVERLAPPED();
      const result = ws2.ConnectEx(s, to as Uint8Array, length, null, 0, null, operation);
      return [world.code(result), operation.Internal];
    };
    expect(call(INVALID_SOCKET, name)).toEqual([WSAENOTSOCK, PENDING]);
    expect(call(world.tcpSocket(), name)).toEqual([WSAEINVAL, PENDING]);
    expect(call(listener, name)).toEqual([WSAEINVAL, PENDING]);
    expect(call(boundSocket(world), name, 15)).toEqual([WSAEFAULT, PENDING]);
    expect(call(boundSocket(world), null)).toEqual([WSAEFAULT, PENDING]);
    const { client, server } = world.connectedPair();
    expect(call(client, name)[0]).toBe(WSAEISCONN);
    expect(call(server, name)[0]).toBe(WSAEISCONN);
    const result = ws2.ConnectEx(boundSocket(world), name, 16, null, 0, null, null);
    expect(world.code(result)).toBe(ERROR_INVALID_PARAMETER);
  });

  // 24.3, 34
  it('keeps the socket to itself while it is under way, and afterwards until its context is set', (world) => {
    const { ws2 } = world;
    const { s: listener, name } = world.listener();
    const s = boundSocket(world);
    const { operation } = connectEx(world, s, name);
    const room = new Uint8Array(128);
    expect(world.connect(s, name)).toBe(WSAEINVAL);
    expect(connectEx(world, s, name).error).toBe(WSAEINVAL);
    expect(world.code(ws2.getpeername(s, room, ref(128)))).toBe(WSAENOTCONN);
    expect(world.send(s, 'x')).toBe(-WSAENOTCONN);
    expect(world.receive(s)).toBe(-WSAENOTCONN);
    wait(world, operation);
    expect(world.connect(s, name)).toBe(WSAEINVAL);
    expect(connectEx(world, s, name).error).toBe(WSAEISCONN);
    expect(world.code(ws2.getpeername(s, room, ref(128)))).toBe(WSAENOTCONN);
    expect(world.code(ws2.shutdown(s, 1))).toBe(WSAENOTCONN);
    expect(updateContext(world, s)).toBe(0);
    expect(world.connect(s, name)).toBe(WSAEISCONN);
    expect(world.code(ws2.getpeername(s, room, ref(128)))).toBe(0);
    world.accept(listener);
  });

  it('leaves a bound socket when it is cancelled, which another can connect', (world) => {
    const { ws2 } = world;
    const { name } = world.listener();
    // Another one: the kernel may still remember a connection between the same two names.
    const { s: listener, name: other } = world.listener();
    const s = world.tcpSocket();
    const any = loopback();
    expect(world.code(ws2.bind(s, any, any.length))).toBe(0);
    const [first, second] = [new WSAOVERLAPPED(), new WSAOVERLAPPED()];
    expect(world.code(ws2.ConnectEx(s, name, name.length, null, 0, null, first))).toBe(ERROR_IO_PENDING);
    expect(ws2.host.CancelIoEx(s, first)).toBe(true);
    world.settle();
    expect(world.send(s, 'x')).toBe(-WSAENOTCONN);
    expect(world.code(ws2.ConnectEx(s, other, other.length, null, 0, null, second))).toBe(ERROR_IO_PENDING);
    wait(world, second);
    expect(second.Internal).toBe(0);
    world.send(s, 'connected');
    expect(world.receiveAll(world.accept(listener), 9)).toBe('connected');
  });

  it('is cancelled when its socket is closed', (world) => {
    const { name } = world.listener();
    const s = boundSocket(world);
    const { operation } = connectEx(world, s, name);
    world.ws2.closesocket(s);
    expect(operation.Internal).not.toBe(PENDING);
    expect([0xc0000120]).toContain(operation.Internal);
  });
});

describeOnEveryChain('DisconnectEx', ({ it }) => {
  // 27.1, 27.2
  it('ends sending as a shutdown does, and leaves receiving', (world) => {
    const { ws2 } = world;
    const { client, server, name } = world.connectedPair();
    expect(ws2.DisconnectEx(client, null, 0, 0)).toBe(true);
    expect(ws2.WSAGetLastError()).toBe(0);
    expect(ws2.DisconnectEx(client, null, 0, 0)).toBe(true);
    expect(world.receive(server)).toBe('');
    expect(world.send(client, 'x')).toBe(-WSAESHUTDOWN);
    expect(world.connect(client, name)).toBe(WSAEISCONN);
    world.send(server, 'last words');
    expect(world.receiveAll(client, 10)).toBe('last words');
    expect(world.code(ws2.getpeername(client, new Uint8Array(128), ref(128)))).toBe(0);
  });

  // 27.1
  it('is told by its event when it is overlapped, and goes behind what is still to be sent', (world) => {
    const { ws2 } = world;
    const { client, server } = world.connectedPair();
    const much = new Uint8Array(4_000_000).fill(65);
    const send = overlapped(world);
    ws2.WSASend(client, [{ len: much.length, buf: much }], 1, null, 0, send, null);
    const operation = overlapped(world);
    expect(world.code(ws2.DisconnectEx(client, operation, 0, 0))).toBe(ERROR_IO_PENDING);
    expect(world.receiveAll(server, much.length).length).toBe(much.length);
    expect(world.receive(server)).toBe('');
    wait(world, operation);
    expect(resultOf(world, client, operation)).toEqual({ error: 0, bytes: 0 });
    expect(world.signalled(operation.hEvent!)).toBe(true);
  });

  it('says what is wrong', (world) => {
    const { ws2 } = world;
    const { client } = world.connectedPair();
    expect(world.code(ws2.DisconnectEx(INVALID_SOCKET, null, 0, 0))).toBe(WSAENOTSOCK);
    expect(world.code(ws2.DisconnectEx(world.tcpSocket(), null, 0, 0))).toBe(WSAENOTCONN);
    expect(world.code(ws2.DisconnectEx(client, null, 0x40, 0))).toBe(WSAEINVAL);
    expect(world.code(ws2.DisconnectEx(client, null, 0, 1))).toBe(WSAEINVAL);
    expect(world.code(ws2.DisconnectEx(client, 5 as never, 0, 0))).toBe(WSAEFAULT);
  });

  it('makes a socket usable for another ConnectEx once the peer has closed too', (world) => {
    const { ws2 } = world;
    const { s: listener, name } = world.listener();
    const s = boundSocket(world);
    const first = connectEx(world, s, name);
    wait(world, first.operation);
    updateContext(world, s);
    const server = world.accept(listener);
    const operation = overlapped(world);
    expect(world.code(ws2.DisconnectEx(s, operation, TF_REUSE_SOCKET, 0))).toBe(ERROR_IO_PENDING);
    expect(world.receive(server)).toBe('');
    expect(operation.Internal).toBe(PENDING);
    ws2.closesocket(server);
    wait(world, operation);
    expect(resultOf(world, s, operation).error).toBe(0);
    // Its old port may still be remembered: a program that must not care binds anew.
    if (world.code(ws2.getsockname(s, new Uint8Array(128), ref(128))) !== 0) {
      expect(world.code(ws2.bind(s, loopback(), 16))).toBe(0);
    }
    const { s: other, name: otherName } = world.listener();
    const second = connectEx(world, s, otherName, 'again');
    expect(second.error).toBe(ERROR_IO_PENDING);
    wait(world, second.operation);
    expect(resultOf(world, s, second.operation)).toEqual({ error: 0, bytes: 5 });
    const accepted = world.accept(other);
    expect(world.receiveAll(accepted, 5)).toBe('again');
    updateContext(world, s);
    expect(parseSockaddr(world.nameOf(accepted)).port).toBe(parseSockaddr(otherName).port);
  });

  it('is cancelled while it waits for the peer, when the socket is closed', (world) => {
    const { client } = world.connectedPair();
    const operation = overlapped(world);
    expect(world.code(world.ws2.DisconnectEx(client, operation, TF_REUSE_SOCKET, 0))).toBe(ERROR_IO_PENDING);
    world.settle();
    expect(operation.Internal).toBe(PENDING);
    world.ws2.closesocket(client);
    expect(operation.Internal).toBe(0xc0000120);
  });
});

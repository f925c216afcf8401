// ReadFile, WriteFile, CancelIo and CancelIoEx on sockets.
import { expect } from 'vitest';
import {
  ERROR_IO_PENDING,
  ERROR_NOT_FOUND,
  ERROR_OPERATION_ABORTED,
  INVALID_SOCKET,
  ref,
  WSA_INVALID_HANDLE,
  WSA_IO_PENDING,
  WSA_OPERATION_ABORTED,
  WSAEFAULT,
  WSAENOTCONN,
  WSAOVERLAPPED,
} from 'ws2spi';
import { buffer, describeOnEveryChain, type World } from '../../support/providers.js';

const PENDING = 0x103;
const STATUS_CANCELLED = 0xc0000120;

function beginReceive(world: World, s: number): WSAOVERLAPPED {
  const operation = Object.assign(new WSAOVERLAPPED(), { hEvent: world.event() });
  expect(world.code(world.ws2.WSARecv(s, [buffer(10)], 1, null, ref(0), operation, null))).toBe(WSA_IO_PENDING);
  return operation;
}

describeOnEveryChain('ReadFile and WriteFile', ({ it }) => {
  it('receive and send on a socket', (world) => {
    const { host } = world.ws2;
    const { client, server } = world.connectedPair();
    const count = ref(0);
    expect(host.WriteFile(client, Buffer.from('a line'), 6, count, null)).toBe(true);
    expect(count.value).toBe(6);
    const room = new Uint8Array(100);
    expect(host.ReadFile(server, room, 100, count, null)).toBe(true);
    expect(Buffer.from(room.subarray(0, count.value)).toString()).toBe('a line');
    world.ws2.shutdown(client, 1);
    expect(host.ReadFile(server, room, 100, count, null)).toBe(true);
    expect(count.value).toBe(0);
  });

  it('pend when they are overlapped, and complete', (world) => {
    const { host } = world.ws2;
    const { client, server } = world.connectedPair();
    const operation = Object.assign(new WSAOVERLAPPED(), { hEvent: world.event() });
    const room = new Uint8Array(100);
    expect(world.code(host.ReadFile(server, room, 100, null, operation))).toBe(ERROR_IO_PENDING);
    const written = new WSAOVERLAPPED();
    expect(host.WriteFile(client, Buffer.from('later'), 5, null, written)).toBe(true);
    expect([written.Internal, written.InternalHigh]).toEqual([0, 5]);
    world.until(() => operation.Internal !== PENDING);
    expect([operation.Internal, operation.InternalHigh]).toEqual([0, 5]);
    expect(world.signalled(operation.hEvent)).toBe(true);
  });

  it('say what is wrong', (world) => {
    const { host } = world.ws2;
    const room = new Uint8Array(4);
    for (const name of ['ReadFile', 'WriteFile'] as const) {
      expect(world.code(host[name](INVALID_SOCKET, room, 4, null, null))).toBe(WSA_INVALID_HANDLE);
      expect(world.code(host[name](world.event(), room, 4, null, null))).toBe(WSA_INVALID_HANDLE);
      expect(world.code(host[name](world.tcpSocket(), room, 4, null, null))).toBe(WSAENOTCONN);
      const { client } = world.connectedPair();
      expect(world.code(host[name](client, room, 5, null, null))).toBe(WSAEFAULT);
    }
  });
});

describeOnEveryChain('CancelIo and CancelIoEx', ({ it }) => {
  it('cancel everything that waits on a socket, and tell so', (world) => {
    const { host } = world.ws2;
    const { client, server } = world.connectedPair();
    const operations = [beginReceive(world, client), beginReceive(world, client)];
    const untouched = beginReceive(world, server);
    expect(host.CancelIo(client)).toBe(true);
    for (const operation of operations) {
      expect(operation.Internal).toBe(STATUS_CANCELLED);
      expect(world.signalled(operation.hEvent!)).toBe(true);
      const bytes = ref(9);
      expect(world.code(world.ws2.WSAGetOverlappedResult(client, operation, bytes, false, ref(0)))).toBe(
        WSA_OPERATION_ABORTED,
      );
    }
    expect(untouched.Internal).toBe(PENDING);
    expect(host.CancelIo(client)).toBe(true);
    world.send(server, 'goes on');
    expect(world.receiveAll(client, 7)).toBe('goes on');
  });

  it('cancel one of several, and leave the order of the others', (world) => {
    const { host } = world.ws2;
    const { client, server } = world.connectedPair();
    const [first, second, third] = [1, 2, 3].map(() => beginReceive(world, client));
    expect(host.CancelIoEx(client, second!)).toBe(true);
    expect(second!.Internal).toBe(STATUS_CANCELLED);
    expect(world.code(host.CancelIoEx(client, second!))).toBe(ERROR_NOT_FOUND);
    world.send(server, '0123456789abcde');
    world.until(() => third!.Internal !== PENDING);
    expect([first!.InternalHigh, third!.InternalHigh]).toEqual([10, 5]);
    expect(world.code(host.CancelIoEx(client, null))).toBe(ERROR_NOT_FOUND);
  });

  it('cancel an AcceptEx by its listener, not by the socket that it was to connect', (world) => {
    const { ws2 } = world;
    const { s: listener } = world.listener();
    const acceptor = world.tcpSocket();
    const operation = new WSAOVERLAPPED();
    ws2.AcceptEx(listener, acceptor, new Uint8Array(64), 0, 32, 32, null, operation);
    expect(ws2.host.CancelIo(acceptor)).toBe(true);
    expect(operation.Internal).toBe(PENDING);
    expect(ws2.host.CancelIoEx(listener, operation)).toBe(true);
    expect(operation.Internal).toBe(STATUS_CANCELLED);
    // The socket is free for another.
    const again = new WSAOVERLAPPED();
    ws2.AcceptEx(listener, acceptor, new Uint8Array(64), 0, 32, 32, null, again);
    expect(again.Internal).toBe(PENDING);
  });

  it('tell a completion port', (world) => {
    const { host } = world.ws2;
    const { client } = world.connectedPair();
    const port = host.CreateIoCompletionPort(client, null, 'key');
    const operation = beginReceive(world, client);
    host.CancelIoEx(client, operation);
    const [bytes, key, which] = [ref(1), ref<unknown>(0), ref<WSAOVERLAPPED | null>(null)];
    expect(host.GetQueuedCompletionStatus(port, bytes, key, which, 0)).toBe(false);
    expect(world.ws2.WSAGetLastError()).toBe(ERROR_OPERATION_ABORTED);
    expect([bytes.value, key.value, which.value === operation]).toEqual([0, 'key', true]);
    host.CloseHandle(port);
  });

  it('need a socket', (world) => {
    const { host } = world.ws2;
    expect(world.code(host.CancelIo(INVALID_SOCKET))).toBe(WSA_INVALID_HANDLE);
    expect(world.code(host.CancelIoEx(world.event(), null))).toBe(WSA_INVALID_HANDLE);
  });
});

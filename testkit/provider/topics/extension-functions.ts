// From AcceptEx to TransmitFile: the extension functions, on sockets of the provider.
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ERROR_IO_PENDING,
  INVALID_SOCKET,
  parseSockaddr,
  ref,
  SO_UPDATE_ACCEPT_CONTEXT,
  SO_UPDATE_CONNECT_CONTEXT,
  SOL_SOCKET,
  TF_DISCONNECT,
  TF_REUSE_SOCKET,
  WSA_FLAG_OVERLAPPED,
  WSA_OPERATION_ABORTED,
  WSAOVERLAPPED,
} from '../../../index.js';
import { expect } from '../expectation.js';
import type { ProviderWorld } from '../provider-world.js';
import { topic } from '../suite.js';

const ADDRESS = 128 + 16;
const PENDING = 0x103;
const FROM_PROTOCOL_INFO = -1;

function accepting(world: ProviderWorld, listener: number, data: number) {
  const socket = world.streamSocket();
  const room = new Uint8Array(data + 2 * ADDRESS);
  const overlapped = new WSAOVERLAPPED();
  const result = world.ws2.AcceptEx(listener, socket, room, data, ADDRESS, ADDRESS, ref(0), overlapped);
  return { socket, room, overlapped, code: world.code(result) };
}

function withFile(text: string, body: (file: number) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'ws2spi-testkit-'));
  writeFileSync(join(folder, 'file'), text);
  const file = openSync(join(folder, 'file'), 'r');
  try {
    body(file);
  } finally {
    closeSync(file);
    rmSync(folder, { recursive: true });
  }
}

/** What programs rely on: the extension functions. */
export const extensionFunctions = topic('the extension functions', ['extension functions'], (on) => {
  on.it('AcceptEx takes a connection with its first data, and tells both names', (world) => {
    const { s: listener, name } = world.listener();
    const { socket, room, overlapped, code } = accepting(world, listener, 64);
    expect(code).toBe(ERROR_IO_PENDING);
    const client = world.streamSocket();
    expect(world.connect(client, name)).toBe(0);
    expect(world.send(client, 'first data')).toBe(10);
    world.until(() => overlapped.Internal !== PENDING);
    expect([overlapped.Internal, overlapped.InternalHigh], 'status and bytes of AcceptEx').toEqual([0, 10]);
    expect(Buffer.from(room.subarray(0, 10)).toString()).toBe('first data');
    const [local, remote] = [ref<Uint8Array | null>(null), ref<Uint8Array | null>(null)];
    world.ws2.GetAcceptExSockaddrs(room, 64, ADDRESS, ADDRESS, local, ref(0), remote, ref(0));
    expect(parseSockaddr(local.value!), 'the local name by GetAcceptExSockaddrs').toEqual(parseSockaddr(name));
    expect(parseSockaddr(remote.value!), 'the remote name by GetAcceptExSockaddrs').toEqual(
      parseSockaddr(world.nameOf(client)),
    );
    const value = new Uint8Array(4);
    new DataView(value.buffer).setUint32(0, listener, true);
    expect(world.code(world.ws2.setsockopt(socket, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, value, 4))).toBe(0);
    expect(parseSockaddr(world.nameOf(socket))).toEqual(parseSockaddr(name));
    expect(world.send(socket, 'answer')).toBe(6);
    expect(world.receiveAll(client, 6)).toBe('answer');
  });

  on.it('several AcceptEx take connections in their order, and those left are aborted with the listener', (world) => {
    const { s: listener, name } = world.listener();
    const all = [accepting(world, listener, 0), accepting(world, listener, 0), accepting(world, listener, 0)];
    const clients = [world.streamSocket(), world.streamSocket()];
    for (const [at, client] of clients.entries()) {
      expect(world.connect(client, name)).toBe(0);
      world.until(() => all[at]!.overlapped.Internal !== PENDING);
      world.send(client, `${at}`);
      expect(world.receiveAll(all[at]!.socket, 1), `the socket of AcceptEx number ${at + 1}`).toBe(`${at}`);
    }
    expect(world.code(world.ws2.closesocket(listener))).toBe(0);
    const { overlapped } = all[2]!;
    world.until(() => overlapped.Internal !== PENDING);
    const result = world.ws2.WSAGetOverlappedResult(all[2]!.socket, overlapped, ref(0), false, ref(0));
    expect(world.code(result), 'the AcceptEx that was left').toBe(WSA_OPERATION_ABORTED);
  });

  on.it('ConnectEx connects a bound socket, with data', (world) => {
    const { s: listener, name } = world.listener();
    const client = world.streamSocket();
    const any = world.freeName();
    expect(world.code(world.ws2.bind(client, any, any.length))).toBe(0);
    const overlapped = new WSAOVERLAPPED();
    const code = world.code(
      world.ws2.ConnectEx(client, name, name.length, Buffer.from('greeting'), 8, ref(0), overlapped),
    );
    if (code !== 0) expect(code).toBe(ERROR_IO_PENDING);
    const server = world.accept(listener);
    world.until(() => overlapped.Internal !== PENDING);
    expect([overlapped.Internal, overlapped.InternalHigh], 'status and bytes of ConnectEx').toEqual([0, 8]);
    expect(world.code(world.ws2.setsockopt(client, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, null, 0))).toBe(0);
    expect(world.receiveAll(server, 8)).toBe('greeting');
  });

  on.it('TransmitFile sends a file, with what goes before and after it, as send does', (world) => {
    const { client, server } = world.connectedPair();
    withFile('the file', (file) => {
      const around = { Head: Buffer.from('<'), HeadLength: 1, Tail: Buffer.from('>'), TailLength: 1 };
      expect(world.send(client, 'before ')).toBe(7);
      expect(world.code(world.ws2.TransmitFile(client, file, 0, 0, null, around, 0))).toBe(0);
      expect(world.send(client, ' after')).toBe(6);
      expect(world.receiveAll(server, 23)).toBe('before <the file> after');
    });
  });

  on.it('TransmitFile with TF_DISCONNECT ends the stream behind the file', (world) => {
    const { client, server } = world.connectedPair();
    withFile('all of it', (file) => {
      expect(world.code(world.ws2.TransmitFile(client, file, 0, 0, null, null, TF_DISCONNECT))).toBe(0);
      expect(world.receiveAll(server, 9)).toBe('all of it');
      expect(world.receive(server)).toBe('');
    });
  });

  on.needs('connecting again').it('DisconnectEx leaves a socket that connects again', (world) => {
    const { client, server, listener, name } = world.connectedPair();
    expect(world.send(client, 'bye')).toBe(3);
    expect(world.receiveAll(server, 3)).toBe('bye');
    const overlapped = new WSAOVERLAPPED();
    const code = world.code(world.ws2.DisconnectEx(client, overlapped, TF_REUSE_SOCKET, 0));
    if (code !== 0) expect(code).toBe(ERROR_IO_PENDING);
    expect(world.receive(server), 'the end, behind DisconnectEx').toBe('');
    expect(world.code(world.ws2.closesocket(server))).toBe(0);
    world.until(() => overlapped.Internal !== PENDING);
    // Whether it still has its name differs; ConnectEx wants one.
    const any = world.freeName();
    world.ws2.bind(client, any, any.length);
    const again = new WSAOVERLAPPED();
    const connect = world.code(world.ws2.ConnectEx(client, name, name.length, null, 0, ref(0), again));
    if (connect !== 0) expect(connect).toBe(ERROR_IO_PENDING);
    const second = world.accept(listener);
    world.until(() => again.Internal !== PENDING);
    world.ws2.setsockopt(client, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, null, 0);
    expect(world.send(client, 'again')).toBe(5);
    expect(world.receiveAll(second, 5)).toBe('again');
  });
});

/** What programs rely on: duplicates of sockets. */
export const duplicates = topic('a duplicate of a socket', ['duplicates'], (on) => {
  const duplicate = (world: ProviderWorld, s: number): number => {
    const info = {} as Parameters<typeof world.ws2.WSADuplicateSocket>[2];
    expect(world.code(world.ws2.WSADuplicateSocket(s, process.pid, info)), 'WSADuplicateSocket').toBe(0);
    const type = FROM_PROTOCOL_INFO;
    const other = world.ws2.WSASocket(type, type, type, info as never, 0, WSA_FLAG_OVERLAPPED);
    expect(other, 'WSASocket with what WSADuplicateSocket told').not.toBe(INVALID_SOCKET);
    return world.track(other);
  };

  on.it('sends and receives on the same connection, through the same layers', (world) => {
    const { client, server } = world.connectedPair();
    const other = duplicate(world, client);
    expect(world.send(other, 'by the duplicate')).toBe(16);
    expect(world.receiveAll(server, 16)).toBe('by the duplicate');
    expect(world.send(client, 'by the first')).toBe(12);
    expect(world.receiveAll(server, 12)).toBe('by the first');
    expect(world.send(server, 'answer')).toBe(6);
    expect(world.receiveAll(other, 6)).toBe('answer');
  });

  on.it('keeps the connection open when the first is closed, until it is closed too', (world) => {
    const { client, server } = world.connectedPair();
    const other = duplicate(world, client);
    expect(world.code(world.ws2.closesocket(client))).toBe(0);
    expect(world.send(other, 'still there')).toBe(11);
    expect(world.receiveAll(server, 11)).toBe('still there');
    expect(world.code(world.ws2.closesocket(other))).toBe(0);
    expect(world.receive(server)).toBe('');
  });
});

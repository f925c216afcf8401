// How operations of the extension functions end: once each, whoever ends them, with nothing left behind.
import { closeSync, openSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect } from 'vitest';
import {
  DE_REUSE_SOCKET,
  ERROR_IO_PENDING,
  ERROR_NOT_FOUND,
  INSTANCE,
  ref,
  SO_SNDTIMEO,
  SOCKET_ERROR,
  TP_ELEMENT_FILE,
  WSAEWOULDBLOCK,
  SOL_SOCKET,
  SO_CONNECT_TIME,
  WSA_OPERATION_ABORTED,
  WSAEINTR,
  WSAETIMEDOUT,
  WSAEINVAL,
  WSAOVERLAPPED,
  winsockErrorOfStatus,
} from 'ws2spi';
import { Host } from 'ws2spi/host';
import { defineLayer, PassThroughProvider, type Layer } from 'ws2spi/chain';
import {
  describeOnEveryChain,
  describeOnEveryProvider,
  buffer,
  loopback,
  type World,
} from '../../support/providers.js';
import { layerOf } from '../../support/layers.js';

const PENDING = 0x103;
const ADDRESS = 28 + 16;

let restore: (() => void) | null = null;

/** Counts what keeps the process alive from now on. A spy would hold on to every instance that it saw. */
function countReferences(): () => number {
  const { ref, unref } = Host.prototype;
  let count = 0;
  Host.prototype.ref = function (this: Host): void {
    count++;
    ref.call(this);
  };
  Host.prototype.unref = function (this: Host): void {
    count--;
    unref.call(this);
  };
  restore = () => void Object.assign(Host.prototype, { ref, unref });
  return () => count;
}

afterEach(() => {
  restore?.();
  restore = null;
});

function acceptEx(
  world: World,
  listener: number,
  data = 0,
): { s: number; operation: WSAOVERLAPPED; buffer: Uint8Array } {
  const s = world.tcpSocket();
  const operation = new WSAOVERLAPPED();
  const bytes = new Uint8Array(data + 2 * ADDRESS);
  expect(world.code(world.ws2.AcceptEx(listener, s, bytes, data, ADDRESS, ADDRESS, null, operation))).toBe(
    ERROR_IO_PENDING,
  );
  return { s, operation, buffer: bytes };
}

const done = (operation: WSAOVERLAPPED): boolean => operation.Internal !== PENDING;
const errorOf = (operation: WSAOVERLAPPED): number => winsockErrorOfStatus(operation.Internal);

describeOnEveryChain('an operation of an extension function', ({ it }) => {
  it('lets the process end once a socket is disconnected for another use', (world) => {
    const references = countReferences();
    const { client, server } = world.connectedPair();
    const operation = new WSAOVERLAPPED();
    expect(world.code(world.ws2.DisconnectEx(client, operation, DE_REUSE_SOCKET, 0))).toBe(ERROR_IO_PENDING);
    expect(references()).toBe(1);
    world.ws2.closesocket(server);
    world.until(() => done(operation));
    expect(errorOf(operation)).toBe(0);
    expect(references()).toBe(0);
  });

  it('ends with its socket while a disconnect for reuse waits for the peer', (world) => {
    const references = countReferences();
    const { client } = world.connectedPair();
    world.ws2[INSTANCE].providerHost.setTimer(world.now() + 20, () => void world.ws2.closesocket(client));
    expect(world.code(world.ws2.DisconnectEx(client, null, DE_REUSE_SOCKET, 0))).toBe(WSAEINTR);
    expect(references()).toBe(0);
  });

  it('is given up when SO_SNDTIMEO is over while a disconnect for reuse waits for the peer', (world) => {
    const references = countReferences();
    const { client, server } = world.connectedPair();
    world.ws2.setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, Uint8Array.of(20, 0, 0, 0), 4);
    expect(world.code(world.ws2.DisconnectEx(client, null, DE_REUSE_SOCKET, 0))).toBe(WSAETIMEDOUT);
    expect(references()).toBe(0);
    world.send(server, 'still connected');
    expect(world.receiveAll(client, 15)).toBe('still connected');
  });

  it('is cancelled by its listener also while it waits for data, and not by the socket that was accepted', (world) => {
    const references = countReferences();
    const { s: listener, name } = world.listener();
    const [first, second] = [acceptEx(world, listener, 10), acceptEx(world, listener, 10)];
    for (let i = 0; i < 2; i++) expect(world.connect(world.tcpSocket(), name)).toBe(0);
    // Connected sockets alone send.
    world.until(() => world.code(world.ws2.send(second.s, new Uint8Array(0), 0, 0)) === 0);
    expect(world.code(world.ws2.host.CancelIoEx(first.s, first.operation))).toBe(ERROR_NOT_FOUND);
    expect(world.ws2.host.CancelIo(first.s)).toBe(true);
    expect(done(first.operation)).toBe(false);
    expect(world.code(world.ws2.host.CancelIoEx(listener, first.operation))).toBe(0);
    expect(errorOf(first.operation)).toBe(WSA_OPERATION_ABORTED);
    expect(done(second.operation)).toBe(false);
    expect(world.ws2.host.CancelIo(listener)).toBe(true);
    expect(errorOf(second.operation)).toBe(WSA_OPERATION_ABORTED);
    expect(references()).toBe(0);
  });

  it('leaves a socket that was never connected after a disconnect for reuse', (world) => {
    const { client, server } = world.connectedPair();
    const operation = new WSAOVERLAPPED();
    world.ws2.DisconnectEx(client, operation, DE_REUSE_SOCKET, 0);
    world.ws2.closesocket(server);
    world.until(() => done(operation));
    const value = new Uint8Array(4);
    expect(world.code(world.ws2.getsockopt(client, SOL_SOCKET, SO_CONNECT_TIME, value, ref(4)))).toBe(0);
    expect([...value]).toEqual([255, 255, 255, 255]);
  });

  it('does not let its socket be bound or made a listener meanwhile', (world) => {
    const { ws2 } = world;
    const { s: listener } = world.listener();
    const { s, operation } = acceptEx(world, listener);
    const any = loopback();
    expect(world.code(ws2.bind(s, any, any.length))).toBe(WSAEINVAL);
    expect(world.code(ws2.listen(s, 5))).toBe(WSAEINVAL);
    expect(done(operation)).toBe(false);
  });
});

describeOnEveryProvider('a disconnect for another use', (on) => {
  on.it('waits for the end of a peer that goes on sending', (world) => {
    const { ws2 } = world;
    const { client, server } = world.connectedPair();
    world.nonBlocking(server);
    const flood = new Uint8Array(1 << 20);
    const operation = new WSAOVERLAPPED();
    expect(world.code(ws2.DisconnectEx(client, operation, DE_REUSE_SOCKET, 0))).toBe(ERROR_IO_PENDING);
    let sent = 0;
    for (let round = 0; round < 100_000 && sent < 20 * flood.length; round++) {
      sent += Math.max(world.send(server, flood), 0);
      world.settle();
    }
    expect(sent).toBeGreaterThanOrEqual(20 * flood.length);
    expect(done(operation)).toBe(false);
    ws2.closesocket(server);
    world.until(() => done(operation));
    expect(errorOf(operation)).toBe(0);
  });
});

describeOnEveryProvider('a transmission of datagrams', (on) => {
  on.it('reads a file at its own position once, though the datagram found no room at first', (world) => {
    const { ws2 } = world;
    let room = false;
    const narrow = layerOf(
      'narrow',
      (context) =>
        new (class extends PassThroughProvider {
          override WSPSend(...args: Parameters<PassThroughProvider['WSPSend']>): number {
            if (room) return super.WSPSend(...args);
            args[8].value = WSAEWOULDBLOCK;
            return SOCKET_ERROR;
          }
        })(context),
    );
    world.stack([narrow], true);
    const [from, to] = [world.boundUdp(), world.boundUdp()];
    expect(world.connect(from.s, to.name)).toBe(0);
    const path = join(tmpdir(), `ws2spi-datagrams-${process.pid}`);
    writeFileSync(path, 'once only');
    const file = openSync(path, 'r');
    try {
      const operation = new WSAOVERLAPPED();
      const piece = { dwElFlags: TP_ELEMENT_FILE, cLength: 9, hFile: file, nFileOffset: -1 };
      expect(world.code(ws2.TransmitPackets(from.s, [piece], 1, 0, operation, 0))).toBe(ERROR_IO_PENDING);
      room = true;
      // Something happens on the socket: it has another go.
      ws2.sendto(to.s, Buffer.from('!'), 1, 0, from.name, from.name.length);
      world.until(() => done(operation));
      expect(world.receive(to.s)).toBe('once only');
    } finally {
      closeSync(file);
      unlinkSync(path);
    }
  });
});

/** A layer whose observer does something on each completion of a socket. */
function reacting(sockets: Set<number>, react: (s: number) => void): Layer {
  return layerOf(
    'reacting',
    (context) =>
      new (class extends PassThroughProvider {
        override WSPSocket(...args: Parameters<PassThroughProvider['WSPSocket']>): number {
          const s = super.WSPSocket(...args);
          this.host.observe(s, { completed: () => void (sockets.has(s) && react(s)) });
          return s;
        }
      })(context),
  );
}

describeOnEveryProvider('operations of a socket', (on) => {
  on.it('end once each when an observer closes the socket at the first completion', (world) => {
    const { ws2 } = world;
    const sockets = new Set<number>();
    let told = 0;
    world.stack([
      reacting(sockets, (s) => {
        told++;
        ws2.closesocket(s);
      }),
    ]);
    const references = countReferences();
    const { client, server } = world.connectedPair();
    sockets.add(client);
    const operations = [new WSAOVERLAPPED(), new WSAOVERLAPPED(), new WSAOVERLAPPED()];
    for (const operation of operations) ws2.WSARecv(client, [buffer(1)], 1, null, ref(0), operation, null);
    world.send(server, 'abc');
    world.until(() => operations.every(done));
    expect(operations.map(errorOf)).toEqual([0, WSA_OPERATION_ABORTED, WSA_OPERATION_ABORTED]);
    expect(told).toBe(3);
    expect(references()).toBe(0);
  });

  on.it('end once each when an observer cancels the others at the first completion', (world) => {
    const { ws2 } = world;
    const sockets = new Set<number>();
    world.stack([reacting(sockets, (s) => void ws2.host.CancelIo(s))]);
    const references = countReferences();
    const { client, server } = world.connectedPair();
    sockets.add(client);
    const operations = [new WSAOVERLAPPED(), new WSAOVERLAPPED(), new WSAOVERLAPPED()];
    for (const operation of operations) ws2.WSARecv(client, [buffer(1)], 1, null, ref(0), operation, null);
    world.send(server, 'abc');
    world.until(() => operations.every(done));
    expect(operations.map(errorOf)).toEqual([0, WSA_OPERATION_ABORTED, WSA_OPERATION_ABORTED]);
    expect(references()).toBe(0);
    sockets.clear();
    expect(world.receiveAll(client, 2)).toBe('bc');
  });

  for (const [what, end] of [
    ['closes the listener', (world: World, listener: number) => void world.ws2.closesocket(listener)],
    ['closes the accepting socket', (world: World, _l: number, s: number) => void world.ws2.closesocket(s)],
    ['cancels', (world: World, listener: number) => void world.ws2.host.CancelIo(listener)],
  ] as const) {
    on.it(`end once each when a filter ${what} while it is asked`, (world) => {
      let react: (() => void) | null = null;
      world.stack([
        defineLayer({
          name: 'filter',
          accept: () => {
            const once = react;
            react = null;
            once?.();
          },
        }),
      ]);
      const references = countReferences();
      const { s: listener, name } = world.listener();
      const [first, second] = [acceptEx(world, listener), acceptEx(world, listener)];
      react = () => end(world, listener, first.s);
      const client = world.tcpSocket();
      expect(world.connect(client, name)).toBe(0);
      world.until(() => done(first.operation));
      expect(errorOf(first.operation)).toBe(WSA_OPERATION_ABORTED);
      world.settle();
      if (what === 'closes the accepting socket') {
        const another = world.tcpSocket();
        world.connect(another, name);
        world.until(() => done(second.operation));
        expect(errorOf(second.operation)).toBe(0);
      } else {
        expect(errorOf(second.operation)).toBe(WSA_OPERATION_ABORTED);
      }
      expect(references()).toBe(0);
    });
  }
});

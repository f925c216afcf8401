// The binding to macOS over the stand-in for its libSystem: sockets of a process, and connected ones.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import * as spi from 'ws2spi/spi';
import type { NameSlot, SocketOffer } from 'ws2spi/platform';
import { bindLibc } from '../../dist/platform/darwin/bindings.js';
import { KqueueSet } from '../../dist/platform/darwin/kqueue-set.js';
import { Replacements } from '../../dist/platform/darwin/replacements.js';
import { DarwinSockets } from '../../dist/platform/darwin/sockets.js';
import { DarwinKernel, DarwinProcess, type Socket } from './darwin-system.js';

/** Where the processes of a test hand sockets to one another; the test removes it. */
export const folder = mkdtempSync(join(tmpdir(), 'ws2spi-darwin-'));
export const name = (port: number): Uint8Array =>
  Uint8Array.of(2, 0, port >> 8, port & 255, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
export const slot = (): NameSlot => ({ bytes: new Uint8Array(128), length: 0 });
export const integer = (value: number): Uint8Array => new Uint8Array(Int32Array.of(value).buffer);
export const text = (bytes: Uint8Array, length: number): string => Buffer.from(bytes.subarray(0, length)).toString();

/** A process of a fresh system, or of one that is there: its sockets, its descriptor set, what it was told. */
export function open(kernel = new DarwinKernel(), id = process.pid) {
  const system = new DarwinProcess(kernel, id);
  const libc = bindLibc(system.library as never);
  const replacements = new Replacements();
  const sockets = new DarwinSockets(libc, replacements, id, folder);
  const set = new KqueueSet(libc, replacements, () => ({ ref() {}, unref() {}, close() {} }));
  const batch = new Int32Array(3 * 256);
  const wait = (timeout = 0): [slot: number, generation: number, events: number][] => {
    const count = set.wait(timeout, batch, 0);
    return Array.from({ length: Math.max(count, 0) }, (_, at) => [
      batch[at * 3]!,
      batch[at * 3 + 1]!,
      batch[at * 3 + 2]!,
    ]);
  };
  const socketOf = (fd: number): Socket => system.descriptors.get(fd) as Socket;
  const portOf = (fd: number): number => {
    const local = slot();
    expect(sockets.localName(fd, local)).toBe(0);
    return (local.bytes[2]! << 8) | local.bytes[3]!;
  };
  return { kernel, system, libc, sockets, set, wait, socketOf, portOf };
}

/** A listener, a client and the server's end. */
export function connected(at: ReturnType<typeof open>) {
  const { sockets, portOf } = at;
  const listener = sockets.socket(spi.AF_INET, spi.SOCK_STREAM, spi.IPPROTO_TCP);
  expect(sockets.bind(listener, name(0), 16)).toBe(0);
  expect(sockets.listen(listener, 5)).toBe(0);
  const client = sockets.socket(spi.AF_INET, spi.SOCK_STREAM, spi.IPPROTO_TCP);
  expect(sockets.connect(client, name(portOf(listener)), 16)).toBe(spi.WSAEWOULDBLOCK);
  const peer = slot();
  const server = sockets.accept(listener, peer);
  return { listener, client, server, peer };
}

/** Offers a socket to one process, which another, or the same, asks for: while that waits, this one comes round to its event loop. */
export function offered(at: ReturnType<typeof open>, socket: number, to: number, asker = to) {
  new DarwinProcess(at.kernel, to);
  const offer = at.sockets.offer(socket, to) as SocketOffer;
  const there = open(at.kernel, asker);
  const receive = there.system.recvmsg.bind(there.system);
  there.system.recvmsg = (...values) => {
    at.sockets.endOffer(offer);
    return receive(...values);
  };
  return { offer, there };
}

// What the tests of the cores share: cores on loopback, and pumping until something holds.
import { expect } from 'vitest';
import { threadPoller } from 'ws2spi/platform';
import { createTcpipCoreFactory } from '../../../../dist/providers/tcpip/core-factory.js';
import { addressSlot, Readiness, type SocketCore } from '../../../../dist/io/index.js';
import type { WSABUF } from '../../../../dist/spi/index.js';

export const poller = threadPoller();
export const factory = createTcpipCoreFactory(poller);

export function open(af: number, type: number): SocketCore {
  const core = factory.createCore(af, type, type === 1 ? 6 : 17, null, 0, 0);
  if (typeof core === 'number') throw new Error(`no core: ${core}`);
  return core;
}

export function loopback(af: number, port = 0): Uint8Array {
  const name = new Uint8Array(af === 2 ? 16 : 28);
  name[0] = af;
  name[2] = port >> 8;
  name[3] = port & 255;
  if (af === 2) name.set([127, 0, 0, 1], 4);
  else name[23] = 1;
  return name;
}

export function localName(core: SocketCore): Uint8Array {
  const slot = addressSlot();
  expect(core.localName(slot)).toBe(0);
  return slot.bytes.slice(0, slot.length);
}

export function bindLoopback(core: SocketCore, af: number, port = 0): Uint8Array {
  const name = loopback(af, port);
  expect(core.bind(name, name.length)).toBe(0);
  return localName(core);
}

/** Polls until the condition holds; no test waits in any other way. */
export function pump(condition: () => boolean): void {
  for (let turn = 0; turn < 200 && !condition(); turn++) poller.poll(20);
  expect(condition()).toBe(true);
}

export function has(core: SocketCore, bits: number): boolean {
  return (core.readiness & bits) === bits;
}

/** Polls until a core has all of the readiness bits. */
export function until(core: SocketCore, bits: number): void {
  pump(() => has(core, bits));
}

export function buffers(...sizes: number[]): WSABUF[] {
  return sizes.map((len) => ({ len, buf: new Uint8Array(len) }));
}

export function bytes(...texts: string[]): WSABUF[] {
  return texts.map((text) => ({ len: Buffer.byteLength(text), buf: Buffer.from(text) }));
}

export function send(core: SocketCore, text: string, flags = 0): number {
  return core.trySend(bytes(text), 1, flags, null, 0, 0);
}

/** Receives what there is, as text; an error as its number. */
export function receive(core: SocketCore, most = 1000, flags = 0): string | number {
  const into = buffers(most);
  const count = core.tryReceive(into, 1, flags, null);
  return count < 0 ? count : Buffer.from(into[0]!.buf.subarray(0, count)).toString();
}

export interface Pair {
  client: SocketCore;
  server: SocketCore;
  close(): void;
}

/** Two connected stream cores. */
export function connectedPair(af = 2): Pair {
  const listener = open(af, 1);
  const name = bindLoopback(listener, af);
  expect(listener.listen(5)).toBe(0);
  const client = open(af, 1);
  expect([0, 10035]).toContain(client.tryConnect(name, name.length));
  until(client, Readiness.CONNECTED);
  until(listener, Readiness.ACCEPTABLE);
  const server = listener.tryAccept(addressSlot());
  if (typeof server === 'number') throw new Error(`not accepted: ${server}`);
  listener.close();
  return {
    client,
    server,
    close: () => {
      client.close();
      server.close();
    },
  };
}

// What the tests of ws2spi/node have in common: one instance for each base provider, and everything closed at the end.
import { once, type EventEmitter } from 'node:events';
import { createWs2_32, type Ws2_32 } from 'ws2spi';
import {
  createConnection,
  createServer,
  type ChainConnectOptions,
  type ChainServer,
  type ChainServerOptions,
  type ChainSocket,
} from 'ws2spi/node';
import { afterAll, afterEach, expect } from 'vitest';

/** The base providers that one body of tests runs over. */
export const BASES = ['memory', 'tcpip'] as const;

/** A started instance over a base, and makers of what is closed after each test. */
export function useBase(base: (typeof BASES)[number]) {
  const ws2: Ws2_32 = createWs2_32({ base, catalog: 'memory' });
  expect(ws2.WSAStartup(0x0202, {})).toBe(0);
  const defects: string[] = [];
  ws2.on('defect', (defect) => defects.push(defect.message));
  const closers: (() => Promise<void> | void)[] = [];

  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
    expect(defects).toEqual([]);
  });
  afterAll(() => ws2[Symbol.dispose]());

  return {
    ws2,
    /** Closes something after the test. */
    closeLater(close: () => Promise<void> | void): void {
      closers.push(close);
    },
    /** A listening server; `port` is where. */
    async serve(
      listener: (socket: ChainSocket) => void,
      options: ChainServerOptions = {},
    ): Promise<{ server: ChainServer; port: number }> {
      const sockets = new Set<ChainSocket>();
      const server = createServer({ ws2, ...options }, (socket) => {
        sockets.add(socket);
        socket.on('close', () => sockets.delete(socket));
        listener(socket);
      });
      await listening(server, () => server.listen(0, '127.0.0.1'));
      closers.push(() => {
        for (const socket of sockets) socket.destroy();
        server.close();
      });
      return { server, port: server.address()!.port };
    },
    /** A socket under way to 127.0.0.1. */
    connect(port: number, options: ChainConnectOptions = {}): ChainSocket {
      const socket = createConnection({ ws2, host: '127.0.0.1', port, ...options });
      closers.push(() => void socket.destroy());
      return socket;
    },
  };
}

/** Resolves when a server listens. */
export async function listening(server: EventEmitter, listen: () => unknown): Promise<void> {
  const ready = once(server, 'listening');
  listen();
  await ready;
}

/** All that a stream gives until its end. */
export async function everything(stream: AsyncIterable<Buffer | string>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(Buffer.from(piece as Buffer));
  return Buffer.concat(pieces);
}

/** Bytes that differ from place to place. */
export function pattern(size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  for (let at = 0; at < size; at++) bytes[at] = (at * 31 + (at >> 8)) & 0xff;
  return bytes;
}

// Buffers that are transferred away, shrink, grow or are shared while an operation is pending on them.
import { closeSync, openSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  AF_INET,
  createWs2_32,
  FIONBIO,
  IPPROTO_TCP,
  IPPROTO_UDP,
  ref,
  SOCK_DGRAM,
  SOCK_STREAM,
  sockaddr_in,
  statusOfWinsockError,
  TP_ELEMENT_MEMORY,
  WSAEFAULT,
  WSAOVERLAPPED,
  type WSAPROTOCOL_INFO,
  type Ws2_32,
} from 'ws2spi';
import { defineLayer, stack } from 'ws2spi/chain';
import { connectedPair } from 'ws2spi/testkit';
import { turnsUntil } from '../../support/turns-until.js';

const PENDING = 0x103;
const FAULT = statusOfWinsockError(WSAEFAULT);
const SIZE = 32 << 20;
const CHAINS = ['memory', 'tcpip', 'memory, under a codec', 'tcpip, under a codec'] as const;

let instances: Ws2_32[] = [];
afterEach(() => {
  for (const ws2 of instances) ws2[Symbol.dispose]();
  instances = [];
});

/** Two connected sockets over a chain; nothing may be reported. */
function open(chain: string) {
  const base = chain.startsWith('memory') ? 'memory' : 'tcpip';
  const ws2 = createWs2_32({ base, catalog: 'memory' });
  instances.push(ws2);
  const defects: string[] = [];
  ws2.on('defect', ({ message }) => void defects.push(message));
  ws2.WSAStartup(0x0202, {});
  const codec = defineLayer({
    name: 'identity',
    codec: () => ({
      send: (bytes, output) => output.encoded(bytes),
      receive: (bytes, output) => output.decoded(bytes.slice()),
    }),
  });
  const entry = chain.includes('codec') ? stack(ws2, [codec])[0] : undefined;
  return { ws2, defects, entry, ...connectedPair(ws2, entry === undefined ? {} : { entry }) };
}

const settle = (overlapped: WSAOVERLAPPED, turn?: () => void): Promise<void> =>
  turnsUntil(() => overlapped.Internal !== PENDING, turn);

/** Receives everything that there is; how much, and whether all of it was 0xaa. */
function drainer(ws2: Ws2_32, s: number) {
  ws2.ioctlsocket(s, FIONBIO, ref(1));
  const room = Buffer.alloc(1 << 20);
  const seen = { bytes: 0, foreign: 0 };
  return {
    seen,
    drain(): void {
      for (let n = ws2.recv(s, room, room.length, 0); n > 0; n = ws2.recv(s, room, room.length, 0)) {
        seen.bytes += n;
        for (let i = 0; i < n; i++) if (room[i] !== 0xaa) seen.foreign++;
      }
    },
  };
}

// Later than the library that this project is compiled with.
type Resizable = ArrayBuffer & { resize(length: number): void };
type ResizableConstructor = new (length: number, options: { maxByteLength: number }) => Resizable;

const resizable = (length: number): Uint8Array =>
  new Uint8Array(new (ArrayBuffer as unknown as ResizableConstructor)(length, { maxByteLength: length * 2 }));
const LOSSES: Record<string, { make(length: number): Uint8Array; lose(bytes: Uint8Array): void }> = {
  'is transferred away': {
    make: (length) => new Uint8Array(length),
    lose: ({ buffer }) => void structuredClone(buffer, { transfer: [buffer as ArrayBuffer] }),
  },
  shrinks: { make: resizable, lose: ({ buffer }) => (buffer as Resizable).resize(16) },
};
const GAINS: Record<string, { make(length: number): Uint8Array; lose(bytes: Uint8Array): void }> = {
  grows: { make: resizable, lose: ({ buffer }) => (buffer as Resizable).resize(buffer.byteLength + 16) },
  'is shared': { make: (length) => new Uint8Array(new SharedArrayBuffer(length)), lose: () => undefined },
};

type Begin = (ws2: Ws2_32, s: number, bytes: Uint8Array, overlapped: WSAOVERLAPPED) => unknown;

const SENDS: Record<string, Begin> = {
  WSASend: (ws2, s, buf, overlapped) => ws2.WSASend(s, [{ len: buf.length, buf }], 1, null, 0, overlapped, null),
  'WSASend of two buffers': (ws2, s, buf, overlapped) =>
    ws2.WSASend(
      s,
      [
        { len: buf.length, buf },
        { len: 4, buf: Buffer.alloc(4, 0xaa) },
      ],
      2,
      null,
      0,
      overlapped,
      null,
    ),
  WriteFile: (ws2, s, buf, overlapped) => ws2.host.WriteFile(s, buf, buf.length, null, overlapped),
  TransmitPackets: (ws2, s, pBuffer, overlapped) =>
    ws2.TransmitPackets(s, [{ dwElFlags: TP_ELEMENT_MEMORY, cLength: pBuffer.length, pBuffer }], 1, 0, overlapped, 0),
  'TransmitFile, before the file': (ws2, s, Head, overlapped) =>
    ws2.TransmitFile(s, null, 0, 0, overlapped, { Head, HeadLength: Head.length, Tail: null, TailLength: 0 }, 0),
  'TransmitFile, after the file': (ws2, s, Tail, overlapped) =>
    ws2.TransmitFile(s, null, 0, 0, overlapped, { Head: null, HeadLength: 0, Tail, TailLength: Tail.length }, 0),
};

const RECEIVES: Record<string, Begin> = {
  WSARecv: (ws2, s, buf, overlapped) => ws2.WSARecv(s, [{ len: buf.length, buf }], 1, null, ref(0), overlapped, null),
  'WSARecv into two buffers': (ws2, s, buf, overlapped) =>
    ws2.WSARecv(
      s,
      [
        { len: 2, buf: Buffer.alloc(2) },
        { len: buf.length, buf },
      ],
      2,
      null,
      ref(0),
      overlapped,
      null,
    ),
  ReadFile: (ws2, s, buf, overlapped) => ws2.host.ReadFile(s, buf, buf.length, null, overlapped),
};

describe.each(CHAINS)('%s', (chain) => {
  describe.each(Object.keys(LOSSES))('a buffer that %s', (how) => {
    it.each(Object.keys(SENDS))('ends a pending %s with WSAEFAULT, and nothing foreign was sent', async (what) => {
      const { ws2, defects, client, server } = open(chain);
      const { make, lose } = LOSSES[how]!;
      const bytes = make(SIZE).fill(0xaa);
      const overlapped = new WSAOVERLAPPED();
      SENDS[what]!(ws2, client, bytes, overlapped);
      expect(overlapped.Internal).toBe(PENDING);
      const { seen, drain } = drainer(ws2, server);
      drain();
      lose(bytes);
      await settle(overlapped, drain);
      drain();
      expect({ status: overlapped.Internal, foreign: seen.foreign, defects }).toEqual({
        status: FAULT,
        foreign: 0,
        defects: [],
      });
      expect(overlapped.InternalHigh).toBeLessThan(SIZE);
    });

    it.each(Object.keys(RECEIVES))('ends a pending %s with WSAEFAULT, and the data is still there', async (what) => {
      const { ws2, defects, client, server } = open(chain);
      const { make, lose } = LOSSES[how]!;
      const bytes = make(64);
      const overlapped = new WSAOVERLAPPED();
      RECEIVES[what]!(ws2, server, bytes, overlapped);
      expect(overlapped.Internal).toBe(PENDING);
      lose(bytes);
      expect(ws2.send(client, Buffer.from('hello'), 5, 0)).toBe(5);
      await settle(overlapped);
      expect({ status: overlapped.Internal, defects }).toEqual({ status: FAULT, defects: [] });
      const room = Buffer.alloc(64);
      expect(room.toString('latin1', 0, ws2.recv(server, room, 64, 0))).toBe('hello');
    });
  });

  describe.each(Object.keys(GAINS))('a buffer that %s', (how) => {
    it('is sent to its end', async () => {
      const { ws2, client, server } = open(chain);
      const { make, lose } = GAINS[how]!;
      const bytes = make(8 << 20).fill(0xaa);
      const overlapped = new WSAOVERLAPPED();
      SENDS['WSASend']!(ws2, client, bytes, overlapped);
      const { seen, drain } = drainer(ws2, server);
      lose(bytes);
      await settle(overlapped, drain);
      await turnsUntil(() => seen.bytes >= 8 << 20, drain);
      expect([overlapped.Internal, overlapped.InternalHigh, seen]).toEqual([
        0,
        8 << 20,
        { bytes: 8 << 20, foreign: 0 },
      ]);
    });

    it('is received into', async () => {
      const { ws2, client, server } = open(chain);
      const { make, lose } = GAINS[how]!;
      const bytes = make(64);
      const overlapped = new WSAOVERLAPPED();
      RECEIVES['WSARecv']!(ws2, server, bytes, overlapped);
      lose(bytes);
      ws2.send(client, Buffer.from('hello'), 5, 0);
      await settle(overlapped);
      expect([overlapped.Internal, overlapped.InternalHigh, Buffer.from(bytes.subarray(0, 5)).toString()]).toEqual([
        0,
        5,
        'hello',
      ]);
    });
  });

  it('AcceptEx whose room is transferred away ends with WSAEFAULT, and the connection waits for the next one', async () => {
    const { ws2, entry, listener } = open(chain);
    const openSocket = (): number =>
      entry === undefined
        ? ws2.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP)
        : ws2.WSASocket(-1, -1, -1, entry as WSAPROTOCOL_INFO, 0, 1);
    const room = new Uint8Array(64);
    const overlapped = new WSAOVERLAPPED();
    ws2.AcceptEx(listener, openSocket(), room, 0, 32, 32, null, overlapped);
    structuredClone(room.buffer, { transfer: [room.buffer] });
    const name = new Uint8Array(16);
    ws2.getsockname(listener, name, ref(16));
    const connecting = openSocket();
    ws2.ioctlsocket(connecting, FIONBIO, ref(1));
    ws2.connect(connecting, name, 16);
    await settle(overlapped);
    expect(overlapped.Internal).toBe(FAULT);
    expect(ws2.accept(listener, null, null)).not.toBe(0xffffffff);
  });

  it('ConnectEx whose data is transferred away ends with WSAEFAULT', async () => {
    const { ws2, entry, listener } = open(chain);
    const s =
      entry === undefined
        ? ws2.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP)
        : ws2.WSASocket(-1, -1, -1, entry as WSAPROTOCOL_INFO, 0, 1);
    ws2.bind(s, sockaddr_in('127.0.0.1', 0), 16);
    const name = new Uint8Array(16);
    ws2.getsockname(listener, name, ref(16));
    const data = new Uint8Array(1000);
    const overlapped = new WSAOVERLAPPED();
    ws2.ConnectEx(s, name, 16, data, 1000, null, overlapped);
    structuredClone(data.buffer, { transfer: [data.buffer] });
    await settle(overlapped);
    expect(overlapped.Internal).toBe(FAULT);
  });
});

describe.each(['memory', 'tcpip'] as const)('datagrams over %s', (base) => {
  function openDatagrams() {
    const { ws2, defects } = open(base);
    const [from, to] = [0, 1].map(() => {
      const s = ws2.socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
      ws2.bind(s, sockaddr_in('127.0.0.1', 0), 16);
      return s;
    }) as [number, number];
    const name = new Uint8Array(16);
    ws2.getsockname(to, name, ref(16));
    return { ws2, defects, to, say: (text: string) => ws2.sendto(from, Buffer.from(text), text.length, 0, name, 16) };
  }
  const begins: Record<string, (ws2: Ws2_32, s: number, gone: Uint8Array, overlapped: WSAOVERLAPPED) => unknown> = {
    'WSARecvFrom, its data': (ws2, s, buf, overlapped) =>
      ws2.WSARecvFrom(s, [{ len: 64, buf }], 1, null, ref(0), new Uint8Array(16), ref(16), overlapped, null),
    'WSARecvFrom, its address': (ws2, s, address, overlapped) =>
      ws2.WSARecvFrom(s, [{ len: 64, buf: Buffer.alloc(64) }], 1, null, ref(0), address, ref(16), overlapped, null),
    'WSARecvMsg, its data': (ws2, s, buf, overlapped) =>
      ws2.WSARecvMsg(
        s,
        {
          name: new Uint8Array(16),
          namelen: 16,
          lpBuffers: [{ len: 64, buf }],
          dwBufferCount: 1,
          Control: { len: 0, buf: new Uint8Array(0) },
          dwFlags: 0,
        },
        null,
        overlapped,
        null,
      ),
    'WSARecvMsg, its name': (ws2, s, name, overlapped) =>
      ws2.WSARecvMsg(
        s,
        {
          name,
          namelen: 16,
          lpBuffers: [{ len: 64, buf: Buffer.alloc(64) }],
          dwBufferCount: 1,
          Control: { len: 0, buf: new Uint8Array(0) },
          dwFlags: 0,
        },
        null,
        overlapped,
        null,
      ),
    'WSARecvMsg, its control messages': (ws2, s, buf, overlapped) =>
      ws2.WSARecvMsg(
        s,
        {
          name: new Uint8Array(16),
          namelen: 16,
          lpBuffers: [{ len: 64, buf: Buffer.alloc(64) }],
          dwBufferCount: 1,
          Control: { len: 64, buf },
          dwFlags: 0,
        },
        null,
        overlapped,
        null,
      ),
  };
  it.each(Object.keys(begins))(
    '%s transferred away: WSAEFAULT, and the datagram waits for the next receive',
    async (what) => {
      const { ws2, defects, to, say } = openDatagrams();
      const gone = new Uint8Array(64);
      const overlapped = new WSAOVERLAPPED();
      begins[what]!(ws2, to, gone, overlapped);
      expect(overlapped.Internal).toBe(PENDING);
      structuredClone(gone.buffer, { transfer: [gone.buffer] });
      say('hello');
      await settle(overlapped);
      expect({ status: overlapped.Internal, defects }).toEqual({ status: FAULT, defects: [] });
      const room = Buffer.alloc(64);
      expect(room.toString('latin1', 0, ws2.recv(to, room, 64, 0))).toBe('hello');
    },
  );
});

it('a file that goes between a head and a tail goes out whole when neither is lost', async () => {
  const path = join(tmpdir(), `ws2spi-lost-buffers-${process.pid}`);
  writeFileSync(path, Buffer.alloc(1000, 0xaa));
  const file = openSync(path, 'r');
  unlinkSync(path);
  const { ws2, client, server } = open('tcpip');
  const overlapped = new WSAOVERLAPPED();
  const piece = (): Uint8Array => new Uint8Array(10).fill(0xaa);
  ws2.TransmitFile(client, file, 0, 0, overlapped, { Head: piece(), HeadLength: 10, Tail: piece(), TailLength: 10 }, 0);
  const { seen, drain } = drainer(ws2, server);
  await settle(overlapped, drain);
  await turnsUntil(() => seen.bytes >= 1020, drain);
  closeSync(file);
  expect([overlapped.Internal, seen]).toEqual([0, { bytes: 1020, foreign: 0 }]);
});

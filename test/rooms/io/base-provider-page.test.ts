// The provider of docs/write-a-base-provider.md under every I/O model: a core is all that it is.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  ACCEPTEX_ADDRESS_OVERHEAD,
  AF_UNIX,
  createWs2_32,
  FD_ACCEPT,
  FD_CLOSE,
  FD_READ,
  type fd_set,
  INVALID_SOCKET,
  parseSockaddr,
  ref,
  SD_SEND,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOCKET_ERROR,
  WSA_IO_PENDING,
  WSAECONNREFUSED,
  WSAEFAULT,
  WSAEOPNOTSUPP,
  WSAEWOULDBLOCK,
  WSAOVERLAPPED,
  FIONBIO,
  MSG_OOB,
  MSG_PEEK,
  type Defect,
  type WSAPROTOCOL_INFO,
  type Ws2_32,
} from 'ws2spi';
import { stack } from 'ws2spi/chain';
import { codeBlocks } from '../../project/docs/code-blocks.js';
import { scramblingLayer } from '../../support/layers.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const PAGE = 'docs/write-a-base-provider.md';
const linux = process.platform === 'linux';

// Inside the repository, so that `ws2spi` is found by its own name.
mkdirSync(join(ROOT, 'coverage'), { recursive: true });
const folder = mkdtempSync(join(ROOT, 'coverage', 'unix-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const files = new Map(codeBlocks(PAGE).map((block) => [block.attributes.get('file') ?? '', block.code]));
for (const [name, code] of files) if (name !== '') writeFileSync(join(folder, name), code);

it('the provider is at most 200 lines, and imports ws2spi/io and ws2spi/spi alone, besides koffi', () => {
  const code = files.get('unix-sockets.js')!;
  expect(code.trimEnd().split('\n').length).toBeLessThanOrEqual(200);
  expect([...code.matchAll(/from '([^']+)'/g)].map(([, from]) => from)).toEqual(['koffi', 'ws2spi/spi', 'ws2spi/io']);
});

describe.skipIf(!linux)(
  `UNIX-domain sockets by a core${linux ? '' : ' (Linux only: the page calls its C library)'}`,
  () => {
    let ws2: Ws2_32;
    let entry: WSAPROTOCOL_INFO;
    const defects: Defect[] = [];
    let paths = 0;

    beforeEach(async () => {
      const { entry: installed } = (await import(
        /* @vite-ignore */ pathToFileURL(join(folder, 'unix-entry.js')).href
      )) as {
        entry: WSAPROTOCOL_INFO;
      };
      ws2 = createWs2_32({ catalog: 'memory' });
      ws2.on('defect', (defect) => void defects.push(defect));
      const module = pathToFileURL(join(folder, 'unix-sockets.js')).href;
      entry = { ...installed };
      expect(ws2.WSCInstallProvider(entry.ProviderId, module, [entry], 1, ref(0))).toBe(0);
      expect(ws2.WSAStartup(0x0202, {})).toBe(0);
    });

    afterEach(() => {
      ws2[Symbol.dispose]();
      expect(defects.splice(0)).toEqual([]);
    });

    const freshName = (): Uint8Array =>
      Buffer.concat([Uint8Array.of(AF_UNIX, 0), Buffer.from(join(folder, `s${paths++}`)), Buffer.alloc(1)]);

    const open = (chain?: WSAPROTOCOL_INFO): number => {
      const s =
        chain === undefined ? ws2.socket(AF_UNIX, SOCK_STREAM, 0) : ws2.WSASocket(AF_UNIX, SOCK_STREAM, 0, chain, 0, 1);
      expect(s, `error ${ws2.WSAGetLastError()}`).not.toBe(INVALID_SOCKET);
      return s;
    };

    function listening(chain?: WSAPROTOCOL_INFO): { listener: number; name: Uint8Array } {
      const [listener, name] = [open(chain), freshName()];
      expect(ws2.bind(listener, name, name.length)).toBe(0);
      expect(ws2.listen(listener, 5)).toBe(0);
      return { listener, name };
    }

    function connected(chain?: WSAPROTOCOL_INFO): { client: number; server: number } {
      const { listener, name } = listening(chain);
      const client = open(chain);
      expect(ws2.connect(client, name, name.length), `error ${ws2.WSAGetLastError()}`).toBe(0);
      const server = ws2.accept(listener, null, null);
      expect(server).not.toBe(INVALID_SOCKET);
      return { client, server };
    }

    function receiveAll(s: number, length: number): Buffer {
      const all = Buffer.alloc(length);
      for (let at = 0; at < length;) {
        const count = ws2.recv(s, all.subarray(at), length - at, 0);
        expect(count, `error ${ws2.WSAGetLastError()}`).toBeGreaterThan(0);
        at += count;
      }
      return all;
    }

    const setOf = (s: number): fd_set => ({ fd_count: 1, fd_array: [s] });
    const nonBlocking = (s: number): void => void expect(ws2.ioctlsocket(s, FIONBIO, ref(1))).toBe(0);

    it('carry bytes both ways in blocking calls, tell the end, and their names', () => {
      const { listener, name } = listening();
      const client = open();
      expect(ws2.connect(client, name, name.length)).toBe(0);
      const server = ws2.accept(listener, null, null);
      ws2.send(client, Buffer.from('there'), 5, 0);
      expect(receiveAll(server, 5).toString()).toBe('there');
      ws2.send(server, Buffer.from('back'), 4, 0);
      expect(receiveAll(client, 4).toString()).toBe('back');
      const [slot, length] = [new Uint8Array(110), ref(110)];
      expect(ws2.getpeername(client, slot, length)).toBe(0);
      expect(parseSockaddr(slot, length.value).address).toBe(parseSockaddr(name).address);
      expect(ws2.shutdown(client, SD_SEND)).toBe(0);
      expect(ws2.recv(server, slot, 10, 0)).toBe(0);
      ws2.send(server, Buffer.from('late'), 4, 0);
      expect(receiveAll(client, 4).toString()).toBe('late');
    });

    it('refuse who finds nobody, another kind of socket, and urgent data', () => {
      const name = freshName();
      expect(ws2.connect(open(), name, name.length)).toBe(SOCKET_ERROR);
      expect(ws2.WSAGetLastError()).toBe(WSAECONNREFUSED);
      expect(ws2.socket(AF_UNIX, SOCK_DGRAM, 0)).toBe(INVALID_SOCKET);
      const { client } = connected();
      expect(ws2.send(client, Buffer.from('!'), 1, MSG_OOB)).toBe(SOCKET_ERROR);
      expect(ws2.WSAGetLastError()).toBe(WSAEOPNOTSUPP);
    });

    it('do not block when told so, and are selected', () => {
      const { client, server } = connected();
      nonBlocking(server);
      const buffer = Buffer.alloc(10);
      expect(ws2.recv(server, buffer, 10, 0)).toBe(SOCKET_ERROR);
      expect(ws2.WSAGetLastError()).toBe(WSAEWOULDBLOCK);
      ws2.send(client, Buffer.from('ready'), 5, 0);
      const reads = setOf(server);
      expect(ws2.select(0, reads, null, null, { tv_sec: 5, tv_usec: 0 })).toBe(1);
      expect(ws2.recv(server, buffer, 10, MSG_PEEK)).toBe(5);
      expect(ws2.recv(server, buffer, 10, 0)).toBe(5);
      expect(ws2.select(0, setOf(server), null, null, { tv_sec: 0, tv_usec: 0 })).toBe(0);
    });

    it('take as much as there is room for, and tell when there is more', () => {
      const { client, server } = connected();
      nonBlocking(client);
      const block = Buffer.alloc(65_536, 7);
      let sent = 0;
      for (let count = 0; count >= 0; count = ws2.send(client, block, block.length, 0)) sent += count;
      expect(ws2.WSAGetLastError()).toBe(WSAEWOULDBLOCK);
      expect(ws2.select(0, null, setOf(client), null, { tv_sec: 0, tv_usec: 0 })).toBe(0);
      expect(receiveAll(server, sent).every((byte) => byte === 7)).toBe(true);
      expect(ws2.select(0, null, setOf(client), null, { tv_sec: 5, tv_usec: 0 })).toBe(1);
    });

    it('signal event objects', () => {
      const { listener, name } = listening();
      const event = ws2.WSACreateEvent();
      const happened = (s: number): number => {
        expect(ws2.WSAWaitForMultipleEvents(1, [event], true, 60_000, false)).toBe(0);
        const events = { lNetworkEvents: 0 };
        expect(ws2.WSAEnumNetworkEvents(s, event, events)).toBe(0);
        return events.lNetworkEvents;
      };
      ws2.WSAEventSelect(listener, event, FD_ACCEPT);
      const client = open();
      ws2.connect(client, name, name.length);
      expect(happened(listener)).toBe(FD_ACCEPT);
      const server = ws2.accept(listener, null, null);
      ws2.WSAEventSelect(server, event, FD_READ | FD_CLOSE);
      ws2.send(client, Buffer.from('x'), 1, 0);
      expect(happened(server)).toBe(FD_READ);
      receiveAll(server, 1);
      ws2.closesocket(client);
      expect(happened(server)).toBe(FD_CLOSE);
    });

    it('complete overlapped calls, however much is sent', () => {
      const { client, server } = connected();
      const bytes = Buffer.from(Array.from({ length: 1_000_000 }, (_, at) => at % 251));
      const [sending, sent, flags] = [new WSAOVERLAPPED(), ref(0), ref(0)];
      const begun = ws2.WSASend(client, [{ len: bytes.length, buf: bytes }], 1, sent, 0, sending, null);
      if (begun !== 0) expect(ws2.WSAGetLastError()).toBe(WSA_IO_PENDING);
      expect(receiveAll(server, bytes.length).equals(bytes)).toBe(true);
      expect(ws2.WSAGetOverlappedResult(client, sending, sent, true, flags)).toBe(true);
      expect(sent.value).toBe(bytes.length);
    });

    it('are connected by AcceptEx and sent files to, though their core knows neither', () => {
      const { listener, name } = listening();
      const [acceptor, accepting] = [open(), new WSAOVERLAPPED()];
      const room = entry.iMaxSockAddr + ACCEPTEX_ADDRESS_OVERHEAD;
      expect(ws2.AcceptEx(listener, acceptor, new Uint8Array(2 * room), 0, room, room, null, accepting)).toBe(false);
      expect(ws2.WSAGetLastError()).toBe(WSA_IO_PENDING);
      const client = open();
      expect(ws2.connect(client, name, name.length)).toBe(0);
      expect(ws2.WSAGetOverlappedResult(listener, accepting, ref(0), true, ref(0))).toBe(true);
      const Head = Buffer.from('head');
      expect(ws2.TransmitFile(client, null, 0, 0, null, { Head, HeadLength: 4, Tail: null, TailLength: 0 }, 0)).toBe(
        true,
      );
      expect(receiveAll(acceptor, 4).toString()).toBe('head');
    });

    it('carry codecs and pass-through layers', () => {
      const [chain] = stack(ws2, [scramblingLayer()], { over: entry.szProtocol });
      const { client, server } = connected(chain);
      const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, at) => at % 241));
      const [sending, sent] = [new WSAOVERLAPPED(), ref(0)];
      ws2.WSASend(client, [{ len: bytes.length, buf: bytes }], 1, sent, 0, sending, null);
      expect(receiveAll(server, bytes.length).equals(bytes)).toBe(true);
    });

    it('leave the bytes of a transferred array alone', () => {
      const { client } = connected();
      const bytes = new Uint8Array(100);
      structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
      expect(ws2.send(client, bytes, 100, 0)).toBe(SOCKET_ERROR);
      expect(ws2.WSAGetLastError()).toBe(WSAEFAULT);
    });
  },
);

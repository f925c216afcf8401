// TransmitFile and TransmitPackets (specification; measured behaviour 28).
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import {
  ERROR_INVALID_HANDLE,
  ERROR_INVALID_PARAMETER,
  ERROR_IO_PENDING,
  INVALID_SOCKET,
  parseSockaddr,
  ref,
  TF_DISCONNECT,
  TF_REUSE_SOCKET,
  TF_WRITE_BEHIND,
  TP_ELEMENT_EOP,
  TP_ELEMENT_FILE,
  TP_ELEMENT_MEMORY,
  WSA_OPERATION_ABORTED,
  WSAECONNRESET,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOTCONN,
  WSAENOTSOCK,
  WSAESHUTDOWN,
  winsockErrorOfStatus,
  WSAOVERLAPPED,
  type TRANSMIT_FILE_BUFFERS,
  type TRANSMIT_PACKETS_ELEMENT,
} from 'ws2spi';
import { describeOnEveryChain, describeOnEveryDatagramChain, type Place, type World } from '../../support/providers.js';

const PENDING = 0x103;
const TEXT = 'The quick brown fox jumps over the lazy dog.';
const BIG = 3_000_017;

let folder: string;
let small: number;
let big: number;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ws2spi-transmit-'));
  writeFileSync(join(folder, 'small'), TEXT);
  const bytes = new Uint8Array(BIG).map((_, index) => 33 + (index % 90));
  writeFileSync(join(folder, 'big'), bytes);
  small = openSync(join(folder, 'small'), 'r');
  big = openSync(join(folder, 'big'), 'r');
});

afterAll(() => {
  closeSync(small);
  closeSync(big);
  rmSync(folder, { recursive: true });
});

function buffers(head: string, tail: string): TRANSMIT_FILE_BUFFERS {
  return {
    Head: head === '' ? null : Buffer.from(head),
    HeadLength: head.length,
    Tail: tail === '' ? null : Buffer.from(tail),
    TailLength: tail.length,
  };
}

function overlapped(world: World, offset = 0): WSAOVERLAPPED {
  return Object.assign(new WSAOVERLAPPED(), { hEvent: world.event(), Offset: offset });
}

function resultOf(world: World, s: number, operation: WSAOVERLAPPED): { error: number; bytes: number } {
  world.until(() => operation.Internal !== PENDING);
  const bytes = ref(0);
  const error = world.code(world.ws2.WSAGetOverlappedResult(s, operation, bytes, false, ref(0)));
  return { error, bytes: bytes.value };
}

/** Opened anew: without an offset a file is sent from where it stands. */
function withFile(body: (file: number) => void): void {
  const file = openSync(join(folder, 'small'), 'r');
  try {
    body(file);
  } finally {
    closeSync(file);
  }
}

describeOnEveryChain('TransmitFile', ({ it }: Place) => {
  // 28.1
  it('sends a file, and what goes before and after it', (world) => {
    const { ws2 } = world;
    const { client, server } = world.connectedPair();
    withFile((file) => {
      expect(ws2.TransmitFile(client, file, 0, 0, null, null, 0)).toBe(true);
      expect(ws2.WSAGetLastError()).toBe(0);
      expect(world.receiveAll(server, TEXT.length)).toBe(TEXT);
    });
    withFile((file) => {
      expect(ws2.TransmitFile(client, file, 9, 0, null, buffers('<head>', '<tail>'), 0)).toBe(true);
      expect(world.receiveAll(server, 21)).toBe('<head>The quick<tail>');
      // It goes on where it stands, and leaves the file's position behind what was sent.
      expect(ws2.TransmitFile(client, file, 6, 0, null, null, 0)).toBe(true);
      expect(world.receiveAll(server, 6)).toBe(' brown');
      const rest = new Uint8Array(4);
      readSync(file, rest, 0, 4, null);
      expect(Buffer.from(rest).toString()).toBe(' fox');
    });
  });

  // 28.1
  it('sends the buffers alone without a file, and nothing without either', (world) => {
    const { ws2 } = world;
    const { client, server } = world.connectedPair();
    expect(ws2.TransmitFile(client, null, 0, 0, null, null, 0)).toBe(true);
    expect(ws2.TransmitFile(client, null, 0, 0, null, buffers('hello, world', 'and goodbye'), 0)).toBe(true);
    expect(world.receiveAll(server, 23)).toBe('hello, worldand goodbye');
  });

  // 28.2
  it('begins where the overlapped structure says, and counts everything', (world) => {
    const { ws2 } = world;
    const { client, server } = world.connectedPair();
    const operation = overlapped(world, 10);
    expect(world.code(ws2.TransmitFile(client, small, 0, 0, operation, buffers('head', 'tail'), 0))).toBe(
      ERROR_IO_PENDING,
    );
    const wanted = `head${TEXT.slice(10)}tail`;
    expect(world.receiveAll(server, wanted.length)).toBe(wanted);
    expect(resultOf(world, client, operation)).toEqual({ error: 0, bytes: wanted.length });
    expect(world.signalled(operation.hEvent!)).toBe(true);
  });

  it('sends more than any queue holds, in order with what is sent before and after', (world) => {
    const { ws2 } = world;
    const { client, server } = world.connectedPair();
    const much = new Uint8Array(2_000_000).fill(64);
    const [first, operation, last] = [overlapped(world), overlapped(world), overlapped(world)];
    ws2.WSASend(client, [{ len: much.length, buf: much }], 1, null, 0, first, null);
    expect(world.code(ws2.TransmitFile(client, big, 0, 0, operation, null, 0))).toBe(ERROR_IO_PENDING);
    ws2.WSASend(client, [{ len: 3, buf: Buffer.from('end') }], 1, null, 0, last, null);
    const text = world.receiveAll(server, much.length + BIG + 3);
    expect(text.slice(0, much.length)).toBe('@'.repeat(much.length));
    for (const at of [0, 1, 65535, 65536, 1_000_000, BIG - 1]) {
      expect(text.charCodeAt(much.length + at)).toBe(33 + (at % 90));
    }
    expect(text.slice(-3)).toBe('end');
    expect(resultOf(world, client, operation)).toEqual({ error: 0, bytes: BIG });
    expect(resultOf(world, client, last).error).toBe(0);
  });

  it('disconnects afterwards if told so', (world) => {
    const { ws2 } = world;
    const { client, server } = world.connectedPair();
    const operation = overlapped(world);
    ws2.TransmitFile(client, small, 0, 0, operation, null, TF_DISCONNECT);
    expect(world.receiveAll(server, TEXT.length)).toBe(TEXT);
    expect(world.receive(server)).toBe('');
    expect(resultOf(world, client, operation)).toEqual({ error: 0, bytes: TEXT.length });
    expect(world.send(client, 'x')).toBe(-WSAESHUTDOWN);
  });

  it('makes the socket as good as new if told so, and AcceptEx takes it again', (world) => {
    const { ws2 } = world;
    const { s: listener, name } = world.listener();
    const acceptor = world.tcpSocket();
    const room = new Uint8Array(88);
    for (const round of [1, 2, 3]) {
      const accept = overlapped(world);
      expect(world.code(ws2.AcceptEx(listener, acceptor, room, 0, 44, 44, null, accept)), `round ${round}`).toBe(
        ERROR_IO_PENDING,
      );
      const client = world.tcpSocket();
      expect(world.connect(client, name)).toBe(0);
      expect(resultOf(world, listener, accept).error).toBe(0);
      const operation = overlapped(world);
      ws2.TransmitFile(acceptor, small, 0, 0, operation, null, TF_DISCONNECT | TF_REUSE_SOCKET);
      expect(world.receiveAll(client, TEXT.length)).toBe(TEXT);
      expect(world.receive(client)).toBe('');
      expect(operation.Internal).toBe(PENDING);
      ws2.closesocket(client);
      expect(resultOf(world, acceptor, operation)).toEqual({ error: 0, bytes: TEXT.length });
      expect(world.code(ws2.getsockname(acceptor, new Uint8Array(128), ref(128)))).toBe(WSAEINVAL);
    }
  });

  it('never pends and tells no port with TF_WRITE_BEHIND', (world) => {
    const { ws2 } = world;
    const { client, server } = world.connectedPair();
    const port = ws2.host.CreateIoCompletionPort(client, null, 0);
    const operation = overlapped(world, 4);
    expect(ws2.TransmitFile(client, small, 5, 0, operation, null, TF_WRITE_BEHIND)).toBe(true);
    expect(resultOf(world, client, operation)).toEqual({ error: 0, bytes: 5 });
    expect(world.receiveAll(server, 5)).toBe('quick');
    expect(ws2.host.GetQueuedCompletionStatus(port, ref(0), ref(0), ref(null), 0)).toBe(false);
    ws2.host.CloseHandle(port);
  });

  it('ends with the file when more is asked for than it has', (world) => {
    const { client, server } = world.connectedPair();
    const operation = overlapped(world);
    world.ws2.TransmitFile(client, small, 1000, 0, operation, null, 0);
    expect(resultOf(world, client, operation)).toEqual({ error: 0, bytes: TEXT.length });
    expect(world.receiveAll(server, TEXT.length)).toBe(TEXT);
  });

  it('says so when the file is closed while it is under way', (world) => {
    const { client, server } = world.connectedPair();
    const file = openSync(join(folder, 'big'), 'r');
    const operation = new WSAOVERLAPPED();
    // Under a codec all of it may be read long before it is sent: so often that it cannot be.
    const pieces = Array.from({ length: 8 }, () => ({
      dwElFlags: TP_ELEMENT_FILE,
      cLength: 0,
      hFile: file,
      nFileOffset: 0,
    }));
    world.ws2.TransmitPackets(client, pieces, pieces.length, 0, operation, 0);
    expect(operation.Internal).toBe(PENDING);
    closeSync(file);
    let received = 0;
    world.nonBlocking(server);
    world.until(() => {
      const more = world.receive(server, 1 << 20);
      if (typeof more === 'string') received += more.length;
      return operation.Internal !== PENDING;
    });
    expect(winsockErrorOfStatus(operation.Internal)).toBe(ERROR_INVALID_HANDLE);
    expect(operation.InternalHigh).toBeLessThan(8 * BIG);
    // The connection is none the worse for it.
    world.nonBlocking(server, 0);
    world.receiveAll(server, operation.InternalHigh - received);
    world.send(client, 'on it goes');
    expect(world.receiveAll(server, 10)).toBe('on it goes');
  });

  it('may be cancelled while it is under way, and the next one is told of its own bytes', (world) => {
    const { client, server } = world.connectedPair();
    const operation = overlapped(world);
    const pieces = Array.from({ length: 8 }, () => file(big));
    world.ws2.TransmitPackets(client, pieces, pieces.length, 0, operation, 0);
    expect(operation.Internal).toBe(PENDING);
    expect(world.ws2.host.CancelIoEx(client, operation)).toBe(true);
    expect(resultOf(world, client, operation).error).toBe(WSA_OPERATION_ABORTED);
    const next = overlapped(world);
    world.ws2.TransmitFile(client, small, 0, 0, next, null, 0);
    world.nonBlocking(server);
    let end = '';
    world.until(() => {
      for (let more = world.receive(server, 1 << 20); typeof more === 'string'; more = world.receive(server, 1 << 20)) {
        end = (end + more).slice(-TEXT.length);
      }
      return next.Internal !== PENDING && end === TEXT;
    });
    expect(resultOf(world, client, next)).toEqual({ error: 0, bytes: TEXT.length });
  });

  it('fails with the connection', (world) => {
    const { ws2 } = world;
    const { client, server } = world.connectedPair();
    const operation = overlapped(world);
    // More than the queues hold, so that some is under way when the peer resets.
    const pieces = Array.from({ length: 8 }, () => file(big));
    ws2.TransmitPackets(client, pieces, pieces.length, 0, operation, 0);
    expect(operation.Internal).toBe(PENDING);
    ws2.setsockopt(server, 0xffff, 0x80, Uint8Array.of(1, 0, 0, 0), 4);
    ws2.closesocket(server);
    expect(resultOf(world, client, operation).error).toBe(WSAECONNRESET);
  });

  it('says what is wrong', (world) => {
    const { ws2 } = world;
    const { client } = world.connectedPair();
    const call = (s: number, hFile: unknown, flags = 0, transmit: unknown = null): number =>
      world.code(ws2.TransmitFile(s, hFile as number, 0, 0, null, transmit as null, flags));
    expect(call(INVALID_SOCKET, small)).toBe(WSAENOTSOCK);
    expect(call(world.tcpSocket(), null)).toBe(WSAENOTCONN);
    expect(call(client, 9999)).toBe(ERROR_INVALID_HANDLE);
    expect(call(client, 'file')).toBe(ERROR_INVALID_HANDLE);
    expect(call(client, small, 0x40)).toBe(WSAEINVAL);
    expect(call(client, small, TF_REUSE_SOCKET)).toBe(WSAEINVAL);
    expect(call(client, small, 0, 7)).toBe(WSAEFAULT);
    expect(call(client, small, 0, { ...buffers('abc', ''), HeadLength: 4 })).toBe(WSAEFAULT);
    const directory = openSync(folder, 'r');
    expect(call(client, directory)).toBe(ERROR_INVALID_PARAMETER);
    closeSync(directory);
    ws2.shutdown(client, 1);
    expect(call(client, small)).toBe(WSAESHUTDOWN);
  });
});

function memory(text: string, flags = 0): TRANSMIT_PACKETS_ELEMENT {
  return { dwElFlags: TP_ELEMENT_MEMORY | flags, cLength: text.length, pBuffer: Buffer.from(text) };
}

function file(hFile: number, offset = 0, length = 0, flags = 0): TRANSMIT_PACKETS_ELEMENT {
  return { dwElFlags: TP_ELEMENT_FILE | flags, cLength: length, nFileOffset: offset, hFile };
}

describeOnEveryChain('TransmitPackets', ({ it }: Place) => {
  it('sends pieces of memory and of files in order', (world) => {
    const { client, server } = world.connectedPair();
    const pieces = [memory('<'), file(small, 4, 5), memory('|'), memory(''), file(small, 16, 3), memory('>')];
    expect(world.ws2.TransmitPackets(client, pieces, pieces.length, 0, null, 0)).toBe(true);
    expect(world.receiveAll(server, 11)).toBe('<quick|fox>');
    const operation = overlapped(world);
    expect(world.code(world.ws2.TransmitPackets(client, pieces, 2, 0, operation, TF_DISCONNECT))).toBe(
      ERROR_IO_PENDING,
    );
    expect(resultOf(world, client, operation)).toEqual({ error: 0, bytes: 6 });
    expect(world.receiveAll(server, 6)).toBe('<quick');
    expect(world.receive(server)).toBe('');
  });

  it('says what is wrong', (world) => {
    const { ws2 } = world;
    const { client } = world.connectedPair();
    const call = (elements: unknown, count = 1): number =>
      world.code(ws2.TransmitPackets(client, elements as null, count, 0, null, 0));
    expect(call(null)).toBe(WSAEFAULT);
    expect(call([memory('x')], 2)).toBe(WSAEFAULT);
    expect(call([{ dwElFlags: 0, cLength: 1 }])).toBe(WSAEINVAL);
    expect(call([{ dwElFlags: TP_ELEMENT_MEMORY, cLength: 5, pBuffer: null }])).toBe(WSAEFAULT);
    expect(call([file(9999)])).toBe(ERROR_INVALID_HANDLE);
    expect(world.code(ws2.TransmitPackets(world.tcpSocket(), [memory('x')], 1, 0, null, 0))).toBe(WSAENOTCONN);
  });
});

describeOnEveryDatagramChain('TransmitPackets on datagram sockets', ({ it }) => {
  it('sends one datagram for the pieces up to each end of a packet', (world) => {
    const { s: receiver, name } = world.boundUdp();
    const { s } = world.boundUdp();
    expect(world.connect(s, name)).toBe(0);
    const pieces = [
      memory('one '),
      file(small, 4, 5, TP_ELEMENT_EOP),
      memory('two', TP_ELEMENT_EOP),
      memory('', TP_ELEMENT_EOP),
      memory('last'),
    ];
    expect(world.ws2.TransmitPackets(s, pieces, pieces.length, 0, null, 0)).toBe(true);
    expect([1, 2, 3, 4].map(() => world.receive(receiver))).toEqual(['one quick', 'two', '', 'last']);
  });

  it('needs a peer, and TransmitFile does without datagram sockets', (world) => {
    const { ws2 } = world;
    const { s, name } = world.boundUdp();
    expect(world.code(ws2.TransmitPackets(s, [memory('x')], 1, 0, null, 0))).toBe(WSAENOTCONN);
    expect(world.code(ws2.TransmitFile(s, null, 0, 0, null, null, 0))).toBe(WSAENOTCONN);
    expect(world.connect(s, name)).toBe(0);
    expect(world.code(ws2.TransmitFile(s, null, 0, 0, null, null, 0))).toBe(WSAENOTCONN);
    expect(parseSockaddr(name).port).toBeGreaterThan(0);
  });
});

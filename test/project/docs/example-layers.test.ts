// Each layer of examples/layers/ does what the sentence on top of it says.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  AF_INET,
  parseSockaddr,
  ref,
  SOCK_DGRAM,
  SOCK_STREAM,
  sockaddr_in,
  WSAEACCES,
  WSAECONNABORTED,
  WSAECONNREFUSED,
  WSAENOBUFS,
  type WSAPROTOCOL_INFO,
  type Ws2_32,
} from 'ws2spi';
import { stack, type Layer } from 'ws2spi/chain';
import { connectedPair, createTestInstance, verifyCodec, type TestInstance } from 'ws2spi/testkit';

const FOLDER = new URL('../../../examples/layers/', import.meta.url);
const files = readdirSync(FOLDER).sort();

/** What a module of the gallery exports, by its one name. */
async function exportOf<Made>(file: string): Promise<Made> {
  const module = (await import(/* @vite-ignore */ fileURLToPath(new URL(file, FOLDER)))) as Record<string, Made>;
  const [made, ...others] = Object.values(module);
  expect(others).toEqual([]);
  return made!;
}

interface Stacked extends TestInstance {
  readonly entry: WSAPROTOCOL_INFO;
}

/** An instance with a layer, which must have done nothing wrong at the end. */
function withLayer(layer: Layer, over: 'tcp' | 'udp' = 'tcp', addresses: string[] = []): Stacked {
  const instance = createTestInstance(addresses.length === 0 ? {} : { network: { addresses } });
  onTestFinished(() => instance[Symbol.dispose]());
  const [entry] = stack(instance.ws2, [layer], { over });
  return Object.assign(instance, { entry: entry! });
}

function listening(ws2: Ws2_32, entry: WSAPROTOCOL_INFO | null, address = '127.0.0.1'): { s: number; port: number } {
  const s = ws2.WSASocket(AF_INET, SOCK_STREAM, 0, entry, 0, 0);
  expect(ws2.bind(s, sockaddr_in(address, 0), 16)).toBe(0);
  expect(ws2.listen(s, 20)).toBe(0);
  const name = new Uint8Array(16);
  ws2.getsockname(s, name, ref(16));
  return { s, port: parseSockaddr(name).port };
}

function connect({ ws2, entry }: Stacked, address: string, port: number): { s: number; error: number } {
  const s = ws2.WSASocket(AF_INET, SOCK_STREAM, 0, entry, 0, 0);
  const error = ws2.connect(s, sockaddr_in(address, port), 16) === 0 ? 0 : ws2.WSAGetLastError();
  return { s, error };
}

const send = (ws2: Ws2_32, s: number, text: string): number => ws2.send(s, Buffer.from(text), text.length, 0);

function receive(ws2: Ws2_32, s: number): string {
  const buffer = Buffer.alloc(1000);
  const length = ws2.recv(s, buffer, buffer.length, 0);
  return length < 0 ? `error ${ws2.WSAGetLastError()}` : buffer.toString('latin1', 0, length);
}

function sentAndReceived(ws2: Ws2_32, from: number, to: number, text: string): string {
  expect(send(ws2, from, text)).toBe(text.length);
  return receive(ws2, to);
}

describe('the gallery of layers', () => {
  test('has ten and more, each under 30 lines with a sentence on top, and its page lists them', () => {
    expect(files.length).toBeGreaterThanOrEqual(10);
    const page = readFileSync(new URL('../README.md', FOLDER), 'utf8');
    for (const file of files) {
      const lines = readFileSync(new URL(file, FOLDER), 'utf8').trimEnd().split('\n');
      expect(lines.length, file).toBeLessThan(30);
      expect(lines[0], file).toMatch(/^\/\/ [A-Z].*\.$/);
      expect(page).toContain(`[\`${file}\`](layers/${file})`);
    }
  });

  test('count-bytes counts what goes to and comes from a host, by the name that the program gave', async () => {
    const totals = new Map<string, { sent: number; received: number }>();
    const instance = withLayer((await exportOf<(totals: unknown) => Layer>('count-bytes.mjs'))(totals));
    const { ws2, entry } = instance;
    const { s: listener, port } = listening(ws2, null);
    const client = ws2.WSASocket(AF_INET, SOCK_STREAM, 0, entry, 0, 0);
    expect(ws2.WSAConnectByName(client, 'localhost', `${port}`, null, null, null, null, null, null)).toBe(true);
    const server = ws2.accept(listener, null, null);
    expect(sentAndReceived(ws2, client, server, 'four')).toBe('four');
    expect(sentAndReceived(ws2, server, client, 'and seven')).toBe('and seven');
    expect([...totals]).toEqual([['localhost', { sent: 4, received: 9 }]]);
    verifyCodec((await exportOf<(totals: unknown) => Layer>('count-bytes.mjs'))(new Map()), { bytes: 500, rounds: 1 });
  });

  test('deny-ports refuses the ports that are listed', async () => {
    const instance = withLayer((await exportOf<(...ports: number[]) => Layer>('deny-ports.mjs'))(25, 587));
    expect([25, 80, 587].map((port) => connect(instance, '127.0.0.1', port).error)).toEqual([
      WSAEACCES,
      WSAECONNREFUSED,
      WSAEACCES,
    ]);
  });

  test('redirect leads to a test server, and leaves other hosts alone', async () => {
    const to: { address: string; port?: number } = { address: '127.0.0.1' };
    const instance = withLayer((await exportOf<(from: string, to: object) => Layer>('redirect.mjs'))('10.1.2.3', to));
    const { ws2 } = instance;
    const { s: listener, port } = listening(ws2, null);
    to.port = port;
    const { s: client, error } = connect(instance, '10.1.2.3', 5432);
    expect(error).toBe(0);
    expect(sentAndReceived(ws2, client, ws2.accept(listener, null, null), 'hello')).toBe('hello');
    expect(connect(instance, '127.0.0.1', 5432).error).toBe(WSAECONNREFUSED);
  });

  test('uppercase makes capitals of what comes in alone', async () => {
    const { ws2, entry } = withLayer(await exportOf<Layer>('uppercase.mjs'));
    const { s: listener, port } = listening(ws2, null);
    const client = ws2.WSASocket(AF_INET, SOCK_STREAM, 0, entry, 0, 0);
    expect(ws2.connect(client, sockaddr_in('127.0.0.1', port), 16)).toBe(0);
    const server = ws2.accept(listener, null, null);
    expect(sentAndReceived(ws2, client, server, 'small: é 1')).toBe(
      Buffer.from('small: é 1').toString('latin1').slice(0, 10),
    );
    expect(sentAndReceived(ws2, server, client, 'small: z 1')).toBe('SMALL: Z 1');
  });

  test('frames hand on what they get, and a stream that ends within one is broken', async () => {
    const layer = await exportOf<Layer>('frames.mjs');
    verifyCodec(layer);
    const { ws2, entry } = withLayer(layer);
    const { s: listener, port } = listening(ws2, entry);
    const bare = ws2.socket(AF_INET, SOCK_STREAM, 0);
    expect(ws2.connect(bare, sockaddr_in('127.0.0.1', port), 16)).toBe(0);
    const server = ws2.accept(listener, null, null);
    expect(sentAndReceived(ws2, bare, server, '\0\x05whole\0\x09part')).toBe('whole');
    ws2.closesocket(bare);
    expect(receive(ws2, server)).toBe(`error ${WSAECONNABORTED}`);
  });

  test('xor hands on what it gets, and shows something else on the wire', async () => {
    const layer = (await exportOf<(key: Uint8Array) => Layer>('xor.mjs'))(Buffer.from('key'));
    verifyCodec(layer);
    const { ws2, entry } = withLayer(layer);
    const { s: listener, port } = listening(ws2, null);
    const client = ws2.WSASocket(AF_INET, SOCK_STREAM, 0, entry, 0, 0);
    ws2.connect(client, sockaddr_in('127.0.0.1', port), 16);
    const expected = [...'hello'].map((letter, at) => letter.charCodeAt(0) ^ 'keyke'.charCodeAt(at));
    expect(sentAndReceived(ws2, client, ws2.accept(listener, null, null), 'hello')).toBe(
      String.fromCharCode(...expected),
    );
  });

  test('delay lets what is sent go later, in its order, the end behind it', async () => {
    const layer = (await exportOf<(milliseconds: number) => Layer>('delay.mjs'))(50);
    verifyCodec(layer, { bytes: 300, rounds: 1 });
    const { ws2, entry, clock } = withLayer(layer);
    const { client, server } = connectedPair(ws2, { entry });
    const begun = clock.now();
    send(ws2, client, 'first');
    clock.advance(20);
    send(ws2, client, 'second');
    ws2.shutdown(client, 1);
    expect([receive(ws2, server), clock.now() - begun]).toEqual(['first', 50]);
    expect([receive(ws2, server), clock.now() - begun]).toEqual(['second', 70]);
    expect(receive(ws2, server)).toBe('');
  });

  test('log-conversations tells who, how long and how much, and not what', async () => {
    const lines: string[] = [];
    const log = (line: string): void => void lines.push(line);
    const instance = withLayer((await exportOf<(log: unknown) => Layer>('log-conversations.mjs'))(log));
    const { ws2, clock } = instance;
    const { s: listener, port } = listening(ws2, null);
    const { s: client } = connect(instance, '127.0.0.1', port);
    const server = ws2.accept(listener, null, null);
    sentAndReceived(ws2, client, server, 'secret');
    sentAndReceived(ws2, server, client, 'too');
    clock.advance(12);
    ws2.closesocket(client);
    const who = `client 127.0.0.1 ${port}`;
    expect(lines).toEqual([`${who}: opened`, `${who}: 6 sent, 3 received in 12 ms`]);
  });

  test('connect-rate refuses what is too much for a second', async () => {
    const instance = withLayer((await exportOf<(most: number) => Layer>('connect-rate.mjs'))(2));
    const { ws2, clock } = instance;
    const { port } = listening(ws2, null);
    const errors = (): number[] => [1, 2, 3].map(() => connect(instance, '127.0.0.1', port).error);
    expect(errors()).toEqual([0, 0, WSAENOBUFS]);
    clock.advance(1000);
    expect(errors()).toEqual([0, 0, WSAENOBUFS]);
    expect(instance.defects.map(({ message }) => message).every((text) => text.includes('connects a second'))).toBe(
      true,
    );
  });

  test('token-greeting lets in who knows the word, and resets who does not', async () => {
    const make = await exportOf<(token: string) => Layer>('token-greeting.mjs');
    verifyCodec(make('sesame'), { bytes: 500, rounds: 1 });
    const { ws2, entry } = withLayer(make('sesame'));
    const { s: listener, port } = listening(ws2, entry);
    const strangers = ['sesamo', 'open sesame'].map((word) => {
      const s = ws2.socket(AF_INET, SOCK_STREAM, 0);
      ws2.connect(s, sockaddr_in('127.0.0.1', port), 16);
      send(ws2, s, word);
      return s;
    });
    const friend = ws2.socket(AF_INET, SOCK_STREAM, 0);
    ws2.connect(friend, sockaddr_in('127.0.0.1', port), 16);
    send(ws2, friend, 'sesame, and hello');
    const server = ws2.accept(listener, null, null); // the friend's: nobody else is there
    expect(receive(ws2, server)).toBe(', and hello');
    for (const s of strangers) expect(receive(ws2, s)).toMatch(/^error 1005[34]$/);
  });

  test('rewrite-host says another name in the first request, however it is cut', async () => {
    const instance = withLayer((await exportOf<(name: string) => Layer>('rewrite-host.mjs'))('inner.example'));
    const { ws2 } = instance;
    const { s: listener, port } = listening(ws2, null);
    const { s: client } = connect(instance, '127.0.0.1', port);
    const server = ws2.accept(listener, null, null);
    for (const piece of ['GET / HTTP/1.1\r\nHo', 'st: outer.example\r\nAccept: */*\r', '\n\r\nHost: body\r\n'])
      send(ws2, client, piece);
    expect(receive(ws2, server)).toBe('GET / HTTP/1.1\r\nHost: inner.example\r\nAccept: */*\r\n\r\nHost: body\r\n');
    expect(sentAndReceived(ws2, client, server, 'Host: as it is')).toBe('Host: as it is');
  });

  test('source-address says from where a program connects, unless it says so itself', async () => {
    const make = await exportOf<(address: string) => Layer>('source-address.mjs');
    const instance = withLayer(make('10.0.0.2'), 'tcp', ['10.0.0.1', '10.0.0.2']);
    const { ws2 } = instance;
    const { s: listener, port } = listening(ws2, null, '10.0.0.1');
    const sourceOf = (s: number): string => {
      const name = new Uint8Array(16);
      expect(ws2.accept(listener, name, ref(16))).not.toBe(0xffffffff);
      ws2.closesocket(s);
      return parseSockaddr(name).address;
    };
    expect(sourceOf(connect(instance, '10.0.0.1', port).s)).toBe('10.0.0.2');
    const s = ws2.WSASocket(AF_INET, SOCK_STREAM, 0, instance.entry, 0, 0);
    ws2.bind(s, sockaddr_in('10.0.0.1', 0), 16);
    expect(ws2.connect(s, sockaddr_in('10.0.0.1', port), 16)).toBe(0);
    expect(sourceOf(s)).toBe('10.0.0.1');
  });

  test('drop-repeated drops a datagram that comes again', async () => {
    const { ws2, entry } = withLayer(await exportOf<Layer>('drop-repeated.mjs'), 'udp');
    const name = sockaddr_in('127.0.0.1', 5000);
    const open = (chain: WSAPROTOCOL_INFO | null): number => ws2.WSASocket(AF_INET, SOCK_DGRAM, 0, chain, 0, 0);
    const receiver = open(entry);
    ws2.bind(receiver, name, 16);
    const bare = open(null); // as if the network said it twice
    for (const text of ['0001one', '0001one', '0002two']) ws2.sendto(bare, Buffer.from(text), 7, 0, name, 16);
    ws2.sendto(open(entry), Buffer.from('three'), 5, 0, name, 16);
    expect([1, 2, 3].map(() => receive(ws2, receiver))).toEqual(['one', 'two', 'three']);
  });
});

// Many small writes in one go are sent together; what arrives, and when, is as if each had been sent by itself.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, test } from 'vitest';
import {
  AF_INET,
  createWs2_32,
  IPPROTO_TCP,
  MSG_WAITALL,
  parseSockaddr,
  ref,
  SO_RCVTIMEO,
  SOCK_STREAM,
  sockaddr_in,
  SOCKET_ERROR,
  SOL_SOCKET,
  WSAECONNRESET,
  type Ws2_32,
} from 'ws2spi';
import { defineLayer, stack } from 'ws2spi/chain';
import { createConnection, createServer, type ChainServer, type ChainSocket } from 'ws2spi/node';

const open: { ws2: Ws2_32; server: ChainServer; client: ChainSocket }[] = [];
afterEach(() => {
  for (const { ws2, server, client } of open.splice(0)) {
    client.destroy();
    server.close();
    ws2[Symbol.dispose]();
  }
});

interface Ends {
  client: ChainSocket;
  /** What arrived so far. */
  arrived(): string;
  /** The sizes of what was sent by the client, since it was connected. */
  sends: number[];
  /** Resolves when the server has seen the end. */
  ended: Promise<unknown>;
}

/** @param fails the sends from which on there is WSAECONNRESET */
async function connect(base: 'tcpip' | 'memory', { noDelay = false, fails = Infinity } = {}): Promise<Ends> {
  const ws2 = createWs2_32({ base });
  ws2.WSAStartup(0x0202, {});
  const sends: number[] = [];
  const counting = defineLayer({
    name: 'counting',
    overrides: {
      WSPSend(lower, s, buffers, count, sent, flags, overlapped, routine, thread, error) {
        if (sends.length >= fails) {
          error!.value = WSAECONNRESET;
          return SOCKET_ERROR;
        }
        const result = lower.lpWSPSend(s, buffers, count, sent, flags, overlapped, routine, thread, error);
        if (result === 0) sends.push(sent!.value);
        return result;
      },
    },
  });
  const [chain] = stack(ws2, [counting]);
  let arrived = '';
  let end!: () => void;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const server = createServer({ ws2 }, (socket) => {
    socket.setEncoding('latin1').on('data', (text) => (arrived += String(text)));
    socket.on('end', end).on('error', end);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = createConnection({
    ws2,
    chain: chain!,
    port: (server.address() as AddressInfo).port,
    host: '127.0.0.1',
    noDelay,
  });
  open.push({ ws2, server, client });
  await once(client, 'connect');
  sends.length = 0;
  return { client, arrived: () => arrived, sends, ended };
}

const piece = (n: number): string => `${n}-`.padEnd(100, '.');
const pieces = (count: number): string => Array.from({ length: count }, (_, n) => piece(n)).join('');

describe.each(['tcpip', 'memory'] as const)('many small writes in one go: %s', (base) => {
  it('go out in few sends, in order, and before the end', async () => {
    const { client, arrived, sends, ended } = await connect(base);
    for (let n = 0; n < 100; n++) client.write(piece(n));
    client.end();
    await ended;
    expect(arrived()).toBe(pieces(100));
    expect(sends.length).toBeLessThan(10);
    // The first are there at once, whatever the program goes on to do.
    expect(sends.slice(0, 2)).toEqual([100, 100]);
  });

  it('arrive though the socket is destroyed right behind them', async () => {
    const { client, arrived, ended } = await connect(base);
    for (let n = 0; n < 100; n++) client.write(piece(n));
    client.destroy();
    await ended;
    expect(arrived()).toBe(pieces(100));
  });

  it('arrive without an end, once the program has come to rest', async () => {
    const { client, arrived } = await connect(base);
    let done = 0;
    for (let n = 0; n < 20; n++) client.write(piece(n), () => done++);
    while (arrived().length < 2000) await new Promise((next) => setImmediate(next));
    expect(arrived()).toBe(pieces(20));
    expect(done).toBe(20);
  });

  it('go out one by one when there is to be no delay', async () => {
    const { client, arrived, sends, ended } = await connect(base, { noDelay: true });
    for (let n = 0; n < 20; n++) client.write(piece(n));
    client.end();
    await ended;
    expect(arrived()).toBe(pieces(20));
    expect(sends).toEqual(new Array(20).fill(100));
  });

  it('keep their place before large ones', async () => {
    const { client, arrived, ended } = await connect(base);
    const large = 'L'.repeat(50_000);
    for (let n = 0; n < 10; n++) client.write(piece(n));
    client.write(large);
    for (let n = 10; n < 20; n++) client.write(piece(n));
    client.end(large);
    await ended;
    expect(arrived()).toBe(pieces(10) + large + pieces(20).slice(1000) + large);
  });

  it('wait for room, and lose nothing of 20 MB', async () => {
    const { client, arrived, ended } = await connect(base);
    const count = 200_000;
    for (let n = 0; n < count; n++) if (!client.write(piece(n))) await once(client, 'drain');
    client.end();
    await ended;
    expect(arrived().length).toBe(100 * count);
    expect(arrived() === pieces(count)).toBe(true);
  });

  it('reach a peer for whose answer the program blocks in the same go', async () => {
    const ws2 = createWs2_32({ base });
    ws2.WSAStartup(0x0202, {});
    const listener = ws2.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    expect(ws2.bind(listener, sockaddr_in('127.0.0.1', 0), 16)).toBe(0);
    expect(ws2.listen(listener, 1)).toBe(0);
    const name = new Uint8Array(16);
    ws2.getsockname(listener, name, ref(16));
    const client = createConnection({ ws2, port: parseSockaddr(name).port, host: '127.0.0.1' });
    await once(client, 'connect');
    const accepted = ws2.accept(listener, null, null);
    for (let n = 0; n < 20; n++) client.write(piece(n));
    const bytes = Buffer.alloc(2000);
    // Ends the test where nothing comes.
    ws2.setsockopt(accepted, SOL_SOCKET, SO_RCVTIMEO, Uint8Array.of(0x88, 0x13, 0, 0), 4);
    expect(ws2.recv(accepted, bytes, 2000, MSG_WAITALL)).toBe(2000);
    expect(bytes.toString('latin1')).toBe(pieces(20));
    client.destroy();
    ws2[Symbol.dispose]();
  });

  it('end the socket when what was gathered cannot be sent', async () => {
    const { client } = await connect(base, { fails: 4 });
    for (let n = 0; n < 20; n++) client.write(piece(n));
    const [error] = (await once(client, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNRESET');
    expect(client.destroyed).toBe(true);
  });
});

test.skipIf(process.platform !== 'linux')(
  'a process that ends at once has written: small writes in one go',
  async () => {
    let arrived = '';
    const server = net.createServer((socket) => {
      socket.setEncoding('latin1').on('data', (text) => (arrived += String(text)));
      socket.on('error', () => undefined);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const program = `
    import { createConnection } from 'ws2spi/node';
    const client = createConnection({ port: ${(server.address() as AddressInfo).port}, host: '127.0.0.1' });
    client.on('connect', () => {
      for (let n = 0; n < 100; n++) client.write((n + '-').padEnd(100, '.'));
      process.exit(0);
    });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' });
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(0);
    server.close();
    await once(server, 'close');
    expect(arrived).toBe(pieces(100));
  },
);

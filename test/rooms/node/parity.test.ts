// The same script of actions on net.Sockets and on ChainSockets: the events and their order are the same.
import { once } from 'node:events';
import net from 'node:net';
import { createServer, type ChainServer } from 'ws2spi/node';
import { describe, expect, it } from 'vitest';
import { nobodysPort } from '../../support/free-ports.js';
import { BASES, listening, pattern, useBase } from './bases.js';

const EVENTS = ['lookup', 'connect', 'ready', 'data', 'end', 'finish', 'drain', 'timeout', 'error', 'close'];

type Socket = net.Socket;

/** What one script does on both sides. */
interface Script {
  options?: { allowHalfOpen?: boolean };
  client(socket: Socket): void;
  server?(socket: Socket): void;
}

const SCRIPTS: Record<string, Script> = {
  'the client sends and ends, the server answers and ends': {
    client: (socket) => socket.end('hello'),
    server: (socket) => socket.pipe(socket),
  },
  'the server ends at once': {
    client: (socket) => socket.resume(),
    server: (socket) => socket.end('bye'),
  },
  'the client ends without a word': {
    client: (socket) => socket.end(),
    server: (socket) => socket.resume(),
  },
  'both sides allow half-open connections': {
    options: { allowHalfOpen: true },
    client: (socket) => socket.end('question'),
    server: (socket) => {
      socket.resume();
      socket.on('end', () => socket.end('answer'));
    },
  },
  'the client is destroyed once connected': {
    client: (socket) => socket.on('connect', () => socket.destroy()),
    server: (socket) => socket.resume(),
  },
  'the client is destroyed with an error': {
    client: (socket) => socket.on('connect', () => socket.destroy(new Error('enough'))),
    server: (socket) => socket.resume(),
  },
  'the client is destroyed before it is connected': {
    client: (socket) => socket.destroy(),
  },
  'the client is destroyed as soon as it has written': {
    client: (socket) => {
      socket.write('x');
      socket.destroySoon();
    },
    server: (socket) => socket.resume(),
  },
  'the server resets': {
    client: (socket) => socket.write('x'),
    server: (socket) => socket.on('data', () => socket.resetAndDestroy()),
  },
  'the server is destroyed while the client waits': {
    client: (socket) => socket.write('x'),
    server: (socket) => socket.on('data', () => socket.destroy()),
  },
  'the client times out and is destroyed': {
    client: (socket) => socket.setTimeout(30, () => socket.destroy()),
    server: (socket) => socket.resume(),
  },
  'the client writes more than fits, and hears of room': {
    client: (socket) => {
      // A network in memory takes the first whole, as Windows does; then there is room for neither.
      socket.write(pattern(20_000_000));
      socket.write(pattern(20_000_000));
      socket.on('drain', () => socket.end());
    },
    server: (socket) => socket.resume(),
  },
};

function record(events: string[], who: string, socket: Socket): void {
  for (const event of EVENTS) {
    socket.on(event, (value: unknown) => {
      const detail =
        value instanceof Error
          ? ((value as NodeJS.ErrnoException).code ?? value.message)
          : value === true
            ? 'true'
            : '';
      const entry = `${who} ${event}${detail && ` ${detail}`}`;
      // How data falls into pieces is the kernel's business.
      if (event !== 'data' || events.at(-1) !== entry) events.push(entry);
    });
  }
}

// Each side's events in their order. How the two sides interleave is a matter of time.
async function play(
  script: Script,
  makeServer: (options: object) => net.Server,
  connect: (port: number, options: object) => Socket,
): Promise<{ client: string[]; server: string[] }> {
  const client: string[] = [];
  const server: string[] = [];
  const listener = makeServer(script.options ?? {});
  let accepted: Promise<unknown> = Promise.resolve();
  listener.on('connection', (socket: Socket) => {
    record(server, 'server', socket);
    accepted = new Promise((resolve) => socket.on('close', resolve));
    script.server?.(socket);
    if (script.server === undefined) socket.on('error', () => undefined).resume();
  });
  const connection = once(listener, 'connection');
  await listening(listener, () => listener.listen(0, '127.0.0.1'));
  const socket = connect((listener.address() as net.AddressInfo).port, { host: '127.0.0.1', ...script.options });
  record(client, 'client', socket);
  if (socket.readableFlowing === null) socket.resume();
  script.client(socket);
  await once(socket, 'close').catch(() => once(socket, 'close'));
  // The listener may come to its connection after all that happens to the client.
  if (script.server !== undefined) await connection;
  await new Promise((resolve) => setTimeout(resolve, 20));
  await accepted;
  await new Promise((resolve) => listener.close(resolve));
  return { client, server: script.server === undefined ? [] : server };
}

describe.each(BASES)('beside net.Socket, a ChainSocket over %s emits the same events when', (base) => {
  const { ws2, connect } = useBase(base);

  it.each(Object.entries(SCRIPTS))('%s', async (_name, script) => {
    const expected = await play(
      script,
      (options) => net.createServer(options),
      (port, options) => net.connect({ port, ...options }),
    );
    const actual = await play(
      script,
      (options): net.Server => createServer({ ws2, ...options }) as ChainServer & net.Server,
      (port, options) => connect(port, options) as unknown as Socket,
    );
    expect(actual).toEqual(expected);
  });

  it('nobody listens', async () => {
    const port = nobodysPort();
    const events: string[][] = [];
    for (const make of [() => net.connect(port, '127.0.0.1'), () => connect(port) as unknown as Socket]) {
      const socket = make();
      const seen: string[] = [];
      record(seen, 'client', socket);
      await new Promise((resolve) => socket.on('close', resolve));
      events.push(seen);
    }
    expect(events[1]).toEqual(events[0]);
    expect(events[0]).toEqual(['client error ECONNREFUSED', 'client close true']);
  });
});

// What a program sends in small pieces within a turn, under a codec: when it goes out, and that nothing of it is lost.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { IPPROTO_TCP, SD_SEND, SO_LINGER, SOL_SOCKET, TCP_NODELAY } from 'ws2spi';
import { defineLayer, identity } from 'ws2spi/chain';
import { describeOnEveryProvider, type World } from '../../support/providers.js';

/** A connection whose client has a codec, and the sizes of what goes out below that. */
function sender(world: World) {
  const sizes: number[] = [];
  const { s: listener, name } = world.listener();
  world.stack([
    defineLayer({ name: 'upper', codec: identity }),
    defineLayer({ name: 'lower', codec: identity }),
    defineLayer({
      name: 'sizes',
      overrides: {
        WSPSend(lower, ...args) {
          const result = lower.lpWSPSend(...args);
          if (result === 0) sizes.push(args[3]!.value);
          return result;
        },
      },
    }),
  ]);
  const client = world.tcpSocket();
  expect(world.connect(client, name)).toBe(0);
  const server = world.accept(listener);
  world.settle();
  return { client, server, sizes };
}

describeOnEveryProvider('small sends of one turn, under a codec,', (on) => {
  on.it('go out together at its end, behind the first, which goes out at once', (world) => {
    const { client, server, sizes } = sender(world);
    for (const text of ['one ', 'two ', 'three ', 'four']) world.send(client, text);
    expect(sizes).toEqual([4]);
    world.settle();
    expect(sizes).toEqual([4, 14]);
    expect(world.receiveAll(server, 18)).toBe('one two three four');
  });

  on.it('go out at once when the peer has answered those before, though no turn has ended', (world) => {
    const { client, server, sizes } = sender(world);
    for (let asked = 1; asked <= 3; asked++) {
      world.send(client, 'question');
      expect(sizes).toEqual(new Array(asked).fill(8));
      expect(world.receiveAll(server, 8)).toBe('question');
      world.send(server, 'answer');
      expect(world.receiveAll(client, 6)).toBe('answer');
    }
    world.send(client, 'one');
    world.send(client, 'two');
    expect(sizes).toEqual([8, 8, 8, 3]);
    world.settle();
    expect(sizes).toEqual([8, 8, 8, 3, 3]);
  });

  on.it('go out one by one in turns of their own', (world) => {
    const { client, sizes } = sender(world);
    for (const text of ['one ', 'two ', 'three ', 'four']) {
      world.send(client, text);
      expect(sizes.at(-1)).toBe(text.length);
      world.settle();
    }
    expect(sizes).toEqual([4, 4, 6, 4]);
  });

  on.it('go out at once with TCP_NODELAY, and those that wait when it is set', (world) => {
    const { client, sizes } = sender(world);
    world.send(client, 'one');
    world.send(client, 'three');
    world.send(client, 'more');
    expect(sizes).toEqual([3]);
    const yes = Uint8Array.of(1, 0, 0, 0);
    expect(world.code(world.ws2.setsockopt(client, IPPROTO_TCP, TCP_NODELAY, yes, 4))).toBe(0);
    expect(sizes).toEqual([3, 9]);
    world.send(client, 'at');
    world.send(client, 'once');
    expect(sizes).toEqual([3, 9, 2, 4]);
  });

  on.it('are not held back without end by a program that lets no turn end', (world) => {
    const { client, sizes } = sender(world);
    const sends = 100;
    for (let i = 0; i < sends; i++) world.send(client, 'x');
    const out = sizes.reduce((sum, size) => sum + size, 0);
    expect(out).toBeGreaterThan(sends - 10);
    expect(sizes.length).toBeLessThan(sends / 2);
  });

  on.it('arrive in order with large ones between them', (world) => {
    const { client, server } = sender(world);
    const pieces = [5, 40_000, 3, 7, 70_000, 1, 1, 1, 33_000, 2].map((size, at) => String(at).repeat(size));
    for (const piece of pieces) expect(world.send(client, piece)).toBe(piece.length);
    const whole = pieces.join('');
    expect(world.receiveAll(server, whole.length) === whole).toBe(true);
  });

  on.it('go out while a blocking call waits', (world) => {
    const { client, server, sizes } = sender(world);
    for (const text of ['one ', 'two ', 'three']) world.send(client, text);
    expect(world.receiveAll(server, 13)).toBe('one two three');
    expect(sizes).toEqual([4, 9]);
  });

  for (const [how, end] of [
    ['shutdown', (world: World, s: number) => world.ws2.shutdown(s, SD_SEND)],
    ['closesocket', (world: World, s: number) => world.ws2.closesocket(s)],
  ] as const) {
    on.it(`go out before the end of the stream by ${how}`, (world) => {
      const { client, server } = sender(world);
      for (const text of ['one ', 'two ', 'three']) world.send(client, text);
      expect(end(world, client)).toBe(0);
      expect(world.receiveAll(server, 13)).toBe('one two three');
      expect(world.receive(server)).toBe('');
    });
  }

  on.it('are dropped with a connection that is reset', (world) => {
    const { client, server } = sender(world);
    for (const text of ['one ', 'two ', 'three']) world.send(client, text);
    const linger = Uint8Array.of(1, 0, 0, 0);
    expect(world.code(world.ws2.setsockopt(client, SOL_SOCKET, SO_LINGER, linger, 4))).toBe(0);
    world.ws2.closesocket(client);
    world.settle();
    expect(typeof world.receive(server)).toBe('number');
  });
});

const dist = process.env['WS2SPI_DIST'] ?? fileURLToPath(new URL('../../../dist/', import.meta.url));
const script = fileURLToPath(new URL('fixtures/sends-and-ends.mjs', import.meta.url));

test.each(['exit', 'throw', 'return'])(
  'a process that ends within the turn (%s) has sent what it sent, under codecs',
  async (how) => {
    const server = net.createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as net.AddressInfo;
    const received = once(server, 'connection').then(async ([socket]: net.Socket[]) => {
      let text = '';
      for await (const bytes of socket!) text += String(bytes);
      return text;
    });
    const child = execFile(process.execPath, [script, pathToFileURL(`${dist}/`).href, String(port), how]);
    expect(await received).toBe('one two three four');
    if (child.exitCode === null) await once(child, 'exit');
    server.close();
    await once(server, 'close');
  },
);

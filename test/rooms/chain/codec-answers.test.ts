// Codecs that answer from outside of their functions, and such as hold the end of what is sent back.
import { expect } from 'vitest';
import {
  FD_ALL_EVENTS,
  SD_SEND,
  SO_LINGER,
  SOL_SOCKET,
  LINGER,
  WSAECONNRESET,
  WSAENETRESET,
  WSAEWOULDBLOCK,
  WSAOVERLAPPED,
} from 'ws2spi';
import { defineLayer, type Codec, type CodecFactory, type CodecOutput } from 'ws2spi/chain';
import { createConnection, createServer } from 'ws2spi/node';
import { buffer, describeOnEveryProvider, textOf, type World } from '../../support/providers.js';
import { turnsUntil } from '../../support/turns-until.js';

const PLAIN: Codec = {
  receive: (bytes, output) => output.decoded(bytes),
  send: (bytes, output) => output.encoded(bytes),
};

function layer(codec: CodecFactory, name = 'late') {
  return defineLayer({ name, codec });
}

/** A connection whose client has a codec, with the output that the codec was given, and a server without one. */
function withOutput(world: World, codec: Partial<Codec> = {}) {
  const { s: listener, name } = world.listener();
  let output!: CodecOutput;
  world.stack([layer(() => ({ ...PLAIN, ...codec, open: (_role, own) => void (output = own) }))]);
  const client = world.tcpSocket();
  const connected = codec.handshake !== true;
  if (!connected) world.nonBlocking(client);
  expect(world.connect(client, name)).toBe(connected ? 0 : WSAEWOULDBLOCK);
  const server = world.accept(listener);
  world.until(() => output !== undefined);
  return { client, server, output };
}

const text = (letters: string): Uint8Array => Buffer.from(letters);
const nextTurn = (): Promise<void> => new Promise((turn) => setImmediate(turn));

/** Waits for the event loop, without any call to the instance, until a condition holds. */
async function eventually(condition: () => boolean): Promise<void> {
  await turnsUntil(condition);
  expect(condition()).toBe(true);
}

describeOnEveryProvider('a codec that answers outside of a call', (on) => {
  on.it('is heard at once: an overlapped receive completes in the next turn', async (world) => {
    const { client, output } = withOutput(world);
    const overlapped = new WSAOVERLAPPED();
    const room = buffer(20);
    let done = -1;
    world.ws2.WSARecv(client, [room], 1, null, { value: 0 }, overlapped, (_error, bytes) => void (done = bytes));
    await nextTurn();
    output.decoded(text('out of the blue'));
    await eventually(() => done >= 0);
    expect(textOf(room).slice(0, done)).toBe('out of the blue');
  });

  on.it('is heard at once: an event object is set', async (world) => {
    const { client, output } = withOutput(world);
    const event = world.event();
    world.eventSelect(client, event, FD_ALL_EVENTS);
    expect(world.networkEvents(client, event)).toMatchObject({ WRITE: 0 });
    output.decoded(text('news'));
    await eventually(() => world.signalled(event));
    expect(world.networkEvents(client, event)).toEqual({ READ: 0 });
    expect(world.receive(client)).toBe('news');
    output.finished();
    await eventually(() => world.signalled(event));
    expect(world.networkEvents(client, event)).toEqual({ CLOSE: 0 });
    expect(world.receive(client)).toBe('');
  });

  on.it('is heard at once: what it encodes goes out', async (world) => {
    const { server, output } = withOutput(world);
    const event = world.event();
    world.eventSelect(server, event, FD_ALL_EVENTS);
    world.networkEvents(server, event);
    output.encoded(text('unasked'));
    await eventually(() => world.signalled(event));
    expect(world.receive(server)).toBe('unasked');
  });

  on.it('ends its handshake, or breaks the connection', async (world) => {
    const first = withOutput(world, { handshake: true });
    const event = world.event();
    world.eventSelect(first.client, event, FD_ALL_EVENTS);
    expect(world.networkEvents(first.client, event)).toEqual({});
    first.output.ready();
    await eventually(() => world.signalled(event));
    expect(world.networkEvents(first.client, event)).toMatchObject({ CONNECT: 0 });
    expect(world.send(first.client, 'open')).toBe(4);
    expect(world.receiveAll(first.server, 4)).toBe('open');
    first.output.failed(WSAENETRESET);
    await eventually(() => world.signalled(event));
    expect(world.networkEvents(first.client, event)).toHaveProperty('CLOSE');
    expect(world.receive(first.client)).toBe(-WSAENETRESET);
    expect(world.receive(first.server)).toBe(-WSAECONNRESET);
  });

  on.it('is not heard any more once the connection is closed or broken', async (world) => {
    const closed = withOutput(world);
    world.ws2.closesocket(closed.client);
    world.settle();
    world.entries.clear();
    const broken = withOutput(world);
    broken.output.failed(WSAENETRESET);
    for (const { output } of [closed, broken]) {
      output.decoded(text('late'));
      output.encoded(text('late'));
      output.setTimer(0);
      output.ready();
      output.finished();
      output.ended();
      output.failed(WSAENETRESET);
      output.decoded('late' as never);
    }
    await nextTurn();
    world.settle();
    expect(world.receive(closed.server)).toBe('');
    expect(world.receive(broken.client)).toBe(-WSAENETRESET);
    expect(world.takeDefects()).toEqual([]);
  });

  on.it('serves a ChainSocket, by callbacks alone', async (world) => {
    // A codec that has everything done elsewhere, as by a thread pool.
    const [chain] = world.stack([
      layer(() => ({
        send: (bytes, output) => void setImmediate((own: Uint8Array) => output.encoded(own), bytes.slice()),
        receive: (bytes, output) => void setImmediate((own: Uint8Array) => output.decoded(own), bytes.slice()),
        shutdown: (_how, output) => {
          output.holdEnd();
          setImmediate(() => output.ended());
        },
        end: (output) => void setImmediate(() => output.finished()),
      })),
    ]);
    const server = createServer({ ws2: world.ws2, chain: chain! }, (socket) => socket.pipe(socket));
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const { port } = server.address() as { port: number };
    const client = createConnection({ ws2: world.ws2, chain: chain!, host: '127.0.0.1', port });
    client.end('there and back');
    let answer = '';
    for await (const piece of client) answer += String(piece);
    expect(answer).toBe('there and back');
    await new Promise((closed) => server.close(closed));
  });
});

/** How codecs hold the end back. */
const HOLDS: readonly (readonly [how: string, codec: () => Partial<Codec>])[] = [
  [
    'by a timer',
    () => ({ shutdown: (_how, output) => output.setTimer(30), timer: (output) => output.encoded(text('tail')) }),
  ],
  [
    'by several timers',
    () => {
      let left = 'tail';
      return {
        shutdown: (_how, output) => output.setTimer(10),
        timer(output) {
          output.encoded(text(left[0]!));
          left = left.slice(1);
          if (left !== '') output.setTimer(10);
        },
      };
    },
  ],
  [
    'until it says ended, by a timer',
    () => ({
      shutdown(_how, output) {
        output.holdEnd();
        output.setTimer(30);
      },
      timer(output) {
        output.encoded(text('tail'));
        output.ended();
      },
    }),
  ],
  [
    'by the timer of what it was sent before',
    () => {
      let held: Uint8Array[] = [];
      return {
        send: (bytes, output) => {
          if (bytes[0] === 0x74) {
            held.push(bytes.slice());
            output.setTimer(30);
          } else output.encoded(bytes);
        },
        timer: (output) => {
          for (const bytes of held) output.encoded(bytes);
          held = [];
        },
      };
    },
  ],
];

describeOnEveryProvider('the end of what is sent', (on) => {
  for (const [how, codec] of HOLDS) {
    const held = how.startsWith('by the timer of');
    const begin = (world: World) => {
      const { timer, ...others } = codec();
      let timers = 0;
      const counted = (output: CodecOutput): void => (timers++, timer!(output));
      const pair = withOutput(world, { ...others, timer: counted });
      world.send(pair.client, 'head ');
      if (held) world.send(pair.client, 'tail');
      return { ...pair, timers: () => timers };
    };

    on.it(`may be held back ${how}: shutdown returns, and the FIN comes behind the data`, (world) => {
      const { client, server, timers } = begin(world);
      const before = timers();
      expect(world.code(world.ws2.shutdown(client, SD_SEND))).toBe(0);
      // It did not wait for what is held back, however long the machine was about it.
      expect(timers()).toBe(before);
      expect(world.receiveAll(server, 9)).toBe('head tail');
      expect(world.receive(server)).toBe('');
      // The other direction goes on.
      world.send(server, 'answer');
      expect(world.receiveAll(client, 6)).toBe('answer');
    });

    on.it(`may be held back ${how}, after closesocket too`, (world) => {
      const { client, server } = begin(world);
      expect(world.code(world.ws2.closesocket(client))).toBe(0);
      expect(world.receiveAll(server, 9)).toBe('head tail');
      expect(world.receive(server)).toBe('');
    });

    on.it(`may be held back ${how}, and a close that lingers waits for it`, (world) => {
      const { client, server } = begin(world);
      const lingers = LINGER.encode({ l_onoff: 1, l_linger: 5 });
      expect(world.code(world.ws2.setsockopt(client, SOL_SOCKET, SO_LINGER, lingers, 4))).toBe(0);
      expect(world.code(world.ws2.shutdown(client, SD_SEND))).toBe(0);
      expect(world.code(world.ws2.closesocket(client))).toBe(0);
      expect(world.receiveAll(server, 9)).toBe('head tail');
      expect(world.receive(server)).toBe('');
    });
  }

  on.it('may be held back until a callback of the codec’s own', async (world) => {
    const { client, server, output } = withOutput(world, { shutdown: (_how, own) => own.holdEnd() });
    world.ws2.shutdown(client, SD_SEND);
    world.nonBlocking(server);
    await nextTurn();
    world.settle();
    expect(world.receive(server)).toBe(-WSAEWOULDBLOCK);
    output.encoded(text('tail'));
    world.until(() => typeof world.receive(server, 1, 2) === 'string');
    expect(world.receive(server)).toBe('tail');
    expect(world.receive(server)).toBe(-WSAEWOULDBLOCK);
    output.ended();
    output.encoded(text('too late?'));
    world.nonBlocking(server, 0);
    world.receiveAll(server, 9);
    expect(world.receive(server)).toBe('');
    output.encoded(text('too late'));
  });

  on.it('is not held back by a timer that the codec takes back', (world) => {
    const { client, server } = withOutput(world, {
      send(bytes, output) {
        output.setTimer(60_000);
        output.encoded(bytes);
      },
      shutdown: (_how, output) => output.setTimer(null),
    });
    world.send(client, 'x');
    const before = world.now();
    world.ws2.shutdown(client, SD_SEND);
    expect(world.receiveAll(server, 1)).toBe('x');
    expect(world.receive(server)).toBe('');
    expect(world.now() - before).toBeLessThan(5000);
  });

  on.it('is held back no longer than there is a connection', (world) => {
    const { client, server } = withOutput(world, { shutdown: (_how, own) => own.holdEnd() });
    world.ws2.closesocket(client);
    world.ws2.setsockopt(server, SOL_SOCKET, SO_LINGER, LINGER.encode({ l_onoff: 1, l_linger: 0 }), 4);
    world.ws2.closesocket(server);
    world.settle();
    // That nothing is left is looked at when the world is closed.
  });

  // On native sockets this would take seconds of the machine's time.
  if (!on.native)
    on.it('is held back for ten seconds at most', (world) => {
      for (const hold of [
        (output: CodecOutput) => output.holdEnd(),
        (output: CodecOutput) => output.setTimer(3_600_000),
      ]) {
        world.entries.clear();
        const { client, server } = withOutput(world, { shutdown: (_how, output) => hold(output) });
        const before = world.now();
        world.ws2.shutdown(client, SD_SEND);
        expect(world.receive(server)).toBe('');
        expect(world.now() - before).toBe(10_000);
      }
    });

  on.it('is held back under a ChainSocket as well', async (world) => {
    const { s: listener, name } = world.listener();
    const [chain] = world.stack([layer(() => ({ ...PLAIN, ...HOLDS[0]![1]() }))]);
    world.nonBlocking(listener);
    const port = (name[2]! << 8) | name[3]!;
    const socket = createConnection({ ws2: world.ws2, chain: chain!, host: '127.0.0.1', port });
    await new Promise((connected) => socket.on('connect', connected));
    const server = world.accept(listener);
    socket.end('head ');
    await new Promise((finished) => socket.on('finish', finished));
    socket.destroy();
    world.nonBlocking(server, 0);
    expect(world.receiveAll(server, 9)).toBe('head tail');
    expect(world.receive(server)).toBe('');
    await nextTurn();
  });
});

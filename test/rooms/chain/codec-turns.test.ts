// What one turn of the event loop may do for a codec, whatever a peer sends: counted, not timed.
import { deflateRawSync } from 'node:zlib';
import { expect } from 'vitest';
import { FD_ALL_EVENTS, WSAECONNABORTED, WSAEWOULDBLOCK, WSAOVERLAPPED } from 'ws2spi';
import { defineLayer, type Codec, type Layer } from 'ws2spi/chain';
import { createServer } from 'ws2spi/node';
import { compression } from 'ws2spi/providers/layers/compression';
import { buffer, describeOnEveryProvider, type World } from '../../support/providers.js';
import { turnsUntil } from '../../support/turns-until.js';

const nextTurn = (): Promise<void> => new Promise((turn) => setImmediate(turn));

/** What was decoded, in all and in the fullest turn. */
class Meter {
  bytes = 0;
  calls = 0;
  mostBytes = 0;
  mostCalls = 0;
  #bytes = 0;
  #calls = 0;

  count(bytes: number, calls = 1): void {
    this.bytes += bytes;
    this.calls += calls;
    this.#bytes += bytes;
    this.#calls += calls;
  }

  turn(): void {
    this.mostBytes = Math.max(this.mostBytes, this.#bytes);
    this.mostCalls = Math.max(this.mostCalls, this.#calls);
    this.#bytes = this.#calls = 0;
  }
}

const LARGE = new Uint8Array(8 * 1024);

/** Codecs that make much of little, each in its way, and how much a megabyte on the wire makes at most. */
const ATTACKS: readonly (readonly [how: string, codec: (meter: Meter) => Codec])[] = [
  [
    'each byte swells to eight kilobytes',
    (meter) => ({
      send: (bytes, output) => output.encoded(bytes),
      receive(bytes, output) {
        for (let i = 0; i < bytes.length; i++) {
          meter.count(LARGE.length);
          output.decoded(LARGE.slice());
        }
      },
    }),
  ],
  [
    'each byte is a piece of its own',
    (meter) => ({
      send: (bytes, output) => output.encoded(bytes),
      receive(bytes, output) {
        for (let i = 0; i < bytes.length; i++) {
          meter.count(1);
          output.decoded(bytes.slice(i, i + 1));
        }
      },
    }),
  ],
  [
    'nothing comes of anything',
    (meter) => ({
      send: (bytes, output) => output.encoded(bytes),
      receive(bytes, output) {
        for (let i = 0; i < bytes.length; i++) {
          meter.count(0);
          output.decoded(new Uint8Array(0));
        }
      },
    }),
  ],
  [
    'each byte is answered by a kilobyte',
    (meter) => ({
      send: (bytes, output) => output.encoded(bytes),
      receive(bytes, output) {
        for (let i = 0; i < bytes.length; i++) {
          meter.count(1024);
          output.encoded(LARGE.slice(0, 1024));
        }
      },
    }),
  ],
];

/**
 * Shares of the three turns that one round of the event loop may have, and one piece of the input too much: what a
 * codec makes of it is known afterwards.
 */
const MOST_CALLS = 16_000;
const MOST_BYTES = 24_000_000;

function layerOf(codec: () => Codec): Layer {
  return defineLayer({ name: 'swelling', codec });
}

/** A connection to a codec's listener from a peer below it, non-blocking, which sends as much as it can. */
function attacked(world: World, layer: Layer) {
  const peer = world.tcpSocket();
  world.stack([layer]);
  const { s: listener, name } = world.listener();
  expect(world.connect(peer, name)).toBe(0);
  const server = world.accept(listener);
  world.nonBlocking(peer);
  world.nonBlocking(server);
  return { peer, server };
}

describeOnEveryProvider('in one turn of the event loop', (on) => {
  for (const [how, codec] of ATTACKS) {
    on.it(
      `a codec of which ${how} does no more than its share, and reading a little at a time is enough`,
      async (world) => {
        const meter = new Meter();
        const { peer, server } = attacked(
          world,
          layerOf(() => codec(meter)),
        );
        const event = world.event();
        world.eventSelect(server, event, FD_ALL_EVENTS);
        const sent = new Uint8Array(64 * 1024);
        const room = new Uint8Array(64 * 1024);
        for (let turn = 0; turn < 300; turn++) {
          world.ws2.send(peer, sent, turn < 8 ? sent.length : 1, 0);
          await nextTurn();
          world.ws2.WSAEnumNetworkEvents(server, event, {});
          world.ws2.recv(server, room, room.length, 0);
          meter.turn();
        }
        expect(meter.calls).toBeGreaterThan(1000);
        expect(meter.mostCalls).toBeLessThan(MOST_CALLS);
        expect(meter.mostBytes).toBeLessThan(MOST_BYTES);
      },
    );

    on.it(`a codec of which ${how} does no more than its share under a ChainServer`, async (world) => {
      const meter = new Meter();
      const [chain] = world.stack([layerOf(() => codec(meter))]);
      world.entries.clear();
      const server = createServer(
        { ws2: world.ws2, chain: chain! },
        (socket) => void socket.on('error', () => undefined).resume(),
      );
      await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
      const { port } = server.address() as { port: number };
      const peer = world.tcpSocket();
      world.nonBlocking(peer);
      world.connect(peer, Uint8Array.of(2, 0, port >> 8, port & 255, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0));
      const sent = new Uint8Array(64 * 1024);
      for (let turn = 0; turn < 300; turn++) {
        world.ws2.send(peer, sent, turn < 8 ? sent.length : 1, 0);
        await nextTurn();
        meter.turn();
      }
      expect(meter.calls).toBeGreaterThan(1000);
      expect(meter.mostCalls).toBeLessThan(MOST_CALLS);
      expect(meter.mostBytes).toBeLessThan(MOST_BYTES);
      world.ws2.closesocket(peer);
      for (let turn = 0; turn < 5; turn++) await nextTurn();
      await new Promise((closed) => {
        server.close(closed);
        world.ws2.WSACleanup();
        world.ws2.WSAStartup(0x0202, {});
      });
    });
  }

  on.it('many connections have one share between them', async (world) => {
    const meter = new Meter();
    const victims = Array.from({ length: 20 }, () =>
      attacked(
        world,
        layerOf(() => ATTACKS[1]![1](meter)),
      ),
    ).map((each) => {
      world.entries.clear();
      return each;
    });
    const sent = new Uint8Array(32 * 1024);
    for (const { peer } of victims) world.ws2.send(peer, sent, sent.length, 0);
    for (let turn = 0; turn < 400; turn++) {
      await nextTurn();
      meter.turn();
    }
    expect(meter.bytes).toBe(20 * sent.length);
    expect(meter.mostCalls).toBeLessThan(40_000);
  });

  on.it('an overlapped send through a codec goes on in later turns, and arrives whole', async (world) => {
    const meter = new Meter();
    world.stack([
      layerOf(() => ({
        send(bytes, output) {
          meter.count(bytes.length);
          output.encoded(bytes.slice());
        },
        receive: (bytes, output) => output.decoded(bytes),
      })),
    ]);
    const { client, server } = world.connectedPair();
    world.nonBlocking(server);
    const event = world.event();
    world.eventSelect(server, event, FD_ALL_EVENTS);
    const size = 30_000_000;
    const overlapped = new WSAOVERLAPPED();
    let done = 0;
    world.ws2.WSASend(client, [buffer(size)], 1, null, 0, overlapped, (_error, bytes) => void (done = bytes));
    let received = 0;
    const room = new Uint8Array(1_000_000);
    await turnsUntil(
      () => received >= size,
      () => {
        world.ws2.WSAEnumNetworkEvents(server, event, {});
        for (let got = 1; got > 0; received += Math.max(got, 0))
          got = world.count(world.ws2.recv(server, room, room.length, 0));
        meter.turn();
      },
    );
    expect(received).toBe(size);
    await nextTurn();
    expect(done).toBe(size);
    expect(meter.mostBytes).toBeLessThan(16_000_000);
  });

  on.it(
    'a codec that made much of a few pieces is given small ones, and large ones again once it makes little',
    async (world) => {
      const sizes: number[] = [];
      const { peer, server } = attacked(
        world,
        layerOf(() => ({
          send: (bytes, output) => output.encoded(bytes),
          receive(bytes, output) {
            sizes.push(bytes.length);
            for (let i = 0; sizes.length <= 4 && i < 40; i++) output.decoded(LARGE.slice());
            output.decoded(bytes);
          },
        })),
      );
      const event = world.event();
      world.eventSelect(server, event, FD_ALL_EVENTS);
      const sent = new Uint8Array(64 * 1024);
      const room = new Uint8Array(64 * 1024);
      for (let turn = 0, left = 1_000_000; turn < 500 && left > 0; turn++) {
        left -= Math.max(world.count(world.ws2.send(peer, sent, sent.length, 0)), 0);
        await nextTurn();
        world.ws2.WSAEnumNetworkEvents(server, event, {});
        while (world.count(world.ws2.recv(server, room, room.length, 0)) > 0);
      }
      expect(Math.min(...sizes)).toBeLessThan(1024);
      expect(Math.max(...sizes.slice(4))).toBe(16 * 1024);
    },
  );

  on.it('a codec may stop by itself, and gets the rest later, in order', async (world) => {
    let stops = 0;
    const { peer, server } = attacked(
      world,
      layerOf(() => ({
        send: (bytes, output) => output.encoded(bytes),
        receive(bytes, output) {
          for (let i = 0; i < bytes.length;) {
            output.decoded(bytes.slice(i, ++i));
            if (i < bytes.length && (output.full || i % 50 === 0)) {
              stops++;
              return output.unread(bytes.subarray(i));
            }
          }
        },
      })),
    );
    const sent = Uint8Array.from({ length: 50_000 }, (_, i) => i * 7);
    expect(world.count(world.ws2.send(peer, sent, sent.length, 0))).toBe(sent.length);
    const received: number[] = [];
    const room = new Uint8Array(4096);
    await turnsUntil(
      () => received.length >= sent.length,
      () => {
        const got = world.count(world.ws2.recv(server, room, room.length, 0));
        if (got > 0) received.push(...room.subarray(0, got));
      },
    );
    expect(stops).toBeGreaterThan(10);
    expect(Uint8Array.from(received)).toEqual(sent);
  });

  on.it('a program that asks in a loop, and lets no turn come, gets its bytes', (world) => {
    const { peer, server } = attacked(
      world,
      layerOf(() => ATTACKS[0]![1](new Meter())),
    );
    world.ws2.send(peer, new Uint8Array(3000), 3000, 0);
    const room = new Uint8Array(64 * 1024);
    let received = 0;
    const end = Date.now() + 60_000;
    while (received < 3000 * LARGE.length && Date.now() < end) {
      const got = world.count(world.ws2.recv(server, room, room.length, 0));
      if (got > 0) received += got;
      else expect(got).toBe(-WSAEWOULDBLOCK);
    }
    expect(received).toBe(3000 * LARGE.length);
  });

  on.it('a peer that asks and does not listen is not answered without end', async (world) => {
    let answered = 0;
    const { peer, server } = attacked(
      world,
      layerOf(() => ({
        send: (bytes, output) => output.encoded(bytes),
        receive(bytes, output) {
          answered += bytes.length * 100;
          output.encoded(new Uint8Array(bytes.length * 100));
        },
      })),
    );
    const sent = new Uint8Array(64 * 1024);
    for (let turn = 0; turn < 200; turn++) {
      world.ws2.send(peer, sent, sent.length, 0);
      await nextTurn();
    }
    expect(server).toBeGreaterThan(0);
    // What the kernel or the memory network holds, a megabyte, and a piece too much; not the gigabyte that was asked
    // for.
    expect(answered).toBeLessThan(20_000_000);
  });
});

/**
 * On the wire of the compression layer: a preamble, then blocks of a kind, a length of 24 bits, and that many bytes.
 */
function block(kind: number, body: Uint8Array): Buffer {
  return Buffer.concat([Uint8Array.of(kind, body.length >> 16, body.length >> 8, body.length), body]);
}
const deflated = (bytes: Uint8Array): Buffer => block(1, deflateRawSync(bytes, { level: 9 }));
const wire = (piece: Uint8Array, size: number): Buffer =>
  Buffer.concat([
    Buffer.from('WSZ1'),
    block(0, Buffer.alloc(40_000, 1)),
    Buffer.alloc(size - (size % piece.length), piece),
  ]);

const COMPRESSED: readonly (readonly [what: string, bytes: Buffer, plain: number])[] = [
  ['empty blocks', wire(block(0, Buffer.alloc(0)), 1_000_000), 40_000],
  ['stored blocks of one byte', wire(block(0, Buffer.from('x')), 500_000), 140_000],
  ['deflated blocks of a few bytes', wire(deflated(Buffer.alloc(16, 'x')), 30_000), 40_000],
  ['deflated blocks of 64 KiB of zeros', wire(deflated(Buffer.alloc(65_536)), 40_000), 40_000],
];

describeOnEveryProvider('the compression layer', (on) => {
  for (const [what, bytes, least] of COMPRESSED) {
    on.it(`takes ${what} in its stride, turn by turn`, async (world) => {
      const meter = new Meter();
      const { peer, server } = attacked(world, compression());
      let at = 0;
      const room = new Uint8Array(64 * 1024);
      for (let turn = 0; turn < 4000 && (at < bytes.length || meter.bytes < least); turn++) {
        const taken = world.count(world.ws2.send(peer, bytes.subarray(at), bytes.length - at, 0));
        if (taken > 0) at += taken;
        await nextTurn();
        for (let got = 1; got > 0;) {
          got = world.count(world.ws2.recv(server, room, room.length, 0));
          if (got > 0) meter.count(got);
          else expect(got).toBe(-WSAEWOULDBLOCK);
        }
        meter.turn();
      }
      expect(meter.bytes).toBeGreaterThanOrEqual(least);
      expect(meter.mostBytes).toBeLessThan(20_000_000);
    });
  }

  on.it('refuses deflated blocks that save nothing, which nobody makes', (world) => {
    const { peer, server } = attacked(world, compression());
    const bytes = wire(deflated(Buffer.from('x')), 3000);
    world.ws2.send(peer, bytes, bytes.length, 0);
    world.nonBlocking(server, 0);
    let got: string | number = '';
    for (let i = 0; i < 10 && typeof got === 'string'; i++) got = world.receive(server, 60_000);
    expect(got).toBe(-WSAECONNABORTED);
  });

  on.it('puts blocks together however they are cut', (world) => {
    const plain = Buffer.from(Array.from({ length: 3000 }, (_, i) => `${i * i}`).join(' '));
    const noise = Buffer.from(Array.from({ length: 40_000 }, (_, i) => (i * 2654435761) >>> 13));
    const bytes = Buffer.concat([Buffer.from('WSZ1'), deflated(plain), block(0, noise), block(0, Buffer.from('end'))]);
    for (const cut of [1, 2, 3, 5, 4093]) {
      world.entries.clear();
      const { peer, server } = attacked(world, compression());
      const received: Uint8Array[] = [];
      const room = new Uint8Array(64 * 1024);
      for (let at = 0; at < bytes.length; at += cut) {
        world.ws2.send(peer, bytes.subarray(at, at + cut), Math.min(cut, bytes.length - at), 0);
        if (at % 50 === 0) world.settle();
        const got = world.count(world.ws2.recv(server, room, room.length, 0));
        if (got > 0) received.push(room.slice(0, got));
      }
      const length = plain.length + noise.length + 3;
      let size = received.reduce((sum, piece) => sum + piece.length, 0);
      world.nonBlocking(server, 0);
      for (; size < length; size += received.at(-1)!.length) {
        const got = world.count(world.ws2.recv(server, room, room.length, 0));
        expect(got).toBeGreaterThan(0);
        received.push(room.slice(0, got));
      }
      expect(Buffer.concat(received).equals(Buffer.concat([plain, noise, Buffer.from('end')]))).toBe(true);
    }
  });
});

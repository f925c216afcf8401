// What codecs hand on as they were given it is received where the application wants it; nothing of that is seen but the speed.
import { expect } from 'vitest';
import { MSG_PEEK, SOCKET_ERROR, WSAEWOULDBLOCK } from 'ws2spi';
import { defineLayer, type Codec, type CodecOutput } from 'ws2spi/chain';
import { describeOnEveryProvider, noise, type World } from '../../support/providers.js';

const ROOM = 64 * 1024;
/** So much is handed on unchanged at first, by which a socket comes to receive in place. */
const AS_IT_IS = 8 * ROOM;

/** Decodes a piece, before which so many bytes were decoded. */
type Decode = (bytes: Uint8Array, output: CodecOutput, before: number) => void;

/** A codec that hands everything on as it is at first, and then decodes in a way of its own. */
function later(decode: Decode): () => Codec {
  return () => {
    let before = 0;
    return {
      send: (bytes, output) => output.encoded(bytes),
      receive(bytes, output) {
        const whole = Math.min(bytes.length, Math.max(AS_IT_IS - before, 0));
        before += bytes.length;
        if (whole > 0) output.decoded(bytes.subarray(0, whole));
        if (whole < bytes.length) decode(bytes.subarray(whole), output, before - bytes.length + whole - AS_IT_IS);
      },
    };
  };
}

interface Ends {
  readonly peer: number;
  readonly server: number;
}

/** A connection to a socket under the codec from one below it, which sends without blocking; the bytes as they are have been through. */
function connected(world: World, codec: () => Codec): Ends {
  const peer = world.tcpSocket();
  world.stack([defineLayer({ name: 'later', codec })]);
  const { s: listener, name } = world.listener();
  expect(world.connect(peer, name)).toBe(0);
  world.nonBlocking(peer);
  const ends = { peer, server: world.accept(listener) };
  const first = noise(AS_IT_IS);
  expect(Buffer.compare(carried(world, ends, first), first)).toBe(0);
  return ends;
}

/** Sends the bytes, and receives into a fresh buffer each time, until as much has come. Returns what came. */
function carried({ ws2 }: World, { peer, server }: Ends, bytes: Uint8Array, expected = bytes.length, peeks = false) {
  const came = new Uint8Array(expected);
  let [sent, received] = [0, 0];
  while (received < expected) {
    while (sent < bytes.length) {
      const taken = ws2.send(peer, bytes.subarray(sent), Math.min(bytes.length - sent, 4 * ROOM), 0);
      if (taken === SOCKET_ERROR) {
        expect(ws2.WSAGetLastError()).toBe(WSAEWOULDBLOCK);
        break;
      }
      sent += taken;
    }
    const room = new Uint8Array(ROOM);
    const peeked = peeks ? ws2.recv(server, new Uint8Array(ROOM), ROOM, MSG_PEEK) : 1;
    expect(peeked).toBeGreaterThan(0);
    const taken = ws2.recv(server, room, ROOM, 0);
    expect(taken, `error ${ws2.WSAGetLastError()} after ${received} bytes`).toBeGreaterThan(0);
    came.set(room.subarray(0, taken), received);
    received += taken;
  }
  return came;
}

const invert = (bytes: Uint8Array): Uint8Array => {
  for (let at = 0; at < bytes.length; at++) bytes[at]! ^= 0xff;
  return bytes;
};

const twice = (bytes: Uint8Array): Uint8Array => {
  const both = new Uint8Array(2 * bytes.length);
  for (let at = 0; at < both.length; at++) both[at] = bytes[at >> 1]!;
  return both;
};

const same = (bytes: Uint8Array): Uint8Array => bytes;

const WAYS: readonly (readonly [how: string, decode: Decode, decoded: (bytes: Uint8Array) => Uint8Array])[] = [
  ['hands on what it is given', (bytes, output) => output.decoded(bytes), same],
  [
    'changes the bytes where they lie',
    (bytes, output) => output.decoded(invert(bytes)),
    (bytes) => invert(bytes.slice()),
  ],
  ['hands on a copy', (bytes, output) => output.decoded(bytes.slice()), same],
  [
    'hands each piece on in three parts, the second one copied',
    (bytes, output) => {
      const third = Math.floor(bytes.length / 3);
      output.decoded(bytes.subarray(0, third));
      output.decoded(bytes.slice(third, 2 * third));
      output.decoded(bytes.subarray(2 * third));
    },
    same,
  ],
  [
    'leaves every second byte out, and packs the others where they lie',
    (bytes, output, before) => {
      let kept = 0;
      for (let at = before % 2; at < bytes.length; at += 2) bytes[kept++] = bytes[at]!;
      output.decoded(bytes.subarray(0, kept));
    },
    (bytes) => bytes.filter((_, at) => at % 2 === 0),
  ],
  ['says everything twice', (bytes, output) => output.decoded(twice(bytes)), twice],
  [
    'says everything twice, the second time where the first one lay',
    (bytes, output) => {
      const both = twice(bytes);
      bytes.set(both.subarray(0, bytes.length));
      output.decoded(bytes);
      output.decoded(both.subarray(bytes.length));
    },
    twice,
  ],
];

describeOnEveryProvider('What is received in place', (on) => {
  for (const [how, decode, decoded] of WAYS) {
    for (const peeks of [false, true]) {
      on.it(`is right under a codec that ${how}${peeks ? ', when it is looked at before' : ''}`, (world) => {
        const ends = connected(world, later(decode));
        const bytes = noise(5 * ROOM + 1001);
        const expected = decoded(bytes);
        expect(Buffer.compare(carried(world, ends, bytes, expected.length, peeks), expected)).toBe(0);
      });
    }
  }

  on.it('lies in the memory that a codec is given, which is the application’s buffer alone', (world) => {
    const memories = new Set<ArrayBufferLike>();
    const ends = connected(
      world,
      later((bytes, output) => {
        memories.add(bytes.buffer);
        output.decoded(bytes);
      }),
    );
    const shared = new Uint8Array(new ArrayBuffer(2 * ROOM), ROOM / 2, ROOM);
    const own = new Uint8Array(ROOM);
    world.ws2.send(ends.peer, noise(ROOM), ROOM, 0);
    expect(world.ws2.recv(ends.server, shared, ROOM, 0)).toBeGreaterThan(0);
    expect(memories.has(shared.buffer)).toBe(false);
    for (let round = 0; round < 8 && !memories.has(own.buffer); round++) {
      world.ws2.send(ends.peer, noise(ROOM), ROOM, 0);
      expect(world.ws2.recv(ends.server, own, ROOM, 0)).toBeGreaterThan(0);
    }
    expect(memories.has(own.buffer)).toBe(true);
  });

  on.it('ends the connection of a codec that gives its memory away, and no other', (world) => {
    const thief = later((bytes, output) => {
      output.decoded(bytes);
      structuredClone(bytes.buffer, { transfer: [bytes.buffer as ArrayBuffer] });
    });
    const ends = connected(world, thief);
    world.ws2.send(ends.peer, noise(2 * ROOM), 2 * ROOM, 0);
    let taken = 1;
    for (let round = 0; round < 8 && taken > 0; round++)
      taken = world.ws2.recv(ends.server, new Uint8Array(ROOM), ROOM, 0);
    expect(taken).toBe(SOCKET_ERROR);
    expect(world.takeDefects()[0]).toContain('their buffer was transferred');
    const other = connected(
      world,
      later((bytes, output) => output.decoded(bytes)),
    );
    const bytes = noise(3 * ROOM);
    expect(Buffer.compare(carried(world, other, bytes), bytes)).toBe(0);
  });
});

// Codec layers upon each other: a run under one socket behaves as layers with something in between.
import { expect } from 'vitest';
import {
  FD_ALL_EVENTS,
  SD_SEND,
  WSAECONNABORTED,
  WSAECONNREFUSED,
  WSAECONNRESET,
  WSAEISCONN,
  WSAEWOULDBLOCK,
  type WSPPROC_TABLE,
  WSAOVERLAPPED,
} from 'ws2spi';
import { defineLayer, identity, type Codec, type CodecOutput, type Layer } from 'ws2spi/chain';
import { overridingLayer } from '../../support/layers.js';
import { describeOnEveryProvider, type World } from '../../support/providers.js';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const bytesOf = (written: string): Uint8Array => Uint8Array.from(Buffer.from(written, 'latin1'));

/** Layers as they are, or with a pass-through layer between each two. */
const STACKS: readonly (readonly [kind: string, (layers: Layer[]) => Layer[]])[] = [
  ['upon each other', (layers) => layers],
  [
    'with a pass-through layer between each two',
    (layers) =>
      layers.flatMap((layer, place) => (place === 0 ? [layer] : [overridingLayer(`between ${place}`), layer])),
  ],
];

const NAMES = ['outer', 'middle', 'inner'];

/** Notes a codec's calls, and whether one was called while another of its own ran. */
function watched(name: string, log: string[], codec: Codec): Codec {
  let inside = '';
  const copy: Record<string, unknown> = { ...codec };
  for (const [member, value] of Object.entries(codec)) {
    if (typeof value !== 'function') continue;
    copy[member] = (...args: unknown[]): unknown => {
      if (inside !== '') log.push(`${name}: ${member} within ${inside}`);
      const outside = inside;
      inside = member;
      try {
        return (value as (...args: unknown[]) => unknown).apply(copy, args);
      } finally {
        inside = outside;
      }
    };
  }
  return copy as unknown as Codec;
}

/** A handshake: each side says the codec's letter, and is ready when it has heard it. */
function greeting(name: string, log: string[]): Codec {
  const letter = name[0]!.toUpperCase();
  let heard = false;
  return {
    handshake: true,
    open(role, output) {
      log.push(`${role} ${name} opens`);
      output.encoded(bytesOf(letter));
    },
    receive(bytes, output) {
      if (!heard) {
        if (text(bytes.subarray(0, 1)) !== letter) return output.failed(WSAECONNREFUSED);
        heard = true;
        log.push(`${name} is ready`);
        output.ready();
        bytes = bytes.subarray(1);
      }
      if (bytes.length > 0) output.decoded(bytes);
    },
    send: (bytes, output) => output.encoded(bytes),
  };
}

/** A connection from a client under layers to a server without. */
function clientUnder(world: World, layers: Layer[]) {
  const { s: listener, name } = world.listener();
  world.stack(layers);
  const client = world.tcpSocket();
  expect(world.connect(client, name)).toBe(0);
  return { client, server: world.accept(listener) };
}

for (const [kind, arrange] of STACKS) {
  describeOnEveryProvider(`three codecs ${kind}`, (on) => {
    on.it('shake hands one after the other, the innermost first', (world) => {
      const log: string[] = [];
      const { s: listener, name } = world.listener();
      world.stack(arrange(NAMES.map((each) => defineLayer({ name: each, codec: () => greeting(each, log) }))));
      const client = world.tcpSocket();
      const event = world.event();
      world.eventSelect(client, event, FD_ALL_EVENTS);
      expect(world.connect(client, name)).toBe(WSAEWOULDBLOCK);
      const server = world.accept(listener);
      for (const each of [...NAMES].reverse()) {
        const letter = each[0]!.toUpperCase();
        expect(world.receiveAll(server, 1)).toBe(letter);
        expect(log.splice(0)).toEqual([`client ${each} opens`]);
        expect(world.networkEvents(client)).toEqual({});
        expect(world.send(client, 'early')).toBeLessThan(0);
        world.send(server, letter);
        world.until(() => log.length > 0);
        expect(log.shift()).toBe(`${each} is ready`);
      }
      expect(world.signalled(event, 60_000)).toBe(true);
      expect(world.networkEvents(client)).toMatchObject({ CONNECT: 0 });
      world.send(client, 'usable');
      expect(world.receiveAll(server, 6)).toBe('usable');
    });

    on.it('shake hands all in one piece, too, and what comes behind is the application’s', (world) => {
      const log: string[] = [];
      const { s: listener, name } = world.listener();
      world.stack(arrange(NAMES.map((each) => defineLayer({ name: each, codec: () => greeting(each, log) }))));
      const client = world.tcpSocket();
      world.nonBlocking(client);
      expect(world.connect(client, name)).toBe(WSAEWOULDBLOCK);
      const server = world.accept(listener);
      world.send(server, 'IMOhello');
      world.until(() => log.includes('outer is ready'));
      // The application is told of it behind that, if the turn was full in the next one.
      world.until(() => world.connect(client, name) === WSAEISCONN);
      world.nonBlocking(client, 0);
      expect(world.receiveAll(client, 5)).toBe('hello');
      expect(world.receiveAll(server, 3)).toBe('IMO');
    });

    on.it('shake hands on both sides', (world) => {
      const log: string[] = [];
      world.stack(arrange(NAMES.map((each) => defineLayer({ name: each, codec: () => greeting(each, log) }))));
      const { s: listener, name } = world.listener();
      const client = world.tcpSocket();
      world.nonBlocking(client);
      expect(world.connect(client, name)).toBe(WSAEWOULDBLOCK);
      const server = world.accept(listener);
      world.nonBlocking(client, 0);
      world.until(() => log.filter((line) => line === 'outer is ready').length === 2);
      world.send(client, 'there');
      expect(world.receiveAll(server, 5)).toBe('there');
      expect(log).toHaveLength(12);
    });

    on.it('break the connection by the code of one whose handshake fails in the middle', (world) => {
      const log: string[] = [];
      const { s: listener, name } = world.listener();
      world.stack(arrange(NAMES.map((each) => defineLayer({ name: each, codec: () => greeting(each, log) }))));
      const client = world.tcpSocket();
      world.nonBlocking(client);
      expect(world.connect(client, name)).toBe(WSAEWOULDBLOCK);
      const server = world.accept(listener);
      world.send(server, 'I');
      expect(world.receiveAll(server, 2)).toBe('IM');
      world.send(server, '?');
      expect(world.receive(server)).toBe(-WSAECONNRESET);
      expect(log).toEqual(['client inner opens', 'inner is ready', 'client middle opens']);
    });

    on.it('end what is sent one after the other: what each held back goes out through those below it', (world) => {
      const log: string[] = [];
      const outputs: Record<string, CodecOutput> = {};
      const layers = NAMES.map((each) =>
        defineLayer({
          name: each,
          codec: () => ({
            ...identity(),
            send(bytes, output) {
              log.push(`${each} sends ${text(bytes)}`);
              output.encoded(bytes);
            },
            shutdown(_how, output) {
              log.push(`${each} shuts down`);
              output.holdEnd();
              outputs[each] = output;
            },
          }),
        }),
      );
      const { client, server } = clientUnder(world, arrange(layers));
      world.send(client, 'data');
      log.length = 0;
      world.ws2.shutdown(client, SD_SEND);
      world.settle();
      expect(log.splice(0)).toEqual(['outer shuts down']);
      expect(world.receiveAll(server, 4)).toBe('data');
      for (const [place, each] of NAMES.entries()) {
        const output = outputs[each]!;
        output.encoded(bytesOf(`<${each}>`));
        output.ended();
        world.settle();
        world.until(() => place === 2 || log.includes(`${NAMES[place + 1]} shuts down`));
        expect(log.splice(0)).toEqual([
          ...NAMES.slice(place + 1).map((below) => `${below} sends <${each}>`),
          ...NAMES.slice(place + 1, place + 2).map((next) => `${next} shuts down`),
        ]);
        expect(world.receiveAll(server, each.length + 2)).toBe(`<${each}>`);
      }
      expect(world.receive(server)).toBe('');
    });

    on.it('tell the end of what is received one after the other, each when it has decoded its last', (world) => {
      const log: string[] = [];
      const outputs: Record<string, CodecOutput> = {};
      const layers = NAMES.map((each) =>
        defineLayer({
          name: each,
          codec: () => ({
            ...identity(),
            end(output) {
              log.push(`${each} ends`);
              outputs[each] = output;
            },
          }),
        }),
      );
      const { client, server } = clientUnder(world, arrange(layers));
      world.send(server, 'data');
      world.ws2.shutdown(server, SD_SEND);
      expect(world.receiveAll(client, 4)).toBe('data');
      for (const each of [...NAMES].reverse()) {
        world.until(() => log.length > 0);
        expect(log.splice(0)).toEqual([`${each} ends`]);
        const output = outputs[each]!;
        output.decoded(bytesOf(`<${each}>`));
        output.finished();
        expect(world.receiveAll(client, each.length + 2)).toBe(`<${each}>`);
        world.settle();
      }
      expect(world.receive(client)).toBe('');
    });

    for (const [how, breaks] of [
      ['fails', (output: CodecOutput) => output.failed(WSAECONNREFUSED)],
      [
        'throws',
        () => {
          throw new Error('boom');
        },
      ],
    ] as const) {
      for (const direction of ['receive', 'send'] as const) {
        on.it(
          `lose the connection when the one in the middle ${how} in ${direction}, and are all closed once`,
          (world) => {
            const log: string[] = [];
            const layers = NAMES.map((each) =>
              defineLayer({
                name: each,
                codec: () => ({
                  ...identity(),
                  ...(each === 'middle' && { [direction]: (_: Uint8Array, output: CodecOutput) => breaks(output) }),
                  close: () => void log.push(each),
                }),
              }),
            );
            const { client, server } = clientUnder(world, arrange(layers));
            const code = how === 'fails' ? WSAECONNREFUSED : WSAECONNABORTED;
            if (direction === 'receive') {
              world.send(server, 'data');
              expect(world.receive(client)).toBe(-code);
            } else {
              const sent = world.send(client, 'data');
              world.settle();
              expect(sent < 0 ? sent : world.receive(client)).toBe(-code);
            }
            expect(world.receive(server)).toBe(-WSAECONNRESET);
            expect(world.send(client, 'more')).toBe(-code);
            world.ws2.closesocket(client);
            world.settle();
            expect(log.sort()).toEqual(['inner', 'middle', 'outer']);
            const said = how === 'fails' ? [] : [expect.stringMatching(/^middle.*: the codec's "\w+" threw/)];
            expect(world.takeDefects()).toEqual(said);
          },
        );
      }
    }

    on.it('are never called while they are at work, whatever they answer from where', (world) => {
      const log: string[] = [];
      const layers = NAMES.map((each) =>
        defineLayer({
          name: each,
          codec: () => {
            let timers = 0;
            // Each answers in both directions, from everywhere.
            const answer = (bytes: Uint8Array, output: CodecOutput): void => {
              output.decoded(bytes.slice());
              output.encoded(bytes.slice());
            };
            return watched(each, log, {
              handshake: true,
              open(_role, output) {
                output.encoded(bytesOf('o'));
                output.decoded(bytesOf('o'));
                output.ready();
                output.encoded(bytesOf('r'));
              },
              receive(bytes, output) {
                output.decoded(bytes);
                if (timers++ < 3) {
                  answer(bytesOf('t'), output);
                  output.setTimer(0);
                }
              },
              send(bytes, output) {
                output.encoded(bytes);
                output.decoded(bytesOf('s'));
              },
              timer: (output) => answer(bytesOf('!'), output),
              end(output) {
                answer(bytesOf('e'), output);
                output.finished();
              },
              shutdown: (_how, output) => answer(bytesOf('x'), output),
              close: () => undefined,
            });
          },
        }),
      );
      const { client, server } = clientUnder(world, arrange(layers));
      for (let i = 0; i < 20; i++) {
        world.send(server, 'from there');
        world.send(client, 'from here');
        world.settle();
      }
      world.ws2.shutdown(server, SD_SEND);
      world.ws2.shutdown(client, SD_SEND);
      let received = '';
      for (let piece; typeof (piece = world.receive(client)) === 'string' && piece !== '';) received += piece;
      for (let piece; typeof (piece = world.receive(server)) === 'string' && piece !== '';);
      expect(received.split('from there')).toHaveLength(21);
      expect(log).toEqual([]);
    });

    on.it('are never called while another of them is at work: they may share memory', (world) => {
      let [working, calls] = ['', 0];
      const scratch = new Uint8Array(64);
      const alone = (name: string, step: () => void): void => {
        expect(working).toBe('');
        working = name;
        calls++;
        step();
        working = '';
      };
      const layers = NAMES.map((each) =>
        defineLayer({
          name: each,
          codec: () => ({
            receive: (bytes, output) =>
              alone(each, () => {
                scratch.set(bytes);
                output.decoded(scratch.slice(0, bytes.length));
                scratch.fill(0);
              }),
            send: (bytes, output) =>
              alone(each, () => {
                scratch.set(bytes);
                output.encoded(scratch.slice(0, bytes.length));
                scratch.fill(0);
              }),
          }),
        }),
      );
      const { client, server } = clientUnder(world, arrange(layers));
      world.send(client, 'from here');
      expect(world.receive(server)).toBe('from here');
      world.send(server, 'from there');
      expect(world.receive(client)).toBe('from there');
      expect(calls).toBe(6);
    });

    on.it('bring on in order what is cut into many pieces, though the next codec pauses and gives back', (world) => {
      const cutting = (name: string): Layer =>
        defineLayer({
          name,
          codec: () => ({
            receive(bytes, output) {
              for (let i = 0; i < bytes.length; i++) output.decoded(bytes.subarray(i, i + 1));
            },
            send(bytes, output) {
              for (let i = 0; i < bytes.length; i++) output.encoded(bytes.slice(i, i + 1));
            },
          }),
        });
      const halting = defineLayer({
        name: 'halts',
        codec: () => {
          let calls = 0;
          const halts = (direction: 'send' | 'receive', bytes: Uint8Array, output: CodecOutput): Uint8Array => {
            if (++calls % 3 !== 0) return bytes;
            output.pause(direction);
            output.setTimer(0);
            output.unread(bytes.subarray(1));
            return bytes.subarray(0, 1);
          };
          return {
            receive: (bytes, output) => output.decoded(halts('receive', bytes, output)),
            send: (bytes, output) => output.encoded(halts('send', bytes, output)),
            timer(output) {
              output.resume('receive');
              output.resume('send');
            },
          };
        },
      });
      const { client, server } = clientUnder(world, arrange([cutting('cuts above'), halting, cutting('cuts below')]));
      const sent = 'as it was said, all of it, from one end to the other';
      for (const [from, to] of [
        [client, server],
        [server, client],
      ] as const) {
        world.send(from, sent);
        world.ws2.shutdown(from, SD_SEND);
        let received = '';
        for (let piece; typeof (piece = world.receive(to)) === 'string' && piece !== '';) received += piece;
        expect(received).toBe(sent);
      }
    });

    on.it('are given plain arrays, of whatever class the others’ answers and the application’s bytes are', (world) => {
      class Odd extends Uint8Array {
        override subarray(): never {
          throw new Error('no part of it is to be had');
        }
      }
      const given = new Set<string>();
      const odd = (bytes: Uint8Array): Uint8Array => {
        given.add(bytes.constructor.name);
        return bytes.length > 1 ? Odd.from(bytes) : Buffer.from(bytes);
      };
      const codec: Codec = {
        send: (bytes, output) => output.encoded(odd(bytes)),
        receive: (bytes, output) => output.decoded(odd(bytes)),
      };
      const { client, server } = clientUnder(
        world,
        arrange(NAMES.map((name) => defineLayer({ name, codec: () => codec }))),
      );
      for (const said of ['.', 'a few', 'many'.repeat(2000)]) {
        const bytes = Buffer.from(said);
        expect(world.ws2.send(client, bytes, bytes.length, 0)).toBe(bytes.length);
        expect(world.receiveAll(server, said.length)).toBe(said);
        expect(world.send(server, said)).toBe(said.length);
        expect(world.receiveAll(client, said.length)).toBe(said);
      }
      expect([...given]).toEqual(['Uint8Array']);
    });

    on.it('bring every byte, in order, in both directions at once', (world) => {
      const keys = [0x11, 0x22, 0x44];
      const layers = keys.map((key) =>
        defineLayer({
          name: `xor ${key}`,
          codec: () => ({
            receive: (bytes, output) => output.decoded(bytes.map((byte) => byte ^ key)),
            send: (bytes, output) => output.encoded(bytes.map((byte) => byte ^ key)),
          }),
        }),
      );
      world.stack(arrange(layers));
      const { client, server } = world.connectedPair();
      for (const s of [client, server]) world.nonBlocking(s);
      const size = 1_000_000;
      const data = Buffer.from(Uint8Array.from({ length: size }, (_, at) => (at * 7 + (at >> 8)) & 255));
      const sides = [client, server].map((s) => ({ s, sent: 0, got: Buffer.alloc(size), received: 0 }));
      for (let rounds = 0; rounds < 20_000 && sides.some(({ received }) => received < size); rounds++) {
        for (const side of sides) {
          const end = Math.min(size, side.sent + 1 + ((rounds * 977) % 40_000));
          const sent = end > side.sent ? world.send(side.s, data.subarray(side.sent, end)) : 0;
          if (sent > 0) side.sent += sent;
          const room = side.got.subarray(side.received, side.received + 50_000);
          const got = room.length > 0 ? world.count(world.ws2.recv(side.s, room, room.length, 0)) : 0;
          if (got > 0) side.received += got;
        }
        world.settle();
      }
      for (const { got } of sides) expect(got.equals(data)).toBe(true);
    });
  });
}

type SendArguments = Parameters<WSPPROC_TABLE['lpWSPSend']>;

/** A pass-through layer that counts what goes down through it. */
class Counting {
  calls = 0;
  pieces = 0;
  bytes = 0;
  received = 0;
  readonly layer: Layer;

  constructor(name: string) {
    this.layer = defineLayer({
      name,
      overrides: {
        WSPSend: (lower, ...args: SendArguments) => {
          const [, buffers, count, sent] = args;
          this.calls++;
          const result = lower.lpWSPSend(...args);
          if (result !== 0) return result;
          let left = sent!.value;
          this.bytes += left;
          for (let i = 0; i < count && left > 0; i++) {
            this.pieces++;
            left -= buffers[i]!.len;
          }
          return result;
        },
        WSPRecv: (lower, ...args) => {
          const result = lower.lpWSPRecv(...args);
          if (result === 0) this.received += args[3]!.value;
          return result;
        },
      },
    });
  }
}

const plain = (place: number): Layer => defineLayer({ name: `plain ${place}`, codec: identity });

/** Codecs, and what counts what goes down: below them all, or below each. */
const COUNTED: readonly (readonly [kind: string, make: () => { layers: Layer[]; counting: Counting[] }])[] = [
  [
    'five codecs upon each other',
    () => {
      const bottom = new Counting('bottom');
      return { layers: [0, 1, 2, 3, 4].map(plain).concat(bottom.layer), counting: [bottom] };
    },
  ],
  [
    // A chain has at most seven providers.
    'three codecs with a pass-through layer between each two',
    () => {
      const counting = [0, 1, 2].map((place) => new Counting(`below ${place}`));
      return { layers: counting.flatMap(({ layer }, place) => [plain(place), layer]), counting };
    },
  ],
];

for (const [kind, make] of COUNTED) {
  describeOnEveryProvider(kind, (on) => {
    on.it('hand down 10 MB of small writes in at most half as many pieces more', (world) => {
      const { layers, counting } = make();
      const { client, server } = clientUnder(world, layers);
      const size = 10_000_000;
      const piece = Buffer.alloc(1400, 'x');
      for (const s of [client, server]) world.nonBlocking(s);
      const room = new Uint8Array(64 * 1024);
      let [sent, received, writes] = [0, 0, 0];
      while (received < size) {
        while (sent < size) {
          const taken = world.send(client, piece.subarray(0, Math.min(piece.length, size - sent)));
          if (taken < 0) break;
          sent += taken;
          writes++;
        }
        const got = world.count(world.ws2.recv(server, room, room.length, 0));
        if (got > 0) received += got;
        else world.settle();
      }
      expect(writes).toBeLessThan(1.1 * Math.ceil(size / piece.length));
      for (const { calls, pieces, bytes } of counting) {
        expect(bytes).toBe(size);
        expect(pieces).toBeLessThanOrEqual(1.5 * writes);
        expect(calls).toBeLessThanOrEqual(1.5 * writes);
      }
    });

    on.it('keep at most 512 KiB each of what a reader that stalls leaves lying, in both directions', (world) => {
      const sending = make();
      const bound = (kind.startsWith('five') ? 5 : 3) * 512 * 1024;
      const receiving = make();
      const { s: listener, name } = world.listener();
      world.stack(sending.layers);
      const client = world.tcpSocket();
      world.entries.clear();
      expect(world.connect(client, name)).toBe(0);
      world.accept(listener);
      const guardedClient = clientOfGuarded(world, receiving.layers);
      for (const s of [client, guardedClient]) world.nonBlocking(s);
      const piece = Buffer.alloc(64 * 1024, 'x');
      const memory = process.memoryUsage().arrayBuffers;
      let [sent, offered] = [0, 0];
      for (let quiet = 0; quiet < 20; quiet++) {
        for (const s of [client, guardedClient]) {
          for (let taken; (taken = world.send(s, piece)) > 0; quiet = 0) {
            if (s === client) sent += taken;
            else offered += taken;
          }
        }
        world.settle();
      }
      const below = sending.counting.at(-1)!;
      expect(below.bytes).toBeGreaterThan(0);
      expect(sent - below.bytes).toBeLessThanOrEqual(bound);
      const read = receiving.counting.at(-1)!.received;
      expect(read).toBeGreaterThan(0);
      expect(read).toBeLessThanOrEqual(bound);
      // Roughly, for what is not collected yet counts too: the queues of both, copies, and what the memory network holds.
      const held = world.native ? 0 : below.bytes + offered;
      expect(process.memoryUsage().arrayBuffers - memory - held).toBeLessThan(2 * bound);
    });
  });
}

/** A client without layers, whose server is under layers and does not read. */
function clientOfGuarded(world: World, layers: Layer[]): number {
  const client = world.tcpSocket();
  world.stack(layers);
  const { s: listener, name } = world.listener();
  expect(world.connect(client, name)).toBe(0);
  world.accept(listener);
  return client;
}

describeOnEveryProvider('what codecs may not do any more in a turn', (on) => {
  on.it('they go on with in the next one, though nothing else happens', (world) => {
    const nothing = new Uint8Array(0);
    const laborious = (): Codec => ({
      ...identity(),
      send(bytes, output) {
        // As much work as a turn allows.
        for (let i = 0; i < 70_000; i++) output.encoded(nothing);
        output.encoded(bytes);
      },
    });
    world.stack([
      defineLayer({ name: 'above', codec: identity }),
      defineLayer({ name: 'laborious', codec: laborious }),
    ]);
    const { client, server } = world.connectedPair();
    const overlapped = new WSAOVERLAPPED();
    const size = 8_000_000;
    world.ws2.WSASend(client, [{ len: size, buf: new Uint8Array(size) }], 1, null, 0, overlapped, null);
    expect(overlapped.Internal).toBe(0x103);
    expect(world.receiveAll(server, size).length).toBe(size);
    world.until(() => overlapped.Internal === 0);
  });
});

// What a codec is told of a connection that broke.
import { expect } from 'vitest';
import {
  FD_CLOSE,
  FD_CLOSE_BIT,
  FD_READ,
  LINGER,
  MSG_PEEK,
  SD_BOTH,
  SO_LINGER,
  SOL_SOCKET,
  WSAECONNABORTED,
  WSAECONNRESET,
} from 'ws2spi';
import { defineLayer, identity, type Layer } from 'ws2spi/chain';
import { helloLayer, scramblingLayer } from '../../support/layers.js';
import { describeOnEveryProvider, noise } from '../../support/providers.js';

describeOnEveryProvider('A codec', ({ it }) => {
  for (const [how, throws] of [
    ['is told of a connection that broke, by which code, and then that it is gone', false],
    ['that throws when it is told so costs nobody else anything', true],
  ] as const) {
    it(how, (world) => {
      const told: unknown[] = [];
      const layer = defineLayer({
        name: 'told',
        codec: ({ role }) => ({
          ...identity(),
          broken(error) {
            told.push(role, error);
            if (throws) throw new Error('no matter');
          },
          close: () => void told.push(role, 'close'),
        }),
      });
      world.stack([layer]);
      const { client, server } = world.connectedPair();
      const atOnce = LINGER.encode({ l_onoff: 1, l_linger: 0 });
      world.ws2.setsockopt(server, SOL_SOCKET, SO_LINGER, atOnce, atOnce.length);
      world.ws2.closesocket(server);
      expect(world.receive(client)).toBe(-WSAECONNRESET);
      world.ws2.closesocket(client);
      expect(told).toEqual(['server', 'close', 'client', WSAECONNRESET, 'client', 'close']);
      const defects = world.takeDefects();
      expect(defects.length).toBe(throws ? 1 : 0);
      if (throws) expect(defects[0]).toContain("the codec's broken threw");
    });
  }
});

/** A codec that breaks the connection off at an exclamation mark, behind what came before it. */
const breaksOff = () =>
  defineLayer({
    name: 'breaks off',
    codec: () => ({
      ...identity(),
      receive(bytes, output) {
        const mark = bytes.indexOf('!'.charCodeAt(0));
        output.decoded(mark < 0 ? bytes : bytes.subarray(0, mark));
        if (mark >= 0) output.failed(WSAECONNABORTED, 'enough');
      },
      end: (output) => output.failed(WSAECONNABORTED, 'an end without a mark'),
    }),
  });

const STACKS: Readonly<Record<string, () => Layer[]>> = {
  alone: () => [breaksOff()],
  'under another codec': () => [scramblingLayer(0), breaksOff()],
  'over another codec': () => [breaksOff(), scramblingLayer(0)],
  'under a codec that takes some of what it is given away': () => [helloLayer(), breaksOff()],
};

describeOnEveryProvider('What a codec decoded before it broke the connection off', ({ it }) => {
  for (const [where, layers] of Object.entries(STACKS)) {
    it(`is received, piece by piece, and only then the error; sends fail at once (${where})`, (world) => {
      world.stack(layers());
      const { client, server } = world.connectedPair();
      world.send(server, 'first words and last ones!lost');
      const told: string[] = [];
      world.until(() => told.push(...world.takeDefects()) > 0);
      expect(told).toEqual(['breaks off: enough']);
      expect(world.send(client, 'x')).toBe(-WSAECONNABORTED);
      expect([world.receive(client, 12, MSG_PEEK), world.receive(client, 12)]).toEqual([
        'first words ',
        'first words ',
      ]);
      expect([world.receive(client, 12), world.receive(client)]).toEqual(['and last one', 's']);
      expect([world.receive(client), world.receive(client)]).toEqual([-WSAECONNABORTED, -WSAECONNABORTED]);
    });
  }

  it('is received where the end of the connection is what is wrong with it', (world) => {
    world.stack([breaksOff()]);
    const { client, server } = world.connectedPair();
    const words = noise(40_000).map((byte) => byte | 0x80);
    for (let at = 0; at < words.length;) at += world.send(server, words.subarray(at)) as number;
    world.ws2.closesocket(server);
    const told: string[] = [];
    let got = Buffer.alloc(0);
    for (let piece = world.receive(client); ; piece = world.receive(client)) {
      if (typeof piece === 'string') got = Buffer.concat([got, Buffer.from(piece, 'latin1')]);
      else {
        expect(piece).toBe(-WSAECONNABORTED);
        break;
      }
      world.settle();
    }
    expect(got.equals(words)).toBe(true);
    told.push(...world.takeDefects());
    expect(told.at(-1)).toBe('breaks off: an end without a mark');
  });

  it('is told of before the error, as events', (world) => {
    world.stack([breaksOff()]);
    const { client, server } = world.connectedPair();
    const event = world.event();
    world.ws2.WSAEventSelect(client, event, FD_READ | FD_CLOSE);
    world.send(server, 'words!');
    const happened: [number, number][] = [];
    const look = (): boolean => {
      const events = { lNetworkEvents: 0, iErrorCode: new Array<number>(10).fill(0) };
      world.ws2.WSAEnumNetworkEvents(client, event, events);
      if (events.lNetworkEvents !== 0) happened.push([events.lNetworkEvents, events.iErrorCode[FD_CLOSE_BIT]!]);
      return events.lNetworkEvents !== 0;
    };
    world.until(look);
    expect(happened).toEqual([[FD_READ, 0]]);
    expect(world.receive(client)).toBe('words');
    world.until(look);
    expect(happened[1]![0] & FD_CLOSE).toBe(FD_CLOSE);
    expect(happened[1]![1]).toBe(WSAECONNABORTED);
    world.takeDefects();
  });

  it('goes with a reset, as it does by TCP', (world) => {
    world.stack([
      defineLayer({
        name: 'resets',
        codec: () => ({
          ...identity(),
          receive(bytes, output) {
            output.decoded(bytes);
            output.failed(WSAECONNRESET, 'enough');
          },
        }),
      }),
    ]);
    const { client, server } = world.connectedPair();
    world.send(server, 'words');
    world.until(() => world.takeDefects().length > 0);
    expect(world.receive(client)).toBe(-WSAECONNRESET);
  });

  it('is nothing that closing waits for', (world) => {
    world.stack([breaksOff()]);
    const { client, server } = world.connectedPair();
    world.send(server, 'words!');
    world.until(() => world.takeDefects().length > 0);
    expect(world.code(world.ws2.shutdown(client, SD_BOTH))).toBe(0);
    expect(world.code(world.ws2.closesocket(client))).toBe(0);
  });
});

import { describe, expect, test } from 'vitest';
import { WSPPROC_NAMES, type WSPPROC_TABLE } from 'ws2spi';
import { WSP_SIGNATURES } from 'ws2spi/spi/signatures';
import { defineLayer, PassThroughProvider, type Layer, type LayerOverrides } from 'ws2spi/chain';
import { describeOnEveryProvider, inWorld, type World } from '../../support/providers.js';
import { layerOf } from '../../support/layers.js';

/** A layer that writes down its calls of connect, send and closesocket, before and after. */
function tracing(name: string, log: string[]): Layer {
  const traced =
    (call: string, slot: keyof WSPPROC_TABLE) =>
    (lower: WSPPROC_TABLE, ...args: never[]): never => {
      log.push(`${name} ${call}`);
      const result = (lower[slot] as unknown as (...args: never[]) => never)(...args);
      log.push(`${name} done`);
      return result;
    };
  return defineLayer({
    name,
    overrides: {
      WSPSend: traced('send', 'lpWSPSend'),
      WSPConnect: traced('connect', 'lpWSPConnect'),
      WSPCloseSocket: traced('close', 'lpWSPCloseSocket'),
    } as unknown as LayerOverrides,
  });
}

/** Stacks a layer that keeps the tables it is given: its own, and that of the provider below. */
function tables(world: World, create: (seen: { lower?: WSPPROC_TABLE; own?: WSPPROC_TABLE }) => Layer) {
  const seen: { lower?: WSPPROC_TABLE; own?: WSPPROC_TABLE } = {};
  world.stack([create(seen)]);
  world.tcpSocket();
  return { lower: seen.lower!, own: seen.own! };
}

const ALWAYS_OWN = ['lpWSPSocket', 'lpWSPAccept', 'lpWSPJoinLeaf', 'lpWSPCleanup'];

function differing(lower: WSPPROC_TABLE, own: WSPPROC_TABLE): string[] {
  return WSPPROC_NAMES.filter((name) => own[name] !== lower[name]);
}

/** The layer, with the table that it fills written down. */
function spying(layer: Layer, seen: { own?: WSPPROC_TABLE }): Layer {
  return {
    ...layer,
    WSPStartup(...args) {
      const result = layer.WSPStartup(...args);
      seen.own = { ...args[4] } as WSPPROC_TABLE;
      return result;
    },
  };
}

describeOnEveryProvider('a layer', (on) => {
  on.it('that overrides nothing has the very functions of the provider below in its table', (world) => {
    const { lower, own } = tables(world, (seen) =>
      spying(
        layerOf('nothing', (context) => {
          seen.lower = context.lower;
          return new PassThroughProvider(context);
        }),
        seen,
      ),
    );
    expect(differing(lower, own).sort()).toEqual([...ALWAYS_OWN].sort());
  });

  on.it('has functions of its own where it overrides, and nowhere else', (world) => {
    const { lower, own } = tables(world, (seen) =>
      spying(
        defineLayer({
          name: 'two',
          connect: () => undefined,
          overrides: (context) => {
            seen.lower = context.lower;
            return { WSPSend: (below, ...args) => below.lpWSPSend(...args) };
          },
        }),
        seen,
      ),
    );
    expect(differing(lower, own).sort()).toEqual([...ALWAYS_OWN, 'lpWSPConnect', 'lpWSPSend'].sort());
  });

  on.it(
    'that overrides a function is given all that it takes, in the order of the specification, as itself',
    (world) => {
      const calls = new Map<string, unknown[]>();
      const selves = new Set<unknown>();
      let layer: PassThroughProvider | null = null;
      let listens = false;
      const listening = (name: string, usual: (...args: unknown[]) => unknown) =>
        function (this: unknown, ...args: unknown[]): unknown {
          if (!listens) return usual.apply(this, args);
          calls.set(name, args);
          selves.add(this);
          return 0;
        };
      const { own } = tables(world, (seen) =>
        spying(
          layerOf('listening', (context) => {
            layer = new PassThroughProvider(context);
            for (const name of WSPPROC_NAMES.map((slot) => slot.slice(2))) {
              const usual = Reflect.get(layer, name) as (...args: unknown[]) => unknown;
              Object.assign(layer, { [name]: listening(name, usual) });
            }
            return layer;
          }),
          seen,
        ),
      );
      listens = true;
      for (const slot of WSPPROC_NAMES) {
        const args = WSP_SIGNATURES[slot].args.map((_, index) => ({ value: index }));
        (own[slot] as unknown as (...args: unknown[]) => unknown)(...args);
        expect(calls.get(slot.slice(2)), slot).toEqual(args);
      }
      listens = false;
      expect([...selves]).toEqual([layer]);
    },
  );

  on.it('is called once per call, within the one above it', (world) => {
    const log: string[] = [];
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    // Seven, with the base provider: the longest chain there can be.
    world.stack(names.map((name) => tracing(name, log)));
    const { client, server } = world.connectedPair();
    const nested = (call: string): string[] => [
      ...names.map((name) => `${name} ${call}`),
      ...[...names].reverse().map((name) => `${name} done`),
    ];
    expect(log).toEqual(nested('connect'));
    log.length = 0;
    expect(world.send(client, 'down')).toBe(4);
    expect(log).toEqual(nested('send'));
    log.length = 0;
    expect(world.receiveAll(server, 4)).toBe('down');
    expect(log).toEqual([]);
    world.ws2.closesocket(client);
    expect(log).toEqual(nested('close'));
  });

  on.it('over TCP and UDP at once calls the right provider below for each', (world) => {
    const log: string[] = [];
    world.stack([tracing('both', log)], true);
    const { client, server } = world.connectedPair();
    const { s, name } = world.boundUdp();
    expect(world.connect(world.udpSocket(), name)).toBe(0);
    const sender = world.udpSocket();
    expect(world.connect(sender, name)).toBe(0);
    expect(world.send(sender, 'datagram')).toBe(8);
    expect(world.send(client, 'stream')).toBe(6);
    expect([world.receive(s), world.receive(server)]).toEqual(['datagram', 'stream']);
    expect(log.filter((line) => line === 'both send')).toHaveLength(2);
  });
});

describe('one layer twice', () => {
  test(
    'in chains of different lengths keeps a table for each place',
    inWorld('memory', (world) => {
      const log: string[] = [];
      const shared = tracing('shared', log);
      world.stack([shared]);
      const short = world.connectedPair();
      world.stack([tracing('upper', log), shared]);
      const long = world.connectedPair();
      log.length = 0;
      world.send(short.client, 'x');
      expect(log).toEqual(['shared send', 'shared done']);
      log.length = 0;
      world.send(long.client, 'x');
      expect(log).toEqual(['upper send', 'shared send', 'shared done', 'upper done']);
    }),
  );
});

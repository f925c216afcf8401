// The suite for providers finds what careless authors do: a layer for each fault, and a case that tells its author which it is.
import { describe, expect, test } from 'vitest';
import { createWs2_32, INSTANCE, IPPROTO_TCP, IPPROTO_UDP, ref, VirtualClock, type WSAPROTOCOL_INFO } from 'ws2spi';
import { defineLayer, stack, type Layer } from 'ws2spi/chain';
import { baseProviderStartup, type SocketCore } from 'ws2spi/io';
import { createMemoryCoreFactory, createMemoryNetwork } from 'ws2spi/providers/memory';
import { testProvider, type ProviderFactory } from 'ws2spi/testkit';
import { BROKEN_BASES } from './fixtures/broken-bases.js';
import { BROKEN_LAYERS } from './fixtures/broken-layers.js';

function over(make: () => Layer): ProviderFactory {
  return (options) => {
    const clock = new VirtualClock();
    const network = createMemoryNetwork();
    const ws2 = createWs2_32({ base: 'memory', catalog: 'memory', clock, network, ...options });
    const bases: WSAPROTOCOL_INFO[] = [];
    ws2.WSCEnumProtocols(null, bases, ref(100_000), ref(0));
    const layer = make();
    const protocols = layer.ifs ? [IPPROTO_TCP, IPPROTO_UDP] : [IPPROTO_TCP];
    const over = bases.filter(
      ({ ProtocolChain, iProtocol }) =>
        ProtocolChain.ChainLen === 1 && protocols.includes(iProtocol as typeof IPPROTO_TCP),
    );
    return {
      ws2,
      clock,
      entries: stack(ws2, [layer], { over }),
      checkNothingIsLeft() {
        if (!network.idle()) throw new Error('sockets are left on the network');
      },
    };
  };
}

async function failuresOf(make: () => Layer, topic: string): Promise<string[]> {
  const report = await testProvider(over(make), { patience: 1500 }).prove({ only: topic });
  return report.failures.map(({ message }) => message);
}

describe('The suite for providers finds a layer that', () => {
  test.each(BROKEN_LAYERS)('$fault', async ({ make, topic, says }) => {
    const messages = await failuresOf(make, topic);
    expect(messages.join('\n\n')).toMatch(says);
    for (const message of messages) expect(message).toMatch(/^Broken: /);
  });
});

/** A base provider over the memory network, whose cores are spoilt as they are made. */
function base(spoil: (core: SocketCore) => void): ProviderFactory {
  return (options) => {
    const clock = new VirtualClock();
    const network = createMemoryNetwork();
    const ws2 = createWs2_32({ base: 'memory', catalog: 'memory', clock, network: createMemoryNetwork(), ...options });
    const spoilt = (core: SocketCore | number): SocketCore | number => {
      if (typeof core === 'number') return core;
      const { tryAccept } = core;
      core.tryAccept = function (peer) {
        return spoilt(tryAccept.call(this, peer));
      };
      spoil(core);
      return core;
    };
    const registry = ws2[INSTANCE];
    registry.bindProvider('broken', {
      WSPStartup: baseProviderStartup('broken', (host) => {
        const factory = createMemoryCoreFactory(network, host);
        return { ...factory, createCore: (...args) => spoilt(factory.createCore(...args)) };
      }),
    });
    const isInternet = ({ iProtocol }: WSAPROTOCOL_INFO): boolean =>
      iProtocol === IPPROTO_TCP || iProtocol === IPPROTO_UDP;
    const entries = registry.addEntries(
      registry.catalog
        .entries()
        .filter(isInternet)
        .map((entry) => ({
          path: 'di:broken',
          entry: {
            ...entry,
            ProviderId: '7A1E3C52-0D4B-4E8F-9B61-5C2D8F0A3EFE',
            szProtocol: `broken ${entry.szProtocol}`,
          },
        })),
    );
    return {
      ws2,
      clock,
      entries,
      checkNothingIsLeft() {
        if (!network.idle()) throw new Error('sockets are left on the network');
      },
    };
  };
}

const untouched = (): void => undefined;

describe('The suite for providers finds a base provider that', () => {
  const failures = async (spoil: (core: SocketCore) => void, topic: string): Promise<string[]> => {
    // What is sound never goes round in a loop: it has all the time that it takes.
    const isSound = spoil === untouched;
    const report = await testProvider(base(spoil), isSound ? {} : { patience: 1500 }).prove({ only: topic });
    return report.failures.map(({ message }) => message);
  };

  test.each(BROKEN_BASES)('$fault', async ({ spoil, topic, says }) => {
    const messages = await failures(spoil, topic);
    expect(messages.join('\n\n')).toMatch(says);
    for (const message of messages) expect(message).toMatch(/^Broken: /);
  });

  test('and nothing where there is no fault', async () => {
    for (const topic of new Set(BROKEN_BASES.map((each) => each.topic)))
      expect(await failures(untouched, topic)).toEqual([]);
  });
});

test('There are twenty of them and more, and the same topics are proved of a layer without a fault', async () => {
  expect(BROKEN_LAYERS.length).toBeGreaterThanOrEqual(20);
  const sound = (): Layer =>
    defineLayer({ name: 'sound', overrides: { WSPSend: (lower, ...args) => lower.lpWSPSend(...args) } });
  for (const topic of new Set(BROKEN_LAYERS.map((each) => each.topic)))
    expect(await failuresOf(sound, topic)).toEqual([]);
});

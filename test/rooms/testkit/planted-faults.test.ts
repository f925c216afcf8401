// The suite for providers finds what careless authors do: a layer for each fault, and a case that tells its author which it is.
import { describe, expect, test } from 'vitest';
import { createWs2_32, IPPROTO_TCP, IPPROTO_UDP, ref, VirtualClock, type WSAPROTOCOL_INFO } from 'ws2spi';
import { defineLayer, stack, type Layer } from 'ws2spi/chain';
import { createMemoryNetwork } from 'ws2spi/providers/memory';
import { testProvider, type ProviderFactory } from 'ws2spi/testkit';
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
  test.each(BROKEN_LAYERS)(
    '$fault',
    async ({ make, topic, says }) => {
      const messages = await failuresOf(make, topic);
      expect(messages.join('\n\n')).toMatch(says);
      for (const message of messages) expect(message).toMatch(/^Broken: /);
    },
    60_000,
  );
});

test('There are twenty of them and more, and the same topics are proved of a layer without a fault', async () => {
  expect(BROKEN_LAYERS.length).toBeGreaterThanOrEqual(20);
  const sound = (): Layer =>
    defineLayer({ name: 'sound', overrides: { WSPSend: (lower, ...args) => lower.lpWSPSend(...args) } });
  for (const topic of new Set(BROKEN_LAYERS.map((each) => each.topic)))
    expect(await failuresOf(sound, topic)).toEqual([]);
}, 120_000);

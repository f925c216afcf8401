import { describe, expect, test } from 'vitest';
import { LINGER, SO_LINGER, SOL_SOCKET, WSAECONNRESET } from 'ws2spi';
import { createMemoryNetwork } from 'ws2spi/providers/memory';
import { CHAINS, World, type Chain } from '../../support/providers.js';

/**
 * A connection over a network that takes its time, whose client has sent, and closes with so many seconds to linger.
 */
function closeLingering(
  chain: Chain,
  latency: number,
  seconds: number,
): { world: World; took: number; server: number } {
  const world = new World('memory', chain, { network: createMemoryNetwork({ latency }) });
  const { client, server } = world.connectedPair();
  world.send(client, 'on its way');
  const value = LINGER.encode({ l_onoff: 1, l_linger: seconds });
  expect(world.ws2.setsockopt(client, SOL_SOCKET, SO_LINGER, value, 4)).toBe(0);
  const before = world.now();
  expect(world.ws2.closesocket(client)).toBe(0);
  return { world, took: world.now() - before, server };
}

describe.each(CHAINS)('a closesocket that lingers, $name', (chain) => {
  test('returns once the data is acknowledged, and not before', () => {
    const { world, took, server } = closeLingering(chain, 300, 10);
    expect(took).toBeGreaterThanOrEqual(300);
    expect(took).toBeLessThan(1000);
    world.nonBlocking(server);
    world.settle();
    expect(world.receive(server)).toBe('on its way');
    world.nonBlocking(server, 0);
    expect(world.receive(server)).toBe('');
    world.close();
  });

  test('gives up when the time has run out', () => {
    const { world, took, server } = closeLingering(chain, 1500, 1);
    expect(took).toBe(1000);
    world.ws2.host.SleepEx(20_000, false);
    // A codec on the other side has seen the end of the stream first, and hands that on.
    if (!chain.codec) expect(world.receive(server)).toBe(-WSAECONNRESET);
    world.close();
  });
});

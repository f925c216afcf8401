// What a codec is told of a connection that broke.
import { expect } from 'vitest';
import { LINGER, SO_LINGER, SOL_SOCKET, WSAECONNRESET } from 'ws2spi';
import { defineLayer, identity } from 'ws2spi/chain';
import { describeOnEveryProvider } from '../../support/providers.js';

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

// What a codec's listener asks of the provider below.
import { expect } from 'vitest';
import { FD_ACCEPT, INVALID_SOCKET, WSAEWOULDBLOCK } from 'ws2spi';
import { defineLayer, identity } from 'ws2spi/chain';
import { describeOnEveryProvider, type World } from '../../support/providers.js';

/** A listener with codecs over a provider whose accepts are counted, by what came of them. */
function countingListener(world: World) {
  const accepts = { taken: 0, none: 0 };
  world.stack([
    defineLayer({ name: 'upper', codec: identity }),
    defineLayer({ name: 'lower', codec: identity }),
    defineLayer({
      name: 'counting',
      overrides: {
        WSPAccept(lower, ...args) {
          const accepted = lower.lpWSPAccept(...args);
          if (accepted === INVALID_SOCKET) accepts.none++;
          else accepts.taken++;
          return accepted;
        },
      },
    }),
  ]);
  return { accepts };
}

describeOnEveryProvider('a codec’s listener', (on) => {
  on.it('is told of connections, and asks below no more than once in vain for each', (world) => {
    const { accepts } = countingListener(world);
    const { s: listener, name } = world.listener();
    const event = world.event();
    world.eventSelect(listener, event, FD_ACCEPT);
    world.settle();
    accepts.none = 0;
    const connections = 10;
    for (let made = 0; made < connections; made++) {
      expect(world.connect(world.tcpSocket(), name)).toBe(0);
      expect(world.signalled(event, 60_000)).toBe(true);
      expect(world.networkEvents(listener, event)).toEqual({ ACCEPT: 0 });
      world.accept(listener);
      world.settle();
    }
    expect(accepts.taken).toBe(connections);
    expect(accepts.none).toBeLessThanOrEqual(connections);
  });

  on.it('serves who asks in a loop, and lets no turn end', (world) => {
    countingListener(world);
    const { s: listener, name } = world.listener();
    world.eventSelect(listener, world.event(), FD_ACCEPT);
    expect(world.code(world.ws2.accept(listener, null, null))).toBe(WSAEWOULDBLOCK);
    expect(world.connect(world.tcpSocket(), name)).toBe(0);
    let accepted = INVALID_SOCKET;
    for (let asked = 0; asked < 100_000 && accepted === INVALID_SOCKET; asked++) {
      accepted = world.ws2.accept(listener, null, null);
    }
    expect(accepted).not.toBe(INVALID_SOCKET);
    expect(world.ws2.closesocket(accepted)).toBe(0);
  });
});

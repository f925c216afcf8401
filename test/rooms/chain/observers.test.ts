import { expect } from 'vitest';
import { FD_READ, ref, WSA_WAIT_IO_COMPLETION, WSAOVERLAPPED } from 'ws2spi';
import { PassThroughProvider, type Layer } from 'ws2spi/chain';
import { buffer, describeOnEveryProvider } from '../../support/providers.js';
import { layerOf } from '../../support/layers.js';

/** A layer that looks at completions and network events on every socket that it accepts. */
function observing(name: string, log: unknown[]): Layer {
  return layerOf(
    name,
    (context) =>
      new (class extends PassThroughProvider {
        override WSPAccept(...args: Parameters<PassThroughProvider['WSPAccept']>): number {
          const s = super.WSPAccept(...args);
          this.host.observe(s, {
            completed: (_s, _overlapped, error, transferred) => void log.push([name, 'completed', error, transferred]),
            networkEvent: (_s, event, error) => void log.push([name, 'event', event, error]),
          });
          return s;
        }
      })(context),
  );
}

describeOnEveryProvider('observers', (on) => {
  on.it('are told of completions from the bottom up, before the application', (world) => {
    const log: unknown[] = [];
    world.stack([observing('upper', log), observing('lower', log)]);
    const { client, server } = world.connectedPair();
    world.ws2.WSARecv(server, [buffer(9)], 1, null, ref(0), new WSAOVERLAPPED(), (error, transferred) => {
      log.push(['application', 'completed', error, transferred]);
    });
    world.send(client, 'seen');
    expect(world.ws2.host.SleepEx(60_000, true)).toBe(WSA_WAIT_IO_COMPLETION);
    expect(log).toEqual([
      ['lower', 'completed', 0, 4],
      ['upper', 'completed', 0, 4],
      ['application', 'completed', 0, 4],
    ]);
  });

  on.it('are told of network events, whether or not the application fetches them', (world) => {
    const log: unknown[] = [];
    world.stack([observing('upper', log), observing('lower', log)]);
    const { client, server } = world.connectedPair();
    const event = world.event();
    world.eventSelect(server, event, FD_READ);
    world.send(client, 'x');
    expect(world.signalled(event, 60_000)).toBe(true);
    expect(log).toEqual([
      ['lower', 'event', FD_READ, 0],
      ['upper', 'event', FD_READ, 0],
    ]);
    expect(world.networkEvents(server)).toEqual({ READ: 0 });
  });

  on.it('that throw are reported, and stop nothing', (world) => {
    const throwing = layerOf(
      'throwing',
      (context) =>
        new (class extends PassThroughProvider {
          override WSPAccept(...args: Parameters<PassThroughProvider['WSPAccept']>): number {
            const s = super.WSPAccept(...args);
            this.host.observe(s, {
              completed() {
                throw new Error('boom');
              },
            });
            return s;
          }
        })(context),
    );
    world.stack([throwing]);
    const { client, server } = world.connectedPair();
    const overlapped = new WSAOVERLAPPED();
    overlapped.hEvent = world.event();
    world.ws2.WSARecv(server, [buffer(1)], 1, null, ref(0), overlapped, null);
    world.send(client, 'x');
    expect(world.signalled(overlapped.hEvent, 60_000)).toBe(true);
    expect(world.takeDefects()).toEqual(['an observer of completions threw']);
  });
});

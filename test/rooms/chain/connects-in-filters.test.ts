// A filter that connects the very socket that it is asked about.
import { expect } from 'vitest';
import { SG_CONSTRAINED_GROUP, WSAEALREADY, WSAEISCONN, WSAEWOULDBLOCK } from 'ws2spi';
import { defineLayer, identity } from 'ws2spi/chain';
import { describeOnEveryProvider, type World } from '../../support/providers.js';

/** Stacks a codec whose filter connects the socket that it is asked about itself, and opens that socket in a group. */
function connectingFilter(world: World, name: Uint8Array): { s: number; codes: number[] } {
  const codes: number[] = [];
  let asked = 0;
  const [entry] = world.stack([
    defineLayer({
      name: 'hasty',
      codec: identity,
      connect({ socket }) {
        if (asked++ === 0) codes.push(world.code(world.ws2.connect(socket, name, name.length)));
      },
    }),
  ]);
  const s = world.track(world.ws2.WSASocket(-1, -1, -1, entry!, SG_CONSTRAINED_GROUP, 0));
  return { s, codes };
}

describeOnEveryProvider('a filter that connects the socket that it is asked about', (on) => {
  on.it('has it connected: the call that asked is told so, and breaks nothing', (world) => {
    const { s: listener, name } = world.listener();
    const { s, codes } = connectingFilter(world, name);
    world.nonBlocking(s);
    expect(world.code(world.ws2.connect(s, name, name.length))).toBe(WSAEALREADY);
    expect(codes).toEqual([WSAEWOULDBLOCK]);
    const server = world.accept(listener);
    world.until(() => world.send(s, 'hello') === 5);
    expect(world.receive(server)).toBe('hello');
  });

  on.it('has it connected also where it waits for that', (world) => {
    const { s: listener, name } = world.listener();
    const { s, codes } = connectingFilter(world, name);
    const code = world.code(world.ws2.connect(s, name, name.length));
    expect(codes).toEqual([0]);
    expect(code).toBe(WSAEISCONN);
    const server = world.accept(listener);
    expect(world.send(s, 'hello')).toBe(5);
    expect(world.receive(server)).toBe('hello');
  });
});

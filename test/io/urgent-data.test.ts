import { expect } from 'vitest';
import { FIONREAD, MSG_OOB, ref, SIOCATMARK, SO_OOBINLINE, SOL_SOCKET, WSAEINVAL, WSAEWOULDBLOCK } from 'ws2spi';
import { describeOnEveryChain, type World } from '../support/providers.js';

function ioctl(world: World, s: number, code: number): number {
  world.settle();
  const value = ref(0xdead);
  expect(world.code(world.ws2.ioctlsocket(s, code, value))).toBe(0);
  return value.value;
}

const state = (world: World, s: number): [number, boolean] => [
  ioctl(world, s, FIONREAD),
  ioctl(world, s, SIOCATMARK) !== 0,
];

describeOnEveryChain('urgent data', (on) => {
  on.it('is none on a socket that is fresh, or has received ordinary data alone', (world) => {
    expect(state(world, world.tcpSocket())).toEqual([0, true]);
    const { client, server } = world.connectedPair();
    expect(state(world, client)).toEqual([0, true]);
    world.send(server, 'data.');
    expect(state(world, client)).toEqual([5, true]);
    world.receive(client);
    expect(state(world, client)).toEqual([0, true]);
  });

  on.withoutCodec('travels beside the stream', (world) => {
    const { client, server } = world.connectedPair();
    world.nonBlocking(client);
    world.send(server, 'ab');
    world.send(server, '!', MSG_OOB);
    expect(state(world, client)).toEqual([2, false]);
    expect(world.receive(client, 1, MSG_OOB)).toBe('!');
    expect(world.receive(client)).toBe('ab');
    expect(world.receive(client, 1, MSG_OOB)).toBe(-WSAEWOULDBLOCK);
    expect(state(world, client)).toEqual([0, true]);
  });

  on.withoutCodec('is ordinary data with SO_OOBINLINE', (world) => {
    const { client, server } = world.connectedPair();
    world.nonBlocking(client);
    expect(world.ws2.setsockopt(client, SOL_SOCKET, SO_OOBINLINE, Uint8Array.of(1, 0, 0, 0), 4)).toBe(0);
    world.send(server, '!', MSG_OOB);
    expect(state(world, client)).toEqual([1, true]);
    expect(world.receive(client, 1, MSG_OOB)).toBe(-WSAEINVAL);
    expect(world.receive(client)).toBe('!');
    expect(world.receive(client)).toBe(-WSAEWOULDBLOCK);
  });
});

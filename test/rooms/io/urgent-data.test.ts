import { expect } from 'vitest';
import {
  FIONREAD,
  MSG_OOB,
  MSG_PEEK,
  ref,
  SIOCATMARK,
  SO_OOBINLINE,
  SOL_SOCKET,
  WSAEINVAL,
  WSAEWOULDBLOCK,
} from 'ws2spi';
import { describeOnEveryChain, type World } from '../../support/providers.js';

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
  // 5.2, 16.4
  on.it('is none on a socket that is fresh, or has received ordinary data alone', (world) => {
    expect(state(world, world.tcpSocket())).toEqual([0, true]);
    const { client, server } = world.connectedPair();
    expect(state(world, client)).toEqual([0, true]);
    world.send(server, 'data.');
    expect(state(world, client)).toEqual([5, true]);
    world.receive(client);
    expect(state(world, client)).toEqual([0, true]);
  });

  on.it('stays when an ordinary receive passes it', (world) => {
    const { client, server } = world.connectedPair();
    world.nonBlocking(client);
    world.send(server, 'ab');
    world.send(server, '!', MSG_OOB);
    world.send(server, 'cd');
    world.settle();
    let text = '';
    world.until(() => {
      const piece = world.receive(client);
      if (typeof piece === 'string') text += piece;
      return text.length >= 4;
    });
    expect(text).toBe('abcd');
    expect(world.receive(client)).toBe(-WSAEWOULDBLOCK);
    expect(ioctl(world, client, SIOCATMARK)).toBe(0);
    expect(world.receive(client, 1, MSG_OOB | MSG_PEEK)).toBe('!');
    expect(world.receive(client, 1, MSG_OOB)).toBe('!');
    expect(world.receive(client, 1, MSG_OOB)).toBe(-WSAEWOULDBLOCK);
    expect(ioctl(world, client, SIOCATMARK)).toBe(1);
    world.send(server, 'on');
    world.settle();
    expect(world.receive(client)).toBe('on');
  });

  // 16.3
  on.it('queues up, and leaves nothing in the stream', (world) => {
    const { client, server } = world.connectedPair();
    world.nonBlocking(client);
    for (const byte of ['1', '2', '3']) {
      world.send(server, byte, MSG_OOB);
      world.settle();
    }
    world.send(server, 'ab');
    world.settle();
    expect(world.receive(client)).toBe('ab');
    expect([1, 2, 3].map(() => world.receive(client, 9, MSG_OOB))).toEqual(['1', '2', '3']);
    expect(world.receive(client, 9, MSG_OOB)).toBe(-WSAEWOULDBLOCK);
    expect(world.receive(client)).toBe(-WSAEWOULDBLOCK);
  });

  on.it('of several bytes has one that is urgent, the last', (world) => {
    const { client, server } = world.connectedPair();
    world.nonBlocking(client);
    expect(world.send(server, 'abc!', MSG_OOB)).toBe(4);
    world.settle();
    expect(world.receive(client)).toBe('abc');
    expect(world.receive(client, 9, MSG_OOB)).toBe('!');
    world.send(server, 'on');
    world.settle();
    expect(world.receive(client)).toBe('on');
  });

  on.it('is told of by select, however much is received beside it', (world) => {
    const { client, server } = world.connectedPair();
    world.nonBlocking(client);
    const exceptional = (): number => {
      const set = { fd_count: 1, fd_array: [client] };
      return world.ws2.select(0, null, null, set, { tv_sec: 0, tv_usec: 0 });
    };
    world.send(server, '!', MSG_OOB);
    world.settle();
    world.until(() => exceptional() === 1);
    expect(world.receive(client)).toBe(-WSAEWOULDBLOCK);
    expect(exceptional()).toBe(1);
    world.send(server, 'more');
    world.settle();
    expect(world.receive(client)).toBe('more');
    expect(exceptional()).toBe(1);
    expect(world.receive(client, 1, MSG_OOB)).toBe('!');
    expect(exceptional()).toBe(0);
  });

  on.withoutCodec('that was passed comes first once it is ordinary data, and once', (world) => {
    const { client, server } = world.connectedPair();
    world.nonBlocking(client);
    const inline = Uint8Array.of(1, 0, 0, 0);
    world.send(server, '1', MSG_OOB);
    world.settle();
    expect(world.receive(client)).toBe(-WSAEWOULDBLOCK);
    expect(world.ws2.setsockopt(client, SOL_SOCKET, SO_OOBINLINE, inline, 4)).toBe(0);
    expect(ioctl(world, client, FIONREAD)).toBe(1);
    expect(world.receive(client)).toBe('1');
    expect(world.receive(client)).toBe(-WSAEWOULDBLOCK);
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

  if (!on.chain.codec) {
    on.itUnless('urgent bytes wait side by side', 'goes through the sequence that was measured (16.3)', (world) => {
      const { client, server } = world.connectedPair();
      world.nonBlocking(client);
      const send = (text: string, flags = 0): void => {
        world.send(server, text, flags);
        world.settle();
      };
      expect(state(world, client)).toEqual([0, true]);
      send('data\0');
      expect(state(world, client)).toEqual([5, true]);
      send('a', MSG_OOB);
      expect(state(world, client)).toEqual([5, false]);
      send('a', MSG_OOB);
      expect(state(world, client)).toEqual([5, false]);
      expect(world.receive(client, 3)).toBe('dat');
      expect(state(world, client)).toEqual([2, false]);
      expect(world.receive(client, 1, MSG_OOB)).toBe('a');
      expect(state(world, client)).toEqual([2, false]);
      expect(world.receive(client, 5)).toBe('a\0');
      expect(state(world, client)).toEqual([0, false]);
      expect(world.receive(client, 1, MSG_OOB)).toBe('a');
      expect(state(world, client)).toEqual([0, true]);
      send('b', MSG_OOB);
      expect(world.ws2.setsockopt(client, SOL_SOCKET, SO_OOBINLINE, Uint8Array.of(1, 0, 0, 0), 4)).toBe(0);
      expect(state(world, client)).toEqual([1, false]);
      expect(world.receive(client, 5)).toBe('b');
      expect(state(world, client)).toEqual([0, true]);
      send('c', MSG_OOB);
      expect(state(world, client)).toEqual([1, true]);
    });
  }
});

// What the provider makes up for on a system that differs from Windows, it leaves alone where the system does not.
import { describe, expect, test } from 'vitest';
import { MSG_OOB, SO_REUSEADDR, SOL_SOCKET, sockaddr_in, WSAEADDRINUSE, WSAENOPROTOOPT } from 'ws2spi';
import { systemSockets, type PlatformSockets, type SystemTraits } from 'ws2spi/platform';
import { dword } from '../../../support/ioctls.js';
import { inWorld, type World } from '../../../support/providers.js';

/** This system's sockets, said to differ less from Windows' than they do. */
function withTraits(changed: Partial<SystemTraits>): PlatformSockets {
  const sockets = systemSockets();
  const traits = { ...sockets.traits, ...changed };
  return new Proxy(sockets, {
    get(target, name) {
      if (name === 'traits') return traits;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
    },
  });
}

function inWorldWith(traits: Partial<SystemTraits>, body: (world: World) => void): () => Promise<void> {
  return () => inWorld('tcpip', body, { platform: withTraits(traits) })();
}

const reuse = (world: World, s: number): number =>
  world.code(world.ws2.setsockopt(s, SOL_SOCKET, SO_REUSEADDR, dword(1), 4));

const connectToItself = (world: World): number => {
  const s = world.tcpSocket();
  expect(world.code(world.ws2.bind(s, sockaddr_in('127.0.0.1', 0), 16))).toBe(0);
  return world.connect(s, world.nameOf(s));
};

/** What is left of an urgent byte after an ordinary receive that begins at it. */
const urgentAfterReceive = (world: World): string | number => {
  const { client, server } = world.connectedPair();
  expect(world.send(client, '!', MSG_OOB)).toBe(1);
  expect(world.send(client, 'data')).toBe(4);
  expect(world.receiveAll(server, 4)).toBe('data');
  world.nonBlocking(server);
  return world.receive(server, 1, MSG_OOB);
};

describe.runIf(process.platform === 'linux')('the provider over a system', () => {
  test('with sharing rules of its own keeps Windows’', () =>
    inWorldWith({}, (world) => expect(reuse(world, world.tcpSocket())).toBe(0))());

  test('with Windows’ sharing rules leaves the options to it, which Linux has none for', () =>
    inWorldWith({ ownSharingRules: false }, (world) => {
      expect(reuse(world, world.tcpSocket())).toBe(WSAENOPROTOOPT);
      expect(world.portOf(world.listener().s)).toBeGreaterThan(0);
    })());

  test('that connects sockets to themselves refuses that', () =>
    inWorldWith({}, (world) => expect(connectToItself(world)).toBe(WSAEADDRINUSE))());

  test('that does not, does not look for it', () =>
    inWorldWith({ connectsToItself: false }, (world) => expect(connectToItself(world)).toBe(0))());

  test('that loses urgent bytes sets them aside', () =>
    inWorldWith({}, (world) => expect(urgentAfterReceive(world)).toBe('!'))());

  test('that does not leaves them there, where Linux loses them', () =>
    inWorldWith({ losesUrgentBytes: false }, (world) => expect(urgentAfterReceive(world)).not.toBe('!'))());

  test('that takes a name away with the peer binds it again, and not on any other', async () => {
    const portAfterwards = (world: World): [number, number] => {
      const { name } = world.boundUdp();
      const s = world.udpSocket();
      expect(world.connect(s, name)).toBe(0);
      const before = world.portOf(s);
      expect(world.connect(s, sockaddr_in('0.0.0.0', 0))).toBe(0);
      const now = new Uint8Array(16);
      world.ws2.getsockname(s, now, { value: 16 });
      return [before, now[2]! * 256 + now[3]!];
    };
    await inWorldWith({}, (world) => {
      const [before, after] = portAfterwards(world);
      expect(after).toBe(before);
    })();
    await inWorldWith({ nameGoesWithPeer: false }, (world) => {
      const [before, after] = portAfterwards(world);
      expect(after).not.toBe(before);
    })();
  });

  test('that keeps what the network answers apart tells of it in a receive', () =>
    inWorldWith({}, (world) => {
      const gone = world.boundUdp();
      world.ws2.closesocket(gone.s);
      const { s } = world.boundUdp();
      expect(world.code(world.ws2.sendto(s, Buffer.from('x'), 1, 0, gone.name, 16))).toBe(0);
      expect(world.receive(s)).toBeLessThan(0);
    })());
});

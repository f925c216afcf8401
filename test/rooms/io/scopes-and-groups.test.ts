// Scopes of link-local addresses, and groups that are joined again.
import { networkInterfaces } from 'node:os';
import { expect } from 'vitest';
import {
  AF_INET6,
  IP_ADD_MEMBERSHIP,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_ADD_MEMBERSHIP,
  parseSockaddr,
  ref,
  sockaddr_in6,
  WSAEADDRNOTAVAIL,
  WSAEINVAL,
  WSAENETUNREACH,
} from 'ws2spi';
import { describeOnEveryDatagramChain, describeOnEveryProvider, type World } from '../../support/providers.js';

/** An address of this machine's own, where it has one. */
const own = Object.values(networkInterfaces())
  .flat()
  .find((each) => each?.family === 'IPv6' && each.address.startsWith('fe80:'));
if (own === undefined) process.emitWarning('Native tests of link-local addresses look at none: this machine has none.');

describeOnEveryProvider('a link-local address', (on) => {
  on.it('is bound without a scope, and its scope is told; one that does not exist is refused', (world) => {
    if (!world.native) world.network!.addAddress('fe80::7');
    const address = world.native ? own?.address : 'fe80::7';
    for (const open of [() => world.tcpSocket(AF_INET6), () => world.udpSocket(AF_INET6)]) {
      expect(world.code(world.ws2.bind(open(), sockaddr_in6(address ?? 'fe80::7', 0, 0, 99_999), 28))).toBe(
        WSAEADDRNOTAVAIL,
      );
      if (address === undefined) continue;
      const s = open();
      expect(world.code(world.ws2.bind(s, sockaddr_in6(address, 0), 28))).toBe(0);
      const scope = world.native && own?.family === 'IPv6' ? own.scopeid : 1;
      expect(parseSockaddr(world.nameOf(s))).toMatchObject({ address, scope_id: scope });
    }
  });
});

describeOnEveryProvider('a link-local destination without a scope', (on) => {
  on.it(
    'is reached by connect and by sendto, which tell its scope; one with a scope that does not exist is not',
    (world) => {
      if (!world.native) world.network!.addAddress('fe80::7');
      const address = (world.native ? own?.address : 'fe80::7') ?? 'fe80::7';
      const scope = world.native && own?.family === 'IPv6' ? own.scopeid : 1;
      for (const s of [world.tcpSocket(AF_INET6), world.udpSocket(AF_INET6)]) {
        world.nonBlocking(s);
        expect(world.connect(s, sockaddr_in6(address, 9, 0, 99_999))).toBe(WSAENETUNREACH);
      }
      if (world.native && own === undefined) return;
      const listener = world.tcpSocket(AF_INET6);
      expect(world.code(world.ws2.bind(listener, sockaddr_in6(address, 0), 28))).toBe(0);
      expect(world.code(world.ws2.listen(listener, 4))).toBe(0);
      const client = world.tcpSocket(AF_INET6);
      expect(world.connect(client, sockaddr_in6(address, world.portOf(listener)))).toBe(0);
      const server = world.accept(listener);
      expect(peerOf(world, client)).toMatchObject({ address, scope_id: scope, port: world.portOf(listener) });
      expect(peerOf(world, server)).toMatchObject({ address, scope_id: scope, port: world.portOf(client) });

      const receiver = world.udpSocket(AF_INET6);
      expect(world.code(world.ws2.bind(receiver, sockaddr_in6(address, 0), 28))).toBe(0);
      const [sender, connected] = [world.udpSocket(AF_INET6), world.udpSocket(AF_INET6)];
      const to = sockaddr_in6(address, world.portOf(receiver));
      expect(world.count(world.ws2.sendto(sender, Buffer.from('to'), 2, 0, to, 28))).toBe(2);
      expect(world.receive(receiver)).toBe('to');
      expect(world.connect(connected, to)).toBe(0);
      expect(peerOf(world, connected)).toMatchObject({ address, scope_id: scope });
      expect(world.send(connected, 'by')).toBe(2);
      const from = new Uint8Array(28);
      const bytes = new Uint8Array(9);
      expect(world.count(world.ws2.recvfrom(receiver, bytes, 9, 0, from, ref(28)))).toBe(2);
      expect(parseSockaddr(from)).toMatchObject({ address, scope_id: scope, port: world.portOf(connected) });
    },
  );
});

function peerOf(world: World, s: number): ReturnType<typeof parseSockaddr> {
  const name = new Uint8Array(28);
  expect(world.code(world.ws2.getpeername(s, name, ref(28)))).toBe(0);
  return parseSockaddr(name);
}

describeOnEveryDatagramChain('a group', (on) => {
  on.it('that is joined again is WSAEINVAL', (world) => {
    const { s } = world.boundUdp();
    const group = Uint8Array.of(239, 1, 2, 3, 127, 0, 0, 1);
    const join = (): number => world.code(world.ws2.setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, group, 8));
    expect([join(), join()]).toEqual([0, WSAEINVAL]);
    const { s: six } = world.boundUdp(AF_INET6);
    const group6 = new Uint8Array(20);
    group6.set([0xff, 0x01]);
    group6[15] = 77;
    group6[16] = 1;
    const join6 = (): number => world.code(world.ws2.setsockopt(six, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, group6, 20));
    expect([join6(), join6()]).toEqual([0, WSAEINVAL]);
  });
});

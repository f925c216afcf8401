// Multicast groups: as many of them, the same sources of them, and the same codes on every provider.
import { describe, expect, test } from 'vitest';
import {
  AF_INET6,
  FD_READ,
  GROUP_SOURCE_REQ,
  IP_ADD_MEMBERSHIP,
  IP_ADD_SOURCE_MEMBERSHIP,
  IP_BLOCK_SOURCE,
  IP_DROP_MEMBERSHIP,
  IP_DROP_SOURCE_MEMBERSHIP,
  IP_MULTICAST_IF,
  IP_UNBLOCK_SOURCE,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_ADD_MEMBERSHIP,
  IPV6_DROP_MEMBERSHIP,
  MCAST_BLOCK_SOURCE,
  MCAST_JOIN_SOURCE_GROUP,
  MCAST_LEAVE_SOURCE_GROUP,
  sockaddr_in,
  sockaddr_in6,
  WSA_FLAG_OVERLAPPED,
  WSAEADDRNOTAVAIL,
  WSAEINVAL,
  type WSAPROTOCOL_INFO,
} from 'ws2spi';
import { describeOnEveryDatagramChain, inWorld, type World } from '../../support/providers.js';

const MOST_GROUPS = 256;
const LOOPBACK = [127, 0, 0, 1] as const;
type Address = readonly [number, number, number, number];

const group = (which: number): Address => [239, 77, which >> 8, which & 0xff];

/** Joins or leaves on the loopback interface, by its address. */
function change(world: World, s: number, optname: number, to: Address, source: readonly number[] = []): number {
  const request = Uint8Array.of(...to, ...source, ...LOOPBACK);
  return world.code(world.ws2.setsockopt(s, IPPROTO_IP, optname, request, request.length));
}

function change6(world: World, s: number, optname: number, which: number): number {
  const request = new Uint8Array(20);
  request.set([0xff, 0x01]);
  request.set([which >> 8, which & 0xff, 1], 14);
  return world.code(world.ws2.setsockopt(s, IPPROTO_IPV6, optname, request, request.length));
}

/** A socket that receives at every address, its port, and one that sends to groups from loopback. */
function pair(world: World): { receiver: number; port: number; send: (to: Address, from?: number) => void } {
  const receiver = world.udpSocket();
  expect(world.code(world.ws2.bind(receiver, sockaddr_in('0.0.0.0', 0), 16))).toBe(0);
  world.nonBlocking(receiver);
  const port = world.portOf(receiver);
  const sender = world.boundUdp().s;
  const other = world.udpSocket();
  expect(world.code(world.ws2.bind(other, sockaddr_in('127.0.0.2', 0), 16))).toBe(0);
  for (const s of [sender, other]) {
    const code = world.ws2.setsockopt(s, IPPROTO_IP, IP_MULTICAST_IF, Uint8Array.of(...LOOPBACK), 4);
    expect(world.code(code)).toBe(0);
  }
  const send = (to: Address, from = 1): void => {
    const bytes = Buffer.from(to.join('.'));
    const name = sockaddr_in(to.join('.'), port);
    expect(world.count(world.ws2.sendto(from === 1 ? sender : other, bytes, bytes.length, 0, name, 16))).toBe(
      bytes.length,
    );
  };
  return { receiver, port, send };
}

/**
 * What comes before a last datagram, sent to the socket's own address: everything that was sent earlier has come by
 * then.
 */
function received(world: World, receiver: number, port: number): string[] {
  const event = world.event();
  world.eventSelect(receiver, event, FD_READ);
  const { s } = world.boundUdp();
  expect(world.count(world.ws2.sendto(s, Buffer.from('last'), 4, 0, sockaddr_in('127.0.0.1', port), 16))).toBe(4);
  const all: string[] = [];
  for (;;) {
    expect(world.signalled(event, 60_000)).toBe(true);
    world.networkEvents(receiver, event);
    for (let one = world.receive(receiver); typeof one === 'string'; one = world.receive(receiver)) {
      if (one === 'last') return all;
      all.push(one);
    }
  }
}

describeOnEveryDatagramChain('the groups of a socket', (on) => {
  on.it('are 256 at most, and what is sent to each of them arrives, and nothing else', (world) => {
    const { receiver, port, send } = pair(world);
    for (let which = 0; which < MOST_GROUPS; which++) {
      expect(change(world, receiver, IP_ADD_MEMBERSHIP, group(which)), String(which)).toBe(0);
    }
    expect(change(world, receiver, IP_ADD_MEMBERSHIP, group(0))).toBe(WSAEINVAL);
    expect(change(world, receiver, IP_ADD_MEMBERSHIP, group(100))).toBe(WSAEINVAL);
    expect(change(world, receiver, IP_ADD_MEMBERSHIP, group(MOST_GROUPS))).toBe(WSAEINVAL);
    // The machine is in this one, the socket is not.
    const neighbour = world.udpSocket();
    expect(change(world, neighbour, IP_ADD_MEMBERSHIP, group(MOST_GROUPS))).toBe(0);
    const some = [0, 19, 20, 21, 100, MOST_GROUPS - 1];
    for (const which of [...some, MOST_GROUPS]) send(group(which));
    expect(received(world, receiver, port)).toEqual(some.map((which) => group(which).join('.')));
  });

  on.it('are left one by one, whether first or last joined, and make room for others', (world) => {
    const { receiver, port, send } = pair(world);
    for (let which = 0; which < MOST_GROUPS; which++) change(world, receiver, IP_ADD_MEMBERSHIP, group(which));
    const neighbour = world.udpSocket();
    for (const which of [3, 200]) {
      expect(change(world, receiver, IP_DROP_MEMBERSHIP, group(which))).toBe(0);
      expect(change(world, receiver, IP_DROP_MEMBERSHIP, group(which))).toBe(WSAEADDRNOTAVAIL);
      expect(change(world, neighbour, IP_ADD_MEMBERSHIP, group(which))).toBe(0);
      send(group(which));
    }
    for (const which of [300, 301]) expect(change(world, receiver, IP_ADD_MEMBERSHIP, group(which))).toBe(0);
    expect(change(world, receiver, IP_ADD_MEMBERSHIP, group(302))).toBe(WSAEINVAL);
    expect(change(world, receiver, IP_ADD_MEMBERSHIP, group(50))).toBe(WSAEINVAL);
    for (const which of [4, 300, 301]) send(group(which));
    expect(received(world, receiver, port)).toEqual(['239.77.0.4', '239.77.1.44', '239.77.1.45']);
    for (let which = 0; which < MOST_GROUPS; which++) change(world, receiver, IP_DROP_MEMBERSHIP, group(which));
    expect(change(world, neighbour, IP_ADD_MEMBERSHIP, group(4))).toBe(0);
    for (const which of [4, 300]) send(group(which));
    expect(received(world, receiver, port)).toEqual(['239.77.1.44']);
    for (const which of [300, 301]) expect(change(world, receiver, IP_DROP_MEMBERSHIP, group(which))).toBe(0);
    for (const which of [4, 300]) send(group(which));
    expect(received(world, receiver, port)).toEqual([]);
  });

  on.it('may be joined for some sources, also beyond the first twenty', (world) => {
    const { receiver, port, send } = pair(world);
    for (const first of [0, 40]) {
      expect(change(world, receiver, IP_ADD_SOURCE_MEMBERSHIP, group(first), LOOPBACK)).toBe(0);
      expect(change(world, receiver, IP_ADD_SOURCE_MEMBERSHIP, group(first), LOOPBACK)).toBe(WSAEADDRNOTAVAIL);
      expect(change(world, receiver, IP_ADD_MEMBERSHIP, group(first + 1))).toBe(0);
      expect(change(world, receiver, IP_BLOCK_SOURCE, group(first + 1), LOOPBACK)).toBe(0);
      expect(change(world, receiver, IP_BLOCK_SOURCE, group(first + 2), LOOPBACK)).toBe(WSAEINVAL);
      for (let which = first + 2; which < first + 30; which++) {
        expect(change(world, receiver, IP_ADD_MEMBERSHIP, group(which))).toBe(0);
      }
      for (const from of [1, 2]) for (const which of [first, first + 1]) send(group(which), from);
      const expected = [group(first), group(first + 1)].map((each) => each.join('.'));
      expect(received(world, receiver, port)).toEqual(expected);
      expect(change(world, receiver, IP_ADD_SOURCE_MEMBERSHIP, group(first), [127, 0, 0, 2])).toBe(0);
      expect(change(world, receiver, IP_UNBLOCK_SOURCE, group(first + 1), LOOPBACK)).toBe(0);
      for (const from of [1, 2]) for (const which of [first, first + 1]) send(group(which), from);
      expect(received(world, receiver, port)).toHaveLength(4);
      expect(change(world, receiver, IP_DROP_SOURCE_MEMBERSHIP, group(first), LOOPBACK)).toBe(0);
      expect(change(world, receiver, IP_DROP_SOURCE_MEMBERSHIP, group(first), LOOPBACK)).toBe(WSAEADDRNOTAVAIL);
      for (const from of [1, 2]) send(group(first), from);
      expect(received(world, receiver, port)).toHaveLength(1);
      // With its last source the group is left.
      expect(change(world, receiver, IP_DROP_SOURCE_MEMBERSHIP, group(first), [127, 0, 0, 2])).toBe(0);
      expect(change(world, receiver, IP_DROP_MEMBERSHIP, group(first))).toBe(WSAEADDRNOTAVAIL);
      const neighbour = world.udpSocket();
      expect(change(world, neighbour, IP_ADD_MEMBERSHIP, group(first))).toBe(0);
      send(group(first));
      expect(received(world, receiver, port)).toEqual([]);
      expect(change(world, receiver, IP_ADD_MEMBERSHIP, group(first))).toBe(0);
    }
  });

  on.it('have at most ten sources each', (world) => {
    const s = world.udpSocket();
    for (const which of [0, 40]) {
      for (let host = 1; host <= 10; host++) {
        expect(change(world, s, IP_ADD_SOURCE_MEMBERSHIP, group(which), [10, 0, 0, host])).toBe(0);
      }
      expect(change(world, s, IP_ADD_SOURCE_MEMBERSHIP, group(which), [10, 0, 0, 11])).toBe(WSAEINVAL);
      expect(change(world, s, IP_BLOCK_SOURCE, group(which), [10, 0, 0, 12])).toBe(WSAEINVAL);
      for (let other = 1; other < 30; other++) change(world, s, IP_ADD_MEMBERSHIP, group(which + other));
    }
  });

  on.it('end with the socket, which closes as any other', (world) => {
    const { receiver } = pair(world);
    for (let which = 0; which < 64; which++) change(world, receiver, IP_ADD_MEMBERSHIP, group(which));
    expect(world.code(world.ws2.closesocket(receiver))).toBe(0);
    const { receiver: next, port, send } = pair(world);
    const neighbour = world.udpSocket();
    for (let which = 0; which < 30; which++) change(world, next, IP_ADD_MEMBERSHIP, group(which + 100));
    expect(change(world, neighbour, IP_ADD_MEMBERSHIP, group(30))).toBe(0);
    for (const which of [30, 129]) send(group(which));
    expect(received(world, next, port)).toEqual(['239.77.0.129']);
  });

  on.it('are no matter of what is sent to the socket itself', (world) => {
    const { receiver, port } = pair(world);
    for (let which = 0; which < 64; which++) change(world, receiver, IP_ADD_MEMBERSHIP, group(which));
    expect(received(world, receiver, port)).toEqual([]);
  });

  on.it('of IPv6 are as many', (world) => {
    const { s } = world.boundUdp(AF_INET6);
    for (let which = 0; which < MOST_GROUPS; which++) {
      expect(change6(world, s, IPV6_ADD_MEMBERSHIP, which + 1), String(which)).toBe(0);
    }
    expect(change6(world, s, IPV6_ADD_MEMBERSHIP, 1)).toBe(WSAEINVAL);
    expect(change6(world, s, IPV6_ADD_MEMBERSHIP, 0x101)).toBe(WSAEINVAL);
    expect(change6(world, s, IPV6_DROP_MEMBERSHIP, 7)).toBe(0);
    expect(change6(world, s, IPV6_DROP_MEMBERSHIP, 7)).toBe(WSAEADDRNOTAVAIL);
    expect(change6(world, s, IPV6_ADD_MEMBERSHIP, 0x101)).toBe(0);
    expect(change6(world, s, IPV6_ADD_MEMBERSHIP, 7)).toBe(WSAEINVAL);
  });

  on.it('are joined for a source by an interface’s index as well', (world) => {
    const { receiver, port, send } = pair(world);
    const of = (address: Address, index: number): Uint8Array =>
      GROUP_SOURCE_REQ.encode({
        gsr_interface: index,
        gsr_group: sockaddr_in(address.join('.'), 0),
        gsr_source: sockaddr_in('127.0.0.1', 0),
      });
    const set = (optname: number, request: Uint8Array): number =>
      world.code(world.ws2.setsockopt(receiver, IPPROTO_IP, optname, request, request.length));
    expect(set(MCAST_JOIN_SOURCE_GROUP, of(group(1), 1))).toBe(0);
    expect(set(MCAST_JOIN_SOURCE_GROUP, of(group(1), 99_999))).toBe(WSAEADDRNOTAVAIL);
    send(group(1));
    send(group(1), 2);
    expect(received(world, receiver, port)).toEqual(['239.77.0.1']);
    expect(set(MCAST_BLOCK_SOURCE, of(group(1), 1))).toBe(WSAEINVAL);
    expect(set(MCAST_LEAVE_SOURCE_GROUP, of(group(1), 1))).toBe(0);
    expect(set(MCAST_LEAVE_SOURCE_GROUP, of(group(1), 1))).toBe(WSAEINVAL);
  });

  on.it('of IPv6 have sources too', (world) => {
    const s = world.udpSocket(AF_INET6);
    const request = GROUP_SOURCE_REQ.encode({
      gsr_interface: 1,
      gsr_group: sockaddr_in6('ff01::77', 0),
      gsr_source: sockaddr_in6('fd00::9', 0),
    });
    const set = (optname: number): number =>
      world.code(world.ws2.setsockopt(s, IPPROTO_IPV6, optname, request, request.length));
    expect(set(MCAST_BLOCK_SOURCE)).toBe(WSAEINVAL);
    expect(set(MCAST_JOIN_SOURCE_GROUP)).toBe(0);
    expect(set(MCAST_JOIN_SOURCE_GROUP)).toBe(WSAEADDRNOTAVAIL);
    expect(set(MCAST_LEAVE_SOURCE_GROUP)).toBe(0);
    expect(set(MCAST_LEAVE_SOURCE_GROUP)).toBe(WSAEINVAL);
  });
});

describe('the groups of a native socket that is duplicated', () => {
  test(
    'are those that Linux lets it into, and those that it was in before',
    inWorld('tcpip', (world) => {
      const { receiver, port, send } = pair(world);
      for (let which = 0; which < 30; which++) change(world, receiver, IP_ADD_MEMBERSHIP, group(which));
      const info: Partial<WSAPROTOCOL_INFO> = {};
      expect(world.code(world.ws2.WSADuplicateSocket(receiver, process.pid, info))).toBe(0);
      const other = world.track(world.ws2.WSASocket(-1, -1, -1, info as WSAPROTOCOL_INFO, 0, WSA_FLAG_OVERLAPPED));
      for (const s of [receiver, other]) expect(change(world, s, IP_ADD_MEMBERSHIP, group(30))).toBe(WSAEINVAL);
      send(group(29));
      expect(received(world, receiver, port)).toEqual(['239.77.0.29']);
    }),
  );
});

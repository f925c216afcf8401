// Which kind of socket has which option, and how the others refuse it.
import { expect, test } from 'vitest';
import * as spi from 'ws2spi';
import {
  AF_INET,
  AF_INET6,
  IP_PMTUDISC_DO,
  IP_PMTUDISC_MAX,
  IP_PMTUDISC_NOT_SET,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_IP,
  IPPROTO_IPV6,
  ref,
  SOCK_RAW,
  SOL_SOCKET,
  WSA_FLAG_OVERLAPPED,
  WSAEINVAL,
  WSAENOPROTOOPT,
  WSAENOTCONN,
  winsockErrorName,
} from 'ws2spi';
import { SOCKET_OPTIONS, type SocketKind } from 'ws2spi/io';
import { dword, numberOf } from '../../support/ioctls.js';
import { describeOnEveryChain, describeOnEveryProvider, type World } from '../../support/providers.js';
import { rawSocketsPermitted } from '../../support/raw-sockets.js';

const KINDS: readonly SocketKind[] = ['stream', 'datagram', 'raw'];

function open(world: World, kind: SocketKind, family: number): number {
  if (kind === 'stream') return world.tcpSocket(family);
  if (kind === 'datagram') return world.udpSocket(family);
  const protocol = family === AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
  return world.track(world.ws2.WSASocket(family, SOCK_RAW, protocol, null, 0, WSA_FLAG_OVERLAPPED));
}

function set(world: World, s: number, level: number, optname: number, value: Uint8Array): number {
  return world.code(world.ws2.setsockopt(s, level, optname, value, value.length));
}

/** What reading an option gives: its code, and the bytes. */
function read(world: World, s: number, level: number, optname: number): { code: number; value: Uint8Array } {
  const value = new Uint8Array(264);
  const length = ref(264);
  const code = world.code(world.ws2.getsockopt(s, level, optname, value, length));
  return { code, value: value.slice(0, code === 0 ? length.value : 0) };
}

/** The number of one of Windows' names. */
function numberNamed(name: string): number {
  return (spi as unknown as Record<string, number>)[name]!;
}

const words = (code: number): string => (code === 0 ? 'ok' : winsockErrorName(code)!);

describeOnEveryProvider('every option of the table', (on) => {
  for (const kind of on.native && !rawSocketsPermitted ? KINDS.slice(0, 2) : KINDS) {
    on.it(`is had by a ${kind} socket, or refused, as the table says`, (world) => {
      for (const row of SOCKET_OPTIONS) {
        const family = row.level === IPPROTO_IPV6 ? AF_INET6 : AF_INET;
        const s = open(world, kind, family);
        const foreign = row.level === IPPROTO_IP || row.level === IPPROTO_IPV6 ? WSAEINVAL : WSAENOPROTOOPT;
        const { code, value } = read(world, s, row.level, row.optname);
        const has = row.kinds.includes(kind);
        if (row.access === 'write' || row.needsGroup === true)
          expect([row.name, words(code)]).toEqual([row.name, 'WSAENOPROTOOPT']);
        else if (!has) expect([row.name, words(code)]).toEqual([row.name, words(foreign)]);
        else if (!/_MTU$/.test(row.name) || row.access !== 'read')
          expect([row.name, words(code)]).toEqual([row.name, 'ok']);
        if (row.access !== 'read' && !has) {
          const refused = set(world, s, row.level, row.optname, new Uint8Array(264));
          expect([row.name, words(refused)]).toEqual([row.name, words(foreign)]);
        } else if (row.access === 'read' && row.name !== 'SO_TYPE') {
          const refused = set(world, s, row.level, row.optname, new Uint8Array(264));
          expect([row.name, words(refused)]).toEqual([row.name, 'WSAENOPROTOOPT']);
        } else if (
          row.access === 'read-write' &&
          row.needsGroup !== true &&
          !/_MTU_DISCOVER$|^IPV6_CHECKSUM$/.test(row.name)
        ) {
          // What was read can be set, but for the checksum of ICMPv6, which is the system's own affair.
          const again = set(world, s, row.level, row.optname, value);
          expect([row.name, words(again)]).toEqual([row.name, 'ok']);
        }
        world.ws2.closesocket(s);
      }
    });
  }
});

/** What Windows gives on a fresh IPv4 socket, by the options' names without the first `IP_`. */
const IPV4 = {
  readableByStreams: 'OPTIONS TOS TTL DONTFRAGMENT IFLIST UNICAST_IF RTHDR USER_MTU MTU_DISCOVER',
  ofMessages:
    'MULTICAST_IF MULTICAST_TTL MULTICAST_LOOP PKTINFO RECVTTL RECEIVE_BROADCAST RECVIF RECVDSTADDR RECVRTHDR RECVTOS ' +
    'ORIGINAL_ARRIVAL_IF ECN PKTINFO_EX WFP_REDIRECT_RECORDS WFP_REDIRECT_CONTEXT',
  writeOnly: 'ADD_MEMBERSHIP DROP_MEMBERSHIP ADD_SOURCE_MEMBERSHIP DROP_SOURCE_MEMBERSHIP BLOCK_SOURCE UNBLOCK_SOURCE',
};
const IPV6 = {
  readableByStreams: 'HOPOPTS UNICAST_HOPS DONTFRAG IFLIST UNICAST_IF RTHDR USER_MTU MTU_DISCOVER V6ONLY',
  ofMessages:
    'MULTICAST_IF MULTICAST_HOPS MULTICAST_LOOP PKTINFO HOPLIMIT RECVIF RECVDSTADDR RECVRTHDR RECVTCLASS ECN PKTINFO_EX ' +
    'WFP_REDIRECT_RECORDS WFP_REDIRECT_CONTEXT',
  writeOnly: 'ADD_MEMBERSHIP DROP_MEMBERSHIP',
};

describeOnEveryChain('options of IP', (on) => {
  for (const [family, level, prefix, names] of [
    [AF_INET, IPPROTO_IP, 'IP_', IPV4],
    [AF_INET6, IPPROTO_IPV6, 'IPV6_', IPV6],
  ] as const) {
    const each = (list: string): [string, number][] =>
      list.split(' ').map((name) => [prefix + name, numberNamed(prefix + name)]);

    on.it(`${prefix}*: a stream reads its own, and says WSAEINVAL to those of messages`, (world) => {
      const s = world.tcpSocket(family);
      for (const [name, number] of each(names.readableByStreams)) {
        expect([name, read(world, s, level, number).code]).toEqual([name, 0]);
      }
      for (const [name, number] of each(`${names.ofMessages} HDRINCL GET_IFLIST RECVERR`)) {
        expect([name, read(world, s, level, number).code]).toEqual([name, WSAEINVAL]);
        const foreign = name.endsWith('GET_IFLIST') ? WSAENOPROTOOPT : WSAEINVAL;
        expect([name, set(world, s, level, number, dword(0))]).toEqual([name, foreign]);
      }
      for (const [name, number] of each(names.writeOnly)) {
        expect([name, read(world, s, level, number).code]).toEqual([name, WSAENOPROTOOPT]);
        expect([name, set(world, s, level, number, new Uint8Array(264))]).toEqual([name, WSAEINVAL]);
      }
    });

    on.it(`${prefix}*: a datagram socket reads and sets what goes with each datagram`, (world) => {
      const s = world.udpSocket(family);
      for (const [name, number] of each(`${names.readableByStreams} ${names.ofMessages} RECVERR`)) {
        const { code, value } = read(world, s, level, number);
        expect([name, code]).toEqual([name, 0]);
        if (name.endsWith('MTU_DISCOVER')) continue;
        expect([name, set(world, s, level, number, value)]).toEqual([name, 0]);
      }
      for (const [name, number] of each('HDRINCL GET_IFLIST')) {
        expect([name, read(world, s, level, number).code]).toEqual([name, WSAEINVAL]);
      }
      for (const [name, number] of each(names.writeOnly)) {
        expect([name, read(world, s, level, number).code]).toEqual([name, WSAENOPROTOOPT]);
      }
    });

    on.it(
      `${prefix}MTU needs a connection, and ${prefix}MTU_DISCOVER takes all that it says but "not set"`,
      (world) => {
        for (const s of [world.tcpSocket(family), world.udpSocket(family)]) {
          const number = numberNamed(`${prefix}MTU_DISCOVER`);
          expect(read(world, s, level, numberNamed(`${prefix}MTU`)).code).toBe(WSAENOTCONN);
          expect(numberOf(read(world, s, level, number).value)).toBe(IP_PMTUDISC_NOT_SET);
          for (const value of [IP_PMTUDISC_NOT_SET, IP_PMTUDISC_MAX]) {
            expect(set(world, s, level, number, dword(value))).toBe(WSAEINVAL);
          }
          expect(set(world, s, level, number, dword(IP_PMTUDISC_DO))).toBe(0);
          expect(numberOf(read(world, s, level, number).value)).toBe(IP_PMTUDISC_DO);
        }
      },
    );

    on.it(`${prefix}IFLIST stays off, since reception is never limited to some interfaces`, (world) => {
      for (const s of [world.tcpSocket(family), world.udpSocket(family)]) {
        expect(set(world, s, level, numberNamed(`${prefix}IFLIST`), dword(1))).toBe(WSAEINVAL);
        for (const name of ['ADD_IFLIST', 'DEL_IFLIST']) {
          expect(set(world, s, level, numberNamed(prefix + name), dword(1))).toBe(WSAEINVAL);
        }
      }
    });
  }

  on.it('that nobody knows are WSAENOPROTOOPT, whatever the socket', (world) => {
    for (const s of [world.tcpSocket(), world.udpSocket(), world.tcpSocket(AF_INET6), world.udpSocket(AF_INET6)]) {
      for (const [level, number] of [
        [IPPROTO_IP, 200],
        [IPPROTO_IP, 5],
        [IPPROTO_IPV6, 200],
        [IPPROTO_IPV6, 3],
        [SOL_SOCKET, 0x6fff],
      ] as const) {
        expect(read(world, s, level, number).code).toBe(WSAENOPROTOOPT);
        expect(set(world, s, level, number, dword(1))).toBe(WSAENOPROTOOPT);
      }
    }
  });
});

describeOnEveryProvider('raw sockets', (on) => {
  const sentence = 'have IP_HDRINCL, the options of messages, and no IP_RECVERR';
  if (on.native && !rawSocketsPermitted) {
    test.skip(`${sentence} [needs CAP_NET_RAW]`, () => undefined);
    return;
  }
  on.it(sentence, (world) => {
    for (const [family, level, prefix, names] of [
      [AF_INET, IPPROTO_IP, 'IP_', IPV4],
      [AF_INET6, IPPROTO_IPV6, 'IPV6_', IPV6],
    ] as const) {
      const s = open(world, 'raw', family);
      for (const name of `HDRINCL ${names.ofMessages}`.split(' ')) {
        expect([name, read(world, s, level, numberNamed(prefix + name)).code]).toEqual([name, 0]);
      }
      for (const name of ['RECVERR', 'GET_IFLIST']) {
        expect([name, read(world, s, level, numberNamed(prefix + name)).code]).toEqual([name, WSAEINVAL]);
      }
      expect(set(world, s, level, numberNamed(`${prefix}RECVERR`), dword(1))).toBe(WSAEINVAL);
    }
  });
});

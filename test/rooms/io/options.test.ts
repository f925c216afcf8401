import { describe, expect, test } from 'vitest';
import {
  AF_INET6,
  IP_DONTFRAGMENT,
  IP_MULTICAST_LOOP,
  IP_MULTICAST_TTL,
  IP_PKTINFO,
  IP_RECVTOS,
  IP_RECVTTL,
  IP_TOS,
  IP_TTL,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_DONTFRAG,
  IPV6_HOPLIMIT,
  IPV6_MULTICAST_HOPS,
  IPV6_MULTICAST_LOOP,
  IPV6_PKTINFO,
  IPV6_RECVTCLASS,
  IPV6_UNICAST_HOPS,
  IPV6_V6ONLY,
  LINGER,
  ref,
  SO_ACCEPTCONN,
  SO_BROADCAST,
  SO_DONTLINGER,
  SO_DONTROUTE,
  SO_ERROR,
  SO_EXCLUSIVEADDRUSE,
  SO_KEEPALIVE,
  SO_LINGER,
  SO_MAX_MSG_SIZE,
  SO_OOBINLINE,
  SO_PROTOCOL_INFOW,
  SO_RCVBUF,
  SO_RCVTIMEO,
  SO_REUSEADDR,
  SO_SNDBUF,
  SO_SNDTIMEO,
  SO_TYPE,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_NODELAY,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOBUFS,
  WSAENOPROTOOPT,
  WSAENOTSOCK,
} from 'ws2spi';
import { describeOnEveryChain, describeOnEveryProvider, type World } from '../../support/providers.js';

const dword = (value: number): Uint8Array => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
};

function set(world: World, s: number, level: number, option: number, value: number, length = 4): number {
  return world.code(world.ws2.setsockopt(s, level, option, dword(value), length));
}

/** An option's value as a number, of however many bytes are told. */
function get(world: World, s: number, level: number, option: number): number {
  const value = new Uint8Array(4);
  const length = ref(4);
  const code = world.code(world.ws2.getsockopt(s, level, option, value, length));
  if (code !== 0) return -code;
  return new DataView(value.buffer).getUint32(0, true) % 2 ** (8 * length.value);
}

type Kind = 'stream' | 'datagram' | 'stream6' | 'datagram6';

function open(world: World, kind: Kind): number {
  const family = kind.endsWith('6') ? AF_INET6 : undefined;
  return kind.startsWith('stream') ? world.tcpSocket(family) : world.udpSocket(family);
}

describeOnEveryChain('socket options', (on) => {
  // 3.1, 3.2
  on.it('read back as they were set', (world) => {
    const s = world.tcpSocket();
    for (const [option, value] of [
      [SO_RCVTIMEO, 63000],
      [SO_RCVTIMEO, 0],
      [SO_SNDTIMEO, 997000],
      [SO_SNDBUF, 4096],
      [SO_RCVBUF, 4096],
      [SO_RCVBUF, 0],
      [SO_KEEPALIVE, 1],
      [SO_OOBINLINE, 1],
      [SO_DONTROUTE, 1],
    ] as const) {
      expect([set(world, s, SOL_SOCKET, option, value), world.ws2.WSAGetLastError()]).toEqual([0, 0]);
      expect(get(world, s, SOL_SOCKET, option), `option ${option}`).toBe(value);
    }
    expect(set(world, s, IPPROTO_TCP, TCP_NODELAY, 1)).toBe(0);
    expect(get(world, s, IPPROTO_TCP, TCP_NODELAY)).toBe(1);
    expect(get(world, s, SOL_SOCKET, SO_TYPE)).toBe(SOCK_STREAM);
  });

  // 3.4
  on.it('keep SO_LINGER and SO_DONTLINGER in step', (world) => {
    const s = world.tcpSocket();
    const linger = () => {
      const value = new Uint8Array(4);
      world.ws2.getsockopt(s, SOL_SOCKET, SO_LINGER, value, ref(4));
      return LINGER.decode(value);
    };
    for (const [l_onoff, l_linger] of [
      [0, 0],
      [0, 73],
      [1, 0],
      [5, 189],
    ] as const) {
      expect(world.ws2.setsockopt(s, SOL_SOCKET, SO_LINGER, LINGER.encode({ l_onoff, l_linger }), 4)).toBe(0);
      expect(linger().l_onoff !== 0).toBe(l_onoff !== 0);
      if (l_onoff !== 0) expect(linger().l_linger).toBe(l_linger);
      expect(get(world, s, SOL_SOCKET, SO_DONTLINGER)).toBe(l_onoff === 0 ? 1 : 0);
    }
    expect(set(world, s, SOL_SOCKET, SO_DONTLINGER, 1)).toBe(0);
    expect(linger().l_onoff).toBe(0);
  });

  // 12.3
  on.it('tell whether a socket listens, and do not let themselves be told', (world) => {
    const s = world.tcpSocket();
    expect(get(world, s, SOL_SOCKET, SO_ACCEPTCONN)).toBe(0);
    expect(get(world, world.listener().s, SOL_SOCKET, SO_ACCEPTCONN)).toBe(1);
    expect(set(world, s, SOL_SOCKET, SO_ACCEPTCONN, 1)).toBe(WSAENOPROTOOPT);
    expect(set(world, s, SOL_SOCKET, SO_TYPE, 1)).toBe(WSAENOPROTOOPT);
  });

  // 4.6
  on.it('allow either of SO_REUSEADDR and SO_EXCLUSIVEADDRUSE', (world) => {
    const s = world.tcpSocket();
    for (const [first, second] of [
      [SO_REUSEADDR, SO_EXCLUSIVEADDRUSE],
      [SO_EXCLUSIVEADDRUSE, SO_REUSEADDR],
    ] as const) {
      expect(set(world, s, SOL_SOCKET, first, 1)).toBe(0);
      expect(set(world, s, SOL_SOCKET, second, 1)).toBe(WSAEINVAL);
      expect(set(world, s, SOL_SOCKET, second, 0)).toBe(0);
      expect(set(world, s, SOL_SOCKET, first, 0)).toBe(0);
    }
  });

  // 3.9
  on.it('let SO_ERROR be set', (world) => {
    const s = world.tcpSocket();
    expect([set(world, s, SOL_SOCKET, SO_ERROR, 1234), get(world, s, SOL_SOCKET, SO_ERROR)]).toEqual([0, 1234]);
  });

  on.it('are refused where there are none', (world) => {
    const s = world.tcpSocket();
    for (const level of [0xffffffff, 0x8000]) {
      expect(set(world, s, level, SO_RCVTIMEO, 1)).toBe(WSAEINVAL);
      expect(get(world, s, level, SO_RCVTIMEO)).toBe(-WSAEINVAL);
    }
    expect(set(world, s, SOL_SOCKET, 0x7777, 1)).toBe(WSAENOPROTOOPT);
    expect(get(world, s, SOL_SOCKET, 0x7777)).toBe(-WSAENOPROTOOPT);
    expect(get(world, s, SOL_SOCKET, SO_MAX_MSG_SIZE)).toBe(-WSAENOPROTOOPT);
    const closed = world.tcpSocket();
    world.ws2.closesocket(closed);
    const value = new Uint8Array(4).fill(9);
    expect(world.code(world.ws2.getsockopt(closed, SOL_SOCKET, SO_TYPE, value, ref(4)))).toBe(WSAENOTSOCK);
    expect([...value]).toEqual([9, 9, 9, 9]);
  });

  on.it('pass from a listener to the sockets that it accepts', (world) => {
    const { s: listener, name } = world.listener();
    set(world, listener, SOL_SOCKET, SO_KEEPALIVE, 1);
    set(world, listener, SOL_SOCKET, SO_RCVTIMEO, 77);
    set(world, listener, IPPROTO_TCP, TCP_NODELAY, 1);
    world.connect(world.tcpSocket(), name);
    const server = world.accept(listener);
    expect(get(world, server, SOL_SOCKET, SO_KEEPALIVE)).toBe(1);
    expect(get(world, server, SOL_SOCKET, SO_RCVTIMEO)).toBe(77);
    expect(get(world, server, IPPROTO_TCP, TCP_NODELAY)).toBe(1);
    expect(get(world, server, SOL_SOCKET, SO_ACCEPTCONN)).toBe(0);
  });

  on.it('name the entry of the chain in SO_PROTOCOL_INFO, for accepted sockets too', (world) => {
    const { client, server } = world.connectedPair();
    for (const s of [client, server]) {
      const value = new Uint8Array(628);
      expect(world.ws2.getsockopt(s, SOL_SOCKET, SO_PROTOCOL_INFOW, value, ref(628))).toBe(0);
      const id = new DataView(value.buffer).getUint32(36, true);
      const expected = world.entries.get('2 1')?.dwCatalogEntryId;
      if (expected === undefined) expect(id).toBeGreaterThan(0);
      else expect(id).toBe(expected);
    }
  });
});

/**
 * Measured behaviour 3.11: level, option, socket, whether short lengths do, lengths told at 1, 2 and 4, what 0x100
 * becomes.
 */
const LENGTHS: [string, number, number, Kind, boolean, [number, number, number], number][] = [
  ['SO_BROADCAST', SOL_SOCKET, SO_BROADCAST, 'datagram', true, [1, 1, 4], 1],
  ['SO_DONTLINGER', SOL_SOCKET, SO_DONTLINGER, 'stream', true, [1, 1, 4], 1],
  ['SO_OOBINLINE', SOL_SOCKET, SO_OOBINLINE, 'stream', true, [1, 1, 4], 1],
  ['SO_REUSEADDR', SOL_SOCKET, SO_REUSEADDR, 'stream', true, [1, 1, 4], 1],
  ['SO_EXCLUSIVEADDRUSE', SOL_SOCKET, SO_EXCLUSIVEADDRUSE, 'stream', true, [1, 1, 4], 1],
  ['SO_LINGER', SOL_SOCKET, SO_LINGER, 'stream', false, [1, 2, 4], 0x100],
  ['SO_RCVBUF', SOL_SOCKET, SO_RCVBUF, 'stream', false, [1, 2, 4], 0x100],
  ['SO_SNDBUF', SOL_SOCKET, SO_SNDBUF, 'stream', false, [1, 2, 4], 0x100],
  ['SO_KEEPALIVE', SOL_SOCKET, SO_KEEPALIVE, 'stream', true, [1, 1, 1], 0],
  ['SO_DONTROUTE', SOL_SOCKET, SO_DONTROUTE, 'stream', true, [1, 1, 1], 0],
  ['TCP_NODELAY', IPPROTO_TCP, TCP_NODELAY, 'stream', true, [1, 1, 1], 0],
  ['IPV6_V6ONLY', IPPROTO_IPV6, IPV6_V6ONLY, 'datagram6', true, [1, 1, 1], 0],
  ['SO_RCVTIMEO', SOL_SOCKET, SO_RCVTIMEO, 'stream', false, [1, 2, 4], 0x100],
  ['SO_SNDTIMEO', SOL_SOCKET, SO_SNDTIMEO, 'stream', false, [1, 2, 4], 0x100],
  ['IP_MULTICAST_LOOP', IPPROTO_IP, IP_MULTICAST_LOOP, 'datagram', true, [1, 1, 4], 1],
  ['IP_MULTICAST_TTL', IPPROTO_IP, IP_MULTICAST_TTL, 'datagram', true, [1, 1, 4], -WSAEINVAL],
  ['IP_TOS', IPPROTO_IP, IP_TOS, 'datagram', true, [1, 1, 4], -WSAEINVAL],
  ['IP_TTL', IPPROTO_IP, IP_TTL, 'datagram', true, [1, 1, 4], -WSAEINVAL],
  ['IPV6_MULTICAST_HOPS', IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 'datagram6', true, [1, 1, 4], -WSAEINVAL],
  ['IPV6_UNICAST_HOPS', IPPROTO_IPV6, IPV6_UNICAST_HOPS, 'datagram6', true, [1, 1, 4], -WSAEINVAL],
  ['IP_PKTINFO', IPPROTO_IP, IP_PKTINFO, 'datagram', false, [0, 0, 4], 1],
  ['IP_RECVTOS', IPPROTO_IP, IP_RECVTOS, 'datagram', false, [0, 0, 4], 1],
  ['IP_RECVTTL', IPPROTO_IP, IP_RECVTTL, 'datagram', false, [0, 0, 4], 1],
  ['IPV6_HOPLIMIT', IPPROTO_IPV6, IPV6_HOPLIMIT, 'datagram6', false, [0, 0, 4], 1],
  ['IPV6_PKTINFO', IPPROTO_IPV6, IPV6_PKTINFO, 'datagram6', false, [0, 0, 4], 1],
  ['IPV6_RECVTCLASS', IPPROTO_IPV6, IPV6_RECVTCLASS, 'datagram6', false, [0, 0, 4], 1],
  ['IPV6_DONTFRAG', IPPROTO_IPV6, IPV6_DONTFRAG, 'stream6', true, [1, 1, 4], 1],
  ['IPV6_MULTICAST_LOOP', IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 'datagram6', true, [1, 1, 4], 1],
];

describeOnEveryProvider('the length of', (on) => {
  for (const [name, level, option, kind, short, told, whole] of LENGTHS) {
    on.it(`${name} is what Windows takes and tells`, (world) => {
      const results = [1, 2, 4].map((length) => {
        const s = open(world, kind);
        const written = set(world, s, level, option, 1, length);
        const value = new Uint8Array(4).fill(0xde);
        const outLength = ref(length);
        const read = world.code(world.ws2.getsockopt(s, level, option, value, outLength));
        if (written === 0) expect(value[0], `value of length ${length}`).toBe(1);
        return { written, read, outLength: outLength.value };
      });
      const code = short ? 0 : WSAEFAULT;
      expect(results).toEqual([
        { written: code, read: code, outLength: told[0] },
        { written: code, read: code, outLength: told[1] },
        { written: 0, read: 0, outLength: told[2] },
      ]);
      const s = open(world, kind);
      const written = set(world, s, level, option, 0x100);
      expect(written === 0 ? get(world, s, level, option) : -written).toBe(whole);

      const eight = Uint8Array.of(1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff);
      expect(world.code(world.ws2.setsockopt(s, level, option, eight, 8))).toBe(0);
      const length = ref(8);
      expect(world.code(world.ws2.getsockopt(s, level, option, eight, length))).toBe(0);
      expect(length.value).toBe(told[2]);
      expect(world.code(world.ws2.getsockopt(s, level, option, eight, ref(0)))).toBe(WSAEFAULT);
      const negative = ref(-1);
      expect(world.code(world.ws2.getsockopt(s, level, option, eight, negative))).toBe(WSAEFAULT);
      expect(negative.value).toBe(-1);
      const isBoolean = level === SOL_SOCKET && told[2] === 4 && short;
      expect(world.code(world.ws2.setsockopt(s, level, option, eight, 0))).toBe(isBoolean ? 0 : WSAEFAULT);
      const greatest = told[2] === 1 || level !== SOL_SOCKET ? WSAENOBUFS : 0;
      expect(world.code(world.ws2.setsockopt(s, level, option, eight, -1))).toBe(greatest);
      expect(world.code(world.ws2.setsockopt(s, level, option, null as never, 4))).toBe(WSAEFAULT);
    });
  }

  // 3.12
  on.it('a time to live says how many of its bytes count', (world) => {
    const s = world.udpSocket();
    for (const [length, value, expected] of [
      [1, 0xffffff0a, 0x0a],
      [2, 0xffff000b, 0x0b],
      [3, 0xff00000c, 0x0c],
      [4, 0x0d, 0x0d],
    ] as const) {
      expect(set(world, s, IPPROTO_IP, IP_MULTICAST_TTL, value, length)).toBe(0);
      expect(get(world, s, IPPROTO_IP, IP_MULTICAST_TTL)).toBe(expected);
    }
  });

  // 3.16, 8.3
  on.it('fragmentation and of the type of a datagram socket are as on Windows', (world) => {
    const s = world.udpSocket();
    expect(get(world, s, IPPROTO_IP, IP_DONTFRAGMENT)).toBe(0);
    expect(set(world, s, IPPROTO_IP, IP_DONTFRAGMENT, 0xdead)).toBe(0);
    expect(get(world, s, IPPROTO_IP, IP_DONTFRAGMENT)).toBe(1);
    expect(get(world, s, SOL_SOCKET, SO_TYPE)).toBe(SOCK_DGRAM);
    expect(set(world, s, SOL_SOCKET, SO_TYPE, 1)).toBe(WSAEINVAL);
    expect(get(world, s, SOL_SOCKET, SO_KEEPALIVE)).toBe(-WSAENOPROTOOPT);
    expect(get(world, s, SOL_SOCKET, SO_MAX_MSG_SIZE)).toBeGreaterThan(60_000);
  });
});

describe('the table of options', () => {
  test('has a row of lengths for each kind', () =>
    expect(new Set(LENGTHS.map(([name]) => name)).size).toBe(LENGTHS.length));
});

import { describe, expect, test } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  CSADDR_INFO,
  FD_READ,
  GROUP_REQ,
  IP_DONTFRAGMENT,
  IP_HDRINCL,
  IP_MTU,
  IP_MULTICAST_IF,
  IP_OPTIONS,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_DONTFRAG,
  IPV6_HDRINCL,
  IPV6_V6ONLY,
  MCAST_JOIN_GROUP,
  MCAST_LEAVE_GROUP,
  parseSockaddr,
  PVD_CONFIG,
  ref,
  SO_BSP_STATE,
  SO_CONDITIONAL_ACCEPT,
  SO_CONNDATA,
  SO_CONNECT_TIME,
  SO_GROUP_ID,
  SO_GROUP_PRIORITY,
  SO_MAX_MSG_SIZE,
  SO_MAXDG,
  SO_RANDOMIZE_PORT,
  SO_RCVLOWAT,
  SO_SNDLOWAT,
  SO_UPDATE_ACCEPT_CONTEXT,
  SO_UPDATE_CONNECT_CONTEXT,
  SO_USELOOPBACK,
  SOCK_STREAM,
  sockaddr_in,
  SOL_SOCKET,
  TCP_MAXSEG,
  WSAEAFNOSUPPORT,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOPROTOOPT,
  WSAENOTCONN,
  WSAENOTSOCK,
} from 'ws2spi';
import { SOCKET_OPTIONS, type OptionRow } from 'ws2spi/io';
import { dword, numberOf } from '../../support/ioctls.js';
import {
  describeOnEveryChain,
  describeOnEveryProvider,
  inWorld,
  loopback,
  type World,
} from '../../support/providers.js';

function set(world: World, s: number, level: number, option: number, value: Uint8Array | null): number {
  return world.code(world.ws2.setsockopt(s, level, option, value, value?.length ?? 0));
}

/** An option's bytes, or its error as a negative number. */
function read(world: World, s: number, level: number, option: number, room = 64): Uint8Array | number {
  const value = new Uint8Array(room);
  const length = ref(room);
  const code = world.code(world.ws2.getsockopt(s, level, option, value, length));
  return code === 0 ? value.slice(0, length.value) : -code;
}

/** An option's value as a number, or its error as a negative one. */
function get(world: World, s: number, level: number, option: number): number {
  const value = read(world, s, level, option, 4);
  return typeof value === 'number' ? value : numberOf(Buffer.concat([value, new Uint8Array(4)]));
}

/** A value that the option takes, and that is not its first. */
function otherValue(row: OptionRow): number {
  const taken = row.values ?? (row.range === undefined ? undefined : [row.range[0] + 1]);
  if (taken !== undefined) return taken[0]!;
  if (row.shape === 'boolean' || row.shape === 'flag' || row.shape === 'switch') return row.initial === 0 ? 1 : 0;
  return row.name.endsWith('_IF') ? 0 : row.shape === 'dword' ? 4096 : 7;
}

describeOnEveryProvider('every option of the table', (on) => {
  const numbers = SOCKET_OPTIONS.filter(
    ({ shape, access, kinds, needsGroup }) =>
      shape !== 'bytes' &&
      shape !== 'structure' &&
      access === 'read-write' &&
      // Those of sockets in groups are in socket-groups.test.ts.
      needsGroup !== true &&
      kinds.some((kind) => kind !== 'raw'),
  );
  for (const row of numbers) {
    on.it(`${row.name} reads back as it was set, and begins with its first value`, (world) => {
      const family = row.level === IPPROTO_IPV6 ? AF_INET6 : AF_INET;
      const stream = row.kinds.includes('stream');
      const s = stream ? world.tcpSocket(family) : world.udpSocket(family);
      const initial = (stream ? row.initialOfStreams : undefined) ?? row.initial;
      expect(get(world, s, row.level, row.optname)).toBe(initial);
      const value = otherValue(row);
      expect(set(world, s, row.level, row.optname, dword(value))).toBe(0);
      expect(get(world, s, row.level, row.optname)).toBe(value);
      if (row.range !== undefined) {
        expect(set(world, s, row.level, row.optname, dword(row.range[1] + 1))).toBe(WSAEINVAL);
        expect(get(world, s, row.level, row.optname)).toBe(value);
      }
      if (row.values !== undefined) expect(set(world, s, row.level, row.optname, dword(4711))).toBe(WSAEINVAL);
    });
  }
});

describeOnEveryChain('SO_BSP_STATE', (on) => {
  const stateOf = (world: World, s: number): CSADDR_INFO =>
    CSADDR_INFO.decode(read(world, s, SOL_SOCKET, SO_BSP_STATE, 80) as Uint8Array);

  on.it('tells of both names, type and protocol (3.15)', (world) => {
    const fresh = stateOf(world, world.tcpSocket());
    const none = { lpSockaddr: null, iSockaddrLength: 0 };
    expect(fresh).toEqual({ LocalAddr: none, RemoteAddr: none, iSocketType: SOCK_STREAM, iProtocol: IPPROTO_TCP });
    const { client, server, listener, name } = world.connectedPair();
    expect(stateOf(world, listener).RemoteAddr).toEqual(none);
    expect(parseSockaddr(stateOf(world, listener).LocalAddr.lpSockaddr!)).toEqual(parseSockaddr(name));
    const [here, there] = [stateOf(world, client), stateOf(world, server)];
    expect([here.LocalAddr.iSockaddrLength, here.RemoteAddr.iSockaddrLength]).toEqual([16, 16]);
    expect(here.LocalAddr).toEqual(there.RemoteAddr);
    expect(here.RemoteAddr).toEqual(there.LocalAddr);
    expect(parseSockaddr(here.LocalAddr.lpSockaddr!)).toEqual(parseSockaddr(world.nameOf(client)));
  });

  on.it('needs room for two names (3.15)', (world) => {
    const { client } = world.connectedPair();
    const needed = CSADDR_INFO.size + 2 * 16;
    for (const room of [CSADDR_INFO.size, needed - 1]) {
      const length = ref(room);
      expect(world.code(world.ws2.getsockopt(client, SOL_SOCKET, SO_BSP_STATE, new Uint8Array(80), length))).toBe(
        WSAEFAULT,
      );
      expect(length.value).toBe(room);
    }
    expect(read(world, client, SOL_SOCKET, SO_BSP_STATE, needed)).toHaveLength(needed);
    expect(set(world, client, SOL_SOCKET, SO_BSP_STATE, new Uint8Array(80))).toBe(WSAENOPROTOOPT);
  });
});

describeOnEveryChain('SO_CONNECT_TIME', (on) => {
  on.it('counts the seconds since the connection was made, on both sides', (world) => {
    const { client, server, listener } = world.connectedPair();
    for (const s of [listener, world.tcpSocket()]) expect(get(world, s, SOL_SOCKET, SO_CONNECT_TIME)).toBe(0xffffffff);
    for (const s of [client, server]) expect(get(world, s, SOL_SOCKET, SO_CONNECT_TIME)).toBe(0);
    if (world.clock === null) return;
    world.ws2.host.SleepEx(2999, false);
    for (const s of [client, server]) expect(get(world, s, SOL_SOCKET, SO_CONNECT_TIME)).toBe(2);
  });
});

describeOnEveryChain('SO_UPDATE_ACCEPT_CONTEXT', (on) => {
  const updated = (world: World, s: number, value: Uint8Array | null): number =>
    set(world, s, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, value);

  on.it('takes the handle of a socket that listens', (world) => {
    const { client, server, listener } = world.connectedPair();
    expect(updated(world, server, dword(listener))).toBe(0);
    expect(updated(world, server, Buffer.concat([dword(listener), dword(0)]))).toBe(0);
    expect(updated(world, server, dword(client))).toBe(WSAEINVAL);
    expect(updated(world, server, dword(0xdead0))).toBe(WSAENOTSOCK);
    expect(updated(world, server, new Uint8Array(3))).toBe(WSAEFAULT);
    expect(updated(world, server, null)).toBe(WSAEFAULT);
    expect(updated(world, world.tcpSocket(), dword(listener))).toBe(WSAENOTCONN);
    expect(get(world, server, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT)).toBe(-WSAENOPROTOOPT);
  });

  on.it('has a sister for sockets that connect, which takes nothing', (world) => {
    const { client } = world.connectedPair();
    expect(set(world, client, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, null)).toBe(0);
    expect(set(world, world.tcpSocket(), SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, null)).toBe(WSAENOTCONN);
  });
});

describeOnEveryChain('an option that providers of TCP/IP do not have', (on) => {
  on.it('is WSAENOPROTOOPT', (world) => {
    const s = world.tcpSocket();
    for (const option of [SO_GROUP_PRIORITY, SO_SNDLOWAT, SO_RCVLOWAT, SO_USELOOPBACK, SO_CONNDATA, PVD_CONFIG]) {
      expect([option, set(world, s, SOL_SOCKET, option, dword(1))]).toEqual([option, WSAENOPROTOOPT]);
      expect([option, get(world, s, SOL_SOCKET, option)]).toEqual([option, -WSAENOPROTOOPT]);
    }
    expect(get(world, s, SOL_SOCKET, SO_GROUP_ID)).toBe(0);
    expect(set(world, s, SOL_SOCKET, SO_GROUP_ID, dword(1))).toBe(WSAENOPROTOOPT);
  });

  on.it('is WSAEINVAL where raw sockets have it (3.14)', (world) => {
    for (const [family, level, option] of [
      [AF_INET, IPPROTO_IP, IP_HDRINCL],
      [AF_INET6, IPPROTO_IP, IP_HDRINCL],
      [AF_INET6, IPPROTO_IPV6, IPV6_HDRINCL],
    ] as const) {
      const s = world.tcpSocket(family);
      for (const value of [1, 0]) expect(set(world, s, level, option, dword(value))).toBe(WSAEINVAL);
      expect(get(world, s, level, option)).toBe(-WSAEINVAL);
    }
  });
});

describeOnEveryProvider('options of the path', (on) => {
  on.it('forbid fragments on streams, and not on datagrams (3.16)', (world) => {
    for (const [family, level, option] of [
      [AF_INET, IPPROTO_IP, IP_DONTFRAGMENT],
      [AF_INET6, IPPROTO_IPV6, IPV6_DONTFRAG],
    ] as const) {
      const [tcp, udp] = [world.tcpSocket(family), world.udpSocket(family)];
      expect([get(world, tcp, level, option), get(world, udp, level, option)]).toEqual([1, 0]);
      expect(set(world, tcp, level, option, dword(0))).toBe(0);
      expect(set(world, udp, level, option, dword(0xdead))).toBe(0);
      expect([get(world, tcp, level, option), get(world, udp, level, option)]).toEqual([0, 1]);
    }
  });

  on.it('tell of its MTU once there is one, and of the segments', (world) => {
    const s = world.udpSocket();
    expect(get(world, s, IPPROTO_IP, IP_MTU)).toBe(-WSAENOTCONN);
    world.connect(s, world.boundUdp().name);
    expect(get(world, s, IPPROTO_IP, IP_MTU)).toBeGreaterThan(60_000);
    const { client } = world.connectedPair();
    expect(get(world, client, IPPROTO_TCP, TCP_MAXSEG)).toBeGreaterThan(500);
    expect(set(world, client, IPPROTO_TCP, TCP_MAXSEG, dword(500))).toBe(WSAENOPROTOOPT);
  });

  on.it('keep IP options as bytes', (world) => {
    const s = world.udpSocket();
    expect(read(world, s, IPPROTO_IP, IP_OPTIONS)).toEqual(new Uint8Array(0));
    // No operation, three times, and the end.
    const bytes = Uint8Array.of(1, 1, 1, 0);
    expect(set(world, s, IPPROTO_IP, IP_OPTIONS, bytes)).toBe(0);
    expect(read(world, s, IPPROTO_IP, IP_OPTIONS)).toEqual(bytes);
    expect(read(world, s, IPPROTO_IP, IP_OPTIONS, 3)).toBe(-WSAEFAULT);
    expect(set(world, s, IPPROTO_IP, IP_OPTIONS, new Uint8Array(41))).toBe(WSAEINVAL);
    expect(set(world, s, IPPROTO_IP, IP_OPTIONS, new Uint8Array(0))).toBe(0);
  });

  on.it('tell of the largest message by two names', (world) => {
    const s = world.udpSocket();
    expect(get(world, s, SOL_SOCKET, SO_MAXDG)).toBe(get(world, s, SOL_SOCKET, SO_MAX_MSG_SIZE));
  });
});

describeOnEveryProvider('options that have their time', (on) => {
  on.it('are refused when it is over', (world) => {
    const { s: listener } = world.listener();
    expect(set(world, listener, SOL_SOCKET, SO_CONDITIONAL_ACCEPT, dword(1))).toBe(WSAEINVAL);
    expect(set(world, world.tcpSocket(), SOL_SOCKET, SO_CONDITIONAL_ACCEPT, dword(1))).toBe(0);
    const bound = world.tcpSocket();
    world.ws2.bind(bound, loopback(), 16);
    expect(set(world, bound, SOL_SOCKET, SO_RANDOMIZE_PORT, dword(1))).toBe(WSAEINVAL);
  });

  on.it('IPV6_V6ONLY is kept by IPv4 sockets as well, and fixed by bind (20.1)', (world) => {
    for (const family of [AF_INET, AF_INET6]) {
      const s = world.tcpSocket(family);
      expect(get(world, s, IPPROTO_IPV6, IPV6_V6ONLY)).toBe(1);
      expect(set(world, s, IPPROTO_IPV6, IPV6_V6ONLY, dword(0))).toBe(0);
      expect(get(world, s, IPPROTO_IPV6, IPV6_V6ONLY)).toBe(0);
      const name = loopback(0, family);
      if (family === AF_INET) world.ws2.bind(s, name, name.length);
      else world.listener(family);
      const bound = family === AF_INET ? s : world.listener(family).s;
      const before = get(world, bound, IPPROTO_IPV6, IPV6_V6ONLY);
      for (const value of [0, 1]) expect(set(world, bound, IPPROTO_IPV6, IPV6_V6ONLY, dword(value))).toBe(WSAEINVAL);
      expect(get(world, bound, IPPROTO_IPV6, IPV6_V6ONLY)).toBe(before);
    }
  });
});

describe('on native sockets', () => {
  test(
    'MCAST_JOIN_GROUP and MCAST_LEAVE_GROUP do what the older options do',
    inWorld('tcpip', (world) => {
      const receiver = world.udpSocket();
      world.ws2.bind(receiver, sockaddr_in('0.0.0.0', 0), 16);
      const port = world.portOf(receiver);
      const group = GROUP_REQ.encode({ gr_interface: 1, gr_group: sockaddr_in('239.255.77.1', 0) });
      expect(set(world, receiver, IPPROTO_IP, MCAST_JOIN_GROUP, group)).toBe(0);
      const sender = world.udpSocket();
      expect(set(world, sender, IPPROTO_IP, IP_MULTICAST_IF, Uint8Array.of(127, 0, 0, 1))).toBe(0);
      const to = sockaddr_in('239.255.77.1', port);
      const send = () => world.code(world.ws2.sendto(sender, Buffer.from('all'), 3, 0, to, 16));
      const event = world.event();
      world.eventSelect(receiver, event, FD_READ);
      expect(send()).toBe(0);
      expect(world.signalled(event, 60_000)).toBe(true);
      expect(world.receive(receiver)).toBe('all');
      expect(set(world, receiver, IPPROTO_IP, MCAST_LEAVE_GROUP, group)).toBe(0);
      expect(set(world, receiver, IPPROTO_IP, MCAST_LEAVE_GROUP, group)).not.toBe(0);
      expect(set(world, receiver, IPPROTO_IP, MCAST_JOIN_GROUP, group.subarray(0, 135))).toBe(WSAEFAULT);
      expect(set(world, receiver, IPPROTO_IPV6, MCAST_JOIN_GROUP, group)).toBe(WSAEAFNOSUPPORT);
    }),
  );
});

describe('the table of options', () => {
  test('has each option once', () => {
    const keys = SOCKET_OPTIONS.map(({ level, optname }) => `${level} ${optname & 0xffff}`);
    expect(keys.filter((key, at) => keys.indexOf(key) !== at)).toEqual([]);
  });
});

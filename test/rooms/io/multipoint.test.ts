import { expect, test } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  FD_CONNECT,
  FROM_PROTOCOL_INFO,
  INVALID_SOCKET,
  IP_ADD_MEMBERSHIP,
  IP_DROP_MEMBERSHIP,
  IP_MULTICAST_IF,
  IP_MULTICAST_LOOP,
  IP_MULTICAST_TTL,
  ip_mreq,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_ADD_MEMBERSHIP,
  IPV6_MULTICAST_HOPS,
  IPV6_MULTICAST_IF,
  IPV6_MULTICAST_LOOP,
  ipv6_mreq,
  JL_BOTH,
  JL_RECEIVER_ONLY,
  JL_SENDER_ONLY,
  parseSockaddr,
  ref,
  SIO_MULTICAST_SCOPE,
  SIO_MULTIPOINT_LOOPBACK,
  SO_REUSEADDR,
  SOCK_DGRAM,
  SOCK_STREAM,
  sockaddr_in,
  sockaddr_in6,
  SOL_SOCKET,
  WSA_FLAG_MULTIPOINT_C_LEAF,
  WSA_FLAG_MULTIPOINT_C_ROOT,
  WSA_FLAG_MULTIPOINT_D_LEAF,
  WSA_FLAG_MULTIPOINT_D_ROOT,
  WSA_FLAG_OVERLAPPED,
  WSAEADDRNOTAVAIL,
  WSAEAFNOSUPPORT,
  WSAEFAULT,
  WSAEINVAL,
  WSAEISCONN,
  WSAENOTSOCK,
  WSAEOPNOTSUPP,
  WSAEPROTONOSUPPORT,
  WSAEWOULDBLOCK,
} from 'ws2spi';
import {
  buffer,
  describeOnEveryDatagramChain,
  FAMILIES,
  inWorld,
  loopback,
  World,
  type Base,
} from '../../support/providers.js';

const LEAF = WSA_FLAG_MULTIPOINT_C_LEAF | WSA_FLAG_MULTIPOINT_D_LEAF;

const groupOf = (family: number, port: number, last = 1): Uint8Array =>
  family === AF_INET ? sockaddr_in(`239.192.7.${last}`, port) : sockaddr_in6(`ff12::7:${last}`, port);

const dword = (value: number): Uint8Array => Uint8Array.of(value, 0, 0, 0);

/** Opens a UDP socket of the world's chain. */
function open(world: World, family: number, dwFlags: number, type: number = SOCK_DGRAM): number {
  const entry = world.entries.get(`${family} ${type}`);
  const [af, kind] = entry === undefined ? [family, type] : [FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO];
  return world.ws2.WSASocket(af, kind, 0, entry ?? null, 0, dwFlags | WSA_FLAG_OVERLAPPED);
}

/** Keeps a socket's multicasts on loopback. */
function stayOnLoopback(world: World, s: number, family: number): void {
  const [level, optname, value] =
    family === AF_INET
      ? [IPPROTO_IP, IP_MULTICAST_IF, Uint8Array.of(127, 0, 0, 1)]
      : [IPPROTO_IPV6, IPV6_MULTICAST_IF, dword(1)];
  expect(world.code(world.ws2.setsockopt(s, level, optname, value, 4))).toBe(0);
}

/** A leaf on loopback, bound to a port that others may share; 0 for one of its own. */
function leaf(world: World, family: number, port = 0): { s: number; port: number } {
  const s = world.track(open(world, family, LEAF));
  stayOnLoopback(world, s, family);
  expect(world.code(world.ws2.setsockopt(s, SOL_SOCKET, SO_REUSEADDR, dword(1), 4))).toBe(0);
  const any = family === AF_INET ? sockaddr_in('0.0.0.0', port) : sockaddr_in6('::', port);
  expect(world.code(world.ws2.bind(s, any, any.length))).toBe(0);
  return { s, port: world.portOf(s) };
}

/** 0 or the last error. */
function join(world: World, s: number, name: Uint8Array, dwFlags: number = JL_BOTH): number {
  const joined = world.ws2.WSAJoinLeaf(s, name, name.length, null, null, null, null, dwFlags);
  if (joined !== INVALID_SOCKET) expect(joined).toBe(s);
  return world.code(joined);
}

function sendTo(world: World, s: number, text: string, to: Uint8Array): number {
  return world.count(world.ws2.sendto(s, Buffer.from(text), text.length, 0, to, to.length));
}

/** What a socket has received, without waiting for more than its own marker. */
function drain(world: World, s: number): string[] {
  const name = world.nameOf(s);
  const { port } = parseSockaddr(name);
  const helper = world.udpSocket(name[0]);
  sendTo(world, helper, 'end', loopback(port, name[0]));
  const texts: string[] = [];
  for (;;) {
    const text = world.receive(s);
    if (text === 'end' || typeof text === 'number') return typeof text === 'number' ? [...texts, String(text)] : texts;
    texts.push(text);
  }
}

/** Why the operating system does not multicast on loopback, by family; `null` when it does. */
const REFUSALS = new Map(
  FAMILIES.map(([, family]) => {
    const world = new World('tcpip');
    try {
      const { s, port } = leaf(world, family);
      const error = join(world, s, groupOf(family, port)) || Math.max(0, -sendTo(world, s, 'x', groupOf(family, port)));
      return [family, error === 0 ? null : `the kernel refuses to multicast on loopback: error ${error}`];
    } finally {
      world.abandon();
    }
  }),
);

describeOnEveryDatagramChain('a multipoint session', (on) => {
  /** A test that needs datagrams to go around. */
  function onEveryFamily(sentence: string, body: (world: World, family: number) => void): void {
    for (const [name, family] of FAMILIES) {
      const refusal = on.native ? REFUSALS.get(family) : null;
      if (refusal) test.skip(`${sentence} (${name}) [${refusal}]`, () => undefined);
      else on.it(`${sentence} (${name})`, (world) => body(world, family));
    }
  }

  onEveryFamily('gives every leaf that has joined what is sent to it', (world, family) => {
    const one = leaf(world, family);
    const two = leaf(world, family, one.port);
    const sender = leaf(world, family);
    const group = groupOf(family, one.port);
    expect([join(world, one.s, group), join(world, two.s, group)]).toEqual([0, 0]);
    expect(sendTo(world, sender.s, 'to all', group)).toBe(6);
    expect([world.receive(one.s), world.receive(two.s)]).toEqual(['to all', 'to all']);
    // Its own datagrams too, and not those of other groups.
    expect(sendTo(world, one.s, 'elsewhere', groupOf(family, one.port, 2))).toBe(9);
    expect(sendTo(world, one.s, 'mine', group)).toBe(4);
    expect([world.receive(one.s), world.receive(two.s)]).toEqual(['mine', 'mine']);
  });

  onEveryFamily('is joined for sending, for receiving or for both', (world, family) => {
    const both = leaf(world, family);
    const receiver = leaf(world, family, both.port);
    const group = groupOf(family, both.port);
    const sender = leaf(world, family);
    expect(join(world, both.s, group, JL_BOTH)).toBe(0);
    expect(join(world, receiver.s, group, JL_RECEIVER_ONLY)).toBe(0);
    const elsewhere = groupOf(family, sender.port);
    expect(join(world, sender.s, elsewhere, JL_SENDER_ONLY)).toBe(0);
    sendTo(world, sender.s, 'hello', group);
    sendTo(world, both.s, 'not for senders', elsewhere);
    expect([world.receive(both.s), world.receive(receiver.s)]).toEqual(['hello', 'hello']);
    expect(drain(world, sender.s)).toEqual([]);
  });

  onEveryFamily('is left by closesocket', (world, family) => {
    const one = leaf(world, family);
    const two = leaf(world, family);
    const group = groupOf(family, two.port);
    join(world, one.s, groupOf(family, one.port));
    join(world, two.s, group);
    expect(world.code(world.ws2.closesocket(one.s))).toBe(0);
    sendTo(world, two.s, 'still here', group);
    expect(world.receive(two.s)).toBe('still here');
  });

  for (const [name, family] of FAMILIES) {
    const sentence = `gives a leaf its own datagrams unless SIO_MULTIPOINT_LOOPBACK says otherwise (${name})`;
    on.itUnless('a multicast can be kept from its sender', sentence, (world) => {
      const { s, port } = leaf(world, family);
      const group = groupOf(family, port);
      expect(join(world, s, group)).toBe(0);
      const loop = (on: number): number =>
        world.code(world.ws2.WSAIoctl(s, SIO_MULTIPOINT_LOOPBACK, dword(on), 4, null, 0, ref(0), null, null));
      expect(loop(0)).toBe(0);
      sendTo(world, s, 'unheard', group);
      expect(drain(world, s)).toEqual([]);
      expect(loop(7)).toBe(0);
      sendTo(world, s, 'heard', group);
      expect(world.receive(s)).toBe('heard');
    });
  }

  onEveryFamily('tells a leaf that does not block of its membership by FD_CONNECT', (world, family) => {
    const { s, port } = leaf(world, family);
    const event = world.event();
    expect(world.eventSelect(s, event, FD_CONNECT)).toBe(0);
    expect(join(world, s, groupOf(family, port))).toBe(0);
    expect(world.networkEvents(s, event)).toEqual({ CONNECT: 0 });
    expect(world.receive(s)).toBe(-WSAEWOULDBLOCK);
    sendTo(world, s, 'x', groupOf(family, port));
    world.until(() => world.ws2.select(0, { fd_count: 1, fd_array: [s] }, null, null, { tv_sec: 0, tv_usec: 0 }) === 1);
    expect(world.receive(s)).toBe('x');
  });

  onEveryFamily('binds a leaf that has no name', (world, family) => {
    const s = world.track(open(world, family, LEAF));
    stayOnLoopback(world, s, family);
    const callee = buffer(8);
    const group = groupOf(family, 5000);
    expect(world.ws2.WSAJoinLeaf(s, group, group.length, null, callee, null, null, JL_BOTH)).toBe(s);
    expect(callee.len).toBe(0);
    expect(world.portOf(s)).toBeGreaterThan(0);
  });

  onEveryFamily('is joined once; other sessions can be joined beside it', (world, family) => {
    const { s, port } = leaf(world, family);
    expect(join(world, s, groupOf(family, port))).toBe(0);
    expect(join(world, s, groupOf(family, port))).toBe(WSAEISCONN);
    expect(join(world, s, groupOf(family, port, 2))).toBe(0);
    for (const last of [1, 2]) {
      sendTo(world, s, `to ${last}`, groupOf(family, port, last));
      expect(world.receive(s)).toBe(`to ${last}`);
    }
  });

  on.onEveryFamily('has roles that TCP/IP does not play', (world, family) => {
    const C = [WSA_FLAG_MULTIPOINT_C_ROOT, WSA_FLAG_MULTIPOINT_C_LEAF] as const;
    const D = [WSA_FLAG_MULTIPOINT_D_ROOT, WSA_FLAG_MULTIPOINT_D_LEAF] as const;
    const bad = [C[0], C[1], D[0], D[1], C[0] | D[0], C[0] | D[1], C[1] | D[0], C[0] | C[1] | D[1], LEAF | D[0]];
    for (const flags of bad) expect(world.code(open(world, family, flags)), `flags ${flags}`).toBe(WSAEINVAL);
    const s = world.track(open(world, family, LEAF));
    expect(s).not.toBe(INVALID_SOCKET);
    expect(world.code(open(world, family, LEAF, SOCK_STREAM))).toBe(WSAEINVAL);
  });

  on.onEveryFamily('refuses what cannot join', (world, family) => {
    const { ws2 } = world;
    const { s } = leaf(world, family);
    const group = groupOf(family, 5000);
    const other = groupOf(family === AF_INET ? AF_INET6 : AF_INET, 5000);
    expect(join(world, world.udpSocket(family), group)).toBe(WSAEINVAL);
    expect(join(world, s, loopback(5000, family))).toBe(WSAEADDRNOTAVAIL);
    expect(join(world, s, group.slice(0, 8))).toBe(WSAEFAULT);
    if (other.length > group.length) expect(join(world, s, other)).toBe(WSAEAFNOSUPPORT);
    for (const flags of [0, 3, 8]) expect(join(world, s, group, flags)).toBe(WSAEINVAL);
    const data = ws2.WSAJoinLeaf(s, group, group.length, buffer('data'), null, null, null, JL_BOTH);
    expect(world.code(data)).toBe(WSAEPROTONOSUPPORT);
    expect(world.code(ws2.WSAJoinLeaf(s, group, group.length + 1, null, null, null, null, JL_BOTH))).toBe(WSAEFAULT);
    expect(world.code(ws2.WSAJoinLeaf(4, group, group.length, null, null, null, null, JL_BOTH))).toBe(WSAENOTSOCK);
    expect(join(world, world.tcpSocket(family), group)).toBe(WSAEINVAL);
  });

  on.onEveryFamily('has a scope and a loopback, which are the multicast options', (world, family) => {
    const { s } = leaf(world, family);
    const ioctl = (code: number, input: Uint8Array | null, length = 4): number =>
      world.code(world.ws2.WSAIoctl(s, code, input, length, null, 0, ref(0), null, null));
    const option = (optname4: number, optname6: number): number => {
      const value = new Uint8Array(4);
      const [level, optname] = family === AF_INET ? [IPPROTO_IP, optname4] : [IPPROTO_IPV6, optname6];
      expect(world.code(world.ws2.getsockopt(s, level, optname, value, ref(4)))).toBe(0);
      return value[0]!;
    };
    const scope = (): number => option(IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS);
    const loops = (): number => option(IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP);
    expect([scope(), loops()]).toEqual([1, 1]);
    expect([ioctl(SIO_MULTICAST_SCOPE, dword(5)), ioctl(SIO_MULTIPOINT_LOOPBACK, dword(0))]).toEqual([0, 0]);
    expect([scope(), loops()]).toEqual([5, 0]);
    expect(ioctl(SIO_MULTICAST_SCOPE, Uint8Array.of(0, 1, 0, 0))).toBe(WSAEINVAL);
    expect(ioctl(SIO_MULTICAST_SCOPE, Uint8Array.of(255, 255, 255, 255))).toBe(WSAEINVAL);
    for (const code of [SIO_MULTICAST_SCOPE, SIO_MULTIPOINT_LOOPBACK]) {
      expect([ioctl(code, null, 0), ioctl(code, dword(1), 3)]).toEqual([WSAEFAULT, WSAEFAULT]);
      const stream = world.tcpSocket(family);
      expect(world.code(world.ws2.WSAIoctl(stream, code, dword(1), 4, null, 0, ref(0), null, null))).toBe(
        WSAEOPNOTSUPP,
      );
    }
    expect([scope(), loops()]).toEqual([5, 0]);
  });
});

/** Joins or leaves an IPv4 group by the socket option: 0 or the last error. */
function member(world: World, s: number, optname: number, group: string, place = '127.0.0.1'): number {
  const request = ip_mreq.encode({ imr_multiaddr: group, imr_interface: place });
  return world.code(world.ws2.setsockopt(s, IPPROTO_IP, optname, request, 8));
}

test.each<Base>(['memory', 'tcpip'])('a member of a group leaves it by IP_DROP_MEMBERSHIP (%s)', (base) =>
  inWorld(base, (world) => {
    const { s, port } = leaf(world, AF_INET);
    const group = sockaddr_in('239.192.7.1', port);
    expect(member(world, s, IP_ADD_MEMBERSHIP, '239.192.7.1')).toBe(0);
    sendTo(world, s, 'within', group);
    expect(drain(world, s)).toEqual(['within']);
    expect(member(world, s, IP_DROP_MEMBERSHIP, '239.192.7.1')).toBe(0);
    sendTo(world, s, 'without', group);
    expect(drain(world, s)).toEqual([]);
    expect(member(world, s, IP_DROP_MEMBERSHIP, '239.192.7.1')).toBe(WSAEADDRNOTAVAIL);
    expect(member(world, s, IP_ADD_MEMBERSHIP, '10.0.0.1')).toBe(WSAEINVAL);
  })(),
);

test(
  'on Windows, and in memory, the receiver decides on loopback, and a socket with an address of its own is reached',
  inWorld('memory', (world) => {
    const port = 5007;
    const s = world.track(world.ws2.socket(AF_INET, SOCK_DGRAM, 0));
    world.ws2.bind(s, loopback(port), 16);
    const sender = world.udpSocket();
    const group = sockaddr_in('224.0.0.251', port);
    expect(member(world, s, IP_ADD_MEMBERSHIP, '224.0.0.251', '0.0.0.0')).toBe(0);
    expect(member(world, s, IP_ADD_MEMBERSHIP, '224.0.0.251')).toBe(WSAEINVAL);
    expect(member(world, s, IP_ADD_MEMBERSHIP, '224.0.0.252', '192.0.2.1')).toBe(WSAEADDRNOTAVAIL);
    world.ws2.setsockopt(sender, IPPROTO_IP, IP_MULTICAST_LOOP, dword(0), 4);
    sendTo(world, sender, 'heard', group);
    world.ws2.setsockopt(s, IPPROTO_IP, IP_MULTICAST_LOOP, dword(0), 4);
    sendTo(world, sender, 'unheard', group);
    expect(drain(world, s)).toEqual(['heard']);
    const short = world.ws2.setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, new Uint8Array(7), 7);
    expect(world.code(short)).toBe(WSAEFAULT);
    const six = world.udpSocket(AF_INET6);
    const request = ipv6_mreq.encode({ ipv6mr_multiaddr: 'ff02::1', ipv6mr_interface: 0 });
    expect(world.code(world.ws2.setsockopt(six, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, request, 20))).toBe(0);
  }),
);

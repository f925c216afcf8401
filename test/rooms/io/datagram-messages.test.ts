// WSARecvMsg and WSASendMsg (measured behaviour 6, 21).
import { expect } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  in6_pktinfo,
  in_pktinfo,
  INVALID_SOCKET,
  IP_PKTINFO,
  IP_RECVTOS,
  IP_RECVTTL,
  IP_TOS,
  IP_TTL,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_HOPLIMIT,
  IPV6_PKTINFO,
  IPV6_RECVTCLASS,
  IPV6_TCLASS,
  MSG_CTRUNC,
  MSG_PEEK,
  MSG_TRUNC,
  parseSockaddr,
  ref,
  SIO_GET_EXTENSION_FUNCTION_POINTER,
  SO_RCVTIMEO,
  sockaddr_in,
  sockaddr_in6,
  SOL_SOCKET,
  WSA_CMSG_SPACE,
  WSA_IO_PENDING,
  WSACMSGHDR,
  WSAEFAULT,
  WSAEINVAL,
  WSAEMSGSIZE,
  WSAENOTCONN,
  WSAENOTSOCK,
  WSAEOPNOTSUPP,
  WSAETIMEDOUT,
  WSAEWOULDBLOCK,
  WSAID_WSARECVMSG,
  WSAOVERLAPPED,
  type LPFN_WSARECVMSG,
  type WSAMSG,
} from 'ws2spi';
import { buffer, describeOnEveryDatagramChain, textOf, type World } from '../../support/providers.js';

const PENDING = 0x103;
const STATUS_BUFFER_OVERFLOW = 0x80000005;

function message(room: number, control = 0, name = 128): WSAMSG {
  return {
    name: new Uint8Array(name),
    namelen: name,
    lpBuffers: [buffer(room)],
    dwBufferCount: 1,
    Control: buffer(control),
    dwFlags: 0,
  };
}

function sending(text: string, to: Uint8Array | null, control?: Uint8Array): WSAMSG {
  return {
    name: to,
    namelen: to?.length ?? 0,
    lpBuffers: [buffer(text)],
    dwBufferCount: 1,
    Control: buffer(control ?? 0),
    dwFlags: 0,
  };
}

function setOption(world: World, s: number, level: number, optname: number): void {
  const value = Uint8Array.of(1, 0, 0, 0);
  expect(world.code(world.ws2.setsockopt(s, level, optname, value, 4))).toBe(0);
}

/** The control messages of a message, each as its level, type and data. */
function controls(msg: WSAMSG): [level: number, type: number, data: Uint8Array][] {
  const found: [number, number, Uint8Array][] = [];
  const { len, buf } = msg.Control;
  for (let at = 0; at < len;) {
    const { cmsg_len, cmsg_level, cmsg_type } = WSACMSGHDR.decode(buf, at);
    found.push([cmsg_level, cmsg_type, buf.slice(at + WSACMSGHDR.size, at + cmsg_len)]);
    at += WSA_CMSG_SPACE(cmsg_len - WSACMSGHDR.size);
  }
  return found;
}

function control(level: number, type: number, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(WSA_CMSG_SPACE(data.length));
  WSACMSGHDR.encodeInto({ cmsg_len: 12 + data.length, cmsg_level: level, cmsg_type: type }, bytes);
  bytes.set(data, 12);
  return bytes;
}

const number = (data: Uint8Array): number => new DataView(data.buffer, data.byteOffset).getInt32(0, true);

describeOnEveryDatagramChain('WSARecvMsg', ({ it, onEveryFamily, withControlData }) => {
  onEveryFamily(
    'receives a datagram, its source and no control messages unless some are asked for',
    (world, family) => {
      const { s, name } = world.boundUdp(family);
      const { s: sender, name: source } = world.boundUdp(family);
      world.ws2.sendto(sender, Buffer.from('datagram'), 8, 0, name, name.length);
      const msg = message(100);
      const bytes = ref(0);
      expect(world.code(world.ws2.WSARecvMsg(s, msg, bytes, null, null))).toBe(0);
      expect(bytes.value).toBe(8);
      expect(textOf(...msg.lpBuffers!).slice(0, 8)).toBe('datagram');
      expect(parseSockaddr(msg.name!, msg.namelen)).toEqual(parseSockaddr(source));
      expect([msg.Control.len, msg.dwFlags]).toEqual([0, 0]);
    },
  );

  // 6.6, 6.7
  withControlData('tells where an IPv4 datagram was going, how far, and with which service', (world) => {
    const { ws2 } = world;
    const s = world.udpSocket();
    expect(world.code(ws2.bind(s, sockaddr_in('0.0.0.0', 0), 16))).toBe(0);
    for (const option of [IP_PKTINFO, IP_RECVTTL, IP_RECVTOS]) setOption(world, s, IPPROTO_IP, option);
    const { s: sender } = world.boundUdp();
    const to = sockaddr_in('127.0.0.1', world.portOf(s));
    ws2.sendto(sender, Buffer.from('x'), 1, 0, to, 16);
    const msg = message(10, 512);
    expect(world.code(ws2.WSARecvMsg(s, msg, ref(0), null, null))).toBe(0);
    const [information, ttl, tos, ...others] = controls(msg);
    expect(others).toEqual([]);
    expect(information!.slice(0, 2)).toEqual([IPPROTO_IP, IP_PKTINFO]);
    expect(in_pktinfo.decode(information![2]).ipi_addr).toBe('127.0.0.1');
    expect(ttl!.slice(0, 2)).toEqual([IPPROTO_IP, IP_TTL]);
    expect(number(ttl![2])).toBeGreaterThanOrEqual(32);
    expect([tos![0], tos![1], number(tos![2])]).toEqual([IPPROTO_IP, IP_TOS, 0]);
    expect(msg.Control.len).toBe(20 + 16 + 16);
  });

  // 6.7
  withControlData('tells the same of an IPv6 datagram', (world) => {
    const { ws2 } = world;
    const s = world.udpSocket(AF_INET6);
    expect(world.code(ws2.bind(s, sockaddr_in6('::', 0), 28))).toBe(0);
    for (const option of [IPV6_PKTINFO, IPV6_HOPLIMIT, IPV6_RECVTCLASS]) setOption(world, s, IPPROTO_IPV6, option);
    const { s: sender } = world.boundUdp(AF_INET6);
    ws2.sendto(sender, Buffer.from('x'), 1, 0, sockaddr_in6('::1', world.portOf(s)), 28);
    const msg = message(10, 512);
    expect(world.code(ws2.WSARecvMsg(s, msg, ref(0), null, null))).toBe(0);
    const [information, hops, service] = controls(msg);
    expect(information!.slice(0, 2)).toEqual([IPPROTO_IPV6, IPV6_PKTINFO]);
    expect(in6_pktinfo.decode(information![2]).ipi6_addr).toBe('::1');
    expect(hops!.slice(0, 2)).toEqual([IPPROTO_IPV6, IPV6_HOPLIMIT]);
    expect(number(hops![2])).toBeGreaterThanOrEqual(32);
    expect([service![0], service![1], number(service![2])]).toEqual([IPPROTO_IPV6, IPV6_TCLASS, 0]);
  });

  // 6.3
  withControlData(
    'says when the control messages found too little room, with the bytes, and the datagram is gone',
    (world) => {
      const { ws2 } = world;
      const { s, name } = world.boundUdp();
      setOption(world, s, IPPROTO_IP, IP_PKTINFO);
      const { s: sender } = world.boundUdp();
      ws2.sendto(sender, Buffer.from('sample'), 6, 0, name, 16);
      const msg = message(100, 1);
      const bytes = ref(0xdeadbeef);
      expect(world.code(ws2.WSARecvMsg(s, msg, bytes, null, null))).toBe(WSAEMSGSIZE);
      expect([bytes.value, msg.dwFlags]).toEqual([6, MSG_CTRUNC]);
      expect(world.nonBlocking(s)).toBe(0);
      expect(world.receive(s)).toBe(-WSAEWOULDBLOCK);
    },
  );

  // 6.4
  withControlData('says the same by the completion of an overlapped call', (world) => {
    const { ws2 } = world;
    const { s, name } = world.boundUdp();
    setOption(world, s, IPPROTO_IP, IP_PKTINFO);
    const { s: sender } = world.boundUdp();
    const msg = message(100, 1);
    const operation = Object.assign(new WSAOVERLAPPED(), { hEvent: world.event(), Offset: 7, OffsetHigh: 8 });
    expect(world.code(ws2.WSARecvMsg(s, msg, null, operation, null))).toBe(WSA_IO_PENDING);
    ws2.sendto(sender, Buffer.from('sample'), 6, 0, name, 16);
    world.until(() => operation.Internal !== PENDING);
    expect(operation.Internal).toBe(STATUS_BUFFER_OVERFLOW);
    expect([operation.InternalHigh, operation.Offset, operation.OffsetHigh]).toEqual([6, 7, 8]);
    expect(world.signalled(operation.hEvent)).toBe(true);
    const [bytes, flags] = [ref(0), ref(0xdeadbeef)];
    expect(world.code(ws2.WSAGetOverlappedResult(s, operation, bytes, false, flags))).toBe(WSAEMSGSIZE);
    expect([bytes.value, flags.value, msg.dwFlags]).toEqual([6, 0xdeadbeef, MSG_CTRUNC]);
  });

  // 6.5
  withControlData('tells a routine what it could have told the call', (world) => {
    const { ws2 } = world;
    const { s, name } = world.boundUdp();
    setOption(world, s, IPPROTO_IP, IP_PKTINFO);
    const { s: sender } = world.boundUdp();
    ws2.sendto(sender, Buffer.from('sample'), 6, 0, name, 16);
    world.until(() => ws2.WSAPoll([{ fd: s, events: 0x100, revents: 0 }], 1, 0) === 1);
    const told: unknown[] = [];
    const operation = new WSAOVERLAPPED();
    const result = ws2.WSARecvMsg(s, message(100, 1), null, operation, (error, bytes, which, flags) => {
      told.push([error, bytes, which === operation, flags]);
    });
    expect(world.code(result)).toBe(WSA_IO_PENDING);
    expect(told).toEqual([]);
    ws2.host.SleepEx(0, true);
    expect(told).toEqual([[WSAEMSGSIZE, 6, true, 0]]);
  });

  // 6.6
  withControlData('leaves the room for control messages as it is while it waits', (world) => {
    const { ws2 } = world;
    const { s, name } = world.boundUdp();
    setOption(world, s, IPPROTO_IP, IP_PKTINFO);
    const { s: sender } = world.boundUdp();
    const msg = message(100, 512);
    const operation = new WSAOVERLAPPED();
    ws2.WSARecvMsg(s, msg, null, operation, null);
    expect(msg.Control.len).toBe(512);
    ws2.sendto(sender, Buffer.from('x'), 1, 0, name, 16);
    world.until(() => operation.Internal !== PENDING);
    expect(msg.Control.len).toBe(20);
    expect(in_pktinfo.decode(controls(msg)[0]![2]).ipi_addr).toBe('127.0.0.1');
  });

  it('cuts off a datagram that is too long, and looks without taking', (world) => {
    const { ws2 } = world;
    const { s, name } = world.boundUdp();
    const { s: sender } = world.boundUdp();
    ws2.sendto(sender, Buffer.from('too long'), 8, 0, name, 16);
    const look = { ...message(100), dwFlags: MSG_PEEK };
    const bytes = ref(0);
    expect(world.code(ws2.WSARecvMsg(s, look, bytes, null, null))).toBe(0);
    expect(bytes.value).toBe(8);
    const msg = message(3);
    expect(world.code(ws2.WSARecvMsg(s, msg, bytes, null, null))).toBe(WSAEMSGSIZE);
    expect([bytes.value, msg.dwFlags, textOf(...msg.lpBuffers!)]).toEqual([3, MSG_TRUNC, 'too']);
  });

  it('says what is wrong', (world) => {
    const { ws2 } = world;
    const { s } = world.boundUdp();
    const call = (socket: number, msg: WSAMSG | null, bytes: { value: number } | null = ref(0)): number =>
      world.code(ws2.WSARecvMsg(socket, msg as WSAMSG, bytes, null, null));
    expect(call(INVALID_SOCKET, message(1))).toBe(WSAENOTSOCK);
    expect(call(s, null, null)).toBe(WSAEFAULT);
    expect(call(s, message(1), null)).toBe(WSAEFAULT);
    expect(call(s, { ...message(1), dwBufferCount: 2 })).toBe(WSAEFAULT);
    expect(call(world.udpSocket(), message(1))).toBe(WSAEINVAL);
    const { client } = world.connectedPair();
    expect(call(client, message(1))).toBe(WSAEOPNOTSUPP);
    world.nonBlocking(s);
    expect(call(s, message(1))).toBe(WSAEWOULDBLOCK);
    world.nonBlocking(s, 0);
    ws2.setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, Uint8Array.of(20, 0, 0, 0), 4);
    expect(call(s, message(1))).toBe(WSAETIMEDOUT);
  });

  it('is found by its GUID as well', (world) => {
    const { s, name } = world.boundUdp();
    const found = ref<LPFN_WSARECVMSG | null>(null);
    const bytes = ref(0);
    const code = SIO_GET_EXTENSION_FUNCTION_POINTER;
    expect(world.code(world.ws2.WSAIoctl(s, code, WSAID_WSARECVMSG, 16, found, 4, bytes, null, null))).toBe(0);
    expect(bytes.value).toBe(4);
    world.ws2.sendto(s, Buffer.from('me'), 2, 0, name, 16);
    expect(found.value!(s, message(10), bytes, null, null)).toBe(0);
    expect(bytes.value).toBe(2);
  });
});

describeOnEveryDatagramChain('WSASendMsg', ({ it, withControlData }) => {
  // 21.2
  it('sends to the address in the message, from all the buffers, and binds the socket', (world) => {
    const { ws2 } = world;
    const { s: receiver, name } = world.boundUdp();
    const s = world.udpSocket();
    const msg = { ...sending('', name), lpBuffers: [buffer('first '), buffer('and second')], dwBufferCount: 2 };
    const bytes = ref(0);
    expect(world.code(ws2.WSASendMsg(s, msg, 0, bytes, null, null))).toBe(0);
    expect(ws2.WSAGetLastError()).toBe(0);
    expect(bytes.value).toBe(16);
    expect(world.receive(receiver)).toBe('first and second');
    expect(parseSockaddr(world.nameOf(s))).toMatchObject({ family: AF_INET, address: '0.0.0.0' });
  });

  it('sends to the connected peer without an address', (world) => {
    const { ws2 } = world;
    const { s: receiver, name } = world.boundUdp();
    const { s } = world.boundUdp();
    expect(world.code(ws2.WSASendMsg(s, sending('x', null), 0, ref(0), null, null))).toBe(WSAENOTCONN);
    expect(world.connect(s, name)).toBe(0);
    expect(world.code(ws2.WSASendMsg(s, sending('to you', null), 0, ref(0), null, null))).toBe(0);
    expect(world.receive(receiver)).toBe('to you');
  });

  it('completes an overlapped call', (world) => {
    const { s: receiver, name } = world.boundUdp();
    const { s } = world.boundUdp();
    const operation = Object.assign(new WSAOVERLAPPED(), { hEvent: world.event() });
    expect(world.code(world.ws2.WSASendMsg(s, sending('later', name), 0, null, operation, null))).toBe(0);
    expect([operation.Internal, operation.InternalHigh]).toEqual([0, 5]);
    expect(world.signalled(operation.hEvent)).toBe(true);
    expect(world.receive(receiver)).toBe('later');
  });

  withControlData('comes from the address that IP_PKTINFO names', (world) => {
    const { ws2 } = world;
    const { s: receiver, name } = world.boundUdp();
    const s = world.udpSocket();
    ws2.bind(s, sockaddr_in('0.0.0.0', 0), 16);
    const information = in_pktinfo.encode({ ipi_addr: '127.0.0.2', ipi_ifindex: 0 });
    const msg = sending('from 2', name, control(IPPROTO_IP, IP_PKTINFO, information));
    expect(world.code(ws2.WSASendMsg(s, msg, 0, ref(0), null, null))).toBe(0);
    const received = message(10);
    expect(world.code(ws2.WSARecvMsg(receiver, received, ref(0), null, null))).toBe(0);
    expect(parseSockaddr(received.name!, received.namelen).address).toBe('127.0.0.2');
  });

  // 21.1
  it('says what is wrong', (world) => {
    const { ws2 } = world;
    const { s, name } = world.boundUdp();
    const call = (socket: number, msg: WSAMSG | null, bytes: { value: number } | null = ref(0)): number =>
      world.code(ws2.WSASendMsg(socket, msg as WSAMSG, 0, bytes, null, null));
    expect(call(INVALID_SOCKET, sending('x', name))).toBe(WSAENOTSOCK);
    const unbound = world.udpSocket();
    expect(call(unbound, null)).toBe(WSAEFAULT);
    expect(world.code(ws2.getsockname(unbound, new Uint8Array(128), ref(128)))).toBe(WSAEINVAL);
    // Without a place for the count the call fails; the socket has its name all the same.
    expect(call(unbound, sending('x', name), null)).toBe(WSAEFAULT);
    expect(world.portOf(unbound)).toBeGreaterThan(0);
    expect(call(s, { ...sending('x', name), namelen: 3 })).toBe(WSAEFAULT);
    expect(call(s, sending('x', name, new Uint8Array(5)))).toBe(WSAEINVAL);
    expect(call(s, sending('x', name, control(77, 77, new Uint8Array(4))))).toBe(WSAEINVAL);
    const { client } = world.connectedPair();
    expect(call(client, sending('x', null))).toBe(WSAEINVAL);
  });
});

import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  FIONREAD,
  INVALID_SOCKET,
  IP_HDRINCL,
  IP_TTL,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_IP,
  IPPROTO_RAW,
  IPPROTO_TCP,
  PFL_HIDDEN,
  PFL_MATCHES_PROTOCOL_ZERO,
  parseSockaddr,
  RCVALL_OFF,
  RCVALL_ON,
  ref,
  SIO_RCVALL,
  SIO_UDP_NETRESET,
  SO_PROTOCOL_INFOW,
  SO_TYPE,
  SOCK_RAW,
  sockaddr_in,
  sockaddr_in6,
  SOL_SOCKET,
  WSA_FLAG_OVERLAPPED,
  WSA_IO_PENDING,
  WSAEACCES,
  WSAEINVAL,
  WSAEMSGSIZE,
  WSAENETRESET,
  WSAENOTCONN,
  WSAEOPNOTSUPP,
  WSAEWOULDBLOCK,
  WSAOVERLAPPED,
  WSAPROTOCOL_INFOW,
  type WSAMSG,
} from 'ws2spi';
import { dword, ioctl } from '../../support/ioctls.js';
import { buffer, describeOnEveryProvider, type World, type Place } from '../../support/providers.js';
import { rawSocketsPermitted } from '../../support/raw-sockets.js';

const ECHO_REQUEST = 8;
const ECHO_REPLY = 0;

/** A test on every provider whose raw sockets may be had. */
function itWithRawSockets(on: Place, sentence: string, body: (world: World) => void): void {
  if (on.native && !rawSocketsPermitted) test.skip(`${sentence} [needs CAP_NET_RAW]`, () => undefined);
  else on.it(sentence, body);
}

function rawSocket(world: World, family: number, protocol: number): number {
  return world.track(world.ws2.WSASocket(family, SOCK_RAW, protocol, null, 0, WSA_FLAG_OVERLAPPED));
}

function sum(bytes: Uint8Array): number {
  let total = 0;
  for (let at = 0; at < bytes.length; at += 2) total += (bytes[at]! << 8) | (bytes[at + 1] ?? 0);
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return ~total & 0xffff;
}

/** An echo request with an identifier that no other test has. */
function echo(type: number, identifier: number, content: string): Uint8Array {
  const message = Buffer.concat([
    Uint8Array.of(type, 0, 0, 0, identifier >> 8, identifier & 0xff, 0, 1),
    Buffer.from(content),
  ]);
  if (type === ECHO_REQUEST) message.writeUInt16BE(sum(message), 2);
  return message;
}

function sendTo(world: World, s: number, bytes: Uint8Array, to: Uint8Array): number {
  return world.count(world.ws2.sendto(s, bytes, bytes.length, 0, to, to.length));
}

/** Receives packets until one fits, and gives it with its source. */
function receiveUntil(world: World, s: number, fits: (packet: Buffer) => boolean): { packet: Buffer; from: string } {
  for (let tries = 0; tries < 50; tries++) {
    const room = Buffer.alloc(2000);
    const from = new Uint8Array(28);
    const length = world.count(world.ws2.recvfrom(s, room, room.length, 0, from, ref(28)));
    expect(length).toBeGreaterThanOrEqual(0);
    const packet = room.subarray(0, length);
    if (fits(packet)) return { packet, from: parseSockaddr(from).address };
  }
  throw new Error('no such packet');
}

const contentOf = (packet: Buffer): Buffer => packet.subarray((packet[0]! & 0xf) * 4);

describeOnEveryProvider('a raw socket', (on) => {
  itWithRawSockets(on, 'comes of the hidden entries of the catalog (8.5)', (world) => {
    for (const [family, protocol] of [
      [AF_INET, IPPROTO_ICMP],
      [AF_INET, IPPROTO_TCP],
      [AF_INET, 0],
      [AF_INET6, IPPROTO_ICMPV6],
    ] as const) {
      const s = rawSocket(world, family, protocol);
      const value = new Uint8Array(WSAPROTOCOL_INFOW.size);
      expect(world.ws2.getsockopt(s, SOL_SOCKET, SO_PROTOCOL_INFOW, value, ref(value.length))).toBe(0);
      expect(WSAPROTOCOL_INFOW.decode(value)).toMatchObject({
        iAddressFamily: family,
        iSocketType: SOCK_RAW,
        iProtocol: 0,
        iProtocolMaxOffset: 255,
        dwProviderFlags: PFL_MATCHES_PROTOCOL_ZERO | PFL_HIDDEN,
      });
    }
    const any = world.track(world.ws2.socket(0, 0, IPPROTO_RAW));
    const type = new Uint8Array(4);
    expect(world.ws2.getsockopt(any, SOL_SOCKET, SO_TYPE, type, ref(4))).toBe(0);
    expect(type[0]).toBe(SOCK_RAW);
  });

  itWithRawSockets(on, 'sends an echo, and receives the reply with its IP header (41)', (world) => {
    const s = rawSocket(world, AF_INET, IPPROTO_ICMP);
    const request = echo(ECHO_REQUEST, 0x1701, 'are you there?');
    expect(sendTo(world, s, request, sockaddr_in('127.0.0.1', 0))).toBe(request.length);
    const { packet, from } = receiveUntil(
      world,
      s,
      (each) => contentOf(each)[0] === ECHO_REPLY && contentOf(each).readUInt16BE(4) === 0x1701,
    );
    expect(from).toBe('127.0.0.1');
    expect([packet[0], packet[9], packet.readUInt16BE(2)]).toEqual([0x45, IPPROTO_ICMP, packet.length]);
    expect([...packet.subarray(12, 20)]).toEqual([127, 0, 0, 1, 127, 0, 0, 1]);
    expect(contentOf(packet).subarray(8).toString()).toBe('are you there?');
    expect(sum(packet.subarray(0, 20))).toBe(0);
    expect(sum(contentOf(packet))).toBe(0);
  });

  itWithRawSockets(on, 'receives no header over IPv6', (world) => {
    const s = rawSocket(world, AF_INET6, IPPROTO_ICMPV6);
    // A port means nothing here, and is not taken for a protocol.
    const to = sockaddr_in6('::1', 77);
    expect(sendTo(world, s, echo(128, 0x1702, 'six'), to)).toBe(11);
    const { packet } = receiveUntil(world, s, (each) => each[0] === 129 && each.readUInt16BE(4) === 0x1702);
    expect(packet.subarray(8).toString()).toBe('six');
  });

  itWithRawSockets(on, 'sends a message to a name with a port over IPv6 all the same', (world) => {
    const s = rawSocket(world, AF_INET6, IPPROTO_ICMPV6);
    const message: WSAMSG = {
      name: sockaddr_in6('::1', 77),
      namelen: 28,
      lpBuffers: [buffer(echo(128, 0x1712, 'seven'))],
      dwBufferCount: 1,
      Control: { len: 0, buf: new Uint8Array(0) },
      dwFlags: 0,
    };
    expect(world.code(world.ws2.WSASendMsg(s, message, 0, ref(0), null, null))).toBe(0);
    const { packet } = receiveUntil(world, s, (each) => each[0] === 129 && each.readUInt16BE(4) === 0x1712);
    expect(packet.subarray(8).toString()).toBe('seven');
  });

  itWithRawSockets(on, 'says WSAEMSGSIZE of a packet that does not fit, which is gone then (41)', (world) => {
    const s = rawSocket(world, AF_INET, IPPROTO_ICMP);
    expect(world.connect(s, sockaddr_in('127.0.0.9', 0))).toBe(0);
    expect(world.send(s, echo(ECHO_REQUEST, 0x1703, 'long enough'))).toBe(19);
    const room = new Uint8Array(20);
    expect(world.count(world.ws2.recv(s, room, room.length, 0))).toBe(-WSAEMSGSIZE);
    expect([room[0], room[9]]).toEqual([0x45, IPPROTO_ICMP]);
  });

  itWithRawSockets(on, 'makes its own headers with IP_HDRINCL', (world) => {
    const receiver = rawSocket(world, AF_INET, 253);
    expect(world.code(world.ws2.bind(receiver, sockaddr_in('127.0.0.1', 0), 16))).toBe(0);
    const s = rawSocket(world, AF_INET, IPPROTO_RAW);
    expect(world.code(world.ws2.setsockopt(s, IPPROTO_IP, IP_HDRINCL, dword(1), 4))).toBe(0);
    const value = new Uint8Array(4);
    expect(world.code(world.ws2.getsockopt(s, IPPROTO_IP, IP_HDRINCL, value, ref(4)))).toBe(0);
    expect(value[0]).toBe(1);
    const header = Uint8Array.of(0x45, 0, 0, 0, 0, 1, 0, 0, 33, 253, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1);
    const packet = Buffer.concat([header, Buffer.from('by hand')]);
    expect(sendTo(world, s, packet, sockaddr_in('127.0.0.1', 0))).toBe(27);
    const got = receiveUntil(world, receiver, () => true).packet;
    expect([got[8], got[9], contentOf(got).toString()]).toEqual([33, 253, 'by hand']);
  });

  itWithRawSockets(on, 'takes the time to live of its headers from IP_TTL', (world) => {
    const receiver = rawSocket(world, AF_INET, 253);
    world.ws2.bind(receiver, sockaddr_in('0.0.0.0', 0), 16);
    const s = rawSocket(world, AF_INET, 253);
    expect(world.code(world.ws2.setsockopt(s, IPPROTO_IP, IP_TTL, dword(9), 4))).toBe(0);
    expect(sendTo(world, s, Buffer.from('x'), sockaddr_in('127.0.0.1', 0))).toBe(1);
    expect(receiveUntil(world, receiver, () => true).packet[8]).toBe(9);
  });

  itWithRawSockets(on, 'has every I/O model of datagram sockets', (world) => {
    const s = rawSocket(world, AF_INET, IPPROTO_ICMP);
    expect(world.receive(s)).toBe(-WSAEINVAL);
    expect(world.send(s, 'x')).toBe(-WSAENOTCONN);
    expect(world.code(world.ws2.bind(s, sockaddr_in('127.0.0.1', 0), 16))).toBe(0);
    expect(parseSockaddr(world.nameOf(s))).toMatchObject({ address: '127.0.0.1', port: 0 });
    const room = buffer(200);
    const overlapped = new WSAOVERLAPPED();
    const pending = world.ws2.WSARecvFrom(s, [room], 1, null, ref(0), null, null, overlapped, null);
    expect(world.code(pending)).toBe(WSA_IO_PENDING);
    sendTo(world, s, echo(ECHO_REQUEST, 0x1704, 'overlapped'), sockaddr_in('127.0.0.1', 0));
    const bytes = ref(0);
    expect(world.ws2.WSAGetOverlappedResult(s, overlapped, bytes, true, ref(0))).toBe(true);
    expect(bytes.value).toBe(20 + 8 + 10);
    receiveUntil(world, s, (each) => contentOf(each)[0] === ECHO_REPLY);
    const count = ref(9);
    expect(world.code(world.ws2.ioctlsocket(s, FIONREAD, count))).toBe(0);
    expect(world.code(world.ws2.listen(s, 1))).toBe(WSAEOPNOTSUPP);
  });

  itWithRawSockets(on, 'does not receive what is not for it (SIO_RCVALL)', (world) => {
    const s = rawSocket(world, AF_INET, IPPROTO_ICMP);
    expect(ioctl(world, s, SIO_RCVALL, { input: dword(RCVALL_OFF) })).toMatchObject({ code: 0 });
    expect(ioctl(world, s, SIO_RCVALL, { input: dword(RCVALL_ON) })).toMatchObject({ code: WSAEOPNOTSUPP });
    expect(ioctl(world, s, SIO_RCVALL, { input: dword(9) })).toMatchObject({ code: WSAEINVAL });
  });
});

describe('a process without privileges', () => {
  test.skipIf(process.getuid?.() !== 0)('is told WSAEACCES when it asks for a raw socket', () => {
    const script = `
      import { createWs2_32, AF_INET, SOCK_RAW, SOCK_STREAM, IPPROTO_ICMP } from 'ws2spi';
      const ws2 = createWs2_32({ base: 'tcpip', catalog: 'memory' });
      ws2.WSAStartup(0x0202, {});
      ws2.closesocket(ws2.socket(AF_INET, SOCK_STREAM, 0));
      process.setuid(65534);
      const s = ws2.socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
      console.log(s, ws2.WSAGetLastError());
      ws2.WSACleanup();
    `;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      cwd: new URL('../../..', import.meta.url).pathname,
    });
    expect([stdout.trim(), stderr]).toEqual([`${INVALID_SOCKET} ${WSAEACCES}`, '']);
  });
});

describeOnEveryProvider('a datagram whose time to live expired', (on) => {
  on.it('is none that has one hop to go', (world) => {
    const [{ s }, to] = [world.boundUdp(), world.boundUdp()];
    world.ws2.setsockopt(s, IPPROTO_IP, IP_TTL, dword(1), 4);
    expect(world.count(world.ws2.sendto(s, Buffer.from('near'), 4, 0, to.name, 16))).toBe(4);
    expect(world.receive(to.s)).toBe('near');
    world.nonBlocking(s);
    world.settle();
    expect(world.receive(s)).toBe(-WSAEWOULDBLOCK);
  });

  // Nothing in a memory network is farther away.
  if (!on.native) return;
  itWithRawSockets(on, 'fails a receive with WSAENETRESET, unless SIO_UDP_NETRESET is off', (world) => {
    const router = rawSocket(world, AF_INET, IPPROTO_ICMP);
    const { s, name } = world.boundUdp();
    const to = world.boundUdp();
    world.nonBlocking(s);
    /** What a router answers: time exceeded in transit, with the headers of the datagram that it threw away. */
    const expire = (): void => {
      const packet = Buffer.alloc(8 + 20 + 8);
      packet[0] = 11;
      packet.set([0x45, 0, 0, 28, 0, 0, 0, 0, 0, 17, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1], 8);
      packet.set([name[2]!, name[3]!, to.name[2]!, to.name[3]!, 0, 8], 28);
      packet.writeUInt16BE(sum(packet), 2);
      expect(world.count(world.ws2.sendto(router, packet, packet.length, 0, sockaddr_in('127.0.0.1', 0), 16))).toBe(36);
      world.settle();
    };
    expire();
    expect(world.receive(s)).toBe(-WSAENETRESET);
    expect(world.receive(s)).toBe(-WSAEWOULDBLOCK);
    expire();
    expect(world.count(world.ws2.sendto(s, Buffer.from('goes out'), 8, 0, to.name, 16))).toBe(8);
    expect(world.receive(to.s)).toBe('goes out');
    expect(ioctl(world, s, SIO_UDP_NETRESET, { input: dword(0) }).code).toBe(0);
    expect(world.receive(s)).toBe(-WSAEWOULDBLOCK);
    expire();
    expect(world.receive(s)).toBe(-WSAEWOULDBLOCK);
  });
});

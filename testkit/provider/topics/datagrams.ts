import {
  AF_INET,
  AF_INET6,
  FIONREAD,
  MSG_OOB,
  MSG_PEEK,
  parseSockaddr,
  ref,
  SD_RECEIVE,
  SD_SEND,
  SO_RCVTIMEO,
  sockaddr_in,
  sockaddr_in6,
  SOL_SOCKET,
  WSA_IO_PENDING,
  WSA_WAIT_IO_COMPLETION,
  WSAEAFNOSUPPORT,
  WSAECONNRESET,
  WSAEFAULT,
  WSAEINVAL,
  WSAEMSGSIZE,
  WSAENOTCONN,
  WSAEOPNOTSUPP,
  WSAESHUTDOWN,
  WSAETIMEDOUT,
  WSAEWOULDBLOCK,
  WSAOVERLAPPED,
} from '../../../index.js';
import { expect } from '../expectation.js';
import { buffer, loopback, textOf } from '../names-and-buffers.js';
import type { ProviderWorld } from '../provider-world.js';
import { topic } from '../suite.js';

const sendTo = (world: ProviderWorld, s: number, text: string, to: Uint8Array): number =>
  world.count(world.ws2.sendto(s, Buffer.from(text), text.length, 0, to, to.length));

function receiveFrom(
  world: ProviderWorld,
  s: number,
  most = 100,
  flags = 0,
): { text: string | number; port: number; length: number } {
  const room = new Uint8Array(most);
  const from = new Uint8Array(128);
  const length = ref(128);
  const got = world.count(world.ws2.recvfrom(s, room, most, flags, from, length));
  const text = got < 0 ? got : Buffer.from(room.subarray(0, got)).toString();
  return { text, port: length.value < 128 ? parseSockaddr(from, length.value).port : 0, length: length.value };
}

/** What programs rely on: a datagram socket. */
export const aDatagramSocket = topic('a datagram socket', ['datagrams', 'internet addresses'], (on) => {
  on.onEveryFamily('receives whole datagrams, in order, each with its source', (world, family) => {
    const { s, name } = world.boundDatagram(family);
    const one = world.boundDatagram(family);
    const other = world.boundDatagram(family);
    expect([sendTo(world, one.s, 'from one', name), sendTo(world, other.s, 'from the other', name)]).toEqual([8, 14]);
    expect(sendTo(world, one.s, '', name)).toBe(0);
    const length = family === AF_INET ? 16 : 28;
    expect([1, 2, 3].map(() => receiveFrom(world, s))).toEqual([
      { text: 'from one', port: parseSockaddr(one.name).port, length },
      { text: 'from the other', port: parseSockaddr(other.name).port, length },
      { text: '', port: parseSockaddr(one.name).port, length },
    ]);
  });

  on.it('cuts off what does not fit, and says so', (world) => {
    const { s, name } = world.boundDatagram();
    const sender = world.boundDatagram();
    sendTo(world, sender.s, 'too long', name);
    sendTo(world, sender.s, 'next', name);
    const room = new Uint8Array(3);
    const from = new Uint8Array(16);
    expect(world.count(world.ws2.recvfrom(s, room, 3, 0, from, ref(16)))).toBe(-WSAEMSGSIZE);
    expect(textOf({ buf: room })).toBe('too');
    expect(parseSockaddr(from).port).toBe(parseSockaddr(sender.name).port);
    expect(receiveFrom(world, s).text).toBe('next');
  });

  on.it('looks without taking with MSG_PEEK', (world) => {
    const { s, name } = world.boundDatagram();
    sendTo(world, world.datagramSocket(), 'look', name);
    expect(receiveFrom(world, s, 100, MSG_PEEK).text).toBe('look');
    expect(receiveFrom(world, s).text).toBe('look');
    expect(receiveFrom(world, s, 1, MSG_OOB).text).toBe(-WSAEOPNOTSUPP);
  });

  on.it('needs a name to receive, a peer to send, and a destination that is one', (world) => {
    const s = world.datagramSocket();
    expect(world.receive(s)).toBe(-WSAEINVAL);
    expect(receiveFrom(world, s).text).toBe(-WSAEINVAL);
    expect(world.send(s, 'x')).toBe(-WSAENOTCONN);
    const { name } = world.boundDatagram();
    expect(world.count(world.ws2.sendto(s, Buffer.from('x'), 1, 0, name, 15))).toBe(-WSAEFAULT);
    expect(
      world.count(world.ws2.recvfrom(world.boundDatagram().s, new Uint8Array(1), 1, 0, new Uint8Array(9), ref(9))),
    ).toBe(-WSAEFAULT);
  });

  on.it('gets a name by sending, and can be answered', (world) => {
    const { s, name } = world.boundDatagram();
    const caller = world.datagramSocket();
    sendTo(world, caller, 'who?', name);
    const { text, port } = receiveFrom(world, s);
    expect([text, port]).toEqual(['who?', world.portOf(caller)]);
    sendTo(world, s, 'me', loopback(port));
    expect(receiveFrom(world, caller).text).toBe('me');
  });

  on.it('hears its peer alone once it is connected', (world) => {
    const peer = world.boundDatagram();
    const stranger = world.boundDatagram();
    const { s, name } = world.boundDatagram();
    expect(world.connect(s, peer.name)).toBe(0);
    expect(world.send(s, 'to you')).toBe(6);
    expect(receiveFrom(world, peer.s).text).toBe('to you');
    sendTo(world, stranger.s, 'psst', name);
    sendTo(world, peer.s, 'yes?', name);
    expect(receiveFrom(world, s).text).toBe('yes?');
  });

  for (const address of ['127.0.0.1', '0.0.0.0']) {
    on.it(`hears everybody again once it is disconnected, under the port that it had on ${address}`, (world) => {
      const s = world.datagramSocket();
      expect(world.code(world.ws2.bind(s, sockaddr_in(address, 0), 16))).toBe(0);
      const name = world.nameOf(s);
      const stranger = world.datagramSocket();
      expect(world.connect(s, world.boundDatagram().name)).toBe(0);
      expect(world.connect(s, world.boundDatagram().name)).toBe(0);
      expect(world.connect(s, sockaddr_in('0.0.0.0', 0))).toBe(0);
      expect(world.code(world.ws2.getpeername(s, new Uint8Array(16), ref(16)))).toBe(WSAENOTCONN);
      expect(world.nameOf(s)).toEqual(name);
      sendTo(world, stranger, 'now', loopback(world.portOf(s)));
      expect(receiveFrom(world, s).text).toBe('now');
      expect(world.connect(s, sockaddr_in('0.0.0.0', 0))).toBe(0);
      expect(world.nameOf(s)).toEqual(name);
    });
  }

  on.it('keeps the port that a connect gave it when it is disconnected', (world) => {
    const s = world.datagramSocket(AF_INET6);
    expect(world.connect(s, world.boundDatagram(AF_INET6).name)).toBe(0);
    const port = world.portOf(s);
    expect(world.connect(s, sockaddr_in6('::', 0))).toBe(0);
    expect(world.portOf(s)).toBe(port);
    sendTo(world, world.datagramSocket(AF_INET6), 'six', loopback(port, AF_INET6));
    expect(receiveFrom(world, s).text).toBe('six');
  });

  // 7.2
  on.needs('resets').it('sends to a closed port without complaint, and is told when it receives', (world) => {
    const { s: gone, name } = world.boundDatagram();
    world.ws2.closesocket(gone);
    const s = world.datagramSocket();
    expect(world.connect(s, name)).toBe(0);
    expect(Array.from({ length: 10 }, () => world.send(s, 'x'))).toEqual(new Array(10).fill(1));
    expect(world.receive(s)).toBe(-WSAECONNRESET);
  });

  on.it('would block, or gives up after SO_RCVTIMEO, when nothing comes', (world) => {
    const { s } = world.boundDatagram();
    world.ws2.setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, Uint8Array.of(40, 0, 0, 0), 4);
    const before = world.now();
    expect(world.receive(s)).toBe(-WSAETIMEDOUT);
    expect(world.now() - before).toBeGreaterThanOrEqual(39);
    world.nonBlocking(s);
    expect(world.receive(s)).toBe(-WSAEWOULDBLOCK);
  });

  on.it('counts with FIONREAD the bytes of the first datagram', (world) => {
    const { s, name } = world.boundDatagram();
    const count = ref(9);
    world.ws2.ioctlsocket(s, FIONREAD, count);
    expect(count.value).toBe(0);
    const sender = world.datagramSocket();
    sendTo(world, sender, 'abcd', name);
    sendTo(world, sender, 'more', name);
    world.settle();
    world.ws2.ioctlsocket(s, FIONREAD, count);
    expect(count.value).toBe(4);
  });

  on.it('receives overlapped, with the source written at the end', (world) => {
    const { s, name } = world.boundDatagram();
    const sender = world.boundDatagram();
    const rooms = [buffer(4), buffer(100)];
    const from = new Uint8Array(16);
    const length = ref(16);
    const overlapped = new WSAOVERLAPPED();
    overlapped.hEvent = world.event();
    const begun = world.ws2.WSARecvFrom(s, rooms, 2, null, ref(0), from, length, overlapped, null);
    expect(world.code(begun)).toBe(WSA_IO_PENDING);
    expect([...from]).toEqual(new Array(16).fill(0));
    const parts = [buffer('scat'), buffer('tered')];
    expect(world.code(world.ws2.WSASendTo(sender.s, parts, 2, ref(0), 0, name, 16, null, null))).toBe(0);
    expect(world.signalled(overlapped.hEvent, 60_000)).toBe(true);
    expect(overlapped.InternalHigh).toBe(9);
    expect(textOf(...rooms).slice(0, 9)).toBe('scattered');
    expect([parseSockaddr(from).port, length.value]).toEqual([parseSockaddr(sender.name).port, 16]);
  });

  on.it('tells a completion routine that a datagram was cut off', (world) => {
    const { s, name } = world.boundDatagram();
    const seen: number[][] = [];
    const overlapped = new WSAOVERLAPPED();
    world.ws2.WSARecvFrom(s, [buffer(3)], 1, null, ref(0), null, null, overlapped, (error, transferred) => {
      seen.push([error, transferred]);
    });
    sendTo(world, world.datagramSocket(), 'too long', name);
    expect(world.ws2.host.SleepEx(60_000, true)).toBe(WSA_WAIT_IO_COMPLETION);
    expect(seen).toEqual([[WSAEMSGSIZE, 3]]);
    expect(overlapped.Internal >>> 0).toBe(0x80000005);
  });

  on.it('can be shut down without a peer: WSAENOTCONN is for connection-oriented sockets', (world) => {
    const { s, name } = world.boundDatagram();
    const { s: other, name: otherName } = world.boundDatagram();
    expect(world.code(world.ws2.shutdown(s, 7))).toBe(WSAEINVAL);
    expect(world.code(world.ws2.shutdown(s, SD_SEND))).toBe(0);
    expect(sendTo(world, s, 'no more', otherName)).toBe(-WSAESHUTDOWN);
    expect(sendTo(world, other, 'still', name)).toBe(5);
    expect(receiveFrom(world, s).text).toBe('still');
    expect(world.code(world.ws2.shutdown(s, SD_RECEIVE))).toBe(0);
    expect(receiveFrom(world, s).text).toBe(-WSAESHUTDOWN);
  });

  on.it('has no name from taking away a peer that it never had', (world) => {
    const s = world.datagramSocket();
    const nobody = sockaddr_in('0.0.0.0', 0);
    expect(world.connect(s, nobody)).toBe(0);
    expect(world.code(world.ws2.getsockname(s, new Uint8Array(16), ref(16)))).toBe(WSAEINVAL);
    expect(receiveFrom(world, s).text).toBe(-WSAEINVAL);
    expect(world.code(world.ws2.bind(s, loopback(), 16))).toBe(0);
    expect(world.portOf(s)).toBeGreaterThan(0);
  });

  on.it('does not send to an address of another family', (world) => {
    const { s } = world.boundDatagram();
    expect(sendTo(world, s, 'x', sockaddr_in6('::1', 9))).toBe(-WSAEAFNOSUPPORT);
    expect(sendTo(world, world.datagramSocket(AF_INET6), 'x', sockaddr_in('127.0.0.1', 9))).toBe(-WSAEFAULT);
    const strange = loopback(9);
    strange[0] = 77;
    expect(sendTo(world, s, 'x', strange)).toBe(-WSAEAFNOSUPPORT);
  });

  on.it('does not take a datagram that is longer than can be', (world) => {
    const { name } = world.boundDatagram();
    const s = world.datagramSocket();
    const huge = new Uint8Array(70_000);
    expect(world.count(world.ws2.sendto(s, huge, huge.length, 0, name, 16))).toBe(-WSAEMSGSIZE);
  });
});

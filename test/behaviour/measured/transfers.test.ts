// Data transfer, overlapped and not (measured behaviour 5, 7, 36), and a socket in the middle of connecting (34).
import { expect } from 'vitest';
import {
  FD_CLOSE,
  FD_CONNECT,
  FD_READ,
  FD_WRITE,
  FIONREAD,
  MSG_OOB,
  MSG_PEEK,
  ref,
  SD_SEND,
  SIOCATMARK,
  WSA_IO_PENDING,
  WSAEINVAL,
  WSAENOTCONN,
  WSAESHUTDOWN,
  WSAEWOULDBLOCK,
  WSAOVERLAPPED,
} from 'ws2spi';
import { buffer, describeOnEveryChain, textOf, type World } from '../../support/providers.js';

const UNTOUCHED = 0xdeadbeef;
const PENDING = 0x103;

function begin(world: World, s: number, size: number, flags = 0) {
  const overlapped = new WSAOVERLAPPED();
  overlapped.InternalHigh = UNTOUCHED;
  const room = buffer(size);
  const bytes = ref(UNTOUCHED);
  const code = world.code(world.ws2.WSARecv(s, [room], 1, bytes, ref(flags), overlapped, null));
  return { overlapped, room, bytes, code };
}

describeOnEveryChain('a connection', ({ it, onEveryFamily }) => {
  // 5.1
  onEveryFamily('has no use for addresses in sendto and recvfrom, not even garbage', (world, family) => {
    const { client, server } = world.connectedPair(family);
    const garbage = new Uint8Array(16).fill(0xfe);
    expect(world.count(world.ws2.sendto(client, Buffer.from('data'), 4, 0, garbage, 16))).toBe(4);
    const [room, from, fromlen] = [new Uint8Array(4), garbage.slice(), ref(0xc0ffee11)];
    let text = '';
    while (text.length < 4) {
      const got = world.count(world.ws2.recvfrom(server, room, 4 - text.length, 0, from, fromlen));
      expect(got).toBeGreaterThan(0);
      text += Buffer.from(room.subarray(0, got)).toString();
    }
    expect([text, from, fromlen.value]).toEqual(['data', garbage, 0xc0ffee11]);
  });

  // 5.2, 16.4
  it('stands at the mark without urgent data, whatever was received', (world) => {
    const { client, server } = world.connectedPair();
    const atMark = (s: number): number => {
      const value = ref(9);
      expect(world.code(world.ws2.ioctlsocket(s, SIOCATMARK, value))).toBe(0);
      return value.value;
    };
    expect(atMark(server)).toBe(1);
    world.send(client, 'data');
    expect(world.receiveAll(server, 4)).toBe('data');
    expect(atMark(server)).toBe(1);
    world.send(client, '!', MSG_OOB);
    world.until(() => atMark(server) === 0);
    expect(world.receive(server, 1, MSG_OOB)).toBe('!');
    expect(atMark(server)).toBe(1);
  });

  // 5.4
  onEveryFamily('is made and used by an event-driven client', (world, family) => {
    const { s: listener, name } = world.listener(family);
    const client = world.tcpSocket(family);
    const event = world.event();
    expect(world.eventSelect(client, event, FD_CONNECT)).toBe(0);
    expect(world.connect(client, name)).toBe(WSAEWOULDBLOCK);
    expect(world.signalled(event, 60_000)).toBe(true);
    expect(world.networkEvents(client, event)).toEqual({ CONNECT: 0 });
    expect(world.eventSelect(client, event, FD_READ | FD_WRITE | FD_CLOSE)).toBe(0);
    expect(world.signalled(event)).toBe(true);
    expect(world.networkEvents(client, event)).toEqual({ WRITE: 0 });
    const server = world.accept(listener);
    world.send(server, 'hello');
    let text = '';
    while (text.length < 5) {
      expect(world.signalled(event, 60_000)).toBe(true);
      expect(world.networkEvents(client, event)).toEqual({ READ: 0 });
      const first = world.receive(client, 2);
      expect(first).toBeTypeOf('string');
      text += String(first);
    }
    expect(text).toBe('hello');
    expect(world.receive(client)).toBe(-WSAEWOULDBLOCK);
    world.ws2.shutdown(server, SD_SEND);
    expect(world.signalled(event, 60_000)).toBe(true);
    expect(world.networkEvents(client, event)).toEqual({ CLOSE: 0 });
  });

  // 36.1
  it('that does not block refuses plain receives, and lets overlapped ones pend', (world) => {
    const { client, server } = world.connectedPair();
    world.nonBlocking(server);
    expect(world.receive(server)).toBe(-WSAEWOULDBLOCK);
    const bytes = ref(UNTOUCHED);
    expect(world.code(world.ws2.WSARecv(server, [buffer(1)], 1, bytes, ref(0), null, null))).toBe(WSAEWOULDBLOCK);
    expect(bytes.value).toBe(UNTOUCHED);
    const { overlapped, room, code } = begin(world, server, 4);
    expect([code, overlapped.Internal, overlapped.InternalHigh]).toEqual([WSA_IO_PENDING, PENDING, UNTOUCHED]);
    // A plain receive queues behind it.
    expect(world.receive(server)).toBe(-WSAEWOULDBLOCK);
    expect([overlapped.Internal, overlapped.InternalHigh]).toEqual([PENDING, UNTOUCHED]);
    world.send(client, 'x');
    world.until(() => overlapped.Internal === 0);
    expect([overlapped.InternalHigh, textOf(room).slice(0, 1)]).toEqual([1, 'x']);
  });

  // 36.2: the specification ignores the structure on a socket without the overlapped attribute, and has it behave as
  // recv.
  it('without the overlapped attribute behaves as with recv, whatever structure is given', (world) => {
    const { s: listener, name } = world.listener();
    const entry = world.entries.get('2 1');
    const plain = world.track(
      entry === undefined ? world.ws2.WSASocket(2, 1, 0, null, 0, 0) : world.ws2.WSASocket(-1, -1, -1, entry, 0, 0),
    );
    expect(world.connect(plain, name)).toBe(0);
    const server = world.accept(listener);
    world.nonBlocking(plain);
    const { code, bytes, overlapped } = begin(world, plain, 4);
    expect([code, bytes.value, overlapped.InternalHigh]).toEqual([WSAEWOULDBLOCK, UNTOUCHED, UNTOUCHED]);
    world.nonBlocking(plain, 0);
    // The wait is alertable, and what it waits for is sent in it.
    world.ws2.host.QueueUserAPC(() => void world.send(server, 'x'), null);
    const waited = begin(world, plain, 1);
    expect([waited.code, waited.bytes.value, textOf(waited.room)]).toEqual([0, 1, 'x']);
  });

  // 36.3
  it('fills overlapped receives in their order', (world) => {
    const { client, server } = world.connectedPair();
    const [first, second] = [begin(world, server, 16), begin(world, server, 16)];
    expect([first.code, second.code]).toEqual([WSA_IO_PENDING, WSA_IO_PENDING]);
    world.send(client, '0123456789abcdefghijklmnopqrstuv');
    world.until(() => second.overlapped.Internal === 0);
    const [one, other] = [first, second].map(({ room, overlapped }) => textOf(room).slice(0, overlapped.InternalHigh));
    expect('0123456789abcdefghijklmnopqrstuv'.startsWith(one! + other!)).toBe(true);
    if (!world.chain.codec) expect([one, other]).toEqual(['0123456789abcdef', 'ghijklmnopqrstuv']);
    else world.receiveAll(server, 32 - one!.length - other!.length);
  });

  // 36.4
  it('has receives of no buffers, which fail, and of no room, which wait and leave the data', (world) => {
    const { client, server } = world.connectedPair();
    expect(world.code(world.ws2.WSARecv(server, [], 0, ref(0), ref(0), null, null))).toBe(WSAEINVAL);
    expect(world.code(world.ws2.WSARecv(server, [], 0, ref(0), ref(0), new WSAOVERLAPPED(), null))).toBe(WSAEINVAL);
    world.nonBlocking(server);
    expect(world.count(world.ws2.recv(server, null, 0, 0))).toBe(-WSAEWOULDBLOCK);
    const waiting = begin(world, server, 0);
    expect(waiting.code).toBe(WSA_IO_PENDING);
    world.send(client, 'x');
    world.until(() => waiting.overlapped.Internal === 0);
    expect(waiting.overlapped.InternalHigh).toBe(0);
    const later = begin(world, server, 0);
    expect([later.code, later.bytes.value]).toEqual([0, 0]);
    const count = ref(9);
    world.ws2.ioctlsocket(server, FIONREAD, count);
    expect(count.value).toBe(1);
    expect(world.count(world.ws2.recv(server, null, 0, 0))).toBe(0);
    expect(world.receive(server)).toBe('x');
  });

  it('has sends of nothing, by any number of buffers, which bring the peer nothing', (world) => {
    const { client, server } = world.connectedPair();
    expect(world.count(world.ws2.send(client, null, 0, 0))).toBe(0);
    const bytes = ref(UNTOUCHED);
    for (const buffers of [[], [buffer('')], [buffer(''), buffer('')]]) {
      expect(world.code(world.ws2.WSASend(client, buffers, buffers.length, bytes, 0, null, null))).toBe(0);
      expect(bytes.value).toBe(0);
    }
    world.nonBlocking(server);
    world.settle();
    expect(world.receive(server)).toBe(-WSAEWOULDBLOCK);
  });

  it('gathers from very many buffers, empty ones among them, and scatters to as many', (world) => {
    const { client, server } = world.connectedPair();
    const parts = Array.from({ length: 1500 }, (_, i) => buffer(i % 3 === 0 ? '' : String(i % 10)));
    const text = parts.map((part) => textOf(part)).join('');
    const sent = ref(0);
    expect(world.code(world.ws2.WSASend(client, parts, parts.length, sent, 0, null, null))).toBe(0);
    expect(sent.value).toBe(1000);
    world.until(() => {
      const count = ref(0);
      world.ws2.ioctlsocket(server, FIONREAD, count);
      return count.value === 1000;
    });
    const rooms = Array.from({ length: 1100 }, () => buffer(1));
    const [received, flags] = [ref(0), ref(0)];
    expect(world.code(world.ws2.WSARecv(server, rooms, rooms.length, received, flags, null, null))).toBe(0);
    expect([received.value, textOf(...rooms).slice(0, 1000)]).toEqual([1000, text]);
    const overlapped = new WSAOVERLAPPED();
    world.ws2.WSASend(client, parts, parts.length, null, 0, overlapped, null);
    world.until(() => overlapped.Internal === 0);
    expect(overlapped.InternalHigh).toBe(1000);
    expect(world.receiveAll(server, 1000)).toBe(text);
  });

  it('is looked at by an overlapped receive that waited for it, which leaves the data', (world) => {
    const { client, server } = world.connectedPair();
    const { overlapped, room, code } = begin(world, server, 3, MSG_PEEK);
    expect(code).toBe(WSA_IO_PENDING);
    world.send(client, 'x');
    world.until(() => overlapped.Internal === 0);
    expect([overlapped.InternalHigh, textOf(room).slice(0, 1), world.receive(server)]).toEqual([1, 'x', 'x']);
  });

  it('that was half closed still carries data the other way, overlapped or not', (world) => {
    const { client, server } = world.connectedPair();
    world.ws2.shutdown(client, SD_SEND);
    expect(world.receive(server)).toBe('');
    const { overlapped, room } = begin(world, client, 4);
    world.send(server, 'over');
    world.until(() => overlapped.Internal === 0);
    expect(textOf(room).slice(0, overlapped.InternalHigh)).toBe('over'.slice(0, overlapped.InternalHigh));
    const send = new WSAOVERLAPPED();
    expect(world.code(world.ws2.WSASend(client, [buffer('x')], 1, null, 0, send, null))).toBe(WSAESHUTDOWN);
    expect(world.send(client, '', 0)).toBe(-WSAESHUTDOWN);
  });

  it('is none on a listener', (world) => {
    const { s } = world.listener();
    expect([world.send(s, 'x'), world.receive(s)]).toEqual([-WSAENOTCONN, -WSAENOTCONN]);
    expect(begin(world, s, 1).code).toBe(WSAENOTCONN);
    expect(world.code(world.ws2.shutdown(s, SD_SEND))).toBe(WSAENOTCONN);
  });
});

// Datagrams, sockets that are closed meanwhile, and those in the middle of connecting (measured behaviour 7, 34).
import { expect } from 'vitest';
import {
  AF_INET6,
  ERROR_INVALID_PARAMETER,
  FD_CONNECT,
  parseSockaddr,
  ref,
  sockaddr_in,
  WSA_IO_PENDING,
  WSAEALREADY,
  WSAEINVAL,
  WSAEISCONN,
  WSAEMSGSIZE,
  WSAENOTCONN,
  WSAENOTSOCK,
  WSAEWOULDBLOCK,
  WSAOVERLAPPED,
} from 'ws2spi';
import {
  buffer,
  describeOnEveryChain,
  describeOnEveryDatagramChain,
  loopback,
  textOf,
  type World,
} from '../../support/providers.js';

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

describeOnEveryChain('closesocket', ({ it }) => {
  for (const what of ['receive', 'plain routine', 'connect', 'accept'] as const) {
    it(`ends ${what === 'plain routine' ? 'a receive with a routine' : `a blocking or pending ${what}`}`, (world) => {
      const { client, server, listener } = world.connectedPair();
      const close = (s: number) => world.ws2.host.QueueUserAPC(() => void world.ws2.closesocket(s), null);
      if (what === 'receive') {
        close(server);
        expect([-10004, -WSAENOTSOCK]).toContain(world.receive(server));
      } else if (what === 'plain routine') {
        const told: number[] = [];
        world.ws2.WSARecv(server, [buffer(1)], 1, null, ref(0), new WSAOVERLAPPED(), (error) => void told.push(error));
        world.ws2.closesocket(server);
        world.ws2.host.SleepEx(0, true);
        expect(told).toEqual([995]);
      } else if (what === 'accept') {
        close(listener);
        expect(world.ws2.accept(listener, null, null)).toBe(0xffffffff);
        expect([10004, WSAENOTSOCK]).toContain(world.ws2.WSAGetLastError());
      } else {
        const s = world.tcpSocket();
        world.nonBlocking(s);
        world.eventSelect(s, world.event(), FD_CONNECT);
        const { name } = world.listener();
        world.connect(s, name);
        expect(world.code(world.ws2.closesocket(s))).toBe(0);
        expect(world.connect(s, name)).toBe(WSAENOTSOCK);
      }
      world.ws2.closesocket(client);
    });
  }
});

describeOnEveryChain('a socket in the middle of connecting', ({ it }) => {
  // 34
  it('has names, and neither data nor another connect', (world) => {
    const { s: listener, name } = world.listener();
    const s = world.tcpSocket();
    world.nonBlocking(s);
    expect(world.connect(s, name)).toBe(WSAEWOULDBLOCK);
    expect(world.connect(s, name)).toBe(WSAEALREADY);
    const overlapped = new WSAOVERLAPPED();
    expect(world.code(world.ws2.ConnectEx(s, name, name.length, null, 0, null, overlapped))).toBe(WSAEINVAL);
    expect(overlapped.Internal).toBe(PENDING);
    expect(world.portOf(s)).toBeGreaterThan(0);
    const room = new Uint8Array(28);
    expect(world.code(world.ws2.getpeername(s, room, ref(28)))).toBe(0);
    expect(parseSockaddr(room)).toEqual(parseSockaddr(name));
    expect([world.receive(s), world.send(s, 'x')]).toEqual([-WSAENOTCONN, -WSAENOTCONN]);
    const sets = [0, 1, 2].map(() => ({ fd_count: 1, fd_array: [s] }));
    expect(world.ws2.select(0, sets[0]!, sets[1]!, sets[2]!, { tv_sec: 60, tv_usec: 0 })).toBe(1);
    expect(sets.map(({ fd_count }) => fd_count)).toEqual([0, 1, 0]);
    world.accept(listener);
  });

  // 34, 24.1, 24.2
  it('by ConnectEx belongs to that, and a listener or a fresh socket cannot', (world) => {
    const { s: listener, name } = world.listener();
    const s = world.tcpSocket();
    world.ws2.bind(s, loopback(), 16);
    const overlapped = new WSAOVERLAPPED();
    world.ws2.ConnectEx(s, name, name.length, null, 0, null, overlapped);
    expect(world.connect(s, name)).toBe(WSAEINVAL);
    expect(world.code(world.ws2.getpeername(s, new Uint8Array(28), ref(28)))).toBe(WSAENOTCONN);
    world.until(() => overlapped.Internal !== PENDING);
    world.accept(listener);
    expect(world.connect(listener, name)).toBe(WSAEINVAL);
    const other = new WSAOVERLAPPED();
    other.InternalHigh = UNTOUCHED;
    expect(world.code(world.ws2.ConnectEx(listener, name, name.length, null, 0, null, other))).toBe(WSAEINVAL);
    expect([other.Internal, other.InternalHigh]).toEqual([PENDING, UNTOUCHED]);
    expect(world.code(world.ws2.ConnectEx(s, name, name.length, null, 0, null, null))).toBe(ERROR_INVALID_PARAMETER);
    expect(world.code(world.ws2.ConnectEx(s, name, name.length, null, 0, null, new WSAOVERLAPPED()))).toBe(WSAEISCONN);
  });
});

describeOnEveryDatagramChain('datagrams', ({ it, onEveryFamily }) => {
  // 7.1, 6.8, 21.2, 21.3
  onEveryFamily('have a source with a port, and leave no last error', (world, family) => {
    const { s, name } = world.boundUdp(family);
    expect(parseSockaddr(name).port).toBeGreaterThan(0);
    const sender = world.udpSocket(family);
    world.ws2.WSASetLastError(1234);
    expect(world.ws2.sendto(sender, Buffer.from('one'), 3, 0, name, name.length)).toBe(3);
    expect(world.ws2.WSAGetLastError()).toBe(0);
    const [from, length] = [new Uint8Array(28), ref(28)];
    expect(world.ws2.recvfrom(s, new Uint8Array(9), 9, 0, from, length)).toBe(3);
    expect([parseSockaddr(from).port, length.value]).toEqual([world.portOf(sender), family === AF_INET6 ? 28 : 16]);
    const sent = ref(0);
    const other = world.udpSocket(family);
    const parts = [buffer('two '), buffer('buffers')];
    expect(world.code(world.ws2.WSASendTo(other, parts, 2, sent, 0, name, name.length, null, null))).toBe(0);
    expect([sent.value, world.ws2.WSAGetLastError()]).toEqual([11, 0]);
    expect(world.receive(s)).toBe('two buffers');
    expect(world.portOf(other)).toBeGreaterThan(0);
    expect(world.code(world.ws2.WSASendTo(0xdead0, parts, 2, sent, 0, name, name.length, null, null))).toBe(
      WSAENOTSOCK,
    );
  });

  // 7.2
  it('to a closed port of a connected socket are sent without complaint', (world) => {
    const { s: gone, name } = world.boundUdp();
    world.ws2.closesocket(gone);
    const s = world.udpSocket();
    world.connect(s, name);
    expect(Array.from({ length: 10 }, () => world.send(s, 'x'))).toEqual(new Array(10).fill(1));
  });

  it('that are empty are received as nothing, in each way to receive', (world) => {
    const { s, name } = world.boundUdp();
    const sender = world.udpSocket();
    const send = () => world.ws2.sendto(sender, null, 0, 0, name, name.length);
    expect(send()).toBe(0);
    expect(world.receive(s)).toBe('');
    send();
    const { overlapped, code } = begin(world, s, 10);
    expect([0, WSA_IO_PENDING]).toContain(code);
    world.until(() => overlapped.Internal === 0);
    expect(overlapped.InternalHigh).toBe(0);
    const told: number[][] = [];
    world.ws2.WSARecv(
      s,
      [buffer(1)],
      1,
      null,
      ref(0),
      new WSAOVERLAPPED(),
      (error, bytes) => void told.push([error, bytes]),
    );
    send();
    world.ws2.host.SleepEx(5000, true);
    expect(told).toEqual([[0, 0]]);
  });

  it('are gathered from very many buffers, and scattered to as many', (world) => {
    const { s, name } = world.boundUdp();
    const parts = Array.from({ length: 1500 }, (_, i) => buffer(i % 3 === 0 ? '' : String(i % 10)));
    const text = parts.map((part) => textOf(part)).join('');
    const sent = ref(0);
    const sender = world.udpSocket();
    expect(world.code(world.ws2.WSASendTo(sender, parts, 1500, sent, 0, name, name.length, null, null))).toBe(0);
    world.ws2.WSASendTo(sender, [...parts, ...parts], 3000, sent, 0, name, name.length, null, null);
    const rooms = Array.from({ length: 1100 }, () => buffer(1));
    const received = ref(0);
    expect(world.code(world.ws2.WSARecv(s, rooms, rooms.length, received, ref(0), null, null))).toBe(0);
    expect([received.value, textOf(...rooms).slice(0, 1000)]).toEqual([1000, text]);
    expect(world.code(world.ws2.WSARecv(s, rooms, rooms.length, received, ref(0), null, null))).toBe(WSAEMSGSIZE);
    expect(textOf(...rooms)).toBe(text + text.slice(0, 100));
  });

  it('with no room for them are cut off, unless they are empty', (world) => {
    const { s, name } = world.boundUdp();
    const sender = world.udpSocket();
    world.ws2.sendto(sender, Buffer.from('x'), 1, 0, name, name.length);
    expect(world.count(world.ws2.recv(s, null, 0, 0))).toBe(-WSAEMSGSIZE);
    world.nonBlocking(s);
    expect(world.receive(s)).toBe(-WSAEWOULDBLOCK);
    expect(world.count(world.ws2.sendto(s, Buffer.from('x'), 1, 0, sockaddr_in('127.0.0.1', 0), 16))).toBeLessThan(0);
  });
});

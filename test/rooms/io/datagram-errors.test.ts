// A datagram that nobody was there to receive: what its sender is told, and when (specification: recvfrom,
// WSARecvFrom).
import { expect } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  ERROR_PORT_UNREACHABLE,
  FD_READ,
  FD_WRITE,
  FIONREAD,
  FROM_PROTOCOL_INFO,
  INSTANCE,
  fd_set,
  FD_SET,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  POLLIN,
  POLLRDNORM,
  ref,
  SIO_UDP_CONNRESET,
  SIO_UDP_NETRESET,
  SO_ERROR,
  sockaddr_in,
  sockaddr_in6,
  SOL_SOCKET,
  WSA_FLAG_OVERLAPPED,
  WSA_IO_PENDING,
  WSA_WAIT_IO_COMPLETION,
  WSAECONNRESET,
  WSAEWOULDBLOCK,
  WSAOVERLAPPED,
  type WSAPROTOCOL_INFO,
} from 'ws2spi';
import { buffer, describeOnEveryDatagramChain, type World } from '../../support/providers.js';
import { dword, ioctl } from '../../support/ioctls.js';

const STATUS_PORT_UNREACHABLE = 0xc000023f;

const sendTo = (world: World, s: number, text: string, to: Uint8Array): number =>
  world.count(world.ws2.sendto(s, Buffer.from(text), text.length, 0, to, to.length));

/**
 * The name of a port at which nobody receives: whoever has it hears himself alone, and it is nobody else's for as long
 * as the test runs.
 */
function nobody(world: World, family: number = AF_INET): Uint8Array {
  const { s, name } = world.boundUdp(family);
  expect(world.connect(s, name)).toBe(0);
  return name;
}

/** Everything that a non-blocking socket gives: texts, and errors as negative numbers. */
function everything(world: World, s: number): (string | number)[] {
  world.nonBlocking(s);
  const got: (string | number)[] = [];
  for (;;) {
    world.settle();
    const next = world.receive(s);
    if (next === -WSAEWOULDBLOCK) return got;
    got.push(next);
  }
}

describeOnEveryDatagramChain('a datagram that nobody was there for', (on) => {
  on.onEveryFamily('fails the next receive of its sender, which goes on as before', (world, family) => {
    const { s, name } = world.boundUdp(family);
    const friend = world.boundUdp(family);
    expect(sendTo(world, s, 'x', nobody(world, family))).toBe(1);
    expect(world.receive(s)).toBe(-WSAECONNRESET);
    expect(everything(world, s)).toEqual([]);
    expect(sendTo(world, s, 'hello', friend.name)).toBe(5);
    expect(world.receive(friend.s)).toBe('hello');
    expect(sendTo(world, friend.s, 'hi', name)).toBe(2);
    expect(everything(world, s)).toEqual(['hi']);
  });

  on.it('is told of over IPv4 to a socket of IPv6 as well', (world) => {
    const s = world.udpSocket(AF_INET6);
    world.ws2.setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, Uint8Array.of(0, 0, 0, 0), 4);
    expect(world.code(world.ws2.bind(s, sockaddr_in6('::', 0), 28))).toBe(0);
    const port = Buffer.from(nobody(world)).readUInt16BE(2);
    expect(sendTo(world, s, 'x', sockaddr_in6('::ffff:127.0.0.1', port))).toBe(1);
    expect(world.receive(s)).toBe(-WSAECONNRESET);
  });

  on.it('is told of once each, and takes its place among what is received', (world) => {
    const { s, name } = world.boundUdp();
    const friend = world.boundUdp();
    const gone = nobody(world);
    sendTo(world, friend.s, 'before', name);
    sendTo(world, s, 'x', gone);
    sendTo(world, s, 'y', gone);
    sendTo(world, friend.s, 'between', name);
    sendTo(world, friend.s, 'and again', name);
    sendTo(world, s, 'z', gone);
    sendTo(world, friend.s, 'after', name);
    const refused = -WSAECONNRESET;
    expect(everything(world, s)).toEqual(['before', refused, refused, 'between', 'and again', refused, 'after']);
  });

  on.it('is told of to a connected socket too, once each', (world) => {
    const s = world.udpSocket();
    expect(world.connect(s, nobody(world))).toBe(0);
    expect([world.send(s, 'x'), world.send(s, 'y')]).toEqual([1, 1]);
    expect(everything(world, s)).toEqual([-WSAECONNRESET, -WSAECONNRESET]);
  });

  on.it('fails no send, neither to the same place nor to another, and doubles none', (world) => {
    const { s } = world.boundUdp();
    const friend = world.boundUdp();
    const gone = nobody(world);
    for (let i = 0; i < 20; i++) {
      expect(sendTo(world, s, 'x', gone)).toBe(1);
      expect(sendTo(world, s, `${i}`, friend.name)).toBe(`${i}`.length);
      const message = {
        name: friend.name,
        namelen: 16,
        lpBuffers: [buffer('by message')],
        dwBufferCount: 1,
        dwFlags: 0,
        Control: buffer(0),
      };
      sendTo(world, s, 'x', gone);
      expect(world.code(world.ws2.WSASendMsg(s, message, 0, ref(0), null, null))).toBe(0);
    }
    const expected = Array.from({ length: 20 }, (_, i) => [`${i}`, 'by message']).flat();
    expect(everything(world, friend.s)).toEqual(expected);
  });

  on.it('leaves room for what is received, however many there are that nobody hears of', (world) => {
    const { s, name } = world.boundUdp();
    const friend = world.boundUdp();
    const gone = nobody(world);
    for (let i = 0; i < 3000; i++) sendTo(world, s, 'x', gone);
    world.settle();
    expect(sendTo(world, friend.s, 'still', name)).toBe(5);
    expect(everything(world, s)).toContain('still');
  });

  on.it('wakes a receive that blocks, and SO_ERROR says nothing of it', (world) => {
    const { s } = world.boundUdp();
    const gone = nobody(world);
    const { providerHost } = world.ws2[INSTANCE];
    providerHost.setTimer(world.now() + 10, () => void sendTo(world, s, 'x', gone));
    expect(world.receive(s)).toBe(-WSAECONNRESET);
    const error = new Uint8Array(4);
    world.ws2.getsockopt(s, SOL_SOCKET, SO_ERROR, error, ref(4));
    expect([...error]).toEqual([0, 0, 0, 0]);
  });

  on.it('makes select and WSAPoll say that a receive would not wait, and FIONREAD counts nothing of it', (world) => {
    const { s } = world.boundUdp();
    sendTo(world, s, 'x', nobody(world));
    const set = new fd_set();
    FD_SET(s, set);
    expect(world.ws2.select(0, set, null, null, { tv_sec: 60, tv_usec: 0 })).toBe(1);
    const entry = { fd: s, events: POLLIN, revents: 0 };
    expect(world.ws2.WSAPoll([entry], 1, 2000)).toBe(1);
    expect(entry.revents & POLLRDNORM).toBe(POLLRDNORM);
    const count = ref(9);
    world.ws2.ioctlsocket(s, FIONREAD, count);
    expect(count.value).toBe(0);
    expect(everything(world, s)).toEqual([-WSAECONNRESET]);
  });

  on.it('is an FD_READ, which comes again while more is left', (world) => {
    const { s, name } = world.boundUdp();
    const hEvent = world.event();
    expect(world.eventSelect(s, hEvent, FD_READ | FD_WRITE)).toBe(0);
    world.networkEvents(s, hEvent);
    sendTo(world, s, 'x', nobody(world));
    sendTo(world, world.udpSocket(), 'more', name);
    expect(world.signalled(hEvent, 60_000)).toBe(true);
    expect(world.networkEvents(s, hEvent)).toEqual({ READ: 0 });
    expect(world.receive(s)).toBe(-WSAECONNRESET);
    expect(world.signalled(hEvent, 60_000)).toBe(true);
    expect(world.networkEvents(s, hEvent)).toEqual({ READ: 0 });
    expect(world.receive(s)).toBe('more');
    expect(world.networkEvents(s, hEvent)).toEqual({});
  });

  on.it('ends an overlapped receive that waits, with the status of a port that cannot be reached', (world) => {
    const { s } = world.boundUdp();
    const overlapped = new WSAOVERLAPPED();
    overlapped.hEvent = world.event();
    const from = new Uint8Array(16);
    const begun = world.ws2.WSARecvFrom(s, [buffer(9)], 1, null, ref(0), from, ref(16), overlapped, null);
    expect(world.code(begun)).toBe(WSA_IO_PENDING);
    sendTo(world, s, 'x', nobody(world));
    expect(world.signalled(overlapped.hEvent, 60_000)).toBe(true);
    expect(world.code(world.ws2.WSAGetOverlappedResult(s, overlapped, ref(0), false, ref(0)))).toBe(WSAECONNRESET);
    expect([overlapped.Internal >>> 0, overlapped.InternalHigh]).toEqual([STATUS_PORT_UNREACHABLE, 0]);
    expect([...from]).toEqual(new Array(16).fill(0));
    expect(everything(world, s)).toEqual([]);
  });

  on.it('fails an overlapped receive at once when it has been told of before', (world) => {
    const { s } = world.boundUdp();
    sendTo(world, s, 'x', nobody(world));
    world.settle();
    const port = world.ws2.host.CreateIoCompletionPort(s, null, 0);
    const overlapped = new WSAOVERLAPPED();
    const begun = world.ws2.WSARecvFrom(s, [buffer(9)], 1, ref(0), ref(0), null, null, overlapped, null);
    expect(world.code(begun)).toBe(WSAECONNRESET);
    // 31.1: a call that fails at once queues no packet.
    expect(world.ws2.host.GetQueuedCompletionStatus(port, ref(0), ref(null), ref(null), 0)).toBe(false);
  });

  on.it('is WSAECONNRESET to a completion routine', (world) => {
    const { s } = world.boundUdp();
    const told: number[][] = [];
    const routine = (error: number, bytes: number): void => void told.push([error, bytes]);
    world.ws2.WSARecvFrom(s, [buffer(9)], 1, null, ref(0), null, null, new WSAOVERLAPPED(), routine);
    sendTo(world, s, 'x', nobody(world));
    expect(world.ws2.host.SleepEx(60_000, true)).toBe(WSA_WAIT_IO_COMPLETION);
    expect(told).toEqual([[WSAECONNRESET, 0]]);
  });

  for (const name of ['WSARecv', 'WSARecvFrom', 'WSARecvMsg', 'ReadFile'] as const) {
    on.it(`is ERROR_PORT_UNREACHABLE at a completion port (${name})`, (world) => {
      const { ws2 } = world;
      const { s } = world.boundUdp();
      const port = ws2.host.CreateIoCompletionPort(s, null, 'key');
      const overlapped = new WSAOVERLAPPED();
      const begun = {
        WSARecv: () => ws2.WSARecv(s, [buffer(9)], 1, null, ref(0), overlapped, null),
        WSARecvFrom: () => ws2.WSARecvFrom(s, [buffer(9)], 1, null, ref(0), null, null, overlapped, null),
        WSARecvMsg: () => {
          const message = {
            name: null,
            namelen: 0,
            lpBuffers: [buffer(9)],
            dwBufferCount: 1,
            Control: buffer(0),
            dwFlags: 0,
          };
          return ws2.WSARecvMsg(s, message, null, overlapped, null);
        },
        ReadFile: () => ws2.host.ReadFile(s, new Uint8Array(9), 9, null, overlapped),
      }[name]();
      expect(world.code(begun)).toBe(WSA_IO_PENDING);
      sendTo(world, s, 'x', nobody(world));
      const [bytes, key, done] = [ref(-1), ref<unknown>(null), ref<WSAOVERLAPPED | null>(null)];
      expect(world.code(ws2.host.GetQueuedCompletionStatus(port, bytes, key, done, 2000))).toBe(ERROR_PORT_UNREACHABLE);
      expect([bytes.value, key.value, done.value === overlapped]).toEqual([0, 'key', true]);
      expect(overlapped.Internal >>> 0).toBe(STATUS_PORT_UNREACHABLE);
    });
  }

  on.it('is not told of while SIO_UDP_CONNRESET is off, nor afterwards', (world) => {
    const { s, name } = world.boundUdp();
    const friend = world.boundUdp();
    const gone = nobody(world);
    sendTo(world, s, 'x', gone);
    const set = (on: number): void =>
      void expect(ioctl(world, s, SIO_UDP_CONNRESET, { input: dword(on) }).code).toBe(0);
    set(0);
    for (let i = 0; i < 5; i++) expect(sendTo(world, s, 'x', gone)).toBe(1);
    sendTo(world, friend.s, 'data', name);
    const hEvent = world.event();
    world.eventSelect(s, hEvent, FD_READ);
    expect(everything(world, s)).toEqual(['data']);
    world.ws2.WSAResetEvent(hEvent);
    sendTo(world, s, 'x', gone);
    world.settle();
    expect(world.signalled(hEvent)).toBe(false);
    expect(world.networkEvents(s)).toEqual({});
    set(1);
    expect(everything(world, s)).toEqual([]);
    sendTo(world, s, 'x', gone);
    expect(everything(world, s)).toEqual([-WSAECONNRESET]);
  });

  on.it(
    'is not told of to a connected socket either while SIO_UDP_CONNRESET is off, whatever SIO_UDP_NETRESET is',
    (world) => {
      for (const hops of [1, 0]) {
        const s = world.udpSocket();
        world.connect(s, nobody(world));
        ioctl(world, s, SIO_UDP_CONNRESET, { input: dword(0) });
        ioctl(world, s, SIO_UDP_NETRESET, { input: dword(hops) });
        for (let i = 0; i < 3; i++) expect(world.send(s, 'x')).toBe(1);
        expect(everything(world, s)).toEqual([]);
      }
    },
  );

  on.it('is forgotten when the socket is connected', (world) => {
    const { s } = world.boundUdp();
    const friend = world.boundUdp();
    sendTo(world, s, 'x', nobody(world));
    expect(world.connect(s, friend.name)).toBe(0);
    expect(everything(world, s)).toEqual([]);
    expect(world.send(s, 'hello')).toBe(5);
    expect(world.receive(friend.s)).toBe('hello');
  });

  on.it('is told of to one of the duplicates: the one that receives first', (world) => {
    const { s } = world.boundUdp();
    const info: Partial<WSAPROTOCOL_INFO> = {};
    expect(world.code(world.ws2.WSADuplicateSocket(s, process.pid, info))).toBe(0);
    const same = FROM_PROTOCOL_INFO;
    const other = world.track(world.ws2.WSASocket(same, same, same, info as WSAPROTOCOL_INFO, 0, WSA_FLAG_OVERLAPPED));
    const gone = nobody(world);
    for (const [one, another] of [
      [s, other],
      [other, s],
    ] as const) {
      sendTo(world, s, 'x', gone);
      world.settle();
      expect(everything(world, one)).toEqual([-WSAECONNRESET]);
      expect(everything(world, another)).toEqual([]);
    }
  });

  on.it('is nothing that a broadcast or a multicast meets', (world) => {
    const { s } = world.boundUdp();
    const port = Buffer.from(nobody(world)).readUInt16BE(2);
    sendTo(world, s, 'x', sockaddr_in('239.1.2.3', port));
    expect(everything(world, s)).toEqual([]);
  });
});

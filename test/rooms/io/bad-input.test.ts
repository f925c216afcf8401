import { expect } from 'vitest';
import {
  AF_INET6,
  FD_READ,
  FIONBIO,
  FIONREAD,
  INVALID_SOCKET,
  MSG_DONTROUTE,
  MSG_PARTIAL,
  ref,
  SIO_BASE_HANDLE,
  SIOCATMARK,
  sockaddr_in,
  sockaddr_in6,
  SOL_SOCKET,
  WSA_INVALID_HANDLE,
  WSA_IO_PENDING,
  WSA_WAIT_IO_COMPLETION,
  WSAEAFNOSUPPORT,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOTCONN,
  WSAENOTSOCK,
  WSAEOPNOTSUPP,
  WSAOVERLAPPED,
  type Ws2_32,
} from 'ws2spi';
import { buffer, describeOnEveryChain, type World } from '../../support/providers.js';

const BYTES = new Uint8Array(64);
const NULL = null as never;
const NAME = sockaddr_in('127.0.0.1', 1);

/**
 * Every call that takes a socket, with arguments that are bad in every other way too: the handle is looked at first.
 */
const SOCKET_CALLS: [string, (ws2: Ws2_32, s: number) => number | boolean][] = [
  ['accept', (ws2, s) => ws2.accept(s, BYTES, NULL)],
  ['bind', (ws2, s) => ws2.bind(s, NULL, 99)],
  ['closesocket', (ws2, s) => ws2.closesocket(s)],
  ['connect', (ws2, s) => ws2.connect(s, NULL, 99)],
  ['getpeername', (ws2, s) => ws2.getpeername(s, NULL, NULL)],
  ['getsockname', (ws2, s) => ws2.getsockname(s, NULL, NULL)],
  ['getsockopt', (ws2, s) => ws2.getsockopt(s, SOL_SOCKET, 4, NULL, NULL)],
  ['ioctlsocket', (ws2, s) => ws2.ioctlsocket(s, FIONBIO, NULL)],
  ['listen', (ws2, s) => ws2.listen(s, -5)],
  ['recv', (ws2, s) => ws2.recv(s, NULL, 9, 0x7777)],
  ['recvfrom', (ws2, s) => ws2.recvfrom(s, NULL, 9, 0, BYTES, NULL)],
  ['send', (ws2, s) => ws2.send(s, NULL, 9, 0x7777)],
  ['sendto', (ws2, s) => ws2.sendto(s, NULL, 9, 0, NULL, 9)],
  ['setsockopt', (ws2, s) => ws2.setsockopt(s, SOL_SOCKET, 4, NULL, 9)],
  ['shutdown', (ws2, s) => ws2.shutdown(s, 77)],
  ['WSAAccept', (ws2, s) => ws2.WSAAccept(s, NULL, NULL, NULL, 0)],
  ['WSAConnect', (ws2, s) => ws2.WSAConnect(s, NULL, 9, NULL, NULL, NULL, NULL)],
  ['WSAEnumNetworkEvents', (ws2, s) => ws2.WSAEnumNetworkEvents(s, 7, NULL)],
  ['WSAEventSelect', (ws2, s) => ws2.WSAEventSelect(s, 7, FD_READ)],
  ['WSAGetOverlappedResult', (ws2, s) => ws2.WSAGetOverlappedResult(s, NULL, NULL, true, NULL)],
  ['WSAIoctl', (ws2, s) => ws2.WSAIoctl(s, FIONBIO, NULL, 9, NULL, 9, NULL, NULL, NULL)],
  ['WSARecv', (ws2, s) => ws2.WSARecv(s, NULL, 9, NULL, NULL, NULL, NULL)],
  ['WSARecvDisconnect', (ws2, s) => ws2.WSARecvDisconnect(s, 7 as never)],
  ['WSARecvFrom', (ws2, s) => ws2.WSARecvFrom(s, NULL, 9, NULL, NULL, NULL, NULL, NULL, NULL)],
  ['WSASend', (ws2, s) => ws2.WSASend(s, NULL, 9, NULL, 0, NULL, NULL)],
  ['WSASendDisconnect', (ws2, s) => ws2.WSASendDisconnect(s, 7 as never)],
  ['WSASendTo', (ws2, s) => ws2.WSASendTo(s, NULL, 9, NULL, 0, NULL, 9, NULL, NULL)],
];

/** Calls on a connected socket with bad pointers and lengths. */
const FAULTS: [string, (ws2: Ws2_32, s: number) => number | boolean][] = [
  ['send without a buffer', (ws2, s) => ws2.send(s, NULL, 1, 0)],
  ['send beyond the buffer', (ws2, s) => ws2.send(s, BYTES, 65, 0)],
  ['send of a negative length', (ws2, s) => ws2.send(s, BYTES, -1, 0)],
  ['send of half a byte', (ws2, s) => ws2.send(s, BYTES, 0.5, 0)],
  ['send of an array', (ws2, s) => ws2.send(s, [1, 2] as never, 2, 0)],
  ['recv without a buffer', (ws2, s) => ws2.recv(s, NULL, 1, 0)],
  ['recv of a negative length', (ws2, s) => ws2.recv(s, BYTES, -1, 0)],
  ['recv beyond the buffer', (ws2, s) => ws2.recv(s, BYTES, 65, 0)],
  ['WSASend with too few buffers', (ws2, s) => ws2.WSASend(s, [buffer(1)], 2, ref(0), 0, null, null)],
  ['WSASend with a buffer that is none', (ws2, s) => ws2.WSASend(s, [7 as never], 1, ref(0), 0, null, null)],
  [
    'WSASend beyond a buffer',
    (ws2, s) => ws2.WSASend(s, [{ len: 9, buf: new Uint8Array(8) }], 1, ref(0), 0, null, null),
  ],
  ['WSASend with nowhere to put the count', (ws2, s) => ws2.WSASend(s, [buffer(1)], 1, null, 0, null, null)],
  ['WSASend with a routine that is none', (ws2, s) => ws2.WSASend(s, [buffer(1)], 1, ref(0), 0, null, 7 as never)],
  ['WSARecv without flags', (ws2, s) => ws2.WSARecv(s, [buffer(1)], 1, ref(0), NULL, null, null)],
  ['WSARecv without buffers', (ws2, s) => ws2.WSARecv(s, NULL, 1, ref(0), ref(0), null, null)],
  [
    'WSARecv with an overlapped that is none',
    (ws2, s) => ws2.WSARecv(s, [buffer(1)], 1, ref(0), ref(0), 7 as never, null),
  ],
  ['bind without a name', (ws2, s) => ws2.bind(s, NULL, 16)],
  ['connect beyond the name', (ws2, s) => ws2.connect(s, NAME, 17)],
  ['getsockopt without a value', (ws2, s) => ws2.getsockopt(s, SOL_SOCKET, 4, NULL, ref(4))],
  ['getsockopt without a length', (ws2, s) => ws2.getsockopt(s, SOL_SOCKET, 4, BYTES, NULL)],
  ['setsockopt with a number for a pointer', (ws2, s) => ws2.setsockopt(s, SOL_SOCKET, 0x10, 1 as never, 4)],
  ['setsockopt beyond the value', (ws2, s) => ws2.setsockopt(s, SOL_SOCKET, 0x10, BYTES, 65)],
  ['ioctlsocket without an argument', (ws2, s) => ws2.ioctlsocket(s, FIONREAD, NULL)],
  [
    'WSAIoctl with nowhere to put the count',
    (ws2, s) => ws2.WSAIoctl(s, FIONREAD, null, 0, BYTES, 4, NULL, null, null),
  ],
  [
    'WSAIoctl with nowhere to put the count, overlapped',
    (ws2, s) => ws2.WSAIoctl(s, FIONREAD, null, 0, BYTES, 4, NULL, new WSAOVERLAPPED(), null),
  ],
  ['WSAEnumNetworkEvents without room', (ws2, s) => ws2.WSAEnumNetworkEvents(s, null, NULL)],
  [
    'WSAGetOverlappedResult without a structure',
    (ws2, s) => ws2.WSAGetOverlappedResult(s, NULL, ref(0), false, ref(0)),
  ],
  ['select with a set that is none', (ws2) => ws2.select(0, 7 as never, null, null, null)],
  [
    'select with a timeout that is none',
    (ws2, s) => ws2.select(0, { fd_count: 1, fd_array: [s] }, null, null, 7 as never),
  ],
];

const ioctl = (
  world: World,
  s: number,
  code: number,
  input: Uint8Array | null,
  room: number,
  count = ref(0xdeadbeef),
) => {
  const output = new Uint8Array(room);
  const result = world.ws2.WSAIoctl(s, code, input, input?.length ?? 0, output, room, count, null, null);
  return { code: world.code(result), count: count.value, output };
};

describeOnEveryChain('bad input', (on) => {
  on.it('of a handle is WSAENOTSOCK for every call, whatever else is wrong', (world) => {
    const closed = world.tcpSocket();
    world.ws2.closesocket(closed);
    const event = world.event();
    for (const [name, call] of SOCKET_CALLS) {
      for (const s of [closed, event, 0, -1, 3, INVALID_SOCKET, NaN, NULL, '4' as never]) {
        expect([name, String(s), world.code(call(world.ws2, s))]).toEqual([name, String(s), WSAENOTSOCK]);
      }
    }
  });

  on.it('of a pointer or a length is WSAEFAULT for every call', (world) => {
    const { client, server } = world.connectedPair();
    for (const [name, call] of FAULTS) expect([name, world.code(call(world.ws2, client))]).toEqual([name, WSAEFAULT]);
    expect(world.send(client, 'fine')).toBe(4);
    expect(world.receiveAll(server, 4)).toBe('fine');
  });

  on.it('of a family is told by bind, connect and socket', (world) => {
    const s = world.tcpSocket();
    expect(world.code(world.ws2.socket(0xdead, 1, 6))).toBe(WSAEAFNOSUPPORT);
    expect(world.code(world.ws2.connect(s, sockaddr_in6('::1', 1), 28))).toBe(WSAEAFNOSUPPORT);
    const strange = NAME.slice();
    strange[0] = 77;
    expect(world.code(world.ws2.bind(s, strange, 16))).toBe(WSAEFAULT);
    expect(world.code(world.ws2.connect(s, strange, 16))).toBe(WSAEAFNOSUPPORT);
    expect(world.code(world.ws2.connect(world.tcpSocket(AF_INET6), NAME, 16))).toBe(WSAEFAULT);
  });

  on.it('of flags is WSAEINVAL, and WSAEOPNOTSUPP for those that TCP/IP has no use for', (world) => {
    const { client, server } = world.connectedPair();
    expect(world.send(client, 'x', 0x4000)).toBe(-WSAEINVAL);
    expect(world.send(client, 'x', MSG_PARTIAL)).toBe(-WSAEOPNOTSUPP);
    expect(world.receive(server, 1, 0x4000)).toBe(-WSAEINVAL);
    expect(world.receive(server, 1, MSG_PARTIAL)).toBe(-WSAEOPNOTSUPP);
    expect(world.send(client, 'x', MSG_DONTROUTE)).toBe(1);
  });

  on.it('of an event object is WSA_INVALID_HANDLE', (world) => {
    const s = world.tcpSocket();
    for (const handle of [s, 0, 3, INVALID_SOCKET]) {
      expect(world.code(world.ws2.WSASetEvent(handle))).toBe(WSA_INVALID_HANDLE);
      expect(world.code(world.ws2.WSAResetEvent(handle))).toBe(WSA_INVALID_HANDLE);
      expect(world.code(world.ws2.WSACloseEvent(handle))).toBe(WSA_INVALID_HANDLE);
    }
  });

  on.it('of a state is WSAENOTCONN or WSAEINVAL', (world) => {
    const s = world.tcpSocket();
    expect([world.send(s, 'x'), world.receive(s)]).toEqual([-WSAENOTCONN, -WSAENOTCONN]);
    expect(world.code(world.ws2.accept(s, null, null))).toBe(WSAEINVAL);
    expect(world.code(world.ws2.WSASend(s, [buffer('x')], 1, ref(0), 0, null, null))).toBe(WSAENOTCONN);
  });

  on.it('of an ioctl is told with a count of 0, and overlapped as a completion', (world) => {
    const s = world.tcpSocket();
    for (const code of [0xdeadbeef, 0x8004667d, 0x667e]) {
      expect(ioctl(world, s, code, null, 0)).toMatchObject({ code: WSAEOPNOTSUPP, count: 0 });
    }
    expect(ioctl(world, s, FIONREAD, null, 3)).toMatchObject({ code: WSAEFAULT, count: 0xdeadbeef });
    expect(ioctl(world, s, SIOCATMARK, null, 3)).toMatchObject({ code: WSAEFAULT });
    expect(ioctl(world, s, FIONBIO, new Uint8Array(3), 0)).toMatchObject({ code: WSAEFAULT });
    expect(ioctl(world, s, FIONBIO, Uint8Array.of(1, 0, 0, 0, 9), 0)).toMatchObject({ code: 0, count: 0 });
    const seen: unknown[] = [];
    const overlapped = new WSAOVERLAPPED();
    const begun = world.ws2.WSAIoctl(
      s,
      0xdeadbeef,
      null,
      0,
      null,
      0,
      ref(7),
      overlapped,
      (...args) => void seen.push(args),
    );
    expect(world.code(begun)).toBe(WSA_IO_PENDING);
    expect(world.ws2.host.SleepEx(0, true)).toBe(WSA_WAIT_IO_COMPLETION);
    expect(seen).toEqual([[WSAEOPNOTSUPP, 0, overlapped, 0]]);
    expect(overlapped.Internal >>> 0).toBe(0xc00000bb);
  });

  on.it('is none: an ioctl that is done at once completes with no bytes', (world) => {
    const s = world.tcpSocket();
    const seen: unknown[] = [];
    const overlapped = new WSAOVERLAPPED();
    const count = ref(0);
    const output = new Uint8Array(4).fill(9);
    const result = world.ws2.WSAIoctl(
      s,
      FIONREAD,
      null,
      0,
      output,
      4,
      count,
      overlapped,
      (...args) => void seen.push(args),
    );
    expect([result, world.ws2.WSAGetLastError(), count.value, [...output]]).toEqual([0, 0, 4, [0, 0, 0, 0]]);
    expect(world.ws2.host.SleepEx(0, true)).toBe(WSA_WAIT_IO_COMPLETION);
    expect(seen).toEqual([[0, 0, overlapped, 0]]);
  });

  on.withoutCodec('is none: SIO_BASE_HANDLE gives the socket itself', (world) => {
    const s = world.tcpSocket();
    const { code, count, output } = ioctl(world, s, SIO_BASE_HANDLE, null, 4);
    expect([code, count, new DataView(output.buffer).getUint32(0, true)]).toEqual([0, 4, s]);
  });
});

import { describe, expect, test } from 'vitest';
import {
  ERROR_INSUFFICIENT_BUFFER,
  ERROR_NOT_SUPPORTED,
  ERROR_OPERATION_ABORTED,
  FD_READ,
  FIONBIO,
  FIONREAD,
  IOC_IN,
  IOC_OUT,
  ref,
  RCVALL_ON,
  SIO_ADDRESS_LIST_CHANGE,
  SIO_ADDRESS_LIST_QUERY,
  SIO_ASSOCIATE_HANDLE,
  SIO_BASE_HANDLE,
  SIO_BSP_HANDLE,
  SIO_BSP_HANDLE_POLL,
  SIO_BSP_HANDLE_SELECT,
  SIO_ENABLE_CIRCULAR_QUEUEING,
  SIO_FLUSH,
  SIO_GET_GROUP_QOS,
  SIO_GET_INTERFACE_LIST,
  SIO_GET_QOS,
  SIO_IDEAL_SEND_BACKLOG_CHANGE,
  SIO_IDEAL_SEND_BACKLOG_QUERY,
  SIO_KEEPALIVE_VALS,
  SIO_LOOPBACK_FAST_PATH,
  SIO_QUERY_TARGET_PNP_HANDLE,
  SIO_RCVALL,
  SIO_SET_GROUP_QOS,
  SIO_SET_QOS,
  SIO_TCP_INFO,
  SIO_TRANSLATE_HANDLE,
  SIO_UDP_CONNRESET,
  SIO_UDP_NETRESET,
  SIOCATMARK,
  SO_RCVBUF,
  SOL_SOCKET,
  TCP_INFO_v0,
  WAIT_TIMEOUT,
  WSA_IO_PENDING,
  WSA_OPERATION_ABORTED,
  WSAECONNRESET,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOPROTOOPT,
  WSAENOTCONN,
  WSAEOPNOTSUPP,
  WSAEWOULDBLOCK,
  WSAOVERLAPPED,
} from 'ws2spi';
import { IOCTLS } from 'ws2spi/io';
import { dword, ioctl, numberOf, overlappedIoctl, UNTOUCHED, type IoctlArguments } from '../../support/ioctls.js';
import {
  buffer,
  describeOnEveryChain,
  describeOnEveryDatagramChain,
  describeOnEveryProvider,
  noise,
} from '../../support/providers.js';

const STATUS_PENDING = 0x103;
const STATUS_NOT_SUPPORTED = 0xc00000bb;

const keepAlive = (on: number, time: number, interval: number): Uint8Array =>
  Buffer.concat([dword(on), dword(time), dword(interval)]);

describeOnEveryChain('an ioctl that is not supported', (on) => {
  const codes = [0xdeadbeef, 0x8004667d, 0x667e];

  on.it('fails with a count of 0 (17.4)', (world) => {
    const s = world.tcpSocket();
    for (const code of codes) expect(ioctl(world, s, code)).toMatchObject({ code: WSAEOPNOTSUPP, count: 0 });
  });

  on.it('pends when it is overlapped, and its failure is a completion (17.4)', (world) => {
    const s = world.tcpSocket();
    for (const code of codes) {
      const event = world.event();
      const overlapped = new WSAOVERLAPPED();
      overlapped.hEvent = event;
      expect(ioctl(world, s, code, { overlapped })).toMatchObject({ code: WSA_IO_PENDING, count: UNTOUCHED });
      expect(world.signalled(event)).toBe(true);
      expect(overlapped).toMatchObject({ Internal: STATUS_NOT_SUPPORTED, InternalHigh: 0 });
      const ended = world.ws2.WSAGetOverlappedResult(s, overlapped, ref(0), false, ref(0));
      expect(world.code(ended)).toBe(WSAEOPNOTSUPP);
      expect(overlappedIoctl(world, s, code)).toMatchObject({
        code: WSA_IO_PENDING,
        count: UNTOUCHED,
        completion: [WSAEOPNOTSUPP, 0],
      });
    }
  });

  on.it('is WSAENOPROTOOPT where the specification says so, in every form', (world) => {
    const s = world.tcpSocket();
    for (const code of [
      SIO_ASSOCIATE_HANDLE,
      SIO_TRANSLATE_HANDLE,
      SIO_GET_QOS,
      SIO_GET_GROUP_QOS,
      SIO_SET_QOS,
      SIO_SET_GROUP_QOS,
    ]) {
      const given = { input: new Uint8Array(64), room: 64 };
      expect(ioctl(world, s, code, given)).toMatchObject({ code: WSAENOPROTOOPT, count: UNTOUCHED });
      expect(overlappedIoctl(world, s, code, given)).toMatchObject({ code: WSAENOPROTOOPT, completion: null });
    }
  });
});

describeOnEveryChain('an ioctl that is done at once', (on) => {
  on.it('returns its bytes, and completes with none (16.2, 16.5)', (world) => {
    const s = world.tcpSocket();
    for (const [code, value] of [
      [FIONREAD, 0],
      [SIOCATMARK, 1],
    ] as const) {
      const outcome = overlappedIoctl(world, s, code, { room: 4 });
      expect(outcome).toMatchObject({ code: 0, count: 4, completion: [0, 0] });
      expect(outcome.overlapped).toMatchObject({ Internal: 0, InternalHigh: 0 });
      expect([numberOf(outcome.output), world.ws2.WSAGetLastError()]).toEqual([value, 0]);
    }
  });

  on.it('tells of too little room at once, with the count untouched (16.1)', (world) => {
    const s = world.tcpSocket();
    for (const code of [FIONREAD, SIOCATMARK]) {
      expect(ioctl(world, s, code, { room: 3 })).toMatchObject({ code: WSAEFAULT, count: UNTOUCHED });
      expect(ioctl(world, s, code, { room: null })).toMatchObject({ code: WSAEFAULT, count: UNTOUCHED });
    }
  });

  on.it('ignores an overlapped structure on a socket that is not overlapped', (world) => {
    if (world.entries.size > 0) return;
    const s = world.track(world.ws2.WSASocket(2, 1, 6, null, 0, 0));
    const overlapped = new WSAOVERLAPPED();
    overlapped.Internal = 77;
    expect(ioctl(world, s, FIONREAD, { room: 4, overlapped })).toMatchObject({ code: 0, count: 4 });
    expect(overlapped.Internal).toBe(77);
    expect(ioctl(world, s, 0xdeadbeef, { overlapped })).toMatchObject({ code: WSAEOPNOTSUPP, count: 0 });
  });
});

describeOnEveryChain('FIONBIO', (on) => {
  on.it('takes four bytes and looks at no output (17.1)', (world) => {
    const s = world.tcpSocket();
    expect(ioctl(world, s, FIONBIO, { input: new Uint8Array(3) })).toMatchObject({ code: WSAEFAULT });
    expect(ioctl(world, s, FIONBIO, { input: Uint8Array.of(1, 0, 0, 0, 9) })).toMatchObject({ code: 0, count: 0 });
    expect(ioctl(world, s, FIONBIO, { input: dword(1), room: 4 })).toMatchObject({ code: 0, count: 0 });
    expect(overlappedIoctl(world, s, FIONBIO, { input: dword(0) })).toMatchObject({
      code: 0,
      count: 0,
      completion: [0, 0],
    });
  });

  on.it('does not make a socket block whose events are selected (17.2)', (world) => {
    const s = world.tcpSocket();
    const event = world.event();
    world.eventSelect(s, event, FD_READ);
    expect(ioctl(world, s, FIONBIO, { input: dword(1) })).toMatchObject({ code: 0 });
    expect(ioctl(world, s, FIONBIO, { input: dword(0) })).toMatchObject({ code: WSAEINVAL, count: 0 });
    world.eventSelect(s, null, 0);
    expect(ioctl(world, s, FIONBIO, { input: dword(0) })).toMatchObject({ code: 0 });
  });
});

describeOnEveryChain('SIO_KEEPALIVE_VALS', (on) => {
  on.it('takes twelve bytes (17.3)', (world) => {
    const s = world.tcpSocket();
    for (const input of [keepAlive(0, 0, 0), keepAlive(1, 0, 0), keepAlive(1, 1000, 1000), keepAlive(0, 100, 100)]) {
      expect(ioctl(world, s, SIO_KEEPALIVE_VALS, { input })).toMatchObject({ code: 0, count: 0 });
    }
    expect(ioctl(world, s, SIO_KEEPALIVE_VALS, { input: null })).toMatchObject({ code: WSAEFAULT, count: 0 });
    expect(ioctl(world, s, SIO_KEEPALIVE_VALS, { input: new Uint8Array(0) })).toMatchObject({ code: WSAEFAULT });
  });

  on.it('leaves the count alone when overlapped, and marks the operation before it looks (17.3)', (world) => {
    const s = world.tcpSocket();
    const short = overlappedIoctl(world, s, SIO_KEEPALIVE_VALS, { input: new Uint8Array(11) });
    expect(short).toMatchObject({ code: WSAEFAULT, count: UNTOUCHED, completion: null });
    expect(short.overlapped.Internal).toBe(STATUS_PENDING);
    const done = overlappedIoctl(world, s, SIO_KEEPALIVE_VALS, { input: keepAlive(1, 100, 100) });
    expect(done).toMatchObject({ code: 0, count: UNTOUCHED, completion: [0, 0] });
    expect(done.overlapped.Internal).toBe(0);
  });
});

describeOnEveryChain('an ioctl for handles', (on) => {
  on.it('gives the handle by which calls pass through the chain', (world) => {
    const s = world.tcpSocket();
    for (const code of [SIO_BSP_HANDLE, SIO_BSP_HANDLE_SELECT, SIO_BSP_HANDLE_POLL]) {
      const { code: error, count, output } = ioctl(world, s, code, { room: 4 });
      expect([error, count, numberOf(output)]).toEqual([0, 4, s]);
      expect(ioctl(world, s, code, { room: 3 })).toMatchObject({ code: WSAEFAULT });
      expect(ioctl(world, s, code, { room: null })).toMatchObject({ code: WSAEFAULT });
    }
    expect(overlappedIoctl(world, s, SIO_BSP_HANDLE_POLL, { room: 4 })).toMatchObject({
      code: WSAEFAULT,
      completion: null,
    });
  });

  on.it('passes by every layer when it asks for the base, and never completes well (17.7)', (world) => {
    const s = world.tcpSocket();
    const { code, count, output } = ioctl(world, s, SIO_BASE_HANDLE, { room: 4 });
    expect([code, count]).toEqual([0, 4]);
    const base = numberOf(output);
    if (on.chain.codec) expect(base).not.toBe(s);
    else expect(base).toBe(s);
    expect(numberOf(ioctl(world, s, SIO_QUERY_TARGET_PNP_HANDLE, { room: 4 }).output) === s).toBe(!on.chain.codec);
    const later = overlappedIoctl(world, s, SIO_BASE_HANDLE, { room: 4 });
    expect(later).toMatchObject({ code: WSA_IO_PENDING, completion: [WSAEOPNOTSUPP, 0] });
    expect([...later.output]).toEqual([0, 0, 0, 0]);
  });
});

describeOnEveryChain('SIO_FLUSH', (on) => {
  on.it('cancels the sends that wait, and no receive', (world) => {
    const { client, server } = world.connectedPair();
    const block = buffer(noise(1_000_000));
    const sends: WSAOVERLAPPED[] = [];
    for (let pending = 0; pending < 3;) {
      const overlapped = new WSAOVERLAPPED();
      sends.push(overlapped);
      if (world.code(world.ws2.WSASend(client, [block], 1, null, 0, overlapped, null)) === WSA_IO_PENDING) pending++;
      expect(sends.length).toBeLessThan(200);
    }
    const receive = new WSAOVERLAPPED();
    const received = world.ws2.WSARecv(client, [buffer(9)], 1, null, ref(0), receive, null);
    expect(world.code(received)).toBe(WSA_IO_PENDING);
    expect(ioctl(world, client, SIO_FLUSH)).toMatchObject({ code: 0, count: 0 });
    expect(sends.filter(({ Internal }) => Internal === STATUS_PENDING)).toEqual([]);
    const ended = world.ws2.WSAGetOverlappedResult(client, sends.at(-1)!, ref(0), false, ref(0));
    expect(world.code(ended)).toBe(WSA_OPERATION_ABORTED);
    expect(receive.Internal).toBe(STATUS_PENDING);
    // What was on its way arrives, and the socket goes on.
    world.nonBlocking(server);
    world.nonBlocking(client);
    world.until(() => {
      while (typeof world.receive(server, 1_000_000) === 'string');
      return world.send(client, 'x') === 1;
    });
  });

  on.it('has nothing to do where nothing waits', (world) => {
    expect(overlappedIoctl(world, world.tcpSocket(), SIO_FLUSH)).toMatchObject({ code: 0, completion: [0, 0] });
  });
});

describeOnEveryChain('SIO_IDEAL_SEND_BACKLOG_QUERY', (on) => {
  on.it('is for connections (17.6)', (world) => {
    expect(ioctl(world, world.tcpSocket(), SIO_IDEAL_SEND_BACKLOG_QUERY, { room: 4 }).code).toBe(WSAENOTCONN);
    const { client } = world.connectedPair();
    const { code, count, output } = ioctl(world, client, SIO_IDEAL_SEND_BACKLOG_QUERY, { room: 4 });
    expect([code, count, numberOf(output)]).toEqual([0, 4, 0x10000]);
  });

  on.it('has a notice of change that waits until the socket is closed', (world) => {
    expect(ioctl(world, world.tcpSocket(), SIO_IDEAL_SEND_BACKLOG_CHANGE).code).toBe(WSAENOTCONN);
    const { client } = world.connectedPair();
    const overlapped = new WSAOVERLAPPED();
    expect(ioctl(world, client, SIO_IDEAL_SEND_BACKLOG_CHANGE, { overlapped }).code).toBe(WSA_IO_PENDING);
    world.nonBlocking(client);
    expect(ioctl(world, client, SIO_IDEAL_SEND_BACKLOG_CHANGE).code).toBe(WSAEWOULDBLOCK);
    world.settle();
    expect(overlapped.Internal).toBe(STATUS_PENDING);
    world.ws2.closesocket(client);
    expect(overlapped.Internal).not.toBe(STATUS_PENDING);
  });
});

describeOnEveryChain('SIO_TCP_INFO', (on) => {
  on.it('tells of a connection', (world) => {
    const { client, server } = world.connectedPair();
    world.send(client, 'twelve bytes');
    world.receiveAll(server, 12);
    const { code, count, output } = ioctl(world, client, SIO_TCP_INFO, { input: dword(0), room: 88 });
    expect([code, count]).toEqual([0, 88]);
    const info = TCP_INFO_v0.decode(output);
    expect(info.State).toBe(4);
    expect(info.Mss).toBeGreaterThan(500);
    expect(info.RcvBuf).toBeGreaterThan(0);
    // A codec sends what it likes.
    if (!on.chain.codec) expect([info.BytesOut, info.BytesIn]).toEqual([12n, 0n]);
    const there = ioctl(world, server, SIO_TCP_INFO, { input: dword(0), room: 88 });
    if (!on.chain.codec) expect(TCP_INFO_v0.decode(there.output).BytesIn).toBe(12n);
  });

  on.it('knows one version, and needs a connection and room', (world) => {
    const fresh = world.tcpSocket();
    expect(ioctl(world, fresh, SIO_TCP_INFO, { input: dword(0), room: 88 }).code).toBe(WSAENOTCONN);
    const { client } = world.connectedPair();
    expect(ioctl(world, client, SIO_TCP_INFO, { input: dword(9), room: 88 }).code).toBe(WSAEINVAL);
    expect(ioctl(world, client, SIO_TCP_INFO, { input: dword(0), room: 87 }).code).toBe(WSAEFAULT);
    expect(ioctl(world, client, SIO_TCP_INFO, { room: 88 }).code).toBe(WSAEFAULT);
  });
});

describeOnEveryChain('SIO_LOOPBACK_FAST_PATH', (on) => {
  on.it('is taken before there is a connection', (world) => {
    const { client } = world.connectedPair();
    expect(ioctl(world, world.tcpSocket(), SIO_LOOPBACK_FAST_PATH, { input: dword(1) })).toMatchObject({ code: 0 });
    expect(ioctl(world, world.tcpSocket(), SIO_LOOPBACK_FAST_PATH).code).toBe(WSAEFAULT);
    expect(ioctl(world, client, SIO_LOOPBACK_FAST_PATH, { input: dword(1) }).code).toBe(WSAEINVAL);
  });

  on.it('is not SIO_RCVALL, which is for raw sockets', (world) => {
    expect(ioctl(world, world.tcpSocket(), SIO_RCVALL, { input: dword(RCVALL_ON) }).code).toBe(WSAEINVAL);
  });
});

describeOnEveryDatagramChain('an ioctl of one kind of socket', (on) => {
  on.it('is refused by the other', (world) => {
    const [tcp, udp] = [world.tcpSocket(), world.udpSocket()];
    const input = dword(1);
    expect(ioctl(world, udp, SIO_IDEAL_SEND_BACKLOG_QUERY, { room: 4 }).code).toBe(WSAEOPNOTSUPP);
    expect(ioctl(world, udp, SIO_KEEPALIVE_VALS, { input: keepAlive(0, 0, 0) }).code).toBe(WSAEOPNOTSUPP);
    expect(ioctl(world, udp, SIO_TCP_INFO, { input: dword(0), room: 88 }).code).toBe(WSAEOPNOTSUPP);
    expect(ioctl(world, udp, SIO_LOOPBACK_FAST_PATH, { input }).code).toBe(WSAEOPNOTSUPP);
    for (const code of [SIO_UDP_CONNRESET, SIO_UDP_NETRESET]) {
      expect(ioctl(world, tcp, code, { input }).code).toBe(WSAEOPNOTSUPP);
      expect(ioctl(world, udp, code, { input }).code).toBe(0);
      expect(ioctl(world, udp, code).code).toBe(WSAEFAULT);
    }
    expect(ioctl(world, udp, SIO_ENABLE_CIRCULAR_QUEUEING)).toMatchObject({ code: 0, count: 0 });
    expect(ioctl(world, tcp, SIO_ENABLE_CIRCULAR_QUEUEING).code).toBe(WSAEINVAL);
  });

  on.it('SIO_UDP_CONNRESET turns the word of a closed port on and off', (world) => {
    const gone = world.boundUdp();
    world.ws2.closesocket(gone.s);
    world.settle();
    const { s } = world.boundUdp();
    world.nonBlocking(s);
    const knock = (): string | number => {
      expect(world.code(world.ws2.sendto(s, Buffer.from('?'), 1, 0, gone.name, 16))).toBe(0);
      world.settle();
      return world.receive(s);
    };
    // Unconnected sockets of Linux are not told, unless they ask for it.
    world.connect(s, gone.name);
    expect(knock()).toBe(-WSAECONNRESET);
    ioctl(world, s, SIO_UDP_CONNRESET, { input: dword(0) });
    expect(knock()).toBe(-WSAEWOULDBLOCK);
  });
});

describeOnEveryProvider('SIO_ENABLE_CIRCULAR_QUEUEING', (on) => {
  on.itUnless('the oldest datagram gives way', 'drops the oldest datagram instead of the newest', (world) => {
    const { s, name } = world.boundUdp();
    world.ws2.setsockopt(s, SOL_SOCKET, SO_RCVBUF, dword(10), 4);
    ioctl(world, s, SIO_ENABLE_CIRCULAR_QUEUEING);
    const sender = world.udpSocket();
    for (const text of ['1111', '2222', '3333']) {
      world.ws2.sendto(sender, Buffer.from(text), 4, 0, name, name.length);
    }
    world.settle();
    expect([world.receive(s), world.receive(s)]).toEqual(['2222', '3333']);
  });
});

describeOnEveryChain('a completion port', (on) => {
  on.it('gets a packet for every ioctl that does not fail at once (16.2, 17.4, 30.2, 32.2)', (world) => {
    const s = world.tcpSocket();
    const port = world.ws2.host.CreateIoCompletionPort(s, null, 'key');
    const packet = (): unknown[] => {
      const [bytes, key, overlapped] = [ref(-1), ref<unknown>(null), ref<WSAOVERLAPPED | null>(null)];
      const ok = world.ws2.host.GetQueuedCompletionStatus(port, bytes, key, overlapped, 0);
      return [ok ? 0 : world.ws2.WSAGetLastError(), bytes.value, key.value];
    };
    const call = (code: number, given: IoctlArguments): unknown[] => {
      const { code: error } = ioctl(world, s, code, { ...given, overlapped: new WSAOVERLAPPED() });
      return [error, ...packet()];
    };
    const none = [WAIT_TIMEOUT, -1, null];
    const size = ioctl(world, s, SIO_GET_INTERFACE_LIST, { room: 5000 }).count;
    expect(call(FIONREAD, { room: 4 })).toEqual([0, 0, 0, 'key']);
    expect(call(FIONBIO, { input: dword(0) })).toEqual([0, 0, 0, 'key']);
    expect(call(SIO_KEEPALIVE_VALS, { input: keepAlive(0, 0, 0) })).toEqual([0, 0, 0, 'key']);
    expect(call(FIONREAD, { room: 3 })).toEqual([WSAEFAULT, ...none]);
    expect(call(SIO_ADDRESS_LIST_QUERY, { room: 1 })).toEqual([WSAEINVAL, ...none]);
    expect(call(0xdeadbeef, {})).toEqual([WSA_IO_PENDING, ERROR_NOT_SUPPORTED, 0, 'key']);
    expect(call(SIO_BASE_HANDLE, { room: 4 })).toEqual([WSA_IO_PENDING, ERROR_NOT_SUPPORTED, 0, 'key']);
    expect(call(SIO_GET_INTERFACE_LIST, { room: size })).toEqual([WSA_IO_PENDING, 0, size, 'key']);
    expect(call(SIO_GET_INTERFACE_LIST, { room: 9 })).toEqual([WSA_IO_PENDING, ERROR_INSUFFICIENT_BUFFER, 0, 'key']);
    expect(call(SIO_ADDRESS_LIST_CHANGE, {})).toEqual([WSA_IO_PENDING, ...none]);
    world.ws2.closesocket(s);
    expect(packet()).toEqual([ERROR_OPERATION_ABORTED, 0, 'key']);
    world.ws2.host.CloseHandle(port);
  });
});

describe('the table of ioctls', () => {
  test('has each code and each name once', () => {
    expect(new Set(IOCTLS.map(({ code }) => code)).size).toBe(IOCTLS.length);
    expect(new Set(IOCTLS.map(({ name }) => name)).size).toBe(IOCTLS.length);
  });

  test('has codes that are unsigned, and say whether something goes in or comes out', () => {
    for (const { name, code } of IOCTLS) {
      expect([name, code]).toEqual([name, code >>> 0]);
      if (/_QUERY$|_GET_/.test(name)) expect([name, code & (IOC_OUT | IOC_IN)]).not.toEqual([name, 0]);
    }
  });
});

// Beginning and end: WSAStartup, WSACleanup, SO_OPENTYPE and the choice of a catalog entry (measured behaviour 1, 2,
// 8).
import { expect, test } from 'vitest';
import {
  AF_INET,
  createWs2_32,
  INVALID_SOCKET,
  IP_PKTINFO,
  IP_RECVTOS,
  IP_RECVTTL,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPV6_HOPLIMIT,
  IPV6_PKTINFO,
  IPV6_RECVTCLASS,
  AF_INET6,
  ref,
  SO_OPENTYPE,
  SO_TYPE,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
  WSAEAFNOSUPPORT,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOPROTOOPT,
  WSAENOTCONN,
  WSAENOTSOCK,
  WSAEPROTONOSUPPORT,
  WSANOTINITIALISED,
  type WSAPROTOCOL_INFO,
} from 'ws2spi';
import { buffer, describeOnEveryDatagramChain, describeOnEveryProvider, type World } from '../../support/providers.js';

function entries(world: World): WSAPROTOCOL_INFO[] {
  const [found, length] = [[] as WSAPROTOCOL_INFO[], ref(0)];
  world.ws2.WSAEnumProtocols(null, null, length);
  expect(world.ws2.WSAEnumProtocols(null, found, length)).toBeGreaterThan(0);
  return found;
}

function tcpEntry(world: World): WSAPROTOCOL_INFO {
  return entries(world).find((entry) => entry.iAddressFamily === AF_INET && entry.iProtocol === IPPROTO_TCP)!;
}

// 1.1, 1.2
test('Before WSAStartup nothing works but the last error', () => {
  using ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
  expect(ws2.WSASocketA(0, 0, 0, null, 0, 0)).toBe(INVALID_SOCKET);
  expect(ws2.WSAGetLastError()).toBe(WSANOTINITIALISED);
  ws2.WSASetLastError(0);
  expect(ws2.gethostbyname('localhost')).toBeNull();
  expect(ws2.WSAGetLastError()).toBe(WSANOTINITIALISED);
  ws2.WSASetLastError(0xdeadbeef);
  expect(ws2.WSAGetLastError() >>> 0).toBe(0xdeadbeef);
});

describeOnEveryProvider('the last WSACleanup', ({ it }) => {
  // 1.3, 1.4, 1.5
  it('destroys every socket that is left', (world) => {
    const { ws2 } = world;
    expect(ws2.gethostbyname('localhost')).not.toBeNull();
    const sockets: number[] = [];
    for (let i = 0; i < 32; i++) {
      const { client, server, listener } = world.connectedPair();
      sockets.push(client, server);
      ws2.closesocket(listener);
    }
    expect(ws2.WSACleanup()).toBe(0);
    expect(world.code(ws2.WSACleanup())).toBe(WSANOTINITIALISED);
    expect(ws2.WSAStartup(0x0202, {})).toBe(0);
    for (const s of sockets) {
      expect(world.send(s, 'x')).toBe(-WSAENOTSOCK);
      expect(world.code(ws2.getsockname(s, new Uint8Array(16), ref(16)))).toBe(WSAENOTSOCK);
    }
  });
});

describeOnEveryProvider('SO_OPENTYPE', ({ it }) => {
  // 2.1, 2.2: an instance stands for a thread's use of the library.
  it('is each instance’s own, and needs no socket', (world) => {
    using other = createWs2_32({ base: 'memory', catalog: 'memory' });
    other.WSAStartup(0x0202, {});
    const value = Uint8Array.of(0x20, 0, 0, 0);
    expect(world.code(world.ws2.setsockopt(INVALID_SOCKET, SOL_SOCKET, SO_OPENTYPE, value, 4))).toBe(0);
    const [mine, others] = [new Uint8Array(4), new Uint8Array(4).fill(9)];
    expect(world.ws2.getsockopt(INVALID_SOCKET, SOL_SOCKET, SO_OPENTYPE, mine, ref(4))).toBe(0);
    expect(other.getsockopt(INVALID_SOCKET, SOL_SOCKET, SO_OPENTYPE, others, ref(4))).toBe(0);
    expect([mine[0], others[0]]).toEqual([0x20, 0]);
  });
});

describeOnEveryProvider('WSASocket with a WSAPROTOCOL_INFO', ({ it }) => {
  // 8.1
  it('takes everything from it, or refuses a family that is none', (world) => {
    const info = tcpEntry(world);
    world.track(world.ws2.WSASocketA(-1, -1, -1, info, 0, 0));
    const nonsense = { ...info, iAddressFamily: -1, iSocketType: -1, iProtocol: -1 };
    expect(world.ws2.WSASocketA(0, 0, IPPROTO_UDP, nonsense, 0, 0)).toBe(INVALID_SOCKET);
    expect(world.ws2.WSAGetLastError()).toBe(WSAEAFNOSUPPORT);
    const nothing = { ...info, iAddressFamily: 0, iSocketType: 0, iProtocol: 0 };
    expect(world.ws2.WSASocketA(0, 0, IPPROTO_UDP, nothing, 0, 0)).toBe(INVALID_SOCKET);
    expect(world.ws2.WSAGetLastError()).toBe(WSAEAFNOSUPPORT);
  });

  // 8.2, 8.3
  it('takes from it what the arguments leave open', (world) => {
    const info = { ...tcpEntry(world), iSocketType: SOCK_DGRAM, iProtocol: IPPROTO_UDP };
    const typeOf = (s: number): number => {
      const value = new Uint8Array(4);
      expect(world.ws2.getsockopt(s, SOL_SOCKET, SO_TYPE, value, ref(4))).toBe(0);
      return value[0]!;
    };
    const set = (s: number): number =>
      world.code(world.ws2.setsockopt(s, SOL_SOCKET, SO_TYPE, Uint8Array.of(1, 0, 0, 0), 4));
    const datagrams = world.track(world.ws2.WSASocketA(0, 0, 0, info, 0, 0));
    expect([typeOf(datagrams), set(datagrams)]).toEqual([SOCK_DGRAM, WSAEINVAL]);
    const stream = world.track(world.ws2.WSASocketA(AF_INET, SOCK_STREAM, IPPROTO_TCP, info, 0, 0));
    expect([typeOf(stream), set(stream)]).toEqual([SOCK_STREAM, WSAENOPROTOOPT]);
  });

  // 8.6, which was measured with IPX: that is there in memory.
  it('finds no AppleTalk, of which there is none', (world) => {
    const AF_APPLETALK = 16;
    expect(world.ws2.socket(AF_APPLETALK, SOCK_DGRAM, 1000)).toBe(INVALID_SOCKET);
    expect(world.ws2.WSAGetLastError()).toBe(WSAEAFNOSUPPORT);
    expect(world.ws2.socket(0, 0, 1000)).toBe(INVALID_SOCKET);
    expect(world.ws2.WSAGetLastError()).toBe(WSAEPROTONOSUPPORT);
  });
});

describeOnEveryDatagramChain('WSARecvMsg', ({ it }) => {
  // 6.1, 6.2
  it('does without room for control messages, and not without a message', (world) => {
    const { s, name } = world.boundUdp();
    expect(world.code(world.ws2.WSARecvMsg(s, null as never, null, null, null))).toBe(WSAEFAULT);
    world.ws2.sendto(world.udpSocket(), Buffer.from('data'), 4, 0, name, name.length);
    const msg = {
      name: null,
      namelen: 0,
      lpBuffers: [buffer(10)],
      dwBufferCount: 1,
      Control: { len: 0, buf: null as never },
      dwFlags: 0,
    };
    const bytes = ref(0);
    expect(world.code(world.ws2.WSARecvMsg(s, msg, bytes, null, null))).toBe(0);
    expect([bytes.value, msg.dwFlags]).toEqual([4, 0]);
  });

  // 6.7
  it('has options that read back as they were set', (world) => {
    for (const [family, level, names] of [
      [AF_INET, IPPROTO_IP, [IP_PKTINFO, IP_RECVTTL, IP_RECVTOS]],
      [AF_INET6, IPPROTO_IPV6, [IPV6_PKTINFO, IPV6_HOPLIMIT, IPV6_RECVTCLASS]],
    ] as const) {
      const { s } = world.boundUdp(family);
      for (const name of names) {
        expect(world.code(world.ws2.setsockopt(s, level, name, Uint8Array.of(1, 0, 0, 0), 4))).toBe(0);
        const value = new Uint8Array(4);
        expect(world.code(world.ws2.getsockopt(s, level, name, value, ref(4)))).toBe(0);
        expect([...value]).toEqual([1, 0, 0, 0]);
      }
    }
  });

  // 28.1
  it('is not what TransmitFile wants: a connection, before it looks at the file', (world) => {
    for (const s of [world.udpSocket(), world.boundUdp().s, world.tcpSocket()]) {
      expect(world.code(world.ws2.TransmitFile(s, null, 0, 0, null, null, 0))).toBe(WSAENOTCONN);
      expect(world.code(world.ws2.TransmitFile(s, 9999, 0, 0, null, null, 0))).toBe(WSAENOTCONN);
    }
    expect(world.code(world.ws2.TransmitFile(INVALID_SOCKET, null, 0, 0, null, null, 0))).toBe(WSAENOTSOCK);
  });
});

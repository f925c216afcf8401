// Nothing goes around a policy: every function that sends, connects or takes callers, on every kind of socket.
import { expect, test } from 'vitest';
import {
  AF_INET,
  ERROR_IO_PENDING,
  INVALID_SOCKET,
  IPPROTO_ICMP,
  JL_BOTH,
  parseSockaddr,
  ref,
  SD_BOTH,
  SO_UPDATE_ACCEPT_CONTEXT,
  SO_PROTOCOL_INFOW,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_STREAM,
  sockaddr_in,
  SOL_SOCKET,
  WSAEACCES,
  WSAECONNRESET,
  WSAOVERLAPPED,
  WSAPROTOCOL_INFOW,
  WSA_FLAG_MULTIPOINT_C_LEAF,
  WSA_FLAG_MULTIPOINT_D_LEAF,
  WSA_FLAG_OVERLAPPED,
} from 'ws2spi';
import { stack } from 'ws2spi/chain';
import { policy, type PolicyDecision, type PolicyRule } from 'ws2spi/providers/layers/policy';
import { describeOnEveryProvider, type World } from '../../../../support/providers.js';
import { rawSocketsPermitted } from '../../../../support/raw-sockets.js';

const BIND: PolicyRule = { allow: ['bind', 'accept'] };

/** Puts a world under rules. Its decisions, as they come. */
function ruled(world: World, rules: readonly PolicyRule[]): PolicyDecision[] {
  const decisions: PolicyDecision[] = [];
  world.stack([policy({ rules, audit: (decision) => void decisions.push(decision) })], true);
  return decisions;
}

function overlapped(world: World): WSAOVERLAPPED {
  const operation = new WSAOVERLAPPED();
  operation.hEvent = world.event();
  return operation;
}

/** How an overlapped operation came out: 0 or the error, at once or by its event. */
function outcome(world: World, s: number, started: boolean, operation: WSAOVERLAPPED): number {
  const error = started ? 0 : world.ws2.WSAGetLastError();
  if (error !== 0 && error !== ERROR_IO_PENDING) return error;
  if (!world.signalled(operation.hEvent as number, 5000)) return -1;
  const ok = world.ws2.WSAGetOverlappedResult(s, operation, ref(0), false, ref(0));
  return ok ? 0 : world.ws2.WSAGetLastError();
}

describeOnEveryProvider('Nothing goes around a policy', (on) => {
  on.it('by any function that connects', (world) => {
    const { s: listener, name } = world.listener();
    world.nonBlocking(listener);
    const { port } = parseSockaddr(name);
    const { ws2 } = world;
    const ways: Record<string, (s: number) => number> = {
      connect: (s) => world.connect(s, name),
      WSAConnect: (s) => world.code(ws2.WSAConnect(s, name, 16, null, null, null, null)),
      ConnectEx: (s) => {
        expect(world.code(ws2.bind(s, sockaddr_in('127.0.0.1', 0), 16))).toBe(0);
        const operation = overlapped(world);
        return outcome(world, s, ws2.ConnectEx(s, name, 16, Buffer.from('x'), 1, null, operation), operation);
      },
      WSAConnectByName: (s) =>
        ws2.WSAConnectByName(s, '127.0.0.1', String(port), null, null, null, null, null, null)
          ? 0
          : ws2.WSAGetLastError(),
    };
    for (const [way, go] of Object.entries(ways)) {
      const denied = ruled(world, [BIND]);
      expect([way, go(world.tcpSocket())]).toEqual([way, WSAEACCES]);
      world.settle();
      expect(ws2.accept(listener, null, null), way).toBe(INVALID_SOCKET);
      expect(denied.filter(({ direction }) => direction === 'connect')).toMatchObject([{ verdict: 'deny', port }]);
      ruled(world, [BIND, { allow: 'connect', port }]);
      expect([way, go(world.tcpSocket())]).toEqual([way, 0]);
      world.nonBlocking(listener, 0);
      world.accept(listener);
      world.nonBlocking(listener);
    }
  });

  on.it('by any function that takes callers', (world) => {
    const { ws2 } = world;
    ruled(world, [{ allow: 'bind' }]);
    const { s: listener, name } = world.listener();
    // AcceptEx waits for a caller that is let in; who is not is reset, and told nothing.
    const taken = world.tcpSocket();
    const operation = overlapped(world);
    const room = new Uint8Array(64);
    expect(ws2.AcceptEx(listener, taken, room, 0, 32, 32, ref(0), operation)).toBe(false);
    expect(ws2.WSAGetLastError()).toBe(ERROR_IO_PENDING);
    const caller = world.track(ws2.WSASocket(AF_INET, SOCK_STREAM, 0, null, 0, WSA_FLAG_OVERLAPPED));
    expect(world.connect(caller, name)).toBe(0);
    expect(world.receive(caller)).toBe(-WSAECONNRESET);
    expect(world.signalled(operation.hEvent as number)).toBe(false);
    expect(ws2.setsockopt(taken, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, Buffer.alloc(4), 4)).not.toBe(0);
    ws2.closesocket(listener);
    ws2.closesocket(taken);
  });

  on.it('by any function that sends datagrams', (world) => {
    const { s: receiver, name } = world.boundUdp();
    world.nonBlocking(receiver);
    const { port } = parseSockaddr(name);
    const { ws2 } = world;
    const buffers = [{ len: 1, buf: Buffer.from('x') }];
    const ways: Record<string, (s: number) => number> = {
      sendto: (s) => world.code(ws2.sendto(s, Buffer.from('x'), 1, 0, name, 16)),
      WSASendTo: (s) => world.code(ws2.WSASendTo(s, buffers, 1, ref(0), 0, name, 16, null, null)),
      WSASendMsg: (s) => {
        const message = {
          name,
          namelen: 16,
          lpBuffers: buffers,
          dwBufferCount: 1,
          Control: { len: 0, buf: null },
          dwFlags: 0,
        };
        return world.code(ws2.WSASendMsg(s, message as never, 0, ref(0), null, null));
      },
      'an overlapped WSASendTo': (s) => {
        const operation = overlapped(world);
        const started = ws2.WSASendTo(s, buffers, 1, null, 0, name, 16, operation, null) === 0;
        return outcome(world, s, started, operation);
      },
    };
    for (const [way, go] of Object.entries(ways)) {
      ruled(world, [{ allow: ['bind', 'connect'] }]);
      expect([way, go(world.udpSocket())]).toEqual([way, WSAEACCES]);
      world.settle();
      expect(world.receive(receiver), way).toBeLessThan(0);
      ruled(world, [{ allow: 'send', port }]);
      expect([way, go(world.udpSocket())]).toEqual([way, 0]);
      world.nonBlocking(receiver, 0);
      expect(world.receive(receiver), way).toBe('x');
      world.nonBlocking(receiver);
    }
  });

  on.it('by a join: what a group sends and gets is decided by its address', (world) => {
    const { ws2 } = world;
    const group = (last: number): Uint8Array => sockaddr_in(`239.255.77.${last}`, 0);
    const join = (rules: readonly PolicyRule[], to: Uint8Array): number => {
      ruled(world, rules);
      const udp = world.entryOf(AF_INET, SOCK_DGRAM)!;
      const flags = WSA_FLAG_OVERLAPPED | WSA_FLAG_MULTIPOINT_C_LEAF | WSA_FLAG_MULTIPOINT_D_LEAF;
      const s = world.track(ws2.WSASocket(-1, -1, -1, udp, 0, flags));
      expect(world.code(ws2.bind(s, sockaddr_in('127.0.0.1', 0), 16))).toBe(0);
      const name = to.slice();
      new DataView(name.buffer).setUint16(2, world.portOf(s));
      return world.code(ws2.WSAJoinLeaf(s, name, 16, null, null, null, null, JL_BOTH));
    };
    expect(join([{ allow: 'bind' }], group(1))).toBe(WSAEACCES);
    expect(join([{ allow: 'bind' }, { allow: 'connect', address: '239.255.77.2' }], group(1))).toBe(WSAEACCES);
    expect(join([{ allow: 'bind' }, { allow: 'connect', address: '239.255.77.2' }], group(2))).toBe(0);
  });

  const sentence = 'by raw sockets, whose protocol is "raw"';
  const withRawSockets = (world: World): void => {
    const { ws2 } = world;
    const receiver = world.track(ws2.WSASocket(AF_INET, SOCK_RAW, IPPROTO_ICMP, null, 0, WSA_FLAG_OVERLAPPED));
    expect(world.code(ws2.bind(receiver, sockaddr_in('127.0.0.1', 0), 16))).toBe(0);
    const base = entryIdOf(world, receiver);
    const open = (rules: readonly PolicyRule[]): number => {
      const [entry] = stack(ws2, [policy({ rules, audit: () => undefined })], { over: base });
      return world.track(ws2.WSASocket(-1, -1, -1, entry!, 0, WSA_FLAG_OVERLAPPED));
    };
    const packet = Uint8Array.of(8, 0, 0xf7, 0xff, 0, 0, 0, 0);
    const send = (s: number): number => world.code(ws2.sendto(s, packet, 8, 0, sockaddr_in('127.0.0.1', 0), 16));
    const tcpAlone: PolicyRule[] = [{ allow: 'any', protocol: ['tcp', 'udp'] }];
    expect(send(open(tcpAlone))).toBe(WSAEACCES);
    expect(world.connect(open(tcpAlone), sockaddr_in('127.0.0.1', 0))).toBe(WSAEACCES);
    expect(world.code(ws2.bind(open(tcpAlone), sockaddr_in('127.0.0.1', 0), 16))).toBe(WSAEACCES);
    const allowed: PolicyRule[] = [{ allow: 'send', protocol: 'raw', address: '127.0.0.0/8' }];
    const s = open(allowed);
    expect(send(s)).toBe(0);
    expect(world.code(ws2.sendto(s, packet, 8, 0, sockaddr_in('192.0.2.1', 0), 16))).toBe(WSAEACCES);
    ws2.shutdown(s, SD_BOTH);
  };
  if (on.native && !rawSocketsPermitted) test.skip(`${sentence} [needs CAP_NET_RAW]`, () => undefined);
  else on.it(sentence, withRawSockets);
});

/** The number of the catalog's entry that a socket is open on. */
function entryIdOf({ ws2 }: World, s: number): number {
  const info = new Uint8Array(WSAPROTOCOL_INFOW.size);
  expect(ws2.getsockopt(s, SOL_SOCKET, SO_PROTOCOL_INFOW, info, ref(info.length))).toBe(0);
  return WSAPROTOCOL_INFOW.decode(info).dwCatalogEntryId;
}

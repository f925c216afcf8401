import { describe, expect, test } from 'vitest';
import {
  AF_INET6,
  createWs2_32,
  ERROR_INVALID_PARAMETER,
  ERROR_NOT_FOUND,
  ERROR_SHARING_VIOLATION,
  INET_PORT_RESERVATION_TOKEN,
  ref,
  SIO_ACQUIRE_PORT_RESERVATION,
  SIO_ASSOCIATE_PORT_RESERVATION,
  SIO_RELEASE_PORT_RESERVATION,
  SO_REUSEADDR,
  SOCK_RAW,
  SOL_SOCKET,
  WSAEACCES,
  WSAEADDRINUSE,
  WSAEFAULT,
  WSAEINVAL,
  WSAEOPNOTSUPP,
  type Ws2_32,
} from 'ws2spi';
import { createMemoryNetwork } from 'ws2spi/providers/memory';
import { ioctl, overlappedIoctl, UNTOUCHED } from '../../support/ioctls.js';
import { acquire, acquired, associate, bindTo, freePorts, release, reserve } from '../../support/port-blocks.js';
import {
  describeOnEveryChain,
  describeOnEveryDatagramChain,
  describeOnEveryProvider,
  loopback,
  type World,
} from '../../support/providers.js';
import { rawSocketsPermitted } from '../../support/raw-sockets.js';

/** A world's functions for one protocol. */
function functionsOf(ws2: Ws2_32, protocol: 'tcp' | 'udp') {
  return protocol === 'tcp'
    ? {
        create: ws2.CreatePersistentTcpPortReservation,
        lookUp: ws2.LookupPersistentTcpPortReservation,
        remove: ws2.DeletePersistentTcpPortReservation,
      }
    : {
        create: ws2.CreatePersistentUdpPortReservation,
        lookUp: ws2.LookupPersistentUdpPortReservation,
        remove: ws2.DeletePersistentUdpPortReservation,
      };
}

/** All of a block's tokens and errors, so that a test sees whether anything has changed. */
function present({ ws2 }: World, blocks: readonly (readonly [number, number])[]): (bigint | number)[] {
  return blocks.map(([first, count]) => {
    const token = ref(0n);
    return ws2.LookupPersistentTcpPortReservation(ws2.htons(first), count, token) || token.value;
  });
}

describeOnEveryProvider('persistent port reservations', (on) => {
  for (const protocol of ['tcp', 'udp'] as const) {
    on.it(`of ${protocol} are created, looked up by their very block, and deleted once`, (world) => {
      const { create, lookUp, remove } = functionsOf(world.ws2, protocol);
      const first = freePorts(world, 20);
      const start = world.ws2.htons(first);
      const [made, found] = [ref(0n), ref(0n)];
      expect(create(start, 20, made)).toBe(0);
      expect(made.value).toBeGreaterThan(0xffffn);
      expect(lookUp(start, 20, found)).toBe(0);
      expect(found.value).toBe(made.value);
      expect(lookUp(start, 19, found)).toBe(ERROR_NOT_FOUND);
      expect(lookUp(world.ws2.htons(first + 1), 19, found)).toBe(ERROR_NOT_FOUND);
      expect(remove(start, 19)).toBe(ERROR_NOT_FOUND);
      expect(remove(start, 20)).toBe(0);
      expect(remove(start, 20)).toBe(ERROR_NOT_FOUND);
      expect(lookUp(start, 20, found)).toBe(ERROR_NOT_FOUND);
    });
  }

  on.it('of the two protocols have nothing to do with each other', (world) => {
    const start = world.ws2.htons(freePorts(world, 4));
    const [tcp, udp] = [ref(0n), ref(0n)];
    expect(world.ws2.CreatePersistentTcpPortReservation(start, 4, tcp)).toBe(0);
    expect(world.ws2.CreatePersistentUdpPortReservation(start, 4, udp)).toBe(0);
    expect(udp.value).not.toBe(tcp.value);
    expect(associate(world, world.tcpSocket(), udp.value).code).toBe(WSAEINVAL);
    expect(associate(world, world.udpSocket(), tcp.value).code).toBe(WSAEINVAL);
  });

  on.it('are refused where ports are zero, overflow, wrap round, or are no ports, and nothing changes', (world) => {
    const { ws2 } = world;
    const token = ref(5n);
    const first = freePorts(world, 4);
    expect(reserve(world, first, 4)).toBeTypeOf('bigint');
    const before = present(world, [[first, 4]]);
    for (const [port, count] of [
      [0, 1],
      [1, 0],
      [0, 0],
      [65_535, 2],
      [65_530, 7],
      [2, 65_535],
      [60_000, 65_535],
      [1, 65_536],
      [1, -1],
      [1, 1.5],
      [1, Number.NaN],
    ] as const) {
      for (const protocol of ['tcp', 'udp'] as const) {
        const { create } = functionsOf(ws2, protocol);
        expect(create(ws2.htons(port), count, token), `${port} ${count}`).toBe(ERROR_INVALID_PARAMETER);
      }
    }
    for (const port of [-1, 65_536, 0.5, Number.NaN, '80', null, {}]) {
      expect(ws2.CreatePersistentTcpPortReservation(port as number, 1, token)).toBe(ERROR_INVALID_PARAMETER);
      expect(ws2.LookupPersistentTcpPortReservation(port as number, 1, token)).toBe(ERROR_INVALID_PARAMETER);
      expect(ws2.DeletePersistentTcpPortReservation(port as number, 1)).toBe(ERROR_INVALID_PARAMETER);
    }
    for (const [port, count] of [
      [0, 1],
      [1, 0],
    ] as const) {
      expect(ws2.LookupPersistentUdpPortReservation(ws2.htons(port), count, token)).toBe(ERROR_INVALID_PARAMETER);
      expect(ws2.DeletePersistentUdpPortReservation(ws2.htons(port), count)).toBe(ERROR_INVALID_PARAMETER);
    }
    for (const nowhere of [null, undefined, 5, 'token']) {
      expect(ws2.CreatePersistentTcpPortReservation(ws2.htons(first), 4, nowhere as never)).toBe(
        ERROR_INVALID_PARAMETER,
      );
      expect(ws2.LookupPersistentTcpPortReservation(ws2.htons(first), 4, nowhere as never)).toBe(
        ERROR_INVALID_PARAMETER,
      );
    }
    expect(token.value).toBe(5n);
    expect(present(world, [[first, 4]])).toEqual(before);
  });

  on.it('are refused beside others that they overlap, by one port or by all', (world) => {
    const first = freePorts(world, 30);
    expect(reserve(world, first + 10, 10)).toBeTypeOf('bigint');
    for (const [from, count] of [
      [10, 10],
      [0, 11],
      [19, 5],
      [12, 3],
      [0, 30],
    ] as const) {
      expect(reserve(world, first + from, count)).toBe(ERROR_SHARING_VIOLATION);
      expect(world.ws2.lastProblem()?.message).toContain(`${first + 10}-${first + 19}`);
    }
    expect(reserve(world, first, 10)).toBeTypeOf('bigint');
    expect(reserve(world, first + 20, 10)).toBeTypeOf('bigint');
  });

  on.onEveryFamily(
    'are refused where a socket has a port, however it shares that, until it is closed',
    (world, family) => {
      for (const shares of [false, true]) {
        const s = world.tcpSocket(family);
        if (shares) world.ws2.setsockopt(s, SOL_SOCKET, SO_REUSEADDR, Uint8Array.of(1, 0, 0, 0), 4);
        const first = freePorts(world, 3);
        expect(bindTo(world, s, first + 1, family)).toBe(0);
        expect(reserve(world, first, 3)).toBe(ERROR_SHARING_VIOLATION);
        expect(world.ws2.lastProblem()?.message).toContain(`${first + 1}`);
        // UDP has ports of its own.
        expect(world.ws2.CreatePersistentUdpPortReservation(world.ws2.htons(first), 3, ref(0n))).toBe(0);
        world.ws2.closesocket(s);
        expect(reserve(world, first, 3)).toBeTypeOf('bigint');
        expect(world.ws2.DeletePersistentTcpPortReservation(world.ws2.htons(first), 3)).toBe(0);
      }
    },
  );

  on.it('need no WSAStartup, and leave the last error alone', (world) => {
    const first = freePorts(world, 1);
    world.ws2.WSASetLastError(1234);
    expect(reserve(world, first, 1)).toBeTypeOf('bigint');
    expect(reserve(world, first, 1)).toBe(ERROR_SHARING_VIOLATION);
    expect(world.ws2.WSAGetLastError()).toBe(1234);
    world.ws2.WSACleanup();
    expect(world.ws2.DeletePersistentTcpPortReservation(world.ws2.htons(first), 1)).toBe(0);
    world.ws2.WSAStartup(0x0202, {});
  });
});

describeOnEveryChain('a reserved block of TCP ports', (on) => {
  on.onEveryFamily('is closed to sockets that ask for one of its ports, and open beside it', (world, family) => {
    const first = freePorts(world, 12);
    const token = reserve(world, first + 1, 10) as bigint;
    for (const port of [first + 1, first + 5, first + 10]) {
      expect(bindTo(world, world.tcpSocket(family), port, family)).toBe(WSAEACCES);
    }
    for (const port of [first, first + 11]) expect(bindTo(world, world.tcpSocket(family), port, family)).toBe(0);
    const s = world.tcpSocket(family);
    expect(bindTo(world, s, first + 3, family)).toBe(WSAEACCES);
    // What was refused leaves the socket as it was.
    expect(associate(world, s, token).code).toBe(0);
    expect(bindTo(world, s, first + 3, family)).toBe(0);
    expect(world.portOf(s)).toBe(first + 3);
  });

  on.onEveryFamily('gives its ports to associated sockets that ask for none, until it is used up', (world, family) => {
    const first = freePorts(world, 3);
    const token = reserve(world, first, 3) as bigint;
    const sockets = [0, 1, 2, 3].map(() => world.tcpSocket(family));
    for (const s of sockets) expect(associate(world, s, token)).toMatchObject({ code: 0, count: 0 });
    const codes = sockets.map((s) => bindTo(world, s, 0, family));
    expect(codes).toEqual([0, 0, 0, WSAEADDRINUSE]);
    expect(
      sockets
        .slice(0, 3)
        .map((s) => world.portOf(s))
        .sort(),
    ).toEqual([first, first + 1, first + 2]);
    world.ws2.closesocket(sockets[1]!);
    expect(bindTo(world, sockets[3]!, 0, family)).toBe(0);
  });

  on.it('gives none of its ports away beside a socket that would share it', (world) => {
    const first = freePorts(world, 1);
    const token = reserve(world, first, 1) as bigint;
    const codes = [0, 1].map(() => {
      const s = world.tcpSocket();
      world.ws2.setsockopt(s, SOL_SOCKET, SO_REUSEADDR, Uint8Array.of(1, 0, 0, 0), 4);
      associate(world, s, token);
      return bindTo(world, s, 0);
    });
    expect(codes).toEqual([0, WSAEADDRINUSE]);
  });

  on.it('serves a listener and who connects to it, and is used again afterwards', (world) => {
    const first = freePorts(world, 2);
    const token = reserve(world, first, 2) as bigint;
    for (let round = 0; round < 2; round++) {
      const listener = world.tcpSocket();
      expect(associate(world, listener, token).code).toBe(0);
      expect(bindTo(world, listener, 0)).toBe(0);
      expect(world.code(world.ws2.listen(listener, 1))).toBe(0);
      const client = world.tcpSocket();
      expect(associate(world, client, token).code).toBe(0);
      // It is bound by its connect.
      expect(world.connect(client, world.nameOf(listener))).toBe(0);
      const server = world.accept(listener);
      expect([world.portOf(listener), world.portOf(client)].sort()).toEqual([first, first + 1]);
      // The listening end closes first, so that it is the one that is remembered.
      for (const s of [server, client, listener]) world.ws2.closesocket(s);
    }
  });

  on.it('keeps what sockets have of it when it is deleted, and gives nothing more', (world) => {
    const first = freePorts(world, 2);
    const token = reserve(world, first, 2) as bigint;
    const [bound, late] = [world.tcpSocket(), world.tcpSocket()];
    associate(world, bound, token);
    associate(world, late, token);
    expect(bindTo(world, bound, 0)).toBe(0);
    expect(world.ws2.DeletePersistentTcpPortReservation(world.ws2.htons(first), 2)).toBe(0);
    expect(world.portOf(bound)).toBe(first);
    expect(bindTo(world, late, 0)).toBe(WSAEADDRINUSE);
    expect(associate(world, world.tcpSocket(), token).code).toBe(WSAEINVAL);
    expect(bindTo(world, world.tcpSocket(), first + 1)).toBe(0);
  });

  on.it('is acquired for as long as its socket lives, and released by it before', (world) => {
    const owner = world.tcpSocket();
    const block = acquired(world, owner, 3);
    expect(bindTo(world, world.tcpSocket(), block.first)).toBe(WSAEACCES);
    expect(reserve(world, block.first + 2, 1)).toBe(ERROR_SHARING_VIOLATION);
    expect(world.ws2.DeletePersistentTcpPortReservation(world.ws2.htons(block.first), 3)).toBe(ERROR_NOT_FOUND);
    const user = world.tcpSocket();
    expect(associate(world, user, block.token).code).toBe(0);
    expect(bindTo(world, user, 0)).toBe(0);
    expect(world.portOf(user)).toBe(block.first);
    // Its own socket may name a port.
    expect(bindTo(world, owner, block.first + 1)).toBe(0);
    expect(release(world, owner, block.token)).toMatchObject({ code: 0, count: 0 });
    expect(release(world, owner, block.token).code).toBe(WSAEINVAL);
    expect(bindTo(world, world.tcpSocket(), block.first + 2)).toBe(0);

    const again = world.tcpSocket();
    const other = acquired(world, again, 2);
    expect(associate(world, world.tcpSocket(), other.token).code).toBe(0);
    world.ws2.closesocket(again);
    expect(associate(world, world.tcpSocket(), other.token).code).toBe(WSAEINVAL);
    expect(bindTo(world, world.tcpSocket(), other.first)).toBe(0);
  });

  on.it('is acquired at a port, unless that is zero ports, too many, reserved or in use', (world) => {
    const s = world.tcpSocket();
    const first = freePorts(world, 6);
    expect(acquire(world, s, 2, first)).toMatchObject({ first, count: 2 });
    expect(acquire(world, s, 2, first + 1)).toBe(WSAEADDRINUSE);
    expect(bindTo(world, world.tcpSocket(), first + 3)).toBe(0);
    expect(acquire(world, s, 4, first + 2)).toBe(WSAEADDRINUSE);
    for (const [port, count] of [
      [first, 0],
      [0, 0],
      [65_535, 2],
      [2, 65_535],
    ] as const) {
      expect(acquire(world, s, count, port), `${count} from ${port} on`).toBe(WSAEINVAL);
    }
    expect(acquire(world, s, 65_535)).toBe(WSAEADDRINUSE);
  });
});

describeOnEveryDatagramChain('a reserved block of UDP ports', (on) => {
  on.onEveryFamily('goes by the same rules', (world, family) => {
    const { ws2 } = world;
    const first = freePorts(world, 2);
    const token = ref(0n);
    expect(ws2.CreatePersistentUdpPortReservation(ws2.htons(first), 2, token)).toBe(0);
    expect(bindTo(world, world.udpSocket(family), first, family)).toBe(WSAEACCES);
    const bound = world.udpSocket(family);
    associate(world, bound, token.value);
    expect(bindTo(world, bound, 0, family)).toBe(0);
    expect(world.portOf(bound)).toBe(first);
    // One that is bound by what it sends.
    const sending = world.udpSocket(family);
    associate(world, sending, token.value);
    const to = loopback(first, family);
    expect(ws2.sendto(sending, Buffer.from('hello'), 5, 0, to, to.length)).toBe(5);
    expect(world.portOf(sending)).toBe(first + 1);
    const full = world.udpSocket(family);
    associate(world, full, token.value);
    expect(world.code(ws2.sendto(full, Buffer.from('hello'), 5, 0, to, to.length))).toBe(WSAEADDRINUSE);
    const late = world.udpSocket(family);
    associate(world, late, token.value);
    expect(bindTo(world, late, 0, family)).toBe(WSAEADDRINUSE);
  });
});

describeOnEveryProvider('the ioctls of port reservations', (on) => {
  const TOKEN = INET_PORT_RESERVATION_TOKEN.encode({ Token: 77n });

  on.it('want all of their structures', (world) => {
    const s = world.tcpSocket();
    for (const code of [SIO_ASSOCIATE_PORT_RESERVATION, SIO_RELEASE_PORT_RESERVATION]) {
      expect(ioctl(world, s, code)).toMatchObject({ code: WSAEFAULT, count: UNTOUCHED });
      expect(ioctl(world, s, code, { input: TOKEN.subarray(0, 7) })).toMatchObject({ code: WSAEINVAL, count: 0 });
    }
    const input = Uint8Array.of(0, 0, 2, 0);
    expect(ioctl(world, s, SIO_ACQUIRE_PORT_RESERVATION, { room: 16 }).code).toBe(WSAEFAULT);
    expect(ioctl(world, s, SIO_ACQUIRE_PORT_RESERVATION, { input, room: null }).code).toBe(WSAEFAULT);
    for (const given of [
      { input: input.subarray(0, 3), room: 16 },
      { input, room: 15 },
    ]) {
      expect(ioctl(world, s, SIO_ACQUIRE_PORT_RESERVATION, given)).toMatchObject({ code: WSAEINVAL, count: 0 });
    }
  });

  on.it('know no token but those that were given out, for the right protocol', (world) => {
    const first = freePorts(world, 2);
    const token = reserve(world, first, 2) as bigint;
    for (const wrong of [0n, 1n, token + 1n, token ^ (1n << 63n), 0xffff_ffff_ffff_ffffn]) {
      expect(associate(world, world.tcpSocket(), wrong).code).toBe(WSAEINVAL);
      expect(release(world, world.tcpSocket(), wrong).code).toBe(WSAEINVAL);
    }
    // What is to last is given up by its function.
    expect(release(world, world.tcpSocket(), token).code).toBe(WSAEINVAL);
    expect(associate(world, world.tcpSocket(), token).code).toBe(0);
    const owner = world.udpSocket();
    const acquiredOfUdp = acquired(world, owner, 1);
    expect(release(world, world.tcpSocket(), acquiredOfUdp.token).code).toBe(WSAEINVAL);
  });

  on.it('associate a socket before it is bound alone', (world) => {
    const token = reserve(world, freePorts(world, 2), 2) as bigint;
    const bound = world.tcpSocket();
    expect(bindTo(world, bound, 0)).toBe(0);
    expect(associate(world, bound, token)).toMatchObject({ code: WSAEINVAL, count: 0 });
    const { client } = world.connectedPair();
    expect(associate(world, client, token).code).toBe(WSAEINVAL);
  });

  on.it('are done at once when they are overlapped', (world) => {
    const token = reserve(world, freePorts(world, 1), 1) as bigint;
    const input = INET_PORT_RESERVATION_TOKEN.encode({ Token: token });
    const outcome = overlappedIoctl(world, world.tcpSocket(), SIO_ASSOCIATE_PORT_RESERVATION, { input });
    expect(outcome).toMatchObject({ code: 0, completion: [0, 0] });
  });

  const ofRaw = 'are for TCP and UDP alone';
  if (on.native && !rawSocketsPermitted) test.skip(`${ofRaw} [raw sockets are not permitted]`, () => undefined);
  else
    on.it(ofRaw, (world) => {
      const raw = world.track(world.ws2.socket(AF_INET6, SOCK_RAW, 200));
      expect(associate(world, raw, 1n).code).toBe(WSAEOPNOTSUPP);
      expect(release(world, raw, 1n).code).toBe(WSAEOPNOTSUPP);
      expect(acquire(world, raw, 1)).toBe(WSAEOPNOTSUPP);
    });
});

describe('ports that nobody asks for', () => {
  test('never fall into a block, however much of the range blocks have', () => {
    const network = createMemoryNetwork();
    const ws2 = createWs2_32({ base: 'memory', network });
    ws2.WSAStartup(0x0202, {});
    const LEFT = [50_000, 51_001, 65_535];
    const edges = [49_151, ...LEFT];
    for (let index = 0; index < LEFT.length; index++) {
      const first = edges[index]! + 1;
      const count = edges[index + 1]! - first;
      expect(ws2.CreatePersistentTcpPortReservation(ws2.htons(first), count, ref(0n))).toBe(0);
    }
    const seen: number[] = [];
    for (;;) {
      const s = ws2.socket(2, 1, 6);
      const name = loopback(0);
      if (ws2.bind(s, name, name.length) !== 0) break;
      const found = new Uint8Array(16);
      ws2.getsockname(s, found, ref(16));
      seen.push((found[2]! << 8) | found[3]!);
    }
    expect(ws2.WSAGetLastError()).toBe(WSAEADDRINUSE);
    expect(seen.sort()).toEqual(LEFT);
    ws2[Symbol.dispose]();
  });
});

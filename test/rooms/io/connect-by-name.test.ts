import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Container } from 'inversify';
import { describe, expect, it, test } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  createWs2_32,
  FIONBIO,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  parseSockaddr,
  ref,
  SD_SEND,
  SO_RCVTIMEO,
  SO_UPDATE_CONNECT_CONTEXT,
  sockaddr_in,
  sockaddr_in6,
  SOL_SOCKET,
  WSAEACCES,
  WSAEADDRNOTAVAIL,
  WSAEAFNOSUPPORT,
  WSAECONNREFUSED,
  WSAEFAULT,
  WSAEINVAL,
  WSAEISCONN,
  WSAENOTCONN,
  WSAENOTSOCK,
  WSAETIMEDOUT,
  WSAHOST_NOT_FOUND,
  WSANO_DATA,
  WSANOTINITIALISED,
  WSAOVERLAPPED,
  WSATYPE_NOT_FOUND,
  type SOCKET_ADDRESS_LIST,
  type timeval,
  type Ws2_32Options,
} from 'ws2spi';
import { defaultCatalog } from 'ws2spi/catalog';
import { defineLayer } from 'ws2spi/chain';
import { createMemoryNetwork } from 'ws2spi/providers/memory';
import { createFilesNameSpace } from 'ws2spi/providers/namespaces/files';
import { describeOnEveryChain, inWorld, loopback, type World } from '../../support/providers.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

interface Rooms {
  localLength?: { value: number } | null;
  local?: Uint8Array | null;
  remoteLength?: { value: number } | null;
  remote?: Uint8Array | null;
  timeout?: timeval | null;
}

/** Connects by name: 0 or the last error. */
function byName(
  world: World,
  s: number,
  node: string | null,
  service: string | number | null,
  rooms: Rooms = {},
): number {
  const { localLength = null, local = null, remoteLength = null, remote = null, timeout = null } = rooms;
  const name = typeof service === 'number' ? `${service}` : service;
  return world.code(
    world.ws2.WSAConnectByName(s, node!, name!, localLength, local, remoteLength, remote, timeout, null),
  );
}

function listOf(...names: Uint8Array[]): SOCKET_ADDRESS_LIST {
  const Address = names.map((name) => ({ lpSockaddr: name, iSockaddrLength: name.length }));
  return { iAddressCount: names.length, Address };
}

/** Connects by a list: 0 or the last error. */
function byList(world: World, s: number, list: SOCKET_ADDRESS_LIST, rooms: Rooms = {}): number {
  const { localLength = null, local = null, remoteLength = null, remote = null, timeout = null } = rooms;
  return world.code(world.ws2.WSAConnectByList(s, list, localLength, local, remoteLength, remote, timeout, null));
}

const literal = (family: number): string => (family === AF_INET ? '127.0.0.1' : '::1');
const size = (family: number): number => (family === AF_INET ? 16 : 28);

function updateContext(world: World, s: number): number {
  return world.code(world.ws2.setsockopt(s, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, null, 0));
}

function expectTraffic(world: World, client: number, listener: number): void {
  const server = world.accept(listener);
  world.send(client, 'hello');
  expect(world.receiveAll(server, 5)).toBe('hello');
}

describeOnEveryChain('WSAConnectByName', (on) => {
  // 10.1, 10.4
  on.onEveryFamily('connects to a host and a port, and tells both addresses', (world, family) => {
    const { s: listener, name } = world.listener(family);
    const { port } = parseSockaddr(name);
    const s = world.tcpSocket(family);
    const [local, remote] = [new Uint8Array(50), new Uint8Array(50)];
    const [localLength, remoteLength] = [ref(50), ref(50)];
    expect(byName(world, s, literal(family), port, { localLength, local, remoteLength, remote })).toBe(0);
    expect(world.ws2.WSAGetLastError()).toBe(0);
    expect([localLength.value, remoteLength.value]).toEqual([size(family), size(family)]);
    expect(parseSockaddr(remote)).toMatchObject({ address: literal(family), port });
    // Without its port.
    expect(parseSockaddr(local)).toMatchObject({ address: literal(family), port: 0 });
    expectTraffic(world, s, listener);
  });

  on.it('connects to a name that the name spaces know', (world) => {
    const { s: listener, name } = world.listener();
    const s = world.tcpSocket();
    expect(byName(world, s, 'localhost', parseSockaddr(name).port)).toBe(0);
    expectTraffic(world, s, listener);
  });

  on.onEveryFamily(
    'leaves getpeername and shutdown without the connection until its context is set',
    (world, family) => {
      const { s: listener, name } = world.listener(family);
      const s = world.tcpSocket(family);
      expect(byName(world, s, literal(family), parseSockaddr(name).port)).toBe(0);
      const server = world.accept(listener);
      const peer = new Uint8Array(28);
      expect(world.code(world.ws2.getpeername(s, peer, ref(28)))).toBe(WSAENOTCONN);
      expect(world.code(world.ws2.shutdown(s, SD_SEND))).toBe(WSAENOTCONN);
      expect(updateContext(world, s)).toBe(0);
      expect(world.code(world.ws2.getpeername(s, peer, ref(28)))).toBe(0);
      expect([...peer.subarray(0, name.length)]).toEqual([...name]);
      expect(parseSockaddr(world.nameOf(s)).port).toBeGreaterThan(0);
      expect(world.code(world.ws2.shutdown(s, SD_SEND))).toBe(0);
      expect(world.receive(server)).toBe('');
    },
  );

  // 10.2
  on.it('writes an address only where there are an address and a length', (world) => {
    const { s: listener, name } = world.listener();
    const { port } = parseSockaddr(name);
    const [local, remote] = [new Uint8Array(16), new Uint8Array(16)];
    expect(byName(world, world.tcpSocket(), '127.0.0.1', port, { local, remote })).toBe(0);
    expect([...local, ...remote].every((byte) => byte === 0)).toBe(true);
    const [localLength, remoteLength] = [ref(16), ref(3)];
    expect(byName(world, world.tcpSocket(), '127.0.0.1', port, { localLength, remoteLength })).toBe(0);
    expect([localLength.value, remoteLength.value]).toEqual([16, 3]);
    // The length may promise more than there is, as long as an address fits.
    expect(byName(world, world.tcpSocket(), '127.0.0.1', port, { remoteLength: ref(50), remote })).toBe(0);
    for (let i = 0; i < 3; i++) world.accept(listener);
  });

  // 10.4
  on.it('fails where lengths are too short, and leaves them', (world) => {
    const { port } = parseSockaddr(world.listener().name);
    const s = world.tcpSocket();
    for (const which of ['local', 'remote'] as const) {
      const length = ref(3);
      const rooms = { [which]: new Uint8Array(16), [`${which}Length`]: length };
      expect(byName(world, s, '127.0.0.1', port, rooms)).toBe(WSAEFAULT);
      expect(length.value).toBe(3);
    }
    expect(byName(world, s, '127.0.0.1', port, { remoteLength: ref(16), remote: new Uint8Array(15) })).toBe(WSAEFAULT);
    for (const timeout of [{ tv_sec: -1, tv_usec: 0 }, {}, 7]) {
      expect(byName(world, s, '127.0.0.1', port, { timeout: timeout as never })).toBe(WSAEFAULT);
    }
  });

  // 10.3
  on.it('says what is missing before it looks at the socket', (world) => {
    const { ws2 } = world;
    const s = world.tcpSocket();
    for (const each of [s, 4]) {
      expect(byName(world, each, null, '80')).toBe(WSAEINVAL);
      expect(byName(world, each, 'localhost', null)).toBe(WSAEINVAL);
      const overlapped = new WSAOVERLAPPED();
      const reserved = ws2.WSAConnectByName(each, 'localhost', '80', null, null, null, null, null, overlapped);
      expect(world.code(reserved)).toBe(WSAEINVAL);
    }
    expect(byName(world, 4, 'localhost', '80')).toBe(WSAENOTSOCK);
    expect(byName(world, s, 7 as never, '80')).toBe(WSAEFAULT);
  });

  // 10.4
  on.it('knows neither services nor hosts that there are not', (world) => {
    const s = world.tcpSocket();
    for (const service of ['no-such-service', '65536', '-1', '']) {
      expect(byName(world, s, '127.0.0.1', service)).toBe(WSATYPE_NOT_FOUND);
    }
    expect(byName(world, s, 'no-such-host.invalid', 80)).toBe(WSAHOST_NOT_FOUND);
    expect(byName(world, s, '::1', 80)).toBe(WSAHOST_NOT_FOUND);
    expect(byName(world, world.tcpSocket(AF_INET6), '127.0.0.1', 80)).toBe(WSAHOST_NOT_FOUND);
    expect(byName(world, s, '127.0.0.1', 0)).toBe(WSAEADDRNOTAVAIL);
  });

  on.onEveryFamily('fails as connect does, and can be tried again', (world, family) => {
    const s = world.tcpSocket(family);
    expect(byName(world, s, literal(family), parseSockaddr(world.closedPort(family)).port)).toBe(WSAECONNREFUSED);
    const { s: listener, name } = world.listener(family);
    const { port } = parseSockaddr(name);
    expect(byName(world, s, literal(family), port)).toBe(0);
    expectTraffic(world, s, listener);
    expect(byName(world, s, literal(family), port)).toBe(WSAEISCONN);
  });

  // 10.4
  on.it('is for streams', (world) => {
    expect(byName(world, world.udpSocket(), '127.0.0.1', 80)).toBe(WSAEINVAL);
  });
});

describeOnEveryChain('WSAConnectByList', (on) => {
  on.onEveryFamily('connects to the first that answers', (world, family) => {
    const { s: listener, name } = world.listener(family);
    const s = world.tcpSocket(family);
    const remote = new Uint8Array(28);
    const remoteLength = ref(28);
    const [closed, other] = [world.closedPort(family), world.closedPort(family)];
    expect(byList(world, s, listOf(closed, name, other), { remote, remoteLength })).toBe(0);
    expect(parseSockaddr(remote)).toMatchObject(parseSockaddr(name));
    expectTraffic(world, s, listener);
    expect(world.code(world.ws2.getpeername(s, remote, ref(28)))).toBe(WSAENOTCONN);
    expect(updateContext(world, s)).toBe(0);
    expect(world.code(world.ws2.getpeername(s, remote, ref(28)))).toBe(0);
  });

  on.onEveryFamily('waits on a socket that does not block, too', (world, family) => {
    const { s: listener, name } = world.listener(family);
    const s = world.tcpSocket(family);
    expect(world.code(world.ws2.ioctlsocket(s, FIONBIO, ref(1)))).toBe(0);
    expect(byList(world, s, listOf(world.closedPort(family)))).toBe(WSAECONNREFUSED);
    expect(byList(world, s, listOf(world.closedPort(family), name), { timeout: { tv_sec: 5, tv_usec: 0 } })).toBe(0);
    expectTraffic(world, s, listener);
  });

  on.it('says why the last one failed', (world) => {
    const s = world.tcpSocket();
    expect(byList(world, s, listOf(loopback(0), world.closedPort()))).toBe(WSAECONNREFUSED);
    expect(byList(world, s, listOf(world.closedPort(), loopback(0)))).toBe(WSAEADDRNOTAVAIL);
    expect(byList(world, s, listOf(world.closedPort(), loopback(80, AF_INET6)))).toBe(WSAEAFNOSUPPORT);
  });

  on.it('wants a list with something in it', (world) => {
    const { ws2 } = world;
    const s = world.tcpSocket();
    const { name } = world.listener();
    expect(byList(world, s, listOf())).toBe(WSAEINVAL);
    expect(byList(world, s, null as never)).toBe(WSAEINVAL);
    expect(byList(world, 4, null as never)).toBe(WSAEINVAL);
    expect(byList(world, 4, listOf(name))).toBe(WSAENOTSOCK);
    const overlapped = new WSAOVERLAPPED();
    expect(world.code(ws2.WSAConnectByList(s, listOf(name), null, null, null, null, null, overlapped))).toBe(WSAEINVAL);
    const bad: unknown[] = [
      {},
      { iAddressCount: 2, Address: listOf(name).Address },
      { iAddressCount: 1, Address: [null] },
      { iAddressCount: 1, Address: [{ lpSockaddr: null, iSockaddrLength: 16 }] },
      { iAddressCount: 1, Address: [{ lpSockaddr: name, iSockaddrLength: 17 }] },
    ];
    for (const list of bad) expect(byList(world, s, list as never)).toBe(WSAEFAULT);
    expect(byList(world, s, listOf(name.slice(0, 8)))).toBe(WSAEFAULT);
  });

  on.withoutCodec('asks the filters of a layer about every address', (world) => {
    const seen: number[] = [];
    const { s: listener, name } = world.listener();
    const { port } = parseSockaddr(name);
    world.stack([
      defineLayer({
        name: 'filter',
        connect(request) {
          seen.push(request.port);
          if (seen.length === 1) request.refuse(WSAEACCES);
          request.port = port;
        },
      }),
    ]);
    const s = world.tcpSocket();
    expect(byList(world, s, listOf(loopback(7), loopback(8)))).toBe(0);
    expect(seen).toEqual([7, 8]);
    expectTraffic(world, s, listener);
  });
});

describe('a connection by name that nobody answers', () => {
  const silent = (): Ws2_32Options => ({ network: createMemoryNetwork({ silent: ['192.0.2.1', '192.0.2.2'] }) });
  const half = { tv_sec: 1, tv_usec: 500_000 };

  test.each([
    ['blocks', 0],
    ['does not block', 1],
  ])('is given up when its time has run out, on a socket that %s', (_, on) =>
    inWorld(
      'memory',
      (world) => {
        const s = world.tcpSocket();
        world.ws2.ioctlsocket(s, FIONBIO, ref(on));
        const before = world.now();
        const list = listOf(sockaddr_in('192.0.2.1', 80), sockaddr_in('192.0.2.2', 80));
        expect(byList(world, s, list, { timeout: half })).toBe(WSAETIMEDOUT);
        expect(world.now() - before).toBe(1500);
        const other = world.tcpSocket();
        expect(byName(world, other, '192.0.2.1', 80, { timeout: { tv_sec: 0, tv_usec: 1000 } })).toBe(WSAETIMEDOUT);
        // Waits are as long as ever afterwards.
        const { server } = world.connectedPair();
        const started = world.now();
        expect(world.ws2.host.SleepEx(5000, false)).toBe(0);
        expect(world.now() - started).toBe(5000);
        expect(world.receive(server)).toBeLessThan(0);
        expect(world.takeDefects()).toEqual([expect.stringContaining('deadlock')]);
      },
      silent(),
    )(),
  );
});

test(
  'a completion routine may wait for longer than the connection that it runs in',
  inWorld(
    'memory',
    (world) => {
      const { server } = world.connectedPair();
      world.ws2.setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, Uint8Array.of(0, 10, 0, 0), 4);
      const received: unknown[] = [];
      world.ws2.host.QueueUserAPC(() => received.push(world.receive(server), world.now()), null);
      const s = world.tcpSocket();
      const before = world.now();
      const timeout = { tv_sec: 1, tv_usec: 0 };
      expect(byList(world, s, listOf(sockaddr_in('192.0.2.1', 80)), { timeout })).toBe(WSAETIMEDOUT);
      expect(received).toEqual([-WSAETIMEDOUT, before + 2560]);
    },
    { network: createMemoryNetwork({ silent: ['192.0.2.1'] }) },
  ),
);

describe('the addresses of a host', () => {
  function options(): Ws2_32Options {
    const folder = temporaryFolder();
    const write = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const container = new Container();
    const module = {
      NSPStartup: createFilesNameSpace({
        hosts: write(
          'hosts',
          '127.0.0.3 several\n127.0.0.2 several\n::1 several six\n127.0.0.9 me\n' +
            '127.0.0.4 both\n127.0.0.5 both\n127.0.0.6 both\n::1 both\n::2 both\n',
        ),
        services: write('services', 'web 8080/tcp www\ntalk 9090/udp\n'),
        protocols: write('protocols', ''),
        hostname: 'me',
      }),
    };
    container.bind('di:own-names').toConstantValue(module);
    const catalog = defaultCatalog('memory');
    const nameSpaces = catalog.nameSpaces.map((each) => ({ ...each, path: 'di:own-names' }));
    return { container, catalog: { ...catalog, nameSpaces } };
  }

  function listenOn(world: World, name: Uint8Array): number {
    const s = world.tcpSocket(name[0]);
    expect(world.code(world.ws2.bind(s, name, name.length))).toBe(0);
    expect(world.code(world.ws2.listen(s, 5))).toBe(0);
    return s;
  }

  it(
    'are tried in turn, at the port of a service',
    inWorld(
      'memory',
      (world) => {
        const listener = listenOn(world, sockaddr_in('127.0.0.2', 8080));
        const s = world.tcpSocket();
        const remote = new Uint8Array(16);
        expect(byName(world, s, 'Several', 'www', { remote, remoteLength: ref(16) })).toBe(0);
        expect(parseSockaddr(remote)).toMatchObject({ address: '127.0.0.2', port: 8080 });
        expectTraffic(world, s, listener);
        expect(byName(world, s, 'several', 'talk')).toBe(WSATYPE_NOT_FOUND);
        expect(byName(world, world.tcpSocket(), 'six', 'web')).toBe(WSANO_DATA);
      },
      options(),
    ),
  );

  it(
    'are the machine’s own without a name',
    inWorld(
      'memory',
      (world) => {
        listenOn(world, sockaddr_in('127.0.0.9', 8080));
        expect(byName(world, world.tcpSocket(), '', 'web')).toBe(0);
      },
      options(),
    ),
  );

  it(
    'are those of IPv6, and on a dual-stack socket those of IPv4 after them',
    inWorld(
      'memory',
      (world) => {
        const six = listenOn(world, sockaddr_in6('::1', 8080));
        const s = world.tcpSocket(AF_INET6);
        expect(byName(world, s, 'several', 'web')).toBe(0);
        expectTraffic(world, s, six);
        world.ws2.closesocket(six);
        expect(byName(world, world.tcpSocket(AF_INET6), 'several', 'web')).toBe(WSAECONNREFUSED);

        const four = listenOn(world, sockaddr_in('127.0.0.2', 8080));
        const dual = (): number => {
          const socket = world.tcpSocket(AF_INET6);
          world.ws2.setsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, new Uint8Array(4), 4);
          return socket;
        };
        const both = dual();
        const remote = new Uint8Array(28);
        expect(byName(world, both, 'several', 'web', { remote, remoteLength: ref(28) })).toBe(0);
        expect(parseSockaddr(remote)).toMatchObject({ address: '::ffff:127.0.0.2', port: 8080 });
        expectTraffic(world, both, four);
        expect(byName(world, dual(), '127.0.0.2', 'web')).toBe(0);
        expect(byName(world, dual(), 'me', 'web')).toBe(WSAECONNREFUSED);
      },
      options(),
    ),
  );

  it(
    'are tried with the families in turns, so that one that does not work keeps nobody',
    inWorld(
      'memory',
      (world) => {
        const tried: string[] = [];
        const log = defineLayer({
          name: 'log',
          connect: (request) => {
            tried.push(request.address);
            request.refuse(WSAEACCES);
          },
        });
        world.stack([log]);
        const s = world.tcpSocket(AF_INET6);
        world.ws2.setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, new Uint8Array(4), 4);
        expect(byName(world, s, 'both', 'web')).toBe(WSAEACCES);
        const families = tried.map((address) => (address.includes('.') ? 4 : 6));
        expect(families).toEqual([6, 4, 6, 4, 4]);
        expect(new Set(tried).size).toBe(5);
      },
      options(),
    ),
  );

  it('are not asked for before WSAStartup', () => {
    const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
    expect(ws2.WSAConnectByNameA(4, 'localhost', '80', null, null, null, null, null, null)).toBe(false);
    expect(ws2.WSAGetLastError()).toBe(WSANOTINITIALISED);
    expect(ws2.WSAConnectByList(4, listOf(loopback(80)), null, null, null, null, null, null)).toBe(false);
    expect(ws2.WSAGetLastError()).toBe(WSANOTINITIALISED);
  });
});

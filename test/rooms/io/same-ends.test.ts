// Two sockets that share a port by Windows' rules: a connection still has two ends, and no two have the same.
import { expect } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  FD_CONNECT,
  FD_CONNECT_BIT,
  sockaddr_in,
  sockaddr_in6,
  WSAEADDRINUSE,
  WSAECONNREFUSED,
  WSAEINVAL,
  WSAEWOULDBLOCK,
  WSAOVERLAPPED,
} from 'ws2spi';
import { describeOnEveryChain, describeOnEveryProvider, loopback, type World } from '../../support/providers.js';

const FAMILIES = [AF_INET, AF_INET6] as const;

function any(family: number, port = 0): Uint8Array {
  return family === AF_INET6 ? sockaddr_in6('::', port) : sockaddr_in('0.0.0.0', port);
}

/** A socket of TCP with a name. */
function named(world: World, family: number, name: Uint8Array): { s: number; port: number } {
  const s = world.tcpSocket(family);
  expect(world.code(world.ws2.bind(s, name, name.length))).toBe(0);
  return { s, port: world.portOf(s) };
}

/** Connects to a listener, and moves a byte. */
function expectToConnect(world: World, s: number, listener: number, name: Uint8Array): void {
  world.nonBlocking(s, 0);
  expect(world.connect(s, name)).toBe(0);
  const server = world.accept(listener);
  expect(world.send(s, '!')).toBe(1);
  expect(world.receive(server)).toBe('!');
}

describeOnEveryChain('a stream that is to be connected to its own name', (on) => {
  on.it('is WSAEADDRINUSE, keeps its name, and can be connected to somebody else', (world) => {
    for (const family of FAMILIES) {
      for (const blocking of [true, false]) {
        const { s, port } = named(world, family, loopback(0, family));
        if (!blocking) world.nonBlocking(s);
        expect(world.connect(s, loopback(port, family))).toBe(WSAEADDRINUSE);
        expect(world.portOf(s)).toBe(port);
        const { s: listener, name } = world.listener(family);
        expectToConnect(world, s, listener, name);
        expect(world.portOf(s)).toBe(port);
      }
    }
  });

  on.it('is WSAEADDRINUSE where another listens on all addresses, who hears of others as before', (world) => {
    for (const family of FAMILIES) {
      const { s: listener, port } = named(world, family, any(family));
      expect(world.code(world.ws2.listen(listener, 5))).toBe(0);
      const { s } = named(world, family, loopback(port, family));
      expect(world.connect(s, loopback(port, family))).toBe(WSAEADDRINUSE);
      expectToConnect(world, world.tcpSocket(family), listener, loopback(port, family));
    }
  });

  on.it('is WSAEADDRINUSE where it has all addresses, and another listens on the one', (world) => {
    for (const family of FAMILIES) {
      const { s: listener, name } = world.listener(family);
      const { s } = named(world, family, any(family, world.portOf(listener)));
      world.nonBlocking(s);
      expect(world.connect(s, name)).toBe(WSAEADDRINUSE);
      expectToConnect(world, world.tcpSocket(family), listener, name);
    }
  });

  on.it('is WSAEADDRINUSE by ConnectEx too, at once', (world) => {
    const { s, port } = named(world, AF_INET, loopback());
    const overlapped = new WSAOVERLAPPED();
    expect(world.ws2.ConnectEx(s, loopback(port), 16, null, 0, null, overlapped)).toBe(false);
    expect(world.ws2.WSAGetLastError()).toBe(WSAEADDRINUSE);
  });

  on.it('fails in select and in FD_CONNECT as every connect that failed', (world) => {
    const { s, port } = named(world, AF_INET, loopback());
    world.nonBlocking(s);
    expect(world.connect(s, loopback(port))).toBe(WSAEADDRINUSE);
    const except = { fd_count: 1, fd_array: [s] };
    expect(world.ws2.select(0, null, null, except, { tv_sec: 0, tv_usec: 0 })).toBe(1);
    const event = world.event();
    expect(world.code(world.ws2.WSAEventSelect(s, event, FD_CONNECT))).toBe(0);
    const events = { lNetworkEvents: 0, iErrorCode: new Array<number>(10).fill(0) };
    expect(world.code(world.ws2.WSAEnumNetworkEvents(s, event, events))).toBe(0);
    expect([events.lNetworkEvents, events.iErrorCode[FD_CONNECT_BIT]]).toEqual([FD_CONNECT, WSAEADDRINUSE]);
  });
});

describeOnEveryChain('a second connection between the same two ends', (on) => {
  on.it('is WSAEADDRINUSE, and leaves the first alone', (world) => {
    for (const family of FAMILIES) {
      const { s: listener, name } = world.listener(family);
      const { s: first, port } = named(world, family, any(family));
      const { s: second } = named(world, family, loopback(port, family));
      expect(world.connect(first, name)).toBe(0);
      const server = world.accept(listener);
      expect(world.connect(second, name)).toBe(WSAEADDRINUSE);
      world.nonBlocking(second);
      expect(world.connect(second, name)).toBe(WSAEADDRINUSE);
      expect(world.send(first, 'still')).toBe(5);
      expect(world.receive(server)).toBe('still');
      const elsewhere = world.listener(family);
      expectToConnect(world, second, elsewhere.s, elsewhere.name);
    }
  });
});

describeOnEveryProvider('a name that is had beside another', (on) => {
  on.it('stays when a datagram socket is connected to nobody', (world) => {
    for (const family of FAMILIES) {
      for (const [mine, others] of [
        [any(family), (port: number) => loopback(port, family)],
        [loopback(0, family), (port: number) => any(family, port)],
      ] as const) {
        const s = world.udpSocket(family);
        expect(world.code(world.ws2.bind(s, mine, mine.length))).toBe(0);
        const port = world.portOf(s);
        const other = others(port);
        expect(world.code(world.ws2.bind(world.udpSocket(family), other, other.length))).toBe(0);
        for (const name of [any(family), world.boundUdp(family).name, any(family)]) {
          expect(world.connect(s, name)).toBe(0);
          expect(world.portOf(s)).toBe(port);
        }
      }
    }
  });

  on.it('stays when a stream could not be connected', (world) => {
    for (const family of FAMILIES) {
      const { s, port } = named(world, family, any(family));
      named(world, family, loopback(port, family));
      expect(world.connect(s, world.closedPort(family))).toBe(WSAECONNREFUSED);
      expect(world.portOf(s)).toBe(port);
      const { s: listener, name } = world.listener(family);
      expectToConnect(world, s, listener, name);
    }
  });

  on.it('is all addresses of a port after a connect without bind that failed: the one is free for others', (world) => {
    /** The code of a bind to one address of the port that another socket's connect left it; both are closed. */
    const bindBeside = (): number => {
      const s = world.tcpSocket();
      world.nonBlocking(s);
      expect(world.connect(s, world.closedPort())).toBe(WSAEWOULDBLOCK);
      world.until(() => {
        const except = { fd_count: 1, fd_array: [s] };
        return world.ws2.select(0, null, null, except, { tv_sec: 0, tv_usec: 0 }) === 1;
      });
      expect(world.code(world.ws2.bind(s, loopback(), 16))).toBe(WSAEINVAL);
      const other = world.tcpSocket();
      const code = world.code(world.ws2.bind(other, loopback(world.portOf(s)), 16));
      for (const each of [s, other]) world.ws2.closesocket(each);
      return code;
    };
    // The system gives such a port to connections of other programs too, which may have the one address just then.
    const codes: number[] = [];
    do codes.push(bindBeside());
    while (codes.at(-1) === WSAEADDRINUSE && codes.length < 10);
    expect(codes.at(-1), String(codes)).toBe(0);
  });
});

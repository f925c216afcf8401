import { expect } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  LINGER,
  parseSockaddr,
  ref,
  SD_SEND,
  SO_LINGER,
  sockaddr_in,
  sockaddr_in6,
  SOL_SOCKET,
  WSAEADDRINUSE,
  WSAEADDRNOTAVAIL,
  WSAEAFNOSUPPORT,
  WSAECONNREFUSED,
  WSAECONNRESET,
  WSAEFAULT,
  WSAEINVAL,
  WSAEISCONN,
  WSAENOTCONN,
  WSAENOTSOCK,
  WSAEOPNOTSUPP,
} from 'ws2spi';
import { describeOnEveryChain, describeOnEveryDatagramChain, loopback, type World } from '../../support/providers.js';

function peerOf(world: World, s: number): { address: string; port: number } | number {
  const name = new Uint8Array(128);
  const length = ref(128);
  const code = world.code(world.ws2.getpeername(s, name, length));
  return code === 0 ? parseSockaddr(name, length.value) : code;
}

describeOnEveryChain('names of a stream socket', (on) => {
  on.onEveryFamily('mirror each other across a connection', (world, family) => {
    const { client, server, listener } = world.connectedPair(family);
    const local = (s: number) => parseSockaddr(world.nameOf(s));
    expect(peerOf(world, client)).toEqual(local(server));
    expect(peerOf(world, server)).toEqual(local(client));
    expect(local(server)).toEqual(local(listener));
    expect(local(client).address).toBe(family === AF_INET ? '127.0.0.1' : '::1');
  });

  on.it('are not there before there is anything to name', (world) => {
    const s = world.tcpSocket();
    expect(world.code(world.ws2.getsockname(s, new Uint8Array(16), ref(16)))).toBe(WSAEINVAL);
    expect(peerOf(world, s)).toBe(WSAENOTCONN);
    expect(world.code(world.ws2.bind(s, loopback(), 16))).toBe(0);
    expect(world.portOf(s)).toBeGreaterThan(0);
    expect(peerOf(world, s)).toBe(WSAENOTCONN);
  });

  on.it('outlive the peer', (world) => {
    const { client, server } = world.connectedPair();
    const port = world.portOf(client);
    world.ws2.closesocket(client);
    expect(world.receive(server)).toBe('');
    expect(peerOf(world, server)).toMatchObject({ port });
  });

  on.it('outlive the connection, whether both sides have ended it or one has reset it', (world) => {
    const { client, server } = world.connectedPair();
    const ports = [world.portOf(client), world.portOf(server)];
    for (const s of [client, server]) expect(world.code(world.ws2.shutdown(s, SD_SEND))).toBe(0);
    expect([world.receive(client), world.receive(server)]).toEqual(['', '']);
    expect([peerOf(world, server), peerOf(world, client)]).toMatchObject(ports.map((port) => ({ port })));
    expect([world.portOf(client), world.portOf(server)]).toEqual(ports);

    const other = world.connectedPair();
    const port = world.portOf(other.client);
    world.ws2.setsockopt(other.client, SOL_SOCKET, SO_LINGER, LINGER.encode({ l_onoff: 1, l_linger: 0 }), 4);
    world.ws2.closesocket(other.client);
    expect(world.receive(other.server)).toBe(-WSAECONNRESET);
    expect(peerOf(world, other.server)).toMatchObject({ port });
  });

  // 29
  on.it('are given in Windows’ order of looking at arguments', (world) => {
    const { client } = world.connectedPair();
    const s = world.tcpSocket();
    const room = new Uint8Array(128);
    expect(world.code(world.ws2.getpeername(0xdead0, null as never, null as never))).toBe(WSAENOTSOCK);
    expect(world.code(world.ws2.getpeername(s, null as never, null as never))).toBe(WSAENOTCONN);
    for (const args of [
      [null, null],
      [room, null],
      [null, ref(16)],
    ] as [never, never][]) {
      expect(world.code(world.ws2.getpeername(client, ...args))).toBe(WSAEFAULT);
    }
    const none = ref(0);
    expect(world.code(world.ws2.getpeername(client, room, none))).toBe(WSAEFAULT);
    expect(none.value).toBe(0);
    const plenty = ref(128);
    expect(world.code(world.ws2.getpeername(client, room, plenty))).toBe(0);
    expect(plenty.value).toBe(16);
    expect(world.code(world.ws2.getsockname(client, room, ref(15)))).toBe(WSAEFAULT);
  });
});

describeOnEveryChain('bind and listen', (on) => {
  on.it('take one name, of the right family and length, that this machine has', (world) => {
    const s = world.tcpSocket();
    expect(world.code(world.ws2.bind(s, loopback(), 15))).toBe(WSAEFAULT);
    expect(world.code(world.ws2.bind(s, sockaddr_in6('::1', 0), 28))).toBe(WSAEFAULT);
    expect(world.code(world.ws2.bind(s, sockaddr_in('192.0.2.1', 0), 16))).toBe(WSAEADDRNOTAVAIL);
    expect(world.code(world.ws2.listen(s, 1))).toBe(WSAEINVAL);
    expect(world.code(world.ws2.bind(s, loopback(), 16))).toBe(0);
    expect(world.code(world.ws2.bind(s, loopback(), 16))).toBe(WSAEINVAL);
    expect([1, 1, 100].map((backlog) => world.code(world.ws2.listen(s, backlog)))).toEqual([0, 0, 0]);
  });

  on.it('leave a socket without a name when its name is taken', (world) => {
    const { name } = world.listener();
    const s = world.tcpSocket();
    expect(world.code(world.ws2.bind(s, name, name.length))).toBe(WSAEADDRINUSE);
    expect(world.code(world.ws2.listen(s, 1))).toBe(WSAEINVAL);
    expect(world.code(world.ws2.bind(s, loopback(), 16))).toBe(0);
  });

  on.it('are not for connected sockets', (world) => {
    const { client, server } = world.connectedPair();
    expect(world.code(world.ws2.listen(client, 1))).toBe(WSAEISCONN);
    expect(world.code(world.ws2.bind(server, loopback(), 16))).toBe(WSAEINVAL);
  });

  on.it('give a name back when its socket is closed', (world) => {
    const { s, name } = world.listener();
    world.ws2.closesocket(s);
    world.settle();
    const next = world.tcpSocket();
    expect(world.code(world.ws2.bind(next, name, name.length))).toBe(0);
    expect(world.code(world.ws2.listen(next, 1))).toBe(0);
  });

  if (!on.chain.codec) {
    on.itUnless('a full listen queue refuses', 'refuse who comes when as many wait as were asked for', (world) => {
      const { s: listener, name } = world.listener(AF_INET, 2);
      const connect = (): number => world.connect(world.tcpSocket(), name);
      expect([connect(), connect(), connect()]).toEqual([0, 0, WSAECONNREFUSED]);
      world.accept(listener);
      expect([connect(), connect()]).toEqual([0, WSAECONNREFUSED]);
    });
  }

  on.it('keep the name that was asked for when the socket connects', (world) => {
    const { s: listener, name } = world.listener();
    const s = world.tcpSocket();
    expect(world.code(world.ws2.bind(s, loopback(), 16))).toBe(0);
    const port = world.portOf(s);
    expect(world.connect(s, name)).toBe(0);
    expect(world.portOf(s)).toBe(port);
    expect(peerOf(world, world.accept(listener))).toMatchObject({ port });
  });

  on.it('have connect refuse names that lead nowhere', (world) => {
    const { name } = world.listener();
    const s = world.tcpSocket();
    expect(world.code(world.ws2.connect(s, name, 15))).toBe(WSAEFAULT);
    expect(world.connect(s, sockaddr_in6('::1', 1))).toBe(WSAEAFNOSUPPORT);
    expect(world.connect(s, sockaddr_in('127.0.0.1', 0))).toBe(WSAEADDRNOTAVAIL);
    expect(world.connect(s, sockaddr_in('0.0.0.0', 80))).toBe(WSAEADDRNOTAVAIL);
    expect(world.connect(s, name)).toBe(0);
  });
});

describeOnEveryDatagramChain('names of a datagram socket', (on) => {
  on.it('come with bind, the first send or connect', (world) => {
    const { name } = world.boundUdp();
    const sender = world.udpSocket();
    expect(world.code(world.ws2.getsockname(sender, new Uint8Array(16), ref(16)))).toBe(WSAEINVAL);
    world.ws2.sendto(sender, Buffer.from('x'), 1, 0, name, name.length);
    expect(world.portOf(sender)).toBeGreaterThan(0);
    expect(peerOf(world, sender)).toBe(WSAENOTCONN);
    const connected = world.udpSocket();
    expect(world.connect(connected, name)).toBe(0);
    expect(parseSockaddr(world.nameOf(connected)).address).toBe('127.0.0.1');
    expect(peerOf(world, connected)).toMatchObject({ port: parseSockaddr(name).port });
  });

  on.it('are not for listening', (world) => {
    const { s } = world.boundUdp(AF_INET6);
    expect(world.code(world.ws2.listen(s, 1))).toBe(WSAEOPNOTSUPP);
    expect(world.code(world.ws2.accept(s, null, null))).toBe(WSAEOPNOTSUPP);
  });
});

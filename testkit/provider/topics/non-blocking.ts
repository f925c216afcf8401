import {
  CF_ACCEPT,
  CF_DEFER,
  CF_REJECT,
  FD_ACCEPT,
  FIONREAD,
  INVALID_SOCKET,
  parseSockaddr,
  ref,
  SO_ERROR,
  SO_RCVBUF,
  SO_SNDBUF,
  SOL_SOCKET,
  WSAEALREADY,
  WSAECONNREFUSED,
  WSAECONNRESET,
  WSAEISCONN,
  WSAEINVAL,
  WSAENOTCONN,
  WSAEWOULDBLOCK,
  WSATRY_AGAIN,
} from '../../../index.js';
import { expect } from '../expectation.js';
import { noise } from '../names-and-buffers.js';
import type { ProviderWorld } from '../provider-world.js';
import { topic } from '../suite.js';

function socketError(world: ProviderWorld, s: number): number {
  const value = new Uint8Array(4);
  expect(world.code(world.ws2.getsockopt(s, SOL_SOCKET, SO_ERROR, value, ref(4)))).toBe(0);
  return new DataView(value.buffer).getUint32(0, true);
}

const writable = (world: ProviderWorld, s: number): boolean =>
  world.ws2.select(0, null, { fd_count: 1, fd_array: [s] }, null, { tv_sec: 2, tv_usec: 0 }) === 1;

/** What programs rely on: a non-blocking socket. */
export const aNonblockingSocket = topic('a non-blocking socket', [], (on) => {
  on.it('would block rather than wait', (world) => {
    const { client, server, listener } = world.connectedPair();
    for (const s of [client, server, listener]) expect(world.nonBlocking(s)).toBe(0);
    expect(world.receive(server)).toBe(-WSAEWOULDBLOCK);
    expect(world.ws2.accept(listener, null, null)).toBe(INVALID_SOCKET);
    expect(world.ws2.WSAGetLastError()).toBe(WSAEWOULDBLOCK);
    world.send(client, 'now');
    world.settle();
    expect(world.receive(server)).toBe('now');
    expect(world.receive(server)).toBe(-WSAEWOULDBLOCK);
  });

  on.it('takes what fits, then would block, then goes on when there is room', (world) => {
    const { client, server } = world.connectedPair();
    world.nonBlocking(client);
    const piece = noise(100_000);
    let sent = 0;
    for (;;) {
      const taken = world.count(world.ws2.send(client, piece, piece.length, 0));
      if (taken === -WSAEWOULDBLOCK) break;
      expect(taken).toBeGreaterThan(0);
      sent += taken;
      expect(sent).toBeLessThan(100_000_000);
    }
    expect(sent).toBeGreaterThan(0);
    world.nonBlocking(server);
    let received = 0;
    while (received < sent) {
      world.settle();
      const got = world.count(world.ws2.recv(server, piece, piece.length, 0));
      if (got === -WSAEWOULDBLOCK) continue;
      expect(got).toBeGreaterThan(0);
      received += got;
    }
    expect(writable(world, client)).toBe(true);
    expect(world.send(client, 'more')).toBe(4);
  });

  on.needs('connects that take time').onEveryFamily('connects by and by', (world, family) => {
    const { s: listener, name } = world.listener(family);
    const client = world.streamSocket(family);
    world.nonBlocking(client);
    expect(world.connect(client, name)).toBe(WSAEWOULDBLOCK);
    expect(writable(world, client)).toBe(true);
    expect(socketError(world, client)).toBe(0);
    expect(world.connect(client, name)).toBe(WSAEISCONN);
    const server = world.accept(listener);
    world.send(client, 'there');
    expect(world.receiveAll(server, 5)).toBe('there');
  });

  // 34
  on.needs('connects that take time').it('is busy while it connects', (world) => {
    const { s: listener, name } = world.listener();
    const client = world.streamSocket();
    world.nonBlocking(client);
    expect(world.connect(client, name)).toBe(WSAEWOULDBLOCK);
    expect(world.connect(client, name)).toBe(WSAEALREADY);
    expect(world.send(client, 'x')).toBe(-WSAENOTCONN);
    expect(world.receive(client)).toBe(-WSAENOTCONN);
    // Measured behaviour 34: the peer's name is known already.
    const peer = new Uint8Array(128);
    const length = ref(128);
    expect(world.code(world.ws2.getpeername(client, peer, length))).toBe(0);
    expect(peer.slice(0, length.value)).toEqual(name);
    expect(writable(world, client)).toBe(true);
    world.accept(listener);
  });

  // 13.12
  on.needs('connecting again', 'connects that take time').it(
    'keeps the error of a connect that failed until one succeeds',
    (world) => {
      const nowhere = world.closedName();
      const s = world.streamSocket();
      world.nonBlocking(s);
      expect(world.connect(s, nowhere)).toBe(WSAEWOULDBLOCK);
      const failed = { fd_count: 1, fd_array: [s] };
      expect(world.ws2.select(0, null, null, failed, { tv_sec: 60, tv_usec: 0 })).toBe(1);
      expect([socketError(world, s), socketError(world, s)]).toEqual([WSAECONNREFUSED, WSAECONNREFUSED]);
      const { s: listener, name } = world.listener();
      expect(world.connect(s, name)).toBe(WSAEWOULDBLOCK);
      expect(writable(world, s)).toBe(true);
      expect(socketError(world, s)).toBe(0);
      world.accept(listener);
    },
  );

  // 13.13
  on.needs('connecting again', 'connects that take time').it('may listen after a connect that failed', (world) => {
    const nowhere = world.closedName();
    const s = world.streamSocket();
    const own = world.freeName();
    expect(world.code(world.ws2.bind(s, own, own.length))).toBe(0);
    world.nonBlocking(s);
    expect(world.connect(s, nowhere)).toBe(WSAEWOULDBLOCK);
    const failed = { fd_count: 1, fd_array: [s] };
    expect(world.ws2.select(0, null, null, failed, { tv_sec: 60, tv_usec: 0 })).toBe(1);
    expect(world.code(world.ws2.listen(s, 1))).toBe(0);
    expect(socketError(world, s)).toBe(WSAECONNREFUSED);
    expect(world.connect(world.streamSocket(), world.nameOf(s))).toBe(0);
    const readable = { fd_count: 1, fd_array: [s] };
    expect(world.ws2.select(0, readable, null, null, { tv_sec: 60, tv_usec: 0 })).toBe(1);
    world.accept(s);
  });

  // 3.3
  on.needs('sends without a send buffer').it(
    'takes whole sends without a send buffer, however small the receiver’s',
    (world) => {
      const { client, server } = world.connectedPair();
      const option = (s: number, name: number, bytes: number[]): number =>
        world.code(world.ws2.setsockopt(s, SOL_SOCKET, name, Uint8Array.from(bytes), 4));
      expect(option(client, SO_SNDBUF, [0, 0, 0, 0])).toBe(0);
      expect(option(server, SO_RCVBUF, [0, 4, 0, 0])).toBe(0);
      world.nonBlocking(client);
      world.nonBlocking(server);
      const block = noise(4096);
      for (let i = 0; i < 3; i++) expect(world.count(world.ws2.send(client, block, 4096, 0))).toBe(4096);
      let received = 0;
      for (let i = 0; i < 100 && received < 3 * 4096; i++) {
        world.settle();
        const piece = world.receive(server, 4096);
        if (typeof piece === 'string') received += piece.length;
      }
      expect(received).toBe(3 * 4096);
    },
  );

  on.needs('sends without a send buffer').it(
    'takes a buffer whole, however large, while there is any room, and then would block',
    (world) => {
      const { client, server } = world.connectedPair();
      world.nonBlocking(client);
      world.nonBlocking(server);
      const large = Uint8Array.from({ length: 3_000_001 }, (_, index) => index % 251);
      expect(world.count(world.ws2.send(client, large, large.length, 0))).toBe(large.length);
      expect(world.count(world.ws2.send(client, large, 1, 0))).toBe(-WSAEWOULDBLOCK);
      const back = new Uint8Array(large.length);
      let received = 0;
      const take = (most: number): void => {
        world.settle();
        const piece = back.subarray(received, received + most);
        const bytes = world.count(world.ws2.recv(server, piece, piece.length, 0));
        expect(bytes).toBeGreaterThan(0);
        received += bytes;
      };
      take(1_000_000);
      // What is there is still more than the buffers hold.
      expect(world.count(world.ws2.send(client, large, 1, 0))).toBe(-WSAEWOULDBLOCK);
      while (received < large.length) take(large.length);
      expect(Buffer.compare(back, large)).toBe(0);
      expect(writable(world, client)).toBe(true);
      // Gathered from several buffers it is one send.
      const parts = [large, large.subarray(0, 7)].map((buf) => ({ len: buf.length, buf }));
      const sent = ref(0);
      expect(world.code(world.ws2.WSASend(client, parts, 2, sent, 0, null, null))).toBe(0);
      expect(sent.value).toBe(large.length + 7);
    },
  );

  on.it('leaves no error in SO_ERROR when a blocking connect told it', (world) => {
    const s = world.streamSocket();
    expect(world.connect(s, world.closedName())).toBe(WSAECONNREFUSED);
    expect(socketError(world, s)).toBe(0);
    const failed = { fd_count: 1, fd_array: [s] };
    expect(world.ws2.select(0, null, null, failed, { tv_sec: 0, tv_usec: 0 })).toBe(1);
  });

  on.it('passes its mode on to the sockets that it accepts', (world) => {
    const { s: listener, name } = world.listener();
    world.nonBlocking(listener);
    expect(world.connect(world.streamSocket(), name)).toBe(0);
    world.until(
      () => world.ws2.select(0, { fd_count: 1, fd_array: [listener] }, null, null, { tv_sec: 0, tv_usec: 0 }) === 1,
    );
    const server = world.accept(listener);
    expect(world.receive(server)).toBe(-WSAEWOULDBLOCK);
  });

  on.it('may be made blocking again', (world) => {
    const { client, server } = world.connectedPair();
    world.nonBlocking(server);
    expect(world.receive(server)).toBe(-WSAEWOULDBLOCK);
    expect(world.nonBlocking(server, 0)).toBe(0);
    world.send(client, 'abc');
    expect(world.receive(server)).toBe('abc');
  });

  on.it('counts with FIONREAD what can be received', (world) => {
    const { client, server } = world.connectedPair();
    const count = ref(99);
    expect(world.code(world.ws2.ioctlsocket(server, FIONREAD, count))).toBe(0);
    expect(count.value).toBe(0);
    world.send(client, 'abcdef');
    world.settle();
    world.ws2.ioctlsocket(server, FIONREAD, count);
    expect(count.value).toBe(6);
    world.receive(server, 4);
    world.ws2.ioctlsocket(server, FIONREAD, count);
    expect(count.value).toBe(2);
  });
});

/** What programs rely on: WSAAccept. */
export const wsaAccept = topic('WSAAccept', [], (on) => {
  const called = (world: ProviderWorld) => {
    const { s: listener, name } = world.listener();
    const client = world.streamSocket();
    expect(world.connect(client, name)).toBe(0);
    return { listener, client };
  };

  on.needs('internet addresses').it('tells the condition function who calls whom, and hands its data on', (world) => {
    const { listener, client } = called(world);
    const data = { any: 'value' };
    const seen: unknown[] = [];
    const server = world.track(
      world.ws2.WSAAccept(
        listener,
        null,
        null,
        (caller, callerData, sqos, gqos, callee, _calleeData, group, callbackData) => {
          seen.push(parseSockaddr(caller!.buf).port, callerData, sqos, gqos, parseSockaddr(callee!.buf).port);
          seen.push(group.value, callbackData);
          return CF_ACCEPT;
        },
        data as never,
      ),
    );
    expect(seen).toEqual([world.portOf(client), null, null, null, world.portOf(listener), 0, data]);
    world.send(server, 'in');
    expect(world.receiveAll(client, 2)).toBe('in');
  });

  on.needs('resets').it('rejects when the condition function says so, or throws', (world) => {
    const { listener, client } = called(world);
    expect(world.ws2.WSAAccept(listener, null, null, () => CF_REJECT, 0)).toBe(INVALID_SOCKET);
    expect(world.ws2.WSAGetLastError()).toBe(WSAECONNREFUSED);
    expect(world.receive(client)).toBe(-WSAECONNRESET);
    expect(world.connect(world.streamSocket(), world.nameOf(listener))).toBe(0);
    const boom = (): never => {
      throw new Error('boom');
    };
    expect(world.ws2.WSAAccept(listener, null, null, boom, 0)).toBe(INVALID_SOCKET);
    expect(world.ws2.WSAGetLastError()).toBe(WSAECONNREFUSED);
    expect(world.takeDefects()).toEqual(['the condition function of WSAAccept threw; the connection is rejected']);
  });

  on.needs('internet addresses').it(
    'keeps a deferred connection first in the queue, and does not report it again',
    (world) => {
      const { listener, client } = called(world);
      const event = world.event();
      world.eventSelect(listener, event, FD_ACCEPT);
      expect(world.networkEvents(listener)).toEqual({ ACCEPT: 0 });
      expect(world.ws2.WSAAccept(listener, null, null, () => CF_DEFER, 0)).toBe(INVALID_SOCKET);
      expect(world.ws2.WSAGetLastError()).toBe(WSATRY_AGAIN);
      expect(world.networkEvents(listener)).toEqual({});
      expect(world.ws2.select(0, { fd_count: 1, fd_array: [listener] }, null, null, { tv_sec: 0, tv_usec: 0 })).toBe(1);
      world.connect(world.streamSocket(), world.nameOf(listener));
      const first = world.accept(listener);
      const peer = new Uint8Array(16);
      world.ws2.getpeername(first, peer, ref(16));
      expect(parseSockaddr(peer).port).toBe(world.portOf(client));
    },
  );

  on.it('is for listeners alone', (world) => {
    const s = world.streamSocket();
    expect(world.ws2.WSAAccept(s, null, null, () => CF_ACCEPT, 0)).toBe(INVALID_SOCKET);
    expect(world.ws2.WSAGetLastError()).toBe(WSAEINVAL);
  });
});

import {
  parseSockaddr,
  INVALID_SOCKET,
  MSG_PEEK,
  MSG_WAITALL,
  ref,
  SO_RCVTIMEO,
  SO_SNDTIMEO,
  SOL_SOCKET,
  WSAECONNREFUSED,
  WSAEFAULT,
  WSAEINVAL,
  WSAEISCONN,
  WSAENOTCONN,
  WSAETIMEDOUT,
  WSA_WAIT_IO_COMPLETION,
  WSAOVERLAPPED,
} from '../../../index.js';
import { expect } from '../expectation.js';
import { buffer, noise } from '../names-and-buffers.js';
import type { ProviderWorld } from '../provider-world.js';
import { topic } from '../suite.js';

function setTimeout(world: ProviderWorld, s: number, option: number, milliseconds: number): void {
  const value = new Uint8Array(4);
  new DataView(value.buffer).setUint32(0, milliseconds, true);
  expect(world.code(world.ws2.setsockopt(s, SOL_SOCKET, option, value, 4))).toBe(0);
}

/** What programs rely on: a blocking socket. */
export const aBlockingSocket = topic('a blocking socket', [], (on) => {
  on.onEveryFamily('connects, accepts, sends and receives in one thread', (world, family) => {
    const { client, server } = world.connectedPair(family);
    expect(world.send(client, 'hello')).toBe(5);
    expect(world.receiveAll(server, 5)).toBe('hello');
    expect(world.send(server, 'and back')).toBe(8);
    expect(world.receiveAll(client, 8)).toBe('and back');
  });

  on.it('knows both names of a connection, at either end', (world) => {
    const { client, server, name } = world.connectedPair();
    const peerOf = (s: number): unknown => {
      const peer = new Uint8Array(128);
      const length = ref(128);
      expect(world.code(world.ws2.getpeername(s, peer, length)), 'getpeername').toBe(0);
      return parseSockaddr(peer.subarray(0, length.value));
    };
    expect(peerOf(client), 'getpeername of the one who connected').toEqual(parseSockaddr(name));
    expect(peerOf(server), 'getpeername of the one who accepted').toEqual(parseSockaddr(world.nameOf(client)));
    expect(parseSockaddr(world.nameOf(server)), 'getsockname of the one who accepted').toEqual(parseSockaddr(name));
  });

  on.it('is told by accept who called', (world) => {
    const { s: listener, name } = world.listener();
    const client = world.streamSocket();
    expect(world.connect(client, name)).toBe(0);
    const peer = new Uint8Array(128);
    const length = ref(128);
    world.track(world.ws2.accept(listener, peer, length));
    expect(peer.slice(0, length.value)).toEqual(world.nameOf(client));
  });

  on.it('leaves the connection where it is when accept has too little room for the name', (world) => {
    const { s: listener, name } = world.listener();
    expect(world.connect(world.streamSocket(), name)).toBe(0);
    expect(world.ws2.accept(listener, new Uint8Array(1), ref(1))).toBe(INVALID_SOCKET);
    expect(world.ws2.WSAGetLastError()).toBe(WSAEFAULT);
    world.accept(listener);
  });

  on.it('accepts in the order in which connections came', (world) => {
    const { s: listener, name } = world.listener();
    const clients = [1, 2, 3].map(() => {
      const s = world.streamSocket();
      expect(world.connect(s, name)).toBe(0);
      return s;
    });
    for (const client of clients) {
      const server = world.accept(listener);
      world.send(client, String(client));
      expect(world.receive(server)).toBe(String(client));
    }
  });

  on.it('is refused where nobody listens', (world) => {
    const s = world.streamSocket();
    expect(world.connect(s, world.closedName())).toBe(WSAECONNREFUSED);
    expect(world.send(s, 'x')).toBe(-WSAENOTCONN);
  });

  on.needs('connecting again').it('that was refused may try again elsewhere', (world) => {
    const s = world.streamSocket();
    expect(world.connect(s, world.closedName())).toBe(WSAECONNREFUSED);
    const { s: listener, name } = world.listener();
    expect(world.connect(s, name)).toBe(0);
    const server = world.accept(listener);
    world.send(s, 'again');
    expect(world.receiveAll(server, 5)).toBe('again');
  });

  on.it('connects once, and never when it listens', (world) => {
    const { client, listener, name } = world.connectedPair();
    expect(world.connect(client, name)).toBe(WSAEISCONN);
    expect(world.connect(listener, name)).toBe(WSAEINVAL);
  });

  on.it('sends everything it is given to a peer that takes it by and by', (world) => {
    const { client, server } = world.connectedPair();
    const size = 3_000_000;
    const bytes = new Uint8Array(size).map((_, index) => index * 7 + (index >> 8));
    const pieces: Uint8Array[] = [];
    let received = 0;
    // Completion routines run while send waits, so that the peer can go on receiving in the same thread.
    const receiveNext = (): void => {
      const buffers = [buffer(50_000)];
      world.ws2.WSARecv(server, buffers, 1, null, ref(0), new WSAOVERLAPPED(), (_error, transferred) => {
        pieces.push(buffers[0]!.buf.subarray(0, transferred));
        received += transferred;
        if (received < size) receiveNext();
      });
    };
    receiveNext();
    expect(world.count(world.ws2.send(client, bytes, size, 0))).toBe(size);
    while (received < size) expect(world.ws2.host.SleepEx(60_000, true)).toBe(WSA_WAIT_IO_COMPLETION);
    expect(Buffer.compare(Buffer.concat(pieces), Buffer.from(bytes))).toBe(0);
  });

  on.it('gives up receiving after SO_RCVTIMEO, and is usable afterwards', (world) => {
    const { client, server } = world.connectedPair();
    setTimeout(world, server, SO_RCVTIMEO, 60);
    const before = world.now();
    expect(world.receive(server)).toBe(-WSAETIMEDOUT);
    const passed = world.now() - before;
    if (world.clock !== null) expect(passed).toBe(60);
    else expect(passed).toBeGreaterThanOrEqual(59);
    const bytes = ref(0xdeadbeef);
    const buffers = [{ len: 4, buf: new Uint8Array(4) }];
    expect(world.code(world.ws2.WSARecv(server, buffers, 1, bytes, ref(0), null, null))).toBe(WSAETIMEDOUT);
    expect(bytes.value).toBe(0xdeadbeef);
    world.send(client, 'late');
    expect(world.receive(server)).toBe('late');
  });

  on.it('gives up sending after SO_SNDTIMEO, with what had gone by then', (world) => {
    const { client } = world.connectedPair();
    setTimeout(world, client, SO_SNDTIMEO, 60);
    const before = world.now();
    const size = 20_000_000;
    const sent = world.count(world.ws2.send(client, noise(size), size, 0));
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(size);
    expect(world.now() - before).toBeGreaterThanOrEqual(59);
    // The kernel may still find some room; in the end there is none.
    const more = (): number => world.send(client, 'x'.repeat(100_000));
    let result = more();
    for (let tries = 0; result > 0 && tries < 50; tries++) result = more();
    expect(result).toBe(-WSAETIMEDOUT);
  });

  on.it('looks without taking with MSG_PEEK', (world) => {
    const { client, server } = world.connectedPair();
    world.send(client, 'abcdef');
    expect(world.receive(server, 3, MSG_PEEK)).toBe('abc');
    expect(world.receive(server, 4, MSG_PEEK)).toBe('abcd');
    expect(world.receiveAll(server, 6)).toBe('abcdef');
  });

  on.it('fills the whole buffer with MSG_WAITALL, or what came before the end', (world) => {
    const { client, server } = world.connectedPair();
    world.send(client, 'abc');
    world.send(client, 'def');
    expect(world.receive(server, 6, MSG_WAITALL)).toBe('abcdef');
    world.send(client, 'gh');
    world.ws2.shutdown(client, 1);
    expect(world.receive(server, 6, MSG_WAITALL)).toBe('gh');
    expect(world.receive(server, 6, MSG_WAITALL)).toBe('');
  });

  on.it('receives nothing at once into no room', (world) => {
    const { client, server } = world.connectedPair();
    world.send(client, 'x');
    expect(world.count(world.ws2.recv(server, null, 0, 0))).toBe(0);
    expect(world.receive(server)).toBe('x');
    expect(world.count(world.ws2.send(server, null, 0, 0))).toBe(0);
  });

  // 5.1
  on.it('ignores addresses in recvfrom and sendto on a connection', (world) => {
    const { client, server } = world.connectedPair();
    const garbage = new Uint8Array(16).fill(0xfe);
    expect(world.count(world.ws2.sendto(client, Buffer.from('ab'), 2, 0, garbage, 16))).toBe(2);
    const from = new Uint8Array(16).fill(7);
    const length = ref(0xc0ffee11);
    const room = new Uint8Array(2);
    expect(world.count(world.ws2.recvfrom(server, room, 2, 0, from, length))).toBe(2);
    expect([...from]).toEqual(new Array(16).fill(7));
    expect(length.value).toBe(0xc0ffee11);
  });
});

// What a provider has at the end: nothing. Sockets that nobody has any more, timers, handles.
import {
  INVALID_SOCKET,
  ref,
  SO_LINGER,
  SOL_SOCKET,
  WSA_IO_PENDING,
  WSAEFAULT,
  WSAOVERLAPPED,
} from '../../../index.js';
import { expect } from '../expectation.js';
import { buffer } from '../names-and-buffers.js';
import { topic } from '../suite.js';

const ROUNDS = 20;
/** Milliseconds after the last close in which timers may still be set: a close may wait for its peer. */
const LONG_AFTER = 3_600_000;

/** What programs rely on: that nothing is left of what they have closed. */
export const leftovers = topic('what was closed', [], (on) => {
  on.it('leaves nothing: neither of connections that went well, nor of calls that failed', (world) => {
    const { ws2 } = world;
    const closed = world.closedName();
    for (let round = 0; round < ROUNDS; round++) {
      const { client, server, listener, name } = world.connectedPair();
      world.send(client, 'some data');
      const pending = new WSAOVERLAPPED();
      expect(world.code(ws2.WSARecv(client, [buffer(9)], 1, null, ref(0), pending, null))).toBe(WSA_IO_PENDING);
      const refused = world.streamSocket();
      expect(world.connect(refused, closed)).not.toBe(0);
      const waiting = world.streamSocket();
      expect(world.connect(waiting, name)).toBe(0);
      expect(ws2.accept(listener, new Uint8Array(1), ref(1)), 'accept with room for one byte').toBe(INVALID_SOCKET);
      expect(ws2.WSAGetLastError()).toBe(WSAEFAULT);
      if (round % 3 === 0) ws2.setsockopt(client, SOL_SOCKET, SO_LINGER, Uint8Array.of(1, 0, 0, 0), 4);
      for (const s of [client, server, refused, waiting, listener]) expect(world.code(ws2.closesocket(s))).toBe(0);
      world.settle();
    }
  });

  on.needs('virtual time').it('has no timer set for ever', (world) => {
    const { client, server, listener } = world.connectedPair();
    world.send(client, 'data');
    expect(world.receiveAll(server, 4)).toBe('data');
    for (const s of [client, server, listener]) expect(world.code(world.ws2.closesocket(s))).toBe(0);
    world.settle();
    world.clock!.advance(LONG_AFTER);
    const next = world.clock!.nextTimer();
    expect(next, 'when the next timer rings, an hour after the last socket was closed').toBe(Infinity);
  });

  on.it('fails by its handle, in every call that takes one', (world) => {
    const { client, server } = world.connectedPair();
    expect(world.code(world.ws2.closesocket(client))).toBe(0);
    expect(world.send(client, 'x')).toBe(-10038);
    expect(world.receive(client)).toBe(-10038);
    expect(world.code(world.ws2.closesocket(client))).toBe(10038);
    expect(world.receive(server)).toBe('');
  });
});

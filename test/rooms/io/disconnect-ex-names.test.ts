// The local name of a socket that DisconnectEx makes usable again.
import { expect } from 'vitest';
import { parseSockaddr, ref, TF_REUSE_SOCKET, WSAEADDRINUSE, WSAOVERLAPPED } from 'ws2spi';
import { describeOnEveryProvider } from '../../support/providers.js';

describeOnEveryProvider('A socket that DisconnectEx makes usable again', ({ it }) => {
  for (const [bound, address] of [
    ['by its program', '127.0.0.1'],
    ['by the connect', null],
  ] as const) {
    for (const first of ['it', 'its peer'] as const) {
      it(`is bound to the name that it had ${bound}, where ${first} ends first, and connects from there`, (world) => {
        const { ws2 } = world;
        const { s: listener, name } = world.listener();
        const reused = (): { s: number; before: unknown } => {
          for (;;) {
            const s = world.streamSocket();
            if (address !== null) expect(world.code(ws2.bind(s, world.freeName(), 16))).toBe(0);
            expect(world.connect(s, name)).toBe(0);
            const server = world.accept(listener);
            const own = world.nameOf(s);
            if (first === 'its peer') ws2.closesocket(server);
            const operation = new WSAOVERLAPPED();
            operation.hEvent = world.event();
            ws2.DisconnectEx(s, operation, TF_REUSE_SOCKET, 0);
            if (first === 'it') {
              expect(world.receive(server)).toBe('');
              ws2.closesocket(server);
            }
            expect(world.signalled(operation.hEvent, 60_000)).toBe(true);
            ws2.WSACloseEvent(operation.hEvent);
            // Linux gives connects a port that other connections of the machine have too, and then no bind gets it.
            const isShared = address === null && ws2.getsockname(s, new Uint8Array(28), ref(28)) !== 0;
            if (!isShared) return { s, before: parseSockaddr(own) };
            expect(world.code(ws2.bind(world.streamSocket(), own, own.length))).toBe(WSAEADDRINUSE);
          }
        };
        const { s, before } = reused();
        expect(parseSockaddr(world.nameOf(s))).toEqual(before);
        // The way between the same two ends is remembered; another one is free.
        const other = world.listener();
        expect(world.connect(s, other.name)).toBe(0);
        world.accept(other.s);
        expect(parseSockaddr(world.nameOf(s))).toEqual(before);
      });
    }
  }
});

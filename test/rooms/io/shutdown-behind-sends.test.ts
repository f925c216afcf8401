// An end that is asked for while sends wait comes behind them.
import { expect } from 'vitest';
import { ref, SD_BOTH, SD_SEND, WSA_IO_PENDING, WSAESHUTDOWN, WSAOVERLAPPED } from 'ws2spi';
import { describeOnEveryChain } from '../../support/providers.js';
import { noise } from 'ws2spi/testkit';

/** More than sockets take at once. */
const LENGTH = 16_000_000;

describeOnEveryChain('An end of sending', (on) => {
  for (const [name, how] of [
    ['SD_SEND', SD_SEND],
    ['SD_BOTH', SD_BOTH],
  ] as const) {
    on.it(`(${name}) comes behind sends that wait, and later ones are refused`, (world) => {
      const { ws2 } = world;
      const { client, server } = world.connectedPair();
      const bytes = noise(LENGTH);
      const overlapped = new WSAOVERLAPPED();
      const sent = ws2.WSASend(client, [{ len: LENGTH, buf: bytes }], 1, null, 0, overlapped, null);
      expect([0, WSA_IO_PENDING]).toContain(world.code(sent));
      expect(world.code(ws2.shutdown(client, how))).toBe(0);
      expect(world.send(client, 'late')).toBe(-WSAESHUTDOWN);
      const room = Buffer.alloc(1_000_000);
      let received = 0;
      for (;;) {
        const length = world.count(ws2.recv(server, room, room.length, 0));
        if (length <= 0) {
          expect(length).toBe(0);
          break;
        }
        expect(room.compare(bytes, received, received + length, 0, length)).toBe(0);
        received += length;
      }
      expect(received).toBe(LENGTH);
      const count = ref(0);
      expect(ws2.WSAGetOverlappedResult(client, overlapped, count, true, ref(0))).toBe(true);
      expect(count.value).toBe(LENGTH);
    });
  }
});

import { expect } from '../expectation.js';
import { topic } from '../suite.js';

/** What programs rely on: Socket handles. */
export const socketHandles = topic('Socket handles', [], (on) => {
  on.it(
    'are multiples of 4, and are used again in time: opening and closing for ever does not use them up',
    (world) => {
      const { ws2 } = world;
      let highest = 0;
      for (let i = 0; i < 4000; i++) {
        const s = world.streamSocket();
        expect(s % 4).toBe(0);
        highest = Math.max(highest, s);
        expect(ws2.closesocket(s)).toBe(0);
      }
      expect(highest).toBeLessThan(4000 * 4);
    },
  );

  on.it("are not used again at once: a handle that was closed is nobody else's for a while", (world) => {
    const closed = world.streamSocket();
    world.ws2.closesocket(closed);
    for (let i = 0; i < 100; i++) {
      const s = world.streamSocket();
      expect(s).not.toBe(closed);
      world.ws2.closesocket(s);
    }
  });
});

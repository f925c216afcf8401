// Lets a program connect so many times a second, and no oftener: a loop that has gone wild floods nobody.
import { WSAENOBUFS } from 'ws2spi';
import { defineLayer, identity } from 'ws2spi/chain';

/** @param {number} most how many connects there may be in any second, 1 or more */
export const connectRate = (most) => {
  const times = [];
  return defineLayer({
    name: 'connect-rate',
    codec: identity, // a codec's connections know the instance's clock
    connect(request) {
      const now = request.connection.now();
      while (times.length > 0 && times[0] <= now - 1000) times.shift();
      if (times.length >= most) return request.refuse(WSAENOBUFS, `more than ${most} connects a second`);
      times.push(now);
    },
  });
};

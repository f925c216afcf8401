// Lets everything that is sent go some time later, in its order: a slow line, by the instance's own clock.
import { defineLayer } from 'ws2spi/chain';

/** @param {number} milliseconds above 0 */
export const delay = (milliseconds) =>
  defineLayer({
    name: 'delay',
    codec() {
      const held = [];
      const next = (output) => output.setTimer(held.length === 0 ? null : held[0].due - output.now());
      return {
        send(bytes, output) {
          held.push({ due: output.now() + milliseconds, bytes: bytes.slice() });
          if (held.length === 1) next(output);
        },
        // The end of the stream waits while a timer is set.
        timer(output) {
          while (held.length > 0 && held[0].due <= output.now()) output.encoded(held.shift().bytes);
          next(output);
        },
        receive: (bytes, output) => output.decoded(bytes),
      };
    },
  });

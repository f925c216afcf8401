// Has clients say a word before anything else; a server with the layer resets whoever says another one.
import { timingSafeEqual } from 'node:crypto';
import { WSAECONNABORTED } from 'ws2spi';
import { defineLayer } from 'ws2spi/chain';

const pass = { send: (bytes, output) => output.encoded(bytes), receive: (bytes, output) => output.decoded(bytes) };

/** @param {string} token the same on both sides */
export const tokenGreeting = (token) => {
  const word = Buffer.from(token);
  return defineLayer({
    name: 'token-greeting',
    codec(connection) {
      if (connection.role === 'client') return { ...pass, open: (_role, output) => output.encoded(Buffer.from(word)) };
      let heard = Buffer.alloc(0);
      const receive = (bytes, output) => {
        if (heard === null) return output.decoded(bytes);
        heard = Buffer.concat([heard, bytes]);
        if (heard.length < word.length) return;
        if (!timingSafeEqual(heard.subarray(0, word.length), word)) return output.failed(WSAECONNABORTED);
        output.ready();
        if (heard.length > word.length) output.decoded(heard.subarray(word.length));
        heard = null;
      };
      return { ...pass, handshake: true, receive }; // nobody accepts the connection before it is ready
    },
  });
};

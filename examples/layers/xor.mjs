// Hides bytes from who looks at the wire for words, by a key that goes on from piece to piece. It is no encryption.
import { defineLayer } from 'ws2spi/chain';

/** @param {Uint8Array} key at least one byte, the same on both sides */
export const xor = (key) => {
  const scrambler = () => {
    let position = 0;
    return (bytes) => bytes.map((byte) => byte ^ key[position++ % key.length]);
  };
  return defineLayer({
    name: 'xor',
    codec() {
      const [out, back] = [scrambler(), scrambler()];
      return {
        send: (bytes, output) => output.encoded(out(bytes)),
        receive: (bytes, output) => output.decoded(back(bytes)),
      };
    },
  });
};

// Puts a length of two bytes before what is sent, and takes it off again; a stream that ends within a frame is broken.
import { WSAECONNABORTED } from 'ws2spi';
import { defineLayer } from 'ws2spi/chain';

export const frames = defineLayer({
  name: 'frames',
  codec() {
    let rest = Buffer.alloc(0);
    return {
      send(bytes, output) {
        for (let at = 0; at < bytes.length; at += 0xffff) {
          const body = bytes.subarray(at, at + 0xffff);
          output.encoded(Uint8Array.of(body.length >> 8, body.length & 0xff));
          output.encoded(body);
        }
      },
      receive(bytes, output) {
        rest = Buffer.concat([rest, bytes]);
        while (rest.length > 1 && rest.length >= 2 + rest.readUInt16BE()) {
          const end = 2 + rest.readUInt16BE();
          output.decoded(rest.subarray(2, end));
          rest = rest.subarray(end);
        }
      },
      end: (output) => (rest.length === 0 ? output.finished() : output.failed(WSAECONNABORTED)),
    };
  },
});

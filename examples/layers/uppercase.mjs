// Makes capitals of the letters that come in, and leaves alone what goes out.
import { defineLayer } from 'ws2spi/chain';

const isSmall = (byte) => byte >= 0x61 && byte <= 0x7a;

export const uppercase = defineLayer({
  name: 'uppercase',
  codec: () => ({
    send: (bytes, output) => output.encoded(bytes),
    receive: (bytes, output) => output.decoded(bytes.map((byte) => (isSmall(byte) ? byte - 0x20 : byte))),
  }),
});

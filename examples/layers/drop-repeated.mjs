// Numbers datagrams, and drops those that come again: a network may deliver one twice.
import { defineLayer } from 'ws2spi/chain';

const REMEMBERED = 1000;

export const dropRepeated = defineLayer({
  name: 'drop-repeated',
  datagrams(connection) {
    let next = Math.floor(connection.random() * 2 ** 32);
    const seen = new Set();
    return {
      send(bytes, to, output) {
        const number = Buffer.alloc(4);
        number.writeUInt32BE(next++ >>> 0);
        output.encoded(Buffer.concat([number, bytes]), to);
      },
      receive(bytes, from, output) {
        const key = `${from.address} ${from.port} ${Buffer.from(bytes.subarray(0, 4)).toString('hex')}`;
        if (bytes.length < 4 || seen.has(key)) return;
        seen.add(key);
        if (seen.size > REMEMBERED) seen.delete(seen.values().next().value);
        output.decoded(bytes.subarray(4), from);
      },
    };
  },
});

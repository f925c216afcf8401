// Datagrams per second.
import { node } from '../harness/commands.mjs';
import { measureServers } from '../harness/rounds.mjs';
import { ratioRow } from '../harness/rows.mjs';

const SIZES = [64, 1400];
/** Datagrams outstanding in an echo: the system's default room for a socket holds more of either size. */
const WINDOW = 32;
/** Datagrams that the flood sends per call. */
const BURST = 32;
const LEAST = 1.5;

async function datagrams(context) {
  const rows = [];
  for (const [mode, load, title] of [
    ['echo', 'echo', `echo, ${WINDOW} outstanding`],
    ['count', 'flood', 'received'],
  ]) {
    for (const size of SIZES) {
      context.progress(`${title}, ${size} bytes`);
      const results = await measureServers(context, {
        servers: { dgram: node('dgram', mode), ws2spi: node('ws2spi-datagrams', mode) },
        client: 'datagrams',
        load: [load, mode === 'echo' ? WINDOW : BURST, size],
      });
      rows.push(ratioRow(`datagrams of ${size} bytes, ${title}`, results, 'ws2spi', 'dgram', LEAST, 'datagrams/s'));
    }
  }
  return rows;
}

/** The cases of this file, as `cases.mjs` has them. */
export const DATAGRAM_CASES = {
  udp: { title: 'UDP datagrams, echoed and received, 64 and 1400 bytes, against node:dgram', measure: datagrams },
};

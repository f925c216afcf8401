// The gateway without layers beside a relay of node:net: what goes through, and how many messages.
import { node } from '../harness/commands.mjs';
import { measureServers } from '../harness/rounds.mjs';
import { informationRow } from '../harness/rows.mjs';

const MESSAGE = 64;
const MANY = 50;
const BLOCK = 65536;

const LOADS = [
  {
    mode: 'echo',
    load: ['ping', MANY, MESSAGE],
    title: `echo, ${MESSAGE} bytes, ${MANY} connections`,
    unit: 'messages/s',
  },
  { mode: 'sink', load: ['sink', 1, BLOCK], title: 'bulk, 64 KiB blocks, to the server', unit: 'GB/s' },
  { mode: 'source', load: ['source', 1, BLOCK], title: 'bulk, 64 KiB blocks, from the server', unit: 'GB/s' },
];

async function gateway(context) {
  const rows = [];
  for (const { mode, load, title, unit } of LOADS) {
    context.progress(title);
    const servers = { relay: node('relay', 'net', mode), gateway: node('relay', 'gateway', mode) };
    const results = await measureServers(context, { servers, load });
    rows.push(informationRow(`gateway, ${title}`, results, 'gateway', 'relay', unit));
  }
  return rows;
}

/** The case of this file, as `cases.mjs` has it. */
export const GATEWAY_CASES = {
  gateway: {
    title: 'the gateway, without layers, beside a relay of node:net',
    rounds: 5,
    seconds: 0.5,
    measure: gateway,
  },
};

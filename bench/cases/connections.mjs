// Very many connections: how fast they are made, how fast all of them are served, and what one costs while it is idle.
import { readFileSync } from 'node:fs';
import { nodeTellingMemory } from '../harness/commands.mjs';
import { measureHeldConnections } from '../harness/held-connections.mjs';
import { limitRow, ratioRow } from '../harness/rows.mjs';
import { Skipped } from '../harness/skipped.mjs';

const MESSAGE = 64;
const TEN_THOUSAND = 10_000;
const IDLE = 5_000;
/** Descriptors that a process has beside its connections. */
const OTHER_DESCRIPTORS = 100;
const SERVERS = { net: nodeTellingMemory('net', 'echo'), ws2spi: nodeTellingMemory('ws2spi', 'echo') };
/** With window messages, which need no event object per connection. */
const BY_MESSAGES = 'ws2spi by messages';

/** As many descriptors as a process may have here, as Linux tells; Node.js and the client raise their own limit to it. */
function mostDescriptors() {
  try {
    const [, , most] = /^Max open files\s+(\S+)\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    return most === 'unlimited' ? Infinity : Number(most);
  } catch {
    return Infinity;
  }
}

function needDescriptors(connections) {
  const most = mostDescriptors();
  const needed = connections + OTHER_DESCRIPTORS;
  if (most < needed) throw new Skipped(`${needed} descriptors are needed, ${most} are allowed (ulimit -n)`);
}

async function tenThousand(context) {
  needDescriptors(TEN_THOUSAND);
  const results = await measureHeldConnections(context, {
    servers: SERVERS,
    connections: TEN_THOUSAND,
    size: MESSAGE,
    served: true,
  });
  const name = `${TEN_THOUSAND.toLocaleString('en')} connections`;
  return [
    ratioRow(`${name}, opened until the first echo`, results.opened, 'ws2spi', 'net', 1, 'connections/s'),
    ratioRow(`${name}, echo, ${MESSAGE} bytes`, results.served, 'ws2spi', 'net', 1.5, 'messages/s'),
    limitRow(`${name}, memory after that (RSS)`, results.rss, 'ws2spi', 'net', 1, 'bytes/connection'),
    limitRow(`${name}, heap after that`, results.heap, 'ws2spi', 'net', 1, 'bytes/connection'),
  ];
}

async function idle(context) {
  needDescriptors(IDLE);
  const servers = { ...SERVERS, [BY_MESSAGES]: nodeTellingMemory('ws2spi-messages', 'echo') };
  const results = await measureHeldConnections(context, { servers, connections: IDLE, size: MESSAGE });
  return [
    ['ws2spi', 'an event object each'],
    [BY_MESSAGES, 'window messages'],
  ].flatMap(([own, how]) => {
    const name = `memory per idle connection, ${IDLE.toLocaleString('en')} with ${how}`;
    return [
      limitRow(`${name} (RSS)`, results.rss, own, 'net', 1, 'bytes'),
      limitRow(`${name} (heap after collection)`, results.heap, own, 'net', 1, 'bytes'),
    ];
  });
}

/** The cases of this file, as `cases.mjs` has them. */
export const CONNECTION_CASES = {
  'connections-10k': { title: '10,000 connections opened, held and served', measure: tenThousand },
  'idle-memory': { title: 'memory per idle connection at 5,000 connections', measure: idle },
};

// Rounds of servers that hold very many connections.
import { Companion, Server } from './processes.mjs';
import { summarize } from './statistics.mjs';

const OPENING_TIMEOUT = 60_000;
const SERVING_GRACE = 30_000;
const LEAST_WARM_UP = 0.5;
const WARMING = 100;

/** Has a server serve a few connections to their end: what it compiles and keeps because of the first ones is not theirs. */
async function warm(server, { pinning }, client, size) {
  const load = [client, server.port, WARMING, size, 0, 0.1].map(String);
  const holder = await Companion.start(pinning.wrap(1, load), OPENING_TIMEOUT);
  await holder.ask('run');
  await holder.stop();
}

/**
 * Has each server hold connections, round after round, each time in a fresh process, and takes its memory before and with them.
 *
 * @param {object} context what `run.mjs` gives a case
 * @param {object} plan
 * @param {Record<string, string[]>} plan.servers commands by name; the servers answer "memory"
 * @param {number} plan.connections
 * @param {number} plan.size bytes of a message
 * @param {boolean} [plan.served] whether they are all served for a while before the memory is taken
 * @returns results of `opened` and `served` (rates), `rss` and `heap` (bytes per connection), each by server
 */
export async function measureHeldConnections(context, { servers, connections, size, served = false }) {
  const { rounds, seconds, pinning, compiler, progress } = context;
  const warmUp = Math.max(seconds * 0.3, LEAST_WARM_UP);
  const client = compiler.program('many');
  const figures = { opened: {}, served: {}, rss: {}, heap: {} };
  for (let round = 1; round <= rounds; round++) {
    const latest = [];
    for (const [name, command] of Object.entries(servers)) {
      const server = await Server.start(pinning.wrap(0, command));
      try {
        await warm(server, context, client, size);
        const before = await server.ask('memory');
        const load = [client, server.port, connections, size, warmUp, seconds].map(String);
        const holder = await Companion.start(pinning.wrap(1, load), OPENING_TIMEOUT);
        try {
          const figure = { opened: holder.first.rate };
          if (served) figure.served = (await holder.ask('run', (warmUp + seconds) * 1000 + SERVING_GRACE)).rate;
          const after = await server.ask('memory');
          figure.rss = (after.rss - before.rss) / connections;
          figure.heap = (after.heapUsed + after.external - before.heapUsed - before.external) / connections;
          for (const [what, value] of Object.entries(figure)) (figures[what][name] ??= []).push(value);
          latest.push(
            `${name} ${Object.entries(figure)
              .map(([what, value]) => `${what} ${Math.round(value)}`)
              .join(' ')}`,
          );
        } finally {
          await holder.stop();
        }
      } catch (error) {
        if (server.complaints !== '') error.message += `\nThe server "${name}" said: ${server.complaints}`;
        throw error;
      } finally {
        await server.stop();
      }
    }
    progress(`round ${round} of ${rounds}: ${latest.join('; ')}`);
  }
  return Object.fromEntries(
    Object.entries(figures).map(([what, byServer]) => [
      what,
      Object.fromEntries(
        Object.entries(byServer).map(([name, values]) => [name, { ...summarize(values), rates: values }]),
      ),
    ]),
  );
}

// Rounds of servers, interleaved: A B C, A B C, …
import { runForJson, Server } from './processes.mjs';
import { summarize } from './statistics.mjs';

/** Part of the measured time that a client warms up for, and the least of it in seconds: V8 has to optimise the server. */
const WARM_UP_SHARE = 0.3;
const LEAST_WARM_UP = 0.5;
/** Milliseconds that a client may take beyond its measurement. */
const CLIENT_GRACE = 15_000;

/**
 * Measures several servers with one client, round after round; every measurement has a fresh server, so that what differs from
 * process to process (memory layout, optimisation) shows in the spread and not in one server's favour.
 *
 * @param {object} context what `run.mjs` gives a case
 * @param {object} plan
 * @param {Record<string, string[]>} plan.servers commands by name
 * @param {[mode: string, connections: number, size: number]} plan.load what the client does
 * @param {string} [plan.client] which load generator: the name of its source
 * @param {boolean} [plan.oneCpu] whether client and server share a CPU
 * @returns {Promise<Record<string, { median: number, min: number, max: number, rounds: number, rates: number[] }>>}
 */
export async function measureServers(context, { servers, load, client: source = 'client', oneCpu = false }) {
  const { rounds, seconds, pinning, compiler, progress } = context;
  const client = compiler.program(source);
  const warmUp = Math.max(seconds * WARM_UP_SHARE, LEAST_WARM_UP);
  const names = Object.keys(servers);
  const rates = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const name of names) {
      const server = await Server.start(pinning.wrap(0, servers[name]));
      try {
        const command = [client, load[0], server.port, load[1], load[2], warmUp, seconds].map(String);
        const pinned = pinning.wrap(oneCpu ? 0 : 1, command);
        const { rate } = await runForJson(pinned, (warmUp + seconds) * 1000 + CLIENT_GRACE);
        rates[name].push(rate);
      } catch (error) {
        if (server.complaints !== '') error.message += `\nThe server "${name}" said: ${server.complaints}`;
        throw error;
      } finally {
        await server.stop();
      }
    }
    const latest = names.map((name) => `${name} ${Math.round(rates[name].at(-1)).toLocaleString('en')}`).join(', ');
    progress(`round ${round} of ${rounds}: ${latest}`);
  }
  return Object.fromEntries(names.map((name) => [name, { ...summarize(rates[name]), rates: rates[name] }]));
}

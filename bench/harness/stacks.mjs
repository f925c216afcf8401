// Rounds of programs that are both ends of their connections, in one process or in two.
import { setTimeout as delay } from 'node:timers/promises';
import { benchPath } from './commands.mjs';
import { Server } from './processes.mjs';
import { summarize } from './statistics.mjs';

/** Seconds from the start to the measurement, at least. */
const WARM_UP = 0.5;
/** How many times the processor time of a warm end a start may last: an end may have little to do, or the machine be busy. */
const MOST_WARM_UP = 2.5;
const POLL = 100;
const END = benchPath('codec-stack/end.mjs');

/**
 * Measures several programs, round after round, each time in fresh processes.
 *
 * @param {object} context what `run.mjs` gives a case
 * @param {object} plan
 * @param {Record<string, string[]>} plan.programs arguments of `codec-stack/end.mjs` by name
 * @param {boolean} plan.separate whether the server is a process of its own
 * @param {boolean} [plan.oneCpu] whether two processes share a CPU
 * @param {number} plan.warm seconds of processor time after which V8 has optimised what an end does
 * @param {'served' | 'done'} plan.counted what makes the rate: bytes that the server received, or what the client did
 * @returns {Promise<{ rates: object, cpuRates: object }>} by name: how much per second, and per second of processor time
 */
export async function measureStacks(context, plan) {
  const { rounds, progress } = context;
  const names = Object.keys(plan.programs);
  const [rates, cpuRates] = [0, 1].map(() => Object.fromEntries(names.map((name) => [name, []])));
  for (let round = 1; round <= rounds; round++) {
    for (const name of names) {
      const { rate, cpuRate } = await measureOnce(context, plan, plan.programs[name]);
      if (!(rate > 0)) throw new Error(`"${name}" did nothing while it was measured`);
      rates[name].push(rate);
      cpuRates[name].push(cpuRate);
    }
    const latest = names.map((name) => `${name} ${Math.round(rates[name].at(-1)).toLocaleString('en')}`).join(', ');
    progress(`round ${round} of ${rounds}: ${latest}`);
  }
  return { rates: summarizeEach(rates), cpuRates: summarizeEach(cpuRates) };
}

function summarizeEach(figures) {
  return Object.fromEntries(Object.entries(figures).map(([name, rates]) => [name, { ...summarize(rates), rates }]));
}

/** Waits until all ends have worked for so many seconds of processor time; their samples then. */
async function warmUp(sample, cpuSeconds) {
  const begin = performance.now();
  await delay(WARM_UP * 1000);
  for (;;) {
    const samples = await sample();
    if (samples.every((end) => end.cpuSeconds >= cpuSeconds)) return samples;
    if (performance.now() - begin >= MOST_WARM_UP * cpuSeconds * 1000) return samples;
    await delay(POLL);
  }
}

async function measureOnce({ seconds, pinning }, { separate, oneCpu = false, warm, counted }, args) {
  const command = [process.execPath, END, ...args];
  const ends = [];
  try {
    if (separate) {
      const server = await Server.start(pinning.wrap(0, [...command, '--end', 'server']));
      ends.push(server);
      const client = [...command, '--end', 'client', '--port', String(server.port)];
      ends.push(await Server.start(pinning.wrap(oneCpu ? 0 : 1, client)));
    } else {
      // Not pinned: V8 collects garbage on threads of its own.
      ends.push(await Server.start(command));
    }
    const sample = () => Promise.all(ends.map((end) => end.ask('sample')));
    const before = await warmUp(sample, warm);
    await delay(seconds * 1000);
    const after = await sample();
    const changes = after.map((last, at) => ({
      amount: last[counted] - before[at][counted],
      seconds: last.seconds - before[at].seconds,
      cpuSeconds: last.cpuSeconds - before[at].cpuSeconds,
    }));
    const { amount, seconds: elapsed } = counted === 'served' ? changes[0] : changes.at(-1);
    return { rate: amount / elapsed, cpuRate: amount / changes.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0) };
  } catch (error) {
    for (const { complaints } of ends)
      if (complaints !== '') error.message += `\n${args.join(' ')} said: ${complaints}`;
    throw error;
  } finally {
    // The client first: it would take the server's end for a failure.
    for (const end of ends.reverse()) await end.stop();
  }
}

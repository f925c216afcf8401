// Rounds of one program with and without `--import ws2spi/register`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { benchPath } from './commands.mjs';
import { Server } from './processes.mjs';
import { summarize } from './statistics.mjs';

/** What `--import` is given. */
export const HOOK = pathToFileURL(join(import.meta.dirname, '../../dist/register/index.js')).href;

const PROGRAM = benchPath('hooked-programs/program.mjs');
/** Seconds of processor time that a program runs before it is measured: V8 has to optimise what it does. */
const WARM_UP = 1;
/** Seconds of the clock that the warm-up may take: the machine may be busy. */
const LONGEST_WARM_UP = 5;
const POLL = 100;
/** Seconds that a load would warm up for; it is ended when the program has been measured. */
const LOAD_SECONDS = 600;

/**
 * Measures a program in several environments, round after round, each time in a fresh process.
 *
 * @param {object} context what `run.mjs` gives a case
 * @param {object} plan
 * @param {string[]} plan.program arguments of `hooked-programs/program.mjs`
 * @param {Record<string, Record<string, string> | null>} plan.environments by name: variables for the hook, `null` for no hook
 * @param {[mode: string, connections: number, size: number]} [plan.load] what `client.c` does to a server
 * @param {string[]} [plan.peer] the server that a client is measured with, never hooked
 * @param {number} [plan.port] the port of a server that is there already
 * @param {number} [plan.connections] how many a client has
 * @param {boolean} [plan.oneCpu] whether the program and its peer share a CPU
 * @returns {Promise<{ rates: object, cpuRates: object }>} by name: how much per second, and per second of processor time
 */
export async function measurePrograms(context, plan) {
  const names = Object.keys(plan.environments);
  const [rates, cpuRates] = [0, 1].map(() => Object.fromEntries(names.map((name) => [name, []])));
  for (let round = 1; round <= context.rounds; round++) {
    for (const name of names) {
      const { rate, cpuRate } = await measureOnce(context, plan, plan.environments[name]);
      if (!(rate > 0)) throw new Error(`"${name}" did nothing while it was measured`);
      rates[name].push(rate);
      cpuRates[name].push(cpuRate);
    }
    const latest = names.map((name) => `${name} ${Math.round(rates[name].at(-1)).toLocaleString('en')}`).join(', ');
    context.progress(`round ${round} of ${context.rounds}: ${latest}`);
  }
  return { rates: summarizeEach(rates), cpuRates: summarizeEach(cpuRates) };
}

function summarizeEach(figures) {
  return Object.fromEntries(Object.entries(figures).map(([name, rates]) => [name, { ...summarize(rates), rates }]));
}

/** The command of the program, with or without the hook. */
function commandOf({ program, port, connections }, environment, peerPort) {
  const variables = Object.entries(environment ?? {}).map(([name, value]) => `${name}=${value}`);
  const hook = environment === null ? [] : ['--import', HOOK];
  const args = [peerPort ?? port, connections].filter((value) => value !== undefined).map(String);
  return ['env', ...variables, process.execPath, ...hook, PROGRAM, ...program, ...args];
}

/** Waits until V8 has optimised what a program does; a sample then. */
async function warmUp(program) {
  const begin = performance.now();
  const { cpuSeconds } = await program.ask('sample');
  for (;;) {
    await delay(POLL);
    const sample = await program.ask('sample');
    if (sample.cpuSeconds - cpuSeconds >= WARM_UP || performance.now() - begin >= LONGEST_WARM_UP * 1000) return sample;
  }
}

async function measureOnce({ seconds, pinning, compiler }, plan, environment) {
  const { load, peer, oneCpu = false } = plan;
  const elsewhere = oneCpu ? 0 : 1;
  let server = null;
  let program = null;
  let client = null;
  try {
    if (peer !== undefined) server = await Server.start(pinning.wrap(elsewhere, peer));
    program = await Server.start(pinning.wrap(0, commandOf(plan, environment, server?.port)));
    if (load !== undefined) {
      const [mode, connections, size] = load;
      const command = [compiler.program('client'), mode, program.port, connections, size, LOAD_SECONDS, 1];
      client = startLoad(pinning.wrap(elsewhere, command.map(String)));
    }
    const before = await warmUp(program);
    await delay(seconds * 1000);
    const after = await program.ask('sample');
    const amount = after.done - before.done;
    return {
      rate: amount / (after.seconds - before.seconds),
      cpuRate: amount / (after.cpuSeconds - before.cpuSeconds),
    };
  } catch (error) {
    if (program !== null && program.complaints !== '') error.message += `\nThe program said: ${program.complaints}`;
    throw error;
  } finally {
    await client?.end();
    await program?.stop();
    await server?.stop();
  }
}

/** Runs the load generator; what it says of a server that ends before it is of no interest. */
function startLoad(command) {
  const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(child, 'exit');
  return {
    async end() {
      child.kill();
      await ended;
    },
  };
}

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
const LONGEST_WARM_UP = 8;
const POLL = 100;
/** Seconds that one process works before the next has its turn. */
const SLICE = 0.1;
/** Milliseconds: an answer waits for the machine. */
const ANSWER_TIMEOUT = 60_000;
/** Seconds that a load would warm up for; it is ended when the program has been measured. */
const LOAD_SECONDS = 600;

/**
 * Measures a program in several environments, round after round. In a round the processes are all there at once, one of them at
 * work while the others are stopped, a slice of time each: what else the machine has to do is the same for all of them then.
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
    const contestants = [];
    try {
      for (const name of names) contestants.push(await Contestant.start(context, plan, name));
      for (const contestant of contestants) await contestant.warmUp();
      const slices = Math.max(1, Math.round(context.seconds / SLICE));
      for (let slice = 0; slice < slices; slice++) {
        for (const contestant of contestants) await contestant.work(SLICE);
      }
      for (const { name, rate, cpuRate } of contestants) {
        if (!(rate > 0)) throw new Error(`"${name}" did nothing while it was measured`);
        rates[name].push(rate);
        cpuRates[name].push(cpuRate);
      }
    } finally {
      for (const contestant of contestants) await contestant.stop();
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

/** The program in one environment, with whatever it talks to. */
class Contestant {
  #peer = null;
  #program = null;
  #load = null;
  #done = 0;
  #seconds = 0;
  #cpuSeconds = 0;

  constructor(name) {
    this.name = name;
  }

  static async start({ pinning, compiler }, plan, name) {
    const contestant = new this(name);
    const { load, peer, oneCpu = false } = plan;
    const elsewhere = oneCpu ? 0 : 1;
    try {
      if (peer !== undefined) contestant.#peer = await Server.start(pinning.wrap(elsewhere, peer));
      const command = commandOf(plan, plan.environments[name], contestant.#peer?.port);
      const program = await Server.start(pinning.wrap(0, command));
      contestant.#program = program;
      if (load !== undefined) {
        const [mode, connections, size] = load;
        const client = [compiler.program('client'), mode, program.port, connections, size, LOAD_SECONDS, 1].map(String);
        contestant.#load = startLoad(pinning.wrap(elsewhere, client));
      } else contestant.#load = program;
      contestant.#load.signal('SIGSTOP');
      return contestant;
    } catch (error) {
      await contestant.stop();
      throw error;
    }
  }

  get rate() {
    return this.#done / this.#seconds;
  }

  get cpuRate() {
    return this.#done / this.#cpuSeconds;
  }

  #sample() {
    return this.#program.ask('sample', ANSWER_TIMEOUT);
  }

  /** Waits until V8 has optimised what the program does. */
  async warmUp() {
    const begin = performance.now();
    this.#load.signal('SIGCONT');
    const { cpuSeconds } = await this.#sample();
    for (;;) {
      await delay(POLL);
      const sample = await this.#sample();
      if (sample.cpuSeconds - cpuSeconds >= WARM_UP || performance.now() - begin >= LONGEST_WARM_UP * 1000) break;
    }
    this.#load.signal('SIGSTOP');
  }

  /** Works for some seconds, which count. */
  async work(seconds) {
    this.#load.signal('SIGCONT');
    const before = await this.#sample();
    await delay(seconds * 1000);
    const after = await this.#sample();
    this.#load.signal('SIGSTOP');
    this.#done += after.done - before.done;
    this.#seconds += after.seconds - before.seconds;
    this.#cpuSeconds += after.cpuSeconds - before.cpuSeconds;
  }

  async stop() {
    this.#load?.signal('SIGCONT');
    if (this.#load !== this.#program) await this.#load?.stop();
    await this.#program?.stop();
    await this.#peer?.stop();
  }
}

/** Runs the load generator; what it says of a server that ends before it is of no interest. */
function startLoad(command) {
  const child = spawn(command[0], command.slice(1), { stdio: 'ignore' });
  const ended = once(child, 'exit');
  return {
    signal: (name) => child.kill(name),
    async stop() {
      child.kill();
      await ended;
    },
  };
}

// What it costs to begin: processor time of whole processes, beside that of a Node.js which does nothing. The package is as
// users install it, its modules joined.
import { copyFileSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { joinModules } from '../../tools/join-modules.mjs';
import { runForJson } from '../harness/processes.mjs';
import { limitRow } from '../harness/rows.mjs';
import { summarize } from '../harness/statistics.mjs';

const ROOT = join(import.meta.dirname, '../..');
/** Processes per program in a round: one is too short for the clocks of processes. */
const PROCESSES = 5;
const TIMEOUT = 60_000;

const SOCKET = `
  ws2.WSAStartup(0x0202, {});
  if (ws2.socket(2, 1, 6) === 0xffffffff) throw new Error('no socket');
  ws2[Symbol.dispose]();`;

/** What each process runs, and the most that it may cost, in times of the first. */
const programsOf = (packageUrl) => ({
  'node -e 0': { program: '', most: null },
  "import 'ws2spi'": { program: `await import('${packageUrl}');`, most: 1.5 },
  'the first native socket': {
    program: `const { createWs2_32 } = await import('${packageUrl}'); const ws2 = createWs2_32({ catalog: 'memory' });${SOCKET}`,
    most: 2,
  },
  'the first socket in memory': {
    program: `const { createWs2_32 } = await import('${packageUrl}'); const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });${SOCKET}`,
    most: null,
  },
});

// The process tells its own processor time, in milliseconds: user and system, from its start to its last moment.
const TELL = `process.once('exit', () => {
  const { user, system } = process.cpuUsage();
  require('node:fs').writeSync(1, JSON.stringify({ milliseconds: (user + system) / 1000 }) + '\\n');
});`;

function command(program) {
  return [process.execPath, '-e', program === '' ? TELL : `${TELL}(async () => {${program}})();`];
}

async function startUp(context) {
  const folder = mkdtempSync(join(tmpdir(), 'ws2spi-start-up-'));
  try {
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
    await joinModules(join(ROOT, 'dist'), join(folder, 'dist'));
    const programs = programsOf(pathToFileURL(join(folder, 'dist/index.js')).href);
    // What V8 makes of the package is kept, as it is after the first programs that a user runs.
    const environment = ['env', `WS2SPI_CODE_CACHE=${join(folder, 'code')}`];
    for (let i = 0; i < PROCESSES; i++)
      for (const { program } of Object.values(programs))
        await runForJson([...environment, ...command(program)], TIMEOUT);
    return await measure(context, programs, environment);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(context, programs, environment) {
  const names = Object.keys(programs);
  const rates = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 1; round <= context.rounds; round++) {
    const times = Object.fromEntries(names.map((name) => [name, []]));
    for (let i = 0; i < PROCESSES; i++) {
      for (const name of names) {
        const run = context.pinning.wrap(0, [...environment, ...command(programs[name].program)]);
        times[name].push((await runForJson(run, TIMEOUT)).milliseconds);
      }
    }
    for (const name of names) rates[name].push(summarize(times[name]).median);
    context.progress(
      `round ${round} of ${context.rounds}: ${names.map((name) => `${name} ${rates[name].at(-1).toFixed(0)} ms`).join(', ')}`,
    );
  }
  const results = Object.fromEntries(names.map((name) => [name, { ...summarize(rates[name]), rates: rates[name] }]));
  const [bare, ...others] = names;
  return others.map((name) => {
    const { most } = programs[name];
    const row = limitRow(`start-up: ${name}, processor time`, results, name, bare, most ?? Infinity, 'ms');
    return most === null ? { ...row, target: '', reached: null } : row;
  });
}

/** The cases of this file, as `cases.mjs` has them. */
export const START_UP_CASES = {
  'start-up': {
    title: 'processor time of a program that imports the package, and of its first socket, against a bare node',
    measure: startUp,
  },
};

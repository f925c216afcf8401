// `npm run oracle`: carries every scenario out under Wine, and writes what it did to test/behaviour/oracle/traces/.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync, openSync, closeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import ts from 'typescript';

const HELP = `npm run oracle -- [options] [group ...]

Compiles the scenarios of test/behaviour/oracle/scenarios/ to a program in C, runs each of them under Wine in a process of its own,
twice, and writes the traces to test/behaviour/oracle/traces/, one file per group. Without groups, all.

  --here            run the scenarios on this project instead, on both base providers, and print where they differ from
                    what is expected; needs neither wine nor a compiler
  --check           compare with the traces that are there, and write none
  --only TEXT       only scenarios whose title contains this; prints their traces, and writes none
  --once            run each scenario once; twice finds those whose traces are not the same every time
  --seconds N       how long a scenario may take (default 20)
  --keep FOLDER     keep the program, its source and Wine's folder there
  --help            this text

Exit status: 0 all is well; 1 a scenario hung, crashed or was not the same twice, or --check found a difference;
2 wrong arguments; 3 wine or the cross compiler is missing.

Needs Debian's packages wine, wine64 and gcc-mingw-w64-x86-64, and the package built (npm run build).`;

const COMPILER = 'x86_64-w64-mingw32-gcc';
const here = fileURLToPath(new URL('.', import.meta.url));
const dist = new URL('../../../dist/index.js', import.meta.url).href;

function fail(status, message) {
  console.error(`oracle: ${message}`);
  process.exit(status);
}

let options;
try {
  options = parseArgs({
    allowPositionals: true,
    options: {
      here: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      only: { type: 'string' },
      once: { type: 'boolean', default: false },
      seconds: { type: 'string', default: '20' },
      keep: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
} catch (error) {
  fail(2, `${error.message}; --help tells what there is`);
}
const { values, positionals } = options;
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const seconds = Number(values.seconds);
if (!(seconds > 0)) fail(2, '--seconds takes a number');

for (const [command, packages] of values.here
  ? []
  : [
      ['wine', 'wine wine64'],
      [COMPILER, 'gcc-mingw-w64-x86-64'],
    ]) {
  const { error } = spawnSync(command, ['--version'], { stdio: 'ignore', env: { ...process.env, WINEDEBUG: '-all' } });
  if (error) fail(3, `${command} is missing. On Debian: apt-get update && apt-get install ${packages}`);
}

const folder = values.keep ?? mkdtempSync(join(tmpdir(), 'ws2spi-oracle-'));
const environment = {
  ...process.env,
  WINEDEBUG: '-all',
  WINEDLLOVERRIDES: 'winedbg.exe,mscoree,mshtml=d',
  WINEPREFIX: join(folder, 'wine'),
};

/** Compiles the scenarios' TypeScript into the folder, and loads it. */
async function load() {
  for (const name of readdirSync(here, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue;
    const { outputText } = ts.transpileModule(readFileSync(join(here, name), 'utf8'), {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true },
    });
    const target = join(folder, 'tool', name.replace(/\.ts$/, '.mjs'));
    mkdirSync(join(target, '..'), { recursive: true });
    const text = outputText
      .replaceAll(/from '(\..*?)\.js'/g, "from '$1.mjs'")
      .replaceAll("from 'ws2spi'", `from '${dist}'`);
    writeFileSync(target, text);
  }
  const module = (name) => import(pathToFileURL(join(folder, 'tool', name)).href);
  const loaded = {};
  for (const name of ['scenarios/index', 'c-program', 'trace', 'instance-run', 'comparison'])
    Object.assign(loaded, await module(`${name}.mjs`));
  return loaded;
}

/** Runs scenarios on this project; prints each line that differs from Wine's. */
function compareHere(wanted, { runScenario, traceOf, parseTraces, expectedTrace }) {
  let differing = 0;
  for (const scenario of wanted) {
    const title = `# ${scenario.group}: ${scenario.title}`;
    const wine =
      parseTraces(readFileSync(join(here, 'traces', `${scenario.group}.txt`), 'utf8')).get(scenario.title) ?? [];
    const lines = ['memory', 'tcpip'].flatMap((base) => {
      let trace;
      let expected;
      try {
        expected = expectedTrace(wine, scenario, base);
        trace = traceOf(scenario, runScenario(scenario, base));
      } catch (error) {
        return [`  ${base}: ${error.stack}`];
      }
      const places = Array.from({ length: Math.max(expected.length, trace.length) }, (_, place) => place);
      return places
        .filter((place) => expected[place] !== trace[place])
        .map((place) => `  ${base}\n    expected ${expected[place]}\n    given    ${trace[place]}`);
    });
    if (lines.length === 0) continue;
    differing++;
    console.log([title, ...lines].join('\n'));
  }
  console.log(`oracle: ${differing} of ${wanted.length} scenarios differ`);
  return 0;
}

/** Runs the program once; gives the lines of its output, and whether it came to its end. */
function runOnce(program, index) {
  const output = join(folder, `output-${index}`);
  return new Promise((resolve) => {
    const file = openSync(output, 'w');
    const child = spawn('wine', [program, String(index)], {
      env: environment,
      stdio: ['ignore', file, 'ignore'],
      detached: true,
    });
    const kill = () => {
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    };
    const timer = setTimeout(kill, seconds * 1000);
    child.on('close', () => {
      clearTimeout(timer);
      closeSync(file);
      const lines = readFileSync(output, 'latin1')
        .split('\n')
        .filter((line) => line !== '');
      rmSync(output);
      const ended = lines.at(-1) === 'end';
      resolve({ ended, lines: lines.filter((line) => /^\d+\t/.test(line)) });
    });
  });
}

async function main() {
  const tool = await load();
  const { GROUPS, programOf, traceOf, parseOutcome, formatTraces, parseTraces } = tool;
  const unknown = positionals.filter((name) => !GROUPS.some((group) => group.name === name));
  if (unknown.length > 0)
    fail(2, `no group ${unknown.join(', ')}; there are ${GROUPS.map(({ name }) => name).join(', ')}`);
  const groups = GROUPS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const wanted = groups
    .flatMap(({ scenarios }) => scenarios)
    .filter(({ title }) => values.only === undefined || title.includes(values.only));
  if (wanted.length === 0) fail(2, `no scenario has ${values.only} in its title`);
  if (values.here) return compareHere(wanted, tool);

  const source = join(folder, 'oracle.c');
  const program = join(folder, 'oracle.exe');
  writeFileSync(source, programOf(wanted, readFileSync(join(here, 'support.c'), 'utf8')));
  const compiled = spawnSync(COMPILER, ['-w', '-O0', '-o', program, source, '-lws2_32', '-lmswsock', '-luser32'], {
    encoding: 'utf8',
  });
  if (compiled.status !== 0) fail(1, `the program does not compile:\n${compiled.stderr.slice(0, 4000)}`);
  console.log(`oracle: ${wanted.length} scenarios; making a folder for Wine …`);
  spawnSync('wine', ['winecfg', '-v', 'win10'], { env: environment, stdio: 'ignore' });

  const problems = [];
  const traces = new Map();
  let done = 0;
  const queue = wanted.map((scenario, index) => ({ scenario, index }));
  const worker = async () => {
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
      const { scenario, index } = job;
      const runs = [];
      for (let run = 0; run < (values.once ? 1 : 2); run++) {
        let { ended, lines } = await runOnce(program, index);
        // Wine itself fails to start now and then, under load.
        if (!ended) ({ ended, lines } = await runOnce(program, index));
        if (!ended) problems.push(`${scenario.group}: ${scenario.title}: does not come to its end`);
        runs.push(traceOf(scenario, lines.map(parseOutcome)));
      }
      if (runs[1] !== undefined && runs[0].join('\n') !== runs[1].join('\n')) {
        const at = runs[0].findIndex((line, place) => line !== runs[1][place]);
        problems.push(
          `${scenario.group}: ${scenario.title}: not the same twice:\n    ${runs[0][at]}\n    ${runs[1][at]}`,
        );
      }
      traces.set(scenario, runs[0]);
      done++;
      if (process.stdout.isTTY) process.stdout.write(`\r${done}/${wanted.length} `);
      else if (done % 25 === 0 || done === wanted.length) console.log(`oracle: ${done} of ${wanted.length}`);
    }
  };
  await Promise.all([worker(), worker(), worker()]);
  if (process.stdout.isTTY) console.log();
  spawnSync('wineserver', ['-k'], { env: environment, stdio: 'ignore' });

  if (values.only !== undefined) {
    for (const [scenario, lines] of traces) console.log([`# ${scenario.title}`, ...lines].join('\n  '));
  } else {
    for (const { name, scenarios } of groups) {
      const path = join(here, 'traces', `${name}.txt`);
      const text = formatTraces(name, new Map(scenarios.map((scenario) => [scenario.title, traces.get(scenario)])));
      if (!values.check) {
        mkdirSync(join(here, 'traces'), { recursive: true });
        writeFileSync(path, text);
        continue;
      }
      let old = new Map();
      try {
        old = parseTraces(readFileSync(path, 'utf8'));
      } catch {
        problems.push(`${name}: no trace is there`);
      }
      for (const [title, lines] of parseTraces(text)) {
        const before = old.get(title) ?? [];
        const at = lines.findIndex((line, place) => line !== before[place]);
        if (at >= 0) problems.push(`${name}: ${title}: differs:\n    there: ${before[at]}\n    now:   ${lines[at]}`);
        else if (lines.length < before.length) problems.push(`${name}: ${title}: shorter than before`);
      }
    }
  }
  for (const problem of problems) console.error(`oracle: ${problem}`);
  console.log(`oracle: ${wanted.length} scenarios, ${problems.length} problems`);
  return problems.length === 0 ? 0 : 1;
}

let status = 1;
try {
  status = await main();
} finally {
  if (values.keep === undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
process.exit(status);

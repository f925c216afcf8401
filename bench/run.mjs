// The benchmark. node bench/run.mjs --help
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { CASES } from './cases.mjs';
import { Compiler } from './harness/compiler.mjs';
import { checkBuild, describeMachine } from './harness/machine.mjs';
import { Pinning } from './harness/pinning.mjs';
import { allReached, toMarkdown, writeReport } from './harness/report.mjs';
import { Skipped } from './harness/skipped.mjs';

const NAME_WIDTH = Math.max(...Object.keys(CASES).map(({ length }) => length)) + 2;

const ROUNDS = 7;
const SECONDS = 1.5;

/** The cases that have a default of their own, for the help. */
const exceptions = (setting) =>
  Object.entries(CASES)
    .filter(([, own]) => own[setting] !== undefined)
    .map(([name, own]) => `; ${own[setting]} for ${name}`)
    .join('');

const HELP = `Measures ws2spi against node:net, node:dgram, node:http and a plain C server, and writes a table to bench/results/.

Usage: node bench/run.mjs [options]    (npm run bench -- [options])

  --case NAME…     only these cases; may be given several times, or with names separated by commas
  --rounds N       interleaved rounds per case (default ${ROUNDS}${exceptions('rounds')})
  --seconds S      seconds that each server is measured in a round, after its warm-up
                   (default ${SECONDS}${exceptions('seconds')})
  --json           print the result as JSON instead of Markdown
  --strict         exit with status 1 when a target is missed
  --no-write       leave bench/results/ alone
  --help           this text

Cases:
${Object.entries(CASES)
  .map(([name, { title }]) => `  ${name.padEnd(NAME_WIDTH)} ${title}`)
  .join('\n')}
`;

const say = (text) => process.stderr.write(`${text}\n`);

function fail(message) {
  say(`bench: ${message}`);
  process.exit(2);
}

function readOptions() {
  let parsed;
  try {
    parsed = parseArgs({
      allowPositionals: true,
      options: {
        case: { type: 'string', multiple: true, default: [] },
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        json: { type: 'boolean', default: false },
        strict: { type: 'boolean', default: false },
        'no-write': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    fail(`${error.message}; --help explains the options`);
  }
  const { values, positionals } = parsed;
  if (values.help) {
    process.stdout.write(HELP);
    process.exit(0);
  }
  // `--case a b c`: what follows the first name arrives as positional arguments.
  if (positionals.length > 0 && values.case.length === 0)
    fail(`unexpected "${positionals[0]}"; --help explains the options`);
  const names = [...values.case, ...positionals].flatMap((name) => name.split(',')).filter(Boolean);
  for (const name of names) {
    if (!Object.hasOwn(CASES, name)) fail(`there is no case "${name}"; there are ${Object.keys(CASES).join(', ')}`);
  }
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  const seconds = values.seconds === undefined ? undefined : Number(values.seconds);
  if (rounds !== undefined && (!Number.isInteger(rounds) || rounds < 1)) fail('--rounds takes a whole number from 1');
  if (seconds !== undefined && !(seconds > 0)) fail('--seconds takes a positive number');
  const cases = names.length > 0 ? [...new Set(names)] : Object.keys(CASES);
  return { cases, rounds, seconds, json: values.json, strict: values.strict, write: !values['no-write'] };
}

async function measureCase(name, context) {
  const { title, measure, rounds = ROUNDS, seconds = SECONDS } = CASES[name];
  const settings = { rounds: context.rounds ?? rounds, seconds: context.seconds ?? seconds };
  const progress = (text) => say(`${name}: ${text}`);
  progress(title);
  try {
    return { name, title, settings, rows: await measure({ ...context, ...settings, progress }) };
  } catch (error) {
    if (error instanceof Skipped) {
      progress(`skipped: ${error.message}`);
      return { name, title, skipped: error.message };
    }
    progress(`failed: ${error.message}`);
    return { name, title, failed: error.message };
  }
}

async function main() {
  const options = readOptions();
  try {
    checkBuild();
  } catch (error) {
    fail(error.message);
  }
  const { rounds, seconds } = options;
  const pinning = new Pinning();
  const compiler = new Compiler();
  const report = {
    date: new Date().toISOString(),
    machine: describeMachine(compiler),
    settings: { rounds: rounds ?? ROUNDS, seconds: seconds ?? SECONDS, pinning: pinning.describe() },
    cases: [],
  };
  try {
    for (const name of options.cases) {
      report.cases.push(await measureCase(name, { rounds, seconds, pinning, compiler }));
    }
  } finally {
    compiler.dispose();
  }
  [report.loadAtEnd] = loadavg();
  const markdown = toMarkdown(report);
  process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : markdown);
  if (options.write) for (const path of writeReport(report, markdown)) say(`bench: written: ${path}`);
  if (options.strict && !allReached(report)) process.exitCode = 1;
}

await main();

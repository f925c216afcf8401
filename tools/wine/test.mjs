// `npm run test:wine`: the I/O suite by node.exe under Wine, over the sockets of ws2_32.dll, file by file; a table at the end.
// What Wine is known to do otherwise than Windows, `differences.mjs`, is counted apart, with its reason.
//
//   npm run test:wine                     the whole suite
//   npm run test:wine -- --part 10        every tenth file
//   npm run test:wine -- test/rooms/io/blocking.test.ts --node 22
//   npm run test:wine -- --bare           in this machine's network, without linux-ways.c, which has Wine's datagram sockets behave as Windows' do
//   npm run test:wine -- --why            with what was seen in those tests that Wine is known to do otherwise
//   npm run test:wine -- test/rooms/testkit/provider-tcpip.test.ts --name '^tcpip alone' --time 600   those tests, with so many seconds for a file
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { differenceOf, hangsOf } from './differences.mjs';
import { recordsIn } from './reporter.mjs';
import { againInOwnNetwork, runNode, setUp, setUpWays, VERSIONS, whatIsMissing } from './windows-node.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SUITE = ['test/rooms/io'];
/** Seconds for one file: Wine takes its time. */
const LONGEST = '300';
/** Milliseconds for one test. No bound: node.exe is up in 1.5 to 4 s, of which a test may start ten. */
const TEST_TIMEOUT = 60_000;
/** How often a file goes on without a test that hung. */
const MOST_HANGS = 3;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    node: { type: 'string', default: VERSIONS[0] },
    part: { type: 'string', default: '1' },
    name: { type: 'string', default: '' },
    time: { type: 'string', default: LONGEST },
    bare: { type: 'boolean', default: false },
    why: { type: 'boolean', default: false },
  },
});
const longest = Number(values.time);
if (!(longest > 0)) {
  console.error('npm run test:wine: --time is a number of seconds');
  process.exit(1);
}
const missing = whatIsMissing();
if (missing !== '') {
  console.log(`npm run test:wine: skipped: ${missing}`);
  process.exit(0);
}
process.chdir(ROOT);
setUp((text) => console.error(`npm run test:wine: ${text} …`));
const without = values.bare ? 'as it was asked to' : setUpWays();
const asOnWindows = without === '';
if (!asOnWindows) console.log(`npm run test:wine: without linux-ways.c: ${without}`);
const again = asOnWindows ? againInOwnNetwork() : null;
if (again !== null) process.exit(await again);

function filesOf(path) {
  if (!statSync(path).isDirectory()) return [path];
  const files = readdirSync(path, { recursive: true }).map((name) => join(path, name));
  return files.filter((name) => name.endsWith('.test.ts')).sort();
}

/** The pattern of the names of tests to be run. */
function wanted(left) {
  const without = left.size === 0 ? '' : `^(?!.*(?:${[...left.keys()].join('|')}))`;
  return values.name === '' ? without : `${without}(?=.*(?:${values.name}))`;
}

/** Runs a file, again without a test that hung. Returns what became of its tests by their names, and what else there is to say. */
async function run(file) {
  const results = new Map();
  const problems = [];
  /** Why tests are left out, by the sources of patterns of their names. */
  const left = new Map(hangsOf(file).map((pattern) => [pattern.source, 'not run: it would wait for ever']));
  const leftOut = (name) => [...left].find(([source]) => new RegExp(source).test(name));
  for (let round = 0; ; round++) {
    let output = '';
    const status = await runNode(
      values.node,
      [
        ...['node_modules/vitest/vitest.mjs', 'run', '--no-color', '--maxWorkers=1', `--testTimeout=${TEST_TIMEOUT}`],
        ...['--reporter=./tools/wine/reporter.mjs', file.replaceAll('\\', '/')],
        ...(left.size === 0 && values.name === '' ? [] : ['-t', wanted(left)]),
      ],
      // Wine says that it is Windows for clients, which does without.
      { timeout: longest, asOnWindows, env: { WS2SPI_TRANSMIT_FILE: 'native' }, output: (text) => (output += text) },
    );
    const records = recordsIn(output);
    let open = null;
    for (const { begun, ended, state, why, error } of records) {
      if (error !== undefined) problems.push(error.join(' | '));
      if (begun !== undefined) open = begun;
      if (ended === undefined) continue;
      if (ended === open) open = null;
      const found = state === 'skipped' ? leftOut(ended) : undefined;
      results.set(ended, found === undefined ? { state, why } : { state: 'failed', why: [found[1]] });
    }
    if (records.some(({ over }) => over)) break;
    const why = status === 124 ? `took longer than ${longest} s` : `ended with ${status}`;
    if (open === null || round === MOST_HANGS) {
      problems.push(`${why}: the rest was not run`);
      break;
    }
    results.set(open, { state: 'failed', why: [`${why} in this test`] });
    left.set(`^${open.replace(/[^\w ]/g, '.')}$`, `${why} in this test`);
  }
  return { results, problems };
}

const every = Number(values.part);
const files = (positionals.length > 0 ? positionals : SUITE).flatMap(filesOf).filter((_, at) => at % every === 0);
const totals = { passed: 0, expected: 0, unexpected: 0, skipped: 0, problems: 0 };
/** How many tests fail for each of the reasons. */
const reasons = new Map();
const surprises = [];
for (const [at, file] of files.entries()) {
  const { results, problems } = await run(file);
  const counts = { passed: 0, expected: 0, unexpected: 0, skipped: 0 };
  const lines = [];
  for (const [name, { state, why }] of results) {
    const reason = differenceOf(file, name, asOnWindows);
    if (state === 'skipped') counts.skipped++;
    else if (state === 'passed') {
      counts.passed++;
      if (reason !== null) surprises.push(`${file}: ${name} (${reason})`);
    } else {
      if (reason === null) counts.unexpected++;
      else {
        counts.expected++;
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
        if (!values.why) continue;
      }
      lines.push(
        `    ${reason === null ? '×' : '~'} ${name}`,
        ...why.map((line) => `        ${line.split('\n')[0].trim()}`),
      );
    }
  }
  for (const kind of Object.keys(counts)) totals[kind] += counts[kind];
  totals.problems += problems.length;
  const { passed, expected, unexpected, skipped } = counts;
  console.log(
    `${at + 1}/${files.length} ${file}: ${passed} passed, ${unexpected} failed, ${expected} otherwise under Wine, ${skipped} skipped`,
  );
  for (const line of [...lines, ...problems.map((problem) => `    ! ${problem}`)]) console.log(line);
}

if (reasons.size > 0) console.log('\nWhat Wine does otherwise:');
for (const [reason, count] of reasons) console.log(`  ${String(count).padStart(4)}  ${reason}`);
if (surprises.length > 0) console.log('\nPassed although Wine is known to do it otherwise:');
for (const each of surprises) console.log(`  ${each}`);
const { passed, expected, unexpected, skipped } = totals;
const count = passed + expected + unexpected;
const share = count === 0 ? 0 : (100 * passed) / count;
console.log(
  `\n${passed} of ${count} passed (${share.toFixed(1)} %), ${expected} otherwise under Wine, ${unexpected} failed, ${skipped} skipped`,
);
process.exit(unexpected + totals.problems === 0 ? 0 : 1);

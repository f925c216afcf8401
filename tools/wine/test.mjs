// `npm run test:wine`: the I/O suite by node.exe under Wine, over the sockets of ws2_32.dll, file by file; a table at the end.
//
//   npm run test:wine                     the whole suite
//   npm run test:wine -- --part 10        every tenth file
//   npm run test:wine -- test/rooms/io/blocking.test.ts --node 22
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runNode, setUp, VERSIONS, whatIsMissing } from './windows-node.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SUITE = ['test/rooms/io'];
/** Seconds for one file. */
const LONGEST = 240;
/** Milliseconds for one test: Wine takes its time. */
const TEST_TIMEOUT = 20_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { node: { type: 'string', default: VERSIONS[0] }, part: { type: 'string', default: '1' } },
});
const missing = whatIsMissing();
if (missing !== '') {
  console.log(`npm run test:wine: skipped: ${missing}`);
  process.exit(0);
}
process.chdir(ROOT);
setUp((text) => console.error(`npm run test:wine: ${text} …`));

function filesOf(path) {
  if (!statSync(path).isDirectory()) return [path];
  const files = readdirSync(path, { recursive: true }).map((name) => join(path, name));
  return files.filter((name) => name.endsWith('.test.ts')).sort();
}

const every = Number(values.part);
const files = (positionals.length > 0 ? positionals : SUITE).flatMap(filesOf).filter((_, at) => at % every === 0);
const totals = { passed: 0, failed: 0, skipped: 0 };
const broken = [];
for (const [at, file] of files.entries()) {
  let report = '';
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--no-color', '--reporter=json', '--maxWorkers=1'];
  const options = { timeout: LONGEST, output: (text) => (report += text) };
  const status = await runNode(
    values.node,
    [...args, `--testTimeout=${TEST_TIMEOUT}`, file.replaceAll('\\', '/')],
    options,
  );
  const found = resultsOf(report);
  if (found === null) {
    broken.push([file, status === 124 ? `took longer than ${LONGEST} s` : `ended with ${status}`]);
    console.log(`${at + 1}/${files.length} ${file}: no result (${broken.at(-1)[1]})`);
    continue;
  }
  for (const kind of Object.keys(totals)) totals[kind] += found[kind];
  console.log(
    `${at + 1}/${files.length} ${file}: ${found.passed} passed, ${found.failed} failed, ${found.skipped} skipped`,
  );
  for (const name of found.failures) console.log(`    × ${name}`);
}

function resultsOf(report) {
  const begin = report.indexOf('{"num');
  if (begin < 0) return null;
  try {
    const { testResults, numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(
      report.slice(begin),
    );
    const failures = testResults.flatMap(({ assertionResults }) =>
      assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName),
    );
    return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests + numTodoTests, failures };
  } catch {
    return null;
  }
}

const { passed, failed, skipped } = totals;
const share = passed + failed === 0 ? 0 : (100 * passed) / (passed + failed);
console.log(
  `\n${passed} passed, ${failed} failed (${share.toFixed(1)} % passed), ${skipped} skipped, ${broken.length} files without a result`,
);
process.exit(failed + broken.length === 0 ? 0 : 1);

// Runs tests under --expose-gc and tells, file by file, what they leave behind: descriptors, resources that keep the process
// alive, instances that were disposed of and cannot be collected. Arguments go to vitest: `npm run leaks -- test/rooms/io`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'ws2spi-leaks-'));
const target = join(folder, 'reports');
/** Instances that a file may keep: what its last test and its own variables refer to. */
const KEPT_BY_THE_TEST = 2;

try {
  const { status } = spawnSync('npx', ['vitest', 'run', ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, WS2SPI_LEAKS: target },
  });
  const lines = existsSync(target) ? readFileSync(target, 'utf8').trim().split('\n') : [];
  const reports = lines.map((line) => JSON.parse(line)).sort((left, right) => left.file.localeCompare(right.file));
  let leaking = 0;
  for (const report of reports) {
    const faults = faultsOf(report);
    if (faults.length > 0) leaking++;
    const verdict = faults.length === 0 ? 'nothing left' : `left ${faults.join(', ')}`;
    console.log(`${faults.length === 0 ? '  ' : '! '}${report.file}: ${report.disposed} instances, ${verdict}`);
  }
  console.log(`\n${reports.length} files, ${leaking} of them leave something behind`);
  process.exitCode = status !== 0 ? (status ?? 1) : leaking > 0 ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** What a file left behind, in words. */
function faultsOf({ descriptors, resources, disposed, kept, open }) {
  const faults = [];
  if (descriptors > 0) faults.push(`${descriptors} descriptors`);
  for (const [kind, count] of Object.entries(resources)) faults.push(`${count} of ${kind}`);
  if (open > KEPT_BY_THE_TEST) faults.push(`${open} instances not disposed of`);
  if (kept > KEPT_BY_THE_TEST) faults.push(`${kept} of ${disposed} instances that were disposed of`);
  return faults;
}

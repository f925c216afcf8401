// `npm test`: build, lint, format check, type check, tests; stops at the first that fails, and says which.
// Arguments go to vitest: `npm test -- test/rooms/spi`.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const STEPS = [
  ['build', 'the package does not compile'],
  ['lint', 'lint found faults'],
  ['format:check', 'files are not formatted; `npm run format` mends that'],
  ['types', 'types do not fit'],
  ['vitest', ''],
];

for (const [script, verdict] of STEPS) {
  const began = performance.now();
  if (script === 'vitest') console.log('\n── tests');
  const forwarded = script === 'vitest' ? ['--', ...process.argv.slice(2)] : [];
  const { status, signal } = spawnSync('npm', ['run', '--silent', script, ...forwarded], {
    // There npm is a script of the command interpreter.
    shell: process.platform === 'win32',
    cwd: root,
    stdio: 'inherit',
  });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  if (status !== 0) {
    // After the tests, vitest's own summary is the last word.
    if (script !== 'vitest') {
      const line = '═'.repeat(78);
      const how = signal === null ? `status ${status}` : `signal ${signal}`;
      console.error(`\n${line}\n  npm test: ${verdict} (npm run ${script}, ${how}, ${seconds} s)\n${line}`);
    }
    process.exit(status ?? 1);
  }
  if (script !== 'vitest') console.log(`── ${script}: in order (${seconds} s)`);
}

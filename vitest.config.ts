import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// Tests run against the compiled package in dist/, by the names its users import: what is tested is what is published,
// and child processes and workers load the very same modules.
const dist = new URL('./dist/', import.meta.url).pathname;

export default defineConfig({
  resolve: {
    alias: [
      { find: /^ws2spi$/, replacement: `${dist}index.js` },
      { find: /^ws2spi\/names$/, replacement: `${dist}name-space/index.js` },
      { find: /^ws2spi\/(.+)$/, replacement: `${dist}$1/index.js` },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    // Nothing that a test asks for by name leaves the machine.
    env: {
      WS2SPI_RESOLV_CONF: new URL('./test/support/resolv.conf', import.meta.url).pathname,
      // Nor are the groups of sockets those of the user's other programs.
      WS2SPI_GROUPS: join(tmpdir(), `ws2spi-test-groups-${process.pid}.json`),
    },
    pool: 'forks',
    // Most of the time goes into child processes: a processor kept free of tests would be idle.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    server: { deps: { external: [/\/dist\//] } },
    // What never ends is ended by these. They are no bounds: on a machine that has much else to do, a child alone takes seconds.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    // `npm run leaks` counts what each file leaves behind.
    ...(process.env['WS2SPI_LEAKS'] !== undefined && {
      setupFiles: ['test/support/leak-check.ts'],
      execArgv: ['--expose-gc'],
    }),
  },
});

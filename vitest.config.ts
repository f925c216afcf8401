import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// Tests run against the compiled package in dist/, by the names its users import: what is tested is what is published,
// and child processes and workers load the very same modules.
const dist = new URL('./dist/', import.meta.url).pathname;

// Files that start programs, and the suites of providers, take longest for their size, by which vitest orders files that it has
// not run before: what comes last is to be short, or one processor is idle meanwhile.
const LONG = /\/test\/(?:project|rooms\/register|rooms\/testkit\/provider-)/;

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean => LONG.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((each) => !isLong(each))];
  }
}

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
    // A test waits for its children, for the system and for time: with one more than there are processors none is idle.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongestFirst },
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

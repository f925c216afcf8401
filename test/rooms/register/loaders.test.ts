// Agents of monitoring that put themselves between modules by a loader (`import-in-the-middle`), before the hook comes or after it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { fixture, HOOK, run, type Run } from './hooked.js';

const folder = temporaryFolder();
const LOADER = ['--import', fixture('services/agent-by-loader.mjs')];
let bare: Run;

beforeAll(async () => {
  bare = await run([...LOADER, fixture('watched.mjs')]);
  expect(bare).toMatchObject({ status: 0, problems: '' });
});

it.each([
  ['before the hook', [...LOADER, ...HOOK]],
  ['after the hook', [...HOOK, ...LOADER]],
])('A loader that comes %s sees what it sees without it, and the program is on the chain', async (_when, options) => {
  const calls = join(folder, `calls-${options[1]!.length}.txt`);
  const env = { WS2SPI_CATALOG: join(folder, 'none.json'), WS2SPI_LAYERS: `trace:${calls}` };
  expect(await run([...options, fixture('watched.mjs')], env)).toEqual(bare);
  expect(readFileSync(calls, 'utf8').match(/WSPConnect/g)).toHaveLength(2);
});

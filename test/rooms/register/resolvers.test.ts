// Node.js' own resolver asks name servers beside every chain: not where the chain takes names.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { fixture, run } from './hooked.js';

const WS2SPI_CATALOG = join(temporaryFolder(), 'none.json');

it('On a chain that takes names, whatever would ask a name server fails, and no packet is sent', async () => {
  const env = { WS2SPI_CATALOG, WS2SPI_LAYERS: '["socks:127.0.0.1:1"]' };
  const { status, output, problems } = await run([fixture('resolver.mjs'), 'all', 'hooked'], env);
  expect([status, problems]).toEqual([0, '']);
  expect(JSON.parse(output)).toEqual({ outcomes: ['EREFUSED'], asked: false });
});

it('On any other chain Node.js asks as it does without the hook', async () => {
  const bare = await run([fixture('resolver.mjs'), 'few', 'bare']);
  expect(JSON.parse(bare.output)).toEqual({ outcomes: ['ENOTFOUND'], asked: true });
  expect(await run([fixture('resolver.mjs'), 'few', 'hooked'], { WS2SPI_CATALOG })).toEqual(bare);
});

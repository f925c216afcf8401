// Programs that listen at a name: where the chain takes names, nobody looks it up.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { fixture, run } from './hooked.js';

const trace = `trace:${join(temporaryFolder(), 'trace.txt')}`;

it.each(['socks:127.0.0.1:1', 'http-proxy:127.0.0.1:1', trace])(
  'A program over %s that listens at localhost listens at this machine',
  async (layer) => {
    const env = { WS2SPI_CATALOG: join(temporaryFolder(), 'none.json'), WS2SPI_LAYERS: JSON.stringify([layer]) };
    const { status, output, problems } = await run([fixture('listens-at-localhost.mjs')], env);
    expect([status, problems]).toEqual([0, '']);
    expect(JSON.parse(output)).toEqual({ net: true, http: true, dgram: true });
  },
);

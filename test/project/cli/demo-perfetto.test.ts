// `npm start -- --perfetto out.json`: the trace is loaded as a viewer would.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { readChromeTrace } from '../../rooms/tracing/chrome-trace.js';
import { ws2spi } from './program.js';

test.each(['tcpip', 'memory'])('The demonstration over %s writes a trace with a track for each layer', (base) => {
  const path = join(temporaryFolder(), 'out.json');
  const { status, stdout } = ws2spi(['demo', '--base', base, '--perfetto', path]);
  expect(status).toBe(0);
  expect(stdout).toContain(`The trace is in ${path}`);
  const { tracks, slices } = readChromeTrace(readFileSync(path, 'utf8'));
  expect([...tracks.values()]).toEqual(expect.arrayContaining(['API', '0 application', '1 compression', '2 wire']));
  expect(slices).toEqual(expect.arrayContaining(['0 application: WSPSend', '2 wire: WSPSend']));
});

test('A trace that cannot be written is refused before anything is done', () => {
  const { status, stdout, stderr } = ws2spi(['demo', '--perfetto', '/no/such/folder/out.json']);
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/--perfetto: ENOENT.*\/no\/such\/folder\/out\.json/);
});

// `ws2spi prove`: a layer of a file, tried as a newcomer would.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { DIST } from '../../support/package.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { PROGRAM } from './program.js';

const folder = temporaryFolder();

/** Runs the command on a module of a file. */
function prove(source: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const file = join(folder, 'layer.mjs');
  const names = source.replaceAll("'ws2spi/chain'", `'${pathToFileURL(join(DIST, 'chain/index.js')).href}'`);
  writeFileSync(file, names);
  const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined };
  return spawnSync(process.execPath, [PROGRAM, 'prove', file, ...args], { encoding: 'utf8', env });
}

const SOUND = `import { defineLayer } from 'ws2spi/chain';
export default () => defineLayer({ name: 'sound', connect: () => undefined });`;
const BROKEN = `import { defineLayer } from 'ws2spi/chain';
export const layer = defineLayer({
  name: 'broken',
  overrides: { WSPGetPeerName: (lower, ...args) => lower.lpWSPGetSockName(...args) },
});`;

test('A layer that does well is proved, and the report says of what', () => {
  const { status, stdout } = prove(SOUND, '--only', 'WSAAccept');
  expect(stdout).toMatch(/^Proved: \d+ of \d+ cases; \d+ not run\n/);
  expect(stdout).toMatch(/WSAAccept +4 of 4\n/);
  expect(status).toBe(0);
});

test('What a layer breaks is told by rule, line and calls; as JSON too', () => {
  const { status, stdout } = prove(BROKEN, '--only', 'knows both names');
  expect(status).toBe(1);
  expect(stdout).toContain('Broken: a blocking socket knows both names of a connection, at either end.');
  expect(stdout).toContain('This did not hold: expect(peerOf(client)');
  expect(stdout).toMatch(/broken +WSPGetPeerName/);
  const json = prove(BROKEN, '--only', 'knows both names', '--json');
  expect(json.status).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({
    proved: 0,
    failed: 1,
    failures: [{ message: expect.any(String) as string }],
  });
});

test('What is no layer, and cases that there are not, are used wrongly', () => {
  expect(prove('export const a = 1, b = 2;')).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/it exports a, b/) as string,
  });
  expect(prove('export default 7;').stderr).toMatch(/"default" of .* is no layer/);
  expect(prove(SOUND, '--only', 'nothing like it')).toMatchObject({ status: 2 });
  expect(prove('import "./not-there.js";')).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/cannot be loaded/) as string,
  });
});

// What those say who look at packages for a living, and what bundlers and the permission model make of this one.
import { execFile } from 'node:child_process';
import { mkdtempSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { rollup } from 'rollup';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PACKAGE } from '../../support/package.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'ws2spi-publishing-'));
const entry = join(folder, 'program.mjs');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PROGRAM = `
  import { createWs2_32 } from 'ws2spi';
  import { connectedPair } from 'ws2spi/testkit';
  for (const base of process.argv.slice(2)) {
    const ws2 = createWs2_32({ base, catalog: 'memory' });
    ws2.on('defect', ({ message, cause }) => console.log(message, cause));
    ws2.WSAStartup(0x0202, {});
    if (ws2.socket(2, 1, 6) === 0xffffffff) continue;
    const { client, server, close } = connectedPair(ws2);
    ws2.send(client, Buffer.from('hello'), 5, 0);
    console.log(base, ws2.recv(server, Buffer.alloc(9), 9, 0));
    close();
    ws2[Symbol.dispose]();
  }`;
const BASES = process.platform === 'linux' ? ['memory', 'tcpip'] : ['memory'];
const RECEIVED = BASES.map((base) => `${base} 5\n`).join('');

beforeAll(() => {
  writeFileSync(entry, PROGRAM);
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(ROOT, join(folder, 'node_modules/ws2spi'));
});

describe('the package', () => {
  it('finds favour with publint', async () => {
    const { messages, pkg } = await publint({ pkgDir: PACKAGE, pack: false, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });

  it('has types that are not wrong, for whoever imports it', async () => {
    const program = join(ROOT, 'node_modules/@arethetypeswrong/cli/dist/index.js');
    // A package of ES modules alone; the oldest Node.js here requires those as well.
    const { stdout } = await run(
      process.execPath,
      [program, '--pack', ROOT, '--profile', 'esm-only', '--format', 'json'],
      {
        maxBuffer: 1 << 26,
        env: { ...process.env, npm_config_ignore_scripts: 'true' },
      },
    ).catch((error: { stdout: string }) => error);
    expect(JSON.parse(stdout)).toMatchObject({ analysis: { types: { kind: 'included' } } });
    const { problems } = JSON.parse(stdout) as { problems?: Readonly<Record<string, unknown>> };
    expect(Object.keys(problems ?? {}).filter((kind) => !['NoResolution', 'CJSResolvesToESM'].includes(kind))).toEqual(
      [],
    );
  });
});

describe('a program that is bundled', () => {
  it('runs by esbuild, the package left outside', async () => {
    const outfile = join(folder, 'esbuild.mjs');
    await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm', external: ['ws2spi'] });
    expect((await run(process.execPath, [outfile, ...BASES])).stdout).toBe(RECEIVED);
  });

  it('runs by rollup, the package left outside', async () => {
    const file = join(folder, 'rollup.mjs');
    const bundle = await rollup({ input: entry, external: [/^ws2spi/] });
    await bundle.write({ file, format: 'esm' });
    await bundle.close();
    expect((await run(process.execPath, [file, ...BASES])).stdout).toBe(RECEIVED);
  });

  it('says what to do when the package is inside', async () => {
    const outfile = join(folder, 'inside.mjs');
    await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm' });
    await expect(run(process.execPath, [outfile, 'memory'])).rejects.toThrow(/it was bundled\. Leave the package out/);
  });
});

describe('under the permission model', () => {
  const flag = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission';
  const permitted = async (flags: readonly string[], base: string): Promise<string> =>
    (await run(process.execPath, [flag, '--allow-fs-read=*', ...flags, entry, base])).stdout;

  it('sockets in memory need no permission', async () => {
    expect(await permitted([], 'memory')).toBe('memory 5\n');
  });

  it.runIf(process.platform === 'linux')('native sockets need --allow-addons, and say so', async () => {
    expect(await permitted([], 'tcpip')).toContain('--allow-addons');
    expect(await permitted(['--allow-addons'], 'tcpip')).toBe('tcpip 5\n');
  });
});

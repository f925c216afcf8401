// Programs that a bundler has put into one file, and into one executable: they are on the chain as their sources are.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { rollup } from 'rollup';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { cert, key } from '../node/fixtures/certificate.js';
import { fixture, HOOK, run, type Run } from './hooked.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const PROGRAMS = 'echo,errors,halves,http,tls,http2,datagrams,worker,paused';

// Inside the repository, so that packages are found.
mkdirSync(join(ROOT, 'coverage'), { recursive: true });
const folder = mkdtempSync(join(ROOT, 'coverage', 'bundled-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const env = { WS2SPI_CATALOG: join(temporaryFolder(), 'none.json'), CERTIFICATE: cert, KEY: key };

const BUNDLERS: Readonly<Record<string, (outfile: string) => Promise<unknown>>> = {
  'esbuild, minified': (outfile) =>
    build({
      entryPoints: [fixture('program.mjs')],
      outfile,
      bundle: true,
      minify: true,
      platform: 'node',
      format: 'esm',
    }),
  rollup: async (file) => {
    const bundle = await rollup({ input: fixture('program.mjs'), external: /^node:/ });
    await bundle.write({ file, format: 'es' });
  },
};

describe.each(Object.keys(BUNDLERS))('A program that was bundled by %s', (bundler) => {
  const file = join(folder, `${bundler.replace(/\W+/g, '-')}.mjs`);
  let bare: Run;
  beforeAll(async () => {
    await BUNDLERS[bundler]!(file);
    bare = await run([file, PROGRAMS], env);
    expect(bare).toMatchObject({ status: 0, problems: '' });
  });

  it('sees over a layer what it sees without the hook', async () => {
    const trace = join(folder, 'calls-%t.txt');
    const hooked = await run([...HOOK, file, PROGRAMS], { ...env, WS2SPI_LAYERS: `trace:${trace}` });
    expect(hooked).toEqual(bare);
    const calls = new Set(readFileSync(trace.replace('%t', '0'), 'utf8').match(/WSP\w+/g));
    for (const name of ['WSPConnect', 'WSPAccept', 'WSPSendTo']) expect(calls).toContain(name);
  });
});

// Packages of CommonJS within, which call `require('net')`, and this package without: it has native code.
const CLIENT = `
import { Redis } from 'ioredis';
import { Agent, request } from 'undici';
import { createServer } from 'net';
import { connector } from 'ws2spi/node';
const server = createServer((socket) => {
  socket.once('data', (asked) => socket.end(String(asked).startsWith('GET') ? 'HTTP/1.1 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\nhello' : '+PONG\\r\\n'));
});
server.listen(0, '127.0.0.1', async () => {
  const { port } = server.address();
  const redis = new Redis({ port, host: '127.0.0.1', enableReadyCheck: false, disableClientInfo: true, retryStrategy: null });
  console.log(await redis.ping());
  redis.disconnect();
  for (const dispatcher of [new Agent(), new Agent({ connect: connector({ chain: 'MSAFD Tcpip [TCP/IP]' }) })]) {
    const { body } = await request(\`http://127.0.0.1:\${port}/\`, { dispatcher });
    console.log(await body.text());
    await dispatcher.close();
  }
  server.close(() => process.exit());
});`;

it.each(['esm', 'cjs'] as const)(
  'Packages that are bundled into a program (%s) are on the chain, beside sockets of ws2spi/node',
  async (format) => {
    const outfile = join(folder, format === 'esm' ? 'client.mjs' : 'client.cjs');
    const banner: Record<string, string> =
      format === 'esm'
        ? { js: "import { createRequire } from 'module'; const require = createRequire(import.meta.url);" }
        : {};
    const stdin = { contents: CLIENT, resolveDir: ROOT, loader: 'js' as const };
    await build({
      stdin,
      outfile,
      banner,
      format,
      bundle: true,
      platform: 'node',
      external: ['ws2spi', 'ws2spi/*'],
      logLevel: 'error',
    });
    const trace = join(folder, `${format}.txt`);
    const { status, output, problems } = await run([...HOOK, outfile], { ...env, WS2SPI_LAYERS: `trace:${trace}` });
    expect([status, output, problems]).toEqual([0, 'PONG\nhello\nhello\n', '']);
    // The third went by the chain that it named.
    expect(readFileSync(trace, 'utf8').match(/WSPConnect/g)).toHaveLength(2);
  },
);

const builds = spawnSync(process.execPath, ['--build-sea=nothing.json']).status !== 9;
if (!builds)
  process.stderr.write('skipped: this Node.js builds no single executables by itself (--build-sea, from 25.5 on)\n');

it.skipIf(!builds)('A single executable is on the chain by --require, or by itself', async () => {
  const main = join(folder, 'main.cjs');
  const source = `const server = require('net').createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1', () =>
    require('net').connect(server.address().port, '127.0.0.1').on('data', (data) => { console.log(String(data), Object.getOwnPropertySymbols(server._handle).some(({ description }) => description === 'ws2spi stream')); server.close(); }));`;
  const executable = join(folder, 'single');
  writeFileSync(
    main,
    `if (process.env.HOOK) require('node:module').createRequire(process.execPath)('ws2spi/register');\n${source}`,
  );
  writeFileSync(
    join(folder, 'sea.json'),
    JSON.stringify({ main, output: executable, disableExperimentalSEAWarning: true }),
  );
  expect(spawnSync(process.execPath, ['--build-sea', join(folder, 'sea.json')]).status).toBe(0);
  const start = (more: Readonly<Record<string, string>>): string =>
    spawnSync(executable, { cwd: ROOT, env: { ...process.env, ...env, ...more }, encoding: 'utf8' }).stdout;
  expect(start({ NODE_OPTIONS: '--require=ws2spi/register' })).toBe('hello true\n');
  expect(start({ HOOK: 'yes' })).toBe('hello true\n');
});

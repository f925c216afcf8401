// What the packed package keeps of its scripts: that it is used, that nothing but the user's own is, and that all goes on without it.
import { execFile } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
// @ts-expect-error -- a tool in plain JavaScript
import { joinModules } from '../../../tools/join-modules.mjs';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'ws2spi-code-cache-'));
const installed = join(folder, 'package');
const cache = join(folder, 'cache');
const hook = pathToFileURL(join(installed, 'dist/register/index.js')).href;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
  mkdirSync(installed);
  symlinkSync(join(ROOT, 'node_modules'), join(installed, 'node_modules'));
  cpSync(join(ROOT, 'package.json'), join(installed, 'package.json'));
  await (joinModules as (from: string, to: string) => Promise<unknown>)(join(ROOT, 'dist'), join(installed, 'dist'));
}, 120_000);

beforeEach(() => rmSync(cache, { recursive: true, force: true }));

/** A connection of the program to itself; it tells which scripts V8 took from what was kept. */
const PROGRAM = `
  const net = require('node:net');
  const server = net.createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1', () => {
    net.connect(server.address().port, '127.0.0.1').on('data', (bytes) => console.log(String(bytes))).on('close', () => server.close());
  });`;
/** Tells on exit how many scripts were compiled with and without kept code. */
const COUNT = `data:text/javascript,${encodeURIComponent(`
  import vm from 'node:vm';
  import { syncBuiltinESMExports } from 'node:module';
  const { Script } = vm;
  let [taken, compiled] = [0, 0];
  vm.Script = class extends Script {
    constructor(code, options) {
      super(code, options);
      if (!String(options?.filename).endsWith('.cjs')) return;
      if (this.cachedDataRejected === false) taken++;
      else compiled++;
    }
  };
  syncBuiltinESMExports();
  process.on('exit', () => console.log(JSON.stringify({ taken: taken > 0, compiled: compiled > 0 })));
`)}`;

interface Told {
  readonly taken: boolean;
  readonly compiled: boolean;
}

async function start(env: NodeJS.ProcessEnv = {}, flags: readonly string[] = []): Promise<Told> {
  const own = { ...process.env, WS2SPI_CATALOG: join(folder, 'none.json'), WS2SPI_CODE_CACHE: cache, ...env };
  const args = [...flags, '--import', COUNT, '--import', hook, '-e', PROGRAM];
  const { stdout, stderr } = await run(process.execPath, args, { env: own });
  const [greeting, told] = stdout.trim().split('\n');
  expect({ greeting, stderr }).toEqual({ greeting: 'hello', stderr: '' });
  return JSON.parse(told!) as Told;
}

const COMPILED = { taken: false, compiled: true };
const TAKEN = { taken: true, compiled: false };

/** All files that are kept. */
function kept(): string[] {
  if (!existsSync(cache)) return [];
  const entries = readdirSync(cache, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

describe('what V8 has made of the packed package', () => {
  it('is kept by the first program, and taken by the next', async () => {
    expect(await start()).toEqual(COMPILED);
    expect(kept().length).toBeGreaterThan(5);
    expect(await start()).toEqual(TAKEN);
  });

  it('is the user’s alone', async () => {
    await start();
    for (const file of kept()) expect(statSync(file).mode & 0o777, file).toBe(0o600);
    for (const name of readdirSync(cache)) expect(statSync(join(cache, name)).mode & 0o777).toBe(0o700);
  });

  it('gets what the second program has called beside the first, and is left alone after some of them', async () => {
    const size = () => kept().reduce((sum, file) => sum + statSync(file).size, 0);
    const env = { ...process.env, WS2SPI_CATALOG: join(folder, 'none.json'), WS2SPI_CODE_CACHE: cache };
    const listen = `const server = require('node:net').createServer().listen(0, '127.0.0.1', () => server.close());`;
    await run(process.execPath, ['--import', hook, '-e', listen], { env });
    const first = size();
    await start();
    expect(size()).toBeGreaterThan(first);
    for (let program = 0; program < 3; program++) await start();
    const times = kept().map((file) => statSync(file).mtimeMs);
    await start();
    expect(kept().map((file) => statSync(file).mtimeMs)).toEqual(times);
  });

  it('is not taken where others may write a file of it', async () => {
    await start();
    for (const file of kept()) chmodSync(file, 0o666);
    expect(await start()).toEqual(COMPILED);
  });

  it.each(['0777', '0770'])('is neither taken nor written where others may write its folder: %s', async (mode) => {
    await start();
    const [own] = readdirSync(cache);
    chmodSync(join(cache, own!), parseInt(mode, 8));
    // A group of root's is the system's, and as good as root.
    const trusted =
      mode === '0770' && process.getegid!() < 1000 && process.geteuid!() === 0 ? [TAKEN, COMPILED] : [COMPILED];
    expect(trusted).toContainEqual(await start());
    chmodSync(join(cache, own!), 0o700);
    chmodSync(cache, 0o777);
    expect(await start()).toEqual(COMPILED);
  });

  it.runIf(process.geteuid?.() === 0)('is not taken when it belongs to another user', async () => {
    await start();
    const [own] = readdirSync(cache);
    chownSync(join(cache, own!), 12345, 12345);
    expect(await start()).toEqual(COMPILED);
  });

  it('is not taken when it was cut short, or has lost a page', async () => {
    await start();
    for (const file of kept()) writeFileSync(file, readFileSync(file).subarray(0, -1), { mode: 0o600 });
    expect(await start()).toEqual(COMPILED);
    for (const file of kept()) {
      const bytes = readFileSync(file);
      bytes.fill(0, 0, Math.min(4096, bytes.length));
      writeFileSync(file, bytes);
    }
    expect(await start()).toEqual(COMPILED);
    for (const file of kept()) writeFileSync(file, '');
    expect(await start()).toEqual(COMPILED);
    expect(await start()).toEqual(TAKEN);
  });

  it('is another one for other flags of V8', async () => {
    await start();
    expect(await start({}, ['--no-opt'])).toEqual(COMPILED);
    expect(await start({}, ['--no-opt'])).toMatchObject({ taken: true });
    expect(await start()).toEqual(TAKEN);
  });

  it('is another one for a script that was changed by hand', async () => {
    await start();
    const script = join(installed, 'dist/joined/register.cjs');
    const text = readFileSync(script, 'utf8');
    // As long as it was.
    writeFileSync(script, `'use strict'; console.log('changed'); process.exit();`.padEnd(text.length));
    try {
      const env = { ...process.env, WS2SPI_CODE_CACHE: cache };
      const { stdout } = await run(process.execPath, ['--import', hook, '-e', PROGRAM], { env });
      expect(stdout).toBe('changed\n');
    } finally {
      writeFileSync(script, text);
    }
  });

  it.each([
    ['WS2SPI_CODE_CACHE is 0', { WS2SPI_CODE_CACHE: '0' }],
    ['NODE_DISABLE_COMPILE_CACHE is 1', { NODE_DISABLE_COMPILE_CACHE: '1' }],
    ['coverage is measured', { NODE_V8_COVERAGE: join(folder, 'coverage') }],
    ['the user has no home', { WS2SPI_CODE_CACHE: '', XDG_CACHE_HOME: '', HOME: join(folder, 'nowhere') }],
  ])('is not kept when %s', async (_, env) => {
    expect(await start(env)).toEqual(COMPILED);
    expect(kept()).toEqual([]);
    expect(existsSync(join(folder, 'nowhere'))).toBe(false);
  });

  it('is in the user’s folder for what programs can do without', async () => {
    const env = { WS2SPI_CODE_CACHE: '', XDG_CACHE_HOME: join(folder, 'xdg') };
    await start(env);
    expect(readdirSync(join(folder, 'xdg'))).toEqual(['ws2spi']);
    expect(await start(env)).toEqual(TAKEN);
  });

  it('is not written where there is no room for it, and the program does not hear of it', async () => {
    writeFileSync(cache, 'a file');
    expect(await start()).toEqual(COMPILED);
    expect(readFileSync(cache, 'utf8')).toBe('a file');
    rmSync(cache);
  });

  it('is written by programs that a signal ends, once they have run for a while, a script in a turn', async () => {
    const env = { ...process.env, WS2SPI_CATALOG: join(folder, 'none.json'), WS2SPI_CODE_CACHE: cache };
    const program = `${PROGRAM}
      const { Script } = require('node:vm');
      const { createCachedData } = Script.prototype;
      let written = 0;
      Script.prototype.createCachedData = function () {
        const before = written++;
        setImmediate(() => {
          if (written !== before + 1) console.log('several in a turn');
          if (written < 4) return;
          console.log('written');
          process.kill(process.pid, 'SIGKILL');
        });
        return createCachedData.call(this);
      };
      setInterval(() => undefined, 1000);`;
    const killed = run(process.execPath, ['--import', hook, '-e', program], { env });
    await expect(killed).rejects.toMatchObject({ signal: 'SIGKILL', stdout: 'hello\nwritten\n' });
    expect(await start()).toMatchObject({ taken: true });
  });

  it('of versions that nobody runs any more is removed, the newest aside', async () => {
    mkdirSync(cache);
    const old = Array.from({ length: 8 }, (_, index) => `00000000000000${index}0-v20.0.${index}-x64`);
    for (const [index, name] of old.entries()) {
      mkdirSync(join(cache, name));
      utimesSync(join(cache, name), index + 1, index + 1);
    }
    mkdirSync(join(cache, 'mine'));
    await start();
    const left = readdirSync(cache);
    expect(left).toContain('mine');
    expect(left.filter((name) => old.includes(name))).toEqual(old.slice(-5));
  });

  it('serves workers, which have a hook each', async () => {
    await start();
    const program = `new (require('node:worker_threads').Worker)(${JSON.stringify(PROGRAM)}, { eval: true });`;
    const env = { ...process.env, WS2SPI_CATALOG: join(folder, 'none.json'), WS2SPI_CODE_CACHE: cache };
    const { stdout, stderr } = await run(process.execPath, ['--import', hook, '-e', program], { env });
    expect({ stdout, stderr }).toEqual({ stdout: 'hello\n', stderr: '' });
  });
});

describe('the scripts of the packed package', () => {
  it('are the same for who requires them, and for who imports the package', async () => {
    const program = `
      import { createRequire } from 'node:module';
      import * as imported from ${JSON.stringify(pathToFileURL(join(installed, 'dist/index.js')).href)};
      const require = createRequire(import.meta.url);
      console.log(require(${JSON.stringify(join(installed, 'dist/index.cjs'))}).sockaddr_in === imported.sockaddr_in);`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program]);
    expect(stdout).toBe('true\n');
  });

  it('are loaded by the require of a context of its own, whose objects theirs are', async () => {
    const program = `
      const vm = require('node:vm');
      const context = vm.createContext({ process, URL, TextEncoder, TextDecoder, Buffer, setTimeout, clearTimeout, setImmediate, clearImmediate, performance });
      (async () => {
        const { createRequire } = require('node:module');
        const mine = (file) => (id) => id.endsWith('.cjs') ? load(require('node:path').resolve(require('node:path').dirname(file), id)) : require(id);
        const loaded = new Map();
        function load(file) {
          if (loaded.has(file)) return loaded.get(file).exports;
          const module = { exports: {} };
          loaded.set(file, module);
          vm.runInContext('(function (exports, require, module, __filename) {' + require('node:fs').readFileSync(file) + '\\n})', context, { filename: file })(module.exports, mine(file), module, file);
          return module.exports;
        }
        const { sockaddr_in } = load(${JSON.stringify(join(installed, 'dist/index.cjs'))});
        console.log(sockaddr_in('127.0.0.1', 80) instanceof vm.runInContext('Uint8Array', context));
      })();`;
    const { stdout } = await run(process.execPath, ['-e', program]);
    expect(stdout).toBe('true\n');
  });
});

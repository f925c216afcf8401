// The package as its users get it: packed, installed into an empty project, compiled against and run.
import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const run = promisify(execFile);
const project = mkdtempSync(join(tmpdir(), 'ws2spi-pack-'));
const clone = join(project, 'clone');
const installed = join(project, 'node_modules', 'ws2spi');
afterAll(() => rmSync(project, { recursive: true, force: true }));

interface Manifest {
  readonly version: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | null | { readonly types: string; readonly default: string }>>;
}

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;
let tarballFiles: readonly string[] = [];

// A copy of the project, with `npm pack` as it is: `prepare` builds there and joins the modules, and not under the feet of
// the other tests.
beforeAll(async () => {
  cpSync(ROOT, clone, {
    recursive: true,
    filter: (path) => !/\/(?:node_modules|\.git|\.compiled|coverage)$/.test(path),
  });
  symlinkSync(join(ROOT, 'node_modules'), join(clone, 'node_modules'));
  await run('npm', ['pack', '--pack-destination', project], { cwd: clone, maxBuffer: 1 << 26 });
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'empty', private: true, type: 'module' }));
  const install = [
    'install',
    '--ignore-scripts',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    join(project, `ws2spi-${manifest.version}.tgz`),
  ];
  await run('npm', install, { cwd: project });
  tarballFiles = readdirSync(installed, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(installed, join(entry.parentPath, entry.name)));
}, 240_000);

/** The specifiers that the package offers, each pattern filled in with what is there. */
function entryPoints(): string[] {
  return Object.keys(manifest.exports).flatMap((key) => {
    if (key.endsWith('.json') || manifest.exports[key] === null) return [];
    if (!key.includes('*')) return [`ws2spi${key.slice(1)}`];
    const providers = modulesIn(join(ROOT, 'dist/providers')).map((path) => `providers/${path}`);
    return providers.filter((path) => !isInner(path)).map((path) => `ws2spi/${path}`);
  });
}

/** Whether a module is in a room within a provider, which is nobody else's. */
function isInner(path: string): boolean {
  return Object.entries(manifest.exports).some(
    ([key, target]) => target === null && `./${path}`.startsWith(key.slice(0, -1)),
  );
}

/** Folders below that have an index.js. */
function modulesIn(folder: string, below = ''): string[] {
  const folders = readdirSync(join(folder, below), { withFileTypes: true }).filter((each) => each.isDirectory());
  return folders.flatMap(({ name }) => {
    const path = below === '' ? name : `${below}/${name}`;
    return [...(existsSync(join(folder, path, 'index.js')) ? [path] : []), ...modulesIn(folder, path)];
  });
}

const PROGRAMS: Readonly<Record<string, string>> = {
  // Bytes over the memory provider and, where there is a binding, over the operating system's sockets.
  'send.ts': `
    import assert from 'node:assert/strict';
    import { createWs2_32, type Ws2_32, type WSAPROTOCOL_INFO } from 'ws2spi';
    import { defineLayer, stack, type Layer } from 'ws2spi/chain';
    import { connectedPair } from 'ws2spi/testkit';

    const flip: Layer = defineLayer({
      name: 'flip',
      codec: () => ({
        send: (bytes, output) => output.encoded(bytes.map((byte) => byte ^ 0xff)),
        receive: (bytes, output) => output.decoded(bytes.map((byte) => byte ^ 0xff)),
      }),
    });
    const bases = process.platform === 'linux' ? (['memory', 'tcpip'] as const) : (['memory'] as const);
    for (const base of bases) {
      const ws2: Ws2_32 = createWs2_32({ base, catalog: 'memory' });
      assert.equal(ws2.WSAStartup(0x0202, {}), 0);
      const chains: (WSAPROTOCOL_INFO | undefined)[] = [undefined, ...stack(ws2, [flip])].slice(0, 2);
      for (const entry of chains) {
        const { client, server, close } = connectedPair(ws2, entry === undefined ? {} : { entry });
        assert.equal(ws2.send(client, Buffer.from('hello'), 5, 0), 5);
        const buffer = Buffer.alloc(16);
        assert.equal(ws2.recv(server, buffer, buffer.length, 0), 5);
        console.log(base, entry?.szProtocol ?? 'bare', buffer.toString('latin1', 0, 5));
        close();
      }
      ws2[Symbol.dispose]();
    }`,
};

/** Compiles programs in the project, strictly; returns what is wrong. */
function compile(sources: Readonly<Record<string, string>>): string {
  const files = Object.entries(sources).map(([name, text]) => {
    const file = join(project, name);
    writeFileSync(file, text);
    return file;
  });
  const program = ts.createProgram(files, {
    target: ts.ScriptTarget.ES2022,
    // What is strict for us must be for a user too: nothing is skipped in our own declarations.
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    exactOptionalPropertyTypes: true,
    types: ['node'],
    typeRoots: [join(ROOT, 'node_modules/@types')],
  });
  program.emit();
  const found = ts
    .getPreEmitDiagnostics(program)
    .filter((each) => each.file === undefined || !/node_modules\/(?!ws2spi\/)/.test(each.file.fileName));
  return ts.formatDiagnostics(found, {
    getCanonicalFileName: (name) => name,
    getCurrentDirectory: () => project,
    getNewLine: () => '\n',
  });
}

/** Tells which of the package's scripts a program has loaded. */
const TELL_LOADED = `
  const loaded = Object.keys(createRequire(import.meta.url).cache).filter((file) => /ws2spi.dist/.test(file));
  console.log(JSON.stringify(loaded.map((file) => file.replace(/.*ws2spi.dist./, '').replaceAll('\\\\', '/'))));`;

describe('the packed package', () => {
  it('has what it needs, and nothing else', () => {
    expect(tarballFiles).toEqual(
      expect.arrayContaining([
        'package.json',
        'README.md',
        'LICENSE',
        'CHANGELOG.md',
        'docs/write-a-layer.md',
        'dist/index.js',
      ]),
    );
    const strange = tarballFiles.filter(
      (file) =>
        !/^(dist|docs|examples)\/|^(package\.json|README\.md|LICENSE|CHANGELOG\.md|CONTRIBUTING\.md)$/.test(file),
    );
    expect(strange).toEqual([]);
    expect(tarballFiles.filter((file) => file.includes('.tsbuildinfo'))).toEqual([]);
  });

  it('has source maps with their sources, or none', () => {
    const mapped = tarballFiles.filter((file) => /\.c?js$/.test(file)).map((file) => join(installed, file));
    const dangling = mapped.filter((file) => readFileSync(file, 'utf8').includes('//# sourceMappingURL='));
    expect(dangling).toEqual([]);
    expect(tarballFiles.filter((file) => file.endsWith('.map'))).toEqual([]);
  });

  it('has everything that its own pages lead to', () => {
    const pages = tarballFiles.filter((file) => file.endsWith('.md'));
    const lost = pages.flatMap((page) => {
      const text = readFileSync(join(installed, page), 'utf8').replaceAll(/^```[^]*?^```$/gm, '');
      const links = [...text.matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)].map(([, link]) => link!);
      return links
        .filter((link) => !/^https?:/.test(link) && !existsSync(join(installed, dirname(page), link)))
        .map((link) => `${page}: ${link}`);
    });
    expect(lost).toEqual([]);
  });

  it('has its modules joined into files that are few', async () => {
    const modules = tarballFiles.filter((file) => /^dist\/.*\.c?js$/.test(file));
    // Doors, and the commands, each of which is loaded alone, are files of their own.
    const joined = modules.filter((file) => !/\/index\.c?js$/.test(file) && !file.endsWith('-command.js'));
    expect(joined.length).toBeLessThan(22);
    expect(modules).toContain('dist/joined/ws2spi.cjs');
    // What npm packed from is the compiler's own again.
    expect(readdirSync(join(clone, 'dist'), { recursive: true })).toEqual(
      expect.arrayContaining(['.tsbuildinfo', 'ws2_32/api/send.js']),
    );
    expect(existsSync(join(clone, 'dist/joined'))).toBe(false);
  });

  it('loads few of them for a first socket', async () => {
    const program = `
      import { createRequire } from 'node:module';
      import { createWs2_32 } from 'ws2spi';
      const ws2 = createWs2_32({ base: process.platform === 'linux' ? 'tcpip' : 'memory', catalog: 'memory' });
      ws2.WSAStartup(0x0202, {});
      if (ws2.socket(2, 1, 6) === 0xffffffff) throw new Error('no socket');
      ${TELL_LOADED}`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], { cwd: project });
    const loaded = JSON.parse(stdout) as string[];
    expect(loaded).toContain('joined/ws2spi.cjs');
    expect(loaded.length).toBeLessThan(20);
  });

  it('loads no more of them for the hook than sockets that are not opened need', async () => {
    const program = `import { createRequire } from 'node:module'; ${TELL_LOADED}`;
    const args = ['--import', 'ws2spi/register', '--input-type=module', '-e', program];
    const { stdout } = await run(process.execPath, args, { cwd: project });
    const loaded = JSON.parse(stdout) as string[];
    expect(loaded).toContain('joined/node-handle.cjs');
    // Half of the package, which the first socket needs.
    expect(loaded).not.toContain('ws2_32/instance.cjs');
    expect(loaded).not.toContain('joined/io.cjs');
  });

  it('is named by every entry point, for the compiler and for Node.js', async () => {
    const specifiers = entryPoints();
    expect(specifiers).toEqual(
      expect.arrayContaining(['ws2spi', 'ws2spi/spi', 'ws2spi/testkit', 'ws2spi/providers/memory']),
    );
    const source = [
      ...specifiers.map((specifier, i) => `import * as module${i} from '${specifier}';`),
      `for (const [name, module] of Object.entries({ ${specifiers.map((_, i) => `module${i}`).join(', ')} })) {`,
      // One entry point is there for what it does.
      `  if (Object.keys(module).length === 0 && name !== 'module${specifiers.indexOf('ws2spi/register')}') {`,
      '    throw new Error(`${name} exports nothing`);',
      '  }',
      '}',
    ].join('\n');
    expect(compile({ 'imports.ts': source })).toBe('');
    await run(process.execPath, ['imports.js'], { cwd: project });
  });

  it('runs programs on layers, looks after their children, and lets itself be looked at', async () => {
    const source = `
      require('node:child_process').execFileSync(process.execPath, ['-e', '0'], { env: {} });
      const server = require('node:net').createServer().listen(0, '127.0.0.1', () => {
        console.log(process.env.WS2SPI_LAYERS);
        server.close();
      });`;
    const program = join(installed, 'dist/cli/main.js');
    const args = ['run', '--top', '--layer', 'fault', '--layer', 'compression', '--', 'node', '-e', source];
    const environment = { ...process.env, WS2SPI_TOP_FOLDER: join(project, 'top') };
    const { stdout, stderr } = await run(process.execPath, [program, ...args], { cwd: project, env: environment });
    expect({ stdout, stderr }).toEqual({ stdout: '["fault:{}","compression:{}"]\n', stderr: '' });
  });

  it('carries bytes, bare and over a layer', async () => {
    expect(compile(PROGRAMS)).toBe('');
    const { stdout } = await run(process.execPath, ['send.js'], { cwd: project });
    const lines = stdout.trim().split('\n');
    expect(lines).toHaveLength(process.platform === 'linux' ? 4 : 2);
    for (const line of lines) expect(line).toMatch(/^(memory|tcpip) (bare|flip over \[.*\]) hello$/);
  });

  it('can be required, too', async () => {
    const program = `const { createWs2_32 } = require('ws2spi'); console.log(typeof createWs2_32);`;
    const { stdout } = await run(process.execPath, ['--input-type=commonjs', '-e', program], { cwd: project });
    expect(stdout.trim()).toBe('function');
  });

  it.runIf(existsSync(join(ROOT, manifest.bin['ws2spi']!)))('has a program that works', async () => {
    const { stdout } = await run('npx', ['--no-install', 'ws2spi', '--help'], { cwd: project });
    expect(stdout).toContain('Usage: ws2spi');
    const version = await run('npx', ['--no-install', 'ws2spi', '--version'], { cwd: project });
    expect(version.stdout.trim()).toBe(manifest.version);
    // The demonstration starts a process of its own, and providers by their names.
    const demo = await run('npx', ['--no-install', 'ws2spi', 'demo'], { cwd: project });
    expect(demo.stdout).toContain('identical, byte for byte');
    const names = ['--no-install', 'ws2spi', 'names', 'lookup', 'localhost'];
    expect((await run('npx', names, { cwd: project })).stdout).toContain('127.0.0.1');
  });

  it('has declarations for every entry point', () => {
    for (const target of Object.values(manifest.exports)) {
      if (target === null || typeof target === 'string' || target.types.includes('*')) continue;
      expect(existsSync(join(installed, target.types)), target.types).toBe(true);
      expect(existsSync(join(installed, target.default)), target.default).toBe(true);
    }
  });
});

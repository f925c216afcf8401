// What `ws2spi new` makes, with the packed package: its tests pass at once, without a network, and its types are right.
import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as prettier from 'prettier';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installPackage } from '../../support/packed-package.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const run = promisify(execFile);
const project = realpathSync(mkdtempSync(join(tmpdir(), 'ws2spi-new-')));
afterAll(() => rmSync(project, { recursive: true, force: true }));

// Nothing is to be had from a registry.
const environment = {
  ...process.env,
  NODE_OPTIONS: '',
  NODE_TEST_CONTEXT: undefined,
  npm_config_offline: 'true',
  WS2SPI_CATALOG: join(project, 'catalog', 'catalog.json'),
  FORCE_COLOR: '0',
};

beforeAll(async () => {
  await installPackage(project);
  // What a project in TypeScript needs beside ws2spi, as if it were installed.
  for (const tool of ['typescript', '@types'])
    symlinkSync(join(ROOT, 'node_modules', tool), join(project, 'node_modules', tool));
  symlinkSync('../typescript/bin/tsc', join(project, 'node_modules/.bin/tsc'));
});

async function inProject(folder: string, command: string, ...args: string[]): Promise<string> {
  const { stdout } = await run(command, args, {
    cwd: join(project, folder),
    env: environment,
    maxBuffer: 1 << 26,
    timeout: 120_000,
  }).catch((error: { stdout: string; stderr: string }) => {
    throw new Error(`${command} ${args.join(' ')}:\n${error.stdout}\n${error.stderr}`);
  });
  return stdout;
}

const ws2spi = (...args: string[]): Promise<string> => inProject('', 'npx', '--no-install', 'ws2spi', ...args);

interface Made {
  readonly directory: string;
  readonly files: readonly string[];
  readonly next: readonly string[];
}

/** How many tests `npm test` ran, by what became of them. */
function outcomes(output: string): Record<string, number> {
  return Object.fromEntries(
    [...output.matchAll(/^(?:#|ℹ) (tests|pass|fail|skipped) (\d+)$/gm)].map(([, what, count]) => [
      what!,
      Number(count),
    ]),
  );
}

const KINDS = [
  ['filter', ['layer', 'ports-of-mail', '--kind', 'filter'], 200],
  ['codec', ['layer', '@somebody/frames', '--kind', 'codec'], 200],
  ['datagram', ['layer', 'checksum', '--kind', 'datagram'], 200],
  // A word of the language: what is exported has another name.
  ['provider', ['layer', 'switch', '--kind', 'provider'], 200],
  ['namespace', ['namespace', 'project'], 20],
  ['base', ['base', '7-paths'], 150],
] as const;

describe.each(KINDS)('a new project: %s', (_kind, args, least) => {
  test.each(['TypeScript', 'JavaScript'])('in %s passes its tests as it is, and is formatted', async (language) => {
    const folder = `${args[1].replace('@somebody/', '')}-${language.toLowerCase()}`;
    const options = [...(language === 'JavaScript' ? ['--js'] : []), '--directory', folder, '--json'];
    const made = JSON.parse(await ws2spi('new', ...args, ...options)) as Made;
    expect(made.directory).toBe(join(project, folder));
    // All that it needs is in the folder above.
    expect(made.next).toEqual([`cd ${folder}`, 'npm test']);
    expect(
      readdirSync(made.directory, { recursive: true })
        .filter((path) => path !== 'src')
        .sort(),
    ).toEqual([...made.files].sort());

    const { pass, fail, skipped, tests } = outcomes(await inProject(folder, 'npm', 'test'));
    expect(fail).toBe(0);
    expect(pass).toBeGreaterThan(least);
    expect(pass! + skipped!).toBe(tests);

    for (const file of made.files.filter((each) => /\.[jt]s$/.test(each))) {
      const text = readFileSync(join(made.directory, file), 'utf8');
      const isFormatted = await prettier.check(text, { filepath: file, printWidth: 120, singleQuote: true });
      expect(isFormatted, file).toBe(true);
    }
  });
});

test('a layer that was made is one that a catalog takes, and gives back, as its README says', async () => {
  const { directory } = JSON.parse(await ws2spi('new', 'layer', 'installed', '-k', 'codec', '--js', '--json')) as Made;
  const [, commands] = /```sh\n(npx [^`]*)```/.exec(readFileSync(join(directory, 'README.md'), 'utf8'))!;
  const [install, remove] = commands!
    .trim()
    .split('\n')
    .map((line) => line.replace('npx ws2spi ', '').split(' '));
  await inProject('installed', 'npx', '--no-install', 'ws2spi', ...install!, '--yes');
  expect(await ws2spi('catalog')).toContain('installed over [');
  await inProject('installed', 'npx', '--no-install', 'ws2spi', ...remove!, '--yes');
  expect(await ws2spi('catalog')).not.toContain('installed over [');
});

test('it has ws2spi as a peer, and is tried with the one that made it, wherever that came from', async () => {
  const { directory } = JSON.parse(
    await ws2spi('new', 'namespace', 'peers', '--js', '--json', '-d', 'deep/er'),
  ) as Made;
  const { peerDependencies, devDependencies, dependencies } = JSON.parse(
    readFileSync(join(directory, 'package.json'), 'utf8'),
  ) as Record<string, Record<string, string>>;
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  expect(peerDependencies).toEqual({ ws2spi: `^${version}` });
  expect(devDependencies).toEqual({ ws2spi: `file:../../ws2spi-${version}.tgz` });
  expect(dependencies).toBeUndefined();
  expect(existsSync(join(directory, devDependencies!['ws2spi']!.slice('file:'.length)))).toBe(true);
});

test('where nothing is installed yet, it says to do so first', async () => {
  const elsewhere = join(tmpdir(), `ws2spi-elsewhere-${process.pid}`);
  mkdirSync(elsewhere);
  try {
    const made = JSON.parse(await ws2spi('new', 'base', 'x', '--json', '--directory', elsewhere)) as Made;
    expect(made.next.slice(1)).toEqual(['npm install', 'npm test']);
  } finally {
    rmSync(elsewhere, { recursive: true });
  }
});

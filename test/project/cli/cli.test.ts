import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { DIST } from '../../support/package.js';
import { PROGRAM } from './program.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'ws2spi-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function ws2spi(...args: string[]): Run {
  return spawnSync(process.execPath, [PROGRAM, ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, WS2SPI_CATALOG: join(folder, 'catalog.json'), FORCE_COLOR: '0' },
  });
}

describe.each(['tcpip', 'memory'])('The demonstration over %s', (base) => {
  test('prints the catalog, the chain, what each layer saw, and that the file came through whole', () => {
    const { status, stdout, stderr } = ws2spi('demo', '--base', base, '--lines', '0');
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toMatch(/1001 .*\[TCP\/IP\]/);
    expect(stdout).toMatch(/Chain.*application → .*compression → .*wire → 1001/);
    expect(stdout).toMatch(/application {2}WSPSend \d+ \d+ bytes\n.*wire {11}WSPSend \d+ \d+ bytes/);
    expect(stdout).toMatch(/Over the wire went .* for .*: \d+\.\d %/);
    expect(stdout).toMatch(/README\.md: .* fetched from localhost:\d+, identical, byte for byte\./);
  });

  test('prints one JSON object when it is asked to', () => {
    const { status, stdout } = ws2spi('demo', '--base', base, '--json');
    expect(status).toBe(0);
    const result = JSON.parse(stdout) as {
      identical: boolean;
      bytes: number;
      defects: unknown[];
      totals: { layer: string }[];
    };
    expect(result.identical).toBe(true);
    expect(result.bytes).toBe(readFileSync(join(ROOT, 'README.md')).length);
    expect(result.defects).toEqual([]);
    expect(result.totals.map(({ layer }) => layer)).toEqual(['application', 'wire']);
  });
});

test('The demonstration fetches a file of yours through a layer of yours, on a port of yours', () => {
  const file = join(folder, 'my file.bin');
  writeFileSync(
    file,
    Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7919) >> 3),
  );
  const layer = join(folder, 'my-layer.mjs');
  writeFileSync(
    layer,
    `import { defineLayer } from ${JSON.stringify(join(DIST, 'chain/index.js'))};
     const flip = (bytes) => bytes.map((byte) => byte ^ 0xff);
     export default defineLayer({
       name: 'flip',
       codec: () => ({
         send: (bytes, output) => output.encoded(flip(bytes)),
         receive: (bytes, output) => output.decoded(flip(bytes)),
       }),
     });`,
  );
  const { status, stdout, stderr } = ws2spi(
    'demo',
    '--base',
    'memory',
    '--file',
    file,
    '--layer',
    layer,
    '--port',
    '8080',
  );
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(stdout).toMatch(/application → .*flip → .*compression → .*wire/);
  expect(stdout).toMatch(/my file\.bin: 300\.0 kB fetched from localhost:8080, identical/);
});

test('npm start is the demonstration', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  expect(scripts['start']).toMatch(/dist\/cli\/main\.js demo$/);
});

describe('What is wrong is said, and exits with 2', () => {
  test.each([
    [['nonsense'], /no command "nonsense"/],
    [['demo', '--nonsense'], /--nonsense.*see ws2spi demo --help/s],
    [['dmeo'], /no command "dmeo"; did you mean "demo"\?/],
    [['--verison'], /no option "--verison"/],
    [['help', 'dmeo'], /did you mean "demo"\?/],
    [['help', 'demo', 'catalog'], /help takes one command/],
    [['demo', '--fiel', 'x'], /demo has no option --fiel; did you mean --file\?/],
    [['demo', '-x'], /demo has no option -x/],
    [['demo', '--base', 'memroy'], /did you mean "memory"\?/],
    [['demo', 'README.md', 'LICENSE'], /demo takes one file, not "README.md" "LICENSE"/],
    [['demo', 'README.md', '--file', 'LICENSE'], /demo takes one file/],
    [['demo', '--file', '/dev/zero'], /no ordinary file/],
    [['demo', '--file', '/'], /is a folder/],
    [['demo', '--layer', ''], /--layer needs the path of a module/],
    [['demo', '-l', 'a.mjs', '-l', 'a.mjs'], /--layer a\.mjs is given twice/],
    [['catalog', 'verfiy'], /did you mean "verify"\?/],
    [['catalog', 'show', 'all'], /one action/],
    [['catalog', '--file', ''], /--file needs/],
    [['completion', 'bsh'], /did you mean "bash"\?/],
    [['demo', '--port', '70000'], /--port must be a whole number from 0 to 65535, not "70000"/],
    [['demo', '--base', 'air'], /--base must be tcpip or memory/],
    [['demo', '--file', '/does/not/exist'], /--file: ENOENT/],
    [['demo', '--layer', '/does/not/exist.mjs'], /--layer .* cannot be loaded/],
    [['catalog', 'burn'], /no action "burn"; it takes one of show, map, install, remove, .*reset, path/],
    [['completion', 'csh'], /one of bash, zsh, fish/],
  ])('%j', (args, message) => {
    const { status, stdout, stderr } = ws2spi(...args);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test('A module that exports no layer', () => {
    const module = join(folder, 'no-layer.mjs');
    writeFileSync(module, 'export default 42;');
    const { status, stderr } = ws2spi('demo', '--layer', module);
    expect([status, stderr]).toEqual([2, expect.stringMatching(/its default export is not a layer/)]);
  });
});

describe('Help', () => {
  test.each([[[]], [['--help']], [['help']]])('of the program: %j', (args) => {
    const { status, stdout } = ws2spi(...args);
    expect(status).toBe(0);
    for (const command of ['demo', 'run', 'new', 'catalog', 'ports', 'completion'])
      expect(stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'));
  });

  test.each(['demo', 'run', 'new', 'catalog', 'ports', 'completion'])('of %s', (command) => {
    for (const args of [
      [command, '--help'],
      ['help', command],
    ]) {
      const { status, stdout } = ws2spi(...args);
      expect(status).toBe(0);
      expect(stdout).toMatch(new RegExp(`^Usage: ws2spi ${command}`));
    }
  });

  test("the version is the package's", () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(ws2spi('--version').stdout.trim()).toBe(version);
  });

  test.each(['bash', 'zsh', 'fish'])('completion for %s names the commands and their options', (shell) => {
    const { status, stdout } = ws2spi('completion', shell);
    expect(status).toBe(0);
    for (const word of ['demo', 'new', 'kind', 'catalog', 'layer', 'verify', 'ports', 'reserve', 'system'])
      expect(stdout).toContain(word);
  });

  test('the bash script is one that bash can read', () => {
    const { stdout } = ws2spi('completion', 'bash');
    expect(spawnSync('bash', ['-n'], { input: stdout }).status).toBe(0);
  });
});

describe('The catalog', () => {
  test('shows the built-in one when there is no file, and makes none', () => {
    const { status, stdout } = ws2spi('catalog');
    expect(status).toBe(0);
    expect(stdout).toMatch(/1004 .*\[TCP\/IPv6\]/);
    expect(() => readFileSync(join(folder, 'catalog.json'))).toThrow(/ENOENT/);
    expect(ws2spi('catalog', '--verbose').stdout).toMatch(/Winsock Catalog Provider Entry/i);
  });

  test('verify finds nothing wrong with it, and says where it is', () => {
    expect(ws2spi('catalog', 'verify')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/in order/) as string,
    });
    expect(ws2spi('catalog', 'path').stdout.trim()).toBe(join(folder, 'catalog.json'));
  });

  test('a damaged file is named, left alone by show, and mended by reset', () => {
    const file = join(folder, 'damaged.json');
    writeFileSync(file, '{"format":"ws2spi-cat');
    const verified = ws2spi('catalog', 'verify', '--file', file);
    expect(verified.status).toBe(1);
    expect(verified.stdout).toContain(file);
    expect(ws2spi('catalog', 'show', '--file', file).status).toBe(1);
    expect(ws2spi('catalog', 'repair', '--file', file).status).toBe(1);
    expect(readFileSync(file, 'utf8')).toBe('{"format":"ws2spi-cat');
    expect(ws2spi('catalog', 'reset', '--file', file).status).toBe(0);
    expect(ws2spi('catalog', 'verify', '--file', file).status).toBe(0);
    const shown = JSON.parse(ws2spi('catalog', 'show', '--json', '--file', file).stdout) as { protocols: unknown[] };
    expect(shown.protocols).toHaveLength(6);
  });
});

describe('A demonstration whose provider cannot be started', () => {
  test('says why, and what to do', () => {
    const { status, stderr } = spawnSync(process.execPath, ['--no-addons', PROGRAM, 'demo', '--base', 'tcpip'], {
      encoding: 'utf8',
      timeout: 60_000,
      env: { ...process.env, FORCE_COLOR: '0' },
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(/WSAEPROVIDERFAILEDINIT.*koffi.*cannot be loaded.*createWs2_32\(\{ base: 'memory' \}\)/s);
  });
});

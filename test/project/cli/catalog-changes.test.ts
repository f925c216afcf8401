// The catalog as people change it: layers installed, ordered and taken out, categories, and the way back.
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FileCatalogStore, formatCatalog, parseCatalog, type CatalogData } from 'ws2spi/catalog';
import { beforeEach, describe, expect, it, test } from 'vitest';
import { internetCatalog } from '../../rooms/catalog/helpers.js';
import { DIST } from '../../support/package.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { PROGRAM, ROOT, shell, ws2spi } from './program.js';

let folder: string;
let file: string;

beforeEach(() => {
  folder = temporaryFolder();
  file = join(folder, 'catalog.json');
  writeFileSync(file, formatCatalog(internetCatalog()), { mode: 0o600 });
});

const run = (...args: string[]) => ws2spi(['catalog', ...args], { WS2SPI_CATALOG: file });
const done = (...args: string[]): string => {
  const { status, stdout, stderr } = run(...args);
  expect([stderr, status]).toEqual(['', 0]);
  return stdout;
};
const json = (...args: string[]): unknown => JSON.parse(done(...args, '--json'));
const names = (): string[] => new FileCatalogStore(file).read().protocols.map(({ entry }) => entry.szProtocol);
const refused = (args: string[], message: RegExp, status = 1): void => {
  const before = existsSync(file) ? readFileSync(file, 'utf8') : null;
  const result = run(...args);
  expect([result.status, result.stdout]).toEqual([status, expect.not.stringContaining('Done')]);
  expect(result.stderr).toMatch(message);
  expect(result.stderr).not.toMatch(/\n\s+at /);
  expect(existsSync(file) ? readFileSync(file, 'utf8') : null).toBe(before);
};

function layerFile(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

const DEFINE = `import { defineLayer } from ${JSON.stringify(pathToFileURL(join(DIST, 'chain/index.js')).href)};\n`;

describe('install', () => {
  it('makes a layer’s entry and a chain over TCP of each family, first in the order, and says so before', () => {
    const output = done('install', 'di:layers/trace', '--yes');
    expect(output).toMatch(
      /^\+ entry 1008 "trace over \[ws2spi Memory \[TCP\/IP\]\]" {2}chain 1007 : 1001, di:layers\/trace$/m,
    );
    expect(output).toMatch(
      /^= socket\(2, 1, 6\) {2}ws2spi Memory \[TCP\/IP\] → trace over \[ws2spi Memory \[TCP\/IP\]\]$/m,
    );
    expect(output).toMatch(/Done\. Programs that start from now on see it; ws2spi catalog restore takes it back\.$/m);
    expect(names().slice(0, 3)).toEqual([
      'trace over [ws2spi Memory [TCP/IP]]',
      'trace over [ws2spi Memory [TCP/IPv6]]',
      'trace',
    ]);
  });

  it('takes a file, whose layer says what it is called, and what its sockets are', () => {
    const path = layerFile(
      'my layer.mjs',
      `${DEFINE}export default defineLayer({ name: 'mine', connect: () => true });`,
    );
    done('install', path, '--over', 'tcp,udp', '--is', 'inspector,firewall', '-y');
    const { protocols, categories } = new FileCatalogStore(file).read();
    const layer = protocols.find(({ entry }) => entry.szProtocol === 'mine')!;
    expect(layer.path).toBe(pathToFileURL(path).href);
    expect(layer.entry.dwServiceFlags1 & 0x20000).toBe(0x20000);
    expect(protocols.filter(({ path: module }) => module === layer.path)).toHaveLength(5);
    expect(categories).toEqual({ providers: [{ provider: layer.entry.ProviderId, categories: 9 }] });
  });

  it('takes a module that exports WSPStartup alone, by the name of its file, and a package from the catalog’s folder', () => {
    const text = `export { WSPStartup } from ${JSON.stringify(pathToFileURL(join(DIST, 'providers/layers/trace/index.js')).href)};`;
    done('install', layerFile('plain.mjs', text), '-y');
    expect(names()[2]).toBe('plain');
    mkdirSync(join(folder, 'node_modules/pkg'), { recursive: true });
    layerFile('node_modules/pkg/index.mjs', text);
    layerFile('node_modules/pkg/package.json', '{"name":"pkg","version":"1.0.0","exports":"./index.mjs"}');
    done('install', 'pkg', '-y', '--ifs', '--name', 'from a package', '--guid', '11111111-2222-3333-4444-555555555555');
    expect(names()[2]).toBe('from a package');
  });

  it('lies over what is named, by id or name', () => {
    done('install', 'di:layers/trace', '-y', '-o', '1002', '-o', 'ws2spi Memory [RAW/IP]');
    expect(names().slice(0, 3)).toEqual([
      'trace over [ws2spi Memory [UDP/IP]]',
      'trace over [ws2spi Memory [RAW/IP]]',
      'trace',
    ]);
  });

  it('changes nothing without --yes, and with --dry-run', () => {
    refused(
      ['install', 'di:layers/trace'],
      /catalog install changes .*: add --yes to do it, or --dry-run to look only/,
      2,
    );
    refused(['install', 'di:layers/trace', '--json'], /add --yes/, 2);
    const before = readFileSync(file, 'utf8');
    expect(done('install', 'di:layers/trace', '-n')).toMatch(/^\+ entry 1008[^]*Nothing was changed \(--dry-run\)\.$/m);
    expect(json('install', 'di:layers/trace', '-n')).toMatchObject({
      changed: false,
      differences: expect.any(Array) as object,
    });
    expect(readFileSync(file, 'utf8')).toBe(before);
    refused(['install', 'di:layers/trace', '-y', '-n'], /--yes and --dry-run are two things/, 2);
  });

  it('asks on a terminal', (context) => {
    if (shell('script -qec true /dev/null').status !== 0)
      context.skip('there is no script(1) here, to make a terminal');
    const ask = (answer: string) =>
      shell(
        `printf '${answer}\\n' | script -qec "WS2SPI_CATALOG='${file}' '${process.execPath}' '${PROGRAM}' catalog install di:layers/trace" /dev/null`,
        { TERM: 'dumb' },
      );
    expect(ask('n')).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/\+ entry 1008[^]*\[y\/N\][^]*Nothing was changed/) as string,
    });
    expect(names()).toHaveLength(6);
    expect(ask('y')).toMatchObject({ status: 0, stdout: expect.stringMatching(/\[y\/N\][^]*Done\./) as string });
    expect(names()).toHaveLength(9);
  });

  it('refuses what is no layer, cannot be loaded or cannot be used, and says what to do', () => {
    refused(['install'], /install takes one module/, 2);
    refused(['install', 'a', 'b'], /install takes one module/, 2);
    refused(
      ['install', 'di:layers/trcae', '-y'],
      /not built in; of layers there are di:layers\/trace, di:layers\/compression/,
    );
    refused(
      ['install', 'not-there', '-y'],
      /not-there is not found from the catalog's folder .*install the package there/,
    );
    refused(['install', 'trase', '-y'], /trase is not found .* Did you mean di:layers\/trace, which is built in\?$/m);
    refused(['install', folder, '-y'], /is not a module: it is a folder; name its file, such as .*index\.js$/m);
    refused(
      ['install', layerFile('names.mjs', 'export const NSPStartup = () => 0;'), '-y'],
      /is a name space, no layer: ws2spi names install installs it/,
    );
    refused(
      [
        'install',
        layerFile(
          'base.mjs',
          'export const entry = { ProtocolChain: { ChainLen: 1 } }; export const WSPStartup = () => 0;',
        ),
        '-y',
      ],
      /is a base provider, which lies over nothing: WSCInstallProvider installs it/,
    );
    refused(['install', './not-there.mjs', '-y'], /there is no file .*not-there\.mjs/);
    refused(['install', layerFile('bad.mjs', 'export ('), '-y'], /bad\.mjs cannot be loaded/);
    refused(['install', layerFile('empty.mjs', 'export {};'), '-y'], /does not export WSPStartup/);
    refused(
      ['install', layerFile('throws.mjs', 'export const WSPStartup = () => { throw new Error("no licence"); };'), '-y'],
      /cannot be used: .*no licence/,
    );
    refused(['install', join(folder, 'x'.repeat(300)), '-y'], /there is no file|characters, more than 260/);
    refused(
      ['install', 'di:layers/compression', '--over', 'udp', '-y'],
      /no socket could be opened on .*WSAESOCKTNOSUPPORT; leave it out with --over/,
    );
    refused(
      ['install', 'di:layers/trace', '--over', '4711', '-y'],
      /there is nothing 4711 to lie over; --over takes tcp, udp, raw, all/,
    );
    refused(['install', 'di:layers/trace', '--guid', 'mine', '-y'], /--guid must be a GUID/, 2);
    refused(
      ['install', 'di:layers/trace', '--is', 'fierwall', '-y'],
      /no category "fierwall": did you mean "firewall"\?/,
      2,
    );
    done('install', 'di:layers/trace', '-y');
    refused(['install', 'di:layers/trace', '-y'], /install was refused: a layer "trace" is installed already/);
    refused(
      ['install', 'di:layers/trace', '--name', 'b', '--over', '1007', '-y'],
      /it is a layer by itself; name one of its chains/,
    );
  });

  it('refuses a module that others may write', { skip: process.platform === 'win32' }, () => {
    const path = layerFile('open.mjs', 'export {};');
    chmodSync(path, 0o666);
    refused(['install', path, '-y'], /others may write .*chmod go-w/);
    chmodSync(path, 0o600);
    chmodSync(file, 0o666);
    refused(['install', 'di:layers/trace', '-y'], /chmod go-w/);
  });

  it('stops at seven', () => {
    for (let n = 1; n < 7; n++) done('install', 'di:layers/trace', '--name', `t${n}`, '-y');
    refused(['install', 'di:layers/trace', '--name', 'one more', '-y'], /would make a chain of 8; a chain may have 7/);
  });
});

describe('With two layers', () => {
  beforeEach(() => {
    done('install', 'di:layers/trace', '-y');
    done('install', 'di:layers/compression', '-y', '--is', 'crypto-compress');
  });

  it('map draws their chains, and marks what sockets are opened on', () => {
    const drawn = done('map');
    expect(drawn).toContain(
      [
        'streams over IPv4, protocol 6',
        '→ 1011  compression over [trace over [ws2spi Memory [TCP/IP]]]',
        '    compression  1010',
        '    └─ trace  1007',
        '       └─ ws2spi Memory [TCP/IP]  1001',
        '  1008  trace over [ws2spi Memory [TCP/IP]]',
        '    trace  1007',
        '    └─ ws2spi Memory [TCP/IP]  1001',
        '  1001  ws2spi Memory [TCP/IP]',
      ].join('\n'),
    );
    expect(drawn).toMatch(
      /1007 {2}trace\n {4}module {6}di:layers\/trace\n {4}categories {2}none\n {4}chains {6}1008, 1009\n {4}needed by {3}1011, 1012/,
    );
    expect(drawn).not.toContain('\u001b');
    expect(ws2spi(['catalog', 'map'], { WS2SPI_CATALOG: file, FORCE_COLOR: '1' }).stdout).toContain('\u001b[32m→ 1011');
    expect(json('map')).toMatchObject({
      protocols: [
        {
          family: 2,
          type: 1,
          protocol: 6,
          entries: [
            { id: 1011, opens: true, members: [{ id: 1010 }, { id: 1007 }, { id: 1001 }] },
            { id: 1008 },
            { id: 1001 },
          ],
        },
        {},
        {},
        {},
        {},
        {},
      ],
      layers: [
        { name: 'compression', categories: 64 },
        { name: 'trace', chains: [1008, 1009], below: [1011, 1012] },
      ],
    });
  });

  it('remove refuses one that others need, and names them; --rechain and --cascade say what becomes of those', () => {
    refused(
      ['remove', 'trace', '-y'],
      /"trace": it lies in chains of other layers.*1011 "compression over.*--rechain.*--cascade/,
    );
    refused(['remove', 'trace', '--rechain', '--cascade', '-y'], /two things/, 2);
    const dry = done('remove', 'trace', '--rechain', '-n');
    expect(dry).toMatch(/^~ entry 1011 .*chain "1010 : 1008 : 1001" → "1010 : 1001"$/m);
    done('remove', 'trace', '--rechain', '-y');
    expect(names().slice(0, 3)).toEqual([
      'compression over [ws2spi Memory [TCP/IP]]',
      'compression over [ws2spi Memory [TCP/IPv6]]',
      'compression',
    ]);
    expect(done('verify')).toBe('The catalog is in order.\n');
    done('restore', '-y');
    done('remove', 'trace', '--cascade', '-y');
    expect(names()).toHaveLength(7);
  });

  it('remove takes ids of chains, GUIDs and modules, and several at once', () => {
    done('remove', '1011', '-y');
    expect(names()).not.toContain('compression');
    expect(new FileCatalogStore(file).read().categories).toBeUndefined();
    done('restore', '-y');
    done('remove', 'di:layers/trace', 'compression', '-y');
    expect(names()).toHaveLength(6);
    refused(['remove', '1001', '-y'], /entry 1001 "ws2spi Memory \[TCP\/IP\]" is a base protocol, not a layer/);
    refused(['remove', 'trace', '-y'], /there is no layer "trace"; none is installed/);
    refused(['remove'], /remove takes layers/, 2);
  });

  it('order puts entries first, and a layer’s with all its chains', () => {
    expect(done('order')).toMatch(/^ {2}1 {2}1011 {2}compression over/);
    expect(done('order', 'trace', '-y')).toMatch(/^> entries {2}1008, 1009, 1007, 1011/m);
    expect((json('order') as { order: { id: number }[] }).order.map(({ id }) => id).slice(0, 4)).toEqual([
      1008, 1009, 1007, 1011,
    ]);
    expect(done('order', '1008', '-y')).toBe('There is nothing to change.\n');
    refused(['order', 'tracer', '-y'], /there is no entry "tracer"/);
  });

  it('diff says what the last change was, and restore takes it back, and back again', () => {
    expect(done('diff')).toMatch(/^\+ entry 1010 "compression" {2}layer, di:layers\/compression$/m);
    expect(done('diff')).toMatch(/^\+ categories of "compression" {2}0x40$/m);
    const all = names();
    done('restore', '-y');
    expect(names()).toHaveLength(9);
    done('restore', '-y');
    expect(names()).toEqual(all);
    done('restore', '1', '-y');
    expect(names()).toHaveLength(6);
    // Identifiers are not used twice.
    done('install', 'di:layers/trace', '-y');
    expect(new FileCatalogStore(file).read().protocols[2]!.entry.dwCatalogEntryId).toBe(1013);
    const { generations } = json('generations') as { generations: { serial: number; path: string }[] };
    expect(generations.map(({ serial }) => serial)).toEqual([6, 5, 4, 3, 2]);
    expect(json('diff', '2', generations[0]!.path)).toMatchObject({
      differences: [{ kind: 'removed' }, {}, {}, { kind: 'sockets' }, {}],
    });
    expect(done('diff', '3', '5')).toBe('They say the same.\n');
    refused(['diff', '99'], /"99" is neither a state that is kept nor a file; there are 6, 5, 4, 3, 2/);
    refused(['restore', '99', '-y'], /"99" is neither/);
  });

  it('category says and sets what layers are and programs permit, and map shows what a program gets', () => {
    const app = layerFile('app.mjs', '');
    expect(done('category')).toMatch(
      /Layers are\n1010 {2}compression {2}crypto-compress\n1007 {2}trace {2}none\n\nPrograms permit\neverything: none is named/,
    );
    expect(done('category', 'trace')).toBe('none\n');
    expect(done('category', app)).toBe('everything\n');
    done('category', app, '--permit', 'inspector,firewall', '-y');
    expect(done('map', '--for', app)).toMatch(/^× 1011 .*\(not permitted\)$[^]*^× 1008 [^]*^→ 1001 /m);
    done('category', '1008', '--is', 'inspector', '-y');
    expect(done('map', '--for', app)).toMatch(/^× 1011 [^]*^→ 1008 /m);
    done('category', app, '--permit', '0x80000000', '--args=--daemon', '-y');
    expect(json('category')).toMatchObject({
      layers: [
        { id: 1010, categories: 64 },
        { id: 1007, categories: 1 },
      ],
      programs: [
        { path: app, permitted: 9, missing: false },
        { path: app, extra: '--daemon', permitted: 0x80000000 },
      ],
    });
    done('category', app, '--forget', '-y');
    done('category', 'trace', '--forget', '-y');
    expect(new FileCatalogStore(file).read().categories).toEqual({
      providers: [{ provider: expect.any(String) as string, categories: 64 }],
      applications: [{ path: app, extra: '--daemon', permitted: 0x80000000 }],
    });
    refused(
      ['category', './gone.mjs', '--permit', 'none', '-y'],
      /there is no file .*gone\.mjs: a program is known by the path/,
    );
    refused(['category', folder, '--permit', 'none', '-y'], /is not a file/);
    refused(['category', app, '--forget', '-y'], /nothing is said of/);
    refused(['category', 'nobody', '--is', 'none', '-y'], /there is no layer "nobody"/);
    refused(['category', 'trace', '--is', 'none', '--permit', 'none'], /three things/, 2);
    refused(['category', 'trace', '--args', 'x'], /--args belongs to a program/, 2);
  });
});

describe('Damage', () => {
  const damage = (change: (data: Record<string, unknown>) => void): void => {
    const data = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    change(data);
    writeFileSync(file, JSON.stringify(data), { mode: 0o600 });
  };

  test('of categories is told by show and verify, by its path within the file, and mended by repair', () => {
    damage((data) => (data['categories'] = { applications: [{ path: '/a.mjs', permitted: 'all' }] }));
    const message = /categories\.applications\[0\]\.permitted is "all", but should be a whole number/;
    expect(done('show')).toMatch(message);
    expect(run('verify')).toMatchObject({ status: 1, stdout: expect.stringMatching(message) as string });
    expect(done('repair')).toMatch(/^Dropped from .*categories\.applications\[0\]\.permitted/);
    expect(done('verify')).toBe('The catalog is in order.\n');
  });

  test('of the file as a whole is told in JSON too, and restore puts a sound state back', () => {
    done('install', 'di:layers/trace', '-y');
    done('order', '1001', '-y');
    damage((data) => (data['categories'] = 7));
    for (const action of ['show', 'map', 'order', 'category', 'diff', 'install di:layers/trace -y']) {
      const result = run(...action.split(' '), '--json');
      expect(result.status).toBe(1);
      expect(JSON.parse(result.stdout)).toMatchObject({
        path: file,
        error: expect.stringMatching(/categories is 7/) as string,
      });
      expect(run(...action.split(' ')).stderr).toMatch(
        /cannot be used: categories is 7.*reset puts the default catalog in its place/,
      );
    }
    refused(['restore'], /add --yes/, 2);
    done('restore', '-y');
    expect(names()).toHaveLength(9);
  });

  test('of names does nothing to the terminal', () => {
    const data: CatalogData = parseCatalog(readFileSync(file, 'utf8'), file);
    data.protocols[0]!.entry.szProtocol = 'evil \u001b]0;title\u0007';
    writeFileSync(file, formatCatalog(data), { mode: 0o600 });
    for (const action of ['show', 'map', 'order', 'install di:layers/trace -n']) {
      const { stdout } = run(...action.split(' '));
      expect(stdout).toContain('evil \\x1b]0;title\\x07');
      expect(stdout).not.toContain('\u001b');
    }
  });
});

test('Two processes that install at once do not undo each other', () => {
  const install = (name: string) =>
    `ws2spi catalog install di:layers/trace -y --name ${name} > /dev/null 2>> '${folder}/errors' &`;
  shell(`${['a', 'b', 'c'].map(install).join(' ')} wait`, { WS2SPI_CATALOG: file });
  const installed = names().filter((name) => /^[abc]$/.test(name)).length;
  const errors = existsSync(join(folder, 'errors')) ? readFileSync(join(folder, 'errors'), 'utf8') : '';
  // What was printed is what is done: one that was overtaken says so.
  expect(installed).toBeGreaterThan(0);
  expect(installed + (errors.match(/changed meanwhile; look again/g)?.length ?? 0)).toBe(3);
  expect(done('verify')).toBe('The catalog is in order.\n');
});

describe('Help', () => {
  test.each(['install', 'remove', 'order', 'map', 'diff', 'category', 'restore', 'generations'])(
    'of catalog %s',
    (action) => {
      for (const args of [
        ['catalog', action, '--help'],
        ['help', 'catalog', action],
        ['catalog', 'help', action],
      ]) {
        expect(ws2spi(args)).toMatchObject({
          status: 0,
          stderr: '',
          stdout: expect.stringMatching(new RegExp(`^Usage: ws2spi catalog ${action} `)) as string,
        });
      }
      expect(ws2spi(['catalog', 'help']).stdout).toMatch(new RegExp(`^ {2}${action} `, 'm'));
    },
  );

  test('is what people get who try it in other ways', () => {
    expect(ws2spi(['names', 'help']).stdout).toMatch(/^Usage: ws2spi names/);
    expect(ws2spi(['help', 'names', 'lookup']).stdout).toMatch(/^Usage: ws2spi names/);
    expect(ws2spi(['demo', 'help']).stdout).toMatch(/^Usage: ws2spi demo/);
    for (const way of ['-v', '-V', 'version', '--version']) expect(ws2spi([way]).stdout).toMatch(/^\d+\.\d+\.\d+/);
  });

  test('an option of another action is one that this has not', () => {
    refused(['map', '--yes'], /catalog map has no option --yes \(see ws2spi catalog map --help\)/, 2);
    refused(['show', '--over', 'tcp'], /catalog show has no option --over/, 2);
    refused(['path', 'x'], /catalog takes one action, not "path x"/, 2);
  });
});

describe('Completion', () => {
  const complete = (line: string): string[] => {
    const words = line.split(' ');
    const quoted = words.map((word) => `'${word}'`).join(' ');
    return shell(
      `source <('${process.execPath}' '${PROGRAM}' completion bash); COMP_WORDS=(ws2spi ${quoted}); COMP_CWORD=${words.length}; _ws2spi; printf '%s\\n' "\${COMPREPLY[@]}"`,
    )
      .stdout.trim()
      .split('\n');
  };

  test('in bash knows the actions, and the options and values of each', () => {
    expect(complete('catalog ')).toEqual(
      expect.arrayContaining(['install', 'remove', 'order', 'map', 'diff', 'category', 'restore']),
    );
    expect(complete('catalog inst')).toEqual(['install']);
    expect(complete('catalog install --o')).toEqual(['--over']);
    expect(complete('catalog install x --over ')).toEqual(['tcp', 'udp', 'raw', 'all']);
    expect(complete('catalog map --')).toEqual(['--file', '--json', '--for', '--args', '--help']);
    expect(complete('catalog category trace --is inb')).toEqual(['inbound-modify']);
    expect(complete('catalog install READ')).toEqual(['README.md']);
  });

  test('in fish and zsh knows them too', () => {
    const fish = ws2spi(['completion', 'fish']).stdout;
    expect(fish).toMatch(
      /seen_subcommand_from catalog; and __fish_seen_subcommand_from install' -l over -s o -x -a 'tcp udp raw all'/,
    );
    expect(fish).toMatch(/seen_subcommand_from catalog; and not __fish_seen_subcommand_from show [^']*install/);
    expect(ws2spi(['completion', 'zsh']).stdout).toContain('install) COMPREPLY');
  });
});

test('What docs/catalog.md shows of the program works, in its order', () => {
  const text = readFileSync(join(ROOT, 'docs/catalog.md'), 'utf8');
  const lines = [...text.matchAll(/^npx (ws2spi (?:catalog|completion)\b[^#\n]*)/gm)].map(([, line]) => line!.trim());
  expect(lines.length).toBeGreaterThan(15);
  layerFile(
    'my-layer.mjs',
    `${DEFINE}const same = { send: (bytes, output) => output.encoded(bytes), receive: (bytes, output) => output.decoded(bytes) };
     export default defineLayer({ name: 'mine', codec: () => same, datagrams: () => ({ send: (bytes, to, output) => output.encoded(bytes), receive: (bytes, from, output) => output.decoded(bytes) }) });`,
  );
  layerFile('app.mjs', '');
  for (const line of lines) {
    const { status, stderr } = shell(`cd '${folder}' && ${line}`, { WS2SPI_CATALOG: file });
    expect([line, stderr, status]).toEqual([line, '', 0]);
  }
});

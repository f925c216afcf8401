import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { shell, ws2spi } from './program.js';

const folder = temporaryFolder();
const made = (name: string, ...options: string[]) =>
  ws2spi(['new', 'layer', name, '--kind', 'codec', '--directory', join(folder, name.replace('/', '-')), ...options]);

describe('ws2spi new', () => {
  test('tells what it has made, and what to do next', () => {
    const { status, stdout, stderr } = made('tells');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`tells is made in ${join(folder, 'tells')}\n  package.json\n`);
    expect(stdout).toMatch(/Next:\n {2}cd \S+tells\n {2}npm install\n {2}npm test\n$/);
  });

  test('calls what is exported by a name that JavaScript has', () => {
    for (const [name, identifier] of [
      ['my-own.layer_2', 'myOwnLayer2'],
      ['@me/class', 'classLayer'],
      ['7zip', 'layer7zip'],
      ['test', 'testLayer'],
      ['~', 'layer'],
      ['connector', 'connector'],
      ['com10', 'com10'],
    ] as const) {
      expect(made(name, '--js').status).toBe(0);
      const source = readFileSync(join(folder, name.replace('/', '-'), 'index.js'), 'utf8');
      expect(source).toContain(`export const ${identifier} = defineLayer({\n  name: '${name.replace('@me/', '')}',`);
    }
  });

  test.each([
    ['My Layer', /capitals are not allowed; "my-layer" would do/],
    ['Größe', /"große" would do|"gro-e" would do|capitals/],
    ['.hidden', /does not begin with a dot or an underscore; "hidden" would do/],
    ['fs', /"my-fs" would do/],
    ['ws2spi', /"my-ws2spi" would do/],
    ['node_modules', /something else/],
    ['@Me/My', /"@me\/my" would do/],
    ['a/b', /"a-b" would do/],
    ['../up', /"up" would do/],
    ["x'y", /"x-y" would do/],
    ['!!!', /small letters, digits/],
    ['con', /Windows has no folder of that name; "my-con" would do/],
    ['@me/aux', /Windows has no folder of that name; "@me\/my-aux" would do/],
    ['nul.layer', /Windows has no folder of that name; "my-nul.layer" would do/],
    ['com1', /"my-com1" would do/],
    ['lpt9', /"my-lpt9" would do/],
    ['layer.', /Windows has no folder of that name; "layer" would do/],
    ['PRN', /"my-prn" would do/],
    ['', /at least one character/],
    ['a'.repeat(101), /at most 100 characters, this one has 101/],
  ])('refuses %j as a name, and says what would do', (name, message) => {
    const { status, stdout, stderr } = ws2spi(['new', 'layer', name, '-k', 'codec', '-d', join(folder, 'never')]);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(existsSync(join(folder, 'never'))).toBe(false);
  });

  test.each([
    [[], /one of layer, namespace, base/],
    [['lyer', 'x'], /did you mean "layer"\?/],
    [['codec', 'x'], /"codec" is a kind of layer: ws2spi new layer NAME --kind codec/],
    [['layer'], /layer takes a name: ws2spi new layer my-layer/],
    [['layer', 'a', 'b'], /takes one name, not "a b"/],
    [['layer', 'x'], /needs --kind\n {2}--kind filter +sees/],
    [['layer', 'x', '--kind', 'cdoec'], /no kind of layer "cdoec"; did you mean "codec"\?/],
    [['layer', 'x', '--kind', 'toString'], /no kind of layer "toString"/],
    [['base', 'x', '--kind', 'codec'], /--kind is for layers alone/],
    [['base', 'x', '--directory', ''], /--directory needs/],
    [['base', 'x', '--foce'], /did you mean --force\?/],
  ])('says what is wrong with %j, and exits with 2', (args, message) => {
    const { status, stdout, stderr } = ws2spi(['new', ...args]);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });

  test('writes over nothing, unless it is told to', () => {
    const there = join(folder, 'there');
    mkdirSync(there);
    writeFileSync(join(there, 'README.md'), 'mine');
    writeFileSync(join(there, 'notes.txt'), 'mine too');
    const refused = made('there');
    expect([refused.status, refused.stdout]).toEqual([1, '']);
    expect(refused.stderr).toMatch(/has files in it \(README\.md, notes\.txt\); give another --directory, or --force/);
    expect(readdirSync(there)).toHaveLength(2);
    expect(made('there', '--force').status).toBe(0);
    expect(readFileSync(join(there, 'README.md'), 'utf8')).toMatch(/^# there\n/);
    expect(readFileSync(join(there, 'notes.txt'), 'utf8')).toBe('mine too');
  });

  test('takes an empty folder, and a fresh repository', () => {
    mkdirSync(join(folder, 'fresh', '.git'), { recursive: true });
    expect(made('fresh').status).toBe(0);
  });

  test('makes it right here', () => {
    const here = join(folder, 'here');
    const { status, stdout } = shell(`mkdir '${here}' && cd '${here}' && ws2spi new base here --js -d .`);
    expect(status).toBe(0);
    expect(stdout).toMatch(/Next:\n {2}npm install\n {2}npm test\n$/);
    expect(readdirSync(here)).toContain('index.js');
  });

  test('says what is in the way', () => {
    writeFileSync(join(folder, 'file'), '');
    const { status, stderr } = made('file');
    expect([status, stderr]).toEqual([1, expect.stringMatching(/nothing is made: .*file is a file/)]);
    const below = ws2spi(['new', 'base', 'x', '-d', join(folder, 'file', 'below'), '--json']);
    expect(below.status).toBe(1);
    expect(JSON.parse(below.stdout)).toMatchObject({
      name: 'x',
      error: expect.stringMatching(/ENOTDIR|EEXIST/) as string,
    });
  });

  test('is completed: what to make, the kinds, and the options of each', () => {
    const { stdout } = ws2spi(['completion', 'bash']);
    expect(stdout).toContain('layer namespace base');
    expect(stdout).toContain('filter codec datagram provider');
    expect(stdout).toMatch(/base\) COMPREPLY=\(\$\(compgen -W "--js --directory --force --json --help"/);
  });

  test('has help', () => {
    for (const args of [
      ['new', '--help'],
      ['help', 'new'],
      ['new', 'layer', '--help'],
    ]) {
      const { status, stdout } = ws2spi(args);
      expect(status).toBe(0);
      expect(stdout).toMatch(/^Usage: ws2spi new layer\|namespace\|base NAME/);
      for (const kind of ['filter', 'codec', 'datagram', 'provider'])
        expect(stdout).toMatch(new RegExp(`^ +${kind} `, 'm'));
    }
  });
});

// Which programs are Node.js', as far as their files tell.
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isHooked, isSingleExecutable, kindOfProgram, programsOf, withHook } from 'ws2spi/node-programs';
import { temporaryFolder } from '../../support/temporary-folder.js';

const folder = temporaryFolder();
const script = (name: string, text: string, mode = 0o755): void => {
  writeFileSync(join(folder, name), text);
  chmodSync(join(folder, name), mode);
};
script('tool', '#!/usr/bin/env node\n');
script('flagged', '#!/usr/bin/env -S node --no-warnings\n');
script('python-tool', '#!/usr/bin/python3\n');
script('binary', '\x7fELF\0\0');
script('empty', '');
script('not-executable', '#!/usr/bin/env node\n', 0o644);
mkdirSync(join(folder, 'folder'));
// Single executable applications, as far as their fuse tells; Node.js' own file has the same one, not blown.
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
script('node-22', `\x7fELF\0${FUSE}\0${FUSE}:1\0more`);
script('node-24', `\x7fELF\0${FUSE}:0\0more ${FUSE}:1`);
script('application', `\x7fELF\0${FUSE}:1`);
symlinkSync(process.execPath, join(folder, 'runtime'));

const onWindows = process.platform === 'win32';

describe('A program of Windows', { skip: !onWindows }, () => {
  test('is found by what its file ends in', () => {
    script('shim.cmd', '@ECHO off\r\n"%dp0%\\node.exe" %*\r\n');
    script('other.bat', '@ECHO off\r\ncurl %*\r\n');
    expect(kindOfProgram('shim', folder, folder)).toEqual({ file: join(folder, 'shim.cmd'), kind: 'node' });
    expect(kindOfProgram('.\\shim.CMD', undefined, folder)?.kind).toBe('node');
    expect(kindOfProgram('other', `C:\\nowhere;${folder}`, folder)?.kind).toBe('script');
    expect(kindOfProgram('tool', folder, folder)).toBeNull();
    expect(kindOfProgram(process.execPath, undefined, folder)?.kind).toBe('node');
  });
});

describe('A program', { skip: onWindows }, () => {
  test.each([
    ['tool', 'node'],
    ['flagged', 'node'],
    ['runtime', 'node'],
    ['./tool', 'node'],
    ['python-tool', 'script'],
    ['binary', 'other'],
    ['empty', 'other'],
    ['node-22', 'single-executable'],
    ['node-24', 'node'],
    ['application', 'other'],
    ['not-executable', undefined],
    ['folder', undefined],
    ['nothing', undefined],
  ])('%s is %s', (name, kind) => {
    expect(kindOfProgram(name, folder, folder)?.kind).toBe(kind);
  });

  test('is looked for as the system does', () => {
    expect(kindOfProgram('node', process.env['PATH'], '/')?.kind).toBe('node');
    expect(kindOfProgram('sh', process.env['PATH'], '/')?.kind).toBe('launcher');
    expect(kindOfProgram('tool', `/nowhere:${folder}`, '/')).toEqual({ file: join(folder, 'tool'), kind: 'node' });
    expect(kindOfProgram('tool', undefined, '/')).toBeNull();
  });
});

describe('A single executable application', () => {
  test('is known by its fuse, wherever that lies in its file', () => {
    const piece = 4 * 1024 * 1024;
    const fuse = Buffer.from(`${FUSE}:1`);
    const before = [
      0,
      piece - fuse.length - 1,
      piece - fuse.length,
      piece - fuse.length + 1,
      piece - 1,
      piece,
      2 * piece - 60,
    ];
    for (const length of before) {
      const file = join(folder, 'fused');
      writeFileSync(file, Buffer.concat([Buffer.alloc(length, 'N'), fuse]));
      expect(isSingleExecutable(file), `${length} bytes before it`).toBe(true);
      writeFileSync(file, Buffer.concat([Buffer.alloc(length, 'N'), fuse.subarray(0, -1)]));
      expect(isSingleExecutable(file), `${length} bytes before what is none`).toBe(false);
    }
  });

  test('is neither Node.js itself nor what cannot be read', () => {
    expect(isSingleExecutable(process.execPath)).toBe(false);
    expect(isSingleExecutable(join(folder, 'nothing'))).toBe(false);
    expect(isSingleExecutable(folder)).toBe(false);
  });
});

test.each([
  ['curl http://x && node a.js', ['curl', 'node']],
  ['cd x; A=1 B=2 npx vitest | tee out', ['npx', 'tee']],
  ['if true; then $PROGRAM; fi', []],
  ['"quoted program"', []],
  ['', []],
])('The programs that the command %j starts are named', (command, programs) => {
  expect(programsOf(command)).toEqual(programs);
});

test('The hook is put before what NODE_OPTIONS has, once', () => {
  const hooked = withHook('--max-old-space-size=100');
  expect(hooked).toMatch(/^--import=file:\/\/\S+\/register\/index\.js --max-old-space-size=100$/);
  expect(isHooked(hooked)).toBe(true);
  expect(withHook(hooked)).toBe(hooked);
  expect(withHook(' ')).toMatch(/^--import=\S+$/);
  expect(withHook('--import ws2spi/register')).toBe('--import ws2spi/register');
  expect(isHooked('--import other')).toBe(false);
});

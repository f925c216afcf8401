// Which programs are Node.js', as far as their files tell.
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isHooked, kindOfProgram, programsOf, withHook } from 'ws2spi/node-programs';
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

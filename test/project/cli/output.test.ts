// Where output goes: to readers who have had enough, to full disks, to terminals with and without colours.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { PROGRAM, shell, ws2spi } from './program.js';

const ESCAPE = '\u001b[';

describe('A reader who has had enough is not a failure', () => {
  test.each([
    'demo --base memory',
    'demo --base memory --json --lines 0',
    'catalog',
    'catalog --verbose',
    'completion bash',
    '--help',
  ])('of ws2spi %s', (args) => {
    for (const reader of ['head -n 1', 'head -c 1', 'true']) {
      const { stdout, stderr } = shell(`ws2spi ${args} | ${reader} > /dev/null; echo "\${PIPESTATUS[0]}"`);
      expect([stdout, stderr]).toEqual(['0\n', '']);
    }
  });

  test('and does not hide that the program found something wrong', () => {
    const file = join(temporaryFolder(), 'damaged.json');
    writeFileSync(file, '{');
    expect(shell(`ws2spi catalog verify --file ${file} | true; echo "\${PIPESTATUS[0]}"`).stdout).toBe('1\n');
  });
});

describe('Output that cannot be written', { skip: process.platform !== 'linux' }, () => {
  test.each([
    'demo --base memory',
    'demo --base memory --json',
    'catalog',
    'catalog --json',
    'completion fish',
    '--help',
    '--version',
  ])('of ws2spi %s is told in a line, and exits with 1', (args) => {
    const { status, stderr } = shell(`ws2spi ${args} > /dev/full`);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^ws2spi: the output cannot be written: ENOSPC[^\n]*\n$/);
  });

  test('is told to nobody when standard error is full as well', () => {
    expect(shell('ws2spi catalog > /dev/full 2>&1').status).toBe(1);
    expect(shell('ws2spi nonsense 2> /dev/full').status).toBe(2);
    expect(shell('ws2spi catalog >&-').stderr).not.toMatch(/\n\s+at /);
  });
});

describe('Colours', () => {
  const coloured = (env: Record<string, string>): boolean => ws2spi(['catalog'], env).stdout.includes(ESCAPE);
  const onTerminal = (env: Record<string, string>): boolean =>
    shell(`script -qec "'${process.execPath}' '${PROGRAM}' catalog" /dev/null`, {
      TERM: 'xterm',
      ...env,
    }).stdout.includes(ESCAPE);
  const noTerminal = shell('script -qec true /dev/null').status !== 0;

  test('are wanted or not as FORCE_COLOR says, whatever the output is', () => {
    for (const FORCE_COLOR of ['1', '3', 'true', '']) expect(coloured({ FORCE_COLOR })).toBe(true);
    for (const FORCE_COLOR of ['0', 'false']) expect(coloured({ FORCE_COLOR })).toBe(false);
    expect(coloured({ FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(true);
  });

  test('are not written where nobody sees them', () => {
    expect(coloured({})).toBe(false);
    expect(coloured({ NO_COLOR: '1' })).toBe(false);
  });

  test('are written on terminals, unless NO_COLOR is set or the terminal has none', (context) => {
    if (noTerminal) context.skip('there is no script(1) here, to make a terminal');
    expect(onTerminal({})).toBe(true);
    expect(onTerminal({ NO_COLOR: '' })).toBe(true);
    expect(onTerminal({ NO_COLOR: '1' })).toBe(false);
    expect(onTerminal({ TERM: 'dumb' })).toBe(false);
    expect(onTerminal({ FORCE_COLOR: '0' })).toBe(false);
  });

  test('of what goes to standard error are its own', () => {
    expect(shell('ws2spi nonsense 2>&1', { FORCE_COLOR: '1' }).stdout).toContain(`${ESCAPE}31m`);
    expect(shell('ws2spi nonsense 2>&1').stdout).not.toContain(ESCAPE);
  });
});

describe('A file to fetch', () => {
  test('may be named alone', () => {
    const { status, stdout } = ws2spi(['demo', 'LICENSE', '--base', 'memory']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/LICENSE: .* fetched from localhost:\d+, identical/);
  });

  test('may be empty, or of one byte', () => {
    for (const [text, size] of [
      ['', '0 bytes'],
      ['x', '1 byte'],
    ] as const) {
      const file = join(temporaryFolder(), 'small');
      writeFileSync(file, text);
      const { status, stdout, stderr } = ws2spi(['demo', file, '--base', 'memory']);
      expect([status, stderr]).toEqual([0, '']);
      expect(stdout).toContain(`small: ${size} fetched from`);
    }
  });
});

describe('Completion of bash', () => {
  const complete = (...words: string[]): string[] => {
    const line = words.map((word) => `'${word}'`).join(' ');
    const { stdout } = shell(
      `source <(ws2spi completion bash); COMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _ws2spi; printf '%s\\n' "\${COMPREPLY[@]}"`,
    );
    return stdout.split('\n').filter(Boolean);
  };

  test('gives commands, actions, options, and what options may be', () => {
    expect(complete('ws2spi', '')).toEqual(expect.arrayContaining(['demo', 'catalog', 'completion', 'help']));
    expect(complete('ws2spi', 'help', '')).toEqual([
      'demo',
      'run',
      'top',
      'new',
      'prove',
      'catalog',
      'names',
      'ports',
      'gateway',
      'completion',
    ]);
    expect(complete('ws2spi', 'demo', '--base', '')).toEqual(['tcpip', 'memory']);
    expect(complete('ws2spi', 'demo', '--base', 'm')).toEqual(['memory']);
    expect(complete('ws2spi', 'demo', '--port', '')).toEqual([]);
    expect(complete('ws2spi', 'catalog', 'v')).toEqual(['verify']);
    expect(complete('ws2spi', 'catalog', 'verify', '')).not.toContain('repair');
    expect(complete('ws2spi', 'completion', '')).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish']));
    expect(complete('ws2spi', 'demo', '--l')).toEqual(['--layer', '--lines']);
  });

  test('gives files, with blanks too, where a file belongs', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'a b'));
    writeFileSync(join(folder, 'a b', 'my layer.mjs'), '');
    for (const option of ['--file', '-f', '--layer', '-l']) {
      expect(complete('ws2spi', 'demo', option, join(folder, 'a'))).toEqual([join(folder, 'a b')]);
    }
    expect(complete('ws2spi', 'demo', join(folder, 'a b', 'm'))).toEqual([join(folder, 'a b', 'my layer.mjs')]);
    expect(complete('ws2spi', 'catalog', '--file', `${folder}/a b/`)).toEqual([join(folder, 'a b', 'my layer.mjs')]);
  });
});

// How Windows finds programs, and starts scripts of its command interpreter.
import { describe, expect, test } from 'vitest';
import { systemConventions } from 'ws2spi/platform';

const windows = systemConventions('win32');
const script = (file: string, ...args: string[]): string | undefined => windows.scriptCommand(file, args, {})?.args[3];

describe('A script of Windows’ command interpreter', () => {
  test('is started by that, in one line', () => {
    expect(windows.scriptCommand('C:\\n\\npm.cmd', ['test'], { ComSpec: 'C:\\w\\cmd.exe' })).toEqual({
      file: 'C:\\w\\cmd.exe',
      args: ['/d', '/s', '/c', '"C:\\n\\npm.cmd ^^^"test^^^""'],
    });
    expect(windows.scriptCommand('a.BAT', [], {})?.file).toBe('cmd.exe');
  });

  test('is given what it should be given, and nothing that starts something else', () => {
    expect(script('a b.cmd', 'x&calc')).toBe('"a^ b.cmd ^^^"x^^^&calc^^^""');
    expect(script('a.cmd', '%PATH%', 'say "hi"', 'end\\')).toBe(
      '"a.cmd ^^^"^^^%PATH^^^%^^^" ^^^"say^^^ \\^^^"hi\\^^^"^^^" ^^^"end\\\\^^^""',
    );
    expect(() => script('a.cmd', 'one\ncalc')).toThrow('several lines');
  });

  test('is none that the system starts by itself', () => {
    expect(windows.scriptCommand('node.exe', ['a'], {})).toBeNull();
    expect(systemConventions('linux').scriptCommand('a.cmd', ['a'], {})).toBeNull();
  });
});

test('A program is looked for with the endings that the environment names', () => {
  expect(windows.programEndings({ PATHEXT: '.EXE;.CMD;' })).toEqual(['.EXE', '.CMD']);
  expect(windows.programEndings({})).toContain('.CMD');
  expect(systemConventions('linux').programEndings({})).toEqual(['']);
});

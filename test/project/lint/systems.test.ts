// Only the room of the operating systems knows which one the program runs on: the others ask for traits.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { systemConventions } from 'ws2spi/platform';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.ts'], { cwd: ROOT, encoding: 'utf8' })
  .split('\n')
  .filter((file) => /^(?!platform\/|test\/|bench\/|docs\/|examples\/|tools\/).*\.ts$/.test(file));

/** The lines of the sources outside of `platform/` that match. */
function found(pattern: RegExp): string[] {
  return files.flatMap((file) =>
    readFileSync(`${ROOT}${file}`, 'utf8')
      .split('\n')
      .filter((line) => pattern.test(line))
      .map((line) => `${file}: ${line.trim()}`),
  );
}

describe('outside of platform/', () => {
  it('nothing asks which system it runs on', () => {
    expect(files.length).toBeGreaterThan(200);
    // As a comment may name the argument of `systemConventions`.
    expect(found(/process\.platform\b(?!`)|\b(?:platform|release|version)\(\).*node:os/)).toEqual([]);
    expect(found(/import \{[^}]*\b(?:platform|type|release|machine)\b[^}]*\} from 'node:os'/)).toEqual([]);
    expect(found(/['"`](?:linux|win32|darwin)['"`]/i)).toEqual([]);
  });

  it('no path is one system’s', () => {
    expect(found(/['"`](?:\/(?:etc|proc|sys|var|usr|dev)\/|[A-Z]:\\)/)).toEqual([]);
  });

  it('a comment names a system only where it tells of a trait', () => {
    expect(found(/\blinux\b|\bdarwin\b/i).filter((line) => !/SystemTraits|SystemConventions/.test(line))).toEqual([]);
  });
});

it('a processor whose numbers are others is refused with a message, before anything native is called', () => {
  const program = `
    Object.defineProperty(process, 'arch', { value: 'ppc64' });
    const { createWs2_32 } = await import('ws2spi');
    const ws2 = createWs2_32({ catalog: 'memory' });
    ws2.WSAStartup(0x0202, {});
    console.log(ws2.socket(2, 1, 0));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  expect(stdout).toBe('4294967295\n');
  expect(stderr).toMatch(/no binding to the sockets of linux\/ppc64 yet: use the memory provider/);
});

describe('what is known of a system', () => {
  it('is that of Unix for one that has no row', () => {
    const unknown = systemConventions('haiku');
    expect(unknown.resolverFile).toBe('/etc/resolv.conf');
    expect(unknown.userFiles).toBeNull();
    expect(unknown.processes.status(process.pid, process.pid)).toBeNull();
  });

  it('on Windows names its own files, and no modes', () => {
    const windows = systemConventions('win32');
    expect(windows.filesHaveModes).toBe(false);
    expect(windows.resolverFile).toBeNull();
    expect(windows.databaseFiles({ SystemRoot: 'D:\\Win' }).protocols).toContain('D:\\Win');
    expect(windows.stateFolder({ LOCALAPPDATA: 'D:\\Local' }, 'D:\\Home')).toBe('D:\\Local');
  });

  it.runIf(process.platform === 'linux')('on Linux tells of this process, and of none that is not there', () => {
    const { processes } = systemConventions('linux');
    expect(processes.areOurs()).toBe(true);
    expect(processes.status(process.pid, process.pid)).toMatchObject({
      ended: false,
      start: expect.stringMatching(/^\d+$/),
    });
    expect(processes.status(0x7fffffff, 1)).toBeNull();
  });
});

// The catalog's lock: who may take it from whom.
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import fs, { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { FileCatalogStore } from 'ws2spi/catalog';
import { WSAEINPROGRESS, WSASYSCALLFAILURE, WSATRY_AGAIN } from 'ws2spi/spi';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { noNameSpaces, skipBecause } from '../../support/privileges.js';
import { install, temporaryFolder, transport } from './helpers.js';

const dist = process.env['WS2SPI_DIST'] ?? fileURLToPath(new URL('../../../dist/', import.meta.url));
const fixture = (name: string): string[] => [
  fileURLToPath(new URL(`fixtures/${name}`, import.meta.url)),
  pathToFileURL(`${dist}/`).href,
];
const onLinux = { skip: process.platform !== 'linux' };
/** Whether the system tells processes of one number apart, and threads. */
const whereProcessesAreKnown = { skip: !['linux', 'win32'].includes(process.platform) };
/** The number of a process that has ended. */
const ended = (): number => spawnSync(process.execPath, ['-e', '']).pid;
const mine = (): Record<string, unknown> => {
  let text = '';
  new FileCatalogStore(path).update(() => ((text = readFileSync(`${path}.lock`, 'utf8')), 1));
  return JSON.parse(text) as Record<string, unknown>;
};

let folder: string;
let path: string;

beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder, 'catalog.json');
});

const names = (): string[] =>
  new FileCatalogStore(path)
    .read()
    .protocols.slice(6)
    .map((item) => item.entry.szProtocol);
const lock = (contents: string, suffix = ''): void => writeFileSync(`${path}.lock${suffix}`, contents);
const change = (lockTimeout = 2000) => {
  const { wsc, reports } = transport(new FileCatalogStore(path, { lockTimeout }));
  return { ...install(wsc, 1), message: reports[0]?.message ?? '' };
};

describe('A lock that says nothing', () => {
  const contents = [
    ['nothing', ''],
    ['what is not JSON', 'locked'],
    ['JSON of another form', '{"pid":1}'],
    ['no process that there could be', '{"pid":-1,"token":"a"}'],
    ['a token that leads elsewhere', '{"pid":1,"token":"/../../catalog.json"}'],
    ['JSON nested 20,000 deep', `${'['.repeat(1900)}${']'.repeat(1900)}`],
  ] as const;
  const ages = [
    ['long past', -3600],
    ['of the future', 3600],
    ['of a century to come', 100 * 365 * 86400],
  ] as const;

  test.each(contents.flatMap(([what, text]) => ages.map(([when, seconds]) => [what, when, text, seconds] as const)))(
    'but %s, and is %s, is nobody’s',
    (_what, _when, text, seconds) => {
      lock(text);
      const time = Date.now() / 1000 + seconds;
      utimesSync(`${path}.lock`, time, time);
      expect(change()).toMatchObject({ result: 0 });
      expect(readdirSync(folder)).toEqual(['catalog.json']);
    },
  );

  test('and was made just now is left to whoever is writing it', () => {
    lock('');
    expect(change(200)).toMatchObject({ error: WSATRY_AGAIN });
    expect(readdirSync(folder)).toEqual(['catalog.json.lock']);
  });
});

describe('A lock that somebody made by hand', () => {
  const dead = (token: string): string => JSON.stringify({ pid: ended(), start: '1', host: hostname(), token });

  test('with claims that lead back to each other is not gone through for ever', () => {
    lock(dead('a'));
    lock(dead('b'), '.a');
    lock(dead('a'), '.b');
    const { openSync } = fs;
    let opened = 0;
    fs.openSync = ((...args: Parameters<typeof openSync>) => {
      // Whoever goes round cannot be ended from outside.
      if (++opened > 100_000) throw new Error('goes round');
      return openSync(...args);
    }) as typeof openSync;
    syncBuiltinESMExports();
    try {
      expect(change(200)).toMatchObject({ error: WSATRY_AGAIN });
    } finally {
      fs.openSync = openSync;
      syncBuiltinESMExports();
    }
  });

  test('with a folder or a link as a claim fails, and names it', onLinux, () => {
    lock(dead('a'));
    mkdirSync(`${path}.lock.a`);
    expect(change()).toMatchObject({ error: WSASYSCALLFAILURE });
    lock(dead('b'));
    symlinkSync('nowhere', `${path}.lock.b`);
    const { error, message } = change();
    expect([error, message]).toEqual([WSASYSCALLFAILURE, expect.stringContaining(`${path}.lock.b is a symbolic link`)]);
  });

  test('as a link that leads nowhere fails, and is named', onLinux, () => {
    symlinkSync('nowhere', `${path}.lock`);
    expect(change()).toMatchObject({ error: WSASYSCALLFAILURE });
  });
});

describe('A lock of another place where process numbers mean something else', onLinux, () => {
  const gone = { pid: ended(), thread: undefined, start: '1', token: 'other' };

  test('is not judged by our processes, and the message says what to do', () => {
    lock(JSON.stringify({ ...mine(), ...gone, space: 'pid:[1] time:[1]' }));
    const { error, message } = change(50);
    expect(error).toBe(WSATRY_AGAIN);
    expect(message).toMatch(/of another container holds .*remove that file/);
  });

  test('is not, either, when it may be another machine of our name, after a restart of this one or before', () => {
    const own = mine();
    lock(JSON.stringify({ ...own, ...gone, boot: 'another', machine: 'another' }));
    expect(change(50)).toMatchObject({ error: WSATRY_AGAIN });
    lock(JSON.stringify({ ...own, ...gone, host: 'elsewhere' }));
    const { message } = change(50);
    expect(message).toContain('on elsewhere');
  });

  test('was left before this machine was started anew, if it is the same machine', (context) => {
    const { machine } = mine();
    if (machine === '') context.skip('this machine has no identifier');
    lock(JSON.stringify({ ...mine(), ...gone, pid: process.pid, boot: 'another', space: 'pid:[1]' }));
    expect(change()).toMatchObject({ result: 0 });
  });
});

describe('Between name spaces of processes', skipBecause(noNameSpaces), () => {
  const started = (command: string, ...args: string[]): { child: ChildProcess; line(): Promise<string> } => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines: string[] = [];
    let wake = (): void => undefined;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      lines.push(...text.split('\n').filter((line) => line !== ''));
      wake();
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const line = async (): Promise<string> => {
      while (lines.length === 0) await new Promise<void>((next) => (wake = next));
      return lines.shift()!;
    };
    return { child, line };
  };
  const inside = (...flags: string[]): string[] => ['--pid', '--fork', '--kill-child', ...flags, process.execPath];

  test.each([
    ['with a /proc of its own', ['--mount-proc']],
    ['with the /proc that it was started with', []],
  ] as const)('a lock that is held is not taken, %s, and no update is lost', async (_, flags) => {
    const holder = started('unshare', ...inside(...flags), ...fixture('change.mjs'), path, 'hold');
    expect(await holder.line()).toBe('held');
    const held = readFileSync(`${path}.lock`, 'utf8');
    expect(change(300)).toMatchObject({ error: WSATRY_AGAIN });
    const other = started('unshare', ...inside(...flags), ...fixture('change.mjs'), path, 'install', '5');
    expect(await other.line()).toMatch(new RegExp(`^${WSATRY_AGAIN} .*of another container`));
    expect(readFileSync(`${path}.lock`, 'utf8')).toBe(held);
    holder.child.stdin!.end();
    expect(await holder.line()).toBe('done');
    expect(change()).toMatchObject({ result: 0 });
    expect(names()).toEqual(['provider 1', 'provider 1']);
  });

  test('the other way round, too', async () => {
    const holder = started(process.execPath, ...fixture('change.mjs'), path, 'hold');
    expect(await holder.line()).toBe('held');
    const other = started('unshare', ...inside('--mount-proc'), ...fixture('change.mjs'), path, 'install', '5');
    expect(await other.line()).toMatch(new RegExp(`^${WSATRY_AGAIN} `));
    holder.child.stdin!.end();
    expect(await holder.line()).toBe('done');
    expect(names()).toEqual(['provider 1']);
  });

  test('changes by several names of the file, and from both sides, are all there afterwards', async () => {
    symlinkSync('catalog.json', join(folder, 'link.json'));
    symlinkSync(join(folder, 'link.json'), join(folder, 'other.json'));
    const [script, url] = fixture('install.mjs');
    const ends = ['catalog.json', 'link.json', 'other.json', 'link.json'].map((name, i) => {
      const run = [process.execPath, script!, url!, join(folder, name), `${100 * i + 100}`, '15'];
      const child =
        i < 3 ? spawn(run[0]!, run.slice(1)) : spawn('unshare', [...inside('--mount-proc'), ...run.slice(1)]);
      return new Promise<number | null>((ended) => child.on('close', ended));
    });
    expect(await Promise.all(ends)).toEqual([0, 0, 0, 0]);
    expect(names()).toHaveLength(60);
    expect(new FileCatalogStore(path).serial()).toBe(61);
    expect(readdirSync(folder).filter((name) => /lock|tmp/.test(name))).toEqual([]);
  });

  test('a lock that was left is taken over by whoever shares the dead one’s name space', () => {
    const [script, url] = fixture('change.mjs');
    const run = `${process.execPath} ${script} ${url} ${path}`;
    const shell =
      `mkfifo ${folder}/in; ${run} hold < ${folder}/in > ${folder}/out & sleep 100 > ${folder}/in & ` +
      `while ! grep -q held ${folder}/out; do :; done; kill -9 %1; wait %1; ${run} install 6; kill %2`;
    const { stdout } = spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'bash', '-mc', shell], {
      encoding: 'utf8',
    });
    expect(stdout).toContain('installed');
    expect(names()).toEqual(['provider 6']);
  });
});

describe('A lock of a process whose number another one has now', whereProcessesAreKnown, () => {
  test('is nobody’s: that one started at another time', () => {
    const own = mine();
    expect(own['start']).toMatch(/^\d+$/);
    lock(JSON.stringify({ ...own, start: '1', worker: 1, token: 'another' }));
    expect(change()).toMatchObject({ result: 0 });
  });

  test('is nobody’s, either, when that one has no such thread', () => {
    const { thread: _, ...own } = mine();
    lock(JSON.stringify({ ...own, pid: process.ppid, thread: process.pid, start: '1', token: 'another' }));
    expect(change()).toMatchObject({ result: 0 });
  });

  test('is held while the process that took it lives', () => {
    lock(JSON.stringify({ ...mine(), worker: 1, token: 'another' }));
    expect(change(50)).toMatchObject({ error: WSATRY_AGAIN });
  });
});

describe('Threads of one process', whereProcessesAreKnown, () => {
  test('keep each other out, and one that is terminated in a change gives its lock back', () => {
    const output = execFileSync(process.execPath, [...fixture('terminated.mjs'), path], { encoding: 'utf8' });
    const { during, after } = JSON.parse(output) as { during: [number, string]; after: number };
    expect(during).toEqual([WSATRY_AGAIN, expect.stringMatching(/process \d+, worker \d+ holds/)]);
    expect(after).toBe(0);
    expect(readdirSync(folder)).toEqual(['catalog.json']);
  });
});

describe('Within one thread', () => {
  test('a change inside a change of another store of the file is refused at once', () => {
    let inner = 0;
    const waits = vi.spyOn(Atomics, 'wait');
    onTestFinished(() => waits.mockRestore());
    const other = new FileCatalogStore(path, { lockTimeout: 60_000 });
    expect(new FileCatalogStore(path).update(() => ((inner = other.update(() => 0)), 0))).toBe(0);
    expect(inner).toBe(WSAEINPROGRESS);
    expect(waits).not.toHaveBeenCalled();
  });

  test('a lock that is removed by hand and taken by another ends the change that held it', () => {
    const store = new FileCatalogStore(path);
    const other = JSON.stringify({ pid: process.ppid, start: '', host: hostname(), token: 'other' });
    const code = store.update(() => {
      lock(other);
      return 0;
    });
    expect([code, store.problem?.message]).toEqual([WSATRY_AGAIN, expect.stringMatching(/took .*lock away/)]);
    expect(existsSync(path)).toBe(false);
    expect(readFileSync(`${path}.lock`, 'utf8')).toBe(other);
  });
});

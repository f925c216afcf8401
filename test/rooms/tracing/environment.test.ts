// WS2SPI_TRACE: traces of programs that nobody edits.
import { execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { DIST } from '../../support/package.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { readChromeTrace } from './chrome-trace.js';

const BEGIN = `
  import { createWs2_32 } from '${pathToFileURL(DIST).href}index.js';
  const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
  ws2.WSAStartup(0x0202, {});
  const s = ws2.socket(2, 1, 6);`;
const PROGRAM = `${BEGIN}
  ws2.listen(s, 1);
  console.log('done');`;

interface Ended {
  readonly status: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

function run(trace: string, source = PROGRAM, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const given = { ...process.env, NO_COLOR: '1', WS2SPI_TRACE: trace, ...env };
  return new Promise((done) => {
    execFile(process.execPath, ['--input-type=module', '-e', source], { env: given }, (error, stdout, stderr) =>
      done({ status: (error?.code as number | undefined) ?? 0, stdout, stderr }),
    );
  });
}

const file = (name: string): string => join(temporaryFolder(), name);

describe('A program that WS2SPI_TRACE is set for', () => {
  it('has lines on standard error, and goes on as ever', async () => {
    const { status, stdout, stderr } = await run('lines');
    expect([status, stdout]).toEqual([0, 'done\n']);
    expect(stderr).toMatch(/API +WSAStartup\(wVersionRequested: 514\) = 0/);
    expect(stderr).toMatch(/API +listen\(s: \d+, backlog: 1\) …\n.*0 ws2spi Memory \[TCP\/IP\] +WSPListen\(/);
    expect(stderr).not.toMatch(/\u001b/);
  });

  it('has of all calls those that match', async () => {
    for (const trace of [
      'lines;match=WSPLis*,socket',
      ' lines match=socket,WSPListen ',
      'lines,match=socket,WSPListen',
    ]) {
      const { stderr } = await run(trace);
      const names = stderr
        .trimEnd()
        .split('\n')
        .map((line) => /(\w+)\(/.exec(line)?.[1]);
      expect(names).toEqual(['socket', 'WSPListen']);
    }
  });

  it('has JSON lines in a file, for its owner alone', async () => {
    const path = file('out=1,2.jsonl');
    expect(await run(`json:${path};match=socket`)).toEqual({ status: 0, stdout: 'done\n', stderr: '' });
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ function: 'socket', arguments: { af: 2 } });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['ends', '', 0],
    ['calls process.exit', 'process.exit(3);', 3],
    ['throws', `throw new Error('uncaught');`, 1],
    ['throws later', `setTimeout(() => { throw new Error('uncaught'); }, 1);`, 1],
    ['rejects', `Promise.reject(new Error('uncaught'));`, 1],
  ])('has a Chrome trace that is whole when it %s', async (_how, end, status) => {
    const path = file('out.json');
    expect((await run(`perfetto:${path}`, `${PROGRAM}${end}`)).status).toBe(status);
    expect(readChromeTrace(readFileSync(path, 'utf8')).slices).toContain('API: listen');
  });

  it('has what was written before it waited when it is killed', async () => {
    const path = file('out.txt');
    const source = `${BEGIN}
      const e = ws2.WSACreateEvent();
      process.kill(process.pid, 0);
      ws2.WSAWaitForMultipleEvents(1, [e], true, 60_000, false);`;
    const env = { ...process.env, WS2SPI_TRACE: `lines:${path}` };
    const child = spawn(process.execPath, ['--input-type=module', '-e', source.replace("base: 'memory', ", '')], {
      env,
    });
    const ended = new Promise((done) => child.on('exit', done));
    const look = (): boolean => existsSync(path) && /WSAWaitForMultipleEvents\(/.test(readFileSync(path, 'utf8'));
    await expect.poll(look).toBe(true);
    child.kill('SIGKILL');
    await ended;
  });

  it('has one file for itself, and its workers and the processes that it starts have theirs beside it', async () => {
    const folder = temporaryFolder();
    const other = `${BEGIN} ws2.listen(s, 9);`;
    const source = `${BEGIN}
      import { Worker } from 'node:worker_threads';
      import { execFileSync } from 'node:child_process';
      const url = new URL('data:text/javascript,' + encodeURIComponent(${JSON.stringify(other)}));
      await new Promise((done) => new Worker(url).on('exit', done));
      execFileSync(process.execPath, ['--input-type=module', '-e', ${JSON.stringify(other)}]);
      ws2.listen(s, 1);`;
    expect(await run(`perfetto:${join(folder, 'out.json')}`, source)).toMatchObject({ status: 0, stderr: '' });
    const files = readdirSync(folder).sort();
    expect(files).toEqual([expect.stringMatching(/^out\.\d+\.json$/), 'out.json', 'out.worker1.json']);
    for (const each of files) {
      const { slices } = readChromeTrace(readFileSync(join(folder, each), 'utf8'));
      expect(
        slices.filter((slice) => slice === 'API: listen'),
        each,
      ).toHaveLength(1);
    }
  });

  it('has instances told apart in one file', async () => {
    const path = file('out.json');
    await run(
      `perfetto:${path}`,
      `${BEGIN} createWs2_32({ base: 'memory', catalog: 'memory' }).WSAStartup(0x0202, {});`,
    );
    const { slices } = readChromeTrace(readFileSync(path, 'utf8'));
    expect(slices.filter((slice) => slice.endsWith(': WSAStartup'))).toEqual(['API: WSAStartup', '2: API: WSAStartup']);
  });

  it('goes on when nobody reads its trace any more', async () => {
    const source = `${BEGIN} for (let i = 0; i < 20_000; i++) ws2.listen(s, 1); console.log('done');`;
    const env = { ...process.env, WS2SPI_TRACE: 'lines' };
    const child = spawn(process.execPath, ['--input-type=module', '-e', source], { env });
    let stdout = '';
    child.stdout.on('data', (data) => (stdout += String(data)));
    child.stderr.once('data', () => child.stderr.destroy());
    const status = await new Promise((done) => child.on('close', done));
    expect([status, stdout]).toEqual([0, 'done\n']);
  });
});

describe('WS2SPI_TRACE', () => {
  it.each(['', '0', 'off'])('%j asks for nothing', async (trace) => {
    expect(await run(trace)).toEqual({ status: 0, stdout: 'done\n', stderr: '' });
  });

  it.each([
    ['linse', /there is no format "linse": did you mean "lines"\? WS2SPI_TRACE is lines, json or perfetto/],
    ['1', /there is no format "1"\. WS2SPI_TRACE is lines, json or perfetto/],
    ['json:', /behind json: there is no file/],
    ['json;mach=send', /there is no option "mach": did you mean "match"\?.*match=.*contents=.*secrets=/],
    ['lines;match=sned', /there is no function "sned": did you mean "send"\?/],
    ['lines;contents=many', /contents= is a number of bytes, not "many"/],
    ['lines;secrets=maybe', /secrets= is yes or no, not "maybe"/],
    ['perfetto:/no/such/folder/out.json', /the trace cannot be written to \/no\/such\/folder\/out\.json: ENOENT/],
  ])('of %j is told once what is wrong with it, and what there is; the program goes on', async (trace, message) => {
    const source = `${PROGRAM} createWs2_32({ base: 'memory', catalog: 'memory' }).WSAStartup(0x0202, {});`;
    const { status, stdout, stderr } = await run(trace, source);
    expect([status, stdout]).toEqual([0, 'done\n']);
    expect(stderr.match(/WS2SPI_TRACE: /g)).toHaveLength(1);
    expect(stderr).toMatch(message);
  });

  it('to a disk that is full says so once, and the program goes on', async () => {
    if (!existsSync('/dev/full')) return;
    const { status, stdout, stderr } = await run('lines:/dev/full');
    expect([status, stdout]).toEqual([0, 'done\n']);
    expect(stderr.match(/the trace ends here: it cannot be written to \/dev\/full: ENOSPC/g)).toHaveLength(1);
  });
});

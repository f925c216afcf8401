// `ws2spi top`: what is open in running programs, told to their owner alone.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { PROGRAM, type Run } from './program.js';

const base = temporaryFolder();
let places = 0;

/** A place of its own for the programs of a test. */
function place(): {
  folder: string;
  top: (...args: string[]) => Promise<Run>;
  start: (source: string, ...args: string[]) => Promise<ChildProcess>;
} {
  const folder = join(base, `place-${++places}`);
  const env = { ...process.env, NO_COLOR: '1', WS2SPI_CATALOG: join(base, 'none.json'), WS2SPI_TOP_FOLDER: folder };
  const file = join(base, `program-${places}.mjs`);
  return {
    folder,
    async top(...args) {
      const child = spawn(process.execPath, [PROGRAM, 'top', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
      const texts = { stdout: '', stderr: '' };
      child.stdout.on('data', (text) => (texts.stdout += String(text)));
      child.stderr.on('data', (text) => (texts.stderr += String(text)));
      const [status] = (await once(child, 'close')) as [number | null];
      return { status, ...texts };
    },
    async start(source, ...args) {
      writeFileSync(file, source);
      const child = spawn(process.execPath, [PROGRAM, 'run', '--top', ...args, file], {
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      onTestFinished(() => void child.kill());
      await once(child.stdout, 'data');
      return child;
    },
  };
}

const ECHO = `
import dgram from 'node:dgram';
import net from 'node:net';
const server = net.createServer((socket) => socket.pipe(socket));
server.listen(0, '127.0.0.1', () => {
  const socket = net.connect(server.address().port, '127.0.0.1', () => socket.write('x'.repeat(100_000)));
  let received = 0;
  socket.on('data', ({ length }) => (received += length) === 100_000 && console.log('ready'));
});
dgram.createSocket('udp4').bind(0, '127.0.0.1');
`;

const CLOSED = `
import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
const server = net.createServer((socket) => socket.pipe(socket));
await once(server.listen(0, '127.0.0.1'), 'listening');
const { port } = server.address();
let closed = 0;
server.on('connection', (socket) => socket.once('close', () => closed++));
const visit = async (length) => {
  const socket = net.connect(port, '127.0.0.1').resume();
  socket.end('x'.repeat(length));
  await once(socket, 'close');
};
for (let visits = 0; visits < 20; visits++) await visit(10_000);
while (closed < 20) await new Promise(setImmediate);
const [one, other] = [dgram.createSocket('udp4'), dgram.createSocket('udp4').bind(0, '127.0.0.1')];
await once(other, 'listening');
one.send('hello', other.address().port, '127.0.0.1');
await once(other, 'message');
one.close();
other.close();
const last = net.connect(port, '127.0.0.1');
last.write('y');
await once(last, 'data');
console.log('ready');
process.on('SIGUSR2', async () => {
  for (;;) await visit(5_000);
});
`;

interface Totals {
  readonly protocol: string;
  readonly chain: string;
  readonly open: number;
  readonly closed: number;
  readonly sent: number;
  readonly received: number;
  readonly layers: readonly { readonly name: string; readonly sent: number; readonly received: number }[];
}

interface Told {
  readonly pid: number;
  readonly thread: number;
  readonly program: string;
  readonly sockets: readonly {
    readonly protocol: string;
    readonly state: string;
    readonly local: string;
    readonly peer: string | null;
    readonly chain: string;
    readonly sent: number;
    readonly received: number;
    readonly rtt: number | null;
    readonly layers: readonly { readonly name: string; readonly sent: number; readonly received: number }[];
  }[];
  readonly totals: readonly Totals[];
}

test('Sockets are told with their chains, bytes, and what went below each layer', async () => {
  const { folder, top, start } = place();
  const child = await start(ECHO, '-l', 'trace', '-l', 'compression');
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  const [file] = readdirSync(folder);
  expect(statSync(join(folder, file!)).mode & 0o777).toBe(0o600);

  const { status, stdout } = await top('--json');
  expect(status).toBe(0);
  const [program] = JSON.parse(stdout) as Told[];
  expect(`${program!.pid}-${program!.thread}.sock`).toBe(file);
  expect(program!.program).toMatch(/program-\d+\.mjs$/);
  expect(program!.sockets.map(({ protocol, state }) => `${protocol} ${state}`).sort()).toEqual([
    'tcp connected',
    'tcp connected',
    'tcp listening',
    'udp open',
  ]);
  for (const socket of program!.sockets.filter(({ state }) => state === 'connected')) {
    expect(socket).toMatchObject({
      sent: 100_000,
      received: 100_000,
      chain: 'trace over compression over [MSAFD Tcpip [TCP/IP]]',
    });
    expect(socket.rtt).toBeGreaterThan(0);
    const [above, below, wire] = socket.layers;
    expect(above).toEqual({ name: 'trace', sent: 100_000, received: 100_000 });
    expect(below!.name).toBe('compression');
    expect(below!.sent).toBeGreaterThan(100);
    expect(below!.sent).toBeLessThan(10_000);
    expect(wire).toEqual({ ...below, name: 'MSAFD Tcpip [TCP/IP]' });
  }

  const table = await top(String(program!.pid));
  expect(table.stdout).toMatch(/^\d+ program-\d+\.mjs, Node\.js v\S+ · 4 sockets\nPROTO STATE .*CHAIN\n/);
  expect(table.stdout).toMatch(
    /tcp {3}connected {2}127\.0\.0\.1:\d+ .*100\.0 kB {2}100\.0 kB.* trace over compression/,
  );
  expect(table.stdout).toMatch(/└ below compression +\d+ B +\d+ B/);

  const elsewhere = await top('1');
  expect([elsewhere.status, elsewhere.stdout]).toEqual([1, '']);
  expect(elsewhere.stderr).toContain(
    `process 1 cannot be looked at: start it by ws2spi run --top, or with WS2SPI_TOP=1 and the hook; there is ${program!.pid}`,
  );

  // What a killed program left behind is cleaned up.
  process.kill(program!.pid, 'SIGKILL');
  await once(child, 'exit');
  expect(existsSync(join(folder, file!))).toBe(true);
  expect((await top()).stderr).toMatch(/^ws2spi: no program can be looked at/);
  expect(existsSync(join(folder, file!))).toBe(false);
});

test('What sockets that have closed carried stays in the totals of their chain, and so do its rates', async () => {
  const { folder, top, start } = place();
  await start(CLOSED, '-l', 'trace:file=/dev/null', '-l', 'compression');
  const [{ pid, totals }] = JSON.parse((await top('--json')).stdout) as [Told];
  const [tcp, udp] = ['tcp', 'udp'].map((protocol) => totals.filter((each) => each.protocol === protocol));
  expect([tcp!.length, udp!.length]).toEqual([1, 1]);
  const chain = 'trace over compression over [MSAFD Tcpip [TCP/IP]]';
  expect(tcp![0]).toMatchObject({ chain, open: 3, closed: 40, sent: 400_002, received: 400_002 });
  const [above, below, wire] = tcp![0]!.layers;
  expect(above).toEqual({ name: 'trace', sent: 400_002, received: 400_002 });
  expect(below!.name).toBe('compression');
  // Each of the 42 compressed what it said.
  expect(below!.sent).toBeGreaterThan(42 * 10);
  expect(below!.sent).toBeLessThan(42 * 1000);
  expect(wire).toEqual({ ...below, name: 'MSAFD Tcpip [TCP/IP]' });
  expect(udp![0]).toMatchObject({ open: 0, closed: 2, sent: 5, received: 5 });

  const table = (await top()).stdout;
  expect(table).toMatch(
    /\nIN ALL\ntcp {3}3 open {5}40 closed +400\.0 kB {2}400\.0 kB.* trace over compression.*\n +└ below trace .*\n +└ below compression +\S+ k?B/,
  );
  expect(table).toMatch(/\nudp {3}0 open {5}2 closed +5 B +5 B/);

  // Sockets that come and go between two looks have rates there, too.
  process.kill(pid, 'SIGUSR2');
  const env = { ...process.env, WS2SPI_TOP_FOLDER: folder, TERM: 'xterm', NO_COLOR: '1' };
  const command = `stty rows 40 cols 200; '${process.execPath}' '${PROGRAM}' top --interval 100`;
  const terminal = spawn('script', ['-qec', command, '/dev/null'], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const rated = /tcp {3}\d+ open +\d\d+ closed +\S+ [kM]?B +\S+ [kM]?B +[\d.]+ [kM]?B +[\d.]+ [kM]?B/;
  let [shown, isOver] = ['', false];
  for await (const text of terminal.stdout) {
    shown += String(text);
    const pictures = shown.split('\u001b[H').length;
    if (!isOver && (rated.test(shown) || pictures > 50)) {
      isOver = true;
      terminal.stdin.write('q');
    }
  }
  terminal.stdin.end();
  expect(shown).toMatch(rated);
});

test('On a terminal the picture is drawn until q is pressed, and the screen is as before then', async () => {
  const { folder, start } = place();
  await start(ECHO);
  const env = { ...process.env, WS2SPI_TOP_FOLDER: folder, TERM: 'xterm', NO_COLOR: '1' };
  const command = `stty rows 20 cols 60; '${process.execPath}' '${PROGRAM}' top --interval 100 --sort sent`;
  const terminal = spawn('script', ['-qec', command, '/dev/null'], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  let shown = '';
  for await (const text of terminal.stdout) {
    const before = shown.split('\u001b[H').length;
    shown += String(text);
    const pictures = shown.split('\u001b[H').length;
    if (before < 2 && pictures >= 2) terminal.stdin.write('ls');
    if (before < 6 && pictures >= 6) terminal.stdin.write('q');
  }
  terminal.stdin.end();
  if (terminal.exitCode === null) await once(terminal, 'exit');
  expect(terminal.exitCode).toBe(0);
  expect(shown).toMatch(/^\u001b\[\?1049h\u001b\[\?25l/);
  expect(shown.trimEnd().endsWith('\u001b[?25h\u001b[?1049l')).toBe(true);
  expect(shown).toContain('4 sockets');
  expect(shown).toContain('s order: sent');
  expect(shown).toContain('s order: received');
  const lines = shown
    .split('\u001b[H')
    .at(-2)!
    .split('\u001b[K')
    .map((line) => line.trim());
  for (const line of lines) expect(line.replaceAll(/\u001b\S*?[A-Za-z]/g, '').length).toBeLessThanOrEqual(60);
  expect(lines.length).toBeLessThanOrEqual(21);
});

describe('A program that is looked at', () => {
  test('ends as it would, with nothing left behind, each thread by itself', () => {
    const { folder } = place();
    const source = `
      import { readdirSync } from 'node:fs';
      import { isMainThread, Worker } from 'node:worker_threads';
      import { once } from 'node:events';
      await new Promise(setImmediate);
      if (isMainThread) {
        await once(new Worker(new URL(import.meta.url)), 'exit');
        console.log(readdirSync(process.env.WS2SPI_TOP_FOLDER).length);
      } else console.log(readdirSync(process.env.WS2SPI_TOP_FOLDER).length);`;
    const file = join(base, 'ends.mjs');
    writeFileSync(file, source);
    const env = { ...process.env, WS2SPI_TOP: '1', WS2SPI_TOP_FOLDER: folder };
    const args = ['--import', import.meta.resolve('ws2spi/register'), file];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8', timeout: 60_000 });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '2\n1\n', stderr: '' });
    expect(readdirSync(folder)).toEqual([]);
    // Nobody asked: there is nothing.
    const off = join(base, 'off');
    const more = { ...env, WS2SPI_TOP: '', WS2SPI_TOP_FOLDER: off };
    spawnSync(process.execPath, args, { env: more, timeout: 60_000 });
    expect(existsSync(off)).toBe(false);
  });

  test('in a folder that is open to others is not: a warning says so, and the program goes on; top does not look there', async () => {
    const { folder, top, start } = place();
    mkdirSync(folder);
    chmodSync(folder, 0o755);
    const child = await start(`console.log('going on'); setInterval(() => {}, 1000);`);
    const [warning] = (await once(child.stderr!, 'data')) as [Buffer];
    expect(String(warning)).toMatch(/ws2spi top cannot look at this program: .* is open to others: chmod 700/);
    expect(readdirSync(folder)).toEqual([]);
    const { status, stderr } = await top();
    expect(status).toBe(1);
    expect(stderr).toMatch(/place-\d+, is open to others: chmod 700/);
  });

  test('that is busy, or answers nonsense, is said not to answer; what it is called tells the terminal nothing', async () => {
    const { folder, top, start } = place();
    mkdirSync(folder, { mode: 0o700 });
    const answer = (name: string, text: string): void => {
      const server = net
        .createServer((socket) => void socket.on('error', () => undefined).write(text))
        .listen(join(folder, name));
      onTestFinished(() => void server.close());
    };
    answer('11-0.sock', 'nonsense\n');
    answer('12-0.sock', '{"version":1,"sockets":7}\n');
    const socket = {
      id: 1,
      protocol: 'tcp',
      state: 'open',
      local: '\u001b[2J',
      peer: null,
      chain: '\u001b]0;x\u0007',
      sent: 1,
      received: 1,
      queued: 0,
      layers: [],
      rtt: null,
    };
    answer(
      '13-0.sock',
      `${JSON.stringify({ version: 1, pid: 13, thread: 0, program: '/\u001b[31mred', node: 'v1', at: 1, sockets: [socket], more: 5 })}\n`,
    );
    await start(`console.log('busy'); setTimeout(() => { for (;;); }, 0);`);
    const { status, stdout } = await top();
    expect(status).toBe(0);
    expect(stdout.match(/not answer/g)).toHaveLength(3);
    expect(stdout).toMatch(/13 \\x1b\[31mred, Node\.js v1 · 6 sockets, 5 of them not listed/);
    expect(stdout).not.toContain('\u001b');
  });
});

test.each([
  [['x'], /top takes the number of a process, not "x"/],
  [['1', '2'], /top takes one process/],
  [['--sort', 'snt'], /--sort takes one of .*; did you mean "sent"\?/],
  [['--interval', '5'], /--interval must be a whole number from 100 to 60000, not "5"/],
])('Used wrongly: %j', async (args, message) => {
  const { status, stderr } = await place().top(...args);
  expect(status).toBe(2);
  expect(stderr).toMatch(message);
});

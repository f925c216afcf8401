// Runs the programs and commands of docs/recipes.md as they stand there, beside real servers: what is shown works.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createWs2_32 } from 'ws2spi';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AUTHORITY, certified } from '../../support/certificates/index.js';
import { postgres, startPostgres, startRedis, type RealServer } from '../../support/database-servers.js';
import { PACKAGE } from '../../support/package.js';
import { withoutServer } from '../../support/real-servers.js';
import { SocksServer } from '../../support/socks-server.js';
import { tshark } from '../../support/tshark.js';
import { PROGRAM } from '../cli/program.js';
import { codeBlocks } from './code-blocks.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const PAGE = 'docs/recipes.md';
const lines = readFileSync(join(ROOT, PAGE), 'utf8').split('\n');

// Inside the repository, so that packages are found.
mkdirSync(join(ROOT, 'coverage'), { recursive: true });
const folder = mkdtempSync(join(ROOT, 'coverage', 'recipes-'));
// A folder with a package.json of its own has what is installed beside it.
mkdirSync(join(folder, 'node_modules'));
symlinkSync(PACKAGE, join(folder, 'node_modules', 'ws2spi'), 'dir');
/** Milliseconds for a recipe: some start several programs. */
const PATIENCE = 60_000;
const closers: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What the page has under a heading: its programs are written, its commands are given. */
function recipe(title: string): readonly string[] {
  const begin = lines.indexOf(`## ${title}`);
  expect(begin, title).toBeGreaterThan(0);
  const next = lines.findIndex((line, at) => at > begin && line.startsWith('## '));
  const end = next < 0 ? lines.length : next;
  const blocks = codeBlocks(PAGE).filter(({ line }) => line > begin && line <= end);
  for (const { attributes, code } of blocks) {
    if (attributes.has('file')) writeFileSync(join(folder, attributes.get('file')!), code);
  }
  for (const { language, code } of blocks) if (language === 'json') writeFileSync(join(folder, 'package.json'), code);
  return blocks
    .filter(({ language }) => language === 'sh')
    .flatMap(({ code }) => code.trim().split('\n'))
    .map((line) => line.replace(/\s+#.*$/, ''));
}

function shellWords(command: string): string {
  expect(command).toMatch(/^npx ws2spi /);
  return `'${process.execPath}' '${PROGRAM}' ${command.slice('npx ws2spi '.length)}`;
}

function environment(env: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const quiet = { NODE_NO_WARNINGS: '', npm_config_update_notifier: 'false', NO_COLOR: '1', FORCE_COLOR: undefined };
  return {
    ...process.env,
    ...quiet,
    NODE_OPTIONS: '',
    WS2SPI_CATALOG: join(folder, 'none.json'),
    NODE_TEST_CONTEXT: undefined,
    ...env,
  };
}

function run(command: string, env: Readonly<Record<string, string>> = {}): Promise<Run> {
  return new Promise((resolve) => {
    const options = { cwd: folder, env: environment(env), timeout: 60_000 };
    const child = execFile('bash', ['-c', shellWords(command)], options, (_error, stdout, stderr) =>
      resolve({ status: child.exitCode, stdout, stderr }),
    );
  });
}

async function listening(server: Server | http.Server | https.Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  return String((server.address() as AddressInfo).port);
}

const answering = (request: http.IncomingMessage, response: http.ServerResponse): void =>
  void response.end(`answer to ${request.url}`);

describe('A PostgreSQL session', withoutServer(postgres, undefined, 'postgresql'), () => {
  let server: RealServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());

  it(
    'is recorded, and replayed when the database is gone',
    async () => {
      const [record, replay, ...more] = recipe('Record a PostgreSQL session, and replay it in tests');
      expect(more).toEqual([]);
      const env = { PGPORT: String(server.port) };
      const first = await run(record!, env);
      expect(first, first.stderr).toMatchObject({ status: 0, stderr: '' });
      await server.stop();
      expect(await run('npx ws2spi run -- node teas.test.js', env)).toMatchObject({ status: 1 });
      const second = await run(replay!, env);
      expect(second, second.stderr).toMatchObject({ status: 0, stderr: '' });
      expect(second.stdout).toContain('# pass 1');
      // A test that asks for something else.
      const file = join(folder, 'teas.test.js');
      writeFileSync(file, readFileSync(file, 'utf8').replace("'Gyokuro', 30]", "'Gyokuro', 31]"));
      const other = await run(replay!, env);
      expect(other.status).toBe(1);
      expect(other.stdout + other.stderr).toMatch(/differs from conversation 1 .*at byte/);
    },
    PATIENCE,
  );
});

it(
  'What an npm script needs is learned, and then nothing else is let through',
  async () => {
    const [learn, enforce, ...more] = recipe('An egress policy for an npm script: learned, then enforced');
    expect(more).toEqual([]);
    const collected: string[] = [];
    const NUMBERS_PORT = await listening(http.createServer((_request, response) => response.end('1, 2, 3')));
    const OTHER_PORT = await listening(
      http.createServer((request, response) => {
        collected.push(request.url!);
        response.end();
      }),
    );
    const env = { NUMBERS_PORT, OTHER_PORT };
    const learned = await run(learn!, env);
    expect(learned, learned.stderr).toMatchObject({ status: 0 });
    expect(learned.stdout).toContain('Report: 1, 2, 3');
    const rules = (JSON.parse(readFileSync(join(folder, 'egress.json'), 'utf8')) as { rules: unknown[] }).rules;
    expect(rules).toEqual([expect.objectContaining({ allow: 'connect', port: Number(NUMBERS_PORT) })]);
    const enforced = await run(enforce!, env);
    expect(enforced, enforced.stderr).toMatchObject({ status: 0 });
    expect(enforced.stdout).toContain('Report: 1, 2, 3');
    const updated = await run(enforce!, { ...env, UPDATED: 'yes' });
    expect(updated.status).not.toBe(0);
    expect(updated.stdout).toContain('Report: 1, 2, 3');
    expect(updated.stderr).toContain('EACCES');
    expect(collected).toEqual([]);
    expect(readFileSync(join(folder, 'egress.jsonl'), 'utf8')).toContain('"verdict":"deny"');
  },
  PATIENCE,
);

describe('A Redis client', withoutServer('redis-server'), () => {
  it(
    'reaches a server by way of a SOCKS proxy, by a name that is none here',
    async () => {
      const [command, ...more] = recipe('A Redis client over SOCKS');
      expect(more).toEqual([]);
      const redis = await startRedis();
      closers.push(() => redis.stop());
      const ws2 = createWs2_32({ catalog: 'memory' });
      ws2.WSAStartup(0x0202, {});
      const proxy = new SocksServer(ws2, { hosts: { 'redis.internal': '127.0.0.1' } });
      closers.push(() => {
        proxy.close();
        ws2[Symbol.dispose]();
      });
      const there = command!.replace('127.0.0.1:1080', proxy.proxy);
      expect(there).not.toBe(command);
      expect(await run(there, { REDIS_PORT: String(redis.port) })).toEqual({
        status: 0,
        stdout: 'Visit 1\n',
        stderr: '',
      });
      expect(proxy.requests.map(({ host }) => host)).toEqual(['redis.internal']);
    },
    PATIENCE,
  );
});

it(
  'A flaky network is the same one each time that it has the same seed',
  async () => {
    const commands = recipe('A flaky network with a seed');
    expect(commands).toHaveLength(2);
    const PORT = await listening(http.createServer(answering));
    const [first, second] = [await run(commands[0]!, { PORT }), await run(commands[1]!, { PORT })];
    expect(first).toMatchObject({ status: 0, stderr: '' });
    expect(first.stdout).toContain('answer to /10 came by attempt');
    expect(first.stdout).toMatch(/page \d+: /);
    expect(second).toEqual(first);
  },
  PATIENCE,
);

describe('A capture', withoutServer('tshark'), () => {
  it(
    'is opened with TLS decrypted, whoever encrypted',
    async () => {
      const [keylog, secrets, ...more] = recipe('A capture that Wireshark opens, with TLS decrypted');
      expect(more).toEqual([]);
      writeFileSync(join(folder, 'ca.pem'), AUTHORITY);
      const PORT = await listening(https.createServer(certified('server'), answering));
      const env = { PORT, NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') };
      const own = await run(keylog!, env);
      expect(own, own.stderr).toMatchObject({ status: 0, stdout: 'answer to /page\n' });
      const decode = [
        '-d',
        `tcp.port==${PORT},tls`,
        '-Y',
        'http',
        '-T',
        'fields',
        '-e',
        'http.request.uri',
        '-e',
        'http.file_data',
      ];
      const out = join(folder, 'out.pcapng');
      expect(tshark(out, ...decode)).toBe('');
      const keys = ['-o', `tls.keylog_file:${join(folder, 'keys.txt')}`];
      expect(tshark(out, ...keys, ...decode)).toContain('/page');
      const layers = await run(secrets!, { PORT });
      expect(layers, layers.stderr).toMatchObject({ status: 0, stdout: 'answer to /page\n' });
      expect(tshark(join(folder, 'both.pcapng'), ...decode)).toContain('/page');
    },
    PATIENCE,
  );
});

it(
  'What happened in the last second before a hang is told by a signal',
  async () => {
    const [command, ...more] = recipe('What happened in the last second before a hang');
    expect(more).toEqual([]);
    // A server that never answers, and a program that asks it.
    let heard = '';
    const server = createServer((socket) => {
      closers.push(() => socket.destroy());
      socket.on('error', () => undefined).on('data', (bytes) => (heard += String(bytes)));
    });
    const PORT = await listening(server);
    const program = `
    import net from 'node:net';
    console.log(process.pid);
    net.connect(Number(process.env.PORT), '127.0.0.1').write('What is the meaning of it all');`;
    writeFileSync(join(folder, 'worker.js'), program);
    const child = spawn('bash', ['-c', `exec ${shellWords(command!)}`], { cwd: folder, env: environment({ PORT }) });
    closers.push(() => child.kill('SIGKILL'));
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (text) => (stdout += String(text)));
    child.stderr.on('data', (text) => (stderr += String(text)));
    while (!heard.includes('all')) await new Promise(setImmediate);
    const worker = Number(stdout.trim());
    process.kill(worker, 'SIGUSR2');
    while (!/WSPSend .*29 bytes/.test(stderr)) await once(child.stderr, 'data');
    expect(stderr).toMatch(/WSPConnect .*127\.0\.0\.1/);
    process.kill(worker, 'SIGKILL');
    await once(child, 'close');
  },
  PATIENCE,
);

it('Every recipe is run', () => {
  const titles = lines.filter((line) => line.startsWith('## ')).map((line) => line.slice(3));
  const tested = readFileSync(fileURLToPath(import.meta.url), 'utf8');
  expect(titles.filter((title) => !tested.includes(`recipe('${title}')`))).toEqual([]);
});

// `ws2spi run`: a program with its sockets on layers, and what becomes of its children, its signals and its end.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { PROGRAM, ws2spi, type Run } from './program.js';

const folder = temporaryFolder();
const env = { WS2SPI_CATALOG: join(folder, 'none.json') };

const APP = `
import http from 'node:http';
const server = http.createServer((_request, response) => response.end('hello'));
server.listen(0, '127.0.0.1', async () => {
  const response = await fetch(\`http://127.0.0.1:\${server.address().port}/\`);
  console.log(await response.text(), process.argv.slice(2).join());
  server.closeAllConnections();
  server.close();
  process.exitCode = Number(process.env.EXIT ?? 0);
});`;
writeFileSync(join(folder, 'app.mjs'), APP);

function run(args: readonly string[], more: Record<string, string> = {}, cwd = folder): Run {
  const environment = { ...process.env, ...env, ...more, NO_COLOR: '1' };
  return spawnSync(process.execPath, [PROGRAM, 'run', ...args], {
    cwd,
    encoding: 'utf8',
    timeout: 60_000,
    env: environment,
  });
}

describe('ws2spi run', () => {
  test('runs a script, or a program behind --, with its arguments, and gives back its exit code', () => {
    const args = [
      '--layer',
      'trace:t.txt',
      '--layer',
      'capture:out-%p.pcapng,secrets',
      'app.mjs',
      'a',
      '--help',
      '--layer',
    ];
    expect(run(args, { EXIT: '7' })).toEqual(
      expect.objectContaining({ status: 7, stdout: 'hello a,--help,--layer\n', stderr: '' }),
    );
    expect(readFileSync(join(folder, 't.txt'), 'utf8')).toContain('WSPConnect');
    expect(readdirSync(folder).some((name) => /^out-\d+\.pcapng$/.test(name))).toBe(true);
    expect(run(['--', 'node', 'app.mjs', '--', 'b'])).toMatchObject({ status: 0, stdout: 'hello --,b\n' });
  });

  test('shows what a trace without a file saw on standard error, and leaves the output alone', () => {
    const traced = run(['--layer', 'trace', 'app.mjs']);
    expect(traced).toMatchObject({ status: 0, stdout: 'hello \n' });
    expect(traced.stderr).toMatch(/ms {2}trace +WSPConnect \d+/);
    const json = run(['--layer', 'trace:format=json', 'app.mjs']).stderr.trimEnd().split('\n');
    expect(json.map((line) => (JSON.parse(line) as { layer: string }).layer)).toContain('trace');
    const both = run(['--layer', 'trace:-', 'app.mjs']);
    expect(both.stdout).toMatch(/WSPConnect/);
    expect(both.stderr).toBe('');
  });

  test('reaches what a script of npm starts, wherever that is, with paths as they were here', () => {
    mkdirSync(join(folder, 'package'), { recursive: true });
    writeFileSync(join(folder, 'package', 'package.json'), '{ "scripts": { "test": "node ../app.mjs npm" } }');
    const args = ['--layer', 'capture:npm-%p.pcapng', '--', 'npm', 'test', '--silent', '--prefix', 'package'];
    expect(run(args)).toMatchObject({ status: 0, stdout: 'hello npm\n' });
    const [capture] = readdirSync(folder).filter((name) => name.startsWith('npm-'));
    expect(statSync(join(folder, capture!)).size).toBeGreaterThan(1000);
  });

  test('keeps NODE_OPTIONS, and lies over the layers of a run around it', () => {
    const show = 'console.log(process.env.NODE_OPTIONS, process.env.WS2SPI_LAYERS, process.env.WS2SPI_CHAIN)';
    const given = { NODE_OPTIONS: '--max-http-header-size=20000', WS2SPI_LAYERS: '["shape:latency=1"]' };
    const { stdout } = run(
      ['--layer', 'fault:seed=1', '--record', 'x.rec', '--chain', '1001;1002', '--', 'node', '-e', show],
      given,
    );
    const layers = `["record:{\\"file\\":\\"${folder}/x.rec\\"}","fault:{\\"seed\\":\\"1\\"}","shape:latency=1"]`;
    expect(stdout).toMatch(/^--import=\S+ --max-http-header-size=20000 /);
    expect(stdout.trim().endsWith(`20000 ${layers} 1001;1002`)).toBe(true);
  });

  test('records, and replays without a network', () => {
    writeFileSync(
      join(folder, 'client.mjs'),
      `import net from 'node:net';
      const socket = net.connect(Number(process.argv[2]), '127.0.0.1', () => socket.write('how are you?'));
      socket.on('data', (data) => { console.log(String(data)); socket.end(); });`,
    );
    const answering = `
      import net from 'node:net';
      const server = net.createServer((socket) => socket.once('data', () => socket.end('fine')));
      server.listen(0, '127.0.0.1', () => console.log(server.address().port));`;
    writeFileSync(join(folder, 'answering.mjs'), answering);
    const server = spawn(process.execPath, [join(folder, 'answering.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] });
    return once(server.stdout, 'data').then(([port]: string[]) => {
      const client = ['client.mjs', String(port).trim()];
      const recorded = run(['--record', 'session.rec', ...client]);
      server.kill();
      expect(recorded).toMatchObject({ status: 0, stdout: 'fine\n', stderr: '' });
      const replayed = run(['--replay', 'session.rec,mode=longest', ...client]);
      expect(replayed).toMatchObject({ status: 0, stdout: 'fine\n', stderr: '' });
    });
  });

  test('passes signals on, and ends as the program does', async () => {
    const waiting = `process.on('SIGTERM', () => process.exit(9)); console.log('ready'); setInterval(() => {}, 1000);`;
    for (const [signal, source, ends] of [
      ['SIGTERM', waiting, [9, null]],
      ['SIGHUP', `console.log('ready'); setInterval(() => {}, 1000);`, [null, 'SIGHUP']],
    ] as const) {
      const child = spawn(process.execPath, [PROGRAM, 'run', 'node', '-e', source], {
        env: { ...process.env, ...env },
      });
      await once(child.stdout, 'data');
      child.kill(signal);
      expect(await once(child, 'exit')).toEqual(ends);
    }
  });

  test('names children that are not Node.js, each once, and gives the hook to those that lost their environment', () => {
    const source = `
      const { execSync, spawnSync, exec, spawn, execFileSync } = require('node:child_process');
      execSync('true && git --version; git --version; node -e 1', { stdio: 'ignore' });
      spawnSync('tar', ['--version']);
      const show = ['-p', 'process.env.NODE_OPTIONS?.includes("register") + " " + process.env.WS2SPI_LAYERS'];
      console.log(execFileSync(process.execPath, show, { env: {}, encoding: 'utf8' }).trim());
      exec('sed --version | node -e 1', () => {
        spawn(process.execPath, show, { env: { PATH: process.env.PATH }, stdio: 'inherit' });
      });`;
    const { stdout, stderr } = run(['--layer', 'fault', '--', 'node', '-e', source]);
    expect(stdout).toBe('true ["fault:{}"]\ntrue ["fault:{}"]\n');
    const told = stderr.split('\n').filter((line) => line.includes('Ws2spiChild'));
    expect(told.map((line) => /Ws2spiChild: (\S+) is not Node\.js: .*ws2spi gateway/.exec(line)?.[1])).toEqual([
      'git',
      'tar',
      'sed',
    ]);
  });
});

test.skipIf(process.platform === 'win32')(
  'A child that is a single executable application is told, with what to do',
  () => {
    const file = join(folder, 'single-child');
    writeFileSync(file, '\n#NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:1\nexit 0\n', { mode: 0o755 });
    const source = `const { spawn } = require('node:child_process');
    const start = (env) => spawn('sh', ['-c', ${JSON.stringify(file)}], { env: { ...process.env, ...env } });
    start({ NODE_OPTIONS: '--require=ws2spi/register' }).on('exit', () => start({}));`;
    const { stderr } = run(['--layer', 'trace', '--', 'node', '-e', source]);
    const told = stderr.split('\n').filter((line) => line.includes('Ws2spiChild'));
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/single-child is a single executable application, .*--require=ws2spi\/register/);
  },
);

describe('What cannot be run is told, and nothing is started', () => {
  test.each([
    [1, ['--layer', 'capure:x', 'app.mjs'], /^ws2spi: --layer: there is no layer "capure": did you mean "capture"\?/],
    [
      1,
      ['--layer', 'capture:x,snaplength=1', 'app.mjs'],
      /^ws2spi: --layer: capture: there is no option "snaplength": did you mean "snaplen"\?/,
    ],
    [1, ['--layer', 'socks:h:99999', 'app.mjs'], /^ws2spi: --layer: socks: `proxy` must be/],
    [
      1,
      ['--record', 'r.rec,apend', 'app.mjs'],
      /^ws2spi: --record: record: the option "apend".*did you mean "append"\?/,
    ],
    [1, ['--replay', 'none.rec', 'app.mjs'], /^ws2spi: --replay: replay: `file` .* there is no file .*none\.rec$/m],
    [1, ['--layer', 'policy:none.json', 'app.mjs'], /--layer: policy: `file` .* there is no file .*none\.json$/m],
    [1, ['--layer', 'policy:.', 'app.mjs'], /--layer: policy: `file` cannot be used: .* is a folder$/m],
    [1, ['--layer', 'capture:none/x.pcapng', 'app.mjs'], /capture: `file` .* there is no folder .*none$/m],
    [1, ['--layer', 'trace:.', 'app.mjs'], /trace: `file` cannot be used: .* is a folder: name a file in it$/m],
    [1, ['--record', 'app.mjs/x.rec', 'app.mjs'], /record: `file` cannot be used: .*app\.mjs is no folder$/m],
    [1, ['--layer', 'socks:1080', 'app.mjs'], /socks: `proxy` must be .* this machine is 127\.0\.0\.1:1080$/m],
    [1, ['--chain', 'nowhere', 'app.mjs'], /^ws2spi\/register: .*the chain "nowhere" is not in the catalog/],
    [1, ['nothing.mjs'], /^ws2spi: there is no file nothing\.mjs, seen from /],
    [1, ['--', 'no-such-program'], /^ws2spi: there is no program "no-such-program"/],
    [1, ['--', 'tar', '--version'], /^ws2spi: tar is not Node\.js: .*ws2spi gateway/],
    [2, [], /^ws2spi: run takes a program/],
    [2, ['--layer', 'trace', '--'], /^ws2spi: run takes a program/],
    [2, ['--layer'], /^ws2spi: run --layer takes a value, and none stands behind it \(see ws2spi run --help\)$/m],
    [2, ['--layer', '--top', 'app.mjs'], /^ws2spi: run --layer takes a value, .* is written --layer=-VALUE \(see/],
    [2, ['--top=yes', 'app.mjs'], /^ws2spi: run --top takes no value \(see/],
    [2, ['--layr', 'trace', 'app.mjs'], /^ws2spi: run has no option --layr; did you mean --layer\?/],
    [2, ['--record', 'x', '--replay', 'x', 'app.mjs'], /^ws2spi: --record and --replay are of one file/],
  ])('exit code %d of %j', (status, args, message) => {
    const outcome = run(args);
    expect([outcome.status, outcome.stdout]).toEqual([status, '']);
    expect(outcome.stderr).toMatch(message);
    expect(outcome.stderr.trim().split('\n')).toHaveLength(1);
  });

  test.skipIf(process.platform === 'win32')('a single executable application, whatever it is called', () => {
    const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:1';
    for (const name of ['application', 'node', 'node-22']) {
      const place = join(folder, 'single');
      mkdirSync(place, { recursive: true });
      // Whoever starts it nevertheless is heard of.
      writeFileSync(join(place, name), `\n#${fuse}\necho started\n`, { mode: 0o755 });
      for (const [path, words] of [
        [process.env['PATH']!, [join(place, name)]],
        [`${place}:${process.env['PATH']}`, [name]],
      ] as const) {
        const { status, stdout, stderr } = run(['--layer', 'trace', '--', ...words], { PATH: path });
        expect([status, stdout]).toEqual([1, '']);
        expect(stderr).toMatch(
          /^ws2spi: \S+ is a single executable application: .*NODE_OPTIONS=--require=ws2spi\/register/,
        );
      }
    }
  });

  test('and no message shows a password', () => {
    const { status, stderr } = run(['--layer', 'socks:socks5://u:s3cret@h:99999', 'app.mjs']);
    expect(status).toBe(1);
    expect(stderr).not.toContain('s3cret');
  });
});

test('The help names every layer, and completion offers them', () => {
  const { stdout } = ws2spi(['run', '--help']);
  for (const name of ['capture:FILE', 'socks:PROXY', 'fault ', 'policy:FILE']) expect(stdout).toContain(name);
  expect(ws2spi(['completion', 'bash']).stdout).toMatch(/--layer\|-l\) .*capture compression fault/);
});

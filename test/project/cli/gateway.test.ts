// `ws2spi gateway` as people and their programs use it: one process, and curl.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withoutServer } from '../../support/real-servers.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { nobodysPort } from '../../support/free-ports.js';
import { PROGRAM, ws2spi } from './program.js';

interface Opened {
  readonly kind: string;
  readonly address: string;
  readonly port: number;
}

/** A gateway in a process of its own. */
class Running {
  stderr = '';
  stdout = '';
  #opened!: readonly Opened[];
  readonly ended: Promise<number | null>;

  private constructor(private readonly child: ChildProcess) {
    child.stderr!.on('data', (text) => (this.stderr += String(text)));
    child.stdout!.on('data', (text) => (this.stdout += String(text)));
    this.ended = new Promise((resolve) => child.once('exit', resolve));
  }

  static async start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Running> {
    const child = spawn(process.execPath, [PROGRAM, 'gateway', '--json', ...args], {
      env: { ...process.env, WS2SPI_CATALOG: '/nowhere/catalog.json', NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const running = new Running(child);
    const [line] = (await Promise.race([
      once(createInterface(child.stdout), 'line'),
      running.ended.then(() => Promise.reject(new Error(running.stderr))),
    ])) as [string];
    running.#opened = (JSON.parse(line) as { opened: Opened[] }).opened;
    return running;
  }

  port(kind: string): number {
    return this.#opened.find((each) => each.kind === kind)!.port;
  }

  signal(signal: NodeJS.Signals = 'SIGINT'): void {
    this.child.kill(signal);
  }
}

/** What curl prints, with its exit code before it. */
function curl(...args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    const child = execFile('curl', ['-sS', '--max-time', '15', '--noproxy', '', ...args], (_error, stdout, stderr) => {
      resolve(`${child.exitCode} ${stdout}${stderr}`.trim());
    });
  });
}

describe('ws2spi gateway', withoutServer('curl'), () => {
  const origin = http.createServer((request, response) => {
    let length = 0;
    request.on('data', (bytes: Buffer) => (length += bytes.length));
    request.on('end', () => response.end(`${request.method} ${request.url} ${length}`));
  });
  const echo = net.createServer({ allowHalfOpen: true }, (socket) => socket.on('error', () => undefined).pipe(socket));
  let gateway: Running;
  let at: string;
  const folder = temporaryFolder();

  beforeAll(async () => {
    for (const server of [origin, echo]) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    at = `localhost:${(origin.address() as AddressInfo).port}`;
    const to = `127.0.0.1:${(echo.address() as AddressInfo).port}`;
    const opened = [
      '--port',
      '0',
      '--socks',
      '0',
      '--http',
      '[::1]:0',
      '--tcp',
      `0=${at}`,
      '--serve',
      `127.0.0.1:0=${to}`,
    ];
    gateway = await Running.start([...opened, '--grace', '60']);
  });
  afterAll(async () => {
    gateway.signal('SIGKILL');
    await gateway.ended;
    origin.close();
    echo.close();
  });

  it('leads curl by SOCKS 5, 4A and 4, by CONNECT, by the whole address, and by a port of its own', async () => {
    const proxy = gateway.port('proxy');
    const ways = [
      ['--proxy', `socks5h://127.0.0.1:${proxy}`],
      ['--socks5', `127.0.0.1:${gateway.port('socks')}`],
      ['--socks5-hostname', `127.0.0.1:${gateway.port('socks')}`],
      ['--socks4a', `127.0.0.1:${proxy}`],
      ['--socks4', `127.0.0.1:${proxy}`],
      ['--proxy', `http://127.0.0.1:${proxy}`],
      ['--proxytunnel', '--proxy', `http://127.0.0.1:${proxy}`],
      ['--proxy', `http://[::1]:${gateway.port('http')}`],
    ];
    for (const way of ways) {
      expect(await curl(...way, `http://${at}/a?b`), way.join(' ')).toBe('0 GET /a?b 0');
      expect(await curl(...way, '--data', 'x'.repeat(5000), `http://${at}/post`), way.join(' ')).toBe(
        '0 POST /post 5000',
      );
    }
    expect(await curl(`http://127.0.0.1:${gateway.port('tcp')}/port`)).toBe('0 GET /port 0');
    expect(gateway.stderr).toBe('');
  });

  it('answers what cannot be reached by what each protocol has for it, and tells it once', async () => {
    const nobody = `127.0.0.1:${nobodysPort()}`;
    const proxy = `127.0.0.1:${gateway.port('proxy')}`;
    for (let twice = 0; twice < 2; twice++) {
      expect(await curl('--proxy', `socks5h://${proxy}`, `http://${nobody}/`)).toMatch(/^97 .*\(5\)/);
    }
    expect(await curl('--proxy', `socks5h://${proxy}`, 'http://nobody.invalid/')).toMatch(/^97 .*\(4\)/);
    expect(await curl('--proxytunnel', '--proxy', `http://${proxy}`, `http://${nobody}/`)).toMatch(/^56 .*502/);
    expect(await curl('--proxy', `http://${proxy}`, `http://${nobody}/`)).toMatch(/^0 ws2spi gateway: .*ECONNREFUSED/);
    expect(await curl('--data', 'x', `http://${proxy}/`)).toMatch(/^0 ws2spi gateway: this is a proxy, and no server/);
    const told = gateway.stderr.trim().split('\n');
    expect(told).toEqual([
      `ws2spi gateway: ${nobody} is not reached: connect ECONNREFUSED ${nobody}`,
      'ws2spi gateway: nobody.invalid:80 is not reached: getaddrinfo ENOTFOUND nobody.invalid',
      expect.stringMatching(/^ws2spi gateway: a client is refused: this is a proxy, and no server/),
    ]);
  });

  it('asks who is there, by a password from a file, and goes over the layers that were named', async () => {
    const file = join(folder, 'password');
    writeFileSync(file, 'sesame\nsecond line\n', { mode: 0o600 });
    const layers = [
      '--layer',
      `trace:${join(folder, 'calls.txt')}`,
      '--layer',
      `capture:${join(folder, 'out.pcapng')}`,
    ];
    const locked = await Running.start(['--port', '0', '--user', 'ann', '--password-file', file, ...layers]);
    const proxy = `127.0.0.1:${locked.port('proxy')}`;
    for (const scheme of ['socks5h', 'http']) {
      expect(await curl('--proxy', `${scheme}://ann:sesame@${proxy}`, `http://${at}/in`)).toBe('0 GET /in 0');
      expect(await curl('--proxy', `${scheme}://ann:open@${proxy}`, `http://${at}/in`)).not.toContain('GET');
      expect(await curl('--proxy', `${scheme}://${proxy}`, `http://${at}/in`)).not.toContain('GET');
    }
    expect(locked.stderr).not.toContain('sesame');
    locked.signal('SIGTERM');
    expect(await locked.ended).toBe(0);
    expect(locked.stdout).toContain('"layers":["trace","capture"]');
    expect(readFileSync(join(folder, 'calls.txt'), 'utf8')).toContain('WSPConnect');
    expect(readFileSync(join(folder, 'out.pcapng'), 'latin1')).toContain('GET /in HTTP/1.1');
  });

  it('closes gently by Ctrl-C: what talks comes to its end, nobody else gets in, and a second one ends it', async () => {
    const port = gateway.port('serve');
    const [one, two] = [net.connect(port, '127.0.0.1'), net.connect(port, '127.0.0.1')];
    for (const socket of [one, two]) {
      socket.write('hello');
      await once(socket, 'data');
    }
    gateway.signal();
    // The listener is closed before anything else.
    for (let refused = false; !refused;) {
      const other = net.connect(port, '127.0.0.1');
      refused = await new Promise((resolve) =>
        other.once('error', () => resolve(true)).once('connect', () => resolve(false)),
      );
      other.destroy();
    }
    one.write('still');
    expect(String(((await once(one, 'data')) as [Buffer])[0])).toBe('still');
    one.end();
    await once(one.resume(), 'close');
    gateway.signal();
    two.resume().on('error', () => undefined);
    await once(two, 'close').catch(() => undefined);
    expect(await gateway.ended).toBe(0);
  });
});

describe('ws2spi gateway that is used wrongly says so, and opens nothing', () => {
  it.each([
    [['--port', 'x'], /--port must be a whole number from 0 to 65535/],
    [['--socks', 'a b'], /--socks must be \[HOST:\]PORT/],
    [['--tcp', '5432'], /--tcp must be \[HOST:\]PORT=HOST:PORT/],
    [['--tcp', '0=db.example:0'], /--tcp must be/],
    [['--tcp', '5000=127.0.0.1:5000'], /127\.0\.0\.1:5000 leads to itself/],
    [['--socks', '0.0.0.0:0', '--open'], /say --public/],
    [['--socks', '0.0.0.0:0', '--public'], /--user and .*--password-file.*say --open/],
    [['--tcp', '0=localhost:1', '--user', 'ann'], /--user is about who may use a proxy, and none is opened/],
    [['--user', 'ann'], /--user needs a password: --password-file, or WS2SPI_GATEWAY_PASSWORD/],
    [['--password-file', 'x'], /goes with --user/],
    [['extra'], /takes options alone, not "extra"/],
    [['--sock', '0'], /did you mean --socks\?/],
    [['--port', '0', '--layer', 'fault:rset=1'], /fault: there is no option "rset": did you mean "reset"\?/],
    [['--port', '0', '--chain', 'nowhere'], /the chain "nowhere" is not in the catalog .*MSAFD Tcpip/],
  ] as const)('%s', async (args, message) => {
    const { gatewayCommand } = await import('../../../dist/cli/gateway-command.js');
    await expect(gatewayCommand.run(args, async () => [])).rejects.toThrow(message);
  });

  it('with exit code 2', () => {
    const { status, stdout, stderr } = ws2spi(['gateway', '--port', '0', '--open', '--user', 'ann']);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^ws2spi: --user needs a password/);
  });
});

// PostgreSQL, MariaDB, Redis, Mosquitto and a SOCKS proxy, as Debian packs them: started on loopback, on ports and in folders of their own.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { certificateText } from './certificates/index.js';
import { freePort } from './free-ports.js';
import { temporaryFolder } from './temporary-folder.js';

/** Where Debian has PostgreSQL's programs: none is in the path. */
const POSTGRES = '/usr/lib/postgresql';
const newest = existsSync(POSTGRES)
  ? readdirSync(POSTGRES).sort((one, other) => Number(other) - Number(one))[0]
  : undefined;
/** PostgreSQL's server, as `withoutServer` takes it. */
export const postgres = newest === undefined ? 'postgresql' : join(POSTGRES, newest, 'bin', 'postgres');

/** Some servers refuse to be run by root. */
const asUser = (user: string): string[] =>
  process.getuid?.() === 0 ? ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups'] : [];

/** Runs a command to its end, with something to read. */
function run(command: readonly string[], input = ''): void {
  const [program, ...args] = command;
  const { status, stderr, error } = spawnSync(program!, args, { input, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command.join(' ')} failed: ${error?.message ?? stderr}`);
}

/** How a server is started. */
interface ServerCommand {
  readonly command: readonly string[];
  readonly folder: string;
  /** What it writes once it takes connections; it is asked where it writes nothing. */
  readonly ready: RegExp | null;
  /** What ends it in good order, and soon. */
  readonly ends?: NodeJS.Signals;
}

/** A server that a test started, and can start again at its port. */
export class RealServer {
  #child: ChildProcess | null = null;

  constructor(
    readonly port: number,
    private readonly how: ServerCommand,
  ) {}

  /** Starts it, until it takes connections. */
  async start(): Promise<this> {
    const { command, folder, ready } = this.how;
    const [program, ...args] = command;
    const child = spawn(program!, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    let said = '';
    await new Promise<void>((resolve, reject) => {
      const listen = (piece: string): void => {
        said += piece;
        if (ready?.test(said) === true) resolve();
        said = said.slice(-10_000);
      };
      child.stdout.setEncoding('utf8').on('data', listen);
      child.stderr.setEncoding('utf8').on('data', listen);
      child.once('error', reject).once('exit', () => reject(new Error(`${program} has ended:\n${said}`)));
      if (ready === null) void this.#answers().then(resolve);
    });
    return this;
  }

  async #answers(): Promise<void> {
    for (;;) {
      const socket = net.connect(this.port, '127.0.0.1');
      const isThere = await once(socket, 'connect').then(
        () => true,
        () => false,
      );
      socket.destroy();
      if (isThere || this.#child?.exitCode !== null) return;
      await setTimeout(10);
    }
  }

  /** Stops it, connections and all. */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(this.how.ends ?? 'SIGTERM');
    await once(child, 'exit');
  }

  /** Stops it, and starts it at the same port. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }
}

/** The files of a certificate for loopback, which a server's user can read and nobody else. */
function certificateFiles(folder: string, user: string[]): { readonly cert: string; readonly key: string } {
  const files = { cert: join(folder, 'server.pem'), key: join(folder, 'server.key') };
  run([...user, 'sh', '-c', `umask 077; cat > '${files.cert}'`], certificateText('server.pem'));
  run([...user, 'sh', '-c', `umask 077; cat > '${files.key}'`], certificateText('server.key'));
  return files;
}

function openFolder(): string {
  const folder = temporaryFolder();
  chmodSync(folder, 0o777);
  return folder;
}

/**
 * Starts PostgreSQL: `tester` is its superuser and needs no password, a role `careful` would need one (SCRAM), and who asks for TLS
 * gets it.
 */
export async function startPostgres(): Promise<RealServer> {
  const folder = openFolder();
  const port = await freePort();
  const user = asUser('postgres');
  const data = join(folder, 'data');
  const program = (name: string): string[] => [...user, join(postgres, '..', name)];
  run([...program('initdb'), '-D', data, '-U', 'tester', '--auth=trust', '-E', 'UTF8', '--no-sync', '--no-locale']);
  const hba = join(data, 'pg_hba.conf');
  writeFileSync(hba, `host all careful 127.0.0.1/32 scram-sha-256\n${readFileSync(hba, 'utf8')}`);
  const { cert, key } = certificateFiles(folder, user);
  const settings = ['ssl=on', `ssl_cert_file=${cert}`, `ssl_key_file=${key}`].flatMap((each) => ['-c', each]);
  return new RealServer(port, {
    command: [
      ...program('postgres'),
      ...['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder, '-F'],
      ...settings,
    ],
    folder,
    ready: /ready to accept connections/,
    ends: 'SIGINT',
  }).start();
}

/** Where Debian has the statements that make MariaDB's own tables. */
const MARIADB_TABLES = ['mysql_system_tables.sql', 'mysql_performance_tables.sql'];

/** Starts MariaDB, whose user `tester` has the password `secret` and the database `tea`; who asks for TLS gets it. */
export async function startMariaDb(): Promise<RealServer> {
  const folder = openFolder();
  const port = await freePort();
  const user = asUser('mysql');
  const data = join(folder, 'data');
  run([...user, 'mkdir', data]);
  const common = [...user, 'mariadbd', '--no-defaults', `--datadir=${data}`, '--innodb-flush-method=nosync'];
  common.push('--innodb-log-file-size=4M', '--innodb-buffer-pool-size=8M');
  const tables = MARIADB_TABLES.map((file) => readFileSync(join('/usr/share/mysql', file), 'utf8'));
  run([...common, '--bootstrap'], ['create database mysql;', 'use mysql;', ...tables].join('\n'));
  const atStart = join(folder, 'at-start.sql');
  writeFileSync(
    atStart,
    [
      'create database if not exists tea;',
      "create user if not exists tester@'127.0.0.1' identified by 'secret';",
      "grant all on *.* to tester@'127.0.0.1';",
      '',
    ].join('\n'),
  );
  const { cert, key } = certificateFiles(folder, user);
  return new RealServer(port, {
    command: [
      ...common,
      ...[`--port=${port}`, '--bind-address=127.0.0.1', `--socket=${join(folder, 'socket')}`],
      ...[`--pid-file=${join(folder, 'pid')}`, `--init-file=${atStart}`, `--ssl-cert=${cert}`, `--ssl-key=${key}`],
      '--max-allowed-packet=64M',
    ],
    folder,
    ready: /ready for connections/,
  }).start();
}

/**
 * Starts Redis.
 *
 * @param options further options of its command line
 */
export async function startRedis(options: readonly string[] = []): Promise<RealServer> {
  const port = await freePort();
  const folder = temporaryFolder();
  return new RealServer(port, {
    command: [
      'redis-server',
      ...['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', ...options],
    ],
    folder,
    ready: /Ready to accept connections/,
  }).start();
}

/** Or it drops messages of which many come at once. */
const WITHOUT_LIMITS = 'max_queued_messages 0\nmax_inflight_messages 0\n';

/** Starts Mosquitto, for everybody. */
export async function startMosquitto(): Promise<RealServer> {
  const port = await freePort();
  const folder = openFolder();
  const file = join(folder, 'mosquitto.conf');
  writeFileSync(file, `listener ${port} 127.0.0.1\nallow_anonymous true\nlog_dest stderr\n${WITHOUT_LIMITS}`);
  return new RealServer(port, {
    command: ['mosquitto', '-c', file],
    folder,
    ready: /mosquitto version \S+ running/,
  }).start();
}

/** Starts microsocks, a SOCKS proxy for everybody. */
export async function startMicrosocks(): Promise<RealServer> {
  const port = await freePort();
  return new RealServer(port, {
    command: ['microsocks', '-i', '127.0.0.1', '-p', String(port)],
    folder: temporaryFolder(),
    ready: null,
  }).start();
}

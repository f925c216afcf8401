// A PostgreSQL of this machine's, for as long as it is measured.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Skipped } from '../harness/skipped.mjs';

/** Where Debian has PostgreSQL's programs. */
const VERSIONS = '/usr/lib/postgresql';
const TRIES = 200;
const BETWEEN_TRIES = 50;

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true) || socket.destroy());
    socket.on('error', () => resolve(false));
  });
}

/**
 * Starts a PostgreSQL on a free port of 127.0.0.1, with the user `tester`, who needs no password.
 *
 * @returns {Promise<{ port: number, stop: () => Promise<void> }>}
 * @throws Skipped when none is installed
 */
export async function startPostgres() {
  const newest = existsSync(VERSIONS)
    ? readdirSync(VERSIONS).sort((one, other) => Number(other) - Number(one))[0]
    : null;
  if (!newest) throw new Skipped('install postgresql');
  const folder = mkdtempSync(join(tmpdir(), 'ws2spi-postgres-'));
  // It refuses to be run by root.
  const asUser = process.getuid?.() === 0 ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'] : [];
  if (asUser.length > 0) chmodSync(folder, 0o777);
  const command = (program, ...args) => [...asUser, join(VERSIONS, newest, 'bin', program), ...args];
  const data = join(folder, 'data');
  try {
    const [program, ...args] = command('initdb', '-D', data, '-U', 'tester', '--auth=trust', '--no-sync');
    execFileSync(program, args, { cwd: folder, stdio: 'ignore' });
    const port = await freePort();
    const [server, ...options] = command(
      'postgres',
      '-D',
      data,
      '-p',
      String(port),
      '-h',
      '127.0.0.1',
      '-k',
      folder,
      '-F',
    );
    const child = spawn(server, options, { cwd: folder, stdio: 'ignore' });
    const ended = once(child, 'exit');
    const stop = async () => {
      child.kill('SIGINT');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    };
    for (let tries = 0; !(await answers(port)); tries++) {
      if (tries === TRIES) {
        await stop();
        throw new Error('PostgreSQL does not answer');
      }
      await delay(BETWEEN_TRIES);
    }
    return { port, stop };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

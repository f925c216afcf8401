import { execFile } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { BASES } from './bases.js';

const run = promisify(execFile);
const dist = process.env['WS2SPI_DIST'] ?? fileURLToPath(new URL('../../../dist/', import.meta.url));
const script = fileURLToPath(new URL('fixtures/alive.mjs', import.meta.url));

const ending = fileURLToPath(new URL('fixtures/instance-ends.mjs', import.meta.url));

/** What `net` tells of a write that its socket's end cut short: versions of Node.js differ. */
const CUT_SHORT = await codeOfWriteCutShort();

async function codeOfWriteCutShort(): Promise<string> {
  const server = net.createServer((accepted) => accepted.on('error', () => undefined).pause());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.once('connection', (accepted) => void socket.once('close', () => accepted.destroy()));
  const socket = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  const code = new Promise<string>((resolve) => {
    socket.write(Buffer.alloc(20_000_000), (error) => {
      resolve(String((error as NodeJS.ErrnoException | null | undefined)?.code));
    });
  });
  setImmediate(() => socket.destroy());
  server.close();
  return code;
}

/** For how long a process is watched that is to stay alive, and one that is to end by itself, in milliseconds. */
const PATIENCE: Readonly<Record<string, string>> = { 'kept alive': '400', 'ended by itself': '45000' };

describe.each(BASES)('when the use of an instance over %s ends', (base) => {
  describe.each(['WSACleanup', 'dispose'])('by %s', (how) => {
    it.each([
      ['server', 'server close'],
      ['socket', 'accepted close, server close, socket close'],
      ['codec', 'accepted close, server close, socket close'],
      ['in the handler', 'accepted close, server close, socket close'],
      ['timeout', 'accepted close, server close, socket close'],
      ['connecting', 'server close, socket close'],
      ['handshake', 'server close, socket close'],
      ['writing', 'accepted close, server close, socket close, written: CODE'],
      ['looking up', 'accepted close, searching close, server close, socket close'],
      ['http', 'request ECONNRESET, request close, server close'],
      ['https', 'accepted close, request ECONNRESET, request close, server close'],
      ['fetch, handshake', 'fetch rejects: ECONNRESET, server close'],
      ['fetch, tls', 'accepted close, fetch rejects: ECONNRESET, server close'],
      ['fetch, the response', 'accepted close, fetch rejects: UND_ERR_SOCKET, server close'],
      ['fetch, the body', 'accepted close, fetch rejects: UND_ERR_SOCKET, server close'],
      ['fetch, too late', 'fetch rejects: WSANOTINITIALISED, server close'],
    ])('what is open is told: %s', async (what, told) => {
      const args = [ending, pathToFileURL(`${dist}/`).href, base, how, what];
      const { stdout } = await run(process.execPath, args);
      expect(stdout).toBe(told.replace('CODE', base === 'tcpip' ? CUT_SHORT : 'undefined'));
    });
  });
});

describe.each(BASES)('a process with sockets over %s', (base) => {
  it.each([
    ['server', 'ref', 'kept alive'],
    ['server', 'unref', 'ended by itself'],
    ['socket', 'ref', 'kept alive'],
    ['socket', 'unref', 'ended by itself'],
  ])('with an open %s after %s is %s', async (what, reference, outcome) => {
    const args = [script, pathToFileURL(`${dist}/`).href, base, what, reference, PATIENCE[outcome]!];
    const { stdout } = await run(process.execPath, args);
    expect(stdout).toBe(outcome);
  });
});

const idle = fileURLToPath(new URL('fixtures/idle.mjs', import.meta.url));

describe('a connection in which little goes on, beside node:net,', () => {
  it.each([
    ['reading', 'kept alive'],
    ['read again', 'kept alive'],
    ['paused with nothing to read', 'kept alive'],
    ['a write that waits', 'kept alive'],
    ['paused before it is connected', 'ended by itself'],
    ['paused while much arrives', 'ended by itself'],
    ['an end that nobody reads', 'ended by itself'],
    ['half open', 'ended by itself'],
    ['connect called twice', 'ended by itself'],
  ])('%s: the process is %s', async (state, outcome) => {
    for (const kind of ['net', ...BASES]) {
      const args = [idle, pathToFileURL(`${dist}/`).href, kind, state, PATIENCE[outcome]!];
      const { stdout } = await run(process.execPath, args);
      expect([kind, stdout]).toEqual([kind, outcome]);
    }
  });
});

// curl and the layer: as a client of a server on the layer, and by a relay that secures what curl says bare.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { compression } from 'ws2spi/providers/layers/compression';
import { tls, type TlsOptions } from 'ws2spi/providers/layers/tls';
import { AUTHORITY, certificateFile, certified } from '../../../../support/certificates/index.js';
import { relay } from '../../../../support/chain-relay.js';
import { withoutServer } from '../../../../support/real-servers.js';
import { Ends } from './ends.js';

const BODY = 'The quick brown fox jumps over the lazy dog. '.repeat(20_000);
const TRUST = ['--cacert', certificateFile('authority.pem')];

/** Runs curl. Its standard output and its exit code. */
async function curl(...args: string[]): Promise<{ readonly code: number | null; readonly text: string }> {
  const child = spawn('curl', ['--silent', '--max-time', '20', ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, text };
}

/** What both kinds of servers answer: how long the request's body was, and a text. */
function answering(server: ReturnType<typeof createServer> | ReturnType<typeof createSecureServer>) {
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    let length = 0;
    request.on('data', (piece: Buffer) => (length += piece.length));
    request.on('end', () => response.end(request.method === 'GET' ? BODY : `got ${length}`));
  });
  return server;
}

/** An HTTP server whose connections come over the layer. Returns its port. */
async function serveHttp(ends: Ends, options: TlsOptions): Promise<number> {
  const http = answering(createServer());
  return ends.serveOnLayer(options, (socket) => void http.emit('connection', socket));
}

describe.skipIf(withoutServer('curl').skip)('curl', () => {
  test.each([
    ['TLS 1.2', ['--tls-max', '1.2']],
    ['TLS 1.3', ['--tlsv1.3']],
  ])('gets a page, sends one, and asks twice over one connection, by %s', async (_, version) => {
    await using ends = new Ends();
    let connections = 0;
    const http = answering(createServer());
    const port = await ends.serveOnLayer({}, (socket) => {
      connections++;
      http.emit('connection', socket);
    });
    const url = `https://127.0.0.1:${port}/`;
    const got = await curl(...version, ...TRUST, url, url);
    expect(got.code).toBe(0);
    expect(got.text === BODY + BODY).toBe(true);
    expect(connections).toBe(1);
    expect(await curl(...version, ...TRUST, '--data-binary', `@${certificateFile('make.sh')}`, url)).toEqual({
      code: 0,
      text: expect.stringMatching(/^got \d{3,}$/) as string,
    });
    expect(ends.reports).toEqual([]);
  });

  test('is known by its certificate, and by no other', async () => {
    await using ends = new Ends();
    const port = await serveHttp(ends, { ca: AUTHORITY, requestCert: true });
    const url = `https://127.0.0.1:${port}/`;
    const shown = (name: string) => ['--cert', certificateFile(`${name}.pem`), '--key', certificateFile(`${name}.key`)];
    expect((await curl(...TRUST, ...shown('client'), url)).code).toBe(0);
    expect(ends.reports).toEqual([]);
    // Of TLS 1.3 a client learns it as it reads.
    expect((await curl(...TRUST, ...shown('unknown-client'), url)).code).toBe(56);
    expect(ends.reports.join()).toMatch(/does not verify: unable to get local issuer/);
  });

  test('refuses the server whose authority it does not know, or whose name, and the server goes on', async () => {
    await using ends = new Ends();
    const port = await serveHttp(ends, {});
    const url = `https://127.0.0.1:${port}/`;
    expect((await curl('--cacert', certificateFile('stranger.pem'), url)).code).toBe(60);
    const elsewhere = ['--resolve', `elsewhere.test:${port}:127.0.0.1`, `https://elsewhere.test:${port}/`];
    expect((await curl(...TRUST, ...elsewhere)).code).toBe(60);
    expect((await curl(...TRUST, url)).code).toBe(0);
  });

  test.each([
    ['tls', [tls({ ca: AUTHORITY })], null],
    ['tls over compression', [tls({ ca: AUTHORITY }), compression()], [compression()]],
  ])('says it bare to a relay, and it goes over %s to a server of node:https', async (_, connects, accepts) => {
    const server = answering(createSecureServer(certified('server'))).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    // The server knows nothing of compression: another relay takes it off, and leaves TLS on.
    const inner = accepts === null ? null : await relay(port, { accepts });
    const outer = await relay(inner?.port ?? port, { connects });
    const { code, text } = await curl(`http://127.0.0.1:${outer.port}/`);
    expect(code).toBe(0);
    expect(text === BODY).toBe(true);
    expect([...outer.defects, ...(inner?.defects ?? [])]).toEqual([]);
    await outer.close();
    await inner?.close();
    server.close();
  });
});

// The layer and others who speak TLS: node:tls and the openssl command, each as a client and as a server.
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { TLSSocket } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { AF_INET, FIONBIO, IPPROTO_TCP, SOCK_STREAM, sockaddr_in, WSA_FLAG_OVERLAPPED } from 'ws2spi';
import { stack } from 'ws2spi/chain';
import { compression } from 'ws2spi/providers/layers/compression';
import { tls, tlsSession } from 'ws2spi/providers/layers/tls';
import { freePort } from '../../../../support/free-ports.js';
import { AUTHORITY, certificateFile, certificateText, certified } from '../../../../support/certificates/index.js';
import { withoutServer } from '../../../../support/real-servers.js';
import { echo, Ends, exchange, later, outcome } from './ends.js';

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;
const MEGABYTE = randomBytes(1_000_000);

describe.each(VERSIONS)('With node:tls, by %s', (version) => {
  const only = { minVersion: version, maxVersion: version };

  test('a client of the layer and a server of node:tls exchange a megabyte, and both ends', async () => {
    await using ends = new Ends();
    const port = await ends.serveOnNode(only);
    const answer = await exchange(ends.connectOnLayer(port, only), MEGABYTE);
    expect(answer.equals(MEGABYTE)).toBe(true);
    expect(ends.reports).toEqual([]);
  });

  test('a client of node:tls and a server of the layer exchange a megabyte, and both ends', async () => {
    await using ends = new Ends();
    const port = await ends.serveOnLayer(only);
    const answer = await exchange(ends.connectOnNode(port, only), MEGABYTE);
    expect(answer.equals(MEGABYTE)).toBe(true);
    expect(ends.reports).toEqual([]);
  });

  test('a client of the layer agrees upon a protocol, tells the name, and knows whom it has', async () => {
    await using ends = new Ends();
    const seen = later<TLSSocket>();
    const port = await ends.serveOnNode({ ...only, ALPNProtocols: ['h2', 'http/1.1'] }, (socket) =>
      seen.resolve(socket),
    );
    const socket = ends.connectOnLayer(port, { ...only, alpn: 'http/1.1,h2', servername: 'host.example.test' });
    expect(await outcome(socket)).toBe('connected');
    const peer = await seen.promise;
    expect([peer.alpnProtocol, (peer as TLSSocket & { servername: string }).servername]).toEqual([
      'h2',
      'host.example.test',
    ]);
    socket.destroy();
  });

  test('an address is never told as a name', async () => {
    await using ends = new Ends();
    const seen = later<TLSSocket>();
    const port = await ends.serveOnNode(only, (socket) => seen.resolve(socket));
    expect(await outcome(ends.connectOnLayer(port, only))).toBe('connected');
    expect(((await seen.promise) as TLSSocket & { servername: unknown }).servername).toBe(false);
  });

  test('a client of the layer shows its certificate to a server that asks', async () => {
    await using ends = new Ends();
    const seen = later<TLSSocket>();
    const port = await ends.serveOnNode({ ...only, requestCert: true, ca: AUTHORITY }, (socket) =>
      seen.resolve(socket),
    );
    expect(await outcome(ends.connectOnLayer(port, { ...only, ...certified('client') }))).toBe('connected');
    const peer = await seen.promise;
    expect([peer.authorized, peer.getPeerCertificate().subject.CN]).toEqual([true, 'a client']);
  });

  test('a client of node:tls resumes its session with a server of the layer', async () => {
    await using ends = new Ends();
    const port = await ends.serveOnLayer({ ...only });
    const reused: boolean[] = [];
    const connect = (options: object) => {
      const socket = ends.connectOnNode(port, { ...only, ...options });
      socket.once('secureConnect', () => reused.push(socket.isSessionReused()));
      return socket;
    };
    const first = connect({});
    const session = once(first, 'session');
    await exchange(first, Buffer.from('first'));
    const [ticket] = (await session) as [Buffer];
    await exchange(connect({ session: ticket }), Buffer.from('second'));
    expect(reused).toEqual([false, true]);
  });

  test('a client of the layer resumes its session with a server of node:tls', async () => {
    await using ends = new Ends();
    const reused: boolean[] = [];
    const port = await ends.serveOnNode(only, (socket) => {
      reused.push(socket.isSessionReused());
      echo(socket);
    });
    const chain = ends.chain(only);
    for (const word of ['first', 'second', 'third']) {
      expect(String(await exchange(ends.connectOnLayer(port, {}, '127.0.0.1', chain), Buffer.from(word)))).toBe(word);
    }
    expect(reused).toEqual([false, true, true]);
  });

  test('a client of node:tls is told by its alert that a server of the layer shares no protocol with it', async () => {
    await using ends = new Ends();
    const port = await ends.serveOnLayer({ ...only, alpn: ['postgresql'] });
    expect(await outcome(ends.connectOnNode(port, { ...only, ALPNProtocols: ['h2'] }), 'secureConnect')).toBe(
      'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
    );
  });
});

test('A chain of intermediate certificates is shown', async () => {
  await using ends = new Ends();
  const { cert, key } = certified('behind');
  const port = await ends.serveOnLayer({ cert: [cert, certificateText('middle.pem')], key });
  expect(await outcome(ends.connectOnNode(port), 'secureConnect')).toBe('connected');
});

test('A server has a certificate by RSA, a locked key, or both from files', async () => {
  await using ends = new Ends();
  for (const options of [
    certified('rsa'),
    {
      cert: { file: certificateFile('server.pem') },
      key: { file: certificateFile('locked.key') },
      passphrase: 'open-sesame',
    },
  ]) {
    const port = await ends.serveOnLayer(options);
    expect(await outcome(ends.connectOnNode(port), 'secureConnect')).toBe('connected');
  }
});

test('TLS within TLS, and TLS over compression, carry what they are given', async () => {
  await using ends = new Ends();
  const both = { ...certified('server'), ca: AUTHORITY };
  for (const layers of [
    () => [tls(both), tls({ ...both, name: 'outer' })],
    () => [tls(both), compression()],
    () => [compression(), tls(both)],
  ]) {
    const port = await ends.serveOn(layers(), echo);
    const chain = stack(ends.ws2, layers());
    const socket = ends.connectOnLayer(port, {}, '127.0.0.1', chain);
    expect((await exchange(socket, MEGABYTE)).equals(MEGABYTE)).toBe(true);
  }
  expect(ends.reports).toEqual([]);
});

test('An application may ask what was agreed upon', async () => {
  await using ends = new Ends();
  const port = await ends.serveOnNode({ ALPNProtocols: ['h2'] });
  const { ws2 } = ends;
  const chain = ends.chain({ alpn: ['h2'] });
  const s = ws2.WSASocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, chain[0]!, 0, WSA_FLAG_OVERLAPPED);
  expect(tlsSession(ws2, s)).toBe(null);
  const name = sockaddr_in('127.0.0.1', port);
  ws2.ioctlsocket(s, FIONBIO, { value: 1 });
  ws2.connect(s, name, 16);
  await expect.poll(() => tlsSession(ws2, s)?.protocol).toBe('TLSv1.3');
  const { peerCertificate, ...session } = tlsSession(ws2, s)!;
  expect(session).toEqual({
    protocol: 'TLSv1.3',
    cipher: 'TLS_AES_256_GCM_SHA384',
    standardCipher: 'TLS_AES_256_GCM_SHA384',
    alpn: 'h2',
    servername: null,
    resumed: false,
    authorized: true,
    authorizationError: null,
  });
  expect(new X509Certificate(peerCertificate!).toString()).toBe(
    new X509Certificate(certified('server').cert).toString(),
  );
  ws2.closesocket(s);
});

const without = withoutServer('openssl', ['version']);

/** A process of the openssl command, ended when the test is over. */
function openssl(args: readonly string[]): ChildProcess & AsyncDisposable {
  const child = spawn('openssl', args, { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => undefined);
  return Object.assign(child, {
    async [Symbol.asyncDispose]() {
      const ended = child.exitCode !== null || child.signalCode !== null ? null : once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  });
}

/** What a stream says, until some words are in it. */
async function said(stream: NodeJS.ReadableStream, words: string): Promise<string> {
  let text = '';
  for await (const piece of stream) {
    text += String(piece);
    if (text.includes(words)) return text;
  }
  return text;
}

describe.skipIf(without.skip).each(['-tls1_2', '-tls1_3'])('With the openssl command, %s', (version) => {
  test('openssl s_client and a server of the layer', async () => {
    await using ends = new Ends();
    const port = await ends.serveOnLayer({}, (socket) => socket.end('hello from the layer\n'));
    await using client = openssl([
      ...['s_client', '-connect', `127.0.0.1:${port}`, version, '-verify_return_error', '-quiet'],
      ...['-CAfile', certificateFile('authority.pem'), '-verify_ip', '127.0.0.1'],
    ]);
    expect(await said(client.stdout!, 'layer')).toBe('hello from the layer\n');
    expect(ends.reports).toEqual([]);
  });

  test('openssl s_server and a client of the layer', async () => {
    await using ends = new Ends();
    const port = await freePort();
    await using server = openssl([
      ...['s_server', '-accept', `127.0.0.1:${port}`, version, '-rev'],
      ...['-cert', certificateFile('server.pem'), '-key', certificateFile('server.key')],
    ]);
    await said(server.stdout!, 'ACCEPT');
    const socket = ends.connectOnLayer(port, {});
    socket.write('a text to turn round\n');
    expect(await said(socket, '\n')).toBe('dnuor nrut ot txet a\n');
    expect(ends.reports).toEqual([]);
  });
});

test('tlsSession says which of its arguments is something else', () => {
  const ask = tlsSession as (...args: unknown[]) => unknown;
  expect(() => ask()).toThrow(/^tlsSession: the first argument is the instance, .* not undefined/);
  expect(() => ask({ WSAIoctl: () => 0 }, null)).toThrow(/the second argument is the handle of a socket, .* not null/);
});

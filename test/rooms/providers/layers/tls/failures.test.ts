// Whom the layer refuses, what it says, and that nothing of the application's is sent before.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { AF_INET, POLLRDNORM, ref, SOCK_STREAM, sockaddr_in } from 'ws2spi';
import { stack } from 'ws2spi/chain';
import { tls } from 'ws2spi/providers/layers/tls';
import { AUTHORITY, certificateFile, certificateText, certified } from '../../../../support/certificates/index.js';
import { withoutServer } from '../../../../support/real-servers.js';
import { Ends, exchange, outcome } from './ends.js';

/** A server of plain bytes. Returns its port. */
async function plainServer(serve: (socket: Socket) => void) {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    serve(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { port, [Symbol.asyncDispose]: async () => void server.close() };
}

describe('A client refuses', () => {
  test.each([
    [
      'a certificate that signs itself',
      certified('self-signed'),
      {},
      /127\.0\.0\.1:\d+ does not verify: self.signed certificate/,
    ],
    ['one that is over', certified('expired'), {}, /does not verify: certificate has expired/],
    [
      'one of an authority that it does not know',
      certified('server'),
      { ca: certificateText('stranger.pem') },
      /does not verify: unable to get local issuer/,
    ],
    [
      'one for another name',
      certified('server'),
      { servername: 'elsewhere.test' },
      /verifies, but is not for "elsewhere\.test": hostname mismatch/,
    ],
    [
      'one for other addresses',
      certified('unnamed'),
      {},
      /verifies, but is not for "127\.0\.0\.1": IP address mismatch/,
    ],
    [
      'a wildcard for a part of a label',
      certified('unnamed'),
      { servername: 'foo.example.test' },
      /is not for "foo\.example\.test"/,
    ],
    [
      'a wildcard for two labels',
      certified('server'),
      { servername: 'a.b.example.test' },
      /is not for "a\.b\.example\.test"/,
    ],
    ['one for clients', certified('client'), {}, /does not verify: unsuitable certificate purpose/],
  ] as const)('%s, and says so, before it sends anything', async (_, served, options, message) => {
    await using ends = new Ends();
    const received: Buffer[] = [];
    const port = await ends.serveOnNode(served, (socket) => socket.on('data', (bytes: Buffer) => received.push(bytes)));
    const socket = ends.connectOnLayer(port, options);
    socket.write('secret');
    expect(await outcome(socket)).toBe('ECONNABORTED');
    expect(ends.reports).toHaveLength(1);
    expect(ends.reports[0]).toMatch(/^tls: /);
    expect(ends.reports[0]).toMatch(message);
    expect(received).toEqual([]);
  });

  test('a peer that takes its time over the handshake, byte by byte, and says so', async () => {
    await using ends = new Ends();
    // A ServerHello of 16 KiB that never ends.
    const record = Buffer.from([0x16, 3, 3, 0x40, 0, 2, 0, 0x3f, 0xfc, 3, 3, ...new Array<number>(500).fill(1)]);
    await using slow = await plainServer((socket) => {
      let at = 0;
      const drip = setInterval(() => socket.write(record.subarray(at, ++at)), 5);
      socket.on('close', () => clearInterval(drip)).resume();
    });
    const socket = ends.connectOnLayer(slow.port, { handshakeTimeout: 100 });
    expect(await outcome(socket)).toBe('ETIMEDOUT');
    expect(ends.reports).toEqual([`tls: 127.0.0.1:${slow.port} did not finish the handshake in time`]);
  });

  test('Node.js is not asked to trust the authority of the tests', async () => {
    await using ends = new Ends();
    const port = await ends.serveOnNode({});
    const chain = ends.chain({ ca: undefined as never });
    expect(await outcome(ends.connectOnLayer(port, {}, '127.0.0.1', chain))).toBe('ECONNABORTED');
    expect(ends.reports[0]).toMatch(/does not verify/);
  });

  test('nobody, when it is told so', async () => {
    await using ends = new Ends();
    const port = await ends.serveOnNode(certified('self-signed'));
    const socket = ends.connectOnLayer(port, { rejectUnauthorized: false });
    expect(String(await exchange(socket, Buffer.from('all the same')))).toBe('all the same');
  });

  test('a peer that does not speak TLS', async () => {
    await using ends = new Ends();
    await using server = await plainServer((socket) => socket.end('220 mail.example.test ready\r\n'));
    expect(await outcome(ends.connectOnLayer(server.port))).toBe('ECONNABORTED');
    expect(ends.reports[0]).toMatch(/127\.0\.0\.1:\d+ does not speak TLS/);
  });

  test('a connection that was cut, and tells it from one that ended', async () => {
    await using ends = new Ends();
    const port = await ends.serveOnNode({}, (socket) => socket.write('half of it'));
    await using way = await plainServer((from) => {
      const to = connect(port, '127.0.0.1');
      to.on('error', () => undefined);
      from.pipe(to);
      to.on('data', (bytes: Buffer) => from.write(bytes));
      from.on('close', () => to.destroy());
      cut = () => from.end();
    });
    let cut = (): void => undefined;
    const socket = ends.connectOnLayer(way.port);
    await once(socket, 'data');
    cut();
    expect(await outcome(socket, 'end')).toBe('ECONNRESET');
    expect(ends.reports[0]).toMatch(/ended the connection without saying so \(close_notify\)/);
  });
});

describe('A server', () => {
  test('without a certificate takes nobody, and says why', async () => {
    await using ends = new Ends();
    const port = await ends.serveOn([(await import('ws2spi/providers/layers/tls')).tls()], (socket) => socket.end());
    expect(await outcome(ends.connectOnNode(port), 'secureConnect')).toBe('ECONNRESET');
    expect(ends.reports[0]).toMatch(/a server needs `cert` and `key`/);
  });

  test.each([
    ['shows no certificate', {}, /peer did not return a certificate/],
    [
      'shows one of an authority that is not trusted',
      certified('unknown-client'),
      /does not verify: unable to get local issuer/,
    ],
  ])('refuses a client that %s, which learns it by the alert', async (_, shown, message) => {
    await using ends = new Ends();
    let accepted = 0;
    const port = await ends.serveOnLayer({ ca: AUTHORITY, requestCert: true }, () => accepted++);
    const socket = ends.connectOnNode(port, shown);
    // In TLS 1.3 a client is done before the server has looked, and what it sends by then is for nobody.
    socket.write(Buffer.alloc(200_000));
    expect(await outcome(socket, 'end')).toMatch(/^ERR_SSL_.*ALERT/);
    expect(ends.reports[0]).toMatch(message);
    expect(accepted).toBe(0);
  });

  test.skipIf(withoutServer('openssl', ['version']).skip)('whose client breaks off tells its alert', async () => {
    await using ends = new Ends();
    const port = await ends.serveOnLayer({});
    const trust = ['-verify', '2', '-verify_return_error', '-CAfile', certificateFile('stranger.pem')];
    const client = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, ...trust], { stdio: 'ignore' });
    await once(client, 'exit');
    await expect.poll(() => ends.reports[0]).toMatch(/broke the connection off: alert 48, unknown CA/);
  });

  test('sees the plain end of a client that goes right after the handshake, and has nothing of the server unread', async () => {
    await using ends = new Ends();
    const { ws2 } = ends;
    const [entry] = stack(ws2, [tls({ ...certified('server'), ca: AUTHORITY })]);
    const [listener, client] = [0, 1].map(() => ws2.WSASocket(AF_INET, SOCK_STREAM, 0, entry!, 0, 0)) as [
      number,
      number,
    ];
    const name = sockaddr_in('127.0.0.1', 0);
    ws2.bind(listener, name, 16);
    ws2.listen(listener, 1);
    ws2.getsockname(listener, name, ref(16));
    expect(ws2.connect(client, name, 16)).toBe(0);
    ws2.closesocket(client);
    const arrived = { fd: listener, events: POLLRDNORM, revents: 0 };
    expect(ws2.WSAPoll([arrived], 1, 5000)).toBe(1);
    const server = ws2.accept(listener, null, null);
    expect(ws2.recv(server, new Uint8Array(10), 10, 0)).toBe(0);
    for (const s of [server, listener]) ws2.closesocket(s);
  });

  test('is not harmed by a client that speaks HTTP, and goes on', async () => {
    await using ends = new Ends();
    const port = await ends.serveOnLayer({});
    const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\n\r\n'));
    socket.on('error', () => undefined).resume();
    await new Promise((resolve) => void socket.once('close', resolve));
    expect(ends.reports[0]).toMatch(/does not speak TLS: http request/);
    expect(String(await exchange(ends.connectOnNode(port), Buffer.from('unharmed')))).toBe('unharmed');
  });
});

// What a gateway's connections go over: the chain on one side, nothing on the other.
import http from 'node:http';
import net from 'node:net';
import tlsModule from 'node:tls';
import { createWs2_32, type Ws2_32 } from 'ws2spi';
import { defineLayer, stack, type Layer } from 'ws2spi/chain';
import { forwardFromChain, forwardOverChain, serveProxy, type ForwardOptions, type Gateway } from 'ws2spi/gateway';
import { createConnection, createServer } from 'ws2spi/node';
import { compression } from 'ws2spi/providers/layers/compression';
import { httpProxy } from 'ws2spi/providers/layers/http-proxy';
import { policy } from 'ws2spi/providers/layers/policy';
import { proxyProtocol } from 'ws2spi/providers/layers/proxy-protocol';
import { socks } from 'ws2spi/providers/layers/socks';
import { tls } from 'ws2spi/providers/layers/tls';
import { describe, expect, it } from 'vitest';
import { nobodysPort } from '../../support/free-ports.js';
import { BASES, everything, pattern, useBase } from '../node/bases.js';
import { cert, key } from '../node/fixtures/certificate.js';
import { HttpProxyServer } from '../../support/http-proxy-server.js';
import { SocksServer } from '../../support/socks-server.js';
import { Answers, connectTo, socks4a, socks5 } from './clients.js';

describe.each(BASES)('Over %s', (base) => {
  const { ws2, serve, connect, closeLater } = useBase(base);
  const opened = async (gateway: Promise<Gateway>): Promise<number> => {
    const made = await gateway;
    closeLater(() => made.close());
    return made.address()!.port;
  };
  const client = (port: number): Answers => new Answers(connect(port, { allowHalfOpen: true }));

  it('names stay names where a layer takes them', async () => {
    const { port } = await serve((socket) => socket.end('found'));
    const hosts = { 'db.example': '127.0.0.1' };
    const [socksServer, httpServer] = [new SocksServer(ws2, { hosts }), new HttpProxyServer(ws2, () => null, hosts)];
    closeLater(() => [socksServer, httpServer].forEach((server) => server.close()));
    for (const layer of [socks({ proxy: socksServer.proxy }), httpProxy({ proxy: httpServer.proxy })]) {
      const at = await opened(serveProxy({ ws2, chain: stack(ws2, [layer]) }));
      for (const request of [
        socks5('db.example', port),
        socks4a('db.example', port),
        connectTo(`db.example:${port}`),
      ]) {
        const socket = connect(at);
        socket.write(request);
        expect(String((await everything(socket)).subarray(-5))).toBe('found');
      }
    }
    expect(socksServer.requests.map(({ host }) => host)).toEqual(['db.example', 'db.example', 'db.example']);
    expect(httpServer.requests.every((head) => head.startsWith(`CONNECT db.example:${port} `))).toBe(true);
  });

  it('one port compresses, another before the server takes it: the bytes between are others, at both ends they are the same', async () => {
    const { port } = await serve((socket) => socket.pipe(socket), { allowHalfOpen: true });
    const chain = stack(ws2, [compression()]);
    const near = await opened(forwardFromChain({ ws2, chain, to: { host: '127.0.0.1', port } }));
    let between = 0;
    const wire = createServer({ ws2, allowHalfOpen: true }, (socket) => {
      const on = connect(near, { allowHalfOpen: true });
      socket.on('data', (bytes: Buffer) => (between += bytes.length)).on('error', () => undefined);
      socket.pipe(on).pipe(socket);
    });
    await new Promise<void>((resolve) => wire.listen(0, '127.0.0.1', resolve));
    closeLater(() => void wire.close());
    const far = await opened(forwardOverChain({ ws2, chain, to: { host: 'localhost', port: wire.address()!.port } }));
    const said = Buffer.concat([pattern(100_000), Buffer.alloc(400_000, 'a')]);
    const socket = connect(far, { allowHalfOpen: true });
    const answers = new Answers(socket);
    socket.end(said);
    expect((await answers.rest()).equals(said)).toBe(true);
    expect(between).toBeLessThan(said.length / 2);
  });

  it('the PROXY protocol is taken off before a server that knows nothing of it, and who is not believed gets no further', async () => {
    const heard: string[] = [];
    const { port } = await serve((socket) =>
      socket.on('data', (bytes) => {
        heard.push(String(bytes));
        socket.end('hello');
      }),
    );
    const options = { ws2, to: { host: '127.0.0.1', port } };
    const at = await opened(
      forwardFromChain({ ...options, chain: stack(ws2, [proxyProtocol({ from: '127.0.0.0/8' })]) }),
    );
    const socket = connect(at, { allowHalfOpen: true });
    const answers = new Answers(socket);
    socket.end('PROXY TCP4 203.0.113.7 192.0.2.1 12345 443\r\nGET');
    expect(String(await answers.rest())).toBe('hello');
    expect(heard).toEqual(['GET']);
  });

  it('a port that leads to nobody resets who comes, and tells why', async () => {
    const problems: string[] = [];
    const nobody = nobodysPort();
    const onProblem = (message: string): void => void problems.push(message);
    const at = await opened(forwardOverChain({ ws2, to: { host: '127.0.0.1', port: nobody }, onProblem }));
    expect((await client(at).rest()).length).toBe(0);
    expect(problems).toEqual([`127.0.0.1:${nobody} is not reached: connect ECONNREFUSED 127.0.0.1:${nobody}`]);
  });

  it.each([
    ['itself', { port: 5000, to: { host: '127.0.0.1', port: 5000 } }, /127\.0\.0\.1:5000 leads to itself/],
    ['itself by its name', { port: 5000, to: { host: 'localhost', port: 5000 } }, /leads to itself/],
    ['port 0', { to: { host: 'localhost', port: 0 } }, /`to` must be/],
    ['no host', { to: { port: 80 } }, /`to` must be/],
    ['nothing', {}, /`to` must be/],
  ])('a port is not opened that leads to %s', async (_where, options, message) => {
    await expect(forwardOverChain({ ws2, ...options } as ForwardOptions)).rejects.toThrow(message);
  });
});

it('A server that knows nothing of TLS has it, and Node.js’ own client is content', async () => {
  const ws2: Ws2_32 = createWs2_32({ catalog: 'memory' });
  ws2.WSAStartup(0x0202, {});
  const server = http.createServer((request, response) => response.end(`secure ${request.url}`));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const chain = stack(ws2, [tls({ cert, key })]);
  const to = { host: '127.0.0.1', port: (server.address() as net.AddressInfo).port };
  const gateway = await forwardFromChain({ ws2, chain, to });
  const { port } = gateway.address()!;
  const client = tlsModule.connect({ host: '127.0.0.1', port, ca: cert, servername: 'localhost' });
  client.end('GET /page HTTP/1.0\r\n\r\n');
  expect(String(await everything(client))).toMatch(/\r\n\r\nsecure \/page$/);
  // Who does not speak TLS gets no further.
  const plain = net.connect(port, '127.0.0.1').on('error', () => undefined);
  plain.write('GET / HTTP/1.0\r\n\r\n');
  plain.resume();
  await new Promise((resolve) => plain.once('close', resolve));
  expect(gateway.connections).toBe(0);
  await gateway.close();
  server.close();
  ws2[Symbol.dispose]();
});

it('A chain that cannot be started opens nothing', async () => {
  const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
  ws2.WSAStartup(0x0202, {});
  const broken: Layer = { ...defineLayer({ name: 'broken' }), WSPStartup: () => 10106 };
  const chain = stack(ws2, [broken]);
  const refusal = { syscall: 'socket', wsaError: 10106 };
  await expect(serveProxy({ ws2, chain })).rejects.toMatchObject(refusal);
  await expect(forwardFromChain({ ws2, chain, to: { host: 'localhost', port: 1 } })).rejects.toMatchObject(refusal);
  ws2[Symbol.dispose]();
});

it('What a policy denies is not reached, and each protocol says so', async () => {
  const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
  ws2.WSAStartup(0x0202, {});
  const reasons: string[] = [];
  ws2.on('defect', ({ message }) => reasons.push(message));
  let visitors = 0;
  const server = createServer({ ws2 }, () => visitors++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address()!;
  const chain = stack(ws2, [policy({ rules: [{ allow: 'connect', port: 1 }] })]);
  const gateway = await serveProxy({ ws2, chain });
  const asked = async (bytes: Buffer): Promise<string> => {
    const socket = createConnection({ ws2, host: '127.0.0.1', port: gateway.address()!.port });
    socket.write(bytes);
    return (await everything(socket)).toString('latin1');
  };
  expect((await asked(socks5('127.0.0.1', port))).slice(2, 4)).toBe('\u0005\u0002');
  expect((await asked(socks4a('127.0.0.1', port))).slice(0, 2)).toBe('\0\u005b');
  expect(await asked(connectTo(`127.0.0.1:${port}`))).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
  const whole = `GET http://127.0.0.1:${port}/ HTTP/1.1\r\nHost: x\r\n\r\n`;
  expect(await asked(Buffer.from(whole))).toMatch(/^HTTP\/1\.1 403 /);
  expect(visitors).toBe(0);
  expect(reasons.join()).toContain(`policy: to connect to 127.0.0.1:${port} (tcp) is denied`);
  await gateway.close();
  server.close();
  ws2[Symbol.dispose]();
});

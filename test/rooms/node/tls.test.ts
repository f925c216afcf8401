import { once } from 'node:events';
import https from 'node:https';
import type http from 'node:http';
import type net from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { defineLayer, stack } from 'ws2spi/chain';
import { Agent, connector, HttpsAgent, serveHttp, type ChainSocket } from 'ws2spi/node';
import { describe, expect, it } from 'vitest';
import { BASES, everything, pattern, useBase } from './bases.js';
import { cert, key } from './fixtures/certificate.js';
import { chainSide, listen, netSide, turns, type Side } from './sides.js';

/** TLS on both ends of one connection. */
interface Secured {
  client: tls.TLSSocket;
  server: tls.TLSSocket;
  rawClient: net.Socket;
  rawServer: net.Socket;
}

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

async function secured(side: Side, version: tls.SecureVersion, options: object = {}): Promise<Secured> {
  const listener = side.server(options);
  const accepted = once(listener, 'connection') as Promise<[net.Socket]>;
  const rawClient = side.connect({ port: await listen(listener), host: '127.0.0.1', ...options });
  const client = tls.connect({ socket: rawClient, ca: cert, servername: 'localhost', maxVersion: version });
  const [rawServer] = await accepted;
  const server = new tls.TLSSocket(rawServer, { isServer: true, key, cert, minVersion: version });
  for (const end of [client, server]) end.on('error', () => undefined);
  await Promise.all([once(client, 'secureConnect'), once(server, 'secure')]);
  return { client, server, rawClient, rawServer };
}

function record(socket: tls.TLSSocket): string[] {
  const events: string[] = [];
  for (const event of ['end', 'finish', 'close', 'error']) {
    socket.on(event, (detail?: unknown) => {
      events.push(detail instanceof Error ? `${event} ${(detail as NodeJS.ErrnoException).code}` : event);
    });
  }
  return events;
}

/** What is played on both sides and compared. */
const PLAYS: Readonly<Record<string, (secure: Secured) => Promise<unknown>>> = {
  'an echo of 2 MB, after the client has ended': async ({ client, server }) => {
    server.pipe(server);
    client.end(pattern(2_000_000));
    return (await everything(client)).equals(pattern(2_000_000));
  },
  'an echo of 10 MB, after the client has ended': async ({ client, server }) => {
    server.pipe(server);
    client.end(pattern(10_000_000));
    return (await everything(client)).equals(pattern(10_000_000));
  },
  'an echo of 2 MB, after the server has ended': async ({ client, server }) => {
    client.pipe(client);
    server.end(pattern(2_000_000));
    return (await everything(server)).equals(pattern(2_000_000));
  },
  '3 MB both ways at once, each side ending as soon as it has written': async ({ client, server }) => {
    client.end(pattern(3_000_000));
    server.end(pattern(3_000_000));
    const received = await Promise.all([everything(client), everything(server)]);
    return received.map(({ length }) => length);
  },
  'a server that ends by itself': async ({ client, server }) => {
    const events = record(client);
    server.end('bye');
    client.resume();
    await once(client, 'close');
    return events;
  },
  'a peer that ends without close_notify': async ({ client, server, rawServer }) => {
    const events = record(client);
    server.on('data', () => rawServer.destroy());
    client.resume().write('x');
    await once(client, 'close').catch(() => once(client, 'close'));
    return events.filter((event) => event !== 'finish');
  },
  'a peer that ends its side of the connection below': async ({ client, server, rawServer }) => {
    const events = record(client);
    server.on('data', () => rawServer.end());
    client.resume().write('x');
    await once(client, 'close').catch(() => once(client, 'close'));
    return events.filter((event) => event.startsWith('error') || event === 'close');
  },
  'a server that ends and is destroyed at once, as one of HTTP does': async ({ client, server }) => {
    const events = record(client);
    server.on('data', () => {
      server.end('bye');
      server.destroySoon();
    });
    client.resume().write('x');
    await once(client, 'close').catch(() => once(client, 'close'));
    return events;
  },
  'a peer that resets the connection below': async ({ client, server, rawServer }) => {
    const events = record(client);
    server.on('data', () => {
      // TLS has taken the handle of a net.Socket over, but the socket still closes it.
      rawServer.resetAndDestroy();
    });
    client.resume().write('x');
    await once(client, 'close').catch(() => once(client, 'close'));
    return events;
  },
  'a peer that resets while the answer is due, after the client has ended': async ({ client, server, rawServer }) => {
    const events = record(client);
    server.on('end', () => rawServer.resetAndDestroy()).resume();
    client.resume().end('x');
    await once(client, 'close').catch(() => once(client, 'close'));
    return events.filter((event) => event !== 'finish');
  },
  'a client that is destroyed in the middle': async ({ client, server }) => {
    const events = record(server);
    server.resume();
    client.write(pattern(100_000), () => client.destroy());
    await once(server, 'close').catch(() => once(server, 'close'));
    return events.includes('close');
  },
  'the addresses, as both ends know them': async ({ client, server, rawClient }) => {
    const names = ({ localAddress, localFamily, remoteAddress, remoteFamily }: net.Socket): unknown => [
      localAddress,
      localFamily,
      remoteAddress,
      remoteFamily,
    ];
    return [
      names(client),
      names(server),
      server.remotePort === rawClient.localPort,
      client.remotePort === server.localPort,
      (client.address() as net.AddressInfo).port === client.localPort,
    ];
  },
  'the options of the connection below': async ({ client }) => [
    client.setNoDelay(true) === client,
    client.setKeepAlive(true, 1000) === client,
    client.unref().ref() === client,
  ],
};

/** The same for connections that stay open on one side. */
const HALF_OPEN_PLAYS: typeof PLAYS = {
  'an answer after the end of the question': async ({ client, server }) => {
    server.resume();
    server.on('end', () => setImmediate(() => server.end('answer')));
    client.end('question');
    return String(await everything(client));
  },
  'a side that does not end by itself': async ({ client, server }) => {
    server.end();
    client.resume();
    await once(client, 'end');
    await turns();
    const states = [client.allowHalfOpen, client.writable, client.destroyed];
    client.end();
    await once(client, 'close');
    return states;
  },
};

describe.each(BASES)('TLS over %s, beside TLS over node:net:', (base) => {
  const { ws2, closeLater } = useBase(base);

  async function compare(play: (secure: Secured) => Promise<unknown>, version: tls.SecureVersion, options: object) {
    const outcomes: unknown[] = [];
    for (const side of [netSide(), chainSide(ws2)]) {
      const secure = await secured(side, version, options);
      closeLater(() => side.close());
      outcomes.push(await play(secure));
      secure.client.destroy();
      secure.server.destroy();
    }
    expect(outcomes[1]).toEqual(outcomes[0]);
  }

  describe.each(VERSIONS)('%s,', (version) => {
    it.each(Object.entries(PLAYS))('%s', (_name, play) => compare(play, version, {}));
    it.each(Object.entries(HALF_OPEN_PLAYS))('%s', (_name, play) => compare(play, version, { allowHalfOpen: true }));
  });

  it('through a codec, loses nothing of 5 MB either', async () => {
    const flip = (bytes: Uint8Array): Uint8Array => bytes.map((byte) => byte ^ 0x55);
    const layer = defineLayer({
      name: 'flip',
      codec: () => ({
        send: (bytes, output) => output.encoded(flip(bytes)),
        receive: (bytes, output) => output.decoded(flip(bytes)),
      }),
    });
    const chain = stack(ws2, [layer]);
    const side = chainSide(ws2);
    closeLater(() => side.close());
    const { client, server } = await secured(side, 'TLSv1.3', { chain });
    expect(server.remoteAddress).toBe('127.0.0.1');
    server.pipe(server);
    client.end(pattern(5_000_000));
    expect((await everything(client)).equals(pattern(5_000_000))).toBe(true);
  });

  it('through a connector, as undici opens connections', async () => {
    const side = chainSide(ws2);
    closeLater(() => side.close());
    const port = await listen(
      side.server({}, (raw) => {
        const secure = new tls.TLSSocket(raw, { isServer: true, key, cert });
        secure.on('error', () => undefined).pipe(secure);
      }),
    );
    const connect = connector({ ws2, tls: { ca: cert } });
    const socket = await new Promise<Duplex>((resolve, reject) => {
      const request = { hostname: '127.0.0.1', protocol: 'https:', port, servername: 'localhost' };
      connect(request, (error, made) => (error ? reject(error) : resolve(made!)));
    });
    socket.end(pattern(2_000_000));
    expect((await everything(socket)).length).toBe(2_000_000);
  });
});

describe.each(BASES)('node:https over %s', (base) => {
  const { ws2, closeLater } = useBase(base);

  async function web(handler: http.RequestListener): Promise<number> {
    const server = https.createServer({ key, cert }, handler);
    const chain = serveHttp(server, { ws2, host: '127.0.0.1' });
    closeLater(() => {
      server.closeAllConnections();
      chain.close();
    });
    await once(chain, 'listening');
    return chain.address()!.port;
  }

  async function get(options: https.RequestOptions): Promise<{ text: string; reused: boolean }> {
    const request = https.get({ host: '127.0.0.1', ca: cert, servername: 'localhost', ...options });
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    const text = String(await everything(response));
    await new Promise(setImmediate);
    return { text, reused: request.reusedSocket };
  }

  it.each([Agent, HttpsAgent])('a request by an agent: %o', async (AgentClass) => {
    const port = await web(({ socket, headers }, response) => {
      response.end(`${socket.remoteAddress} ${headers.host}`);
    });
    const agent = new AgentClass({ ws2, keepAlive: true });
    closeLater(() => agent.destroy());
    const first = await get({ port, agent });
    expect(first).toEqual({ text: `127.0.0.1 127.0.0.1:${port}`, reused: false });
    expect(await get({ port, agent })).toEqual({ ...first, reused: true });
  });

  it('resumes the session of a connection before', async () => {
    const port = await web(({ socket }, response) => {
      response.setHeader('connection', 'close').end(String((socket as tls.TLSSocket).isSessionReused()));
    });
    const agent = new HttpsAgent({ ws2 });
    closeLater(() => agent.destroy());
    const answers = [await get({ port, agent }), await get({ port, agent })];
    expect(answers.map(({ text }) => text)).toEqual(['false', 'true']);
  });

  it('one agent keeps connections with and without TLS apart', () => {
    const agent = new Agent({ ws2 });
    const where = { host: 'a', port: 1 };
    expect(agent.getName({ ...where, protocol: 'https:' })).not.toBe(agent.getName({ ...where, protocol: 'http:' }));
  });

  it('tells a request that nobody listens', async () => {
    const agent = new Agent({ ws2 });
    const request = https.get({ host: '127.0.0.1', port: 1, agent });
    const [error] = (await once(request, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
  });

  it('refuses proxies of Node.js, which would go beside the chain', () => {
    expect(() => new Agent({ ws2, proxyEnv: {} } as object)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }) as Error,
    );
  });

  it('a server by hand knows the addresses of its clients', async () => {
    const side = chainSide(ws2);
    closeLater(() => side.close());
    let seen: unknown;
    const server = https.createServer({ key, cert }, ({ socket }, response) => {
      seen = [socket.remoteAddress, socket.remotePort, socket.localAddress];
      response.setHeader('connection', 'close').end();
    });
    const port = await listen(side.server({ allowHalfOpen: true }, (raw) => server.emit('connection', raw)));
    const raw = side.connect({ port, host: '127.0.0.1' }) as unknown as ChainSocket;
    const client = tls.connect({ socket: raw, ca: cert, servername: 'localhost' });
    await once(client, 'secureConnect');
    const { localPort } = raw;
    client.on('error', () => undefined).resume();
    client.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    await once(client, 'close');
    expect(seen).toEqual(['127.0.0.1', localPort, '127.0.0.1']);
  });
});

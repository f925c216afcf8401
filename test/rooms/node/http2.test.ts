// HTTP/2 over sockets of ws2spi/node: in clear text, and by TLS whose ALPN chooses it.
import { once } from 'node:events';
import http2 from 'node:http2';
import type net from 'node:net';
import { text } from 'node:stream/consumers';
import tls from 'node:tls';
import { stack } from 'ws2spi/chain';
import { createConnection, createServer } from 'ws2spi/node';
import { compression } from 'ws2spi/providers/layers/compression';
import { describe, expect, it } from 'vitest';
import { BASES, useBase } from './bases.js';
import { cert, key } from './fixtures/certificate.js';

describe.each(BASES)('Over %s', (base) => {
  const { ws2, closeLater } = useBase(base);
  const chain = stack(ws2, [compression()]);

  it.each(['clear text', 'TLS'])('HTTP/2 in %s goes over a ChainSocket to a ChainServer', async (how) => {
    const secure = how === 'TLS';
    const server = secure ? http2.createSecureServer({ cert, key }) : http2.createServer();
    server.on('stream', (stream: http2.ServerHttp2Stream) => {
      stream.respond({ ':status': 200 });
      stream.pipe(stream);
    });
    const listener = createServer({ ws2, chain }, (socket) => void server.emit('connection', socket));
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as net.AddressInfo;
    closeLater(() => void listener.close());

    const socket = createConnection({ ws2, chain, host: '127.0.0.1', port });
    const protocols: (string | false | null)[] = [];
    const session = http2.connect(`${secure ? 'https' : 'http'}://localhost:${port}`, {
      createConnection() {
        if (!secure) return socket;
        const over = tls.connect({ socket, ca: cert, servername: 'localhost', ALPNProtocols: ['h2'] });
        over.on('secureConnect', () => protocols.push(over.alpnProtocol));
        return over;
      },
    });
    const bodies = await Promise.all(
      Array.from({ length: 5 }, (_, n) => {
        const request = session.request({ ':path': `/${n}`, ':method': 'POST' });
        request.end(String(n).repeat(50_000));
        return text(request);
      }),
    );
    expect(bodies.map((body, n) => body === String(n).repeat(50_000))).toEqual(Array(5).fill(true));
    expect(protocols).toEqual(secure ? ['h2'] : []);
    const closed = once(socket, 'close');
    session.close();
    await closed;
  });
});

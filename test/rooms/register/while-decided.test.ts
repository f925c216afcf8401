// Connections that are given up while a layer decides about them, and the next address where the layer cannot connect to the first.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import tls from 'node:tls';
import { expect, it } from 'vitest';
import { AUTHORITY, certified } from '../../support/certificates/index.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { fixture, HOOK, run } from './hooked.js';

const folder = temporaryFolder();
const WS2SPI_CATALOG = join(folder, 'none.json');

it('A connection that is given up while a layer decides is told so at once, and the next one is as ever', async () => {
  let connections = 0;
  const server = http.createServer((_request, response) => response.end('hello'));
  server.on('connection', () => connections++).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { status, output, problems } = await run([...HOOK, fixture('deciding/program.mjs')], {
    WS2SPI_CATALOG,
    WS2SPI_LAYERS: fixture('deciding/layer.mjs'),
    PORT: String((server.address() as AddressInfo).port),
  });
  server.close();
  expect([status, problems]).toEqual([0, '']);
  expect(JSON.parse(output)).toEqual({
    'destroyed request': 'ECONNRESET',
    signal: 'ABORT_ERR',
    fetch: 'AbortError',
    'time limit': 'ECONNRESET',
    socket: [false, true],
    after: 'hello',
    refused: 'EACCES',
    passed: 'hello',
    listeners: 0,
  });
  // Twice the one behind those that were given up, and the one that was let through; and that of `fetch`, for requests to come.
  expect(connections).toBe(5);
});

it('When TLS of a layer fails at the first address of a name, the next one is connected to', async () => {
  const secure = tls.createServer(certified('server'), (socket) => socket.pipe(socket));
  secure.listen(0, '127.0.0.1');
  await once(secure, 'listening');
  const { port } = secure.address() as AddressInfo;
  const other = net.createServer((socket) => socket.destroy()).listen(port, '127.0.0.2');
  await once(other, 'listening');
  const ca = join(folder, 'ca.pem');
  writeFileSync(ca, AUTHORITY);
  const { status, output, problems } = await run([...HOOK, fixture('second-address.mjs')], {
    WS2SPI_CATALOG,
    WS2SPI_LAYERS: `tls:ca=${ca}`,
    PORT: String(port),
  });
  secure.close();
  other.close();
  expect([status, problems]).toEqual([0, '']);
  const { answer, tried, first } = JSON.parse(output) as { answer: string; tried: string[]; first: string };
  expect([answer, tried]).toEqual(['hello', ['127.0.0.2', 'not 127.0.0.2', '127.0.0.1']]);
  expect(['ECONNRESET', 'ECONNABORTED', 'EPROTO']).toContain(first);
});

// node:http over ws2spi/node: the same web server, its connections from a chain. node bench/servers/http-chain.mjs [--layers N]
import { parseArgs } from 'node:util';
import { createWs2_32 } from '../../dist/index.js';
import { createServer } from '../../dist/node/index.js';
import { stackOverriding } from '../pass-through.mjs';
import { announce } from './announce.mjs';
import { createWebServer } from './http-handler.mjs';

const { values } = parseArgs({ options: { layers: { type: 'string', default: '0' } } });
const ws2 = createWs2_32({ catalog: 'memory' });
ws2.WSAStartup(0x0202, {});
ws2.on('defect', ({ message, cause }) => {
  process.stderr.write(`chain server: ${message}${cause ? `: ${cause.stack ?? cause}` : ''}\n`);
  process.exit(2);
});
const layers = Number(values.layers);
const web = createWebServer();
const server = createServer(
  { ws2, noDelay: true, ...(layers > 0 && { chain: stackOverriding(ws2, layers) }) },
  (socket) => web.emit('connection', socket),
);
server.listen({ port: 0, host: '127.0.0.1', backlog: 511 }, () => announce(server.address().port));

// What the layers `record` and `replay` cost: a client over TCP/IP and its server in one process, by WinSock, with the client recorded
// and not, in turn; and requests that a recording answers.
//
//   node bench/recording-speed.mjs [--rounds N] [--json]
//
// `bulk`: bytes per second, received in writes of 64 KiB. `http`: requests of 200 bytes a second, with answers of 1,000, as text. `replay`:
// such requests a second from a recording of 1,000 of them, on one connection.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AF_INET, createWs2_32, FIONBIO, ref, SO_RCVBUF, SOCK_STREAM, sockaddr_in, SOL_SOCKET } from '../dist/index.js';
import { stack } from '../dist/chain/index.js';
import { record } from '../dist/providers/layers/record/index.js';
import { replay } from '../dist/providers/layers/replay/index.js';
import { median } from './harness/statistics.mjs';

const BLOCK = 65536;
const MILLISECONDS = 200;
const WARM_UP = 2;
const REQUESTS = 1000;

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '10' }, json: { type: 'boolean', default: false } },
});
const folder = mkdtempSync(join(tmpdir(), 'ws2spi-bench-'));

const REQUEST = Buffer.from(`GET /item HTTP/1.1\r\nHost: example.com\r\n${'X-Header: some value\r\n'.repeat(7)}\r\n`);
const ANSWER = Buffer.from(
  `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 900\r\n\r\n${'All is well, and will stay so.\n'.repeat(29)}`,
);

function instance() {
  const ws2 = createWs2_32({ catalog: 'memory' });
  ws2.WSAStartup(0x0202, {});
  return ws2;
}

function pair(layers) {
  const ws2 = instance();
  const [entry] = layers.length === 0 ? [undefined] : stack(ws2, layers);
  const listener = ws2.socket(AF_INET, SOCK_STREAM, 0);
  ws2.setsockopt(listener, SOL_SOCKET, SO_RCVBUF, new Uint8Array(new Uint32Array([4 * BLOCK]).buffer), 4);
  ws2.bind(listener, sockaddr_in('127.0.0.1', 0), 16);
  ws2.listen(listener, 1);
  const name = new Uint8Array(16);
  ws2.getsockname(listener, name, ref(16));
  const client = entry === undefined ? ws2.socket(AF_INET, SOCK_STREAM, 0) : ws2.WSASocket(-1, -1, -1, entry, 0, 0);
  if (ws2.connect(client, name, 16) !== 0) throw new Error(`connect: ${ws2.WSAGetLastError()}`);
  const server = ws2.accept(listener, null, null);
  for (const s of [client, server]) ws2.ioctlsocket(s, FIONBIO, ref(1));
  return { ws2, client, server };
}

/** Bytes per second from one end to the other. */
function bulk(layers) {
  const { ws2, client, server } = pair(layers);
  // Not to be compressed, and not text.
  const block = Buffer.from(Array.from({ length: BLOCK }, (_, i) => (i * 7919) >> 3));
  const room = Buffer.alloc(BLOCK);
  return () => {
    let bytes = 0;
    const start = performance.now();
    while (performance.now() - start < MILLISECONDS) {
      ws2.send(client, block, BLOCK, 0);
      for (let got = ws2.recv(server, room, BLOCK, 0); got > 0; got = ws2.recv(server, room, BLOCK, 0)) bytes += got;
      ws2.host.SleepEx(0, false);
    }
    return (bytes / (performance.now() - start)) * 1e3;
  };
}

/** Requests a second. */
function http(layers) {
  const { ws2, client, server } = pair(layers);
  const room = Buffer.alloc(BLOCK);
  const transfer = (from, to, bytes) => {
    ws2.send(from, bytes, bytes.length, 0);
    for (let got = 0; got < bytes.length;) {
      const count = ws2.recv(to, room, BLOCK, 0);
      if (count > 0) got += count;
      else ws2.host.SleepEx(0, false);
    }
  };
  return () => {
    let requests = 0;
    const start = performance.now();
    while (performance.now() - start < MILLISECONDS) {
      transfer(client, server, REQUEST);
      transfer(server, client, ANSWER);
      requests++;
    }
    return (requests / (performance.now() - start)) * 1e3;
  };
}

/** Requests a second that a recording answers. */
function replayed(mode) {
  const file = join(folder, 'many.rec');
  const lines = (mark, bytes) =>
    bytes
      .toString()
      .split(/(?<=\n)/)
      .map((line) => `1 ${mark} ${line.replace('\r', '\\r').replace('\n', '\\n')}\n`)
      .join('');
  const exchange = lines('>', REQUEST) + lines('<', ANSWER);
  writeFileSync(file, `ws2spi-recording 1\n1 connect tcp 192.0.2.1:80\n${exchange.repeat(REQUESTS)}`);
  const ws2 = instance();
  const [entry] = stack(ws2, [replay({ file, mode })]);
  const room = Buffer.alloc(BLOCK);
  return () => {
    let requests = 0;
    const start = performance.now();
    while (performance.now() - start < MILLISECONDS) {
      const s = ws2.WSASocket(-1, -1, -1, entry, 0, 0);
      if (ws2.connect(s, sockaddr_in('192.0.2.1', 80), 16) !== 0) throw new Error(`connect: ${ws2.WSAGetLastError()}`);
      for (let i = 0; i < REQUESTS; i++) {
        ws2.send(s, REQUEST, REQUEST.length, 0);
        if (ws2.recv(s, room, BLOCK, 0) !== ANSWER.length) throw new Error('another answer');
      }
      requests += REQUESTS;
      ws2.closesocket(s);
    }
    return (requests / (performance.now() - start)) * 1e3;
  };
}

const recording = (name) => [record({ file: join(folder, `${name}.rec`), name })];
const loops = {
  'bulk without': bulk([]),
  bulk: bulk(recording('bulk')),
  'http without': http([]),
  http: http(recording('http')),
  replay: replayed('longest'),
};
const figures = Object.fromEntries(Object.keys(loops).map((title) => [title, []]));
for (let round = -WARM_UP; round < Number(values.rounds); round++) {
  for (const [title, loop] of Object.entries(loops)) {
    const figure = loop();
    if (round >= 0) figures[title].push(figure);
  }
}
rmSync(folder, { recursive: true, force: true });
if (values.json) console.log(JSON.stringify(figures));
else {
  console.table(
    Object.fromEntries(Object.entries(figures).map(([title, of]) => [title, { 'per second': Math.round(median(of)) }])),
  );
}
process.exit(0);

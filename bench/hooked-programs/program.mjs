// Programs that know nothing of this package: they are measured as they are, and with their sockets on a chain by the hook.
//
//   node bench/hooked-programs/program.mjs WHAT [PORT] [CONNECTIONS]
//
// Servers tell their port. Each answers the line "sample" with what it has done, and the time and processor time it took, and "memory"
// as all servers here do.
import { createServer as createWebServer } from 'node:http';
import { connect, createServer } from 'node:net';
import { patternBytes } from '../servers/announce.mjs';
import { BODY_SIZE } from '../servers/http-handler.mjs';
import { announce } from '../servers/announce.mjs';

const BLOCK = 65536;
const MESSAGE = 64;
const KEEP_ALIVE = 600_000;
const [, , what, port, connections = '1'] = process.argv;

/** What was done: requests, messages, queries or bytes. */
let done = 0;

function serve(server) {
  server.listen(0, '127.0.0.1', 511, () => announce(server.address().port, sample));
}

function sample() {
  const { user, system } = process.cpuUsage();
  return { done, seconds: performance.now() / 1000, cpuSeconds: (user + system) / 1e6 };
}

/** Has each connection do one thing after the other. */
async function work(once) {
  announce(Number(port), sample);
  await Promise.all(
    Array.from({ length: Number(connections) }, async () => {
      const step = await once();
      for (;;) {
        await step();
        done++;
      }
    }),
  );
}

/** @type {Record<string, () => unknown>} */
const PROGRAMS = {
  'http-server'() {
    const body = patternBytes(BODY_SIZE);
    // Clients are stopped for longer than a connection is kept by default.
    serve(
      createWebServer({ keepAliveTimeout: KEEP_ALIVE }, (request, response) => {
        done++;
        request.resume();
        response.end(body);
      }),
    );
  },
  'echo-server'() {
    serve(
      createServer({ noDelay: true }, (socket) => {
        socket.on('error', () => socket.destroy());
        socket.on('data', (bytes) => {
          done++;
          socket.write(bytes);
        });
      }),
    );
  },
  receiver() {
    serve(
      createServer({ allowHalfOpen: true }, (socket) => {
        let counted = 0;
        socket.on('error', () => socket.destroy());
        socket.on('data', (bytes) => {
          counted += bytes.length;
          done += bytes.length;
        });
        socket.on('end', () => socket.end(`${counted}\n`));
      }),
    );
  },
  sender() {
    const block = patternBytes(BLOCK);
    serve(
      createServer((socket) => {
        const taken = () => (done += BLOCK);
        const send = () => {
          while (socket.write(block, taken));
        };
        socket.on('error', () => socket.destroy());
        socket.on('drain', send);
        socket.resume();
        send();
      }),
    );
  },
  'ping-client'() {
    announce(Number(port), sample);
    const message = Buffer.alloc(MESSAGE, 'x');
    const socket = connect({ port: Number(port), host: '127.0.0.1', noDelay: true }, () => socket.write(message));
    let received = 0;
    socket.on('data', (bytes) => {
      received += bytes.length;
      if (received < MESSAGE) return;
      received = 0;
      done++;
      socket.write(message);
    });
  },
  fetch() {
    const url = `http://127.0.0.1:${port}/`;
    return work(async () => async () => {
      const response = await fetch(url);
      await response.arrayBuffer();
    });
  },
  async pg() {
    const { default: pg } = await import('pg');
    return work(async () => {
      const client = new pg.Client({ host: '127.0.0.1', port: Number(port), user: 'tester', database: 'postgres' });
      await client.connect();
      return () => client.query('SELECT $1::int AS one', [1]);
    });
  },
};

await PROGRAMS[what]();

// Ends that are streams: the sockets of ws2spi/node over a chain, and those of node:net with a Transform per layer. What they do
// is the same code for both.
import net from 'node:net';
import { pipeline, Transform } from 'node:stream';
import { createConnection, createServer } from '../../dist/node/index.js';
import { startStack } from './layers.mjs';
import { nodeTls } from './secured.mjs';
import { workOf } from './plan.mjs';

/** Writes in a row, after which the event loop has its turn. */
const WRITES_PER_TURN = 2048;

const HOST = '127.0.0.1';

/** How connections are made: each as its socket, what is read, and what is written to. */
const CARRIERS = {
  'node-tls': nodeTls,
  'chain-sockets': (plan, options) => {
    const { ws2, chain } = startStack(plan);
    const own = { ws2, ...options, ...(chain && { chain }) };
    const connection = (socket) => ({ socket, readable: socket, writable: socket });
    return {
      createServer: (accepted) => createServer(own, (socket) => accepted(connection(socket))),
      connect: (port) => connection(createConnection({ ...own, port, host: HOST })),
    };
  },
  transforms: (plan, options) => {
    const work = workOf(plan);
    const transform = (_, place) =>
      new Transform({ transform: (bytes, encoding, done) => done(null, work(bytes, place)) });
    const connection = (socket) => {
      if (plan.layers === 0) return { socket, readable: socket, writable: socket };
      const [encoders, decoders] = [0, 1].map(() => Array.from({ length: plan.layers }, transform));
      pipeline([...encoders, socket], () => {});
      const readable = decoders.toReversed().reduce((from, decoder) => from.pipe(decoder), socket);
      return { socket, readable, writable: encoders[0] };
    };
    return {
      createServer: (accepted) => net.createServer(options, (socket) => accepted(connection(socket))),
      connect: (port) => connection(net.connect({ ...options, port, host: HOST })),
    };
  },
};

/**
 * The ends of a plan.
 *
 * @param {import('./plan.mjs').Plan} plan
 * @param {{ served: number, done: number }} tally where bytes that the server received, and what the client did, are counted
 */
export function streamEnds(plan, tally) {
  const { load, size, connections } = plan;
  // As programs have it: at once for messages, as the system likes it for bulk.
  const carrier = (CARRIERS[plan.program] ?? CARRIERS['chain-sockets'])(plan, { noDelay: load !== 'bulk' });
  const block = Buffer.alloc(size, 7);
  const accepted = ({ socket, readable, writable }) => {
    // The client closes in the middle of it.
    socket.on('error', () => socket.destroy());
    if (load === 'bulk') readable.on('data', (bytes) => (tally.served += bytes.length));
    else readable.on('data', (bytes) => writable.write(bytes));
  };
  const connect = (port, established) => {
    const connection = carrier.connect(port);
    connection.socket.on('error', (error) => {
      throw error;
    });
    connection.socket.once(carrier.connected ?? 'connect', () => established(connection));
  };
  const clients = {
    bulk({ writable }) {
      let [left, full, nextTurn] = [WRITES_PER_TURN, false, null];
      const pump = () => {
        nextTurn ??= setImmediate(beginTurn);
        for (; !full && left > 0; left--) full = !writable.write(block);
      };
      // Where the peer keeps up, all is taken, or 'drain' comes in the same turn: the loop would never end.
      const beginTurn = () => {
        nextTurn = null;
        left = WRITES_PER_TURN;
        if (!full) pump();
      };
      writable.on('drain', () => {
        full = false;
        pump();
      });
      pump();
    },
    ping({ readable, writable }) {
      readable.on('data', (bytes) => {
        tally.done += bytes.length / size;
        writable.write(bytes);
      });
      writable.write(block);
    },
    connect({ socket, readable, writable }, port) {
      readable.once('data', () => {
        tally.done++;
        socket.destroy();
        connect(port, (next) => clients.connect(next, port));
      });
      writable.write(block);
    },
  };
  return {
    listen: () =>
      new Promise((resolve) => {
        const server = carrier.createServer(accepted);
        server.listen(0, HOST, () => resolve(server.address().port));
      }),
    run(port) {
      for (let at = 0; at < connections; at++) connect(port, (connection) => clients[load](connection, port));
    },
  };
}

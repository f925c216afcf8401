// node:net, as a program would use it. node bench/servers/net.mjs echo|sink|source
import { createServer } from 'node:net';
import { announce, modeArgument, patternBytes } from './announce.mjs';

const BLOCK = 65536;
const mode = modeArgument();
const block = patternBytes(BLOCK);

/** @type {Record<string, (socket: import('node:net').Socket) => void>} */
const serve = {
  echo(socket) {
    socket.on('data', (bytes) => {
      // Bounded by what the client leaves outstanding, so back pressure matters only for large messages.
      if (!socket.write(bytes)) {
        socket.pause();
        socket.once('drain', () => socket.resume());
      }
    });
  },
  sink(socket) {
    let counted = 0;
    socket.on('data', (bytes) => (counted += bytes.length));
    socket.on('end', () => socket.end(`${counted}\n`));
  },
  source(socket) {
    const send = () => {
      while (socket.write(block));
    };
    socket.on('drain', send);
    socket.resume();
    send();
  },
};

const server = createServer({ noDelay: true, allowHalfOpen: mode === 'sink' }, (socket) => {
  // The client closes in the middle of a transfer.
  socket.on('error', () => socket.destroy());
  serve[mode](socket);
});
server.listen(0, '127.0.0.1', 511, () => announce(server.address().port));

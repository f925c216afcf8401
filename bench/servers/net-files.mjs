// Files by streams, as a program would send them. node bench/servers/net-files.mjs PATH
// Each byte that a client sends asks for the file once more.
import { createReadStream } from 'node:fs';
import { createServer } from 'node:net';
import { announce } from './announce.mjs';

const path = process.argv[2];
const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy());
  socket.on('data', () => createReadStream(path).pipe(socket, { end: false }));
});
server.listen(0, '127.0.0.1', 511, () => announce(server.address().port));

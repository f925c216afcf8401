// A DNS server on loopback that knows every name: one IPv4 address, which holds for no time or, for names that begin with
// "kept", for an hour. Its first line says where it is, and where a server is that never answers.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 192, 0, 2, 1]);
const server = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
server.on('message', (query, { port, address }) => {
  let end = 12;
  while (query[end] !== 0) end += query[end] + 1;
  const reply = Buffer.concat([query.subarray(0, end + 5), answer]);
  reply.writeUInt16BE(0x8180, 2);
  reply.writeUInt16BE(1, 6);
  reply.writeUInt32BE(0, 8);
  const isKept = query.toString('latin1', 13, 17).toLowerCase() === 'kept';
  reply.writeUInt32BE(isKept ? 3600 : 0, end + 5 + 6);
  server.send(reply, port, address);
});
const silent = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
for (const socket of [server, silent]) {
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
}
console.log(JSON.stringify({ port: server.address().port, silent: silent.address().port }));
process.stdin.on('end', () => process.exit(0)).resume();

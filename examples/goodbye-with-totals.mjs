// The scenario of the specification for disconnect data: a client ends with the number of its transactions, and the server
// answers with the number of all. Over SPX in memory: TCP has no data with an end.
import {
  AF_IPX,
  createWs2_32,
  FIONBIO,
  MSG_PARTIAL,
  ref,
  SOCK_SEQPACKET,
  sockaddr_ipx,
  WSAEDISCON,
  winsockErrorName,
} from 'ws2spi';

const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
ws2.WSAStartup(0x0202, {});
const name = sockaddr_ipx('1.020000000001:5001');
const listener = ws2.socket(AF_IPX, SOCK_SEQPACKET, 0);
ws2.bind(listener, name, name.length);
ws2.listen(listener, 5);

const text = ({ len, buf }) => buf.toString('latin1', 0, len);
const wsabuf = (content) => ({ len: content.length, buf: Buffer.from(content) });

const client = ws2.socket(AF_IPX, SOCK_SEQPACKET, 0);
ws2.ioctlsocket(client, FIONBIO, ref(1));
ws2.connect(client, name, name.length);
const server = ws2.accept(listener, null, null);
ws2.select(0, null, { fd_count: 1, fd_array: [client] }, null, null);
ws2.ioctlsocket(client, FIONBIO, ref(0));

for (const order of ['two apples', 'a pear', 'no plums']) ws2.send(client, Buffer.from(order), order.length, 0);
ws2.WSASendDisconnect(client, wsabuf('3'));

const room = [{ len: 5, buf: Buffer.alloc(5) }];
const [bytes, flags] = [ref(0), ref(0)];
for (let order = ''; ws2.WSARecv(server, room, 1, bytes, flags, null, null) === 0;) {
  order += text({ len: bytes.value, buf: room[0].buf });
  if ((flags.value & MSG_PARTIAL) !== 0) continue;
  console.log(`the server was asked for ${order}`);
  order = '';
}
if (ws2.WSAGetLastError() !== WSAEDISCON) throw new Error(winsockErrorName(ws2.WSAGetLastError()));

const total = { len: 16, buf: Buffer.alloc(16) };
ws2.WSARecvDisconnect(server, total);
console.log(`the client had ${text(total)} transactions`);
ws2.WSASendDisconnect(server, wsabuf(String(1000 + Number(text(total)))));

ws2.recv(client, Buffer.alloc(1), 1, 0);
const all = { len: 16, buf: Buffer.alloc(16) };
ws2.WSARecvDisconnect(client, all);
console.log(`the server has had ${text(all)} in all`);
ws2[Symbol.dispose]();

// An HTTP request by blocking calls, line by line as a C program of 1996 would: no promise, no callback, no stream.
// The server runs in a worker, since this thread blocks.
import { Worker } from 'node:worker_threads';
import { AF_INET, createWs2_32, INVALID_SOCKET, IPPROTO_TCP, SOCK_STREAM, sockaddr_in, winsockErrorText } from 'ws2spi';

const server = new Worker(
  `const { createServer } = require('node:http');
   const { parentPort } = require('node:worker_threads');
   const server = createServer((request, response) => response.end('You asked for ' + request.url + '\\n'));
   server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));`,
  { eval: true },
);
server.once('message', (port) => {
  request(port, '/hello');
  void server.terminate();
});

function request(port, path) {
  const ws2 = createWs2_32({ catalog: 'memory' });
  ws2.WSAStartup(0x0202, {});
  const s = ws2.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
  if (s === INVALID_SOCKET || ws2.connect(s, sockaddr_in('127.0.0.1', port), 16) !== 0) {
    throw new Error(winsockErrorText(ws2.WSAGetLastError()));
  }
  const text = Buffer.from(`GET ${path} HTTP/1.0\r\n\r\n`);
  ws2.send(s, text, text.length, 0);

  const buffer = Buffer.alloc(4096);
  for (let length; (length = ws2.recv(s, buffer, buffer.length, 0)) > 0;) {
    process.stdout.write(buffer.toString('utf8', 0, length));
  }
  ws2.closesocket(s);
  ws2.WSACleanup();
  ws2[Symbol.dispose]();
}

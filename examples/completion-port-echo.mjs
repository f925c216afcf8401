// An echo server on a completion port, as servers for Windows are written: one loop serves every connection, and a structure
// that extends WSAOVERLAPPED says what was going on. It is a process of its own, since its loop never ends and blocks the
// thread; its clients are here, through node:net.
import { fork } from 'node:child_process';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import * as winsock from 'ws2spi';

const { ref, sockaddr_in, AF_INET, INVALID_SOCKET, SOCK_STREAM, WSAOVERLAPPED } = winsock;

class Accepting extends WSAOVERLAPPED {
  room = Buffer.alloc(64); // no data, and the two addresses

  constructor(socket) {
    super();
    this.socket = socket;
  }
}

class Receiving extends WSAOVERLAPPED {
  buf = Buffer.alloc(4096);
}

class Sending extends WSAOVERLAPPED {}

function serve() {
  const ws2 = winsock.createWs2_32({ catalog: 'memory' });
  ws2.WSAStartup(0x0202, {});
  const { CreateIoCompletionPort, GetQueuedCompletionStatus } = ws2.host;

  const listener = ws2.socket(AF_INET, SOCK_STREAM, 0);
  ws2.bind(listener, sockaddr_in('127.0.0.1', 0), 16);
  ws2.listen(listener, winsock.SOMAXCONN);
  const port = CreateIoCompletionPort(listener, null, listener);

  function must(done) {
    const error = ws2.WSAGetLastError();
    if (!done && error !== winsock.WSA_IO_PENDING) throw new Error(winsock.winsockErrorText(error));
  }
  function accept() {
    const socket = ws2.socket(AF_INET, SOCK_STREAM, 0);
    must(socket !== INVALID_SOCKET);
    const accepting = new Accepting(socket);
    must(ws2.AcceptEx(listener, socket, accepting.room, 0, 32, 32, null, accepting));
  }
  // What cannot even begin is told by no packet: the connection is over.
  function begin(s, result) {
    if (result !== 0 && ws2.WSAGetLastError() !== winsock.WSA_IO_PENDING) ws2.closesocket(s);
  }
  function receive(s, receiving) {
    begin(s, ws2.WSARecv(s, [{ len: receiving.buf.length, buf: receiving.buf }], 1, null, ref(0), receiving, null));
  }

  const handlers = new Map([
    [
      Accepting,
      (_listener, { socket }) => {
        const handle = new Uint8Array(4);
        new DataView(handle.buffer).setUint32(0, listener, true);
        ws2.setsockopt(socket, winsock.SOL_SOCKET, winsock.SO_UPDATE_ACCEPT_CONTEXT, handle, 4);
        CreateIoCompletionPort(socket, port, socket);
        receive(socket, new Receiving());
        accept();
      },
    ],
    [
      Receiving,
      (s, receiving, length) => {
        if (length === 0) return void ws2.closesocket(s); // the peer has ended its side
        const sending = Object.assign(new Sending(), { receiving });
        begin(s, ws2.WSASend(s, [{ len: length, buf: receiving.buf }], 1, null, 0, sending, null));
      },
    ],
    // The buffer is free again: the next receive may have it.
    [Sending, (s, { receiving }) => receive(s, receiving)],
  ]);

  accept();
  const name = new Uint8Array(16);
  ws2.getsockname(listener, name, ref(16));
  process.send(winsock.parseSockaddr(name).port);

  const [bytes, key, overlapped] = [ref(0), ref(INVALID_SOCKET), ref(null)];
  for (;;) {
    const succeeded = GetQueuedCompletionStatus(port, bytes, key, overlapped, winsock.INFINITE);
    const operation = overlapped.value;
    if (succeeded) handlers.get(operation.constructor)(key.value, operation, bytes.value);
    else if (operation instanceof Accepting) {
      ws2.closesocket(operation.socket); // its client was gone before it was accepted
      accept();
    } else ws2.closesocket(key.value);
  }
}

function talk(port, text) {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.end(text));
    socket.setEncoding('utf8').on('data', (piece) => (answer += piece));
    socket.on('end', () => resolve(answer)).on('error', reject);
  });
}

if (process.argv[2] === 'serve') serve();
else {
  const server = fork(fileURLToPath(import.meta.url), ['serve']);
  server.once('message', async (port) => {
    const answers = await Promise.all(['one', 'two', 'three'].map((text) => talk(port, text)));
    console.log(`echoed: ${answers.join(', ')}`);
    server.kill();
  });
}

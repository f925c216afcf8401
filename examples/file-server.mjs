// A web server for one file, by AcceptEx and TransmitFile: the kernel sends the file, and not a byte of it passes through
// JavaScript. The event loop waits for the operations' events, so nothing blocks, and `fetch` is the client in the same thread.
import { closeSync, fstatSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as winsock from 'ws2spi';

const { ref, sockaddr_in, AF_INET, SOCK_STREAM } = winsock;
const FILE = fileURLToPath(import.meta.url);
const ws2 = winsock.createWs2_32({ catalog: 'memory' });
ws2.WSAStartup(0x0202, {});

const listener = ws2.socket(AF_INET, SOCK_STREAM, 0);
ws2.bind(listener, sockaddr_in('127.0.0.1', 0), 16);
ws2.listen(listener, winsock.SOMAXCONN);

/** Begins an overlapped operation of a socket, and gives the bytes that it transferred once it is done. */
async function overlapped(s, begin) {
  const operation = new winsock.WSAOVERLAPPED();
  operation.hEvent = ws2.WSACreateEvent();
  try {
    const bytes = ref(0);
    if (!begin(operation) && ws2.WSAGetLastError() !== winsock.ERROR_IO_PENDING) throw lastError();
    await ws2.host.waitForMultipleEvents([operation.hEvent]);
    if (!ws2.WSAGetOverlappedResult(s, operation, bytes, false, ref(0))) throw lastError();
    return bytes.value;
  } finally {
    ws2.WSACloseEvent(operation.hEvent);
  }
}

const lastError = () => new Error(winsock.winsockErrorText(ws2.WSAGetLastError()));

/** Waits for a client, and for the first of what it says. */
async function accept() {
  const s = ws2.socket(AF_INET, SOCK_STREAM, 0);
  const request = Buffer.alloc(4096 + 32 + 32); // the data, and the two addresses
  const length = await overlapped(listener, (operation) =>
    ws2.AcceptEx(listener, s, request, 4096, 32, 32, null, operation),
  );
  console.log(`asked: ${request.toString('latin1', 0, length).split('\r\n')[0]}`);
  return s;
}

async function answer(s) {
  const file = openSync(FILE);
  const { size } = fstatSync(file);
  const Head = Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\nConnection: close\r\n\r\n`);
  const around = { Head, HeadLength: Head.length, Tail: null, TailLength: 0 };
  const sent = await overlapped(s, (operation) =>
    ws2.TransmitFile(s, file, 0, 0, operation, around, winsock.TF_DISCONNECT),
  );
  closeSync(file);
  ws2.closesocket(s);
  return sent - Head.length;
}

const name = new Uint8Array(16);
ws2.getsockname(listener, name, ref(16));
const received = fetch(`http://127.0.0.1:${winsock.parseSockaddr(name).port}/`).then((response) => response.text());

const sent = await answer(await accept()); // a server would go on with the next
const { length } = Buffer.from(await received);
console.log(sent === length ? 'received: all that was sent' : `received: ${length} of ${sent} bytes`);
ws2[Symbol.dispose]();

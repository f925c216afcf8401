// A hook that leads a program that nobody edits to a test server: whatever connects to the port 5432 comes to another one.
import { AF_INET, createWs2_32, IPPROTO_TCP, parseSockaddr, ref, sockaddr_in, SOCK_STREAM } from 'ws2spi';

const ws2 = createWs2_32({ base: 'memory' });
ws2.WSAStartup(0x0202, {});
const open = () => ws2.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);

// The test server, at a port that the system chose.
const listener = open();
const testServer = new Uint8Array(16);
ws2.bind(listener, sockaddr_in('127.0.0.1', 0), 16);
ws2.listen(listener, 1);
ws2.getsockname(listener, testServer, ref(16));

const hook = ws2.debug.hook({
  match: 'WSPConnect',
  before(call) {
    const { address, port } = parseSockaddr(call.arguments.name);
    if (port !== 5432) return;
    console.log(`${address}:${port} is led to the test server`);
    call.arguments.name = testServer;
    call.arguments.namelen = testServer.length;
  },
});

const client = open();
const result = ws2.connect(client, sockaddr_in('192.0.2.1', 5432), 16);
console.log(`connect: ${result}`);
const accepted = ws2.accept(listener, null, null);
ws2.send(accepted, new TextEncoder().encode('hello'), 5, 0);
const answer = new Uint8Array(5);
ws2.recv(client, answer, 5, 0);
console.log(`the test server says: ${new TextDecoder().decode(answer)}`);

hook();
ws2[Symbol.dispose]();

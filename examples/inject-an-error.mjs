// A hook that makes every third send fail, to see whether a program gets over it: WSAECONNRESET for the application, while the
// provider never hears of the call.
import {
  AF_INET,
  createWs2_32,
  IPPROTO_TCP,
  ref,
  sockaddr_in,
  SOCK_STREAM,
  WSAECONNRESET,
  winsockErrorName,
} from 'ws2spi';

const ws2 = createWs2_32({ base: 'memory' });
ws2.WSAStartup(0x0202, {});
const [listener, client] = [0, 1].map(() => ws2.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP));
const name = new Uint8Array(16);
ws2.bind(listener, sockaddr_in('127.0.0.1', 0), 16);
ws2.listen(listener, 1);
ws2.getsockname(listener, name, ref(16));
ws2.connect(client, name, 16);

let sends = 0;
const hook = ws2.debug.hook({
  match: 'WSPSend',
  before(call) {
    if (++sends % 3 === 0) call.fail(WSAECONNRESET);
  },
});
for (let i = 1; i <= 4; i++) {
  const sent = ws2.send(client, new Uint8Array(10), 10, 0);
  console.log(`send ${i}: ${sent < 0 ? winsockErrorName(ws2.WSAGetLastError()) : `${sent} bytes`}`);
}
// Taken off, it costs nothing: the functions are again those that the provider gave.
hook();
console.log(`without the hook: ${ws2.send(client, new Uint8Array(10), 10, 0)} bytes`);
ws2[Symbol.dispose]();

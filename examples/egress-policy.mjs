// A filter that lets connections out to listed ports only, and says what it refused.
import { AF_INET, createWs2_32, SOCK_STREAM, sockaddr_in, winsockErrorName, winsockErrorText } from 'ws2spi';
import { defineLayer, stack } from 'ws2spi/chain';

const ALLOWED = new Set([80, 443]);

const policy = defineLayer({
  name: 'egress-policy',
  connect(request) {
    if (ALLOWED.has(request.port)) return;
    console.log(`refused: ${request.address}, port ${request.port}`);
    request.refuse();
  },
});

const ws2 = createWs2_32({ catalog: 'memory' });
ws2.WSAStartup(0x0202, {});
const [entry] = stack(ws2, [policy]);

const s = ws2.WSASocket(AF_INET, SOCK_STREAM, 0, entry, 0, 0);
if (ws2.connect(s, sockaddr_in('127.0.0.1', 25), 16) !== 0) {
  const error = ws2.WSAGetLastError();
  console.log(`connect: ${winsockErrorName(error)}, ${winsockErrorText(error)}`);
}
ws2[Symbol.dispose]();

// Registers a service in one process, and finds it in another: the registry beside the catalog is what they share.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'ws2spi/node';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  AF_INET,
  createWs2_32,
  IPPROTO_TCP,
  LUP_RETURN_ADDR,
  LUP_RETURN_NAME,
  NS_LOCALNAME,
  parseSockaddr,
  ref,
  RNRSERVICE_DELETE,
  RNRSERVICE_REGISTER,
  SOCK_STREAM,
  sockaddr_in,
  winsockErrorName,
} from 'ws2spi';

// What this kind of service is; a real one makes its own, by crypto.randomUUID().
const ECHO = 'F5B0A6A2-6C1E-4C0B-9B0C-3E1D0B7A4C11';
const REGISTRY = 'B4C6B0A8-0F1D-4C55-9E0E-6A7D0B1F3C22';

function start(catalog) {
  const ws2 = createWs2_32({ catalog });
  if (ws2.WSAStartup(0x0202, {}) !== 0) throw new Error('WSAStartup failed');
  return ws2;
}

function check(ws2, result) {
  if (result !== 0) throw new Error(winsockErrorName(ws2.WSAGetLastError()));
}

async function serve(catalog) {
  const ws2 = start(catalog);
  const server = createServer({ ws2 }, (socket) => socket.pipe(socket));
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const name = sockaddr_in('127.0.0.1', server.address().port);
  const address = { lpSockaddr: name, iSockaddrLength: name.length };
  const service = {
    dwSize: 60,
    lpszServiceInstanceName: 'the echo',
    lpServiceClassId: ECHO,
    lpNSProviderId: REGISTRY,
    dwNumberOfCsAddrs: 1,
    lpcsaBuffer: [{ LocalAddr: address, RemoteAddr: address, iSocketType: SOCK_STREAM, iProtocol: IPPROTO_TCP }],
  };
  check(ws2, ws2.WSASetService(service, RNRSERVICE_REGISTER, 0));
  process.send('registered');
  process.once('message', () => {
    check(ws2, ws2.WSASetService(service, RNRSERVICE_DELETE, 0));
    server.close();
    ws2[Symbol.dispose]();
    process.disconnect();
  });
}

/** Where a service is, by its class alone. */
function find(ws2) {
  const query = ref(0);
  const results = [];
  const question = { dwSize: 60, lpServiceClassId: ECHO, lpNSProviderId: REGISTRY };
  check(ws2, ws2.WSALookupServiceBegin(question, LUP_RETURN_NAME | LUP_RETURN_ADDR, query));
  check(ws2, ws2.WSALookupServiceNext(query.value, 0, ref(1000), results));
  ws2.WSALookupServiceEnd(query.value);
  return results[0];
}

function say(ws2, { RemoteAddr, iSocketType, iProtocol }, text) {
  const s = ws2.socket(AF_INET, iSocketType, iProtocol);
  check(ws2, ws2.connect(s, RemoteAddr.lpSockaddr, RemoteAddr.iSockaddrLength));
  ws2.send(s, Buffer.from(text), text.length, 0);
  const answer = Buffer.alloc(100);
  const length = ws2.recv(s, answer, answer.length, 0);
  ws2.closesocket(s);
  return answer.toString('utf8', 0, length);
}

const [catalog] = process.argv.slice(2);
if (catalog !== undefined) await serve(catalog);
else {
  const folder = mkdtempSync(join(tmpdir(), 'ws2spi-'));
  const path = join(folder, 'catalog.json');
  // Once, by whoever sets the machine up: a catalog with the registry, for all processes.
  createWs2_32({ catalog: path }).WSCInstallNameSpace('registry', 'di:namespaces/registry', NS_LOCALNAME, 1, REGISTRY);
  const ws2 = start(path);
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), path], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await new Promise((registered) => child.once('message', registered));

  const { lpszServiceInstanceName: name, lpcsaBuffer } = find(ws2);
  const { port } = parseSockaddr(lpcsaBuffer[0].RemoteAddr.lpSockaddr);
  console.log(`Process ${child.pid} has registered "${name}", at port ${port}.`);
  console.log(`It says: ${say(ws2, lpcsaBuffer[0], 'hello')}`);

  child.send('that was all');
  await new Promise((ended) => child.once('exit', ended));
  ws2[Symbol.dispose]();
  rmSync(folder, { recursive: true });
}

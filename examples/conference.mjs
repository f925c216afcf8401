// A conference in virtual time: sound and picture are a group of sockets on a narrow link, where sound comes first; then a
// speaker invites two listeners over ATM, speaks to both, and goes home.
import {
  AF_ATM,
  AF_INET,
  ATMPROTO_AAL5,
  createMemoryNetwork,
  createWs2_32,
  FD_CONNECT,
  INVALID_SOCKET,
  JL_BOTH,
  ref,
  SG_UNCONSTRAINED_GROUP,
  SO_GROUP_ID,
  SO_GROUP_PRIORITY,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  sockaddr_atm,
  sockaddr_in,
  SOL_SOCKET,
  VirtualClock,
  winsockErrorName,
  WSA_FLAG_MULTIPOINT_C_LEAF,
  WSA_FLAG_MULTIPOINT_C_ROOT,
  WSA_FLAG_MULTIPOINT_D_LEAF,
  WSA_FLAG_MULTIPOINT_D_ROOT,
  WSA_INFINITE,
} from 'ws2spi';

const clock = new VirtualClock();
const ws2 = createWs2_32({ base: 'memory', clock, network: createMemoryNetwork({ bandwidth: 16_000 }) });
ws2.WSAStartup(0x0202, {});

/** What a call has given, or an exception with its error. */
function need(result) {
  if (result === -1 || result === INVALID_SOCKET) throw new Error(winsockErrorName(ws2.WSAGetLastError()));
  return result;
}
function nameOf(s) {
  const [name, length] = [new Uint8Array(128), ref(128)];
  need(ws2.getsockname(s, name, length));
  return name.slice(0, length.value);
}
function listen(s, at) {
  need(ws2.bind(s, at, at.length));
  need(ws2.listen(s, 4));
  return nameOf(s);
}

// — Sound before pictures —

const server = need(ws2.socket(AF_INET, SOCK_STREAM, 0));
const name = listen(server, sockaddr_in('127.0.0.1', 0));
let group = SG_UNCONSTRAINED_GROUP;
const [picture, sound] = [5, 0].map((priority) => {
  const s = need(ws2.WSASocket(AF_INET, SOCK_STREAM, 0, null, group, 0));
  const value = new Uint8Array(4);
  need(ws2.getsockopt(s, SOL_SOCKET, SO_GROUP_ID, value, ref(4)));
  group = new DataView(value.buffer).getUint32(0, true);
  need(ws2.setsockopt(s, SOL_SOCKET, SO_GROUP_PRIORITY, Uint8Array.of(priority, 0, 0, 0), 4));
  need(ws2.connect(s, name, name.length));
  return { s, there: need(ws2.accept(server, null, null)) };
});
const start = clock.now();
need(ws2.send(picture.s, new Uint8Array(32_000), 32_000, 0));
need(ws2.send(sound.s, new Uint8Array(1600), 1600, 0));
for (const [what, { there }, bytes] of [
  ['sound', sound, 1600],
  ['picture', picture, 32_000],
]) {
  for (let got = 0; got < bytes;) got += need(ws2.recv(there, new Uint8Array(bytes), bytes, 0));
  console.log(`${what}: ${bytes} bytes after ${Math.round(clock.now() - start)} ms`);
}

// — One speaks, two listen —

const open = (flags) => need(ws2.WSASocket(AF_ATM, SOCK_SEQPACKET, ATMPROTO_AAL5, null, 0, flags));
const here = sockaddr_atm(`47000580${'00'.repeat(9)}02000000000100`);
const speaker = open(WSA_FLAG_MULTIPOINT_C_ROOT | WSA_FLAG_MULTIPOINT_D_ROOT);
const joined = ws2.WSACreateEvent();
need(ws2.WSAEventSelect(speaker, joined, FD_CONNECT));
const listeners = [1, 2].map(() => {
  const listener = open(WSA_FLAG_MULTIPOINT_C_LEAF | WSA_FLAG_MULTIPOINT_D_LEAF);
  const at = listen(listener, here);
  need(ws2.WSAJoinLeaf(speaker, at, at.length, null, null, null, null, JL_BOTH));
  const leaf = need(ws2.accept(listener, null, null));
  // The speaker learns of it a moment later.
  ws2.WSAWaitForMultipleEvents(1, [joined], true, WSA_INFINITE, false);
  need(ws2.WSAEnumNetworkEvents(speaker, joined, {}));
  return leaf;
});
const words = Buffer.from('hello, both of you');
need(ws2.send(speaker, words, words.length, 0));
for (const listener of listeners) {
  const heard = new Uint8Array(100);
  const length = need(ws2.recv(listener, heard, heard.length, 0));
  console.log(`heard: ${Buffer.from(heard.subarray(0, length))}`);
}
ws2.closesocket(speaker);
for (const listener of listeners) {
  ws2.recv(listener, new Uint8Array(1), 1, 0);
  console.log(`and then: ${winsockErrorName(ws2.WSAGetLastError())}`);
}
ws2[Symbol.dispose]();

// send and recv on streams, WSASend and WSARecv without overlapped structures.
import { Group } from '../scenario.js';
import { int32, nameOf } from '../values.js';

export const transfers = new Group('transfers');
const { scenario } = transfers;

scenario('send and recv', (t) => {
  const { client, server } = t.pair();
  t.send(client, 'hello', 5, 0);
  t.hear(server);
  t.send(server, 'answer', 6, 0);
  t.hear(client);
});

scenario('a stream has no borders', (t) => {
  const { client, server } = t.pair();
  t.say(client, 'one');
  t.say(client, 'two');
  t.hear(server, 4);
  t.hear(server, 4);
});

scenario('send: not connected', (t) => {
  const s = t.tcp();
  t.send(s, 'x', 1, 0);
  t.hear(s);
});

scenario('send of nothing', (t) => {
  const { client, server } = t.pair();
  t.send(client, 'x', 0, 0);
  t.send(client, null, 0, 0);
  t.nonBlocking(server);
  t.hear(server);
});

scenario('recv into nothing', (t) => {
  const { client, server } = t.pair();
  t.say(client, 'x');
  t.waitFor(server, 'readable');
  t.recv(server, null, 0, 0);
  t.hear(server);
});

scenario('recv, not blocking, nothing there', (t) => {
  const { client } = t.pair();
  t.nonBlocking(client);
  t.hear(client);
  t.hear(client, 16, 'MSG_PEEK');
  t.hear(client, 16, 'MSG_OOB');
});

scenario('MSG_PEEK leaves the data', (t) => {
  const { client, server } = t.pair();
  t.say(client, 'look');
  t.hear(server, 2, 'MSG_PEEK');
  t.hear(server, 16, 'MSG_PEEK');
  t.hear(server);
});

scenario('MSG_WAITALL waits for all', (t) => {
  const { client, server } = t.pair();
  t.say(client, 'half');
  t.say(client, 'half');
  t.hear(server, 8, 'MSG_WAITALL');
});

scenario('MSG_WAITALL and a peer that ends', (t) => {
  const { client, server } = t.pair();
  t.say(client, 'half');
  t.shutdown(client, 'SD_SEND');
  t.hear(server, 8, 'MSG_WAITALL');
});

scenario('recv: flags that are none', (t) => {
  const { client, server } = t.pair();
  t.say(client, 'x');
  t.waitFor(server, 'readable');
  t.nonBlocking(server);
  t.hear(server, 16, 0x4000);
  t.hear(server);
});

scenario('send: flags that are none', (t) => {
  const { client } = t.pair();
  t.send(client, 'x', 1, 0x4000);
  t.send(client, 'x', 1, 'MSG_PEEK');
  t.send(client, 'x', 1, 'MSG_DONTROUTE');
});

scenario('recv after the peer has closed', (t) => {
  const { client, server } = t.pair();
  t.say(client, 'last');
  t.closesocket(client);
  t.hear(server);
  t.hear(server);
  t.hear(server);
});

scenario('recv after a reset', (t) => {
  const { client, server } = t.pair();
  t.reset(client);
  t.waitFor(server, 'readable');
  t.hear(server);
  t.hear(server);
  t.send(server, 'x', 1, 0);
});

scenario('data before a reset is gone', (t) => {
  const { client, server } = t.pair();
  t.say(client, 'lost');
  t.waitFor(server, 'readable');
  t.reset(client);
  t.hear(server);
});

scenario('send after a reset', (t) => {
  const { client, server } = t.pair();
  t.reset(client);
  t.waitFor(server, 'readable');
  t.send(server, 'x', 1, 0);
  t.send(server, 'x', 1, 0);
});

scenario('SO_RCVTIMEO ends a recv', (t) => {
  const { client, server } = t.pair();
  t.set(server, 'SOL_SOCKET', 'SO_RCVTIMEO', int32(50));
  t.hear(server);
  t.say(client, 'late');
  t.hear(server);
});

scenario('urgent data', (t) => {
  const { client, server } = t.pair();
  t.send(client, 'u', 1, 'MSG_OOB');
  t.waitFor(server, 'exceptional');
  t.nonBlocking(server);
  t.hear(server);
  t.hear(server, 16, 'MSG_OOB');
  t.hear(server, 16, 'MSG_OOB');
});

scenario('urgent data between other data', (t) => {
  const { client, server } = t.pair();
  t.say(client, 'ab');
  t.send(client, 'u', 1, 'MSG_OOB');
  t.say(client, 'cd');
  t.waitFor(server, 'exceptional');
  t.hear(server);
  t.hear(server, 16, 'MSG_OOB');
  t.hear(server);
});

scenario('SO_OOBINLINE: urgent data among the rest', (t) => {
  const { client, server } = t.pair();
  t.set(server, 'SOL_SOCKET', 'SO_OOBINLINE', int32(1));
  t.send(client, 'u', 1, 'MSG_OOB');
  t.waitFor(server, 'readable');
  t.hear(server, 16, 'MSG_OOB');
  t.hear(server);
});

scenario('recvfrom on a stream gives no address', (t) => {
  const { client, server } = t.pair();
  t.say(client, 'hello');
  t.recvfrom(server, t.room(16), 16, 0, t.address(), 28);
});

scenario('sendto on a stream ignores the address', (t) => {
  const { client, server } = t.pair();
  t.sendto(client, 'hello', 5, 0, nameOf(client), 16);
  t.hear(server);
});

scenario('sendto on a stream that is not connected', (t) => {
  const s = t.tcp();
  t.sendto(s, 'hello', 5, 0, nameOf(t.listener()), 16);
  t.recvfrom(s, t.room(4), 4, 0, null, null);
});

scenario('WSASend and WSARecv gather and scatter', (t) => {
  const { client, server } = t.pair();
  t.WSASend(client, ['one', 'two', 'three'], 3, 77, 0, null, null);
  t.WSARecv(server, [t.room(2), t.room(5), t.room(16)], 3, 77, 0, null, null);
});

scenario('WSASend: fewer buffers than there are', (t) => {
  const { client, server } = t.pair();
  t.WSASend(client, ['one', 'two', 'three'], 2, 77, 0, null, null);
  t.hear(server);
});

scenario('WSASend and WSARecv: no buffers', (t) => {
  const { client, server } = t.pair();
  t.nonBlocking(server);
  t.WSASend(client, [], 0, 77, 0, null, null);
  t.WSARecv(server, [], 0, 77, 0, null, null);
});

scenario('WSASend and WSARecv: empty buffers', (t) => {
  const { client, server } = t.pair();
  t.WSASend(client, [''], 1, 77, 0, null, null);
  t.say(client, 'x');
  t.waitFor(server, 'readable');
  t.WSARecv(server, [{ len: 0, buf: null }], 1, 77, 0, null, null);
});

scenario('WSASend and WSARecv: nowhere for the count', (t) => {
  const { client, server } = t.pair();
  t.WSASend(client, ['x'], 1, null, 0, null, null);
  t.say(client, 'y');
  t.waitFor(server, 'readable');
  t.WSARecv(server, [t.room(4)], 1, null, 0, null, null);
});

scenario('WSARecv: nowhere for the flags', (t) => {
  const { client, server } = t.pair();
  t.say(client, 'y');
  t.waitFor(server, 'readable');
  t.WSARecv(server, [t.room(4)], 1, 77, null, null, null);
});

scenario('WSARecv: MSG_PEEK in the flags', (t) => {
  const { client, server } = t.pair();
  t.say(client, 'peek');
  t.waitFor(server, 'readable');
  t.WSARecv(server, [t.room(8)], 1, 77, t.number('MSG_PEEK'), null, null);
  t.WSARecv(server, [t.room(8)], 1, 77, 0, null, null);
});

scenario('WSARecv: urgent data, and its flag', (t) => {
  const { client, server } = t.pair();
  t.send(client, 'u', 1, 'MSG_OOB');
  t.waitFor(server, 'exceptional');
  t.WSARecv(server, [t.room(8)], 1, 77, t.number('MSG_OOB'), null, null);
});

scenario('WSARecv, not blocking, nothing there', (t) => {
  const { server } = t.pair();
  t.nonBlocking(server);
  t.WSARecv(server, [t.room(8)], 1, 77, 0, null, null);
});

scenario('WSARecv: the end', (t) => {
  const { client, server } = t.pair();
  t.closesocket(client);
  t.waitFor(server, 'readable');
  t.WSARecv(server, [t.room(8)], 1, 77, 0, null, null);
});

scenario('a large block', (t) => {
  const { client, server } = t.pair();
  t.send(client, t.room(20000, 'x'), 20000, 0);
  t.recv(server, t.room(20000), 20000, 'MSG_WAITALL');
});

scenario('send, not blocking, until it would block', (t) => {
  const { client } = t.pair();
  t.nonBlocking(client);
  const block = t.room(60000, 'x');
  t.send(client, block, 60000, 0);
  t.select(0, null, [client], null, 0);
});

// connect, accept, WSAAccept, WSAConnect.
import { Group } from '../scenario.js';
import { foreign, inet, inet6, int32, nameOf } from '../values.js';

export const connections = new Group('connections');
const { scenario } = connections;

scenario('connect, accept, and their names', (t) => {
  const listener = t.tcp('listener');
  t.bind(listener, inet('127.0.0.1', 0), 16);
  t.listen(listener, 5);
  const client = t.tcp('client');
  t.connect(client, nameOf(listener), 16);
  const from = t.address();
  const s = t.accept(listener, from, 28);
  t.getsockname(s, t.address(), 28);
  t.getsockname(client, t.address(), 28);
});

scenario('connect over IPv6', (t) => {
  const listener = t.tcp('listener', 'AF_INET6');
  t.bind(listener, inet6('::1', 0), 28);
  t.listen(listener, 1);
  const client = t.tcp('client', 'AF_INET6');
  t.connect(client, nameOf(listener), 28);
  t.accept(listener, t.address(), 28);
});

scenario('connect: refused', (t) => {
  const closed = t.tcp('closed');
  t.bind(closed, inet('127.0.0.1', 0), 16);
  const s = t.tcp();
  t.connect(s, nameOf(closed), 16);
  t.getsockopt(s, 'SOL_SOCKET', 'SO_ERROR', t.option(), 4);
  t.getpeername(s, t.address(), 28);
});

scenario('connect after a refusal', (t) => {
  const closed = t.tcp('closed');
  t.bind(closed, inet('127.0.0.1', 0), 16);
  const listener = t.listener();
  const s = t.tcp();
  t.connect(s, nameOf(closed), 16);
  t.connect(s, nameOf(listener), 16);
  t.getpeername(s, t.address(), 28);
});

scenario('connect twice', (t) => {
  const { client, server, listener } = t.pair();
  t.connect(client, nameOf(listener), 16);
  t.connect(server, nameOf(listener), 16);
});

scenario('connect of a listener', (t) => {
  const listener = t.listener();
  t.connect(listener, nameOf(listener), 16);
  t.connect(listener, nameOf(t.listener('other')), 16);
});

scenario('connect: lengths', (t) => {
  const listener = t.listener();
  const s = t.tcp();
  t.connect(s, nameOf(listener), 15);
});

scenario('connect: families', (t) => {
  const listener = t.listener();
  const s = t.tcp();
  t.connect(s, foreign(23, listener), 28);
  t.connect(s, foreign(0, listener), 16);
  t.connect(s, foreign(0xdead, listener), 16);
});

scenario('connect to port 0 and to any address', (t) => {
  const listener = t.listener();
  t.connect(t.tcp(), inet('127.0.0.1', 0), 16);
  t.connect(t.tcp(), inet('0.0.0.0', listener), 16);
});

scenario('connect, not blocking', (t) => {
  const listener = t.listener();
  const s = t.tcp();
  t.nonBlocking(s);
  t.connect(s, nameOf(listener), 16);
  t.waitFor(s, 'writable');
  t.getsockopt(s, 'SOL_SOCKET', 'SO_ERROR', t.option(), 4);
  t.connect(s, nameOf(listener), 16);
  t.getpeername(s, t.address(), 28);
});

scenario('connect, not blocking: refused', (t) => {
  const closed = t.tcp('closed');
  t.bind(closed, inet('127.0.0.1', 0), 16);
  const s = t.tcp();
  t.nonBlocking(s);
  t.connect(s, nameOf(closed), 16);
  t.waitFor(s, 'exceptional');
  t.getsockopt(s, 'SOL_SOCKET', 'SO_ERROR', t.option(), 4);
  t.getsockopt(s, 'SOL_SOCKET', 'SO_ERROR', t.option(), 4);
  t.send(s, 'x', 1, 0);
  t.hear(s);
});

scenario('connect of a datagram socket', (t) => {
  const a = t.udp('a');
  const b = t.udp('b');
  t.connect(a, nameOf(b), 16);
  t.getpeername(a, t.address(), 28);
  t.send(a, 'one', 3, 0);
  t.recvfrom(b, t.room(8), 8, 0, t.address(), 28);
  t.connect(a, nameOf(t.udp('c')), 16);
  t.getpeername(a, t.address(), 28);
});

scenario('connect of a datagram socket, undone', (t) => {
  const a = t.udp('a');
  t.connect(a, nameOf(t.udp('b')), 16);
  t.connect(a, inet('0.0.0.0', 0), 16);
  t.getpeername(a, t.address(), 28);
  t.send(a, 'x', 1, 0);
});

scenario('connect binds an unbound datagram socket', (t) => {
  const s = t.udp('s', false);
  t.connect(s, nameOf(t.udp('other')), 16);
  t.getsockname(s, t.address(), 28);
});

scenario('WSAConnect', (t) => {
  const listener = t.listener();
  const s = t.tcp();
  t.WSAConnect(s, nameOf(listener), 16, null, null, null, null);
  t.WSAConnect(s, nameOf(listener), 16, null, null, null, null);
  t.WSAConnect('INVALID_SOCKET', nameOf(listener), 16, null, null, null, null);
});

scenario('accept: what does not listen', (t) => {
  const s = t.tcp();
  t.accept(s, null, null);
  t.bind(s, inet('127.0.0.1', 0), 16);
  t.accept(s, null, null);
  t.accept(t.udp(), null, null);
  t.accept('INVALID_SOCKET', null, null);
  const { client } = t.pair();
  t.accept(client, null, null);
});

scenario('accept: pointers and lengths', (t) => {
  const listener = t.listener();
  t.clientOf(listener);
  t.accept(listener, t.address(), null);
  t.clientOf(listener, 'second');
  t.accept(listener, null, 16);
  t.clientOf(listener, 'third');
  t.accept(listener, t.address(), 16);
});

scenario('accept: room for no address', (t) => {
  const listener = t.listener();
  t.clientOf(listener);
  t.accept(listener, t.address(), 15);
});

scenario('accept, not blocking', (t) => {
  const listener = t.listener();
  t.nonBlocking(listener);
  t.accept(listener, null, null);
  t.clientOf(listener);
  t.waitFor(listener, 'readable');
  const s = t.accept(listener, null, null);
  t.accept(listener, null, null);
  t.hear(s);
});

scenario('connections are accepted in their order', (t) => {
  const listener = t.listener();
  const first = t.clientOf(listener, 'first');
  const second = t.clientOf(listener, 'second');
  t.say(second, 'second');
  t.say(first, 'first');
  t.hear(t.accept(listener, null, null));
  t.hear(t.accept(listener, null, null));
});

scenario('an accepted socket has the listener’s options', (t) => {
  const listener = t.listener();
  t.setsockopt(listener, 'SOL_SOCKET', 'SO_KEEPALIVE', int32(1), 4);
  t.setsockopt(listener, 'SOL_SOCKET', 'SO_RCVTIMEO', int32(1234), 4);
  t.clientOf(listener);
  const s = t.accepted(listener);
  t.getsockopt(s, 'SOL_SOCKET', 'SO_KEEPALIVE', t.option(), 4);
  t.getsockopt(s, 'SOL_SOCKET', 'SO_RCVTIMEO', t.option(), 4);
  t.getsockopt(s, 'SOL_SOCKET', 'SO_ACCEPTCONN', t.option(), 4);
});

scenario('a client that has sent and closed is accepted', (t) => {
  const listener = t.listener();
  const client = t.clientOf(listener);
  t.say(client, 'left');
  t.closesocket(client);
  const s = t.accepted(listener);
  t.hear(s);
  t.hear(s);
});

scenario('closing a listener ends who waits', (t) => {
  const listener = t.listener();
  const client = t.clientOf(listener);
  t.closesocket(listener);
  t.waitFor(client, 'readable');
  t.hear(client);
});

scenario('WSAAccept without a condition', (t) => {
  const listener = t.listener();
  t.clientOf(listener);
  t.WSAAccept(listener, t.address(), 28, null, 0);
});

scenario('WSAAccept: a condition that accepts', (t) => {
  const listener = t.listener();
  const client = t.clientOf(listener);
  t.say(client, 'hello');
  const s = t.WSAAccept(listener, t.address(), 28, 'CF_ACCEPT', 42);
  t.hear(s);
});

scenario('WSAAccept: a condition that rejects', (t) => {
  const listener = t.listener();
  const client = t.clientOf(listener);
  t.WSAAccept(listener, t.address(), 28, 'CF_REJECT', 42);
  t.waitFor(client, 'readable');
  t.hear(client);
  t.nonBlocking(listener);
  t.accept(listener, null, null);
});

scenario('WSAAccept: a condition that defers', (t) => {
  const listener = t.listener();
  const client = t.clientOf(listener);
  t.say(client, 'patience');
  t.WSAAccept(listener, t.address(), 28, 'CF_DEFER', 42);
  const s = t.WSAAccept(listener, t.address(), 28, 'CF_ACCEPT', 43);
  t.hear(s);
});

scenario('WSAAccept: a condition that says neither', (t) => {
  const listener = t.listener();
  t.clientOf(listener);
  t.WSAAccept(listener, t.address(), 28, '7', 42);
});

scenario('WSAAccept, not blocking: nobody there', (t) => {
  const listener = t.listener();
  t.nonBlocking(listener);
  t.WSAAccept(listener, t.address(), 28, 'CF_ACCEPT', 42);
});

scenario('WSAConnectByName', (t) => {
  const listener = t.listener();
  const s = t.tcp();
  t.WSAConnectByNameA(s, 'localhost', null, listener, null, t.address());
  t.setsockopt(s, 'SOL_SOCKET', 'SO_UPDATE_CONNECT_CONTEXT', null, 0);
  t.getpeername(s, t.address(), 28);
});

scenario('WSAConnectByName: what cannot', (t) => {
  const listener = t.listener();
  const s = t.tcp();
  t.WSAConnectByNameA(s, null, null, listener, null, null);
  t.WSAConnectByNameA(s, 'localhost', null, 'INVALID_SOCKET', null, null);
  t.WSAConnectByNameA(s, 'localhost', 'nosuchservice', 'INVALID_SOCKET', null, null);
});

scenario('an IPv6 connection carries data', (t) => {
  const listener = t.tcp('listener', 'AF_INET6');
  t.bind(listener, inet6('::1', 0), 28);
  t.listen(listener, 1);
  const client = t.tcp('client', 'AF_INET6');
  t.connect(client, nameOf(listener), 28);
  const server = t.accepted(listener);
  t.say(client, 'six');
  t.hear(server);
  t.getpeername(server, t.address(), 28);
  t.getpeername(client, t.address(), 16);
});

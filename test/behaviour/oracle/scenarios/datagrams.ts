// sendto and recvfrom on datagram sockets.
import { Group } from '../scenario.js';
import { foreign, inet, inet6, int32, nameOf } from '../values.js';

export const datagrams = new Group('datagrams');
const { scenario } = datagrams;

scenario('sendto and recvfrom', (t) => {
  const a = t.udp('a');
  const b = t.udp('b');
  t.getsockname(a, t.address(), 28);
  t.sendto(a, 'hello', 5, 0, nameOf(b), 16);
  t.recvfrom(b, t.room(16), 16, 0, t.address(), 28);
});

scenario('sendto binds', (t) => {
  const a = t.udp('a', false);
  const b = t.udp('b');
  t.sendto(a, 'hello', 5, 0, nameOf(b), 16);
  t.getsockname(a, t.address(), 28);
  t.recvfrom(b, t.room(16), 16, 0, t.address(), 28);
});

scenario('datagrams keep their borders', (t) => {
  const a = t.udp('a');
  const b = t.udp('b');
  t.sendto(a, 'one', 3, 0, nameOf(b), 16);
  t.sendto(a, 'two', 3, 0, nameOf(b), 16);
  t.recvfrom(b, t.room(16), 16, 0, null, null);
  t.hear(b);
});

scenario('a datagram longer than the room', (t) => {
  const a = t.udp('a');
  const b = t.udp('b');
  t.getsockname(a, t.address(), 28);
  t.sendto(a, 'much too long', 13, 0, nameOf(b), 16);
  t.sendto(a, 'next', 4, 0, nameOf(b), 16);
  t.recvfrom(b, t.room(4), 4, 0, t.address(), 28);
  t.recvfrom(b, t.room(8), 8, 0, t.address(), 28);
});

scenario('MSG_PEEK at a datagram longer than the room', (t) => {
  const a = t.udp('a');
  const b = t.udp('b');
  t.sendto(a, 'long', 4, 0, nameOf(b), 16);
  t.hear(b, 2, 'MSG_PEEK');
  t.hear(b);
});

scenario('an empty datagram', (t) => {
  const a = t.udp('a');
  const b = t.udp('b');
  t.getsockname(a, t.address(), 28);
  t.sendto(a, 'x', 0, 0, nameOf(b), 16);
  t.waitFor(b, 'readable');
  t.recvfrom(b, t.room(4), 4, 0, t.address(), 28);
});

scenario('send without an address', (t) => {
  const a = t.udp('a');
  t.send(a, 'x', 1, 0);
  t.sendto(a, 'x', 1, 0, null, 0);
  t.sendto(a, 'x', 1, 0, null, 16);
});

scenario('sendto: lengths and families', (t) => {
  const a = t.udp('a');
  const b = t.udp('b');
  t.sendto(a, 'x', 1, 0, nameOf(b), 0);
  t.sendto(a, 'x', 1, 0, nameOf(b), 15);
  t.sendto(a, 'x', 1, 0, foreign(23, b), 28);
  t.sendto(a, 'x', 1, 0, foreign(0xdead, b), 16);
});

scenario('sendto port 0', (t) => {
  t.sendto(t.udp('a'), 'x', 1, 0, inet('127.0.0.1', 0), 16);
});

scenario('sendto on a connected socket', (t) => {
  const a = t.udp('a');
  const b = t.udp('b');
  const c = t.udp('c');
  t.connect(a, nameOf(b), 16);
  t.sendto(a, 'other', 5, 0, nameOf(c), 16);
  t.nonBlocking(c);
  t.waitFor(c, 'readable');
  t.hear(c);
  t.send(a, 'peer', 4, 0);
  t.hear(b);
});

scenario('a connected socket hears its peer alone', (t) => {
  const a = t.udp('a');
  const b = t.udp('b');
  const c = t.udp('c');
  t.connect(a, nameOf(b), 16);
  t.sendto(c, 'stranger', 8, 0, nameOf(a), 16);
  t.sendto(b, 'peer', 4, 0, nameOf(a), 16);
  t.hear(a);
  t.nonBlocking(a);
  t.hear(a);
});

scenario('recvfrom: not bound', (t) => {
  const s = t.udp('s', false);
  t.nonBlocking(s);
  t.recvfrom(s, t.room(4), 4, 0, null, null);
});

scenario('recvfrom: room for no address', (t) => {
  const a = t.udp('a');
  t.sendto(a, 'x', 1, 0, nameOf(a), 16);
  t.recvfrom(a, t.room(4), 4, 0, t.address(), 8);
});

scenario('recvfrom: an address without a length', (t) => {
  const a = t.udp('a');
  t.sendto(a, 'x', 1, 0, nameOf(a), 16);
  t.recvfrom(a, t.room(4), 4, 0, null, 28);
});

scenario('recvfrom, not blocking, nothing there', (t) => {
  const a = t.udp('a');
  t.nonBlocking(a);
  t.recvfrom(a, t.room(4), 4, 0, t.address(), 28);
});

scenario('sends to a closed port succeed', (t) => {
  const a = t.udp('a');
  const closed = t.tcp('closed');
  t.bind(closed, inet('127.0.0.1', 0), 16);
  t.connect(a, nameOf(closed), 16);
  t.send(a, 'x', 1, 0);
  t.send(a, 'x', 1, 0);
});

scenario('urgent data on a datagram socket', (t) => {
  const a = t.udp('a');
  t.nonBlocking(a);
  t.sendto(a, 'x', 1, 'MSG_OOB', nameOf(a), 16);
  t.hear(a, 4, 'MSG_OOB');
});

scenario('broadcast needs SO_BROADCAST', (t) => {
  const s = t.udp('s', false);
  t.sendto(s, 'x', 1, 0, inet('255.255.255.255', 9), 16);
});

scenario('a datagram that is too long', (t) => {
  const a = t.udp('a');
  t.sendto(a, t.room(65536, 'x'), 65536, 0, nameOf(a), 16);
  t.getsockopt(a, 'SOL_SOCKET', 'SO_MAX_MSG_SIZE', t.option(), 4);
});

scenario('WSASendTo and WSARecvFrom', (t) => {
  const a = t.udp('a');
  const b = t.udp('b');
  t.getsockname(a, t.address(), 28);
  t.WSASendTo(a, ['he', 'llo'], 2, 77, 0, nameOf(b), 16, null, null);
  t.WSARecvFrom(b, [t.room(3), t.room(8)], 2, 77, 0, t.address(), 28, null, null);
});

scenario('WSASendTo: nowhere for the count', (t) => {
  const a = t.udp('a', false);
  const b = t.udp('b');
  t.WSASendTo(a, ['x'], 1, null, 0, nameOf(b), 16, null, null);
  t.WSASendTo('INVALID_SOCKET', ['x'], 1, 77, 0, nameOf(b), 16, null, null);
  t.WSASendTo(a, ['x'], 1, 77, 0, nameOf(b), 16, null, null);
});

scenario('WSARecvFrom: a datagram longer than the room', (t) => {
  const a = t.udp('a');
  t.sendto(a, 'much too long', 13, 0, nameOf(a), 16);
  t.WSARecvFrom(a, [t.room(4)], 1, 77, 0, null, null, null, null);
});

scenario('SO_RCVTIMEO ends a recvfrom', (t) => {
  const a = t.udp('a');
  t.set(a, 'SOL_SOCKET', 'SO_RCVTIMEO', int32(50));
  t.recvfrom(a, t.room(4), 4, 0, null, null);
});

scenario('shutdown of a datagram socket', (t) => {
  const a = t.udp('a');
  const b = t.udp('b');
  t.shutdown(a, 'SD_SEND');
  t.sendto(a, 'x', 1, 0, nameOf(b), 16);
  t.connect(b, nameOf(a), 16);
  t.shutdown(b, 'SD_SEND');
  t.send(b, 'x', 1, 0);
  t.shutdown(b, 'SD_RECEIVE');
  t.nonBlocking(b);
  t.hear(b);
});

scenario('datagrams over IPv6', (t) => {
  const a = t.socket('AF_INET6', 'SOCK_DGRAM', 'IPPROTO_UDP');
  t.bind(a, inet6('::1', 0), 28);
  t.sendto(a, 'six', 3, 0, nameOf(a), 28);
  t.recvfrom(a, t.room(8), 8, 0, t.address(), 28);
  t.sendto(a, 'four', 4, 0, nameOf(t.udp('v4')), 16);
});

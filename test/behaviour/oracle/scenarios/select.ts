// select and WSAPoll.
import { Group } from '../scenario.js';
import { inet, int32, nameOf } from '../values.js';

export const select = new Group('select');
const { scenario } = select;

scenario('two fresh sockets are in no set', (t) => {
  const a = t.tcp('a');
  const b = t.tcp('b');
  t.select(0, [a, b], [a, b], [a, b], 0);
});

scenario('no sets at all', (t) => {
  t.select(0, null, null, null, 0);
  t.select(0, null, null, null, 10);
});

scenario('empty sets', (t) => {
  t.select(0, [], [], [], 0);
  t.select(0, [], null, null, 0);
});

scenario('what is no socket', (t) => {
  const s = t.udp();
  t.select(0, ['INVALID_SOCKET'], null, null, 0);
  t.select(0, null, ['INVALID_SOCKET'], null, 0);
  t.select(0, null, null, ['INVALID_SOCKET'], 0);
  t.select(0, [s], [s, 0xdead], null, 0);
});

scenario('a closed socket', (t) => {
  const s = t.udp();
  const closed = t.udp('closed');
  t.quietly(() => t.closesocket(closed));
  t.select(0, [s, closed], null, null, 0);
});

scenario('an idle connection is writable', (t) => {
  const { client, server } = t.pair();
  t.select(0, [client, server], [client, server], [client, server], 'LONG');
});

scenario('data makes readable', (t) => {
  const { client, server } = t.pair();
  t.say(client, 'x');
  t.select(0, [client, server], null, [client, server], 'LONG');
  t.hear(server);
  t.select(0, [client, server], null, null, 0);
});

scenario('the number of arguments does not matter', (t) => {
  const { client } = t.pair();
  t.select(-1, null, [client], null, 0);
  t.select(1000, null, [client], null, 0);
});

scenario('the time runs out', (t) => {
  const { client } = t.pair();
  t.select(0, [client], null, null, 10);
});

scenario('a listener is readable when somebody waits', (t) => {
  const listener = t.listener();
  t.select(0, [listener], [listener], [listener], 0);
  t.clientOf(listener);
  t.select(0, [listener], [listener], [listener], 'LONG');
});

scenario('a peer that ends makes readable', (t) => {
  const { client, server } = t.pair();
  t.shutdown(client, 'SD_SEND');
  t.select(0, [server], null, [server], 'LONG');
  t.hear(server);
  t.select(0, [server], null, null, 0);
});

scenario('a reset makes readable and writable, not exceptional', (t) => {
  const { client, server } = t.pair();
  t.reset(client);
  t.waitFor(server, 'readable');
  t.select(0, [server], [server], [server], 'LONG');
});

scenario('urgent data is exceptional', (t) => {
  const { client, server } = t.pair();
  t.send(client, 'u', 1, 'MSG_OOB');
  t.select(0, [server], null, [server], 'LONG');
  t.hear(server, 4, 'MSG_OOB');
  t.select(0, [server], null, [server], 0);
});

scenario('urgent data inline is readable', (t) => {
  const { client, server } = t.pair();
  t.set(server, 'SOL_SOCKET', 'SO_OOBINLINE', int32(1));
  t.send(client, 'u', 1, 'MSG_OOB');
  t.select(0, [server], null, [server], 'LONG');
});

scenario('a connection that comes about', (t) => {
  const listener = t.listener();
  const s = t.tcp();
  t.nonBlocking(s);
  t.connect(s, nameOf(listener), 16);
  t.select(0, [s], [s], [s], 'LONG');
});

scenario('a connection that fails is exceptional, and stays so', (t) => {
  const closed = t.tcp('closed');
  t.bind(closed, inet('127.0.0.1', 0), 16);
  const s = t.tcp();
  t.nonBlocking(s);
  t.connect(s, nameOf(closed), 16);
  t.select(0, null, [s], [s], 'LONG');
  t.getsockopt(s, 'SOL_SOCKET', 'SO_ERROR', t.option(), 4);
  t.select(0, [s], [s], [s], 'LONG');
  t.getsockopt(s, 'SOL_SOCKET', 'SO_ERROR', t.option(), 4);
});

scenario('a blocking connection that failed is exceptional', (t) => {
  const closed = t.tcp('closed');
  t.bind(closed, inet('127.0.0.1', 0), 16);
  const s = t.tcp();
  t.connect(s, nameOf(closed), 16);
  t.select(0, null, [s], [s], 50);
});

scenario('datagram sockets are writable', (t) => {
  const unbound = t.udp('unbound', false);
  const bound = t.udp('bound');
  t.select(0, [unbound, bound], [unbound, bound], [unbound, bound], 0);
  t.sendto(unbound, 'x', 1, 0, nameOf(bound), 16);
  t.select(0, [unbound, bound], null, null, 'LONG');
});

scenario('the same socket twice', (t) => {
  const { client } = t.pair();
  t.select(0, null, [client, client], null, 0);
});

scenario('the order of sets stays', (t) => {
  const a = t.udp('a');
  const b = t.udp('b');
  const c = t.udp('c');
  t.sendto(a, 'x', 1, 0, nameOf(c), 16);
  t.sendto(a, 'x', 1, 0, nameOf(a), 16);
  t.waitFor(c, 'readable');
  t.waitFor(a, 'readable');
  t.select(0, [c, b, a], null, null, 0);
});

scenario('own shutdown for receiving', (t) => {
  const { client } = t.pair();
  t.shutdown(client, 'SD_RECEIVE');
  t.select(0, [client], [client], [client], 0);
});

scenario('own shutdown for sending', (t) => {
  const { client } = t.pair();
  t.shutdown(client, 'SD_SEND');
  t.select(0, [client], [client], [client], 0);
});

scenario('select runs an APC when it has to wait', (t) => {
  const { client } = t.pair();
  t.queueApc();
  t.select(0, null, [client], null, 0);
  t.select(0, [client], null, null, 50);
});

// WSAPoll

scenario('WSAPoll: no array', (t) => {
  t.WSAPoll(null, 0, 10);
  t.WSAPoll(null, 1, 10);
});

scenario('WSAPoll: an idle connection', (t) => {
  const { client, server } = t.pair();
  t.WSAPoll(
    [
      { fd: client, events: 'POLLRDNORM|POLLRDBAND|POLLWRNORM' },
      { fd: server, events: 'POLLRDNORM' },
    ],
    2,
    'SHORT',
  );
});

scenario('WSAPoll: data', (t) => {
  const { client, server } = t.pair();
  t.say(client, 'x');
  t.WSAPoll([{ fd: server, events: 'POLLRDNORM' }], 1, 'LONG');
  t.hear(server);
  t.WSAPoll([{ fd: server, events: 'POLLRDNORM' }], 1, 0);
});

scenario('WSAPoll: urgent data', (t) => {
  const { client, server } = t.pair();
  t.send(client, 'u', 1, 'MSG_OOB');
  t.WSAPoll([{ fd: server, events: 'POLLRDNORM|POLLRDBAND' }], 1, 'LONG');
});

scenario('WSAPoll: a listener', (t) => {
  const listener = t.listener();
  t.WSAPoll([{ fd: listener, events: 'POLLRDNORM|POLLWRNORM' }], 1, 0);
  t.clientOf(listener);
  t.WSAPoll([{ fd: listener, events: 'POLLRDNORM|POLLWRNORM' }], 1, 'LONG');
});

scenario('WSAPoll: flags that are none to ask for', (t) => {
  const { client } = t.pair();
  t.WSAPoll([{ fd: client, events: 'POLLERR' }], 1, 0);
  t.WSAPoll([{ fd: client, events: 'POLLPRI' }], 1, 0);
  t.WSAPoll([{ fd: client, events: 0x4000 }], 1, 0);
});

scenario('WSAPoll: what is no socket', (t) => {
  const { client } = t.pair();
  t.WSAPoll([{ fd: 0xabacab, events: 'POLLRDNORM' }], 1, 0);
  t.WSAPoll(
    [
      { fd: client, events: 'POLLWRNORM' },
      { fd: 0xabacab, events: 'POLLRDNORM' },
      { fd: -1, events: 'POLLRDNORM' },
    ],
    3,
    0,
  );
});

scenario('WSAPoll: a peer that ends', (t) => {
  const { client, server } = t.pair();
  t.shutdown(client, 'SD_SEND');
  t.waitFor(server, 'readable');
  t.WSAPoll([{ fd: server, events: 'POLLRDNORM|POLLWRNORM' }], 1, 'LONG');
  t.WSAPoll([{ fd: server, events: 0 }], 1, 'LONG');
});

scenario('WSAPoll: a peer that closes', (t) => {
  const { client, server } = t.pair();
  t.closesocket(client);
  t.waitFor(server, 'readable');
  t.WSAPoll([{ fd: server, events: 'POLLRDNORM|POLLWRNORM' }], 1, 'LONG');
});

scenario('WSAPoll: a reset', (t) => {
  const { client, server } = t.pair();
  t.reset(client);
  t.waitFor(server, 'readable');
  t.WSAPoll([{ fd: server, events: 'POLLRDNORM|POLLWRNORM' }], 1, 'LONG');
});

scenario('WSAPoll: a connection that failed', (t) => {
  const closed = t.tcp('closed');
  t.bind(closed, inet('127.0.0.1', 0), 16);
  const s = t.tcp();
  t.nonBlocking(s);
  t.connect(s, nameOf(closed), 16);
  t.waitFor(s, 'exceptional');
  t.WSAPoll([{ fd: s, events: 'POLLRDNORM|POLLWRNORM' }], 1, 'LONG');
});

scenario('WSAPoll: datagram sockets', (t) => {
  const a = t.udp('a', false);
  const b = t.udp('b');
  t.WSAPoll([{ fd: a, events: 'POLLWRNORM|POLLRDNORM' }], 1, 0);
  t.sendto(a, 'x', 1, 0, nameOf(b), 16);
  t.WSAPoll([{ fd: b, events: 'POLLRDNORM|POLLWRNORM' }], 1, 'LONG');
});

scenario('WSAPoll: the time runs out', (t) => {
  const { client } = t.pair();
  t.WSAPoll([{ fd: client, events: 'POLLRDNORM' }], 1, 10);
});

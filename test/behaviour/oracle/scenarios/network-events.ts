// WSAEventSelect and WSAEnumNetworkEvents.
import { Group, type T } from '../scenario.js';
import { inet, nameOf, type Variable } from '../values.js';

export const networkEvents = new Group('network-events');
const { scenario } = networkEvents;

const ALL = 'FD_READ|FD_WRITE|FD_OOB|FD_ACCEPT|FD_CONNECT|FD_CLOSE';

const something = (t: T, s: Variable, e: Variable): unknown => t.networkEvents(s, e, 'LONG');
const nothing = (t: T, s: Variable, e: Variable): unknown => t.networkEvents(s, e, 'SHORT');

scenario('WSAEventSelect: what cannot', (t) => {
  const e = t.event();
  const s = t.tcp();
  t.WSAEventSelect('INVALID_SOCKET', e, 'FD_READ');
  t.WSAEventSelect(s, 0, 'FD_READ');
  t.WSAEventSelect(s, e, 0);
  t.WSAEventSelect(s, 0, 0);
});

scenario('WSAEnumNetworkEvents: what cannot', (t) => {
  const s = t.tcp();
  t.WSAEnumNetworkEvents(s, 0, 1);
  t.WSAEnumNetworkEvents('INVALID_SOCKET', 0, 1);
});

scenario('WSAEventSelect makes non-blocking, for good until it ends', (t) => {
  const { client } = t.pair();
  const e = t.event();
  t.WSAEventSelect(client, e, 'FD_READ');
  t.hear(client);
  t.ioctlsocket(client, 'FIONBIO', 0);
  t.WSAEventSelect(client, 0, 0);
  t.hear(client);
  t.ioctlsocket(client, 'FIONBIO', 0);
});

scenario('FD_ACCEPT: once for one client', (t) => {
  const listener = t.listener();
  const e = t.event();
  t.WSAEventSelect(listener, e, 'FD_CONNECT|FD_READ|FD_OOB|FD_ACCEPT');
  nothing(t, listener, e);
  t.clientOf(listener);
  something(t, listener, e);
  nothing(t, listener, e);
});

scenario('FD_ACCEPT: not again by the same selection', (t) => {
  const listener = t.listener();
  const e = t.event();
  t.WSAEventSelect(listener, e, 'FD_ACCEPT');
  t.clientOf(listener);
  something(t, listener, e);
  t.WSAEventSelect(listener, e, 'FD_ACCEPT');
  nothing(t, listener, e);
  t.WSAEventSelect(listener, e, 0);
  t.WSAEventSelect(listener, e, 'FD_ACCEPT');
  nothing(t, listener, e);
});

scenario('FD_ACCEPT: a second client', (t) => {
  const listener = t.listener();
  const e = t.event();
  t.WSAEventSelect(listener, e, 'FD_ACCEPT');
  t.clientOf(listener);
  something(t, listener, e);
  t.clientOf(listener, 'second');
  nothing(t, listener, e);
});

scenario('FD_ACCEPT: again after accept when another waits', (t) => {
  const listener = t.listener();
  const e = t.event();
  t.WSAEventSelect(listener, e, 'FD_ACCEPT');
  t.clientOf(listener);
  t.clientOf(listener, 'second');
  something(t, listener, e);
  t.accepted(listener);
  something(t, listener, e);
  t.accepted(listener);
  nothing(t, listener, e);
  t.clientOf(listener, 'third');
  something(t, listener, e);
});

scenario('FD_ACCEPT: connected before it was selected', (t) => {
  const listener = t.listener();
  const e = t.event();
  t.clientOf(listener);
  t.waitFor(listener, 'readable');
  t.WSAEventSelect(listener, e, 'FD_ACCEPT');
  something(t, listener, e);
});

scenario('FD_ACCEPT: accepted before it was selected', (t) => {
  const listener = t.listener();
  const e = t.event();
  t.WSAEventSelect(listener, e, 'FD_CONNECT');
  t.clientOf(listener);
  t.waitFor(listener, 'readable');
  t.accepted(listener);
  t.WSAEventSelect(listener, e, 'FD_ACCEPT');
  nothing(t, listener, e);
});

scenario('an accepted socket inherits events and their object', (t) => {
  const listener = t.listener();
  const e = t.event();
  t.WSAEventSelect(listener, e, 'FD_ACCEPT|FD_WRITE');
  t.clientOf(listener);
  something(t, listener, e);
  const server = t.accepted(listener);
  something(t, server, e);
});

scenario('FD_CONNECT and FD_WRITE', (t) => {
  const listener = t.listener();
  const s = t.tcp();
  const e = t.event();
  t.WSAEventSelect(s, e, ALL);
  nothing(t, s, e);
  t.connect(s, nameOf(listener), 16);
  something(t, s, e);
  nothing(t, s, e);
});

scenario('FD_CONNECT: refused', (t) => {
  const closed = t.tcp('closed');
  t.bind(closed, inet('127.0.0.1', 0), 16);
  const s = t.tcp();
  const e = t.event();
  t.WSAEventSelect(s, e, ALL);
  t.connect(s, nameOf(closed), 16);
  something(t, s, e);
  t.getsockopt(s, 'SOL_SOCKET', 'SO_ERROR', t.option(), 4);
});

scenario('FD_CONNECT: not selected, then selected', (t) => {
  const listener = t.listener();
  const s = t.tcp();
  const e = t.event();
  t.WSAEventSelect(s, e, 'FD_WRITE');
  t.connect(s, nameOf(listener), 16);
  something(t, s, e);
  t.WSAEventSelect(s, e, 'FD_WRITE|FD_CONNECT');
  something(t, s, e);
});

scenario('a connection made while nobody selected', (t) => {
  const { client } = t.pair();
  const e = t.event();
  t.WSAEventSelect(client, e, ALL);
  something(t, client, e);
});

scenario('FD_WRITE of an accepted socket', (t) => {
  const { server } = t.pair();
  const e = t.event();
  t.WSAEventSelect(server, e, ALL);
  something(t, server, e);
});

scenario('FD_WRITE: not again by the same selection', (t) => {
  const { server } = t.pair();
  const e = t.event();
  t.WSAEventSelect(server, e, 'FD_WRITE');
  something(t, server, e);
  t.WSAEventSelect(server, e, 0);
  t.WSAEventSelect(server, e, 'FD_WRITE');
  nothing(t, server, e);
});

scenario('FD_WRITE of datagram sockets', (t) => {
  const s = t.udp('s');
  const e = t.event();
  t.WSAEventSelect(s, e, ALL);
  something(t, s, e);
});

scenario('FD_READ: once for data', (t) => {
  const { client, server } = t.pair();
  const e = t.event();
  t.WSAEventSelect(server, e, 'FD_READ|FD_OOB');
  nothing(t, server, e);
  t.say(client, 'data');
  something(t, server, e);
  nothing(t, server, e);
});

scenario('FD_READ: again by a recv that leaves data', (t) => {
  const { client, server } = t.pair();
  const e = t.event();
  t.WSAEventSelect(server, e, 'FD_READ');
  t.say(client, 'data');
  something(t, server, e);
  t.hear(server, 2);
  something(t, server, e);
  t.hear(server, 2);
  nothing(t, server, e);
});

scenario('FD_READ: not again by the same selection', (t) => {
  const { client, server } = t.pair();
  const e = t.event();
  t.WSAEventSelect(server, e, 'FD_READ');
  t.say(client, 'data');
  something(t, server, e);
  t.WSAEventSelect(server, e, 'FD_READ');
  nothing(t, server, e);
  t.WSAEventSelect(server, e, 0);
  t.WSAEventSelect(server, e, 'FD_READ');
  nothing(t, server, e);
});

scenario('FD_READ: more data without a recv', (t) => {
  const { client, server } = t.pair();
  const e = t.event();
  t.WSAEventSelect(server, e, 'FD_READ');
  t.say(client, 'data');
  something(t, server, e);
  t.say(client, 'more');
  nothing(t, server, e);
});

scenario('FD_READ: data from before the selection', (t) => {
  const { client, server } = t.pair();
  const e = t.event();
  t.say(client, 'early');
  t.waitFor(server, 'readable');
  t.WSAEventSelect(server, e, 'FD_READ');
  something(t, server, e);
});

scenario('FD_READ: data read before the selection', (t) => {
  const { client, server } = t.pair();
  const e = t.event();
  t.say(client, 'early');
  t.hear(server);
  t.WSAEventSelect(server, e, 'FD_READ');
  nothing(t, server, e);
});

scenario('FD_READ: MSG_PEEK re-enables', (t) => {
  const { client, server } = t.pair();
  const e = t.event();
  t.WSAEventSelect(server, e, 'FD_READ');
  t.say(client, 'data');
  something(t, server, e);
  t.hear(server, 4, 'MSG_PEEK');
  something(t, server, e);
});

scenario('FD_READ of datagrams', (t) => {
  const a = t.udp('a');
  const e = t.event();
  t.WSAEventSelect(a, e, 'FD_READ');
  t.sendto(a, 'one', 3, 0, nameOf(a), 16);
  t.sendto(a, 'two', 3, 0, nameOf(a), 16);
  something(t, a, e);
  t.hear(a);
  something(t, a, e);
  t.hear(a);
  nothing(t, a, e);
});

scenario('FD_READ: a pending receive takes the data', (t) => {
  const { client, server } = t.pair();
  const e = t.event();
  const done = t.event();
  t.WSAEventSelect(server, e, 'FD_READ');
  t.WSARecv(server, [t.room(4)], 1, 77, 0, t.overlapped(done), null);
  t.say(client, 'x');
  t.WSAWaitForMultipleEvents(1, [done], 1, 'LONG', 0);
  nothing(t, server, e);
  t.say(client, 'y');
  something(t, server, e);
});

scenario('FD_OOB', (t) => {
  const { client, server } = t.pair();
  const e = t.event();
  t.WSAEventSelect(server, e, 'FD_READ|FD_OOB');
  t.send(client, 'u', 1, 'MSG_OOB');
  something(t, server, e);
  nothing(t, server, e);
  t.hear(server, 4, 'MSG_OOB');
  nothing(t, server, e);
});

scenario('FD_CLOSE: the peer ends', (t) => {
  const { client, server } = t.pair();
  const e = t.event();
  t.WSAEventSelect(server, e, 'FD_READ|FD_CLOSE');
  t.shutdown(client, 'SD_SEND');
  something(t, server, e);
  nothing(t, server, e);
  t.hear(server);
  nothing(t, server, e);
});

scenario('FD_CLOSE: the peer closes', (t) => {
  const { client, server } = t.pair();
  const e = t.event();
  t.WSAEventSelect(server, e, 'FD_READ|FD_CLOSE');
  t.closesocket(client);
  something(t, server, e);
});

scenario('FD_CLOSE: a reset', (t) => {
  const { client, server } = t.pair();
  const e = t.event();
  t.WSAEventSelect(server, e, 'FD_READ|FD_CLOSE');
  t.reset(client);
  something(t, server, e);
});

scenario('FD_CLOSE comes after the data', (t) => {
  const { client, server } = t.pair();
  const e = t.event();
  t.WSAEventSelect(server, e, 'FD_READ|FD_CLOSE');
  t.say(client, 'last');
  t.closesocket(client);
  t.waitFor(server, 'readable');
  something(t, server, e);
  t.hear(server);
  something(t, server, e);
  t.hear(server);
});

scenario('WSAEnumNetworkEvents without an event object leaves it set', (t) => {
  const { client, server } = t.pair();
  const e = t.event();
  t.WSAEventSelect(server, e, 'FD_READ');
  t.say(client, 'data');
  t.WSAWaitForMultipleEvents(1, [e], 1, 'LONG', 0);
  t.WSAEnumNetworkEvents(server, 0, 1);
  t.WSAWaitForMultipleEvents(1, [e], 1, 0, 0);
  t.WSAEnumNetworkEvents(server, e, 1);
  t.WSAWaitForMultipleEvents(1, [e], 1, 0, 0);
});

scenario('select does not take an event away', (t) => {
  const { client, server } = t.pair();
  const e = t.event();
  t.say(client, 'data');
  t.WSAEventSelect(server, e, 'FD_READ');
  t.waitFor(server, 'readable');
  something(t, server, e);
  t.waitFor(server, 'readable');
  nothing(t, server, e);
});

scenario('another event object takes over', (t) => {
  const { client, server } = t.pair();
  const e = t.event();
  const other = t.event();
  t.WSAEventSelect(server, e, 'FD_READ');
  t.WSAEventSelect(server, other, 'FD_READ');
  t.say(client, 'data');
  something(t, server, other);
  t.WSAWaitForMultipleEvents(1, [e], 1, 'SHORT', 0);
});

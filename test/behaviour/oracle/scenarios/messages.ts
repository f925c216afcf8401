// WSAAsyncSelect: window messages.
import { Group, type T } from '../scenario.js';
import { inet, nameOf, type Variable } from '../values.js';

export const messages = new Group('messages');
const { scenario } = messages;

const ALL = 'FD_READ|FD_WRITE|FD_OOB|FD_ACCEPT|FD_CONNECT|FD_CLOSE';

const some = (t: T, w: Variable): unknown => t.messages(w, 'LONG');
const none = (t: T, w: Variable): unknown => t.messages(w, 'SHORT');

scenario('WSAAsyncSelect: what cannot', (t) => {
  const w = t.window();
  t.WSAAsyncSelect('INVALID_SOCKET', w, 'WM_USER', 'FD_READ');
  t.WSAAsyncSelect(t.tcp(), 0xdead, 'WM_USER', 'FD_READ');
});

scenario('WSAAsyncSelect makes non-blocking', (t) => {
  const { client } = t.pair();
  const w = t.window();
  t.WSAAsyncSelect(client, w, 'WM_USER', 'FD_READ');
  t.hear(client);
  t.ioctlsocket(client, 'FIONBIO', 0);
});

scenario('FD_ACCEPT: once for one client', (t) => {
  const listener = t.listener();
  const w = t.window();
  t.WSAAsyncSelect(listener, w, 'WM_USER', 'FD_ACCEPT');
  none(t, w);
  t.clientOf(listener);
  some(t, w);
  none(t, w);
});

scenario('FD_ACCEPT: again by the same selection', (t) => {
  const listener = t.listener();
  const w = t.window();
  t.WSAAsyncSelect(listener, w, 'WM_USER', 'FD_ACCEPT');
  t.clientOf(listener);
  some(t, w);
  t.WSAAsyncSelect(listener, w, 'WM_USER', 'FD_ACCEPT');
  some(t, w);
  t.WSAAsyncSelect(listener, w, 0, 0);
  t.WSAAsyncSelect(listener, w, 'WM_USER', 'FD_ACCEPT');
  some(t, w);
});

scenario('FD_ACCEPT: a second client, and accept', (t) => {
  const listener = t.listener();
  const w = t.window();
  t.WSAAsyncSelect(listener, w, 'WM_USER', 'FD_ACCEPT');
  t.clientOf(listener);
  some(t, w);
  t.clientOf(listener, 'second');
  none(t, w);
  t.accepted(listener);
  some(t, w);
  t.accepted(listener);
  none(t, w);
});

scenario('an accepted socket inherits window, message and events', (t) => {
  const listener = t.listener();
  const w = t.window();
  t.WSAAsyncSelect(listener, w, 'WM_USER+7', 'FD_ACCEPT|FD_WRITE');
  t.clientOf(listener);
  some(t, w);
  t.accepted(listener);
  some(t, w);
});

scenario('FD_CONNECT, then FD_WRITE', (t) => {
  const listener = t.listener();
  const s = t.tcp();
  const w = t.window();
  t.WSAAsyncSelect(s, w, 'WM_USER', ALL);
  none(t, w);
  t.connect(s, nameOf(listener), 16);
  some(t, w);
  none(t, w);
  t.WSAAsyncSelect(s, w, 'WM_USER', ALL);
  some(t, w);
});

scenario('FD_CONNECT: refused', (t) => {
  const closed = t.tcp('closed');
  t.bind(closed, inet('127.0.0.1', 0), 16);
  const s = t.tcp();
  const w = t.window();
  t.WSAAsyncSelect(s, w, 'WM_USER', ALL);
  t.connect(s, nameOf(closed), 16);
  some(t, w);
});

scenario('a connection made while nobody selected: FD_WRITE alone', (t) => {
  const { client } = t.pair();
  const w = t.window();
  t.WSAAsyncSelect(client, w, 'WM_USER', ALL);
  some(t, w);
});

scenario('FD_WRITE of a datagram socket comes at once', (t) => {
  const s = t.udp('s');
  const w = t.window();
  t.WSAAsyncSelect(s, w, 'WM_USER', ALL);
  some(t, w);
});

scenario('FD_READ: once, and again by a recv that leaves data', (t) => {
  const { client, server } = t.pair();
  const w = t.window();
  t.WSAAsyncSelect(server, w, 'WM_USER', 'FD_READ');
  t.say(client, 'data');
  some(t, w);
  none(t, w);
  t.hear(server, 2);
  some(t, w);
  t.hear(server, 2);
  none(t, w);
});

scenario('FD_READ: more data posts nothing before a recv', (t) => {
  const { client, server } = t.pair();
  const w = t.window();
  t.WSAAsyncSelect(server, w, 'WM_USER', 'FD_READ');
  t.say(client, 'data');
  some(t, w);
  t.say(client, 'more');
  none(t, w);
});

scenario('FD_READ: again by the same selection', (t) => {
  const { client, server } = t.pair();
  const w = t.window();
  t.WSAAsyncSelect(server, w, 'WM_USER', 'FD_READ');
  t.say(client, 'data');
  some(t, w);
  t.WSAAsyncSelect(server, w, 'WM_USER', 'FD_READ');
  some(t, w);
});

scenario('FD_READ: data from before the selection', (t) => {
  const { client, server } = t.pair();
  const w = t.window();
  t.say(client, 'early');
  t.waitFor(server, 'readable');
  t.WSAAsyncSelect(server, w, 'WM_USER', 'FD_READ');
  some(t, w);
});

scenario('FD_OOB', (t) => {
  const { client, server } = t.pair();
  const w = t.window();
  t.WSAAsyncSelect(server, w, 'WM_USER', 'FD_READ|FD_OOB');
  t.send(client, 'u', 1, 'MSG_OOB');
  some(t, w);
  t.WSAAsyncSelect(server, w, 'WM_USER', 'FD_READ|FD_OOB');
  some(t, w);
  t.hear(server, 4, 'MSG_OOB');
  none(t, w);
});

scenario('FD_CLOSE: the peer ends', (t) => {
  const { client, server } = t.pair();
  const w = t.window();
  t.WSAAsyncSelect(server, w, 'WM_USER', 'FD_READ|FD_CLOSE');
  t.shutdown(client, 'SD_SEND');
  some(t, w);
  none(t, w);
});

scenario('FD_CLOSE: a reset', (t) => {
  const { client, server } = t.pair();
  const w = t.window();
  t.WSAAsyncSelect(server, w, 'WM_USER', 'FD_READ|FD_CLOSE');
  t.reset(client);
  some(t, w);
});

scenario('FD_CLOSE comes after the data', (t) => {
  const { client, server } = t.pair();
  const w = t.window();
  t.say(client, 'last');
  t.closesocket(client);
  t.waitFor(server, 'readable');
  t.WSAAsyncSelect(server, w, 'WM_USER', 'FD_READ|FD_CLOSE');
  some(t, w);
  t.hear(server);
  some(t, w);
});

scenario('no messages after closesocket', (t) => {
  const { client, server } = t.pair();
  const w = t.window();
  t.WSAAsyncSelect(server, w, 'WM_USER', 'FD_READ|FD_CLOSE');
  t.closesocket(server);
  t.closesocket(client);
  none(t, w);
});

scenario('WSAEventSelect takes the messages off', (t) => {
  const { client, server } = t.pair();
  const w = t.window();
  const e = t.event();
  t.WSAAsyncSelect(server, w, 'WM_USER', 'FD_READ');
  t.WSAEventSelect(server, e, 'FD_READ');
  t.say(client, 'data');
  t.networkEvents(server, e, 'LONG');
  none(t, w);
});

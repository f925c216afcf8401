// Microsoft's extensions: AcceptEx, ConnectEx, DisconnectEx, TransmitFile, WSASendMsg, WSARecvMsg. Wine has no
// TransmitPackets.
import { Group, type T } from '../scenario.js';
import { inet, int32, nameOf, type Variable } from '../values.js';

export const extensions = new Group('extensions');
const { scenario } = extensions;

/** Waits for an event object, and shows how the operation ended. */
function ended(t: T, s: Variable, e: Variable, ov: Variable): void {
  t.quietly(() => t.WSAWaitForMultipleEvents(1, [e], 1, 'LONG', 0));
  t.WSAGetOverlappedResult(s, ov, 77, 0, 77);
  t.showOverlapped(ov);
}

function operation(t: T): { e: Variable; ov: Variable } {
  const e = t.event();
  return { e, ov: t.overlapped(e) };
}

/** A socket bound to loopback, as ConnectEx wants it. */
function boundTcp(t: T, label = 's'): Variable {
  const s = t.tcp(label);
  t.quietly(() => t.bind(s, inet('127.0.0.1', 0), 16));
  return s;
}

scenario('AcceptEx: what cannot', (t) => {
  const listener = t.listener();
  const s = t.tcp();
  const { ov } = operation(t);
  t.AcceptEx('INVALID_SOCKET', s, t.room(64), 0, 32, 32, 77, ov);
  t.AcceptEx(listener, 'INVALID_SOCKET', t.room(64), 0, 32, 32, 77, ov);
  t.AcceptEx(listener, s, t.room(64), 0, 32, 0, 77, ov);
  t.AcceptEx(listener, s, t.room(64), 0, 32, 32, 77, null);
});

scenario('AcceptEx without data', (t) => {
  const listener = t.listener();
  const s = t.tcp();
  const { e, ov } = operation(t);
  const room = t.room(64);
  t.AcceptEx(listener, s, room, 0, 32, 32, 77, ov);
  t.showOverlapped(ov);
  const client = t.clientOf(listener);
  ended(t, listener, e, ov);
  t.setsockopt(s, 'SOL_SOCKET', 'SO_UPDATE_ACCEPT_CONTEXT', listener, 8);
  t.say(client, 'hello');
  t.hear(s);
});

scenario('AcceptEx with data', (t) => {
  const listener = t.listener();
  const s = t.tcp();
  const { e, ov } = operation(t);
  const room = t.option(80);
  t.AcceptEx(listener, s, room, 16, 32, 32, 77, ov);
  const client = t.clientOf(listener);
  t.WSAWaitForMultipleEvents(1, [e], 1, 'SHORT', 0);
  t.say(client, 'hello');
  ended(t, listener, e, ov);
});

scenario('AcceptEx with data, and a client that closes', (t) => {
  const listener = t.listener();
  const s = t.tcp();
  const { e, ov } = operation(t);
  t.AcceptEx(listener, s, t.option(80), 16, 32, 32, 77, ov);
  t.closesocket(t.clientOf(listener));
  ended(t, listener, e, ov);
});

scenario('AcceptEx: the addresses', (t) => {
  const listener = t.listener();
  const s = t.tcp();
  const { e, ov } = operation(t);
  const room = t.option(64);
  t.quietly(() => t.AcceptEx(listener, s, room, 0, 32, 32, 77, ov));
  const client = t.clientOf(listener);
  ended(t, listener, e, ov);
  t.GetAcceptExSockaddrs(room, 0, 32, 32);
  t.getsockname(listener, t.address(), 28);
  t.getsockname(client, t.address(), 28);
});

scenario('AcceptEx with a client waiting', (t) => {
  const listener = t.listener();
  t.clientOf(listener);
  t.waitFor(listener, 'readable');
  const s = t.tcp();
  const { e, ov } = operation(t);
  t.AcceptEx(listener, s, t.option(64), 0, 32, 32, 77, ov);
  ended(t, listener, e, ov);
});

scenario('AcceptEx: closing the listener', (t) => {
  const listener = t.listener();
  const s = t.tcp();
  const { e, ov } = operation(t);
  t.quietly(() => t.AcceptEx(listener, s, t.option(64), 0, 32, 32, 77, ov));
  t.closesocket(listener);
  t.WSAWaitForMultipleEvents(1, [e], 1, 'LONG', 0);
  t.showOverlapped(ov);
});

scenario('AcceptEx: closing the socket to accept into', (t) => {
  const listener = t.listener();
  const s = t.tcp();
  const { e, ov } = operation(t);
  t.quietly(() => t.AcceptEx(listener, s, t.option(64), 0, 32, 32, 77, ov));
  t.closesocket(s);
  t.WSAWaitForMultipleEvents(1, [e], 1, 'LONG', 0);
  t.showOverlapped(ov);
});

scenario('AcceptEx twice into one socket', (t) => {
  const listener = t.listener();
  const s = t.tcp();
  const first = operation(t);
  const second = operation(t);
  t.quietly(() => t.AcceptEx(listener, s, t.option(64), 0, 32, 32, 77, first.ov));
  t.AcceptEx(listener, s, t.option(64), 0, 32, 32, 77, second.ov);
  t.connect(s, nameOf(listener), 16);
});

scenario('AcceptEx at a completion port', (t) => {
  const port = t.CreateIoCompletionPort(0, 0, 0);
  const listener = t.listener();
  const s = t.tcp();
  t.CreateIoCompletionPort(listener, port, 42);
  const { ov } = operation(t);
  t.quietly(() => t.AcceptEx(listener, s, t.option(64), 0, 32, 32, 77, ov));
  t.clientOf(listener);
  t.GetQueuedCompletionStatus(port, 77, 77, 77, 'LONG');
});

scenario('AcceptEx takes the connection from FD_ACCEPT', (t) => {
  const listener = t.listener();
  const s = t.tcp();
  const { e, ov } = operation(t);
  const events = t.event();
  t.quietly(() => t.AcceptEx(listener, s, t.option(64), 0, 32, 32, 77, ov));
  t.WSAEventSelect(listener, events, 'FD_ACCEPT');
  t.clientOf(listener);
  ended(t, listener, e, ov);
  t.networkEvents(listener, events, 'SHORT');
  t.clientOf(listener, 'second');
  t.networkEvents(listener, events, 'LONG');
});

scenario('ConnectEx: what cannot', (t) => {
  const listener = t.listener();
  const s = t.tcp();
  const { ov } = operation(t);
  t.ConnectEx('INVALID_SOCKET', nameOf(listener), 16, null, 0, null, ov);
  t.ConnectEx(s, nameOf(listener), 16, null, 0, null, ov);
  t.ConnectEx(boundTcp(t, 'bound'), nameOf(listener), 16, null, 0, null, null);
  t.ConnectEx(listener, nameOf(listener), 16, null, 0, null, ov);
  const { client } = t.pair();
  t.ConnectEx(client, nameOf(listener), 16, null, 0, null, ov);
});

scenario('ConnectEx', (t) => {
  const listener = t.listener();
  const s = boundTcp(t);
  const { e, ov } = operation(t);
  t.ConnectEx(s, nameOf(listener), 16, null, 0, null, ov);
  ended(t, s, e, ov);
  t.setsockopt(s, 'SOL_SOCKET', 'SO_UPDATE_CONNECT_CONTEXT', null, 0);
  t.say(s, 'hello');
  t.hear(t.accepted(listener));
});

scenario('ConnectEx with data', (t) => {
  const listener = t.listener();
  const s = boundTcp(t);
  const { e, ov } = operation(t);
  t.ConnectEx(s, nameOf(listener), 16, 'abc', 3, null, ov);
  ended(t, s, e, ov);
  t.hear(t.accepted(listener));
});

scenario('ConnectEx: refused', (t) => {
  const closed = boundTcp(t, 'closed');
  const s = boundTcp(t);
  const { e, ov } = operation(t);
  t.ConnectEx(s, nameOf(closed), 16, null, 0, null, ov);
  ended(t, s, e, ov);
});

scenario('ConnectEx at a completion port', (t) => {
  const port = t.CreateIoCompletionPort(0, 0, 0);
  const listener = t.listener();
  const s = boundTcp(t);
  t.CreateIoCompletionPort(s, port, 42);
  const { ov } = operation(t);
  t.ConnectEx(s, nameOf(listener), 16, 'abc', 3, null, ov);
  t.GetQueuedCompletionStatus(port, 77, 77, 77, 'LONG');
});

scenario('DisconnectEx: what cannot', (t) => {
  const { ov } = operation(t);
  t.DisconnectEx('INVALID_SOCKET', ov, 0, 0);
  t.DisconnectEx(t.tcp(), ov, 0, 0);
});

scenario('DisconnectEx without an overlapped structure', (t) => {
  const { client, server, listener } = t.pair();
  t.DisconnectEx(client, null, 0, 0);
  t.hear(server);
  t.send(client, 'x', 1, 0);
  t.say(server, 'still');
  t.hear(client);
  t.getpeername(client, t.address(), 28);
  t.connect(client, nameOf(listener), 16);
  t.DisconnectEx(client, null, 0, 0);
});

scenario('DisconnectEx with an overlapped structure', (t) => {
  const { client, server } = t.pair();
  const { e, ov } = operation(t);
  t.DisconnectEx(client, ov, 0, 0);
  ended(t, client, e, ov);
  t.hear(server);
});

scenario('TransmitFile: what cannot', (t) => {
  const { ov } = operation(t);
  t.TransmitFile('INVALID_SOCKET', null, 0, 0, ov, null, 0);
  t.TransmitFile(t.tcp(), null, 0, 0, ov, null, 0);
  t.TransmitFile(t.udp(), null, 0, 0, null, null, 0);
});

scenario('TransmitFile of nothing', (t) => {
  const { client, server } = t.pair();
  t.TransmitFile(client, null, 0, 0, null, null, 0);
  t.nonBlocking(server);
  t.hear(server);
});

scenario('TransmitFile of head and tail', (t) => {
  const { client, server } = t.pair();
  t.TransmitFile(client, null, 0, 0, null, { head: 'the head, ', tail: 'the tail' }, 0);
  t.hear(server, 32);
});

scenario('TransmitFile of a file', (t) => {
  const { client, server } = t.pair();
  const f = t.file('the content of a file');
  t.TransmitFile(client, f, 0, 0, null, null, 0);
  t.hear(server, 32);
});

scenario('TransmitFile of head, part of a file, and tail', (t) => {
  const { client, server } = t.pair();
  const f = t.file('the content of a file');
  t.TransmitFile(client, f, 11, 4, null, { head: '<', tail: '>' }, 0);
  t.recv(server, t.room(32), 13, 'MSG_WAITALL');
});

scenario('TransmitFile, overlapped', (t) => {
  const { client, server } = t.pair();
  const f = t.file('the content of a file');
  const { e, ov } = operation(t);
  t.TransmitFile(client, f, 0, 0, ov, { head: '<', tail: '>' }, 0);
  ended(t, client, e, ov);
  t.recv(server, t.room(32), 23, 'MSG_WAITALL');
});

scenario('WSASendMsg: what cannot', (t) => {
  const a = t.udp('a');
  const message = { name: nameOf(a), namelen: 16, buffers: ['x'] };
  t.WSASendMsg('INVALID_SOCKET', message, 0, 77, null, null);
  t.WSASendMsg(a, null, 0, 77, null, null);
  t.WSASendMsg(a, message, 0, null, null, null);
});

scenario('WSASendMsg binds and sends', (t) => {
  const a = t.udp('a', false);
  const b = t.udp('b');
  t.WSASendMsg(a, { name: nameOf(b), namelen: 16, buffers: ['hello ', 'world'] }, 0, 77, null, null);
  t.getsockname(a, t.address(), 28);
  t.hear(b);
});

scenario('WSARecvMsg: what cannot', (t) => {
  t.WSARecvMsg('INVALID_SOCKET', { buffers: [t.room(8)] }, 77, null, null);
  t.WSARecvMsg(t.udp(), null, null, null, null);
});

scenario('WSARecvMsg gives data and address', (t) => {
  const a = t.udp('a');
  t.sendto(a, 'hello', 5, 0, nameOf(a), 16);
  t.WSARecvMsg(a, { name: t.address(), namelen: 28, buffers: [t.room(2), t.room(8)] }, 77, null, null);
});

scenario('WSARecvMsg: a datagram longer than the room', (t) => {
  const a = t.udp('a');
  t.sendto(a, 'hello', 5, 0, nameOf(a), 16);
  t.WSARecvMsg(a, { buffers: [t.room(2)] }, 77, null, null);
});

scenario('WSARecvMsg: control data', (t) => {
  const a = t.udp('a');
  t.set(a, 'IPPROTO_IP', 'IP_PKTINFO', int32(1));
  t.sendto(a, 'hello', 5, 0, nameOf(a), 16);
  t.sendto(a, 'hello', 5, 0, nameOf(a), 16);
  t.WSARecvMsg(a, { buffers: [t.room(8)] }, 77, null, null);
  const short = t.option(1);
  t.WSARecvMsg(a, { buffers: [t.room(8)], control: short, controlLength: 1 }, 77, null, null);
});

scenario('WSARecvMsg pending', (t) => {
  const a = t.udp('a');
  const { e, ov } = operation(t);
  const room = t.room(8);
  t.WSARecvMsg(a, { buffers: [room] }, 77, ov, null);
  t.sendto(a, 'hello', 5, 0, nameOf(a), 16);
  ended(t, a, e, ov);
  t.show(room);
});

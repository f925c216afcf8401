// Completion ports.
import { Group, type T } from '../scenario.js';
import { nameOf, type Variable } from '../values.js';

export const completionPorts = new Group('completion-ports');
const { scenario } = completionPorts;

const dequeue = (t: T, port: Variable, ms: 'LONG' | 'SHORT' | number = 'LONG'): unknown =>
  t.GetQueuedCompletionStatus(port, 77, 77, 77, ms);

scenario('a port, and packets of the program’s own', (t) => {
  const port = t.CreateIoCompletionPort(0, 0, 0);
  const ov = t.overlapped();
  t.PostQueuedCompletionStatus(port, 5, 42, ov);
  t.PostQueuedCompletionStatus(port, 6, 43, null);
  dequeue(t, port);
  dequeue(t, port);
  dequeue(t, port, 0);
});

scenario('the time runs out', (t) => {
  const port = t.CreateIoCompletionPort(0, 0, 0);
  dequeue(t, port, 10);
});

scenario('a socket has one port', (t) => {
  const port = t.CreateIoCompletionPort(0, 0, 0);
  const { client } = t.pair();
  t.CreateIoCompletionPort(client, port, 1);
  t.CreateIoCompletionPort(client, port, 2);
});

scenario('a port is made along with a socket', (t) => {
  const { client } = t.pair();
  const port = t.CreateIoCompletionPort(client, 0, 9);
  t.WSASend(client, ['x'], 1, 77, 0, t.overlapped(), null);
  dequeue(t, port);
});

scenario('a pending receive', (t) => {
  const port = t.CreateIoCompletionPort(0, 0, 0);
  const { client, server } = t.pair();
  t.CreateIoCompletionPort(server, port, 42);
  const ov = t.overlapped();
  const room = t.room(16);
  t.WSARecv(server, [room], 1, 77, 0, ov, null);
  dequeue(t, port, 'SHORT');
  t.say(client, 'hello');
  dequeue(t, port);
  t.showOverlapped(ov);
  t.show(room);
});

scenario('what completes at once is queued too', (t) => {
  const port = t.CreateIoCompletionPort(0, 0, 0);
  const { client, server } = t.pair();
  t.CreateIoCompletionPort(client, port, 1);
  t.CreateIoCompletionPort(server, port, 2);
  t.WSASend(client, ['hello'], 1, 77, 0, t.overlapped(), null);
  dequeue(t, port);
  t.waitFor(server, 'readable');
  t.WSARecv(server, [t.room(16)], 1, 77, 0, t.overlapped(), null);
  dequeue(t, port);
});

scenario('calls without overlapped structures queue nothing', (t) => {
  const port = t.CreateIoCompletionPort(0, 0, 0);
  const { client, server } = t.pair();
  t.CreateIoCompletionPort(client, port, 1);
  t.CreateIoCompletionPort(server, port, 2);
  t.say(client, 'hello');
  t.hear(server);
  t.shutdown(client, 'SD_SEND');
  dequeue(t, port, 'SHORT');
});

scenario('calls that fail queue nothing', (t) => {
  const port = t.CreateIoCompletionPort(0, 0, 0);
  const s = t.tcp();
  t.CreateIoCompletionPort(s, port, 1);
  t.WSARecv(s, [t.room(4)], 1, 77, 0, t.overlapped(), null);
  t.WSASend(s, ['x'], 1, 77, 0, t.overlapped(), null);
  dequeue(t, port, 'SHORT');
});

scenario('a pending receive and the end', (t) => {
  const port = t.CreateIoCompletionPort(0, 0, 0);
  const { client, server } = t.pair();
  t.CreateIoCompletionPort(server, port, 42);
  t.WSARecv(server, [t.room(16)], 1, 77, 0, t.overlapped(), null);
  t.closesocket(client);
  dequeue(t, port);
});

scenario('a pending receive and a reset', (t) => {
  const port = t.CreateIoCompletionPort(0, 0, 0);
  const { client, server } = t.pair();
  t.CreateIoCompletionPort(server, port, 42);
  const ov = t.overlapped();
  t.WSARecv(server, [t.room(16)], 1, 77, 0, ov, null);
  t.reset(client);
  dequeue(t, port);
  t.showOverlapped(ov);
  dequeue(t, port, 'SHORT');
});

scenario('a pending receive and closesocket', (t) => {
  const port = t.CreateIoCompletionPort(0, 0, 0);
  const { server } = t.pair();
  t.CreateIoCompletionPort(server, port, 42);
  const ov = t.overlapped();
  t.WSARecv(server, [t.room(16)], 1, 77, 0, ov, null);
  t.closesocket(server);
  dequeue(t, port);
  t.showOverlapped(ov);
});

scenario('closesocket without anything pending queues nothing', (t) => {
  const port = t.CreateIoCompletionPort(0, 0, 0);
  const { server } = t.pair();
  t.CreateIoCompletionPort(server, port, 42);
  t.closesocket(server);
  dequeue(t, port, 'SHORT');
});

scenario('datagrams', (t) => {
  const port = t.CreateIoCompletionPort(0, 0, 0);
  const a = t.udp('a');
  t.CreateIoCompletionPort(a, port, 5);
  t.WSARecvFrom(a, [t.room(16)], 1, 77, 0, null, null, t.overlapped(), null);
  t.sendto(a, 'hello', 5, 0, nameOf(a), 16);
  dequeue(t, port);
});

scenario('a datagram longer than the room', (t) => {
  const port = t.CreateIoCompletionPort(0, 0, 0);
  const a = t.udp('a');
  t.CreateIoCompletionPort(a, port, 5);
  const ov = t.overlapped();
  t.WSARecvFrom(a, [t.room(4)], 1, 77, 0, null, null, ov, null);
  t.sendto(a, 'much too long', 13, 0, nameOf(a), 16);
  dequeue(t, port);
  t.showOverlapped(ov);
});

scenario('packets come in the order of completion', (t) => {
  const port = t.CreateIoCompletionPort(0, 0, 0);
  const { client, server } = t.pair();
  t.CreateIoCompletionPort(server, port, 42);
  t.WSARecv(server, [t.room(3)], 1, 77, 0, t.overlapped(), null);
  t.WSARecv(server, [t.room(3)], 1, 77, 0, t.overlapped(), null);
  t.say(client, 'onetwo');
  dequeue(t, port);
  dequeue(t, port);
});

scenario('a completion routine does not go with a port', (t) => {
  const port = t.CreateIoCompletionPort(0, 0, 0);
  const { client, server } = t.pair();
  t.CreateIoCompletionPort(server, port, 42);
  t.WSARecv(server, [t.room(3)], 1, 77, 0, t.overlapped(), 'routine');
  t.say(client, 'x');
  dequeue(t, port, 'SHORT');
  t.SleepEx(0, 1);
});

scenario('handles that are none', (t) => {
  const port = t.CreateIoCompletionPort(0, 0, 0);
  t.CreateIoCompletionPort(0xdead, port, 1);
  t.PostQueuedCompletionStatus(0xdead, 0, 0, null);
  dequeue(t, port, 0);
  t.CloseHandle(port);
  t.CloseHandle(port);
});

scenario('WSAIoctl queues a packet', (t) => {
  const port = t.CreateIoCompletionPort(0, 0, 0);
  const s = t.tcp();
  t.CreateIoCompletionPort(s, port, 42);
  const ov = t.overlapped();
  t.WSAIoctl(s, 'FIONREAD', null, 0, t.option(), 4, 77, ov, null);
  dequeue(t, port);
  t.showOverlapped(ov);
});

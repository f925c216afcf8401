// ioctlsocket and WSAIoctl.
import { Group } from '../scenario.js';
import { hex, inet, int32, nameOf } from '../values.js';

export const ioctls = new Group('ioctls');
const { scenario } = ioctls;

scenario('FIONBIO', (t) => {
  const { client } = t.pair();
  t.ioctlsocket(client, 'FIONBIO', 1);
  t.hear(client);
  t.ioctlsocket(client, 'FIONBIO', 0);
  t.ioctlsocket(client, 'FIONBIO', null);
  t.ioctlsocket('INVALID_SOCKET', 'FIONBIO', 1);
});

scenario('FIONREAD of a stream', (t) => {
  const { client, server } = t.pair();
  t.ioctlsocket(server, 'FIONREAD', 77);
  t.say(client, 'hello');
  t.waitFor(server, 'readable');
  t.ioctlsocket(server, 'FIONREAD', 77);
  t.hear(server, 3);
  t.ioctlsocket(server, 'FIONREAD', 77);
});

scenario('FIONREAD of a socket that is not connected', (t) => {
  const s = t.tcp();
  t.ioctlsocket(s, 'FIONREAD', 77);
  t.ioctlsocket(s, 'SIOCATMARK', 77);
  t.bind(s, inet('127.0.0.1', 0), 16);
  t.ioctlsocket(s, 'FIONREAD', 77);
  t.ioctlsocket(s, 'SIOCATMARK', 77);
});

scenario('FIONREAD of datagrams', (t) => {
  const a = t.udp('a');
  t.ioctlsocket(a, 'FIONREAD', 77);
  t.sendto(a, 'one', 3, 0, nameOf(a), 16);
  t.sendto(a, 'three', 5, 0, nameOf(a), 16);
  t.waitFor(a, 'readable');
  t.ioctlsocket(a, 'FIONREAD', 77);
});

scenario('SIOCATMARK', (t) => {
  const { client, server } = t.pair();
  t.ioctlsocket(server, 'SIOCATMARK', 77);
  t.say(client, 'data');
  t.waitFor(server, 'readable');
  t.ioctlsocket(server, 'SIOCATMARK', 77);
  t.hear(server);
  t.ioctlsocket(server, 'SIOCATMARK', 77);
});

scenario('SIOCATMARK and urgent data', (t) => {
  const { client, server } = t.pair();
  t.say(client, 'data');
  t.send(client, 'u', 1, 'MSG_OOB');
  t.waitFor(server, 'exceptional');
  t.ioctlsocket(server, 'FIONREAD', 77);
  t.ioctlsocket(server, 'SIOCATMARK', 77);
  t.hear(server, 4, 'MSG_OOB');
  t.hear(server);
  t.ioctlsocket(server, 'SIOCATMARK', 77);
});

scenario('commands that do not exist', (t) => {
  const s = t.tcp();
  t.ioctlsocket(s, 0x667e, 77);
  t.ioctlsocket(s, 0xdeadbeef, 77);
  t.WSAIoctl(s, 0xdeadbeef, null, 0, null, 0, 77, null, null);
  t.WSAIoctl(s, 0xdeadbeef, null, 0, null, 0, null, null, null);
});

scenario('WSAIoctl(FIONBIO): lengths', (t) => {
  const s = t.tcp();
  t.WSAIoctl(s, 'FIONBIO', int32(1), 3, null, 0, 77, null, null);
  t.WSAIoctl(s, 'FIONBIO', int32(1), 4, null, 0, null, null, null);
  t.WSAIoctl(s, 'FIONBIO', int32(1), 4, null, 0, 77, null, null);
  t.WSAIoctl(s, 'FIONBIO', hex('01 00 00 00 00'), 5, null, 0, 77, null, null);
});

scenario('WSAIoctl(FIONREAD): lengths', (t) => {
  const s = t.tcp();
  t.WSAIoctl(s, 'FIONREAD', null, 0, t.option(), 4, 77, null, null);
  t.WSAIoctl(s, 'FIONREAD', null, 0, t.option(), 3, 77, null, null);
  t.WSAIoctl(s, 'FIONREAD', null, 0, t.option(8), 8, 77, null, null);
  t.WSAIoctl(s, 'FIONREAD', null, 0, t.option(), 4, null, null, null);
});

scenario('WSAIoctl of what is no socket', (t) => {
  t.WSAIoctl('INVALID_SOCKET', 'FIONREAD', null, 0, t.option(), 4, 77, null, null);
});

scenario('WSAIoctl(FIONREAD) with a completion routine', (t) => {
  const s = t.tcp();
  t.WSAIoctl(s, 'FIONREAD', null, 0, t.option(), 4, 77, t.overlapped(), 'routine');
  t.SleepEx(0, 1);
});

scenario('SIO_KEEPALIVE_VALS', (t) => {
  const s = t.tcp();
  t.WSAIoctl(s, 'SIO_KEEPALIVE_VALS', null, 0, null, 0, 77, null, null);
  t.WSAIoctl(s, 'SIO_KEEPALIVE_VALS', int32(1, 1000, 1000), 11, null, 0, 77, null, null);
  t.WSAIoctl(s, 'SIO_KEEPALIVE_VALS', int32(1, 1000, 1000), 12, null, 0, null, null, null);
  t.WSAIoctl(s, 'SIO_KEEPALIVE_VALS', int32(1, 1000, 1000), 12, null, 0, 77, null, null);
  t.WSAIoctl(s, 'SIO_KEEPALIVE_VALS', int32(0, 0, 0), 12, null, 0, 77, null, null);
});

scenario('SIO_ENABLE_CIRCULAR_QUEUEING', (t) => {
  t.WSAIoctl(t.udp(), 'SIO_ENABLE_CIRCULAR_QUEUEING', null, 0, null, 0, 77, null, null);
});

scenario('SIO_IDEAL_SEND_BACKLOG_QUERY', (t) => {
  const { client } = t.pair();
  t.WSAIoctl(client, 'SIO_IDEAL_SEND_BACKLOG_QUERY', null, 0, t.option(), 4, 77, null, null);
  t.WSAIoctl(t.tcp(), 'SIO_IDEAL_SEND_BACKLOG_QUERY', null, 0, t.option(), 4, 77, null, null);
  t.WSAIoctl(t.udp(), 'SIO_IDEAL_SEND_BACKLOG_QUERY', null, 0, t.option(), 4, 77, null, null);
});

scenario('SIO_ROUTING_INTERFACE_QUERY', (t) => {
  const s = t.tcp();
  const ask = 'SIO_ROUTING_INTERFACE_QUERY';
  t.WSAIoctl(s, ask, inet('127.0.0.1', 0), 16, t.address(), 15, 77, null, null);
  t.WSAIoctl(s, ask, inet('127.0.0.1', 0), 15, t.address(), 16, 77, null, null);
  t.WSAIoctl(s, ask, inet('127.0.0.1', 0), 16, t.address(), 16, null, null, null);
});

scenario('SIO_ADDRESS_LIST_QUERY: lengths', (t) => {
  const s = t.tcp();
  t.WSAIoctl(s, 'SIO_ADDRESS_LIST_QUERY', null, 0, t.option(), 1, 77, null, null);
  t.WSAIoctl(s, 'SIO_ADDRESS_LIST_QUERY', null, 0, t.option(), 4, null, null, null);
});

scenario('SIO_ADDRESS_LIST_CHANGE', (t) => {
  const s = t.tcp();
  t.nonBlocking(s);
  t.WSAIoctl(s, 'SIO_ADDRESS_LIST_CHANGE', null, 0, null, 0, 77, null, null);
  t.WSAIoctl(s, 'SIO_ADDRESS_LIST_CHANGE', null, 0, null, 0, 77, t.overlapped(), null);
});

scenario('SIO_UDP_CONNRESET', (t) => {
  t.WSAIoctl(t.udp(), 'SIO_UDP_CONNRESET', int32(0), 4, null, 0, 77, null, null);
});

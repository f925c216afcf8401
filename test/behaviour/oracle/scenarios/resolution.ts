// getaddrinfo, getnameinfo, and the look-ups that tell by a message.
import { Group } from '../scenario.js';
import { inet, inet6 } from '../values.js';

export const resolution = new Group('resolution');
const { scenario } = resolution;

const ROOM = 'MAXGETHOSTSTRUCT';

scenario('getaddrinfo of an address in text', (t) => {
  t.getaddrinfo('127.0.0.1', '80', 0, 'AF_UNSPEC', 'SOCK_STREAM', 'IPPROTO_TCP');
  t.getaddrinfo('::1', '80', 0, 'AF_UNSPEC', 'SOCK_STREAM', 'IPPROTO_TCP');
  t.getaddrinfo('127.0.0.1', null, 'AI_NUMERICHOST', 'AF_INET', 'SOCK_DGRAM', 0);
  t.getaddrinfo('::1', null, 'AI_NUMERICHOST', 'AF_INET6', 'SOCK_STREAM', 0);
});

scenario('getaddrinfo: an address of the other family', (t) => {
  t.getaddrinfo('127.0.0.1', null, 'AI_NUMERICHOST', 'AF_INET6', 'SOCK_STREAM', 0);
  t.getaddrinfo('::1', null, 'AI_NUMERICHOST', 'AF_INET', 'SOCK_STREAM', 0);
});

scenario('getaddrinfo: a name where an address has to be', (t) => {
  t.getaddrinfo('localhost', null, 'AI_NUMERICHOST', 'AF_INET', 'SOCK_STREAM', 0);
});

scenario('getaddrinfo of localhost', (t) => {
  t.getaddrinfo('localhost', '80', 0, 'AF_INET', 'SOCK_STREAM', 'IPPROTO_TCP');
});

scenario('getaddrinfo of nobody', (t) => {
  t.getaddrinfo('nobody.invalid', '80', 0, 'AF_INET', 'SOCK_STREAM', 'IPPROTO_TCP');
});

scenario('getaddrinfo of nothing', (t) => {
  t.getaddrinfo(null, null, 0, 'AF_INET', 'SOCK_STREAM', 0);
});

scenario('getaddrinfo: where a server listens', (t) => {
  t.getaddrinfo(null, '80', 'AI_PASSIVE', 'AF_INET', 'SOCK_STREAM', 'IPPROTO_TCP');
  t.getaddrinfo(null, '80', 0, 'AF_INET', 'SOCK_STREAM', 'IPPROTO_TCP');
});

scenario('getaddrinfo: services', (t) => {
  t.getaddrinfo('127.0.0.1', 'telnet', 0, 'AF_INET', 'SOCK_STREAM', 0);
  t.getaddrinfo('127.0.0.1', 'domain', 0, 'AF_INET', 'SOCK_DGRAM', 0);
  t.getaddrinfo('127.0.0.1', 'nosuchservice', 0, 'AF_INET', 'SOCK_STREAM', 0);
});

scenario('getaddrinfo: hints that are wrong', (t) => {
  t.getaddrinfo('127.0.0.1', '80', 0, 0xdead, 'SOCK_STREAM', 0);
  t.getaddrinfo('127.0.0.1', '80', 0, 'AF_INET', 0xdead, 0);
  t.getaddrinfo(null, '80', 'AI_CANONNAME', 'AF_INET', 'SOCK_STREAM', 0);
});

scenario('getnameinfo: numbers', (t) => {
  t.getnameinfo(inet('127.0.0.1', 80), 16, 'NI_NUMERICHOST|NI_NUMERICSERV');
  t.getnameinfo(inet6('::1', 80), 28, 'NI_NUMERICHOST|NI_NUMERICSERV');
});

scenario('getnameinfo: services', (t) => {
  t.getnameinfo(inet('127.0.0.1', 23), 16, 'NI_NUMERICHOST');
  t.getnameinfo(inet('127.0.0.1', 53), 16, 'NI_NUMERICHOST|NI_DGRAM');
});

scenario('getnameinfo: what is wrong', (t) => {
  t.getnameinfo(inet('127.0.0.1', 80), 4, 'NI_NUMERICHOST|NI_NUMERICSERV');
});

scenario('WSAAsyncGetServByName', (t) => {
  const w = t.window();
  t.WSAAsyncGetServByName(w, 'telnet', 'tcp', ROOM);
  t.WSAAsyncGetServByName(w, 'domain', 'udp', ROOM);
  t.WSAAsyncGetServByName(w, 'telnet', null, ROOM);
  t.WSAAsyncGetServByName(w, 'nosuchservice', 'tcp', ROOM);
});

scenario('WSAAsyncGetServByPort', (t) => {
  const w = t.window();
  t.WSAAsyncGetServByPort(w, 0x1700, 'tcp', ROOM);
  t.WSAAsyncGetServByPort(w, 0x3500, 'udp', ROOM);
  t.WSAAsyncGetServByPort(w, 23, 'tcp', ROOM);
});

scenario('WSAAsyncGetProtoByName and ByNumber', (t) => {
  const w = t.window();
  t.WSAAsyncGetProtoByName(w, 'tcp', ROOM);
  t.WSAAsyncGetProtoByName(w, 'nosuchprotocol', ROOM);
  t.WSAAsyncGetProtoByNumber(w, 17, ROOM);
  t.WSAAsyncGetProtoByNumber(w, 256, ROOM);
});

scenario('WSAAsyncGetHostByName', (t) => {
  const w = t.window();
  t.WSAAsyncGetHostByName(w, 'localhost', ROOM);
  t.WSAAsyncGetHostByName(w, 'nobody.invalid', ROOM);
});

scenario('WSAAsyncGetXByY: too little room', (t) => {
  const w = t.window();
  t.WSAAsyncGetServByName(w, 'telnet', 'tcp', 4);
  t.WSAAsyncGetProtoByNumber(w, 6, 4);
  t.WSAAsyncGetHostByName(w, 'localhost', 4);
});

scenario('WSACancelAsyncRequest of nothing', (t) => {
  t.WSACancelAsyncRequest(0);
  t.WSACancelAsyncRequest(0xdead);
});

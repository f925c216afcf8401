// socket, WSASocket, closesocket: which provider, which errors.
import { Group } from '../scenario.js';
import type { Integer } from '../values.js';

export const sockets = new Group('sockets');
const { scenario } = sockets;

// Family, type and protocol, as measured on Windows (section 8).
const SELECTION: readonly (readonly [Integer, Integer, Integer])[] = [
  [0xdead, 'SOCK_STREAM', 'IPPROTO_TCP'],
  [-1, 'SOCK_STREAM', 'IPPROTO_TCP'],
  ['AF_INET', 0xdead, 'IPPROTO_TCP'],
  ['AF_INET', -1, 'IPPROTO_TCP'],
  ['AF_INET', 'SOCK_STREAM', 0xdead],
  ['AF_INET', 'SOCK_STREAM', -1],
  [0xdead, 0xdead, 'IPPROTO_TCP'],
  [0xdead, 'SOCK_STREAM', 0xdead],
  ['AF_INET', 0xdead, 0xdead],
  [0xdead, 'SOCK_STREAM', 'IPPROTO_UDP'],
  ['AF_INET', 'SOCK_STREAM', 0],
  ['AF_INET', 'SOCK_DGRAM', 0],
  ['AF_INET', 0xdead, 0],
  ['AF_INET', 0, 'IPPROTO_TCP'],
  ['AF_INET', 0, 'IPPROTO_UDP'],
  ['AF_INET', 0, 0xdead],
  ['AF_INET', 0, 0],
  ['AF_INET', 'SOCK_STREAM', 'IPPROTO_UDP'],
  ['AF_INET', 'SOCK_DGRAM', 'IPPROTO_TCP'],
  ['AF_UNSPEC', 'SOCK_STREAM', 'IPPROTO_TCP'],
  ['AF_UNSPEC', 'SOCK_STREAM', 0xdead],
  ['AF_UNSPEC', 0xdead, 'IPPROTO_UDP'],
  ['AF_UNSPEC', 'SOCK_STREAM', 0],
  ['AF_UNSPEC', 'SOCK_DGRAM', 0],
  ['AF_UNSPEC', 0xdead, 0],
  ['AF_UNSPEC', 0, 'IPPROTO_TCP'],
  ['AF_UNSPEC', 0, 'IPPROTO_UDP'],
  ['AF_UNSPEC', 0, 0xdead],
  ['AF_UNSPEC', 0, 0],
  ['AF_INET6', 'SOCK_STREAM', 0],
  ['AF_INET6', 'SOCK_DGRAM', 'IPPROTO_UDP'],
  ['AF_INET6', 'SOCK_DGRAM', 'IPPROTO_TCP'],
];

const shown = (value: Integer): string =>
  typeof value === 'number' && value > 0xffff - 0x8000 ? '0xdead' : String(value).replace(/^[A-Z]+_/, '');

for (const [family, type, protocol] of SELECTION) {
  scenario(`socket(${[family, type, protocol].map(shown).join(', ')})`, (t) => {
    const s = t.socket(family, type, protocol);
    t.triple(s);
  });
}

scenario('WSASocket without flags', (t) => {
  const s = t.WSASocketA('AF_INET', 'SOCK_STREAM', 'IPPROTO_TCP', null, 0, 0);
  t.triple(s);
});

scenario('WSASocket by a WSAPROTOCOL_INFO alone', (t) => {
  const s = t.tcp();
  t.triple(t.WSASocketA('FROM_PROTOCOL_INFO', 'FROM_PROTOCOL_INFO', 'FROM_PROTOCOL_INFO', { of: s }, 0, 0));
});

scenario('a changed WSAPROTOCOL_INFO: its values stand in for zeros', (t) => {
  const s = t.tcp();
  t.triple(t.WSASocketA(0, 0, 0, { of: s, type: 2, protocol: 17 }, 0, 0));
});

scenario('a changed WSAPROTOCOL_INFO: arguments win', (t) => {
  const s = t.tcp();
  const info = { of: s, type: 2, protocol: 17 };
  t.triple(t.WSASocketA('AF_INET', 'SOCK_STREAM', 'IPPROTO_TCP', info, 0, 0));
});

scenario('a WSAPROTOCOL_INFO of nothing', (t) => {
  const s = t.tcp();
  t.WSASocketA(0, 0, 'IPPROTO_UDP', { of: s, family: -1, type: -1, protocol: -1 }, 0, 0);
  t.WSASocketA(0, 0, 'IPPROTO_UDP', { of: s, family: 0, type: 0, protocol: 0 }, 0, 0);
});

scenario('a duplicate is the same socket', (t) => {
  const s = t.udp('original');
  const copy = t.WSADuplicateSocketA(s);
  t.getsockname(s, t.address(), 28);
  t.getsockname(copy, t.address(), 28);
  t.closesocket(s);
  t.getsockname(copy, t.address(), 28);
  t.closesocket(copy);
  t.closesocket(copy);
});

scenario('closesocket: once, twice, and of what is none', (t) => {
  const s = t.tcp();
  t.closesocket(s);
  t.closesocket(s);
  t.closesocket('INVALID_SOCKET');
  t.closesocket(0);
  t.closesocket(0xdeadbeef);
});

scenario('no function takes a closed socket', (t) => {
  const s = t.tcp();
  const room = t.room(4);
  t.closesocket(s);
  t.accept(s, null, null);
  t.connect(s, null, 0);
  t.listen(s, 1);
  t.send(s, 'x', 1, 0);
  t.recv(s, room, 4, 0);
  t.sendto(s, 'x', 1, 0, null, 0);
  t.recvfrom(s, room, 4, 0, null, null);
  t.shutdown(s, 'SD_BOTH');
  t.getsockname(s, null, null);
  t.getpeername(s, null, null);
  t.getsockopt(s, 'SOL_SOCKET', 'SO_ERROR', room, 4);
  t.setsockopt(s, 'SOL_SOCKET', 'SO_REUSEADDR', 'abcd', 4);
  t.ioctlsocket(s, 'FIONBIO', 1);
  t.WSAEventSelect(s, 0, 0);
  t.WSASend(s, [], 0, null, 0, null, null);
  t.WSARecv(s, [], 0, null, null, null, null);
});

scenario('closesocket of an event object', (t) => {
  const e = t.WSACreateEvent();
  t.closesocket(e);
});

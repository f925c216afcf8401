// bind, getsockname, getpeername, listen.
import { Group } from '../scenario.js';
import { foreign, inet, inet6, int32, nameOf, type Variable } from '../values.js';

export const names = new Group('names');
const { scenario } = names;

scenario('bind to loopback, port 0', (t) => {
  const s = t.tcp();
  t.bind(s, inet('127.0.0.1', 0), 16);
  t.getsockname(s, t.address(), 28);
});

scenario('bind to any address', (t) => {
  const s = t.udp('s', false);
  t.bind(s, inet('0.0.0.0', 0), 16);
  t.getsockname(s, t.address(), 28);
});

scenario('bind over IPv6', (t) => {
  const s = t.tcp('s', 'AF_INET6');
  t.bind(s, inet6('::1', 0), 28);
  t.getsockname(s, t.address(), 28);
  t.getsockname(s, t.address(), 16);
});

scenario('bind twice', (t) => {
  const s = t.tcp();
  t.bind(s, inet('127.0.0.1', 0), 16);
  t.bind(s, inet('127.0.0.1', 0), 16);
});

scenario('bind: pointers and lengths', (t) => {
  const s = t.tcp();
  t.bind(s, null, 16);
  t.bind(s, null, 0);
  t.bind(s, inet('127.0.0.1', 0), 0);
  t.bind(s, inet('127.0.0.1', 0), 15);
  t.bind(s, inet('127.0.0.1', 0), -1);
  t.bind(s, inet('127.0.0.1', 0), 28);
});

scenario('bind: families', (t) => {
  const s = t.tcp();
  t.bind(s, foreign(23, 0), 28);
  t.bind(s, foreign(0xdead, 0), 16);
  t.bind(s, foreign(0, 0), 16);
});

scenario('bind of an IPv6 socket: lengths and families', (t) => {
  const s = t.tcp('s', 'AF_INET6');
  t.bind(s, inet6('::1', 0), 27);
  t.bind(s, inet6('::1', 0), 16);
  t.bind(s, inet('127.0.0.1', 0), 16);
  t.bind(s, inet('127.0.0.1', 0), 28);
});

scenario('bind to an address that is not here', (t) => {
  const s = t.tcp();
  t.bind(s, inet('192.0.2.1', 0), 16);
  t.getsockname(s, t.address(), 28);
});

scenario('bind to a port in use', (t) => {
  const s = t.listener();
  const other = t.tcp();
  t.bind(other, nameOf(s), 16);
  t.listen(other, 1);
});

scenario('bind: SO_REUSEADDR on the second alone', (t) => {
  const first = t.tcp('first');
  t.bind(first, inet('127.0.0.1', 0), 16);
  const second = t.tcp('second');
  t.set(second, 'SOL_SOCKET', 'SO_REUSEADDR', int32(1));
  t.bind(second, nameOf(first), 16);
});

scenario('bind: SO_REUSEADDR on both', (t) => {
  const first = t.tcp('first');
  t.set(first, 'SOL_SOCKET', 'SO_REUSEADDR', int32(1));
  t.bind(first, inet('127.0.0.1', 0), 16);
  const second = t.tcp('second');
  t.bind(second, nameOf(first), 16);
  t.set(second, 'SOL_SOCKET', 'SO_REUSEADDR', int32(1));
  t.bind(second, nameOf(first), 16);
});

scenario('bind: an exclusive any address, then loopback', (t) => {
  const first = t.tcp('first');
  t.set(first, 'SOL_SOCKET', 'SO_EXCLUSIVEADDRUSE', int32(1));
  t.bind(first, inet('0.0.0.0', 0), 16);
  const second = t.tcp('second');
  t.bind(second, inet('127.0.0.1', first), 16);
});

scenario('bind: two any addresses', (t) => {
  const first = t.tcp('first');
  t.bind(first, inet('0.0.0.0', 0), 16);
  const second = t.tcp('second');
  t.bind(second, inet('0.0.0.0', first), 16);
});

scenario('SO_REUSEADDR and SO_EXCLUSIVEADDRUSE do not go together', (t) => {
  const s = t.tcp();
  t.setsockopt(s, 'SOL_SOCKET', 'SO_REUSEADDR', int32(1), 4);
  t.setsockopt(s, 'SOL_SOCKET', 'SO_EXCLUSIVEADDRUSE', int32(1), 4);
  t.setsockopt(s, 'SOL_SOCKET', 'SO_REUSEADDR', int32(0), 4);
  t.setsockopt(s, 'SOL_SOCKET', 'SO_EXCLUSIVEADDRUSE', int32(1), 4);
  t.setsockopt(s, 'SOL_SOCKET', 'SO_REUSEADDR', int32(1), 4);
});

scenario('TCP and UDP do not share ports', (t) => {
  const tcp = t.tcp('tcp');
  t.bind(tcp, inet('127.0.0.1', 0), 16);
  const udp = t.udp('udp', false);
  t.bind(udp, nameOf(tcp), 16);
});

scenario('the port of a closed listener is free', (t) => {
  const first = t.listener('first');
  const second = t.tcp('second');
  t.bind(second, nameOf(first), 16);
  t.closesocket(first);
  t.bind(second, inet('127.0.0.1', 0), 16);
});

scenario('getsockname of an unbound socket', (t) => {
  const s = t.tcp();
  t.getsockname(s, t.address(), 28);
  t.getsockname(s, null, null);
});

scenario('getsockname: pointers and lengths', (t) => {
  const s = t.udp();
  t.getsockname(s, null, null);
  t.getsockname(s, t.address(), 0);
  t.getsockname(s, t.address(), 15);
  t.getsockname(s, t.address(), 16);
  t.getsockname(s, t.address(), 28);
});

scenario('getsockname of a client and of an accepted socket', (t) => {
  const { client, server } = t.pair();
  t.getsockname(client, t.address(), 28);
  t.getpeername(client, t.address(), 28);
  t.getsockname(server, t.address(), 28);
  t.getpeername(server, t.address(), 28);
});

scenario('getpeername: not connected', (t) => {
  const s = t.tcp();
  t.getpeername(s, null, null);
  t.getpeername(s, t.address(), 28);
  t.getpeername('INVALID_SOCKET', null, null);
  t.getpeername(t.listener(), t.address(), 28);
});

scenario('getpeername: pointers and lengths', (t) => {
  const { client } = t.pair();
  t.getpeername(client, null, null);
  t.getpeername(client, t.address(), null);
  t.getpeername(client, null, 16);
  t.getpeername(client, t.address(), 0);
  t.getpeername(client, t.address(), 15);
  t.getpeername(client, t.address(), 28);
});

scenario('getpeername of datagram sockets', (t) => {
  const s = t.udp();
  const other = t.udp('other');
  t.getpeername(s, t.address(), 28);
  t.sendto(s, 'x', 1, 0, nameOf(other), 16);
  t.getpeername(s, t.address(), 28);
  t.connect(s, nameOf(other), 16);
  t.getpeername(s, t.address(), 28);
});

scenario('getpeername after the peer has closed', (t) => {
  const { client, server } = t.pair();
  t.closesocket(server);
  t.waitFor(client, 'readable');
  t.getpeername(client, t.address(), 28);
});

scenario('getpeername after shutdown', (t) => {
  const { client } = t.pair();
  t.shutdown(client, 'SD_BOTH');
  t.getpeername(client, t.address(), 28);
});

scenario('listen: what cannot', (t) => {
  t.listen(t.tcp(), 1);
  t.listen(t.tcp(), 'SOMAXCONN');
  t.listen(t.udp(), 1);
  t.listen(t.udp('u', false), 1);
  t.listen(0, 0);
  t.listen(0xdeadbeef, 0);
});

scenario('listen: again, with other backlogs', (t) => {
  const s = t.tcp();
  t.bind(s, inet('127.0.0.1', 0), 16);
  t.listen(s, 0);
  t.listen(s, 'SOMAXCONN');
  t.listen(s, -2);
});

scenario('listen on a connected socket', (t) => {
  const { client, server } = t.pair();
  t.listen(client, 1);
  t.listen(server, 1);
});

scenario('SO_ACCEPTCONN', (t) => {
  const s = t.tcp();
  t.bind(s, inet('127.0.0.1', 0), 16);
  t.getsockopt(s, 'SOL_SOCKET', 'SO_ACCEPTCONN', t.option(), 4);
  t.listen(s, 1);
  t.getsockopt(s, 'SOL_SOCKET', 'SO_ACCEPTCONN', t.option(), 4);
  t.setsockopt(s, 'SOL_SOCKET', 'SO_ACCEPTCONN', int32(0), 4);
});

// Who may bind where (measured 4.7): `any`, `loop`(back) or the mapped address of either family, exclusively or not.
// Sockets of IPv6 take IPv4 too.
const CLASHES: readonly (readonly [first: string, second: string])[] = [
  ['4 any excl', '4 loop'],
  ['6 any excl', '4 loop'],
  ['4 any', '4 loop excl'],
  ['4 any excl', '4 loop excl'],
  ['4 loop excl', '4 any'],
  ['4 loop', '4 any excl'],
  ['4 loop', '6 any excl'],
  ['6 loop', '4 any excl'],
  ['6 loop excl', '4 loop excl'],
  ['6 mapped', '4 any excl'],
  ['6 any excl', '4 any'],
  ['6 any', '4 any excl'],
  ['4 any', '4 any excl'],
  ['6 any', '4 any'],
  ['6 mapped', '4 loop'],
  ['4 loop', '6 mapped'],
  ['4 loop excl', '4 loop'],
  ['4 loop', '4 loop excl'],
];

const ADDRESSES: Readonly<Record<string, string>> = {
  '4 any': '0.0.0.0',
  '4 loop': '127.0.0.1',
  '6 any': '::',
  '6 loop': '::1',
  '6 mapped': '::ffff:127.0.0.1',
};

for (const clash of CLASHES) {
  scenario(`bind: ${clash.join(', then ')}`, (t) => {
    let first: Variable | 0 = 0;
    for (const what of clash) {
      const [family, place, exclusive] = what.split(' ') as [string, string, string?];
      const s = t.tcp(what === clash[0] ? 'first' : 'second', family === '4' ? 'AF_INET' : 'AF_INET6');
      if (family === '6') t.set(s, 'IPPROTO_IPV6', 'IPV6_V6ONLY', int32(0));
      if (exclusive !== undefined) t.set(s, 'SOL_SOCKET', 'SO_EXCLUSIVEADDRUSE', int32(1));
      const address = ADDRESSES[`${family} ${place}`]!;
      t.bind(s, family === '4' ? inet(address, first) : inet6(address, first), family === '4' ? 16 : 28);
      first = s;
    }
  });
}

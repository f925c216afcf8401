// getsockopt and setsockopt.
import { Group, type T } from '../scenario.js';
import { hex, int32, linger, type Integer, type Variable } from '../values.js';

export const options = new Group('options');
const { scenario } = options;

// The options of the table of lengths (section 3.11), each on a socket of the kind it is for.
const LENGTHS: readonly (readonly [Integer, string, 'tcp' | 'udp' | 'udp6'])[] = [
  ['SOL_SOCKET', 'SO_BROADCAST', 'udp'],
  ['SOL_SOCKET', 'SO_DONTLINGER', 'tcp'],
  ['SOL_SOCKET', 'SO_OOBINLINE', 'tcp'],
  ['SOL_SOCKET', 'SO_REUSEADDR', 'tcp'],
  ['SOL_SOCKET', 'SO_EXCLUSIVEADDRUSE', 'tcp'],
  ['SOL_SOCKET', 'SO_LINGER', 'tcp'],
  ['SOL_SOCKET', 'SO_RCVBUF', 'tcp'],
  ['SOL_SOCKET', 'SO_SNDBUF', 'tcp'],
  ['SOL_SOCKET', 'SO_KEEPALIVE', 'tcp'],
  ['SOL_SOCKET', 'SO_DONTROUTE', 'tcp'],
  ['SOL_SOCKET', 'SO_RCVTIMEO', 'tcp'],
  ['SOL_SOCKET', 'SO_SNDTIMEO', 'tcp'],
  ['IPPROTO_TCP', 'TCP_NODELAY', 'tcp'],
  ['IPPROTO_IP', 'IP_MULTICAST_LOOP', 'udp'],
  ['IPPROTO_IP', 'IP_MULTICAST_TTL', 'udp'],
  ['IPPROTO_IP', 'IP_TOS', 'udp'],
  ['IPPROTO_IP', 'IP_TTL', 'udp'],
  ['IPPROTO_IP', 'IP_PKTINFO', 'udp'],
  ['IPPROTO_IPV6', 'IPV6_V6ONLY', 'udp6'],
  ['IPPROTO_IPV6', 'IPV6_MULTICAST_HOPS', 'udp6'],
  ['IPPROTO_IPV6', 'IPV6_UNICAST_HOPS', 'udp6'],
  ['IPPROTO_IPV6', 'IPV6_PKTINFO', 'udp6'],
];

function fresh(t: T, kind: 'tcp' | 'udp' | 'udp6'): Variable {
  if (kind === 'tcp') return t.tcp();
  const family = kind === 'udp' ? 'AF_INET' : 'AF_INET6';
  return t.quietly(() => t.named('s', () => t.socket(family, 'SOCK_DGRAM', 'IPPROTO_UDP')));
}

for (const [level, option, kind] of LENGTHS) {
  scenario(`${option} set with 1, 2 and 4 bytes`, (t) => {
    for (const length of [1, 2, 4]) {
      const s = fresh(t, kind);
      // What the system begins with is its own affair.
      if (String(option).endsWith('BUF')) t.set(s, level, option, int32(4096));
      t.setsockopt(s, level, option, int32(1), length);
      t.getsockopt(s, level, option, t.option(), 4);
    }
  });
  scenario(`${option} got with 0, 1, 2, 4 and 8 bytes`, (t) => {
    const s = fresh(t, kind);
    t.set(s, level, option, int32(1));
    for (const length of [0, 1, 2, 4, 8]) t.getsockopt(s, level, option, t.option(8), length);
  });
  scenario(`${option} set with 0 and 8 bytes, and to 0x100`, (t) => {
    const s = fresh(t, kind);
    t.setsockopt(s, level, option, int32(1), 0);
    t.setsockopt(s, level, option, hex('01 00 00 00 ff ff ff ff'), 8);
    t.setsockopt(s, level, option, int32(0x100), 4);
    t.getsockopt(s, level, option, t.option(), 4);
  });
}

scenario('options that say what a socket is', (t) => {
  const s = t.tcp();
  t.getsockopt(s, 'SOL_SOCKET', 'SO_TYPE', t.option(), 4);
  t.getsockopt(t.udp(), 'SOL_SOCKET', 'SO_TYPE', t.option(), 4);
  t.getsockopt(s, 'SOL_SOCKET', 'SO_ERROR', t.option(), 4);
  t.getsockopt(s, 'SOL_SOCKET', 'SO_ACCEPTCONN', t.option(), 4);
});

scenario('options that cannot be set', (t) => {
  const s = t.tcp();
  t.setsockopt(s, 'SOL_SOCKET', 'SO_TYPE', int32(1), 4);
  t.setsockopt(t.udp(), 'SOL_SOCKET', 'SO_TYPE', int32(1), 4);
  t.setsockopt(s, 'SOL_SOCKET', 'SO_ACCEPTCONN', int32(1), 4);
  t.setsockopt(s, 'SOL_SOCKET', 'SO_MAX_MSG_SIZE', int32(1), 4);
});

scenario('options of the other kind of socket', (t) => {
  const tcp = t.tcp();
  const udp = t.udp();
  t.setsockopt(tcp, 'SOL_SOCKET', 'SO_BROADCAST', int32(1), 4);
  t.setsockopt(udp, 'SOL_SOCKET', 'SO_KEEPALIVE', int32(1), 4);
  t.setsockopt(udp, 'SOL_SOCKET', 'SO_OOBINLINE', int32(1), 4);
  t.setsockopt(udp, 'SOL_SOCKET', 'SO_LINGER', linger(1, 1), 4);
  t.setsockopt(udp, 'IPPROTO_TCP', 'TCP_NODELAY', int32(1), 4);
  t.getsockopt(udp, 'SOL_SOCKET', 'SO_ACCEPTCONN', t.option(), 4);
});

scenario('options that do not exist', (t) => {
  const s = t.tcp();
  t.getsockopt(s, 'SOL_SOCKET', 0x4711, t.option(), 4);
  t.setsockopt(s, 'SOL_SOCKET', 0x4711, int32(1), 4);
  t.getsockopt(s, 'IPPROTO_TCP', 0x4711, t.option(), 4);
  t.getsockopt(s, -1, 'SO_RCVTIMEO', t.option(), 4);
  t.setsockopt(s, -1, 'SO_RCVTIMEO', int32(1), 4);
  t.setsockopt(s, 0x8000, 'SO_RCVTIMEO', int32(1), 4);
});

scenario('options: no pointers', (t) => {
  const s = t.tcp();
  t.setsockopt(s, 'SOL_SOCKET', 'SO_LINGER', null, 4);
  t.setsockopt(s, 'SOL_SOCKET', 'SO_LINGER', null, 0);
  t.setsockopt(s, 'SOL_SOCKET', 'SO_DONTLINGER', null, 4);
  t.setsockopt(s, 'SOL_SOCKET', 'SO_DONTLINGER', null, 0);
  t.getsockopt(s, 'SOL_SOCKET', 'SO_RCVTIMEO', null, 4);
});

scenario('options of what is no socket', (t) => {
  t.getsockopt('INVALID_SOCKET', 'SOL_SOCKET', 'SO_ERROR', t.option(), 4);
  t.setsockopt('INVALID_SOCKET', 'SOL_SOCKET', 'SO_REUSEADDR', int32(1), 4);
  const s = t.tcp();
  t.closesocket(s);
  t.getsockopt(s, 'SOL_SOCKET', 'SO_ERROR', t.option(), 4);
});

scenario('SO_LINGER round trips', (t) => {
  const s = t.tcp();
  t.getsockopt(s, 'SOL_SOCKET', 'SO_LINGER', t.option(), 4);
  for (const [onoff, seconds] of [
    [0, 0],
    [0, 73],
    [1, 0],
    [1, 189],
  ] as const) {
    t.setsockopt(s, 'SOL_SOCKET', 'SO_LINGER', linger(onoff, seconds), 4);
    t.getsockopt(s, 'SOL_SOCKET', 'SO_LINGER', t.option(), 4);
    t.getsockopt(s, 'SOL_SOCKET', 'SO_DONTLINGER', t.option(), 4);
  }
});

scenario('time-outs and buffers round trip', (t) => {
  const s = t.tcp();
  for (const [option, value] of [
    ['SO_RCVTIMEO', 63000],
    ['SO_RCVTIMEO', 0],
    ['SO_SNDTIMEO', 997000],
    ['SO_SNDBUF', 4096],
    ['SO_RCVBUF', 4096],
    ['SO_RCVBUF', 0],
  ] as const) {
    t.setsockopt(s, 'SOL_SOCKET', option, int32(value), 4);
    t.getsockopt(s, 'SOL_SOCKET', option, t.option(), 4);
  }
});

scenario('SO_ERROR can be set', (t) => {
  const s = t.tcp();
  t.setsockopt(s, 'SOL_SOCKET', 'SO_ERROR', int32(1234), 4);
  t.getsockopt(s, 'SOL_SOCKET', 'SO_ERROR', t.option(), 4);
});

scenario('SO_OPENTYPE needs no socket', (t) => {
  t.getsockopt('INVALID_SOCKET', 'SOL_SOCKET', 'SO_OPENTYPE', t.option(), 4);
  t.setsockopt('INVALID_SOCKET', 'SOL_SOCKET', 'SO_OPENTYPE', int32(32), 4);
  t.getsockopt('INVALID_SOCKET', 'SOL_SOCKET', 'SO_OPENTYPE', t.option(), 4);
  t.setsockopt('INVALID_SOCKET', 'SOL_SOCKET', 'SO_OPENTYPE', int32(32), 2);
  t.getsockopt('INVALID_SOCKET', 'SOL_SOCKET', 'SO_OPENTYPE', t.option(), 1);
  t.getsockopt('INVALID_SOCKET', 'SOL_SOCKET', 'SO_OPENTYPE', t.option(), 0);
});

scenario('IP_MULTICAST_TTL takes as many bytes as are told', (t) => {
  const s = t.udp();
  for (const [length, value] of [
    [1, 0xffffff0a],
    [2, 0xffff000b],
    [3, 0xff00000c],
    [4, 0x0d],
  ] as const) {
    t.setsockopt(s, 'IPPROTO_IP', 'IP_MULTICAST_TTL', int32(value), length);
    t.getsockopt(s, 'IPPROTO_IP', 'IP_MULTICAST_TTL', t.option(), 4);
  }
});

scenario('SO_PROTOCOL_INFO: pointers and lengths', (t) => {
  const s = t.tcp();
  t.getsockopt('INVALID_SOCKET', 'SOL_SOCKET', 'SO_PROTOCOL_INFOA', null, null);
  t.getsockopt(s, 'SOL_SOCKET', 'SO_PROTOCOL_INFOA', null, 372);
  t.getsockopt(s, 'SOL_SOCKET', 'SO_PROTOCOL_INFOA', t.option(4), 4);
});

scenario('IPV6_V6ONLY: its default', (t) => {
  const s = t.tcp('s', 'AF_INET6');
  t.getsockopt(s, 'IPPROTO_IPV6', 'IPV6_V6ONLY', t.option(), 4);
  t.setsockopt(s, 'IPPROTO_IPV6', 'IPV6_V6ONLY', int32(0), 4);
  t.getsockopt(s, 'IPPROTO_IPV6', 'IPV6_V6ONLY', t.option(), 4);
});

scenario('IP_HDRINCL is for raw sockets', (t) => {
  const s = t.udp();
  t.setsockopt(s, 'IPPROTO_IP', 'IP_HDRINCL', int32(1), 4);
  t.getsockopt(s, 'IPPROTO_IP', 'IP_HDRINCL', t.option(), 4);
});

scenario('IP_DONTFRAGMENT', (t) => {
  const udp = t.udp();
  t.getsockopt(udp, 'IPPROTO_IP', 'IP_DONTFRAGMENT', t.option(), 4);
  t.setsockopt(udp, 'IPPROTO_IP', 'IP_DONTFRAGMENT', int32(0xdead), 4);
  t.getsockopt(udp, 'IPPROTO_IP', 'IP_DONTFRAGMENT', t.option(), 4);
  t.getsockopt(t.tcp(), 'IPPROTO_IP', 'IP_DONTFRAGMENT', t.option(), 4);
});

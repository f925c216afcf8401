import { beforeEach, describe, expect, test } from 'vitest';
import type { SocketCore } from '../../../../dist/io/index.js';
import { createMemoryNetwork } from '../../../../dist/providers/memory/index.js';
import {
  AF_INET,
  AF_INET6,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IP_TTL,
  IPV6_V6ONLY,
  SO_BROADCAST,
  SO_EXCLUSIVEADDRUSE,
  SO_KEEPALIVE,
  SO_OOBINLINE,
  SO_RCVBUF,
  SO_REUSEADDR,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_NODELAY,
  WSAEACCES,
  WSAEADDRINUSE,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOPROTOOPT,
} from '../../../../dist/spi/index.js';
import { accept, bind, FakeInstance, localName, nameOf, option, portOf, set, setDual } from './fake-instance.js';

const PORT = 5000;
const OUTCOMES: Record<string, number> = { ok: 0, I: WSAEADDRINUSE, A: WSAEACCES };

let instance: FakeInstance;

beforeEach(() => {
  instance = new FakeInstance(createMemoryNetwork());
});

const KINDS = ['default any', 'default one', 'reuse any', 'reuse one', 'exclusive any', 'exclusive one'];
const MATRIX = [
  'I  ok A  ok I  ok',
  'ok I  ok A  I  I',
  'I  ok ok ok I  ok',
  'ok I  ok ok I  I',
  'I  A  A  A  I  A',
  'ok I  ok A  I  I',
];
const CASES = MATRIX.flatMap((row, first) =>
  row.split(/ +/).map((outcome, second): [string, string, string] => [KINDS[first]!, KINDS[second]!, outcome]),
);

function share(core: SocketCore, kind: string): void {
  if (kind.startsWith('reuse')) set(core, SO_REUSEADDR);
  if (kind.startsWith('exclusive')) set(core, SO_EXCLUSIVEADDRUSE);
}

describe.each([
  ['stream, IPv4', AF_INET, SOCK_STREAM, '0.0.0.0', '127.0.0.1'],
  ['stream, IPv6', AF_INET6, SOCK_STREAM, '::', '::1'],
  ['datagram, IPv4', AF_INET, SOCK_DGRAM, '0.0.0.0', '127.0.0.1'],
])('two sockets of one user on one port (%s)', (_name, family, type, any, one) => {
  test.each(CASES)('%s, then %s: %s', (first, second, outcome) => {
    const take = (kind: string): number => {
      const core = instance.socket(family, type);
      share(core, kind);
      return bind(core, kind.endsWith('any') ? any : one, PORT);
    };
    expect(take(first)).toBe(0);
    expect(take(second)).toBe(OUTCOMES[outcome]);
  });
});

// Measured on Windows; IPv6 sockets are not IPv6 only.
test.each([
  ['0.0.0.0 exclusive', '127.0.0.1', 'A'],
  [':: exclusive', '127.0.0.1', 'A'],
  ['0.0.0.0', '127.0.0.1 exclusive', 'ok'],
  ['0.0.0.0 exclusive', '127.0.0.1 exclusive', 'A'],
  ['127.0.0.1 exclusive', '0.0.0.0', 'ok'],
  ['127.0.0.1', '0.0.0.0 exclusive', 'I'],
  ['127.0.0.1', ':: exclusive', 'I'],
  ['::1', '0.0.0.0 exclusive', 'ok'],
  ['::1 exclusive', '127.0.0.1 exclusive', 'ok'],
  ['::ffff:127.0.0.1', '0.0.0.0 exclusive', 'I'],
  [':: exclusive', '0.0.0.0', 'A'],
  ['::', '0.0.0.0 exclusive', 'ok'],
  ['0.0.0.0', '0.0.0.0 exclusive', 'I'],
  ['0.0.0.0', '0.0.0.0', 'I'],
  ['::', '0.0.0.0', 'ok'],
  ['::ffff:0.0.0.0', '0.0.0.0', 'I'],
  ['::ffff:127.0.0.1', '127.0.0.1', 'I'],
  ['127.0.0.1', '::ffff:127.0.0.1', 'I'],
  ['127.0.0.1 exclusive', '127.0.0.1', 'I'],
  ['127.0.0.1', '127.0.0.1 exclusive', 'I'],
  [':: exclusive', '0.0.0.0 reuse', 'A'],
])('across families, %s, then %s: %s', (first, second, outcome) => {
  const take = (text: string): number => {
    const [address = '', kind = ''] = text.split(' ');
    const core = instance.stream(nameOf(address, 0)[0]);
    if (address.includes(':')) setDual(core);
    share(core, kind);
    return bind(core, address, PORT);
  };
  expect(take(first)).toBe(0);
  expect(take(second)).toBe(OUTCOMES[outcome]);
});

test('IPv6 only and IPv4 wildcards share a port', () => {
  expect(bind(instance.stream(AF_INET6), '::', PORT)).toBe(0);
  expect(bind(instance.stream(), '0.0.0.0', PORT)).toBe(0);
  expect(bind(instance.datagram(), '0.0.0.0', PORT)).toBe(0);
});

test('a failed bind leaves the socket without a name, to be bound again', () => {
  const first = instance.stream();
  set(first, SO_REUSEADDR);
  bind(first, '127.0.0.1', PORT);
  const second = instance.stream();
  expect(bind(second, '127.0.0.1', PORT)).toBe(WSAEADDRINUSE);
  expect(second.listen(1)).toBe(WSAEINVAL);
  set(second, SO_REUSEADDR);
  expect(bind(second, '127.0.0.1', PORT)).toBe(0);
  expect(bind(second, '127.0.0.1', PORT + 1)).toBe(WSAEINVAL);
});

test('equal listeners are served in the order in which they came, as they close in turn', () => {
  const listeners = [0, 1, 2].map(() => {
    const core = instance.stream();
    set(core, SO_REUSEADDR);
    bind(core, '127.0.0.1', PORT);
    core.listen(5);
    return core;
  });
  const to = nameOf('127.0.0.1', PORT);
  for (const listener of listeners) {
    instance.stream().tryConnect(to, to.length);
    accept(listener);
    listener.close();
  }
});

test('ephemeral ports go round from 49152 to 65535, leaving out those in use', () => {
  const taken = instance.stream();
  bind(taken, '127.0.0.1', 49_153);
  const ports = new Set<number>();
  const total = 65_535 - 49_152;
  for (let count = 0; count < total; count++) {
    const core = instance.stream();
    expect(bind(core, '127.0.0.1', 0)).toBe(0);
    ports.add(portOf(localName(core)));
  }
  expect([ports.size, ports.has(49_153), Math.min(...ports), Math.max(...ports)]).toEqual([
    total,
    false,
    49_152,
    65_535,
  ]);
  expect(bind(instance.stream(), '127.0.0.1', 0)).toBe(WSAEADDRINUSE);
  taken.close();
  expect(bind(instance.stream(), '127.0.0.1', 0)).toBe(0);
});

test('options keep what they are given, in the lengths and forms that Windows has', () => {
  const core = instance.stream();
  const get = (level: number, optname: number, length: number): number[] => {
    const value = new Uint8Array(4).fill(0xee);
    const written = core.getOption(level, optname, value, length);
    return [written, ...value];
  };
  set(core, SO_RCVBUF, 0x01_1000);
  expect(get(SOL_SOCKET, SO_RCVBUF, 4)).toEqual([4, 0, 0x10, 1, 0]);
  expect(get(SOL_SOCKET, SO_RCVBUF, 2)).toEqual([-WSAEFAULT, 0, 0, 0xee, 0xee]);
  expect(core.setOption(SOL_SOCKET, SO_RCVBUF, option(1), 2)).toBe(WSAEFAULT);
  set(core, SO_OOBINLINE, 0x100);
  expect(get(SOL_SOCKET, SO_OOBINLINE, 2)).toEqual([1, 1, 0, 0xee, 0xee]);
  set(core, SO_KEEPALIVE, 0x100);
  expect(get(SOL_SOCKET, SO_KEEPALIVE, 4)).toEqual([1, 0, 0xee, 0xee, 0xee]);
  expect(core.setOption(IPPROTO_TCP, TCP_NODELAY, option(1), 1)).toBe(0);
  expect(get(IPPROTO_TCP, TCP_NODELAY, 4)).toEqual([1, 1, 0xee, 0xee, 0xee]);
  expect(core.setOption(IPPROTO_IP, IP_TTL, option(0x100), 4)).toBe(WSAEINVAL);
  expect(get(IPPROTO_IP, IP_TTL, 1)).toEqual([1, 128, 0xee, 0xee, 0xee]);
  expect(set(core, SO_BROADCAST)).toBe(WSAENOPROTOOPT);
  expect(set(core, 0x1234)).toBe(WSAENOPROTOOPT);
});

test('SO_REUSEADDR and SO_EXCLUSIVEADDRUSE exclude each other, and a name fixes IPV6_V6ONLY', () => {
  const core = instance.stream();
  expect(set(core, SO_REUSEADDR)).toBe(0);
  expect(set(core, SO_EXCLUSIVEADDRUSE)).toBe(WSAEINVAL);
  expect(set(core, SO_REUSEADDR, 0)).toBe(0);
  expect(set(core, SO_EXCLUSIVEADDRUSE)).toBe(0);
  expect(set(core, SO_REUSEADDR)).toBe(WSAEINVAL);
  expect(setDual(core)).toBe(0);
  bind(core, '127.0.0.1', 0);
  expect(core.setOption(IPPROTO_IPV6, IPV6_V6ONLY, option(1), 4)).toBe(WSAEINVAL);
});

test("an accepted socket has its listener's options", () => {
  const { core: listener, name } = instance.listener();
  set(listener, SO_RCVBUF, 12_345);
  instance.stream().tryConnect(name, name.length);
  const value = new Uint8Array(4);
  accept(listener).getOption(SOL_SOCKET, SO_RCVBUF, value, 4);
  expect(value).toEqual(option(12_345));
});

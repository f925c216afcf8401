// No spelling of an address gets past a rule that denies it, by no function that leads anywhere.
import { describe, expect, test } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  INVALID_SOCKET,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  JL_BOTH,
  parseSockaddr,
  ref,
  seededRandom,
  sockaddr_in,
  sockaddr_in6,
  WSAEACCES,
  WSAOVERLAPPED,
  type addrinfo,
} from 'ws2spi';
import { policy } from 'ws2spi/providers/layers/policy';
import { FAMILIES, inWorld, loopback, type World } from '../../../../support/providers.js';

/** Every way to write an IPv4 address as a sockaddr. */
function spellings(bytes: readonly number[]): [string, Uint8Array][] {
  const [a, b, c, d] = bytes as [number, number, number, number];
  const hex = (high: number, low: number): string => ((high << 8) | low).toString(16);
  const [front, back] = [hex(a, b), hex(c, d)];
  const six = (text: string): [string, Uint8Array] => [text, sockaddr_in6(text, 443)];
  return [
    [bytes.join('.'), sockaddr_in(bytes.join('.'), 443)],
    six(`::ffff:${bytes.join('.')}`),
    six(`::ffff:${front}:${back}`),
    six(`::${front}:${back}`),
    six(`::ffff:0:${front}:${back}`),
    six(`64:ff9b::${front}:${back}`),
    six(`64:ff9b:1:abcd::${front}:${back}`),
    six(`64:ff9b:1:${front}:${hex(0, c)}:${hex(d, 0)}::`),
    six(`2002:${front}:${back}::1`),
    six(`2001:0:${front}:${back}::1`),
    six(`2001:0:7f00:1::${hex(~a & 255, ~b & 255)}:${hex(~c & 255, ~d & 255)}`),
    six(`fe80::5efe:${front}:${back}`),
    six(`2001:db8::200:5efe:${front}:${back}`),
  ];
}

/** Every function that leads somewhere; each says what error it failed with, 0 for none. */
const WAYS: readonly (readonly [string, (world: World, name: Uint8Array, family: number) => number])[] = [
  ['connect', (world, name, family) => world.connect(stream(world, family), name)],
  [
    'WSAConnect',
    (world, name, family) =>
      world.code(world.ws2.WSAConnect(stream(world, family), name, name.length, null, null, null, null)),
  ],
  [
    'ConnectEx',
    (world, name, family) => {
      const s = stream(world, family);
      world.ws2.bind(s, loopback(0, family), family === AF_INET ? 16 : 28);
      return world.code(world.ws2.ConnectEx(s, name, name.length, null, 0, null, new WSAOVERLAPPED()) ? 0 : -1);
    },
  ],
  [
    'WSAConnectByList',
    (world, name, family) => {
      const list = { iAddressCount: 1, Address: [{ lpSockaddr: name, iSockaddrLength: name.length }] };
      const connected = world.ws2.WSAConnectByList(stream(world, family), list, null, null, null, null, null, null);
      return world.code(connected ? 0 : -1);
    },
  ],
  [
    'WSAConnectByName',
    (world, name, family) => {
      const { address, port } = parseSockaddr(name);
      const s = stream(world, family);
      const connected = world.ws2.WSAConnectByName(s, address, `${port}`, null, null, null, null, null, null);
      return world.code(connected ? 0 : -1);
    },
  ],
  ['connect of UDP', (world, name, family) => world.connect(datagrams(world, family), name)],
  [
    'sendto',
    (world, name, family) =>
      world.code(Math.min(0, world.ws2.sendto(datagrams(world, family), Buffer.from('x'), 1, 0, name, name.length))),
  ],
  [
    'WSASendTo',
    (world, name, family) =>
      world.code(world.ws2.WSASendTo(datagrams(world, family), [DATA], 1, ref(0), 0, name, name.length, null, null)),
  ],
  [
    'overlapped WSASendTo',
    (world, name, family) => {
      const s = datagrams(world, family);
      return world.code(world.ws2.WSASendTo(s, [DATA], 1, null, 0, name, name.length, new WSAOVERLAPPED(), null));
    },
  ],
  [
    'WSASendMsg',
    (world, name, family) => {
      const message = {
        name,
        namelen: name.length,
        lpBuffers: [DATA],
        dwBufferCount: 1,
        Control: { len: 0, buf: new Uint8Array(0) },
        dwFlags: 0,
      };
      return world.code(world.ws2.WSASendMsg(datagrams(world, family), message, 0, ref(0), null, null));
    },
  ],
  [
    'WSAJoinLeaf',
    (world, name, family) => {
      const s = datagrams(world, family);
      const leaf = world.ws2.WSAJoinLeaf(s, name, name.length, null, null, null, null, JL_BOTH);
      return world.code(leaf === INVALID_SOCKET ? -1 : 0);
    },
  ],
];

const DATA = { len: 1, buf: Buffer.from('x') };

function stream(world: World, family: number): number {
  const s = world.tcpSocket(family);
  if (family === AF_INET6) world.ws2.setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, new Uint8Array(4), 4);
  return s;
}

function datagrams(world: World, family: number): number {
  const s = world.udpSocket(family);
  if (family === AF_INET6) world.ws2.setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, new Uint8Array(4), 4);
  return s;
}

describe('an address that is denied', () => {
  for (const base of ['memory', 'tcpip'] as const) {
    for (const [way, go] of WAYS) {
      test(
        `is denied in every spelling: ${way} (${base})`,
        inWorld(base, (world) => {
          world.stack(
            [
              policy({
                rules: [{ allow: 'any' }, { deny: 'any', address: ['10.0.0.0/8', '127.0.0.0/8'] }],
                audit: false,
              }),
            ],
            true,
          );
          const random = seededRandom(`spellings ${way}`);
          const byte = (): number => Math.floor(random.next() * 256);
          for (const bytes of [[127, 0, 0, 1], ...Array.from({ length: 8 }, () => [10, byte(), byte(), byte()])]) {
            for (const [text, name] of spellings(bytes)) {
              const { family } = parseSockaddr(name);
              expect(go(world, name, family), `${text} for ${bytes.join('.')}`).toBe(WSAEACCES);
            }
          }
        }),
      );
    }
  }

  test(
    'is denied as the address of no host, which is this machine, as well',
    inWorld('tcpip', (world) => {
      const { name } = world.listener();
      const { port } = parseSockaddr(name);
      world.stack([policy({ rules: [{ allow: 'any' }, { deny: 'any', address: '127.0.0.0/8' }], audit: false })], true);
      expect(world.connect(world.tcpSocket(), sockaddr_in('0.0.0.0', port))).toBe(WSAEACCES);
      expect(world.connect(stream(world, AF_INET6), sockaddr_in6('::', port))).toBe(WSAEACCES);
      expect(world.connect(stream(world, AF_INET6), sockaddr_in6('::ffff:0.0.0.0', port))).toBe(WSAEACCES);
    }),
  );

  test.each(FAMILIES)('is not said to be allowed by what leads to it: %s', (_title, family) =>
    inWorld('memory', (world) => {
      world.stack([policy({ rules: [{ allow: 'any', address: '10.0.0.0/8' }], audit: false })], true);
      if (family !== AF_INET6) return;
      // A gateway may read 10.0.0.1 out of it. But who allows 10.0.0.1 has not allowed the gateway.
      for (const text of ['64:ff9b::a00:1', '2002:a00:1::1', '::a00:1']) {
        expect(world.connect(stream(world, family), sockaddr_in6(text, 1)), text).toBe(WSAEACCES);
      }
    })(),
  );
});

/** Texts that inet_aton reads. */
const NUMBERS = [
  '0x7f.1',
  '2130706433',
  '0177.0.0.1',
  '127.1',
  '0x7f000001',
  '017700000001',
  '127.0.1',
  '0x7F.0.0.0x1',
];

describe('a denied address in a text', () => {
  test.each(NUMBERS)('%s is denied, whatever function reads it', (text) =>
    inWorld('memory', (world) => {
      const { name } = world.listener();
      const { port } = parseSockaddr(name);
      world.stack([policy({ rules: [{ allow: 'any' }, { deny: 'any', address: '127.0.0.1' }], audit: false })]);
      const found = ref<addrinfo | null>(null);
      // Not all are read by this one.
      if (world.ws2.getaddrinfo(text, `${port}`, { ai_family: AF_INET }, found) === 0) {
        expect(world.connect(world.tcpSocket(), found.value!.ai_addr!)).toBe(WSAEACCES);
      }
      const number = world.ws2.inet_addr(text);
      const address = [0, 8, 16, 24].map((bit) => (number >>> bit) & 255).join('.');
      expect(world.connect(world.tcpSocket(), sockaddr_in(address, port))).toBe(WSAEACCES);
    })(),
  );
});

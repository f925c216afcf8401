import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  SO_EXCLUSIVEADDRUSE,
  SO_REUSEADDR,
  sockaddr_in,
  sockaddr_in6,
  SOL_SOCKET,
  WSAEACCES,
  WSAEADDRINUSE,
  WSAEINVAL,
  WSAEWOULDBLOCK,
} from 'ws2spi';
import { dword } from '../../support/ioctls.js';
import { describeOnEveryProvider, inWorld, World } from '../../support/providers.js';

const OUTCOMES: Record<string, number> = { ok: 0, I: WSAEADDRINUSE, A: WSAEACCES };

function set(world: World, s: number, option: number, value = 1): number {
  return world.code(world.ws2.setsockopt(s, SOL_SOCKET, option, dword(value), 4));
}

function nameOf(address: string, port: number): Uint8Array {
  return address.includes(':') ? sockaddr_in6(address, port) : sockaddr_in(address, port);
}

/** A socket as a row of a table describes it: `0.0.0.0 exclusive`. Sockets of IPv6 take IPv4 as well if told so. */
function socketFor(world: World, description: string, stream = true, dual = false): { s: number; address: string } {
  const [address, sharing] = description.split(' ') as [string, string?];
  const family = address.includes(':') ? AF_INET6 : AF_INET;
  const s = stream ? world.tcpSocket(family) : world.udpSocket(family);
  if (family === AF_INET6 && dual) {
    expect(world.code(world.ws2.setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, dword(0), 4))).toBe(0);
  }
  if (sharing === 'reuse') expect(set(world, s, SO_REUSEADDR)).toBe(0);
  if (sharing === 'exclusive') expect(set(world, s, SO_EXCLUSIVEADDRUSE)).toBe(0);
  return { s, address };
}

function bind(world: World, s: number, address: string, port: number): number {
  const name = nameOf(address, port);
  return world.code(world.ws2.bind(s, name, name.length));
}

/** Binds two sockets to one port; what the second bind gives. */
function bindTwo(world: World, first: string, second: string, stream = true, dual = false): number {
  const one = socketFor(world, first, stream, dual);
  expect(bind(world, one.s, one.address, 0)).toBe(0);
  const two = socketFor(world, second, stream, dual);
  return bind(world, two.s, two.address, world.portOf(one.s));
}

const KINDS = ['any', 'one', 'any reuse', 'one reuse', 'any exclusive', 'one exclusive'];
/**
 * What the second bind gets when both sockets are one user's (Windows Server 2003 and later, documented and measured).
 */
const MATRIX = [
  'I  ok A  ok I  ok',
  'ok I  ok A  I  I',
  'I  ok ok ok I  ok',
  'ok I  ok ok I  I',
  'I  A  A  A  I  A',
  'ok I  ok A  I  I',
];
const CELLS = MATRIX.flatMap((row, first) =>
  row.split(/ +/).map((outcome, second): [string, string, string] => [KINDS[first]!, KINDS[second]!, outcome]),
);

/** Measured behaviour 4.7; sockets of IPv6 take IPv4 as well. */
const EXCLUSIVE: [string, string, string][] = [
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
];

describeOnEveryProvider('two sockets on one port', (on) => {
  for (const [title, any, one, stream] of [
    ['streams over IPv4', '0.0.0.0', '127.0.0.1', true],
    ['streams over IPv6', '::', '::1', true],
    ['datagrams over IPv4', '0.0.0.0', '127.0.0.1', false],
    ['datagrams over IPv6', '::', '::1', false],
  ] as const) {
    on.it(`agree as ${title} do on Windows, in every cell of the matrix`, (world) => {
      const outcomes = CELLS.map(([first, second]) => {
        const fill = (kind: string): string => kind.replace('any', any).replace('one', one);
        return [first, second, bindTwo(world, fill(first), fill(second), stream)];
      });
      expect(outcomes).toEqual(CELLS.map(([first, second, outcome]) => [first, second, OUTCOMES[outcome]]));
    });
  }

  on.it('agree across the families too (4.7)', (world) => {
    const outcomes = EXCLUSIVE.map(([first, second]) => [first, second, bindTwo(world, first, second, true, true)]);
    expect(outcomes).toEqual(EXCLUSIVE.map(([first, second, outcome]) => [first, second, OUTCOMES[outcome]]));
  });

  on.it('are separate wildcards of the two families unless one is dual (20.2)', (world) => {
    expect(bindTwo(world, '::', '0.0.0.0')).toBe(0);
    expect(bindTwo(world, '0.0.0.0', '::')).toBe(0);
    expect(bindTwo(world, ':: exclusive', '0.0.0.0 reuse', true, true)).toBe(WSAEACCES);
  });

  on.it('set either of the two options (4.6)', (world) => {
    const s = world.tcpSocket();
    expect(set(world, s, SO_REUSEADDR)).toBe(0);
    expect(set(world, s, SO_EXCLUSIVEADDRUSE)).toBe(WSAEINVAL);
    expect(set(world, s, SO_REUSEADDR, 0)).toBe(0);
    expect(set(world, s, SO_EXCLUSIVEADDRUSE)).toBe(0);
  });

  on.it('may try again after a refusal (4.2)', (world) => {
    const { s: first } = socketFor(world, '127.0.0.1 reuse');
    expect(bind(world, first, '127.0.0.1', 0)).toBe(0);
    const port = world.portOf(first);
    const second = world.tcpSocket();
    expect(bind(world, second, '127.0.0.1', port)).toBe(WSAEADDRINUSE);
    expect(set(world, second, SO_REUSEADDR)).toBe(0);
    expect(bind(world, second, '127.0.0.1', port)).toBe(0);
  });

  on.it('ask to share before they are bound, or not at all', (world) => {
    const { s: first } = socketFor(world, '127.0.0.1');
    expect(bind(world, first, '127.0.0.1', 0)).toBe(0);
    expect(set(world, first, SO_REUSEADDR)).toBe(0);
    const { s: second } = socketFor(world, '127.0.0.1 reuse');
    expect(bind(world, second, '127.0.0.1', world.portOf(first))).toBe(WSAEACCES);
  });

  on.it('leave the port free for the next when both are closed', (world) => {
    const { s: first } = socketFor(world, '0.0.0.0');
    expect(bind(world, first, '0.0.0.0', 0)).toBe(0);
    const port = world.portOf(first);
    const { s: second } = socketFor(world, '127.0.0.1');
    expect(bind(world, second, '127.0.0.1', port)).toBe(0);
    world.ws2.closesocket(first);
    expect(bind(world, world.tcpSocket(), '127.0.0.1', port)).toBe(WSAEADDRINUSE);
    world.ws2.closesocket(second);
    expect(bind(world, world.tcpSocket(), '0.0.0.0', port)).toBe(0);
  });
});

/** Which of some listeners a connection to an address reaches. */
function reached(world: World, listeners: readonly number[], name: Uint8Array): number[] {
  const client = world.tcpSocket(name[0]);
  expect(world.connect(client, name)).toBe(0);
  const got: number[] = [];
  world.until(() => {
    for (const listener of listeners) {
      const s = world.ws2.accept(listener, null, null);
      if (world.code(s) === 0) (got.push(listener), world.track(s));
      else expect(world.ws2.WSAGetLastError()).toBe(WSAEWOULDBLOCK);
    }
    return got.length > 0;
  });
  return got;
}

function listening(world: World, description: string, port: number): number {
  const { s, address } = socketFor(world, description);
  expect(bind(world, s, address, port)).toBe(0);
  expect(world.code(world.ws2.listen(s, 8))).toBe(0);
  world.nonBlocking(s);
  return s;
}

describeOnEveryProvider('two listeners on one port', (on) => {
  for (const [title, first, second] of [
    ['the specific one bound last', '0.0.0.0', '127.0.0.1'],
    ['the specific one bound first', '127.0.0.1', '0.0.0.0'],
  ] as const) {
    on.it(`have connections reach the more specific one, ${title} (4.3)`, (world) => {
      const one = listening(world, first, 0);
      const port = world.portOf(one);
      const two = listening(world, second, port);
      const specific = first === '127.0.0.1' ? one : two;
      const wildcard = first === '127.0.0.1' ? two : one;
      for (let times = 0; times < 4; times++) {
        expect(reached(world, [one, two], sockaddr_in('127.0.0.1', port))).toEqual([specific]);
      }
      expect(reached(world, [one, two], sockaddr_in('127.0.0.2', port))).toEqual([wildcard]);
      world.ws2.closesocket(specific);
      world.settle();
      expect(reached(world, [wildcard], sockaddr_in('127.0.0.1', port))).toEqual([wildcard]);
    });
  }

  on.it('may come while connections are made to the first (4.3)', (world) => {
    const wildcard = listening(world, '0.0.0.0', 0);
    const port = world.portOf(wildcard);
    expect(reached(world, [wildcard], sockaddr_in('127.0.0.1', port))).toEqual([wildcard]);
    const specific = listening(world, '127.0.0.1', port);
    expect(reached(world, [wildcard, specific], sockaddr_in('127.0.0.1', port))).toEqual([specific]);
  });
});

describeOnEveryProvider('listeners that share an address', (on) => {
  on.it('have connections reach the earliest that is still there (4.2, 4.5)', (world) => {
    const first = listening(world, '127.0.0.1 reuse', 0);
    const port = world.portOf(first);
    const listeners = [first, ...[1, 2, 3].map(() => listening(world, '127.0.0.1 reuse', port))];
    const name = sockaddr_in('127.0.0.1', port);
    while (listeners.length > 0) {
      for (let times = 0; times < 6; times++) expect(reached(world, listeners, name)).toEqual([listeners[0]]);
      const { s } = socketFor(world, '127.0.0.1 reuse');
      expect(bind(world, s, '127.0.0.1', port)).toBe(0);
      world.ws2.closesocket(listeners.shift()!);
      world.settle();
    }
  });
});

describe('on native sockets', () => {
  test('a specific address that was had beside a wildcard lets no other process in', async () => {
    const world = new World('tcpip');
    const wildcard = listening(world, '0.0.0.0', 0);
    const port = world.portOf(wildcard);
    listening(world, '127.0.0.1', port);
    const script = `
      import { createWs2_32, AF_INET, SOCK_STREAM, sockaddr_in } from 'ws2spi';
      const ws2 = createWs2_32({ base: 'tcpip', catalog: 'memory' });
      ws2.WSAStartup(0x0202, {});
      const s = ws2.socket(AF_INET, SOCK_STREAM, 0);
      console.log(['0.0.0.0', '127.0.0.1', '127.0.0.2'].map((address) => {
        const t = ws2.socket(AF_INET, SOCK_STREAM, 0);
        return ws2.bind(t, sockaddr_in(address, ${port}), 16) === 0 ? 0 : ws2.WSAGetLastError();
      }).join(' '));
      ws2.WSACleanup();
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      cwd: new URL('../../..', import.meta.url).pathname,
    });
    let text = '';
    child.stdout.on('data', (piece) => (text += String(piece)));
    await once(child, 'close');
    expect(text.trim()).toBe([WSAEADDRINUSE, WSAEADDRINUSE, WSAEADDRINUSE].join(' '));
    world.close();
  });

  test(
    'two instances of one thread look up the same rules',
    inWorld('tcpip', (world) => {
      const { s } = socketFor(world, '0.0.0.0 exclusive');
      expect(bind(world, s, '0.0.0.0', 0)).toBe(0);
      const other = new World('tcpip');
      expect(bind(other, other.tcpSocket(), '127.0.0.1', world.portOf(s))).toBe(WSAEACCES);
      other.close();
    }),
  );
});

describeOnEveryProvider('a datagram socket that was given a name by sending or connecting', (on) => {
  for (const [how, begin] of [
    ['sending', (world: World, s: number, to: Uint8Array) => world.ws2.sendto(s, Buffer.from('x'), 1, 0, to, 16)],
    ['connecting', (world: World, s: number, to: Uint8Array) => world.ws2.connect(s, to, 16)],
  ] as const) {
    on.it(`has its port as if it were bound to the wildcard, until it is closed: ${how}`, (world) => {
      const { name } = world.boundUdp();
      const first = world.udpSocket();
      expect(begin(world, first, name)).toBeGreaterThanOrEqual(0);
      const port = world.portOf(first);
      const bound = (description: string): number => {
        const { s, address } = socketFor(world, description, false);
        const code = bind(world, s, address, port);
        world.ws2.closesocket(s);
        return code;
      };
      expect(bound('0.0.0.0')).toBe(WSAEADDRINUSE);
      expect(bound('0.0.0.0 reuse')).toBe(WSAEACCES);
      expect(bound('127.0.0.1')).toBe(0);
      expect(bound('0.0.0.0 exclusive')).toBe(WSAEADDRINUSE);
      world.ws2.closesocket(first);
      expect(bound('0.0.0.0')).toBe(0);
    });
  }
});

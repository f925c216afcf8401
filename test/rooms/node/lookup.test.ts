import { once } from 'node:events';
import net from 'node:net';
import dns, { type LookupAddress } from 'node:dns';
import { promisify } from 'node:util';
import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AF_INET, sockaddr_in, sockaddr_in6, VirtualClock, type WSAQUERYSETW, type Ws2_32 } from 'ws2spi';
import { createConnection, createServer, lookup, type LookupCallback, type LookupOptions } from 'ws2spi/node';
import { filesInstance, nameInstance, writeFiles } from '../providers/namespaces/fixtures.js';
import { laterProvider } from '../providers/namespaces/later-provider.js';

const find = promisify((name: string, options: LookupOptions, done: LookupCallback) => lookup(name, options, done));
const all = (ws2: Ws2_32, name: string, options: LookupOptions = {}): Promise<unknown> =>
  find(name, { ws2, all: true, ...options });

function hostWith(...texts: string[]): WSAQUERYSETW {
  const lpcsaBuffer = texts.map((text) => {
    const lpSockaddr = text.includes(':') ? sockaddr_in6(text, 0) : sockaddr_in(text, 0);
    const name = { lpSockaddr, iSockaddrLength: lpSockaddr.length };
    return { LocalAddr: name, RemoteAddr: name, iSocketType: 1, iProtocol: 6 };
  });
  return { dwSize: 60, lpszServiceInstanceName: 'host', lpcsaBuffer };
}

/** An instance whose provider answers after some time; its clock goes on while the event loop does. */
function withLater(delay: number | null, ...texts: string[]) {
  const provider = laterProvider([hostWith(...texts)], delay);
  const clock = new VirtualClock();
  const instance = nameInstance([{ name: 'later', module: { ...provider.routines } }], { clock });
  return { ...instance, provider, clock };
}

/** Lets the event loop go round a few times. */
async function rounds(): Promise<void> {
  for (let round = 0; round < 5; round++) await new Promise((resolve) => setImmediate(resolve));
}

describe('lookup', () => {
  it('has the signatures of dns.lookup', async () => {
    const { ws2 } = filesInstance(writeFiles());
    const told = (call: (done: (...args: unknown[]) => void) => void): Promise<unknown[]> =>
      new Promise((resolve) => call((...args) => resolve(args)));
    expect(await told((done) => lookup('alpha', { ws2, family: 4 }, done))).toEqual([null, '192.0.2.1', 4]);
    expect(await told((done) => lookup('six.example', { ws2 }, done))).toEqual([null, '2001:db8::6', 6]);
    expect(await told((done) => lookup('127.0.0.1', done))).toEqual([null, '127.0.0.1', 4]);
    expect(await told((done) => lookup('::1', 6, done))).toEqual([null, '::1', 6]);
    expect(await told((done) => lookup('localhost', { ws2, family: 'IPv6' }, done))).toEqual([null, '::1', 6]);
    // Nothing else than node:dns has in its answers.
    expect(await told((done) => lookup('localhost', { ws2, family: 6, all: true }, done))).toEqual([
      null,
      [{ address: '::1', family: 6 }],
    ]);
  });

  it.each([
    ['knows one address', '127.0.0.1 localhost\n', { family: 0 }, ['127.0.0.1']],
    ['knows both', '::1 localhost\n127.0.0.1 localhost\n', { family: 0 }, ['::1', '127.0.0.1']],
    ['knows another of this machine', '127.0.1.1 localhost\n', { family: 0 }, ['127.0.1.1']],
    ['does not know it', '127.0.0.1 vm\n', { family: 0 }, ['::1', '127.0.0.1']],
    ['knows none of the family', '127.0.0.1 localhost\n', { family: 6 }, ['::1']],
    ['leads it elsewhere', '192.0.2.9 localhost\n', { family: 0 }, ['127.0.0.1', '::1']],
  ] as const)('has localhost from a hosts file that %s', async (_, hosts, options, addresses) => {
    const files = writeFiles();
    writeFileSync(files.hosts, hosts);
    const { ws2 } = filesInstance(files);
    const found = (await all(ws2, 'localhost', options)) as LookupAddress[];
    expect(found.map(({ address }) => address)).toEqual(addresses);
  });

  it('gives all addresses, of the family that is wanted', async () => {
    const { ws2 } = filesInstance(writeFiles());
    const four: LookupAddress[] = [
      { address: '192.0.2.1', family: 4 },
      { address: '192.0.2.2', family: 4 },
    ];
    expect(await all(ws2, 'alpha.example', { family: 4 })).toEqual(four);
    expect(await all(ws2, 'alpha.example', { family: 6 })).toEqual([{ address: '2001:db8::1', family: 6 }]);
    expect(await all(ws2, 'alpha.example')).toHaveLength(3);
    expect(await all(ws2, 'one-more-name', { family: 6, hints: dns.V4MAPPED })).toEqual([
      { address: '::ffff:192.0.2.1', family: 6 },
    ]);
  });

  it('gives an answer that is known in any turn of families and hints, each caller its own', async () => {
    const files = writeFiles();
    const { ws2 } = filesInstance(files);
    const six: LookupAddress = { address: '2001:db8::6', family: 6 };
    const mapped: LookupAddress = { address: '::ffff:192.0.2.1', family: 6 };
    for (let round = 0; round < 3; round++) {
      const found = (await all(ws2, 'six.example', { family: 6 })) as LookupAddress[];
      expect(found).toEqual([six]);
      found[0]!.address = 'spoilt';
      found.push({ address: 'spoilt', family: 4 });
      expect(await all(ws2, 'six.example')).toEqual([six]);
      await expect(all(ws2, 'six.example', { family: 4 })).rejects.toMatchObject({ code: 'ENODATA' });
      expect(await all(ws2, 'one-more-name', { family: 6, hints: dns.V4MAPPED })).toEqual([mapped]);
      expect(await all(ws2, 'one-more-name', { family: 4 })).toEqual([{ address: '192.0.2.1', family: 4 }]);
      await expect(all(ws2, 'one-more-name', { family: 6 })).rejects.toMatchObject({ code: 'ENODATA' });
    }
    // And another one once it is another.
    writeFileSync(files.hosts, '192.0.2.44 six.example\n');
    await expect.poll(() => all(ws2, 'six.example')).toEqual([{ address: '192.0.2.44', family: 4 }]);
  });

  it('says what went wrong with the code of Node.js', async () => {
    const { ws2 } = filesInstance(writeFiles());
    const expected = { code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: 'nobody' };
    await expect(all(ws2, 'nobody')).rejects.toMatchObject(expected);
    await expect(all(ws2, '')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await expect(all(ws2, 'one-more-name', { family: 6 })).rejects.toMatchObject({ syscall: 'getaddrinfo' });
  });

  it('refuses arguments of the wrong type', () => {
    expect(() => lookup('x', {}, 5 as never)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }));
    expect(() => lookup(5 as never, {}, () => 0)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }));
  });

  it('refuses options that dns.lookup refuses, with its codes and words', async () => {
    const { ws2 } = filesInstance(writeFiles());
    const given: readonly unknown[] = [
      { family: 9 },
      { family: 'x' },
      { family: {} },
      { all: 'yes' },
      { hints: 'x' },
      { hints: 1 << 20 },
      { verbatim: 1 },
      { order: 'x' },
      9,
      'x',
      true,
    ];
    for (const options of given) {
      const refusal = (call: (done: () => void) => void): unknown => {
        try {
          call(() => undefined);
        } catch (error) {
          const { name, code, message } = error as NodeJS.ErrnoException;
          return { name, code, message };
        }
        return null;
      };
      const nodes = refusal((done) => dns.lookup('alpha', options as never, done));
      expect(nodes, JSON.stringify(options)).not.toBeNull();
      expect(refusal((done) => lookup('alpha', options as never, done))).toEqual(nodes);
      if (typeof options !== 'object') continue;
      const throughSocket = (connect: typeof createConnection): Promise<unknown> =>
        new Promise((resolve) => {
          try {
            const asked = { host: 'alpha', port: 9, ...(connect === createConnection ? { ws2 } : {}), ...options! };
            const socket = connect(asked as never);
            socket.on('error', ({ message }) => resolve(message));
          } catch (error) {
            resolve((error as Error).message);
          }
        });
      if ('family' in options! || 'hints' in options!) {
        expect(await throughSocket(createConnection)).toBe(await throughSocket(net.connect as never));
      }
    }
  });

  it('puts the family in front that an order, or the order of the process, asks for', async () => {
    const { ws2 } = filesInstance(writeFiles());
    const families = async (options: LookupOptions, name = 'alpha.example'): Promise<number[]> =>
      ((await all(ws2, name, options)) as LookupAddress[]).map(({ family }) => family);
    expect(await families({ order: 'ipv4first' } as LookupOptions)).toEqual([4, 4, 6]);
    expect(await families({ order: 'ipv6first' } as LookupOptions)).toEqual([6, 4, 4]);
    expect(await families({ verbatim: false })).toEqual([4, 4, 6]);
    expect(await families({ order: 'ipv6first' } as LookupOptions, 'localhost')).toEqual([6, 4]);
    const usual = dns.getDefaultResultOrder();
    dns.setDefaultResultOrder('ipv4first');
    try {
      expect(await families({})).toEqual([4, 4, 6]);
      expect(await families({ verbatim: true })).toEqual([6, 4, 4]);
    } finally {
      dns.setDefaultResultOrder(usual);
    }
  });

  it('never calls back before it has returned, and does not block the event loop', async () => {
    const { ws2, clock } = withLater(5000, '192.0.2.7');
    let told: unknown = null;
    lookup('host', { ws2 }, (...args) => (told = args));
    await rounds();
    expect(told).toBeNull();
    clock.advance(5000);
    await rounds();
    expect(told).toEqual([null, '192.0.2.7', 4]);
    const files = filesInstance(writeFiles());
    told = null;
    lookup('alpha', { ws2: files.ws2 }, (...args) => (told = args));
    expect(told).toBeNull();
    await rounds();
    expect(told).not.toBeNull();
  });

  it('fails when the use of the instance ends', async () => {
    const { ws2 } = withLater(null, '192.0.2.7');
    const asked = all(ws2, 'host');
    ws2.WSACleanup();
    await expect(asked).rejects.toMatchObject({ syscall: 'getaddrinfo', hostname: 'host' });
  });

  it('serves net.connect', async () => {
    const { ws2 } = nameInstance([
      { name: 'later', module: { ...laterProvider([hostWith('127.0.0.1')], 0).routines } },
    ]);
    const server = net.createServer((socket) => socket.end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as net.AddressInfo;
    const socket = net.connect({
      host: 'anything.example',
      port,
      lookup: (name, options, done) => lookup(name, { ...options, ws2 } as LookupOptions, done as never),
    });
    await once(socket, 'connect');
    socket.destroy();
    server.close();
    await once(server, 'close');
  });
});

describe('Names of sockets and servers', () => {
  it('are looked up through the instance, without blocking, one address after the other', async () => {
    const { ws2, clock } = withLater(700, '::1', '127.0.0.1');
    const server = createServer({ ws2 }, (socket) => socket.end());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = createConnection({ ws2, host: 'host', port: server.address()!.port });
    const events: unknown[] = [];
    socket.on('lookup', (...args) => events.push(args));
    socket.on('connectionAttempt', (address) => events.push(address));
    await rounds();
    expect(events).toEqual([]);
    clock.advance(700);
    await once(socket, 'connect');
    expect(events).toEqual([[null, '::1', 6, 'host'], [null, '127.0.0.1', 4, 'host'], '::1', '127.0.0.1']);
    socket.destroy();
    server.close();
    await once(server, 'close');
  });

  it('are given up when the socket is destroyed', async () => {
    const { ws2, provider } = withLater(null, '127.0.0.1');
    const socket = createConnection({ ws2, host: 'host', port: 9 });
    const events: string[] = [];
    socket.on('lookup', () => events.push('lookup'));
    await rounds();
    socket.destroy();
    await once(socket, 'close');
    expect(provider.calls.at(-1)).toBe('NSPv2LookupServiceEnd');
    expect(provider.waiting[0]?.answer(hostWith('127.0.0.1'))).toBe(0);
    await rounds();
    expect(events).toEqual([]);
  });

  it('are where a server listens, once they are known', async () => {
    const { ws2, clock } = withLater(300, '127.0.0.1');
    const server = createServer({ ws2 });
    server.listen(0, 'host');
    await rounds();
    expect(server.address()).toBeNull();
    clock.advance(300);
    await once(server, 'listening');
    expect(server.address()).toMatchObject({ address: '127.0.0.1', family: 'IPv4' });
    server.close();
    await once(server, 'close');
  });

  it('are not listened at by a server that was closed meanwhile', async () => {
    const { ws2, provider } = withLater(null, '127.0.0.1');
    const server = createServer({ ws2 });
    server.listen(0, 'host');
    await rounds();
    server.close();
    provider.waiting[0]?.answer(hostWith('127.0.0.1'));
    await rounds();
    expect([server.address(), server.listening]).toEqual([null, false]);
    expect(ws2.getaddrinfo('127.0.0.1', null, { ai_family: AF_INET }, { value: null })).toBe(0);
  });
});

// The layer `socks`: connections by way of a SOCKS proxy, in every I/O model.
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  FD_CONNECT,
  parseSockaddr,
  ref,
  sockaddr_in,
  WSAEACCES,
  WSAEAFNOSUPPORT,
  WSAECONNABORTED,
  WSAECONNREFUSED,
  WSAEHOSTUNREACH,
  WSAENETUNREACH,
  WSAEOPNOTSUPP,
  WSAETIMEDOUT,
  WSAEWOULDBLOCK,
  WSAOVERLAPPED,
} from 'ws2spi';
import { createConnection } from 'ws2spi/node';
import { socks, type SocksOptions } from 'ws2spi/providers/layers/socks';
import { describeOnEveryProvider, type World } from '../../../support/providers.js';
import { SocksServer, type SocksServerOptions } from '../../../support/socks-server.js';

/** A proxy, and sockets of the world that go by it from now on. */
function behindProxy(world: World, server: SocksServerOptions = {}, options: Partial<SocksOptions> = {}): SocksServer {
  const proxy = new SocksServer(world.ws2, server);
  world.stack([socks({ proxy: proxy.proxy, ...options })]);
  return proxy;
}

function peerOf(world: World, s: number) {
  const name = new Uint8Array(28);
  const length = ref(28);
  expect(world.code(world.ws2.getpeername(s, name, length))).toBe(0);
  return parseSockaddr(name, length.value);
}

/** What goes through a connection in both directions. */
function talks(world: World, client: number, server: number): void {
  world.nonBlocking(client, 0);
  world.send(client, 'there');
  expect(world.receiveAll(server, 5)).toBe('there');
  world.send(server, 'back');
  expect(world.receiveAll(client, 4)).toBe('back');
}

describeOnEveryProvider('by way of a SOCKS proxy', (on) => {
  on.onEveryFamily('a blocking connect gets to its destination, which getpeername names', (world, family) => {
    const { s: listener, name } = world.listener(family);
    const proxy = behindProxy(world);
    const client = world.tcpSocket(family);
    expect(world.connect(client, name)).toBe(0);
    expect(peerOf(world, client)).toEqual(parseSockaddr(name));
    talks(world, client, world.accept(listener));
    const { address, port } = parseSockaddr(name);
    expect(proxy.requests).toEqual([{ version: 5, command: 1, host: address, port, user: null, password: null }]);
    proxy.close();
  });

  on.it('a non-blocking connect is under way until the proxy has answered, and FD_CONNECT tells', (world) => {
    const { s: listener, name } = world.listener();
    const proxy = behindProxy(world);
    const client = world.tcpSocket();
    const event = world.event();
    expect(world.eventSelect(client, event, FD_CONNECT)).toBe(0);
    expect(world.connect(client, name)).toBe(WSAEWOULDBLOCK);
    expect(world.signalled(event, 60_000)).toBe(true);
    expect(world.networkEvents(client, event)).toEqual({ CONNECT: 0 });
    world.eventSelect(client, null, 0);
    talks(world, client, world.accept(listener));
    world.ws2.WSACloseEvent(event);
    proxy.close();
  });

  on.it('ConnectEx completes when the proxy has answered, and its data is sent', (world) => {
    const { s: listener, name } = world.listener();
    const proxy = behindProxy(world);
    const client = world.tcpSocket();
    const any = sockaddr_in('0.0.0.0', 0);
    expect(world.code(world.ws2.bind(client, any, any.length))).toBe(0);
    const operation = new WSAOVERLAPPED();
    operation.hEvent = world.event();
    world.ws2.ConnectEx(client, name, name.length, Buffer.from('first'), 5, ref(0), operation);
    expect(world.signalled(operation.hEvent!, 60_000)).toBe(true);
    const [count, flags] = [ref(0), ref(0)];
    expect(world.code(world.ws2.WSAGetOverlappedResult(client, operation, count, true, flags))).toBe(0);
    expect(count.value).toBe(5);
    const server = world.accept(listener);
    expect(world.receiveAll(server, 5)).toBe('first');
    world.ws2.WSACloseEvent(operation.hEvent!);
    proxy.close();
  });

  on.it('WSAConnectByName has the proxy look the name up', (world) => {
    const { s: listener, name } = world.listener();
    const proxy = behindProxy(world, { hosts: { 'Hidden.example': '127.0.0.1' } });
    const client = world.tcpSocket();
    const { port } = parseSockaddr(name);
    const connected = world.ws2.WSAConnectByName(
      client,
      'Hidden.example',
      `${port}`,
      null,
      null,
      null,
      null,
      null,
      null,
    );
    expect(world.code(connected)).toBe(0);
    talks(world, client, world.accept(listener));
    expect(proxy.requests).toMatchObject([{ host: 'Hidden.example', port }]);
    proxy.close();
  });

  on.it('a ChainSocket has the proxy look the name up', async (world) => {
    const { s: listener, name } = world.listener();
    const proxy = behindProxy(world, { hosts: { 'hidden.example': '127.0.0.1' } });
    const chain = [world.entryOf(AF_INET, 1)!, world.entryOf(AF_INET6, 1)!];
    const { port } = parseSockaddr(name);
    const socket = createConnection({ ws2: world.ws2, chain, host: 'hidden.example', port });
    await once(socket, 'connect');
    const server = world.accept(listener);
    socket.write('there');
    const event = world.event();
    expect(world.receiveAll(server, 5)).toBe('there');
    world.ws2.WSACloseEvent(event);
    expect(proxy.requests).toMatchObject([{ host: 'hidden.example', port }]);
    socket.destroy();
    await once(socket, 'close');
    proxy.close();
  });

  on.it('who asks is told by user and password', (world) => {
    const { s: listener, name } = world.listener();
    const proxy = new SocksServer(world.ws2, { credentials: ['jo', 'p@ss:ß'] });
    world.stack([socks({ proxy: `socks5://jo:p%40ss%3A%C3%9F@${proxy.proxy}` })]);
    const client = world.tcpSocket();
    expect(world.connect(client, name)).toBe(0);
    talks(world, client, world.accept(listener));
    expect(proxy.requests).toMatchObject([{ user: 'jo', password: 'p@ss:ß' }]);
    proxy.close();
  });

  for (const scheme of ['socks4', 'socks4a']) {
    on.it(`SOCKS 4 is spoken for ${scheme}://`, (world) => {
      const { s: listener, name } = world.listener();
      const proxy = new SocksServer(world.ws2);
      world.stack([socks({ proxy: `${scheme}://jo@${proxy.proxy}` })]);
      const client = world.tcpSocket();
      expect(world.connect(client, name)).toBe(0);
      talks(world, client, world.accept(listener));
      expect(proxy.requests).toMatchObject([{ version: 4, host: '127.0.0.1', user: 'jo' }]);
      proxy.close();
    });
  }

  on.it('SOCKS 4A takes names', (world) => {
    const { s: listener, name } = world.listener();
    const proxy = new SocksServer(world.ws2, { hosts: { 'hidden.example': '127.0.0.1' } });
    world.stack([socks({ proxy: `socks4a://${proxy.proxy}` })]);
    const client = world.tcpSocket();
    const { port } = parseSockaddr(name);
    world.ws2.WSAConnectByName(client, 'hidden.example', `${port}`, null, null, null, null, null, null);
    talks(world, client, world.accept(listener));
    proxy.close();
  });

  on.it('SOCKS 4 refuses IPv6 addresses before the proxy is asked', (world) => {
    const { name } = world.listener(AF_INET6);
    const proxy = new SocksServer(world.ws2);
    world.stack([socks({ proxy: `socks4://${proxy.proxy}` })]);
    expect(world.connect(world.tcpSocket(AF_INET6), name)).toBe(WSAEAFNOSUPPORT);
    expect(world.takeDefects()).toEqual(['socks: SOCKS 4 has no IPv6 addresses: use a proxy of SOCKS 5 (socks5://)']);
    expect(proxy.server.connections).toEqual([]);
    proxy.close();
  });

  on.it('a proxy over IPv6 is reached by sockets of IPv6, and by no others', (world) => {
    const { s: listener, name } = world.listener(AF_INET6);
    const proxy = behindProxy(world, { family: AF_INET6 });
    const client = world.tcpSocket(AF_INET6);
    expect(world.connect(client, name)).toBe(0);
    talks(world, client, world.accept(listener));
    expect(world.connect(world.tcpSocket(AF_INET), sockaddr_in('127.0.0.1', 9))).toBe(WSAEAFNOSUPPORT);
    expect(world.takeDefects()).toEqual([expect.stringContaining('which sockets of IPv4 cannot reach')]);
    proxy.close();
  });

  const replies: [number, number, string][] = [
    [1, WSAECONNABORTED, 'general failure of the proxy'],
    [2, WSAEACCES, 'not allowed by its rules'],
    [3, WSAENETUNREACH, 'network unreachable'],
    [4, WSAEHOSTUNREACH, 'host unreachable'],
    [5, WSAECONNREFUSED, 'connection refused'],
    [6, WSAEHOSTUNREACH, 'TTL expired'],
    [7, WSAEOPNOTSUPP, 'command not supported'],
    [8, WSAEAFNOSUPPORT, 'kind of address not supported'],
    [99, WSAECONNABORTED, 'a reply that there is not'],
  ];
  on.it('each refusal of the proxy has its error, and a text that names proxy and reason', (world) => {
    for (const [reply, error, meaning] of replies) {
      const proxy = behindProxy(world, { reply });
      expect(world.connect(world.tcpSocket(), sockaddr_in('10.1.2.3', 80)), meaning).toBe(error);
      expect(world.takeDefects()).toEqual([
        `socks: the SOCKS proxy ${proxy.proxy} refuses 10.1.2.3:80: ${meaning} (reply ${reply})`,
      ]);
      proxy.close();
    }
  });

  on.it('the refusals of SOCKS 4 have theirs', (world) => {
    for (const [reply, error] of [
      [91, WSAECONNREFUSED],
      [92, WSAEACCES],
      [93, WSAEACCES],
    ] as const) {
      const proxy = new SocksServer(world.ws2, { reply });
      world.stack([socks({ proxy: `socks4://${proxy.proxy}` })]);
      expect(world.connect(world.tcpSocket(), sockaddr_in('10.1.2.3', 80))).toBe(error);
      expect(world.takeDefects()).toEqual([expect.stringContaining(`(reply ${reply})`)]);
      proxy.close();
    }
  });

  on.it('a wrong password is WSAEACCES, and shows nowhere', (world) => {
    const proxy = behindProxy(world, { credentials: ['jo', 'right'] }, { user: 'jo', password: 'sekret' });
    expect(world.connect(world.tcpSocket(), sockaddr_in('10.1.2.3', 80))).toBe(WSAEACCES);
    const [text] = world.takeDefects();
    expect(text).toMatch(/user or password not accepted/);
    expect(text).not.toMatch(/jo|sekret/);
    proxy.close();
  });

  on.it('a proxy that wants to know who asks is WSAEACCES, and the text says what to give', (world) => {
    const proxy = behindProxy(world, { credentials: ['jo', 'right'] });
    expect(world.connect(world.tcpSocket(), sockaddr_in('10.1.2.3', 80))).toBe(WSAEACCES);
    expect(world.takeDefects()).toEqual([expect.stringContaining('give `user` and `password`')]);
    proxy.close();
  });

  on.it('a proxy that is not there fails the connect, and nothing goes around', (world) => {
    const { s: listener, name } = world.listener();
    const { address, port } = parseSockaddr(world.closedPort());
    world.stack([socks({ proxy: `${address}:${port}` })]);
    expect(world.connect(world.tcpSocket(), name)).toBe(WSAECONNREFUSED);
    expect(world.takeDefects()).toEqual([
      `socks: the SOCKS proxy ${address}:${port} cannot be reached (WSAECONNREFUSED)`,
    ]);
    world.nonBlocking(listener);
    expect(world.code(world.ws2.accept(listener, null, null))).toBe(WSAEWOULDBLOCK);
  });

  on.it('a proxy that hangs up before it answers fails the connect', (world) => {
    const proxy = behindProxy(world, {
      asked: (_request, connection) => {
        connection.end();
        return false;
      },
    });
    expect(world.connect(world.tcpSocket(), sockaddr_in('10.1.2.3', 80))).toBe(WSAECONNABORTED);
    expect(world.takeDefects()).toEqual([expect.stringContaining('hung up before it answered about 10.1.2.3:80')]);
    proxy.close();
  });

  on.it('a proxy that never answers is given up in time', (world) => {
    const proxy = behindProxy(world, { asked: () => false }, { timeout: 50 });
    expect(world.connect(world.tcpSocket(), sockaddr_in('10.1.2.3', 80))).toBe(WSAETIMEDOUT);
    expect(world.takeDefects()).toEqual([expect.stringContaining('did not answer about 10.1.2.3:80 within 0.05 s')]);
    proxy.close();
  });

  on.it('what follows the answer at once is the destination’s', (world) => {
    const proxy = behindProxy(world, {
      asked: (_request, connection) => {
        connection.send(Buffer.concat([Uint8Array.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0), Buffer.from('welcome')]));
        return false;
      },
    });
    const client = world.tcpSocket();
    expect(world.connect(client, sockaddr_in('10.1.2.3', 80))).toBe(0);
    expect(world.receiveAll(client, 7)).toBe('welcome');
    proxy.close();
  });

  on.it('listeners pass as they are', (world) => {
    const proxy = behindProxy(world);
    const { s: listener, name } = world.listener();
    const client = world.tcpSocket();
    expect(world.connect(client, name)).toBe(0);
    talks(world, client, world.accept(listener));
    proxy.close();
  });
});

describe('the options of `socks`', () => {
  const refused = (options: unknown): string => {
    try {
      socks(options as SocksOptions);
      return 'nothing';
    } catch (error) {
      expect(error).toBeInstanceOf(TypeError);
      return (error as Error).message;
    }
  };

  test('are looked at at once, and a message names the option and never a password', () => {
    expect(refused(undefined)).toMatch(/^socks: `proxy` must be 'host:port' or 'socks5:\/\/user:password@host:port'/);
    for (const proxy of [
      '',
      7,
      'http://a:1',
      'a:70000',
      'a:0',
      'socks5://jo:sek@ret@host:1',
      '::1',
      'a b:1',
      'jo:%zz@a:1',
    ]) {
      expect(refused({ proxy }), String(proxy)).toMatch(/^socks: `proxy` must be/);
      expect(refused({ proxy })).not.toMatch(/sek|ret/);
    }
    expect(refused({ proxy: 'a:1', usr: 'x' })).toMatch(/there is no option "usr".*user/);
    expect(refused({ proxy: 'a:1', password: 'sekret' })).toBe('socks: there is a password, and no `user`');
    expect(refused({ proxy: 'a:1', user: 'x'.repeat(256) })).toMatch(/`user` must be a text of at most 255 bytes/);
    expect(refused({ proxy: 'socks4://a:1', user: 'jo', password: 'sekret' })).toMatch(/SOCKS 4 takes no password/);
    expect(refused({ proxy: 'socks4://a:1', remoteNames: true })).toMatch(/SOCKS 4 takes no names/);
    expect(refused({ proxy: 'a:1', timeout: 0 })).toMatch(/`timeout` must be/);
    expect(refused({ proxy: 'a:1', name: '' })).toMatch(/`name` must be/);
  });

  test('take a proxy in each of its spellings', () => {
    for (const proxy of [
      'a',
      'a:1',
      '[::1]',
      '[::1]:1080',
      '127.0.0.1:1',
      'socks5h://a',
      'SOCKS5://jo:pass@a:1/',
      'socks4a://jo@a',
    ]) {
      expect(socks({ proxy }).name).toBe('socks');
    }
  });
});

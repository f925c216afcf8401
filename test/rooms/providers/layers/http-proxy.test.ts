// The layer `http-proxy`: connections by way of an HTTP proxy, in every I/O model.
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
  WSAECONNABORTED,
  WSAECONNREFUSED,
  WSAEHOSTUNREACH,
  WSAETIMEDOUT,
  WSAEWOULDBLOCK,
  WSAHOST_NOT_FOUND,
  WSAOVERLAPPED,
} from 'ws2spi';
import { createConnection } from 'ws2spi/node';
import { httpProxy, type HttpProxyOptions } from 'ws2spi/providers/layers/http-proxy';
import { HttpProxyServer } from '../../../support/http-proxy-server.js';
import { describeOnEveryProvider, type World } from '../../../support/providers.js';

type Answer = ConstructorParameters<typeof HttpProxyServer>[1];

/** A proxy, and sockets of the world that go by it from now on. */
function behindProxy(
  world: World,
  answer?: Answer,
  options: Partial<HttpProxyOptions> = {},
  hosts = {},
): HttpProxyServer {
  const proxy = new HttpProxyServer(world.ws2, answer, hosts);
  world.stack([httpProxy({ proxy: proxy.proxy, ...options })]);
  return proxy;
}

/** What goes through a connection in both directions. */
function talks(world: World, client: number, server: number): void {
  world.nonBlocking(client, 0);
  world.send(client, 'there');
  expect(world.receiveAll(server, 5)).toBe('there');
  world.send(server, 'back');
  expect(world.receiveAll(client, 4)).toBe('back');
}

const somewhere = sockaddr_in('10.1.2.3', 80);

describeOnEveryProvider('by way of an HTTP proxy', (on) => {
  on.onEveryFamily('a blocking connect gets to its destination, which getpeername names', (world, family) => {
    const { s: listener, name } = world.listener(family);
    const proxy = behindProxy(world);
    const client = world.tcpSocket(family);
    expect(world.connect(client, name)).toBe(0);
    const peer = new Uint8Array(28);
    expect(world.code(world.ws2.getpeername(client, peer, ref(28)))).toBe(0);
    expect(parseSockaddr(peer)).toEqual(parseSockaddr(name));
    talks(world, client, world.accept(listener));
    const { address, port } = parseSockaddr(name);
    const authority = family === AF_INET6 ? `[${address}]:${port}` : `${address}:${port}`;
    expect(proxy.requests).toEqual([`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}`]);
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
    expect(world.signalled(operation.hEvent, 60_000)).toBe(true);
    expect(world.receiveAll(world.accept(listener), 5)).toBe('first');
    world.ws2.WSACloseEvent(operation.hEvent);
    proxy.close();
  });

  on.it('WSAConnectByName and a ChainSocket have the proxy look the name up', async (world) => {
    const { s: listener, name } = world.listener();
    const proxy = behindProxy(world, undefined, {}, { 'hidden.example': '127.0.0.1' });
    const client = world.tcpSocket();
    const { port } = parseSockaddr(name);
    const connected = world.ws2.WSAConnectByName(
      client,
      'hidden.example',
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
    const chain = [world.entryOf(AF_INET, 1)!];
    const socket = createConnection({ ws2: world.ws2, chain, host: 'hidden.example', port });
    await once(socket, 'connect');
    socket.destroy();
    await once(socket, 'close');
    world.accept(listener);
    expect(proxy.requests.map((head) => head.split(' ')[1])).toEqual(Array(2).fill(`hidden.example:${port}`));
    proxy.close();
  });

  on.it('who asks is told by basic authentication', (world) => {
    const { s: listener, name } = world.listener();
    const proxy = new HttpProxyServer(world.ws2);
    world.stack([httpProxy({ proxy: `http://jo:p%40ss%C3%9F@${proxy.proxy}` })]);
    const client = world.tcpSocket();
    expect(world.connect(client, name)).toBe(0);
    talks(world, client, world.accept(listener));
    const basic = Buffer.from('jo:p@ssß').toString('base64');
    expect(proxy.requests[0]).toContain(`\r\nProxy-Authorization: Basic ${basic}`);
    proxy.close();
  });

  const refusals: [string, number, string][] = [
    ['HTTP/1.1 403 Forbidden\r\nX: y\r\n\r\nbody', WSAEACCES, '403 Forbidden'],
    ['HTTP/1.0 404 Not Found\r\n\r\n', WSAEHOSTUNREACH, '404 Not Found'],
    ['HTTP/1.1 407\r\nProxy-Authenticate: Basic realm="x"\r\n\r\n', WSAEACCES, '407: give `user` and `password`'],
    [
      'HTTP/1.1 407 Who\r\nProxy-Authenticate: Digest x\r\nproxy-authenticate: NTLM\r\n\r\n',
      WSAEACCES,
      '407 Who: it takes Digest, NTLM, and this layer knows Basic alone',
    ],
    ['HTTP/1.1 500 Unable to connect\r\n\r\n', WSAEHOSTUNREACH, '500 Unable to connect'],
    ['HTTP/1.1 504 \x1b[31m\r\n\r\n', WSAECONNABORTED, ''],
    ['HTTP/1.1 504 l\xe4te\r\n\r\n', WSAETIMEDOUT, '504 l?te'],
    ['HTTP/1.1 302 Found\r\n\r\n', WSAECONNABORTED, '302 Found'],
    [`HTTP/1.1 400 ${'x'.repeat(1000)}\r\n\r\n`, WSAECONNABORTED, `400 ${'x'.repeat(80)}`],
  ];
  on.it('each refusal of the proxy has its error, and a text that names proxy and reason', (world) => {
    for (const [answer, error, meaning] of refusals) {
      const proxy = behindProxy(world, () => answer);
      expect(world.connect(world.tcpSocket(), somewhere), answer).toBe(error);
      const text = `http-proxy: the HTTP proxy ${proxy.proxy} refuses 10.1.2.3:80: ${meaning}`;
      expect(world.takeDefects()).toEqual([meaning === '' ? expect.stringContaining('does not speak HTTP') : text]);
      proxy.close();
    }
  });

  on.it('a wrong password is WSAEACCES, and shows nowhere', (world) => {
    const proxy = behindProxy(world, () => 'HTTP/1.1 407 No\r\nProxy-Authenticate: basic\r\n\r\n', {
      user: 'jo',
      password: 'sekret',
    });
    expect(world.connect(world.tcpSocket(), somewhere)).toBe(WSAEACCES);
    const [text] = world.takeDefects();
    expect(text).toMatch(/407 No: user or password not accepted/);
    expect(text).not.toMatch(/jo|sekret|am86/);
    proxy.close();
  });

  const malformed = {
    'another protocol': 'SSH-2.0-OpenSSH\r\n',
    'a version that there is not': 'HTTP/2.0 200 OK\r\n\r\n',
    'a status that is none': 'HTTP/1.1 20 OK\r\n\r\n',
    'a status of 600': 'HTTP/1.1 600 OK\r\n\r\n',
    'no status': 'HTTP/1.1 \r\n\r\n',
    'a field without a colon': 'HTTP/1.1 200 OK\r\nfield\r\n\r\n',
    'a field without a name': 'HTTP/1.1 200 OK\r\n: x\r\n\r\n',
    'a name with a blank': 'HTTP/1.1 200 OK\r\nField : x\r\n\r\n',
    'a folded line': 'HTTP/1.1 200 OK\r\nField: x\r\n y\r\n\r\n',
    'a bare line feed': 'HTTP/1.1 200 OK\nField: x\r\n\r\n',
    'a byte of 0': 'HTTP/1.1 200 OK\r\nField: \0\r\n\r\n',
    'a head without end': `HTTP/1.1 200 OK\r\n${'Field: x\r\n'.repeat(3000)}`,
    'a line without end': `HTTP/1.1 200 ${'x'.repeat(30_000)}`,
    'heads without end': 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(30),
  };
  on.it('what is no answer of HTTP fails the connect', (world) => {
    for (const [what, answer] of Object.entries(malformed)) {
      const proxy = behindProxy(world, () => answer);
      expect(world.connect(world.tcpSocket(), somewhere), what).toBe(WSAECONNABORTED);
      expect(world.takeDefects(), what).toEqual([`http-proxy: the HTTP proxy ${proxy.proxy} does not speak HTTP/1.1`]);
      proxy.close();
    }
  });

  on.it(
    'an answer in pieces of a byte, behind one of 100, and with fields for a body, opens the connection',
    (world) => {
      const answer =
        'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 Fine\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nwelcome';
      const proxy = behindProxy(world, (_head, connection) => {
        for (const byte of Buffer.from(answer)) connection.send(Uint8Array.of(byte));
        return '';
      });
      const client = world.tcpSocket();
      expect(world.connect(client, somewhere)).toBe(0);
      expect(world.receiveAll(client, 7)).toBe('welcome');
      proxy.close();
    },
  );

  on.it('a proxy that is not there, hangs up or never answers fails the connect', (world) => {
    const { address, port } = parseSockaddr(world.closedPort());
    world.stack([httpProxy({ proxy: `${address}:${port}` })]);
    expect(world.connect(world.tcpSocket(), somewhere)).toBe(WSAECONNREFUSED);
    const hangsUp = behindProxy(world, (_head, connection) => {
      connection.end();
      return '';
    });
    expect(world.connect(world.tcpSocket(), somewhere)).toBe(WSAECONNABORTED);
    hangsUp.close();
    const silent = behindProxy(world, () => '', { timeout: 50 });
    expect(world.connect(world.tcpSocket(), somewhere)).toBe(WSAETIMEDOUT);
    silent.close();
    expect(world.takeDefects()).toEqual([
      expect.stringContaining('cannot be reached (WSAECONNREFUSED)'),
      expect.stringContaining('hung up before it answered about 10.1.2.3:80'),
      expect.stringContaining('did not answer about 10.1.2.3:80 within 0.05 s'),
    ]);
  });

  on.it('a name that would be more than a name to the proxy is refused before it is asked', (world) => {
    const proxy = behindProxy(world);
    for (const name of ['a b', 'a\r\nX: y', 'x'.repeat(300), 'a/b', 'a:1']) {
      const s = world.tcpSocket();
      expect(world.code(world.ws2.WSAConnectByName(s, name, '80', null, null, null, null, null, null)), name).toBe(
        WSAHOST_NOT_FOUND,
      );
    }
    expect(proxy.server.connections).toEqual([]);
    world.takeDefects();
    proxy.close();
  });
});

describe('the options of `http-proxy`', () => {
  const refused = (options: unknown): string => {
    try {
      httpProxy(options as HttpProxyOptions);
      return 'nothing';
    } catch (error) {
      expect(error).toBeInstanceOf(TypeError);
      return (error as Error).message;
    }
  };

  test('are looked at at once, and a message names the option and never a password', () => {
    expect(refused(undefined)).toMatch(/^httpProxy: `proxy` must be 'host:port' or 'http:\/\/user:password@host:port'/);
    for (const proxy of ['', 7, 'ftp://a:1', 'a:70000', 'http://jo:sek@ret@host:1', '::1']) {
      expect(refused({ proxy }), String(proxy)).toMatch(/^httpProxy: `proxy` must be/);
      expect(refused({ proxy })).not.toMatch(/sek|ret/);
    }
    expect(refused({ proxy: 'https://jo:sekret@a' })).toMatch(/TLS to the proxy is a layer of its own/);
    expect(refused({ proxy: 'a:1', timeOut: 1 })).toMatch(/there is no option "timeOut".*timeout/);
    expect(refused({ proxy: 'a:1', password: 'sekret' })).toBe('httpProxy: there is a password, and no `user`');
    expect(refused({ proxy: 'a:1', user: 'a:b' })).toMatch(/`user` must be a text without a colon/);
    expect(refused({ proxy: 'a:1', user: 'a', password: 'sek\r\nret' })).toMatch(/`password` must be a text/);
  });
});

// Everything that is documented of `net.Socket` and `net.Server`, each with something to try: the same on both sides.
import dns from 'node:dns';
import { once } from 'node:events';
import net from 'node:net';
import { described, failure, listen, pair, thrown, turns, type Side } from './sides.js';

/** Tries one thing on one side; what comes of it is compared. */
export type Probe = (side: Side) => unknown;

const BAD_PORTS = [70_000, -1, 1.5, Number.NaN, 'x1', '', true, {}, []];

const blockList = new net.BlockList();
blockList.addAddress('127.0.0.1');

async function echoed(side: Side, options: object, serverOptions: object = {}): Promise<string> {
  const { client, peer } = await pair(side, { client: options, server: serverOptions });
  peer.pipe(peer);
  client.end('echo');
  let text = '';
  for await (const piece of client) text += String(piece);
  return text;
}

/** How a connect to a name ends, by what its lookup function answers. */
function byLookup(lookup: (all: boolean, answer: (...found: unknown[]) => void) => void, more: object = {}): Probe {
  return async (side) => {
    const port = await listen(side.server());
    const socket = side.connect({
      port,
      host: 'name.example',
      lookup: (_name: string, options: dns.LookupOptions, answer: () => void) =>
        setImmediate(lookup, options.all === true, answer),
      ...more,
    });
    const events: unknown[] = [];
    for (const event of ['lookup', 'connectionAttempt', 'connectionAttemptFailed', 'connectionAttemptTimeout']) {
      socket.on(event, (...data: unknown[]) => {
        events.push([
          event,
          ...data.map((each) => (each === port ? 'PORT' : each instanceof Error ? each.message : each)),
        ]);
      });
    }
    const ended = await Promise.race([once(socket, 'connect').then(() => 'connected'), failure(socket)]);
    const tried = socket.autoSelectFamilyAttemptedAddresses;
    const outcome = typeof ended === 'string' ? [ended, socket.remoteAddress, socket.remoteFamily] : described(ended);
    return JSON.parse(JSON.stringify({ events, outcome, tried }).replaceAll(String(port), 'PORT')) as unknown;
  };
}

async function listenFailure(side: Side, options: object): Promise<string> {
  const server = side.server();
  const failed = failure(server);
  server.listen(options);
  return described(await failed);
}

/** Options of `new Socket` and of `connect`. */
export const SOCKET_OPTIONS: Readonly<Record<string, Probe>> = {
  'option allowHalfOpen: true': async (side) => {
    const { client, peer } = await pair(side, { client: { allowHalfOpen: true } });
    peer.end();
    client.resume();
    await once(client, 'end');
    await turns();
    return [client.allowHalfOpen, client.writable, client.destroyed];
  },
  'option allowHalfOpen: false': async (side) => {
    const { client, peer } = await pair(side);
    peer.end();
    client.resume();
    await once(client, 'close');
    return [client.allowHalfOpen, client.writable, client.destroyed];
  },
  'option blockList: a listed address': async (side) => {
    const port = await listen(side.server());
    const socket = side.connect({ port, host: '127.0.0.1', blockList });
    const ended = await Promise.race([failure(socket), once(socket, 'connect').then(() => null)]);
    return ended && described(ended);
  },
  'option blockList: no BlockList': (side) => thrown(() => side.socket({ blockList: 5 })).split(':')[0],
  'option fd: a descriptor': (side) => thrown(() => side.socket({ fd: 0 })),
  'option handle: a handle': (side) => {
    const { _handle: handle } = net.createServer().listen(0).unref() as unknown as { _handle: object };
    return thrown(() => side.socket({ handle }));
  },
  'option highWaterMark: 5': (side) => {
    const socket = side.socket({ highWaterMark: 5 });
    return [socket.readableHighWaterMark, socket.writableHighWaterMark];
  },
  'option keepAlive, keepAliveInitialDelay': (side) => echoed(side, { keepAlive: true, keepAliveInitialDelay: 5000 }),
  'option keepAliveInitialDelay: no number': (side) => thrown(() => side.socket({ keepAliveInitialDelay: '1' })),
  'option keepAliveInitialDelay: negative': (side) => echoed(side, { keepAlive: true, keepAliveInitialDelay: -5 }),
  'option noDelay: true': (side) => echoed(side, { noDelay: true }),
  'option objectMode: true': (side) => thrown(() => side.socket({ objectMode: true })),
  'option readableObjectMode: true': (side) => thrown(() => side.socket({ readableObjectMode: true })),
  'option writableObjectMode: true': (side) => thrown(() => side.socket({ writableObjectMode: true })),
  'option onread: a buffer': async (side) => {
    let text = '';
    const onread = {
      buffer: Buffer.alloc(3),
      callback: (length: number, buffer: Buffer) => (text += buffer.toString('latin1', 0, length)) !== '',
    };
    const { client, peer } = await pair(side, { client: { onread } });
    let data = 0;
    client.on('data', () => data++);
    peer.end('a longer text');
    await once(client, 'end');
    return [text, data, client.bytesRead];
  },
  'option onread: a function that gives buffers, and pauses': async (side) => {
    const seen: string[] = [];
    let made = 0;
    const onread = {
      buffer: () => Buffer.alloc(4, made++),
      callback(length: number, buffer: Buffer) {
        seen.push(buffer.toString('latin1', 0, length));
        return false;
      },
    };
    const { client, peer } = await pair(side, { client: { onread } });
    peer.end('abcdefgh');
    await turns();
    while (seen.join('').length < 8) {
      client.resume();
      await turns();
    }
    client.resume();
    await once(client, 'close');
    return [seen.join(''), made > 1];
  },
  'option onread: incomplete': async (side) => {
    const { client, peer } = await pair(side, { client: { onread: { buffer: Buffer.alloc(3) } } });
    peer.end('as data');
    return String((await once(client, 'data'))[0]);
  },
  'option signal: aborted': async (side) => {
    const { client } = await pair(side, { client: { signal: AbortSignal.abort() } }).catch(() => ({ client: null }));
    return client;
  },
  'option signal: none': (side) => thrown(() => side.socket({ signal: 5 })),
  'option timeout': async (side) => {
    const { client } = await pair(side, { client: { timeout: 20 } });
    const { timeout } = client;
    await once(client, 'timeout');
    return [timeout, client.destroyed];
  },
  'option port: none': (side) => thrown(() => side.socket().connect({} as net.TcpSocketConnectOpts)),
  'option port: wrong ones': (side) =>
    [...BAD_PORTS, null].map((port) =>
      thrown(() => side.socket().connect({ port: port as number, host: '127.0.0.1' })),
    ),
  'option port: a string': async (side) => {
    const port = await listen(side.server());
    await once(side.connect({ port: String(port), host: '127.0.0.1' }), 'connect');
  },
  'option host: no string': (side) => thrown(() => side.socket().connect({ port: 1, host: 5 as never })).split(':')[0],
  'option host: with a NUL': (side) =>
    thrown(() => side.socket().connect({ port: 1, host: 'a\0b', lookup: () => undefined })),
  'option path: a local socket': async (side) => {
    let error: unknown;
    const socket = side.socket();
    const emitted = once(socket, 'error').catch(() => undefined);
    try {
      socket.connect({ path: '/nowhere/to/be/found' });
      [error] = (await Promise.race([once(socket, 'close'), emitted])) as [unknown];
    } catch (thrownError) {
      error = thrownError;
    }
    return described(error);
  },
  'option path: no string': (side) => thrown(() => side.socket().connect({ path: 5 as never })),
  'option localAddress, localPort': async (side) => {
    const { client, peer } = await pair(side, { client: { localAddress: '127.0.0.1', localPort: 0 } });
    return [client.localAddress, peer.remoteAddress, peer.remotePort === client.localPort];
  },
  'option localAddress: null': (side) => echoed(side, { localAddress: null, lookup: null }),
  'option localAddress: no address': (side) =>
    thrown(() => side.socket().connect({ port: 1, host: '127.0.0.1', localAddress: 'x' })),
  'option localAddress: of another host': async (side) =>
    described(await failure(side.connect({ port: 9, host: '127.0.0.1', localAddress: '192.0.2.1' }))),
  'option localPort: no number': (side) =>
    thrown(() => side.socket().connect({ port: 1, host: '127.0.0.1', localPort: '5' as never })),
  'option localPort: no port': async (side) => {
    const socket = side.socket();
    const failed = failure(socket);
    const error = thrown(() => socket.connect({ port: 1, host: '127.0.0.1', localPort: 70_000 }));
    return error === 'none' ? described(await failed) : error;
  },
  'option family, hints': async (side) => {
    const asked: unknown[] = [];
    for (const more of [{}, { family: 4 }, { family: 'IPv6' }, { hints: dns.V4MAPPED }, { autoSelectFamily: false }]) {
      const lookup = (_name: string, options: object): unknown => asked.push({ ...options });
      side.socket().connect({ port: 1, host: 'x', lookup, ...more } as net.TcpSocketConnectOpts);
    }
    await turns(1);
    return asked;
  },
  'option lookup: no function': (side) =>
    thrown(() => side.socket().connect({ port: 1, host: 'x', lookup: 5 as never })),
  'option lookup: an error': byLookup((_all, answer) =>
    answer(Object.assign(new Error('lost'), { code: 'EAI_AGAIN' })),
  ),
  'option lookup: an address': byLookup((all, answer) =>
    all ? answer(null, [{ address: '127.0.0.1', family: 4 }]) : answer(null, '127.0.0.1', 4),
  ),
  'option lookup: one address though all are asked for': byLookup((_all, answer) => answer(null, '127.0.0.1', 4)),
  'option lookup: twice': async (side) => {
    const port = await listen(side.server());
    const lookup = (_name: string, { all }: { all?: boolean }, answer: (...found: unknown[]) => void): void => {
      for (let time = 0; time < 2; time++) {
        if (all) answer(null, [{ address: '127.0.0.1', family: 4 }]);
        else answer(null, '127.0.0.1', 4);
      }
    };
    const { code } = await failure(side.connect({ port, host: 'x', lookup }));
    return code;
  },
  'option lookup: no address': byLookup((all, answer) =>
    all ? answer(null, [{ address: 'x', family: 4 }]) : answer(null, 'x', 4),
  ),
  'option lookup: no address of one': byLookup((_all, answer) => answer(null, 'x', 4), { family: 4 }),
  'option lookup: a number': byLookup((_all, answer) => answer(null, 5, 4), { family: 4 }),
  'option lookup: an odd family': byLookup((_all, answer) => answer(null, '127.0.0.1', 5), { family: 4 }),
  'option lookup: no family': byLookup((_all, answer) => answer(null, '127.0.0.1'), { family: 4 }),
  'option autoSelectFamily: the second address answers': byLookup((_all, answer) =>
    answer(null, [
      { address: '::1', family: 6 },
      { address: '127.0.0.1', family: 4 },
    ]),
  ),
  'option autoSelectFamily: addresses twice, and of two families': byLookup((_all, answer) =>
    answer(null, [
      { address: '127.0.0.9', family: 4 },
      { address: '127.0.0.9', family: 4 },
      { address: '127.0.0.8', family: 4 },
      { address: '::1', family: 6 },
    ]),
  ),
  'option autoSelectFamily: false': byLookup((_all, answer) => answer(null, '::1', 6), { autoSelectFamily: false }),
  'option autoSelectFamily: no boolean': (side) =>
    thrown(() => side.socket().connect({ port: 1, host: 'x', autoSelectFamily: 5 as never, lookup: () => undefined })),
  'option autoSelectFamilyAttemptTimeout: wrong ones': (side) =>
    [0, -1, 1.5, 2 ** 31, '250', Number.NaN].map((autoSelectFamilyAttemptTimeout) =>
      thrown(() =>
        side.socket().connect({
          port: 1,
          host: 'x',
          autoSelectFamilyAttemptTimeout: autoSelectFamilyAttemptTimeout as number,
          lookup: () => undefined,
        }),
      ),
    ),
};

/** Methods, properties and events of a socket. */
export const SOCKET_MEMBERS: Readonly<Record<string, Probe>> = {
  'method Socket(): without new': (side) => {
    const { constructor } = side.socket();
    return thrown(() => (constructor as unknown as () => unknown)());
  },
  'property instanceof, name of the handle, _connecting': async (side) => {
    const { client, peer, server } = await pair(side);
    const own = client as unknown as { _handle: object; _connecting: boolean; _bytesDispatched: number };
    return [
      client instanceof net.Socket,
      peer instanceof net.Socket,
      server instanceof net.Server,
      typeof own._handle,
      own._connecting,
      own._bytesDispatched,
      (peer as unknown as { server: unknown }).server === server,
    ];
  },
  'property bytesRead, bytesWritten: of a second connection': async (side) => {
    const server = side.server({}, (socket) => socket.on('data', () => socket.end('bye')));
    const port = await listen(server);
    const socket = side.connect({ port, host: '127.0.0.1' });
    const counts: unknown[] = [];
    for (const text of ['first', 'second one']) {
      if (counts.length > 0) socket.connect({ port, host: '127.0.0.1' });
      socket.resume().write(text);
      await once(socket, 'close');
      counts.push([socket.bytesRead, socket.bytesWritten]);
    }
    return counts;
  },
  'method connect: port of a wrong type': (side) =>
    thrown(() => side.socket().connect({ port: {}, host: '127.0.0.1' } as never)),
  'method address': async (side) => {
    const unconnected = side.socket().address();
    const { client } = await pair(side);
    const { port, ...rest } = client.address() as net.AddressInfo;
    return [unconnected, typeof port, rest];
  },
  'method connect: while connecting': async (side) => {
    const port = await listen(side.server());
    const socket = side.connect({ port, host: '127.0.0.1' });
    const failed = failure(socket);
    socket.connect({ port, host: '127.0.0.1' });
    const { code, syscall } = await failed;
    return [code, syscall];
  },
  'method connect: while connected': async (side) => {
    const { client, port, server } = await pair(side);
    const again = once(client, 'connect');
    client.connect({ port, host: '127.0.0.1' });
    const { connecting } = client;
    await again;
    const connections = await new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));
    const failed = failure(client);
    client.connect({ port, host: '127.0.0.1' });
    return [connecting, connections, (await failed).code];
  },
  'method connect: after end': async (side) => {
    const { client, port } = await pair(side, { server: { allowHalfOpen: true } });
    client.end();
    await once(client, 'finish');
    const failed = failure(client);
    client.connect({ port, host: '127.0.0.1' });
    return (await failed).code;
  },
  'method connect: of a connection that was accepted': async (side) => {
    const { peer, port } = await pair(side);
    const failed = failure(peer);
    peer.connect({ port, host: '127.0.0.1' });
    return (await failed).code;
  },
  'method connect: again once closed': async (side) => {
    const { client, peer, port, server } = await pair(side);
    peer.end('first');
    await once(client.resume(), 'close');
    const before = [client.bytesRead, client.remoteAddress, client.pending];
    const second = once(server, 'connection') as Promise<[net.Socket]>;
    client.connect({ port, host: '127.0.0.1' });
    await once(client, 'connect');
    const after = [client.bytesRead, client.bytesWritten, client.remoteAddress, client.pending];
    (await second)[0].end('second');
    return [before, after, String((await once(client, 'data'))[0])];
  },
  'method connect: port, host and listener': async (side) => {
    const port = await listen(side.server());
    const socket = side.socket();
    await new Promise<void>((resolve) => socket.connect(port, '127.0.0.1', resolve));
  },
  'method connect: no argument': (side) => thrown(() => side.socket().connect(undefined as never)),
  'method destroy': async (side) => {
    const { client, peer } = await pair(side);
    peer.resume();
    client.destroy();
    const states = [client.destroyed, client.readyState, client.pending, client.connecting];
    return [states, (await once(client, 'close')) as unknown];
  },
  'method destroySoon': async (side) => {
    const { client, peer } = await pair(side);
    client.write('all of it');
    client.destroySoon();
    return String((await once(peer, 'data'))[0]);
  },
  'method end: with data and callback': async (side) => {
    const { client, peer } = await pair(side);
    const data = once(peer, 'data');
    await new Promise<void>((resolve) => client.end('x', 'latin1', resolve));
    return String((await data)[0]);
  },
  'method pause, resume, isPaused': async (side) => {
    const { client, peer } = await pair(side);
    client.on('data', () => undefined).pause();
    const paused = client.isPaused();
    peer.write('x');
    await turns();
    const waiting = client.readableLength;
    client.resume();
    return [paused, waiting, client.isPaused()];
  },
  'method ref, unref': async (side) => {
    const { client } = await pair(side);
    return [client.ref() === client, client.unref() === client];
  },
  'method resetAndDestroy': async (side) => {
    const { client, peer } = await pair(side);
    const failed = failure(peer.resume());
    client.resetAndDestroy();
    const { code, syscall, message } = await failed;
    return [code, syscall, message, client.destroyed];
  },
  'method resetAndDestroy: without a connection': async (side) => {
    const socket = side.socket();
    const failed = failure(socket);
    socket.resetAndDestroy();
    return described(await failed);
  },
  'method setEncoding': async (side) => {
    const { client, peer } = await pair(side);
    client.setEncoding('hex');
    peer.write('az');
    return (await once(client, 'data')) as unknown;
  },
  'method setKeepAlive': async (side) => {
    const { client } = await pair(side);
    return [client.setKeepAlive(true, 5000), client.setKeepAlive(), client.setKeepAlive(true)].every(
      (it) => it === client,
    );
  },
  'method setNoDelay': async (side) => {
    const { client } = await pair(side);
    return [client.setNoDelay(), client.setNoDelay(false)].every((it) => it === client);
  },
  'method setTimeout: wrong ones': (side) =>
    [undefined, null, '100', -1, Number.NaN, Infinity, {}].map((time) =>
      thrown(() => side.socket().setTimeout(time as number)),
    ),
  'method setTimeout: no function': (side) => [
    thrown(() => side.socket().setTimeout(5, 5 as never)),
    thrown(() => side.socket().setTimeout(0, 'x' as never)),
  ],
  'method setTimeout: 2^31 ms and more': async (side) => {
    const warnings: string[] = [];
    const hear = (warning: Error): unknown => warnings.push(`${warning.name}: ${warning.message}`);
    process.on('warning', hear);
    const { client } = await pair(side);
    let rung = false;
    client.on('timeout', () => (rung = true)).setTimeout(2 ** 32);
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off('warning', hear);
    return [rung, client.timeout, warnings.filter((warning) => warning.startsWith('TimeoutOverflow'))];
  },
  'method setTimeout: of a closed socket': (side) => {
    const socket = side.socket().destroy();
    return [socket.setTimeout('x' as never) === socket, socket.timeout];
  },
  'method setTypeOfService': (side) => {
    const socket = side.socket() as net.Socket & { setTypeOfService?(value: unknown): unknown };
    if (socket.setTypeOfService === undefined) return 'none';
    return [0, 255, -1, 256, 1.5, Number.NaN, '5'].map(
      (value) => thrown(() => socket.setTypeOfService!(value)).split(':')[0],
    );
  },
  'method getTypeOfService': async (side) => {
    const { client } = await pair(side);
    const socket = client as net.Socket & { setTypeOfService?(value: number): unknown; getTypeOfService?(): number };
    if (socket.setTypeOfService === undefined) return 'none';
    return [socket.getTypeOfService!(), socket.setTypeOfService(16) === socket, socket.getTypeOfService!()];
  },
  'method write: callback and encodings': async (side) => {
    const { client, peer } = await pair(side);
    const data = once(peer, 'data');
    await new Promise((resolve) => client.write('6162', 'hex', resolve));
    return String((await data)[0]);
  },
  'method write: after the end': async (side) => {
    const { client } = await pair(side);
    client.end();
    const failed = failure(client);
    client.write('x');
    return described(await failed);
  },
  'method write: after the peer has ended': async (side) => {
    const { client, peer } = await pair(side);
    const failed = failure(client);
    // The end of the client's own side comes at the next tick.
    client.on('end', () => process.nextTick(() => process.nextTick(() => client.write('x')))).resume();
    peer.end();
    return described(await failed);
  },
  'method write: before a connection': async (side) => {
    const socket = side.socket();
    const failed = failure(socket);
    socket.write('x');
    return described(await failed);
  },
  'method write: nothing': async (side) => {
    const { client } = await pair(side);
    return [thrown(() => client.write(null as never)), thrown(() => client.write(5 as never))];
  },
  'property bufferSize': async (side) => {
    const { client } = await pair(side);
    return [side.socket().bufferSize, client.bufferSize];
  },
  'property bytesRead, bytesWritten': async (side) => {
    const { client, peer } = await pair(side);
    client.write('abc');
    await once(peer, 'data');
    client.destroy();
    return [client.bytesWritten, client.bytesRead, peer.bytesRead, peer.bytesWritten];
  },
  'property bytesWritten: while connecting': async (side) => {
    const socket = side.connect({ port: await listen(side.server()), host: '127.0.0.1' });
    socket.write('äb');
    socket.write(Buffer.alloc(4));
    return socket.bytesWritten;
  },
  'property connecting, pending, readyState': async (side) => {
    const state = (socket: net.Socket): unknown => [socket.connecting, socket.pending, socket.readyState];
    const fresh = state(side.socket());
    const socket = side.connect({ port: await listen(side.server()), host: '127.0.0.1' });
    const under = state(socket);
    await once(socket, 'connect');
    const open = state(socket);
    socket.end();
    const ended = state(socket);
    return [fresh, under, open, ended, state(socket.destroy())];
  },
  'property localAddress, remoteAddress: before, while, after': async (side) => {
    const names = (socket: net.Socket): unknown => [
      socket.localAddress,
      socket.localFamily,
      typeof socket.localPort,
      socket.remoteAddress,
      socket.remoteFamily,
      typeof socket.remotePort,
    ];
    const fresh = names(side.socket());
    const { client, peer } = await pair(side);
    const both = [names(client), names(peer)];
    client.destroy();
    peer.destroy();
    return [fresh, both, names(client), names(peer)];
  },
  'property remoteAddress: first asked after the close': async (side) => {
    const { client } = await pair(side);
    client.destroy();
    return [client.remoteAddress, client.localAddress];
  },
  'property timeout': async (side) => {
    const { client } = await pair(side);
    const before = client.timeout;
    client.setTimeout(5000);
    return [before, client.timeout, client.setTimeout(0).timeout];
  },
  'event connectionAttempt, connectionAttemptFailed: nobody listens': async (side) => {
    const server = side.server();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    const events: unknown[] = [];
    const socket = side.connect({ port, host: '127.0.0.1' });
    for (const event of ['connectionAttempt', 'connectionAttemptFailed']) {
      socket.on(event, (address, _port, family, error?: Error) => events.push([event, address, family, error?.name]));
    }
    const error = await failure(socket);
    await once(socket, 'close');
    return [events, error.code, error.syscall, (error as { address?: string }).address, error.errno];
  },
  'event close, end, ready, drain': async (side) => {
    const events: unknown[] = [];
    const { client, peer } = await pair(side);
    for (const event of ['close', 'end', 'drain', 'finish']) client.on(event, (detail) => events.push([event, detail]));
    // A network in memory takes the first whole, as Windows does; then there is room for neither.
    client.write(Buffer.alloc(20_000_000));
    client.write(Buffer.alloc(20_000_000));
    peer.resume();
    await once(client, 'drain');
    peer.end();
    await once(client.resume(), 'close');
    return events;
  },
};

/** Options, methods, properties and events of a server. */
export const SERVER_MEMBERS: Readonly<Record<string, Probe>> = {
  'server options: none': (side) => thrown(() => side.server('x')),
  'server options: null': async (side) => (await listen(side.server(null))) > 0,
  'server option allowHalfOpen: true': (side) => echoed(side, { allowHalfOpen: true }, { allowHalfOpen: true }),
  'server option keepAlive, keepAliveInitialDelay, noDelay': (side) =>
    echoed(side, {}, { keepAlive: true, keepAliveInitialDelay: 1000, noDelay: true }),
  'server option keepAliveInitialDelay: no number': (side) => thrown(() => side.server({ keepAliveInitialDelay: 'x' })),
  'server option highWaterMark: 5': async (side) => {
    const { peer } = await pair(side, { server: { highWaterMark: 5 } });
    return [peer.readableHighWaterMark, peer.writableHighWaterMark];
  },
  'server option highWaterMark: negative': async (side) => {
    const { peer, client } = await pair(side, { server: { highWaterMark: -1 } });
    return peer.readableHighWaterMark === client.readableHighWaterMark;
  },
  'server option highWaterMark: no number': (side) => thrown(() => side.server({ highWaterMark: 'x' })),
  'server option pauseOnConnect: true': async (side) => {
    const { peer, client } = await pair(side, { server: { pauseOnConnect: true } });
    client.write('x');
    await turns();
    return [peer.isPaused(), peer.readableLength, String((await once(peer.resume(), 'data'))[0])];
  },
  'server option blockList: a listed address': async (side) => {
    const server = side.server({ blockList });
    const port = await listen(server);
    let connections = 0;
    server.on('connection', () => connections++);
    const client = side.connect({ port, host: '127.0.0.1' }).resume();
    await Promise.race([once(client, 'close'), once(server, 'connection')]);
    return connections;
  },
  'server option blockList: no BlockList': (side) => thrown(() => side.server({ blockList: 5 })).split(':')[0],
  'listen option port: wrong ones': (side) =>
    BAD_PORTS.map((port) => thrown(() => side.server().listen({ port: port as number }))),
  'listen option port: none that is said': (side) => [
    thrown(() => side.server().listen({})),
    thrown(() => side.server().listen({ host: '127.0.0.1' })),
    thrown(() => side.server().listen(true as never)),
  ],
  'listen option port: null and undefined': async (side) => {
    const ports: boolean[] = [];
    for (const args of [[null], [undefined], [{ port: null }], [{ port: undefined }], []]) {
      const server = side.server();
      const listening = once(server, 'listening');
      server.listen(...(args as []));
      await listening;
      ports.push((server.address() as net.AddressInfo).port > 0);
    }
    return ports;
  },
  'listen option backlog, exclusive, readableAll, writableAll': async (side) =>
    (await listen(side.server(), { backlog: 5, exclusive: true, readableAll: true, writableAll: true })) > 0,
  'listen option host: a name': async (side) => {
    const server = side.server();
    const port = await listen(server, { host: 'localhost' });
    await once(side.connect({ port, host: 'localhost' }), 'connect');
  },
  'listen option host: of another host': async (side) => listenFailure(side, { port: 0, host: '192.0.2.1' }),
  'listen option ipv6Only: true': async (side) => {
    const server = side.server();
    const port = await listen(server, { host: '::', ipv6Only: true });
    return (await failure(side.connect({ port, host: '127.0.0.1' }))).code;
  },
  'listen option signal: none': (side) => thrown(() => side.server().listen({ port: 0, signal: 5 as never })),
  'listen option signal: aborted': async (side) => {
    const server = side.server();
    const closed = once(server, 'close');
    server.listen({ port: 0, signal: AbortSignal.abort() });
    await closed;
    return server.listening;
  },
  'listen option path: a local socket': async (side) => {
    try {
      return await listenFailure(side, { path: '/nowhere/to/be/found' });
    } catch (error) {
      return described(error);
    }
  },
  'listen option fd: a descriptor': async (side) => {
    try {
      return await listenFailure(side, { fd: 0 });
    } catch (error) {
      return described(error);
    }
  },
  'listen option handle: a handle': async (side) => {
    const other = net.createServer();
    await listen(other);
    const error = thrown(() =>
      side.server().listen({ handle: (other as unknown as { _handle: object })._handle } as never),
    );
    other.close();
    return error;
  },
  'listen option reusePort: true': async (side) => {
    const server = side.server();
    const listening = once(server, 'listening');
    const error = thrown(() => server.listen({ port: 0, host: '127.0.0.1', reusePort: true } as net.ListenOptions));
    if (error === 'none') await listening;
    return error;
  },
  'server method listen: twice': async (side) => {
    const server = side.server();
    await listen(server);
    return thrown(() => server.listen(0));
  },
  'server method listen: port, host, backlog and listener': async (side) => {
    const server = side.server();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 5, resolve));
    return (server.address() as net.AddressInfo).address;
  },
  'server method address': async (side) => {
    const server = side.server();
    const before = server.address();
    await listen(server);
    const { address, family } = server.address() as net.AddressInfo;
    return [before, address, family];
  },
  'server property allowHalfOpen, noDelay, keepAlive, highWaterMark, _connectionKey, _connections': async (side) => {
    const server = side.server({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 2000, highWaterMark: 9 });
    const port = await listen(server);
    const own = server as unknown as Record<string, unknown>;
    const names = ['allowHalfOpen', 'pauseOnConnect', 'noDelay', 'keepAlive', 'keepAliveInitialDelay', 'highWaterMark'];
    return [
      names.map((name) => own[name]),
      String(own['_connectionKey']).replace(String(port), 'PORT'),
      own['_connections'],
    ];
  },
  'server method close: twice': async (side) => {
    const server = side.server();
    await listen(server);
    await new Promise((resolve) => server.close(resolve));
    return described(await new Promise((resolve) => server.close(resolve)));
  },
  'server method [Symbol.asyncDispose]': async (side) => {
    const server = side.server();
    await listen(server);
    await server[Symbol.asyncDispose]();
    return server.listening;
  },
  'server method getConnections': async (side) => {
    const { server, client } = await pair(side);
    const count = (): Promise<unknown> => new Promise((resolve) => server.getConnections((...told) => resolve(told)));
    const open = await count();
    client.destroy();
    while (((await count()) as number[])[1] !== 0) await turns(1);
    return [open, await count()];
  },
  'server method ref, unref': (side) => {
    const server = side.server();
    return [server.ref() === server, server.unref() === server];
  },
  'server property listening': async (side) => {
    const server = side.server();
    const states = [server.listening];
    await listen(server);
    states.push(server.listening);
    server.close();
    return [...states, server.listening];
  },
  'server property maxConnections: 0 and 1, event drop': async (side) => {
    const outcomes: unknown[] = [];
    for (const most of [0, 1]) {
      const server = side.server();
      const port = await listen(server);
      server.maxConnections = most;
      let taken = 0;
      let dropped: unknown;
      server.on('connection', () => taken++).on('drop', (data) => (dropped = { ...data }));
      const clients = [0, 1].map(() => side.connect({ port, host: '127.0.0.1' }).resume());
      await Promise.all(clients.map((client) => once(client, 'connect').catch(() => undefined)));
      await turns();
      const { localAddress, remoteAddress, remoteFamily } = (dropped ?? {}) as net.DropArgument;
      outcomes.push([taken, localAddress, remoteAddress, remoteFamily]);
    }
    return outcomes;
  },
  'server event error: EADDRINUSE': async (side) => {
    const port = await listen(side.server());
    const server = side.server();
    const failed = failure(server);
    server.listen(port, '127.0.0.1');
    const error = await failed;
    const { code, errno, syscall, address } = error as NodeJS.ErrnoException & { address?: string };
    return { code, errno, syscall, address, message: error.message.replace(String(port), 'PORT') };
  },
};

/** What the documentation of `node:net` names. Each has to be in the name of a probe. */
export const DOCUMENTED = {
  option:
    'allowHalfOpen blockList fd handle highWaterMark keepAlive keepAliveInitialDelay noDelay objectMode onread signal timeout port host path localAddress localPort family hints lookup autoSelectFamily autoSelectFamilyAttemptTimeout',
  method:
    'address connect destroy destroySoon end pause ref resetAndDestroy resume setEncoding setKeepAlive setNoDelay setTimeout setTypeOfService getTypeOfService unref write',
  property: 'bufferSize bytesRead bytesWritten connecting pending readyState localAddress remoteAddress timeout',
  event: 'connectionAttempt connectionAttemptFailed close end ready drain',
  'server option': 'allowHalfOpen keepAlive keepAliveInitialDelay noDelay highWaterMark pauseOnConnect blockList',
  'listen option': 'port backlog exclusive readableAll writableAll host ipv6Only signal path fd handle reusePort',
  'server method': 'listen address close [Symbol.asyncDispose] getConnections ref unref',
  'server property': 'listening maxConnections',
  'server event': 'error',
} as const;

// What the documentation of `node:net` does not name, and programs do all the same; the same on both sides.
import { channel } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type net from 'node:net';
import { nobodysPort } from '../../support/free-ports.js';
import { described, failure, listen, pair, thrown, turns } from './sides.js';
import type { Probe } from './surface.js';

const EVENTS = ['connect', 'ready', 'end', 'finish', 'close', 'error'];

/** Everything that is emitted, with errors as text. */
function heard(emitter: net.Socket | net.Server, events: readonly string[] = EVENTS): unknown[] {
  const log: unknown[] = [];
  for (const event of events) {
    emitter.on(event, (...told: unknown[]) => {
      log.push([event, ...told.map((each) => (each instanceof Error ? described(each) : each))]);
    });
  }
  return [...log];
}

/** What can be asked of a socket at any time. */
function state(socket: net.Socket): unknown {
  const own = socket as unknown as Record<string, unknown>;
  return [
    [socket.connecting, socket.pending, socket.readyState, socket.destroyed, socket.closed],
    [socket.readable, socket.readableEnded, socket.readableAborted, socket.readableFlowing, socket.readableLength],
    [socket.writable, socket.writableEnded, socket.writableFinished, socket.writableNeedDrain, socket.writableLength],
    [socket.bytesRead, socket.bytesWritten, own['_bytesDispatched'], own['_hadError'], own['_host']],
    [own['_parent'], own['_handle'] === null, own['server'] === null, own['_server'] === null, own['_paused']],
  ];
}

/** Waits until something has closed, whatever errors it tells of. */
async function closed(emitter: net.Socket | net.Server): Promise<void> {
  if ((emitter as net.Socket).closed !== true) await new Promise<void>((resolve) => emitter.once('close', resolve));
  // It is closed a tick before it tells so, and those who wrote are told last.
  await turns(3);
}

async function listening(server: net.Server, ...args: unknown[]): Promise<string> {
  const error = thrown(() => server.listen(...(args as [])));
  if (error !== 'none') return error;
  return new Promise((resolve) => {
    server.once('listening', () => resolve('listening')).once('error', (failed) => resolve(described(failed)));
  });
}

/** Sockets. */
export const UNDOCUMENTED: Readonly<Record<string, Probe>> = {
  'state of a socket: from its making to its close': async (side) => {
    const states: unknown[] = [];
    const server = side.server();
    const port = await listen(server);
    const accepted = once(server, 'connection') as Promise<[net.Socket]>;
    const socket = side.socket();
    states.push(state(socket));
    socket.connect({ port, host: '127.0.0.1' });
    socket.write('hello');
    states.push(state(socket));
    await once(socket, 'connect');
    const [peer] = await accepted;
    states.push(state(socket));
    await once(peer, 'readable');
    states.push(state(peer), String(peer.read()));
    socket.end('bye');
    states.push(state(socket));
    await once(socket, 'finish');
    await closed(peer.resume());
    states.push(state(peer));
    await closed(socket.resume());
    states.push(state(socket));
    return states;
  },
  'state of a socket: destroyed before, while and after connecting, with an error and without': async (side) => {
    const states: unknown[] = [];
    for (const error of [undefined, new Error('mine')]) {
      const fresh = side.socket();
      const connecting = side.connect({ port: await listen(side.server()), host: '127.0.0.1' });
      const { client } = await pair(side);
      for (const socket of [fresh, connecting, client]) {
        const log = heard(socket);
        socket.destroy(error);
        await turns();
        states.push(state(socket), [...log]);
      }
    }
    return states;
  },
  'own names of a socket': async (side) => {
    const { client, peer } = await pair(side);
    return [client, peer].map((socket) => Object.keys(socket).sort());
  },
  'signal that has fired: of a socket': async (side) => {
    const socket = side.socket({ signal: AbortSignal.abort() });
    const log = heard(socket);
    await closed(socket);
    return [[...log], state(socket)];
  },
  'signal that has fired: of a connection': async (side) => {
    const port = await listen(side.server());
    const socket = side.connect({ port, host: '127.0.0.1', signal: AbortSignal.abort() });
    const log = heard(socket, ['connect', 'error']);
    await new Promise((resolve) => socket.once('connect', resolve));
    return [...log];
  },
  'signal that fires while connecting': async (side) => {
    const controller = new AbortController();
    const port = await listen(side.server());
    const socket = side.connect({ port, host: '127.0.0.1', signal: controller.signal });
    const log = heard(socket);
    controller.abort(new Error('because'));
    await closed(socket);
    return [[...log], described((socket.errored as Error & { cause: unknown }).cause)];
  },
  'arguments of connect: arrays': (side) =>
    [[], [{ port: 1 }, null], [1]].map((array) => thrown(() => side.socket().connect(array as never))),
  'host of connect: a symbol': (side) =>
    thrown(() => side.socket().connect({ port: 1, host: Symbol.iterator as never })).split(':')[0],
  'host of connect: IPv4 in IPv6': async (side) => {
    const port = await listen(side.server());
    const socket = side.connect({ port, host: '::ffff:127.0.0.1' });
    await once(socket, 'connect');
    return [socket.remoteAddress, socket.remoteFamily, socket.localAddress];
  },
  'host of connect: where a server heard IPv4 at IPv6': async (side) => {
    const server = side.server();
    const port = await listen(server, { host: '::' });
    const accepted = once(server, 'connection') as Promise<[net.Socket]>;
    side.connect({ port, host: '127.0.0.1' });
    const { remoteAddress } = (await accepted)[0];
    const again = side.connect({ port, host: remoteAddress });
    await once(again, 'connect');
    return [remoteAddress, again.remoteAddress];
  },
  'error of a name that there is not': async (side) => {
    const server = side.server();
    const errors = [failure(side.connect({ port: 1, host: 'none.invalid' })), failure(server)];
    server.listen(0, 'none.invalid');
    return Promise.all(
      errors.map(async (error) => {
        const { code, errno, syscall, message } = await error;
        // Whether a resolver is within reach decides between the two.
        return code === 'EAI_AGAIN'
          ? 'not found'
          : code === 'ENOTFOUND' &&
              errno === -3008 &&
              syscall === 'getaddrinfo' &&
              message === 'getaddrinfo ENOTFOUND none.invalid'
            ? 'not found'
            : [code, errno];
      }),
    );
  },
  'channel net.client.socket, net.server.socket': async (side) => {
    const told: string[] = [];
    const hear = (_message: unknown, name: string | symbol): unknown => told.push(String(name));
    const channels = [channel('net.client.socket'), channel('net.server.socket')];
    for (const each of channels) each.subscribe(hear);
    await pair(side);
    for (const each of channels) each.unsubscribe(hear);
    return told;
  },
  'write: of every kind of value': async (side) => {
    const { client } = await pair(side);
    const values = [undefined, {}, '', new Uint8Array(2), new Uint16Array(2), new DataView(new ArrayBuffer(3))];
    const errors = [...values, new ArrayBuffer(3)].map((value) => thrown(() => client.write(value as never)));
    const odd = [thrown(() => client.write('x', 'odd' as never)), thrown(() => client.write('x', 'utf8', 5 as never))];
    return [errors, odd, thrown(() => client.end(5 as never))];
  },
  'write: what callbacks hear when it is destroyed, and after that': async (side) => {
    const port = await listen(side.server());
    const socket = side.connect({ port, host: '127.0.0.1' });
    const log = heard(socket);
    const told = (error?: Error | null): unknown => log.push(error ? described(error) : 'no error');
    socket.write('x', told);
    socket.end(told as () => void);
    socket.destroy();
    await closed(socket);
    socket.write('y', told);
    socket.end('z', told as () => void);
    await turns();
    return [...log];
  },
  'end: three times': async (side) => {
    const { client } = await pair(side);
    const log = heard(client);
    const told = (error?: Error): unknown => log.push(error ? described(error) : 'no error');
    client.end(told);
    client.end(told);
    client.end('more', told);
    await closed(client);
    return [...log];
  },
  'cork, uncork: counts and callbacks': async (side) => {
    const { client, peer } = await pair(side);
    peer.resume();
    const log: unknown[] = [];
    client.cork();
    client.write('ä', 'latin1', () => log.push('first'));
    client.write('ää', 'utf16le', () => log.push('second'));
    log.push(client.bytesWritten, client.writableLength);
    client.uncork();
    client.end('!', () => log.push('end'));
    await closed(client);
    return [...log, client.bytesWritten];
  },
  'destroySoon: while connecting, and unconnected': async (side) => {
    const server = side.server();
    const accepted = once(server, 'connection') as Promise<[net.Socket]>;
    const socket = side.connect({ port: await listen(server), host: '127.0.0.1' });
    socket.write('all');
    socket.destroySoon();
    let text = '';
    for await (const piece of (await accepted)[0]) text += String(piece);
    const fresh = side.socket();
    const log = heard(fresh);
    fresh.destroySoon();
    await turns();
    return [text, [...log], fresh.destroyed];
  },
  'resetAndDestroy: while connecting, and once destroyed': async (side) => {
    const socket = side.connect({ port: await listen(side.server()), host: '127.0.0.1' });
    const log = heard(socket);
    socket.resetAndDestroy();
    await closed(socket);
    socket.resetAndDestroy();
    await turns();
    return [...log];
  },
  'setTimeout: edges': (side) =>
    [0, -0, 0.5, 1, 2 ** 31 - 1, '0', 5n, [], [5]].map((time) => {
      const socket = side.socket();
      return [thrown(() => socket.setTimeout(time as number)), String(socket.timeout)];
    }),
  'refused: keys of the error, and what was not sent': async (side) => {
    const port = nobodysPort();
    const socket = side.connect({ port, host: '127.0.0.1' });
    const callbacks: unknown[] = [];
    socket.write('x', (error) => callbacks.push((error as NodeJS.ErrnoException).code));
    const error = await failure(socket);
    await closed(socket);
    return [Object.keys(error).filter((name) => name !== 'wsaError'), [...callbacks], state(socket)];
  },
  'for await: left early, and after a reset': async (side) => {
    const first = await pair(side);
    first.peer.write('a');
    for await (const piece of first.client) if (piece) break;
    const second = await pair(side);
    second.peer.resetAndDestroy();
    const error = await second.client[Symbol.asyncIterator]().next().catch(described);
    return [first.client.destroyed, first.client.errored, error];
  },
  'handle: hasRef': async (side) => {
    const { client, server } = await pair(side);
    const hasRef = (owner: object): unknown => (owner as { _handle: { hasRef(): boolean } })._handle.hasRef();
    return [client, server].map((it) => [hasRef(it), hasRef(it.unref()), hasRef(it.ref())]);
  },
  'server in its life: events and callbacks': async (side) => {
    const server = side.server();
    const log = heard(server, ['listening', 'close', 'error']);
    server.listen(0, '127.0.0.1', () => log.push('told'));
    log.push(server.listening);
    await once(server, 'listening');
    const socket = side.connect({ port: (server.address() as net.AddressInfo).port, host: '127.0.0.1' });
    await once(server, 'connection');
    for (const time of [1, 2]) server.close((error) => log.push([time, error && described(error)]));
    log.push(server.listening, server.address());
    socket.destroy();
    await closed(server);
    await turns();
    return [...log];
  },
  'server that does not listen: close, dispose, getConnections': async (side) => {
    const server = side.server();
    const log = heard(server, ['close', 'error']);
    server.close((error) => log.push(error && described(error)));
    server.getConnections((error, count) => log.push([error && described(error), count]));
    await server[Symbol.asyncDispose]();
    log.push(
      thrown(() => server.getConnections(undefined as never)),
      thrown(() => server.close(5 as never)),
    );
    return [...log];
  },
  'server that is closed before it listens': async (side) => {
    const log: unknown[] = [];
    for (const host of ['127.0.0.1', 'localhost']) {
      const server = side.server();
      const events = heard(server, ['close', 'error']);
      server.listen(0, host);
      await new Promise<void>((resolve) => server.close(() => resolve()));
      log.push([...events], server.listening);
    }
    return [...log];
  },
  'maxConnections: odd values': async (side) => {
    const counts: unknown[] = [];
    for (const most of [null, undefined, Number.NaN, -1, '1', Infinity, 0.5]) {
      const server = side.server();
      server.maxConnections = most as number;
      const port = await listen(server);
      let taken = 0;
      for (let time = 0; time < 2; time++) {
        const ends = Promise.race([once(server, 'connection').then(() => taken++), once(server, 'drop')]);
        side.connect({ port, host: '127.0.0.1' });
        await ends;
      }
      counts.push([String(most), taken]);
    }
    return counts;
  },
  'arguments of listen: backlogs': async (side) => {
    const outcomes: string[] = [];
    for (const backlog of ['x', '5', -1, Number.NaN, 1.5, 2 ** 40, null]) {
      outcomes.push(await listening(side.server(), { port: 0, host: '127.0.0.1', backlog }));
    }
    return outcomes;
  },
  'arguments of listen: arrays, symbols, empty texts': async (side) => {
    const outcomes: string[] = [];
    for (const arg of [[], [0], Symbol.iterator, '', { port: '' }, { path: '' }, { fd: -1 }]) {
      outcomes.push(await listening(side.server(), arg));
    }
    return outcomes;
  },
  'listen on everything: where another listens on one address': async (side) => {
    const port = await listen(side.server());
    const outcomes = ['0.0.0.0', '::'].map((host) => listening(side.server(), port, host));
    return (await Promise.all(outcomes)).map((outcome) => outcome.replaceAll(String(port), 'PORT'));
  },
  'port of connect: 0': async (side) => (await failure(side.connect({ port: 0, host: '127.0.0.1' }))).code,
  'host of connect: numbers for an address': async (side) => {
    const port = await listen(side.server());
    const socket = side.connect({ port, host: '127.1' });
    return new Promise((resolve) => {
      socket.once('connect', () => resolve(socket.remoteAddress)).once('error', () => resolve('no address'));
    });
  },
};

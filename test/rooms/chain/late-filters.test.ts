// Filters that answer later, by `request.wait()`: what the application sees in the meantime, and of those that never answer.
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import {
  ERROR_IO_PENDING,
  FD_ACCEPT,
  FD_CONNECT,
  INSTANCE,
  parseSockaddr,
  SD_SEND,
  SO_ERROR,
  SO_LINGER,
  SOL_SOCKET,
  ref,
  WSAEACCES,
  WSAEALREADY,
  WSAECONNREFUSED,
  WSAECONNRESET,
  WSAEINTR,
  WSAENOTCONN,
  WSAETIMEDOUT,
  WSAEWOULDBLOCK,
  WSAOVERLAPPED,
} from 'ws2spi';
import { defineLayer, identity, type FilterRequest, type LayerDefinition } from 'ws2spi/chain';
import { createConnection, createServer, type ChainSocket } from 'ws2spi/node';
import { overridingLayer } from '../../support/layers.js';
import { TellingClock } from '../../support/clocks.js';
import { describeOnEveryProvider, inWorld, loopback, type World } from '../../support/providers.js';

/** A layer with a codec that changes nothing, and filters. */
const patient = (hooks: Partial<LayerDefinition>) => defineLayer({ name: 'patient', codec: identity, ...hooks });

/** Stacks of layers that behave alike: each has the filters as often as it has codecs. */
const STACKS = {
  'of one layer': (hooks: Partial<LayerDefinition>) => [patient(hooks)],
  'of two layers upon each other': (hooks: Partial<LayerDefinition>) => [patient(hooks), patient(hooks)],
  'of two layers with a pass-through layer between them': (hooks: Partial<LayerDefinition>) => [
    patient(hooks),
    overridingLayer(),
    patient(hooks),
  ],
};

/** What has been asked and not answered. */
class Waiting {
  readonly requests: FilterRequest[] = [];
  readonly filter = (request: FilterRequest): void => {
    request.wait();
    this.requests.push(request);
  };

  /** Answers all that is asked, and what is asked in turn because of that. */
  answerAll(world: World, answer: (request: FilterRequest) => void): void {
    for (let rounds = 0; rounds < 4; rounds++) {
      for (const request of this.requests.splice(0)) answer(request);
      world.settle();
    }
  }
}

/** Does something a moment later, also while a call of the application waits. */
function soon(world: World, work: () => void, milliseconds = 1): void {
  world.ws2[INSTANCE].providerHost.setTimer(world.now() + milliseconds, work);
}

/** A filter that lets pass, or refuses, a moment later. */
function afterAMoment(world: World, answer: (request: FilterRequest) => void) {
  return (request: FilterRequest): void => {
    request.wait();
    soon(world, () => answer(request));
  };
}

const resume = (request: FilterRequest): void => request.resume();
const refuse = (request: FilterRequest): void => request.refuse(WSAECONNREFUSED);

/** Whether select finds a socket ready: 'read', 'write' or 'except', or nothing. */
function selected(world: World, s: number): string {
  const set = () => ({ fd_count: 1, fd_array: [s] });
  const [read, write, except] = [set(), set(), set()];
  world.ws2.select(0, read, write, except, { tv_sec: 0, tv_usec: 0 });
  return [read.fd_count > 0 && 'read', write.fd_count > 0 && 'write', except.fd_count > 0 && 'except']
    .filter(Boolean)
    .join(' ');
}

function errorOf(world: World, s: number): number {
  const value = new Uint8Array(4);
  expect(world.code(world.ws2.getsockopt(s, SOL_SOCKET, SO_ERROR, value, ref(4)))).toBe(0);
  return new DataView(value.buffer).getInt32(0, true);
}

function peerPort(world: World, s: number): number {
  const name = new Uint8Array(16);
  return world.ws2.getpeername(s, name, ref(16)) === 0 ? parseSockaddr(name).port : 0;
}

/** What goes through a connection in both directions. */
function talks(world: World, client: number, server: number): void {
  world.nonBlocking(client, 0);
  world.nonBlocking(server, 0);
  world.send(client, 'there');
  expect(world.receiveAll(server, 5)).toBe('there');
  world.send(server, 'back');
  expect(world.receiveAll(client, 4)).toBe('back');
}

for (const [kind, layers] of Object.entries(STACKS)) {
  describeOnEveryProvider(`a filter of connect that answers later, in a stack ${kind},`, (on) => {
    on.it('holds up a blocking connect', (world) => {
      const { s: listener, name } = world.listener();
      world.stack(layers({ connect: afterAMoment(world, resume) }));
      const client = world.tcpSocket();
      expect(world.connect(client, name)).toBe(0);
      talks(world, client, world.accept(listener));
    });

    on.it('has a blocking connect fail with the code that it refuses with, and the socket may try again', (world) => {
      let answer = refuse;
      const { s: listener, name } = world.listener();
      world.stack(layers({ connect: afterAMoment(world, (request) => answer(request)) }));
      const client = world.tcpSocket();
      expect(world.connect(client, name)).toBe(WSAECONNREFUSED);
      answer = resume;
      expect(world.connect(client, name)).toBe(0);
      talks(world, client, world.accept(listener));
    });

    on.it('leaves a non-blocking connect pending: select tells when it has let pass, or refused', (world) => {
      const waiting = new Waiting();
      const { s: listener, name } = world.listener();
      world.nonBlocking(listener);
      world.stack(layers({ connect: waiting.filter }));
      const [passed, refused] = [world.tcpSocket(), world.tcpSocket()];
      for (const s of [passed, refused]) {
        world.nonBlocking(s);
        expect(world.connect(s, name)).toBe(WSAEWOULDBLOCK);
      }
      world.settle();
      expect([selected(world, passed), selected(world, refused)]).toEqual(['', '']);
      expect(world.code(world.ws2.accept(listener, null, null))).toBe(WSAEWOULDBLOCK);
      waiting.answerAll(world, (request) => (request.socket === refused ? refuse(request) : resume(request)));
      world.until(() => selected(world, passed) === 'write' && selected(world, refused) === 'except');
      expect(errorOf(world, refused)).toBe(WSAECONNREFUSED);
      world.nonBlocking(listener, 0);
      talks(world, passed, world.accept(listener));
    });

    on.it('has event objects told of the connection, or of the refusal', (world) => {
      const waiting = new Waiting();
      const { s: listener, name } = world.listener();
      world.stack(layers({ connect: waiting.filter }));
      for (const [answer, told] of [
        [resume, 0],
        [refuse, WSAECONNREFUSED],
      ] as const) {
        const client = world.tcpSocket();
        const event = world.event();
        world.eventSelect(client, event, FD_CONNECT);
        expect(world.connect(client, name)).toBe(WSAEWOULDBLOCK);
        expect(world.networkEvents(client)).toEqual({});
        waiting.answerAll(world, answer);
        expect(world.signalled(event, 60_000)).toBe(true);
        expect(world.networkEvents(client)).toEqual({ CONNECT: told });
        world.eventSelect(client, null, 0);
        if (told === 0) talks(world, client, world.accept(listener));
      }
    });

    on.it('has ConnectEx complete when it has let pass, its data behind it, or fail', (world) => {
      let answer = resume;
      const { s: listener, name } = world.listener();
      world.stack(layers({ connect: afterAMoment(world, (request) => answer(request)) }));
      const data = Buffer.from('first');
      const begin = () => {
        const s = world.tcpSocket();
        expect(world.code(world.ws2.bind(s, loopback(), 16))).toBe(0);
        const operation = new WSAOVERLAPPED();
        const code = world.code(world.ws2.ConnectEx(s, name, name.length, data, data.length, null, operation));
        expect(code).toBe(ERROR_IO_PENDING);
        world.until(() => operation.Internal !== 0x103);
        const flags = ref(0);
        return world.code(world.ws2.WSAGetOverlappedResult(s, operation, ref(0), false, flags));
      };
      expect(begin()).toBe(0);
      expect(world.receiveAll(world.accept(listener), 5)).toBe('first');
      answer = refuse;
      expect(begin()).toBe(WSAECONNREFUSED);
    });

    on.it('is waited for by a ChainSocket, by the timers of Node.js too', async (world) => {
      const { s: listener, name } = world.listener();
      let answer = resume;
      const [chain] = world.stack(
        layers({
          connect(request) {
            request.wait();
            setImmediate(() => answer(request));
          },
        }),
      );
      const { port } = parseSockaddr(name);
      const open = (): ChainSocket => createConnection({ ws2: world.ws2, chain: chain!, host: '127.0.0.1', port });
      const socket = open();
      socket.write('early');
      await once(socket, 'connect');
      const server = world.accept(listener);
      expect(world.receiveAll(server, 5)).toBe('early');
      socket.destroy();
      await once(socket, 'close');
      answer = refuse;
      const refused = open();
      const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException];
      expect(error.code).toBe('ECONNREFUSED');
    });
  });

  describeOnEveryProvider(`a filter of accept that answers later, in a stack ${kind},`, (on) => {
    on.it('holds up a blocking accept, and resets whom it refuses', (world) => {
      const [refused, welcome] = [world.tcpSocket(), world.tcpSocket()];
      world.stack(
        layers({
          accept: afterAMoment(world, (request) =>
            request.port === world.portOf(refused) ? refuse(request) : resume(request),
          ),
        }),
      );
      const { s: listener, name } = world.listener();
      expect([world.connect(refused, name), world.connect(welcome, name)]).toEqual([0, 0]);
      const server = world.accept(listener);
      talks(world, welcome, server);
      expect(world.receive(refused)).toBe(-WSAECONNRESET);
    });

    on.it('has select and FD_ACCEPT tell of nobody until it has let pass', (world) => {
      const waiting = new Waiting();
      const client = world.tcpSocket();
      world.stack(layers({ accept: waiting.filter }));
      const { s: listener, name } = world.listener();
      const event = world.event();
      world.eventSelect(listener, event, FD_ACCEPT);
      expect(world.connect(client, name)).toBe(0);
      world.until(() => waiting.requests.length === 1);
      expect(waiting.requests[0]).toMatchObject({ address: '127.0.0.1', port: world.portOf(client) });
      expect(world.networkEvents(listener)).toEqual({});
      expect(selected(world, listener)).toBe('');
      expect(world.code(world.ws2.accept(listener, null, null))).toBe(WSAEWOULDBLOCK);
      waiting.answerAll(world, resume);
      expect(world.signalled(event, 60_000)).toBe(true);
      expect(selected(world, listener)).toBe('read');
      expect(world.networkEvents(listener)).toEqual({ ACCEPT: 0 });
      world.eventSelect(listener, null, 0);
      const server = world.accept(listener);
      world.eventSelect(server, null, 0);
      talks(world, client, server);
    });

    on.it('keeps nobody behind its caller from being accepted', (world) => {
      const waiting = new Waiting();
      const [slow, quick] = [world.tcpSocket(), world.tcpSocket()];
      let first = 0;
      world.stack(layers({ accept: (request) => void (request.port === first && waiting.filter(request)) }));
      const { s: listener, name } = world.listener();
      expect(world.code(world.ws2.bind(slow, loopback(), 16))).toBe(0);
      first = world.portOf(slow);
      expect([world.connect(slow, name), world.connect(quick, name)]).toEqual([0, 0]);
      talks(world, quick, world.accept(listener));
      waiting.answerAll(world, resume);
      talks(world, slow, world.accept(listener));
    });

    on.it('has AcceptEx wait for whom it lets pass', (world) => {
      const [refused, welcome] = [world.tcpSocket(), world.tcpSocket()];
      world.stack(
        layers({
          accept: afterAMoment(world, (request) =>
            request.port === world.portOf(refused) ? refuse(request) : resume(request),
          ),
        }),
      );
      const { s: listener, name } = world.listener();
      const s = world.tcpSocket();
      const operation = new WSAOVERLAPPED();
      const room = new Uint8Array(100);
      expect(world.code(world.ws2.AcceptEx(listener, s, room, 5, 32, 32, null, operation))).toBe(ERROR_IO_PENDING);
      expect([world.connect(refused, name), world.connect(welcome, name)]).toEqual([0, 0]);
      world.send(welcome, 'hello');
      world.until(() => operation.Internal === 0);
      expect(Buffer.from(room.subarray(0, 5)).toString()).toBe('hello');
      expect(world.receive(refused)).toBe(-WSAECONNRESET);
    });

    on.it('is waited for by a ChainServer', async (world) => {
      const client = world.tcpSocket();
      const [chain] = world.stack(
        layers({
          accept(request) {
            request.wait();
            setImmediate(() => request.resume());
          },
        }),
      );
      const server = createServer({ ws2: world.ws2, chain: chain! });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const accepted = once(server, 'connection') as Promise<[ChainSocket]>;
      const { port } = server.address()!;
      expect(world.connect(client, loopback(port))).toBe(0);
      const [socket] = await accepted;
      socket.end('welcome');
      socket.resume();
      await new Promise((done) => setImmediate(done));
      expect(world.receiveAll(client, 7)).toBe('welcome');
      world.ws2.closesocket(client);
      await once(socket, 'close');
      server.close();
      await once(server, 'close');
    });
  });
}

describeOnEveryProvider('while a filter is asked', (on) => {
  on.it('what a caller sends, and its end, wait for the application', (world) => {
    const waiting = new Waiting();
    const caller = world.tcpSocket();
    world.stack([patient({ accept: waiting.filter }), patient({ accept: waiting.filter })]);
    const { s: listener, name } = world.listener();
    expect(world.connect(caller, name)).toBe(0);
    world.send(caller, 'early');
    world.ws2.shutdown(caller, SD_SEND);
    world.until(() => waiting.requests.length === 1);
    waiting.answerAll(world, resume);
    const server = world.accept(listener);
    expect(world.receiveAll(server, 5)).toBe('early');
    expect(world.receive(server)).toBe('');
  });

  on.it('a caller may go: the answer is for nobody, and the listener goes on', (world) => {
    const waiting = new Waiting();
    const [gone, next] = [world.tcpSocket(), world.tcpSocket()];
    world.stack([patient({ accept: waiting.filter })]);
    const { s: listener, name } = world.listener();
    expect(world.connect(gone, name)).toBe(0);
    world.until(() => waiting.requests.length === 1);
    const reset = Uint8Array.of(1, 0, 0, 0);
    expect(world.code(world.ws2.setsockopt(gone, SOL_SOCKET, SO_LINGER, reset, 4))).toBe(0);
    world.ws2.closesocket(gone);
    world.settle();
    waiting.answerAll(world, resume);
    expect(world.connect(next, name)).toBe(0);
    world.until(() => waiting.requests.length === 1);
    waiting.answerAll(world, resume);
    // A reset that came before it was taken may be seen by whoever takes it (specification: accept).
    let server = world.accept(listener);
    if (peerPort(world, server) !== world.portOf(next)) server = world.accept(listener);
    talks(world, next, server);
  });

  on.it('another connect fails with WSAEALREADY, and data cannot be sent', (world) => {
    const waiting = new Waiting();
    const { s: listener, name } = world.listener();
    world.stack([patient({ connect: waiting.filter })]);
    const client = world.tcpSocket();
    world.nonBlocking(client);
    expect(world.connect(client, name)).toBe(WSAEWOULDBLOCK);
    expect(world.connect(client, name)).toBe(WSAEALREADY);
    expect(world.send(client, 'early')).toBe(-WSAENOTCONN);
    expect(waiting.requests).toHaveLength(1);
    waiting.answerAll(world, resume);
    world.until(() => selected(world, client) === 'write');
    talks(world, client, world.accept(listener));
  });

  on.it('no name is given yet: a bind filter is asked behind it, once', (world) => {
    const asked: string[] = [];
    const waiting = new Waiting();
    const { s: listener, name } = world.listener();
    world.stack([
      patient({ connect: waiting.filter, bind: ({ address, port }) => void asked.push(`${address}:${port}`) }),
    ]);
    const client = world.tcpSocket();
    world.nonBlocking(client);
    expect(world.connect(client, name)).toBe(WSAEWOULDBLOCK);
    expect(asked).toEqual([]);
    waiting.answerAll(world, resume);
    expect(asked).toEqual(['0.0.0.0:0']);
    world.until(() => selected(world, client) === 'write');
    talks(world, client, world.accept(listener));
  });

  on.it('a blocking connect can be cancelled by a close from elsewhere', (world) => {
    const waiting = new Waiting();
    world.stack([patient({ connect: waiting.filter })]);
    const client = world.tcpSocket();
    soon(world, () => void world.ws2.closesocket(client), 5);
    expect(world.connect(client, loopback(9))).toBe(WSAEINTR);
    waiting.answerAll(world, resume);
  });
});

describeOnEveryProvider('a filter that answers later', (on) => {
  on.it('leads where address and port say when it resumes', (world) => {
    const { s: listener, name } = world.listener();
    const { port } = parseSockaddr(name);
    world.stack([
      patient({
        connect: afterAMoment(world, (request) => {
          request.port = port;
          request.resume();
        }),
      }),
    ]);
    const client = world.tcpSocket();
    expect(world.connect(client, loopback(9))).toBe(0);
    talks(world, client, world.accept(listener));
    const peer = new Uint8Array(16);
    expect(world.code(world.ws2.getpeername(client, peer, ref(16)))).toBe(0);
    expect(parseSockaddr(peer).port).toBe(9);
  });

  on.it('and leads to what is not an address refuses, and is reported', (world) => {
    world.stack([
      patient({
        connect: afterAMoment(world, (request) => {
          request.port = 70_000;
          request.resume();
        }),
      }),
    ]);
    expect(world.connect(world.tcpSocket(), loopback(9))).toBe(WSAEACCES);
    expect(world.takeDefects()).toEqual([
      expect.stringMatching(/patient: its "connect" filter led to .*70000.*is not an address/),
    ]);
  });

  on.it('may answer at once after all', (world) => {
    const { s: listener, name } = world.listener();
    let answer = resume;
    world.stack([patient({ connect: (request) => (request.wait(), answer(request)) })]);
    const client = world.tcpSocket();
    expect(world.connect(client, name)).toBe(0);
    talks(world, client, world.accept(listener));
    answer = refuse;
    expect(world.connect(world.tcpSocket(), name)).toBe(WSAECONNREFUSED);
  });

  on.it('and answers twice is reported, and its first answer counts', (world) => {
    const { s: listener, name } = world.listener();
    let answers = [resume, refuse];
    world.stack([patient({ connect: afterAMoment(world, (request) => answers.forEach((answer) => answer(request))) })]);
    const client = world.tcpSocket();
    expect(world.connect(client, name)).toBe(0);
    talks(world, client, world.accept(listener));
    expect(world.takeDefects()).toEqual([expect.stringMatching(/refused after it had answered/)]);
    answers = [refuse, resume];
    expect(world.connect(world.tcpSocket(), name)).toBe(WSAECONNREFUSED);
    expect(world.takeDefects()).toEqual([expect.stringMatching(/let pass what had been refused: it stays refused/)]);
    answers = [resume, resume];
    const again = world.tcpSocket();
    expect(world.connect(again, name)).toBe(0);
    expect(world.takeDefects()).toEqual([expect.stringMatching(/let pass after it had answered/)]);
  });

  for (const [how, answer] of [
    ['lets pass', resume],
    ['refuses', refuse],
  ] as const) {
    on.it(`and ${how} after the close is ignored`, (world) => {
      const connecting = new Waiting();
      const accepting = new Waiting();
      const { name } = world.listener();
      const caller = world.tcpSocket();
      world.stack([patient({ connect: connecting.filter, accept: accepting.filter })]);
      const { s: guarded, name: guardedName } = world.listener();
      const client = world.tcpSocket();
      world.nonBlocking(client);
      expect(world.connect(client, name)).toBe(WSAEWOULDBLOCK);
      world.nonBlocking(guarded);
      expect(world.connect(caller, guardedName)).toBe(0);
      world.until(() => accepting.requests.length === 1);
      world.ws2.closesocket(client);
      world.ws2.closesocket(guarded);
      connecting.answerAll(world, answer);
      accepting.answerAll(world, answer);
      expect(world.receive(caller)).toBe(-WSAECONNRESET);
    });
  }

  on.it('may be asynchronous when it waits, and refuses when it rejects', async (world) => {
    const { s: listener, name } = world.listener();
    let fails = false;
    const connect = async (request: FilterRequest): Promise<void> => {
      request.wait();
      await Promise.resolve();
      if (fails) throw new Error('the service is out');
      request.resume();
    };
    world.stack([patient({ connect: connect as never })]);
    const open = async (): Promise<Record<string, number>> => {
      const client = world.tcpSocket();
      world.eventSelect(client, world.event(), FD_CONNECT);
      expect(world.connect(client, name)).toBe(WSAEWOULDBLOCK);
      for (let turns = 0; turns < 5; turns++) await new Promise((done) => setImmediate(done));
      return world.networkEvents(client);
    };
    expect(await open()).toEqual({ CONNECT: 0 });
    world.accept(listener);
    fails = true;
    expect(await open()).toEqual({ CONNECT: WSAEACCES });
    const [defect] = world.defects.splice(0);
    expect(defect).toMatchObject({
      message: 'patient: its "connect" filter failed; what it was asked about is refused',
      cause: new Error('the service is out'),
    });
  });

  on.it('and throws after it called wait() refuses', (world) => {
    world.stack([
      patient({
        connect(request) {
          request.wait();
          throw new Error('boom');
        },
      }),
    ]);
    expect(world.connect(world.tcpSocket(), loopback(9))).toBe(WSAEACCES);
    expect(world.takeDefects()).toEqual([
      expect.stringMatching(/^patient: its "\w+" filter threw: catch .*; what it was asked about is refused$/),
    ]);
  });

  for (const [what, code] of [
    ['a text', 'no'],
    ['0', 0],
    ['WSAEWOULDBLOCK', WSAEWOULDBLOCK],
    ['a fraction', 1.5],
  ] as const) {
    on.it(
      `and refuses with ${what}, which is no code that refuses, refuses with WSAEACCES, and is told so`,
      (world) => {
        world.stack([patient({ connect: afterAMoment(world, (request) => request.refuse(code as number)) })]);
        expect(world.connect(world.tcpSocket(), loopback(9))).toBe(WSAEACCES);
        expect(world.takeDefects()).toEqual([expect.stringMatching(/refused with .*, which is not a WinSock code/)]);
      },
    );
  }

  on.it('cannot wait in a layer without a codec: it refuses, and is told to give it one', (world) => {
    const wait = (request: FilterRequest): void => request.wait();
    const caller = world.tcpSocket();
    world.stack([defineLayer({ name: 'bare', connect: wait, accept: wait, bind: wait })]);
    const client = world.tcpSocket();
    expect(world.connect(client, loopback(9))).toBe(WSAEACCES);
    expect(world.code(world.ws2.bind(client, loopback(), 16))).toBe(WSAEACCES);
    const said = (hook: string): unknown =>
      expect.stringContaining(
        `bare: its "${hook}" filter called request.wait() where nothing can wait: give the layer a codec`,
      );
    expect(world.takeDefects()).toEqual([said('connect'), said('bind')]);
    world.entries.clear();
    world.stack([defineLayer({ name: 'bare', accept: wait })]);
    const { s: listener, name } = world.listener();
    expect(world.connect(caller, name)).toBe(0);
    world.settle();
    world.nonBlocking(listener);
    expect(world.code(world.ws2.accept(listener, null, null))).toBe(WSAEWOULDBLOCK);
    expect(world.receive(caller)).toBe(-WSAECONNRESET);
    expect(world.takeDefects()).toEqual([said('accept')]);
  });

  on.it('cannot wait when it is asked about a local name', (world) => {
    world.stack([patient({ bind: (request) => request.wait() })]);
    const s = world.tcpSocket();
    expect(world.code(world.ws2.bind(s, loopback(), 16))).toBe(WSAEACCES);
    expect(world.takeDefects()).toEqual([expect.stringContaining('called request.wait() where nothing can wait')]);
  });

  // On native sockets these would take half a minute of the machine's time.
  if (!on.native) {
    on.it('and never does is given up after thirty seconds, or what the layer says, and reported', (world) => {
      const { name } = world.listener();
      for (const [hooks, milliseconds] of [
        [{}, 30_000],
        [{ filterTimeout: 1500 }, 1500],
      ] as const) {
        const waiting = new Waiting();
        world.entries.clear();
        world.stack([patient({ connect: waiting.filter, ...hooks })]);
        const before = world.now();
        expect(world.connect(world.tcpSocket(), name)).toBe(WSAETIMEDOUT);
        expect(world.now() - before).toBe(milliseconds);
        const late = 'patient: its "connect" filter did not answer in time; what it was asked about is refused';
        expect(world.takeDefects()).toEqual([late]);
        waiting.answerAll(world, resume);
        expect(world.takeDefects()).toEqual([
          'patient: its "connect" filter let pass what had been refused: it stays refused',
        ]);
      }
    });

    on.it('and never does about a caller has him reset after that time', (world) => {
      const waiting = new Waiting();
      const caller = world.tcpSocket();
      world.stack([patient({ accept: waiting.filter, filterTimeout: 5000 })]);
      const { name } = world.listener();
      expect(world.connect(caller, name)).toBe(0);
      world.settle();
      const before = world.now();
      expect(world.receive(caller)).toBe(-WSAECONNRESET);
      expect(world.now() - before).toBe(5000);
      expect(world.takeDefects()).toEqual([expect.stringContaining('did not answer in time')]);
    });

    on.it('about 200 callers has the oldest give way after a second, when there are more', (world) => {
      const waiting = new Waiting();
      const callers = Array.from({ length: 201 }, () => world.tcpSocket());
      world.stack([patient({ accept: waiting.filter })]);
      const { s: listener, name } = world.listener(undefined, 200);
      const before = world.now();
      for (const s of callers) {
        expect(world.connect(s, name)).toBe(0);
        world.settle();
      }
      expect(waiting.requests).toHaveLength(200);
      expect(world.receive(callers[0]!)).toBe(-WSAECONNRESET);
      expect(world.now() - before).toBe(1000);
      world.settle();
      expect(waiting.requests).toHaveLength(201);
      waiting.answerAll(world, resume);
      const server = world.accept(listener);
      expect(peerPort(world, server)).toBe(world.portOf(callers[1]!));
      talks(world, callers[1]!, server);
    });

    on.it('has no limit with a filterTimeout of Infinity', (world) => {
      const { s: listener, name } = world.listener();
      const connect = (request: FilterRequest): void => {
        request.wait();
        soon(world, () => request.resume(), 3_600_000);
      };
      world.stack([patient({ connect, filterTimeout: Infinity })]);
      const client = world.tcpSocket();
      expect(world.connect(client, name)).toBe(0);
      talks(world, client, world.accept(listener));
    });
  }
});

describe('a filter that nobody waits for any more leaves no timer behind', () => {
  for (const base of ['memory', 'tcpip'] as const) {
    for (const [kind, layers] of Object.entries(STACKS)) {
      const given = (sentence: string, body: (world: World, waiting: Waiting, clock: TellingClock) => void): void => {
        const clock = new TellingClock();
        const waiting = new Waiting();
        test(
          `${sentence}: ${base}, in a stack ${kind}`,
          inWorld(base, (world) => body(world, waiting, clock), { clock }),
        );
      };

      given('when a socket that connects is closed, and an answer is ignored', (world, waiting, clock) => {
        world.stack(layers({ connect: waiting.filter, filterTimeout: 7000 }));
        const before = clock.timers();
        const client = world.tcpSocket();
        world.nonBlocking(client);
        expect(world.connect(client, loopback(9))).toBe(WSAEWOULDBLOCK);
        expect(clock.timers()).not.toEqual(before);
        world.ws2.closesocket(client);
        world.settle();
        expect(clock.timers()).toEqual(before);
        waiting.answerAll(world, resume);
        waiting.answerAll(world, refuse);
      });

      given('when the listener of a caller is closed, and an answer is ignored', (world, waiting, clock) => {
        const caller = world.tcpSocket();
        world.stack(layers({ accept: waiting.filter, filterTimeout: 7000 }));
        const { s: listener, name } = world.listener();
        world.nonBlocking(listener);
        const before = clock.timers();
        expect(world.connect(caller, name)).toBe(0);
        world.until(() => waiting.requests.length === 1);
        expect(clock.timers()).not.toEqual(before);
        world.ws2.closesocket(listener);
        world.settle();
        expect(clock.timers()).toEqual(before);
        waiting.answerAll(world, resume);
        expect(world.receive(caller)).toBe(-WSAECONNRESET);
      });

      given('when a caller resets its connection', (world, waiting, clock) => {
        const caller = world.tcpSocket();
        world.stack(layers({ accept: waiting.filter, filterTimeout: 7000 }));
        const { name } = world.listener();
        const before = clock.timers();
        expect(world.connect(caller, name)).toBe(0);
        world.until(() => waiting.requests.length === 1);
        const reset = Uint8Array.of(1, 0, 0, 0);
        expect(world.code(world.ws2.setsockopt(caller, SOL_SOCKET, SO_LINGER, reset, 4))).toBe(0);
        world.ws2.closesocket(caller);
        world.until(() => String(clock.timers()) === String(before));
      });
    }
  }
});

// What a hook of the debug facility may do to a call, and what may not come of one that is wrong.
import { expect, it, describe } from 'vitest';
import {
  INVALID_SOCKET,
  ref,
  SOCKET_ERROR,
  sockaddr_in,
  WSAEACCES,
  WSAECONNREFUSED,
  WSAEINVAL,
  WSAENOTSOCK,
  type WSABUF,
  type Ws2_32,
} from 'ws2spi';
import { defineLayer } from 'ws2spi/chain';
import { describeOnEveryChain, describeOnEveryProvider } from '../../support/providers.js';
import { fakeSocket } from './fake-provider.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (from: Uint8Array): string => new TextDecoder().decode(from);

describeOnEveryChain('A hook before a call', (on) => {
  on.it('sees its arguments by their names, and may change them', (world) => {
    const { client, server } = world.connectedPair();
    const seen: unknown[] = [];
    using _hook = world.ws2.debug.hook({
      match: 'send',
      before(call) {
        const { s, buf, len, flags } = call.arguments;
        seen.push(call.function, s, text(buf!), len, flags, call.argument('len'), call.argument('none'));
        call.arguments.buf = bytes('changed');
        call.arguments.len = 7;
      },
    });
    expect(world.ws2.send(client, bytes('hello'), 5, 0)).toBe(7);
    expect(seen).toEqual(['send', client, 'hello', 5, 0, 5, undefined]);
    expect(world.receiveAll(server, 7)).toBe('changed');
  });

  on.it('may have it fail, with the error that it says', (world) => {
    const { name } = world.listener();
    const s = world.tcpSocket();
    const hook = world.ws2.debug.hook({ match: 'WSPConnect', before: (call) => call.fail(WSAECONNREFUSED) });
    expect(world.code(world.ws2.connect(s, name, name.length))).toBe(WSAECONNREFUSED);
    hook();
    expect(world.connect(s, name)).toBe(0);
  });

  on.it('may lead it to another socket, in the API and below it', (world) => {
    const one = world.connectedPair();
    const other = world.connectedPair();
    for (const match of ['send', 'WSPSend'] as const) {
      const depths: number[] = [];
      const hook = world.ws2.debug.hook({
        match,
        before(call) {
          depths.push(call.depth);
          if (call.socket === one.client) call.redirect(other.client);
        },
      });
      expect(world.send(one.client, 'astray')).toBe(6);
      expect(world.receiveAll(other.server, 6)).toBe('astray');
      // It is not told a second time of the call that it led elsewhere.
      expect(depths[0]).toBe(0);
      hook();
    }
    expect(world.send(one.client, 'straight')).toBe(8);
    expect(world.receiveAll(one.server, 8)).toBe('straight');
  });
});

describeOnEveryProvider('A hook', (on) => {
  on.it('that prevents a call gives its result, and fills outputs', (world) => {
    const { client } = world.connectedPair();
    using _hook = world.ws2.debug.hook({
      match: 'WSPRecv',
      before(call) {
        const { lpBuffers, lpNumberOfBytesRecvd } = call.arguments;
        lpBuffers[0]!.buf.set(bytes('made up'));
        lpNumberOfBytesRecvd!.value = 7;
        call.prevent(0);
      },
      after: (call) => expect(call.prevented).toBe(true),
    });
    expect(world.receive(client)).toBe('made up');
    expect(world.takeDefects()).toEqual([]);
  });

  on.it('may redirect a call to a function of its own, or of the instance', (world) => {
    const { client, server } = world.connectedPair();
    const hook = world.ws2.debug.hook({
      match: 'send',
      before: (call) => call.redirect((s, buf, len, flags) => world.ws2.sendto(s, buf, len - 1, flags, null, 0)),
    });
    expect(world.send(client, 'shorter')).toBe(6);
    hook();
    const { send } = world.ws2;
    let told = 0;
    using _itself = world.ws2.debug.hook({ match: 'send', before: (call) => (told++, call.redirect(world.ws2.send)) });
    expect(send).not.toBe(world.ws2.send);
    expect(world.send(client, '!')).toBe(1);
    expect([told, world.receiveAll(server, 7)]).toEqual([1, 'shorte!']);
  });

  on.it('may redirect a call to a function that calls what it stands for', (world) => {
    const { client, server } = world.connectedPair();
    const hook = world.ws2.debug.hook({
      match: ['send', 'WSPSend'],
      before: (call) => {
        if (call.function === 'send') call.redirect((s: number) => world.ws2.send(s, Buffer.from('instead'), 7, 0));
      },
    });
    expect(world.send(client, 'not this')).toBe(7);
    hook();
    expect(world.receiveAll(server, 7)).toBe('instead');
    expect(world.takeDefects()).toEqual([]);
  });

  for (const [what, target] of [
    ['is async', () => Promise.resolve(3)],
    ['returns what is no result', () => 'three'],
  ] as const) {
    on.it(`that redirects a call to a function that ${what} is taken off, and the call goes on`, (world) => {
      const { client, server } = world.connectedPair();
      world.ws2.debug.hook({ match: 'send', before: (call) => call.redirect(target as never) });
      for (const part of ['abc', 'def']) expect(world.send(client, part)).toBe(3);
      expect(world.receiveAll(server, 6)).toBe('abcdef');
      expect(world.takeDefects().map(String)).toEqual([expect.stringMatching(/led send to a function.*taken off/)]);
    });
  }

  on.it('that redirects to a socket that is none fails the call', (world) => {
    const { client } = world.connectedPair();
    for (const match of ['send', 'WSPSend'] as const) {
      using _hook = world.ws2.debug.hook({ match, before: (call) => call.redirect(client + 40_000) });
      expect(world.send(client, 'x')).toBe(-WSAENOTSOCK);
    }
  });

  on.it('after a call may change result and error, also of one that succeeded', (world) => {
    const { client } = world.connectedPair();
    const errors: unknown[] = [];
    const hook = world.ws2.debug.hook({
      match: ['send', 'socket', 'getsockopt'],
      after(call) {
        errors.push([call.function, call.result, call.failed, call.error]);
        if (call.function === 'socket') call.result = INVALID_SOCKET;
        else call.result = SOCKET_ERROR;
        call.error = WSAEACCES;
      },
    });
    expect(world.send(client, 'went out')).toBe(-WSAEACCES);
    expect(world.code(world.ws2.getsockopt(client, 0xffff, 0x9999, new Uint8Array(4), ref(4)))).toBe(WSAEACCES);
    hook();
    expect(errors[0]).toEqual(['send', 8, false, 0]);
    expect(errors[1]).toEqual(['getsockopt', -1, true, expect.any(Number)]);
    using _mends = world.ws2.debug.hook({ match: 'bind', after: (call) => void (call.result = 0) });
    world.ws2.WSASetLastError(5);
    expect([world.ws2.bind(0, sockaddr_in('127.0.0.1', 0), 16), world.ws2.WSAGetLastError()]).toEqual([0, 0]);
  });

  on.it('leaves the last error as it is, whatever it calls', (world) => {
    const { client } = world.connectedPair();
    using _hook = world.ws2.debug.hook({
      match: ['WSAGetLastError', 'send'],
      before: () => void world.ws2.bind(0, sockaddr_in('127.0.0.1', 0), 16),
      after: () => void world.ws2.bind(0, sockaddr_in('127.0.0.1', 0), 16),
    });
    world.ws2.WSASetLastError(WSAEINVAL);
    expect(world.ws2.WSAGetLastError()).toBe(WSAEINVAL);
    expect([world.send(client, 'x'), world.ws2.WSAGetLastError()]).toEqual([1, 0]);
  });

  on.it('is not told of calls that it makes itself, but others are', (world) => {
    const { client } = world.connectedPair();
    const log: string[] = [];
    using _calling = world.ws2.debug.hook({
      match: ['send', 'getsockname', 'WSPGetSockName'],
      before(call) {
        log.push(`calling: ${call.function}`);
        world.ws2.getsockname(client, new Uint8Array(16), ref(16));
      },
    });
    using _other = world.ws2.debug.hook({
      match: ['send', 'getsockname'],
      before: (call) => void log.push(`other: ${call.function}`),
    });
    world.send(client, 'x');
    expect(log).toEqual(['other: send', 'calling: send', 'other: getsockname']);
  });

  on.it('of several that was put in last is told first, and last of what was returned', (world) => {
    const { client } = world.connectedPair();
    const log: string[] = [];
    const hookOf = (name: string) =>
      world.ws2.debug.hook({
        match: 'WSPSend',
        before: () => void log.push(`${name} before`),
        after: () => void log.push(`${name} after`),
      });
    using _first = hookOf('first');
    using _second = hookOf('second');
    world.send(client, 'x');
    expect(log).toEqual(['second before', 'first before', 'first after', 'second after']);
  });
});

describeOnEveryProvider('A hook on a chain that runs', (on) => {
  on.it('is told of each layer of sockets that are open, and of each no more once it is off', (world) => {
    const passing = (name: string) =>
      defineLayer({
        name,
        connect: () => undefined,
        overrides: { WSPSend: (lower, ...args) => lower.lpWSPSend(...args) },
      });
    world.stack([passing('one'), passing('two')]);
    const { client, server } = world.connectedPair();
    const fresh = world.tcpSocket();
    const { name } = world.listener();
    const depths: string[] = [];
    const hook = world.ws2.debug.hook({
      match: ['WSPSend', 'WSPConnect'],
      before: ({ function: called, layer }) => void depths.push(`${called} ${layer!.depth}`),
    });
    world.send(client, 'seen');
    world.connect(fresh, name);
    expect(depths).toEqual(['WSPSend 0', 'WSPSend 1', 'WSPSend 2', 'WSPConnect 0', 'WSPConnect 1', 'WSPConnect 2']);
    hook();
    world.send(client, ' not');
    expect(depths).toHaveLength(6);
    expect(world.receiveAll(server, 8)).toBe('seen not');
  });
});

describe('A hook that is wrong', () => {
  const reports = (defects: readonly { message: string }[]): string[] => defects.map(({ message }) => message);

  it.each([
    ['before', 'send'],
    ['after', 'send'],
    ['before', 'WSPSend'],
    ['after', 'WSPSend'],
  ] as const)('and throws %s %s is reported and taken off, and the call is as it would have been', (stage, match) => {
    const { ws2, s, fake, defects } = fakeSocket();
    const { send } = ws2;
    ws2.debug.hook({
      name: 'mine',
      match,
      [stage]: (call: { arguments: { len?: number; lpBuffers?: WSABUF[] }; fail?(error: number): void }) => {
        if (stage === 'before') {
          if (match === 'send') call.arguments.len = 1;
          else call.arguments.lpBuffers = [];
          call.fail!(WSAEACCES);
        }
        throw new Error('boom');
      },
    });
    expect(ws2.send(s, bytes('hello'), 5, 0)).toBe(5);
    expect(reports(defects)).toEqual([`mine threw in ${stage} of ${match}: it was taken off`]);
    expect((fake.last.get('lpWSPSend') as [number, WSABUF[]])[1]).toHaveLength(1);
    expect(ws2.send).toBe(send);
  });

  it.each<[string, Parameters<Ws2_32['debug']['hook']>[0], RegExp]>([
    [
      'answers by a promise',
      { match: 'listen', before: (async () => {}) as never },
      /returned a promise in before of listen/,
    ],
    [
      'is a generator',
      { match: 'listen', before: function* () {} as never },
      /returned a generator in before of listen, of which nothing runs: make it a plain/,
    ],
    [
      'prevents by what is no result',
      { match: 'listen', before: (call) => call.prevent(7 as never) },
      /threw in before/,
    ],
    ['fails without an error', { match: 'listen', before: (call) => call.fail(0) }, /threw in before/],
    ['prevents by a failure without an error', { match: 'WSPListen', before: (call) => call.prevent(-1) }, /threw in/],
    [
      'makes a success a failure without an error',
      { match: 'WSPListen', after: (call) => void (call.result = -1) },
      /made WSPListen fail without an error/,
    ],
    [
      'sets what is no result',
      { match: 'listen', after: (call) => void (call.result = 'x' as never) },
      /threw in after/,
    ],
    [
      'sets an argument that there is not',
      { match: 'listen', before: (call) => void ((call.arguments as { x?: 1 }).x = 1) },
      /threw/,
    ],
    [
      'takes the place of the error',
      { match: 'WSPListen', before: (call) => void (call.arguments.lpErrno = null as never) },
      /threw/,
    ],
    ['redirects to nothing', { match: 'listen', before: (call) => call.redirect(null as never) }, /threw in before/],
    [
      'changes an argument afterwards',
      { match: 'listen', after: (call) => void (call.arguments.backlog = 3) },
      /threw in after/,
    ],
    [
      'throws as it is asked for which functions it is',
      {
        match: () => {
          throw new Error('asked');
        },
        before() {},
      },
      /asked whether it is for/,
    ],
  ])('and %s is reported and taken off', (_what, hook, report) => {
    const { ws2, s, defects } = fakeSocket();
    const { listen } = ws2;
    ws2.debug.hook(hook as never);
    expect(ws2.listen(s, 1)).toBe(0);
    expect(reports(defects)).toEqual([expect.stringMatching(report)]);
    expect(ws2.listen).toBe(listen);
  });

  it.each<[unknown, RegExp]>([
    [null, /options are an object/],
    [{}, /has a function `before`, `after` or `completed`/],
    [{ before() {}, match: 'sned' }, /there is no function "sned": did you mean "send"\?/],
    [{ before() {}, match: ['send', 5] }, /the name of a function is a text/],
    [{ before() {}, match: 'XYZ*' }, /no function is called "XYZ\*"/],
    [{ before: 5 }, /`before` must be a function/],
    [{ befor() {} }, /there is no option "befor": did you mean "before"\?/],
    [{ before() {}, match: 5 }, /`match` must be/],
  ])('is refused: %j', (hook, message) => {
    const { ws2 } = fakeSocket();
    expect(() => ws2.debug.hook(hook as never)).toThrow(message);
  });

  it('may take itself off, and be taken off twice', () => {
    const { ws2, s } = fakeSocket();
    const { listen } = ws2;
    let told = 0;
    const hook = ws2.debug.hook({ match: 'listen', before: () => (told++, hook()), after: () => void told++ });
    expect([ws2.listen(s, 1), ws2.listen(s, 1), told, ws2.listen === listen]).toEqual([0, 0, 1, true]);
    hook();
    hook[Symbol.dispose]();
  });
});

// Which calls a hook of the debug facility is told of, and that nobody else pays for it.
import { expect, it } from 'vitest';
import {
  AF_INET,
  GUID,
  IPPROTO_TCP,
  ref,
  SIO_GET_EXTENSION_FUNCTION_POINTER,
  SOCKET_ERROR,
  SOCK_STREAM,
  sockaddr_in,
  WSAEACCES,
  WSAID_WSAPOLL,
  WSPPROC_NAMES,
  WSPUPCALL_NAMES,
  type LPFN_WSAPOLL,
  type WSAPROTOCOL_INFO,
  type WSPPROC_TABLE,
  type Ws2_32,
} from 'ws2spi';
import { defineLayer, type LayerContext } from 'ws2spi/chain';
import { describeOnEveryProvider } from '../../support/providers.js';
import { filesInstance } from '../providers/namespaces/fixtures.js';
import { fakeSocket } from './fake-provider.js';

/** A layer that gives away what it was given. */
function open(): { layer: ReturnType<typeof defineLayer>; context: () => LayerContext } {
  let given: LayerContext | null = null;
  return {
    layer: defineLayer({ name: 'open', overrides: (context) => ((given = context), {}) }),
    context: () => given!,
  };
}

/** Writes down what crosses the borders. */
function record(ws2: Ws2_32, names?: RegExp) {
  const log: string[] = [];
  const unhook = ws2.debug.hook({
    match: names ?? /./,
    before: (call) => void log.push(`${call.function}(`),
    after: (call) => void log.push(`${call.function}) ${String(call.result)}`),
  });
  return { log, unhook };
}

describeOnEveryProvider('a function that nobody hooks', (on) => {
  on.it('is the very one that its owner gave, before a hook and after it', (world) => {
    const { layer, context } = open();
    world.stack([layer]);
    world.tcpSocket();
    const { lower, upcalls } = context();
    const before = { ...world.ws2, ...lower, ...upcalls };
    const { unhook } = record(world.ws2);
    const hooked = { ...world.ws2, ...lower, ...upcalls };
    for (const name of ['send', 'WSAStartup', ...WSPPROC_NAMES, ...WSPUPCALL_NAMES] as const) {
      expect(hooked[name], name).not.toBe(before[name]);
    }
    unhook();
    const after = { ...world.ws2, ...lower, ...upcalls };
    for (const name of Object.keys(before) as (keyof typeof before)[])
      expect([name, after[name]]).toEqual([name, before[name]]);
  });

  on.it('is called straight, as long as the hook is for another', (world) => {
    const { layer, context } = open();
    world.stack([layer]);
    world.tcpSocket();
    const { lpWSPSend } = context().lower;
    const { send } = world.ws2;
    const { unhook } = record(world.ws2, /^(recv|WSPRecv)$/);
    expect([world.ws2.send, context().lower.lpWSPSend]).toEqual([send, lpWSPSend]);
    unhook();
  });
});

describeOnEveryProvider('a hook', (on) => {
  on.it('is told of what crosses the API’s border and the providers’, one within the other', (world) => {
    const { client, server } = world.connectedPair();
    const { log, unhook } = record(world.ws2, /^(send|recv|WSPSend|WSPRecv)$/);
    world.send(client, 'hello');
    expect(log).toEqual(['send(', 'WSPSend(', 'WSPSend) 0', 'send) 5']);
    log.length = 0;
    expect(world.receiveAll(server, 5)).toBe('hello');
    expect(log.slice(0, 4)).toEqual(['recv(', 'WSPRecv(', 'WSPRecv) 0', 'recv) 5']);
    unhook();
    log.length = 0;
    world.send(client, 'unheard');
    expect(log).toEqual([]);
  });

  on.it('is told of upcalls, and of functions of providers that start later', (world) => {
    const { log, unhook } = record(world.ws2, /^WP|^WSPSocket/);
    world.stack([defineLayer({ name: 'late' })]);
    world.tcpSocket();
    unhook();
    expect(log.filter((line) => line.startsWith('WSPSocket('))).toHaveLength(2);
    expect(log).toContain('WPUModifyIFSHandle(');
  });

  on.it('is told once of a function that layers pass on, under the name and depth of whose it is', (world) => {
    const [chain] = world.stack([
      defineLayer({ name: 'upper' }),
      defineLayer({ name: 'owner', overrides: { WSPListen: (lower, ...args) => lower.lpWSPListen(...args) } }),
      defineLayer({ name: 'under' }),
    ]);
    const s = world.tcpSocket();
    const called: unknown[] = [];
    const unhook = world.ws2.debug.hook({
      match: ['listen', 'WSPListen'],
      before: ({ border, layer, depth, socket }) =>
        void called.push([border, layer?.name, layer?.depth, depth, socket]),
    });
    world.ws2.listen(s, 1);
    unhook();
    const entries: WSAPROTOCOL_INFO[] = [];
    world.ws2.WSCEnumProtocols(null, entries, ref(100_000), ref(0));
    const nameOf = (place: number) =>
      entries.find(({ dwCatalogEntryId: id }) => id === chain!.ProtocolChain.ChainEntries[place])!.szProtocol;
    expect(called).toEqual([
      ['api', undefined, undefined, 0, s],
      ['provider', nameOf(1), 1, 1, s],
      ['provider', nameOf(3), 3, 2, s],
    ]);
  });

  on.it('is not told by a table that was copied from a hooked one, once it is off', (world) => {
    const { log, unhook } = record(world.ws2, /^WSPListen$/);
    const { layer, context } = open();
    world.stack([defineLayer({ name: 'upper' }), layer]);
    const s = world.tcpSocket();
    world.ws2.listen(s, 1);
    expect(log).toEqual(['WSPListen(', expect.stringMatching(/^WSPListen\)/)]);
    const copied = { ...context().lower };
    unhook();
    log.length = 0;
    copied.lpWSPListen(s, 1, ref(0));
    world.ws2.listen(s, 1);
    expect(log).toEqual([]);
  });

  on.it('sees what WSAConnectByList and WSAPoll from WSAIoctl call', (world) => {
    const { name } = world.listener();
    const { log, unhook } = record(world.ws2, /^(connect|getsockname|getpeername|WSAPoll)$/);
    const s = world.tcpSocket();
    const list = { iAddressCount: 1, Address: [{ lpSockaddr: name, iSockaddrLength: 16 }] };
    const rooms = [ref(16), new Uint8Array(16), ref(16), new Uint8Array(16)] as const;
    expect(world.ws2.WSAConnectByList(s, list, ...rooms, null, null)).toBe(true);
    expect(log.filter((line) => line.endsWith('('))).toEqual(['connect(', 'getsockname(', 'getpeername(']);
    log.length = 0;
    const output = ref<unknown>(null);
    const code = SIO_GET_EXTENSION_FUNCTION_POINTER;
    expect(world.ws2.WSAIoctl(s, code, GUID.encode(WSAID_WSAPOLL), 16, output, 4, ref(0), null, null)).toBe(0);
    (output.value as LPFN_WSAPOLL)([{ fd: s, events: 0x10, revents: 0 }], 1, 0);
    expect(log).toEqual(['WSAPoll(', 'WSAPoll) 1']);
    unhook();
  });
});

it('A hook may replace results, and sees what is thrown before it is contained', () => {
  const { ws2, s, fake, defects } = fakeSocket();
  const thrown: unknown[] = [];
  const unhook = ws2.debug.hook({
    match: ['WSPListen', 'WSPShutdown'],
    after(call) {
      if (call.thrown !== null) thrown.push(call.function, call.thrown.cause);
      else {
        call.result = SOCKET_ERROR;
        call.error = WSAEACCES;
      }
    },
  });
  const cause = new Error('boom');
  fake.overrides.lpWSPShutdown = (() => {
    throw cause;
  }) as WSPPROC_TABLE['lpWSPShutdown'];
  expect([ws2.listen(s, 1), ws2.WSAGetLastError(), ws2.shutdown(s, 1)]).toEqual([-1, WSAEACCES, -1]);
  expect(thrown).toEqual(['WSPShutdown', cause]);
  expect(defects.map(({ message }) => message.replace(/ of provider .*" /, ' '))).toEqual([
    expect.stringMatching(/^WSPShutdown threw: /),
  ]);
  unhook();
  expect(ws2.listen(s, 1)).toBe(0);
});

it('Hooks outlast WSACleanup, and apply to the providers that are started again', () => {
  const { ws2 } = fakeSocket();
  const { log } = record(ws2, /^WSPSocket$/);
  ws2.WSACleanup();
  ws2.WSAStartup(0x0202, {});
  ws2.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
  expect(log[0]).toBe('WSPSocket(');
  expect(ws2.bind(0, sockaddr_in('127.0.0.1', 0), 16)).toBe(-1);
});

it('A hook is told of what name-space providers are asked', () => {
  const { ws2 } = filesInstance();
  const { log, unhook } = record(ws2, /^(gethostbyname|NSP)/);
  const found = ws2.gethostbyname('localhost');
  unhook();
  expect(found?.h_name).toBe('localhost');
  expect(log[0]).toBe('gethostbyname(');
  expect(log).toEqual(
    expect.arrayContaining(['NSPv2LookupServiceBegin(', 'NSPv2LookupServiceNextEx(', 'NSPv2LookupServiceEnd) 0']),
  );
});

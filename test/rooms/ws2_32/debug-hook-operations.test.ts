// How a hook of the debug facility sees what calls lead to: the ends of operations, and calls within calls.
import { describe, expect, it } from 'vitest';
import {
  CF_ACCEPT,
  ERROR_IO_PENDING,
  ref,
  sockaddr_in,
  VirtualClock,
  WSA_E_CANCELLED,
  WSA_OPERATION_ABORTED,
  WSAOVERLAPPED,
  type CallBefore,
  type Ws2_32,
  type Ws2_32Functions,
} from 'ws2spi';
import { defineLayer } from 'ws2spi/chain';
import { describeOnEveryChain, describeOnEveryProvider, buffer } from '../../support/providers.js';
import { filesInstance, idOf, nameInstance } from '../providers/namespaces/fixtures.js';
import { hostResult, laterProvider } from '../providers/namespaces/later-provider.js';

/** Writes down what a hook is told, with ids. */
function record(ws2: Ws2_32, match: string | RegExp) {
  const log: string[] = [];
  const hook = ws2.debug.hook({
    match: typeof match === 'string' ? new RegExp(`^(${match})$`) : match,
    before: ({ id, function: name, parent }) => void log.push(`${id} ${name} in ${parent?.function ?? 'nothing'}`),
    after: ({ id, function: name, error }) => void log.push(`${id} ${name}: ${error}`),
    completed: ({ id, function: name, completionError, transferred, by }) =>
      void log.push(`${id} ${name} ends: ${completionError}, ${transferred} bytes, by ${by}`),
  });
  return { log, hook };
}

describeOnEveryChain('The end of an operation is joined to the call that began it', (on) => {
  const ends = (log: readonly string[]): string[] => log.filter((line) => line.includes(' WSARecv ends'));

  on.it('by an event object, a routine or a completion port', (world) => {
    const { client, server } = world.connectedPair();
    const { ws2 } = world;
    const { log } = record(ws2, 'WSARecv');
    const begin = (overlapped: WSAOVERLAPPED, routine: (() => void) | null): void => {
      const result = ws2.WSARecv(server, [buffer(5)], 1, null, ref(0), overlapped, routine);
      expect([result, ws2.WSAGetLastError()]).toEqual([-1, ERROR_IO_PENDING]);
      world.send(client, 'hello');
    };
    const byEvent = new WSAOVERLAPPED();
    byEvent.hEvent = world.event();
    begin(byEvent, null);
    expect(world.signalled(byEvent.hEvent, 60_000)).toBe(true);
    expect(log).toEqual(['1 WSARecv in nothing', '1 WSARecv: 997', '1 WSARecv ends: 0, 5 bytes, by event']);

    let told = 0;
    begin(new WSAOVERLAPPED(), () => told++);
    while (told === 0) ws2.host.SleepEx(1000, true);
    expect(ends(log).at(-1)).toBe('2 WSARecv ends: 0, 5 bytes, by routine');

    const asked = new WSAOVERLAPPED();
    begin(asked, null);
    world.until(() => asked.Internal === 0);
    expect(ends(log).at(-1)).toBe('3 WSARecv ends: 0, 5 bytes, by none');

    const port = ws2.host.CreateIoCompletionPort(server, null, 7);
    begin(new WSAOVERLAPPED(), null);
    expect(
      ws2.host.GetQueuedCompletionStatus(port, ref(0), ref<unknown>(0), ref<WSAOVERLAPPED | null>(null), 1000),
    ).toBe(true);
    expect(ends(log).at(-1)).toBe('4 WSARecv ends: 0, 5 bytes, by port');
    ws2.host.CloseHandle(port);
  });

  on.it('also where it is cancelled, and not where it failed at once', (world) => {
    const { server } = world.connectedPair();
    const { log } = record(world.ws2, 'WSARecv');
    const overlapped = new WSAOVERLAPPED();
    world.ws2.WSARecv(server, [buffer(5)], 1, null, ref(0), overlapped, null);
    world.ws2.closesocket(server);
    world.until(() => overlapped.Internal !== 0x103);
    world.ws2.WSARecv(server, [buffer(5)], 1, null, ref(0), overlapped, null);
    expect(log.slice(2)).toEqual([
      `1 WSARecv ends: ${WSA_OPERATION_ABORTED}, 0 bytes, by none`,
      '2 WSARecv in nothing',
      '2 WSARecv: 10038',
    ]);
  });
});

describeOnEveryProvider('The end of an operation', (on) => {
  on.it('that passed through layers is told for each of them, from the bottom up', (world) => {
    world.stack([
      defineLayer({ name: 'passing', overrides: { WSPRecv: (lower, ...args) => lower.lpWSPRecv(...args) } }),
    ]);
    const { client, server } = world.connectedPair();
    const { log } = record(world.ws2, 'WSARecv|WSPRecv');
    const overlapped = new WSAOVERLAPPED();
    world.ws2.WSARecv(server, [buffer(5)], 1, null, ref(0), overlapped, null);
    world.send(client, 'hello');
    world.until(() => overlapped.Internal === 0);
    expect(log.filter((line) => line.includes('ends'))).toEqual([
      '3 WSPRecv ends: 0, 5 bytes, by none',
      '2 WSPRecv ends: 0, 5 bytes, by none',
      '1 WSARecv ends: 0, 5 bytes, by none',
    ]);
  });

  on.it('of extension functions is joined to them', (world) => {
    const { s: listener, name } = world.listener();
    const { log } = record(world.ws2, 'AcceptEx|ConnectEx');
    const [accepted, client] = [world.tcpSocket(), world.tcpSocket()];
    const [acceptance, connection] = [new WSAOVERLAPPED(), new WSAOVERLAPPED()];
    world.ws2.AcceptEx(listener, accepted, new Uint8Array(64), 0, 32, 32, null, acceptance);
    world.ws2.bind(client, sockaddr_in('127.0.0.1', 0), 16);
    world.ws2.ConnectEx(client, name, 16, null, 0, null, connection);
    world.until(() => acceptance.Internal === 0 && connection.Internal === 0);
    expect(log.filter((line) => line.includes('ends')).sort()).toEqual([
      expect.stringMatching(/^1 AcceptEx ends: 0, \d+ bytes, by none$/),
      '2 ConnectEx ends: 0, 0 bytes, by none',
    ]);
  });

  on.it('may be looked at with all that the call was given', (world) => {
    const { client, server } = world.connectedPair();
    const received: string[] = [];
    using _hook = world.ws2.debug.hook({
      match: 'WSARecv',
      completed: ({ arguments: { lpBuffers }, transferred }) =>
        void received.push(new TextDecoder().decode(lpBuffers[0]!.buf.subarray(0, transferred))),
    });
    const overlapped = new WSAOVERLAPPED();
    world.ws2.WSARecv(server, [buffer(100)], 1, null, ref(0), overlapped, null);
    world.send(client, 'hello');
    world.until(() => overlapped.Internal === 0);
    expect(received).toEqual(['hello']);
  });
});

describe('The end of a request for a name', () => {
  it('that is told by a message is joined to the call, also of one that was cancelled', () => {
    const { ws2 } = filesInstance();
    const { log } = record(ws2, 'WSAAsyncGetHostByName');
    const hWnd = ws2.host.CreateWindow();
    const handle = ws2.WSAAsyncGetHostByName(hWnd, 1, 'localhost', new Uint8Array(999), 999);
    ws2.host.SleepEx(1, false);
    expect(ws2.host.PeekMessage(hWnd, true)?.wParam).toBe(handle);
    expect(log).toEqual([
      '1 WSAAsyncGetHostByName in nothing',
      '1 WSAAsyncGetHostByName: 0',
      expect.stringMatching(/^1 WSAAsyncGetHostByName ends: 0, \d+ bytes, by message$/),
    ]);
    ws2.WSACancelAsyncRequest(ws2.WSAAsyncGetHostByName(hWnd, 1, 'localhost', new Uint8Array(999), 999));
    expect(log.at(-1)).toBe(`2 WSAAsyncGetHostByName ends: ${WSA_E_CANCELLED}, 0 bytes, by message`);
  });

  it('that is overlapped is joined to the call', () => {
    const { ws2 } = filesInstance();
    const { log } = record(ws2, 'GetAddrInfoExW');
    const overlapped = new WSAOVERLAPPED();
    overlapped.hEvent = ws2.WSACreateEvent();
    ws2.GetAddrInfoExW('localhost', null, 12, null, null, ref(null), null, overlapped, null, null);
    ws2.WSAWaitForMultipleEvents(1, [overlapped.hEvent], true, 60_000, false);
    expect(log).toEqual([
      '1 GetAddrInfoExW in nothing',
      '1 GetAddrInfoExW: 997',
      '1 GetAddrInfoExW ends: 0, 0 bytes, by event',
    ]);
  });
});

describeOnEveryProvider('Calls within calls', (on) => {
  on.it('of a condition function belong to the call that asked it', (world) => {
    const { s: listener, name } = world.listener();
    const client = world.tcpSocket();
    world.nonBlocking(client);
    world.ws2.connect(client, name, name.length);
    const { log, hook } = record(world.ws2, 'WSAAccept|WSPAccept|getsockname');
    const accepted = world.ws2.WSAAccept(
      listener,
      null,
      null,
      () => (world.ws2.getsockname(listener, new Uint8Array(16), ref(16)), CF_ACCEPT),
      null,
    );
    hook();
    world.track(accepted);
    expect(log.filter((line) => line.includes(' in '))).toEqual([
      '1 WSAAccept in nothing',
      '2 WSPAccept in WSAAccept',
      '3 getsockname in WSPAccept',
    ]);
    expect(log.at(-1)).toBe('1 WSAAccept: 0');
  });

  on.it('of a completion routine belong to the wait that runs it, and what follows to nothing', (world) => {
    const { client, server } = world.connectedPair();
    const { log } = record(world.ws2, 'WSAWaitForMultipleEvents|send|WSARecv');
    const routine = (): void => void world.ws2.send(server, Uint8Array.of(1), 1, 0);
    world.ws2.WSARecv(server, [buffer(5)], 1, null, ref(0), new WSAOVERLAPPED(), routine);
    world.ws2.send(client, Uint8Array.of(1), 1, 0);
    world.ws2.WSAWaitForMultipleEvents(1, [world.event()], false, 60_000, true);
    world.ws2.send(client, Uint8Array.of(1), 1, 0);
    expect(log.filter((line) => line.includes(' in '))).toEqual([
      '1 WSARecv in nothing',
      '2 send in nothing',
      '3 WSAWaitForMultipleEvents in nothing',
      '4 send in WSAWaitForMultipleEvents',
      '5 send in nothing',
    ]);
  });

  on.it('of a call that throws end with it', (world) => {
    const { client } = world.connectedPair();
    const calls: CallBefore<Ws2_32Functions, string>[] = [];
    using _hook = world.ws2.debug.hook({ match: /^(send|WSPSend)$/, before: (call) => void calls.push(call) });
    const inner = world.ws2.debug.hook({
      match: 'WSPSend',
      before: (call) =>
        call.redirect(() => {
          throw new Error('boom');
        }),
    });
    expect(world.send(client, 'x')).toBeLessThan(0);
    inner();
    world.takeDefects();
    world.send(client, 'x');
    expect(calls.map(({ function: name, depth }) => `${name} ${depth}`)).toEqual(['send 0', 'send 0', 'WSPSend 1']);
  });
});

describeOnEveryProvider('A blocking call', (on) => {
  on.it('has what providers do meanwhile within it', (world) => {
    let sendLater = (_s: number): void => undefined;
    const late = defineLayer({
      name: 'late',
      overrides({ lower, host }) {
        const lpBuffers = [{ len: 5, buf: new TextEncoder().encode('later') }];
        sendLater = (s) =>
          void host.setTimer(host.clock.now() + 5, () => {
            lower.lpWSPSend(s, lpBuffers, 1, ref(0), 0, null, null, host.thread, ref(0));
          });
        return {};
      },
    });
    world.stack([late]);
    const { client, server } = world.connectedPair();
    const { log } = record(world.ws2, 'recv|WSPRecv|WSPSend');
    sendLater(client);
    expect(world.ws2.recv(server, new Uint8Array(5), 5, 0)).toBe(5);
    expect(log).toEqual([
      '1 recv in nothing',
      '2 WSPRecv in recv',
      '3 WSPSend in WSPRecv',
      '3 WSPSend: 0',
      '2 WSPRecv: 0',
      '1 recv: 0',
    ]);
  });
});

describe('What a name-space provider is asked, and ends by WSAProviderCompleteAsyncCall,', () => {
  it.each([true, false])('ends for the hook there, whether it is answered at once (%j) or later', (isAtOnce) => {
    const provider = laterProvider([hostResult('host', 192, 0, 2, 7)], isAtOnce ? 0 : 5);
    const { ws2 } = nameInstance([{ name: 'later', module: {} }], { clock: new VirtualClock() });
    expect(ws2.WSAAdvertiseProvider(idOf(0), provider.routines)).toBe(0);
    provider.overrides.NSPv2LookupServiceNextEx = (hAsyncCall, _hLookup, _flags, _length, found) => {
      const answer = (): void => {
        found!.push(hostResult('host', 192, 0, 2, 7));
        expect(ws2.WSAProviderCompleteAsyncCall(hAsyncCall, 0)).toBe(0);
      };
      if (isAtOnce) answer();
      else provider.host.setTimer(provider.host.clock.now() + 5, answer);
    };
    const { log } = record(ws2, 'NSPv2LookupServiceNextEx|WSAProviderCompleteAsyncCall');
    expect(ws2.gethostbyname('host')?.h_name).toBe('host');
    expect(log.filter((line) => line.includes(' ends: '))).toEqual([
      expect.stringMatching(/^1 NSPv2LookupServiceNextEx ends: 0, 0 bytes, by callback$/),
    ]);
    ws2[Symbol.dispose]();
  });
});

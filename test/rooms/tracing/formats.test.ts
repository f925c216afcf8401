// What traces tell: readable lines, JSON lines, and Chrome's format; and what they leave out.
import { describe, expect, it } from 'vitest';
import {
  AF_INET,
  createWs2_32,
  ref,
  SOCK_STREAM,
  sockaddr_in,
  VirtualClock,
  WSAOVERLAPPED,
  type DebugTraceOptions,
  type Ws2_32,
} from 'ws2spi';
import { defineLayer, stack } from 'ws2spi/chain';
import { describeOnEveryProvider, buffer } from '../../support/providers.js';
import { fakeSocket } from '../ws2_32/fake-provider.js';
import { readChromeTrace } from './chrome-trace.js';
import { filesInstance } from '../providers/namespaces/fixtures.js';

const codec = (name: string) =>
  defineLayer({
    name,
    codec: () => ({
      send: (bytes, output) => output.encoded(bytes),
      receive: (bytes, output) => output.decoded(bytes),
    }),
  });

/** Traces an instance into a text. */
function traced(ws2: Ws2_32, options: DebugTraceOptions) {
  let text = '';
  const stop = ws2.debug.trace({ to: (more) => void (text += more), ...options });
  return { text: () => text, stop, ended: () => (stop(), text) };
}

/** A stack of two codecs that lie directly upon each other, in virtual time. */
function codecStack() {
  const ws2 = createWs2_32({ base: 'memory', catalog: 'memory', clock: new VirtualClock() });
  ws2.WSAStartup(0x0202, {});
  const [entry] = stack(ws2, [codec('outer'), codec('inner')]);
  const open = (): number => ws2.WSASocket(AF_INET, SOCK_STREAM, 0, entry!, 0, 1);
  const connect = () => {
    const [listener, client, name] = [open(), open(), new Uint8Array(16)];
    ws2.bind(listener, sockaddr_in('127.0.0.1', 0), 16);
    ws2.listen(listener, 1);
    ws2.getsockname(listener, name, ref(16));
    ws2.connect(client, name, 16);
    return { client, server: ws2.accept(listener, null, null) };
  };
  return { ws2, connect };
}

const hello = new TextEncoder().encode('hello');

describe('Readable lines', () => {
  it('nest calls as they happen, by layer, with what came of them', () => {
    const { ws2, connect } = codecStack();
    using _ws2 = ws2;
    const trace = traced(ws2, { match: ['send', 'WSPSend'] });
    const { client } = connect();
    ws2.send(client, hello, 5, 0);
    const lines = trace
      .ended()
      .split('\n')
      .map((line) =>
        line.replaceAll(/^ *[\d.]+ ms {2}|: \d+, lp/g, (found) => (found.startsWith(':') ? ': S, lp' : '')),
      );
    expect(lines).toEqual([
      expect.stringMatching(/^API +send\(s: \d+, buf: 5 bytes, flags: 0\) …$/),
      expect.stringMatching(/^0 outer +WSPSend\(s: S, lpBuffers: 5 bytes, dwFlags: 0\) …$/),
      expect.stringMatching(/^1 inner +WSPSend\(s: S, lpBuffers: 5 bytes, dwFlags: 0\) …$/),
      expect.stringMatching(
        /^2 ws2spi Memory \[TCP\/IP\] +WSPSend\(s: S, lpBuffers: 5 bytes, dwFlags: 0\) = 0 → lpNumberOfBytesSent: 5$/,
      ),
      expect.stringMatching(/^1 inner +WSPSend = 0 → lpNumberOfBytesSent: 5$/),
      expect.stringMatching(/^0 outer +WSPSend = 0 → lpNumberOfBytesSent: 5$/),
      expect.stringMatching(/^API +send = 5$/),
      '',
    ]);
  });

  it('are coloured when they are to be', () => {
    const { ws2, s } = fakeSocket({ clock: new VirtualClock() });
    const plain = traced(ws2, { match: 'listen' });
    const coloured = traced(ws2, { match: 'listen', colours: true });
    ws2.listen(s, 1);
    expect(coloured.ended().replaceAll(/\u001b\[\d+m/g, '')).toBe(plain.ended());
    expect(coloured.text()).not.toBe(plain.text());
  });

  it('have nothing in them that a terminal would take for an order', () => {
    const { ws2 } = filesInstance();
    const trace = traced(ws2, { match: ['gethostbyname', 'WSASetService'] });
    ws2.gethostbyname('\u001b[2Jevil\u202e\r\nsend(s: 4) = 0');
    const text = trace.ended();
    expect(text).toContain('gethostbyname(name: "\\u001b[2Jevil\\u202e\\r\\nsend(s: 4) = 0") = null WSAHOST_NOT_FOUND');
    expect(text.split('\n')).toHaveLength(2);
  });

  it('tell of calls that are not over when the trace ends, and of what was thrown', () => {
    const { ws2, s, fake } = fakeSocket();
    const trace = traced(ws2, { match: ['listen', 'WSPListen', 'WSPShutdown', 'WSPBind'] });
    fake.overrides.lpWSPShutdown = () => {
      throw new Error('boom');
    };
    ws2.shutdown(s, 1);
    fake.overrides.lpWSPListen = () => (trace.stop(), 0);
    ws2.listen(s, 1);
    const lines = trace.text().split('\n');
    expect(lines[0]).toMatch(/WSPShutdown\(s: \d+, how: 1\) threw boom/);
    expect(lines.slice(3, 5)).toEqual([
      expect.stringMatching(/WSPListen … not over$/),
      expect.stringMatching(/API +listen … not over$/),
    ]);
  });
});

describe('JSON lines', () => {
  it('are an object for each call, with the names of its arguments, and one for each end of an operation', () => {
    const { ws2, connect } = codecStack();
    using _ws2 = ws2;
    const { client, server } = connect();
    const trace = traced(ws2, { format: 'json', match: ['WSARecv', 'connect'] });
    const overlapped = new WSAOVERLAPPED();
    ws2.WSARecv(server, [buffer(100)], 1, null, ref(0), overlapped, null);
    ws2.send(client, hello, 5, 0);
    while (overlapped.Internal !== 0) ws2.host.SleepEx(1, true);
    ws2.connect(client, sockaddr_in('127.0.0.1', 9), 16);
    const objects = trace
      .ended()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    const common = { process: process.pid, instance: 1, border: 'api', layer: null };
    expect(objects).toEqual([
      expect.objectContaining({
        ...common,
        event: 'call',
        id: 1,
        function: 'WSARecv',
        socket: server,
        result: -1,
        errorName: 'WSA_IO_PENDING',
        pending: true,
      }),
      expect.objectContaining({
        ...common,
        event: 'completion',
        id: 1,
        function: 'WSARecv',
        socket: server,
        transferred: 5,
        error: 0,
        by: 'none',
      }),
      expect.objectContaining({
        ...common,
        event: 'call',
        id: 2,
        function: 'connect',
        arguments: { s: client, name: '127.0.0.1:9' },
        errorName: 'WSAEISCONN',
      }),
    ]);
  });
});

describeOnEveryProvider('A Chrome trace', (on) => {
  on.it('can be parsed, nests, and has a track for each layer', (world) => {
    const trace = traced(world.ws2, { format: 'perfetto' });
    world.stack([codec('outer'), codec('inner')]);
    const { client, server } = world.connectedPair();
    const overlapped = new WSAOVERLAPPED();
    world.ws2.WSARecv(server, [buffer(5)], 1, null, ref(0), overlapped, null);
    world.send(client, 'hello');
    world.until(() => overlapped.Internal === 0);
    const { tracks, slices, events } = readChromeTrace(trace.ended());
    const base = [...tracks.values()].find((name) => name.startsWith('2 '));
    expect([...tracks.values()]).toEqual(
      expect.arrayContaining(['API', '0 outer', '1 inner', 'upcalls outer', 'upcalls inner']),
    );
    expect(base).toMatch(/^2 .*\[TCP\/IP\]$/);
    expect(slices).toEqual(
      expect.arrayContaining(['API: send', '0 outer: WSPSend', '1 inner: WSPSend', `${base}: WSPSend`]),
    );
    const ends = events.filter(({ ph, name }) => ph === 'e' && name === 'WSARecv');
    expect(ends.map(({ args }) => args['transferred'])).toEqual([5]);
  });
});

describe('A Chrome trace', () => {
  it('of virtual time, in which much happens at once, nests all the same; and what is not over is ended', () => {
    const { ws2, s, fake } = fakeSocket({ clock: new VirtualClock() });
    const trace = traced(ws2, { format: 'perfetto' });
    for (let count = 0; count < 10; count++) ws2.send(s, hello, 5, 0);
    fake.overrides.lpWSPListen = () => (trace.stop(), 0);
    ws2.listen(s, 1);
    expect(readChromeTrace(trace.text()).slices.filter((slice) => slice === 'API: send')).toHaveLength(10);
  });
});

describe('What nobody asked for is left out', () => {
  const secrets = ['geheim', 'payload', 'connect-data', 'key-material'];
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

  function talk(ws2: Ws2_32, s: number): void {
    ws2.send(s, bytes('payload'), 7, 0);
    ws2.WSASend(s, [{ len: 7, buf: bytes('payload') }], 1, ref(0), 0, null, null);
    ws2.WSAConnect(s, sockaddr_in('127.0.0.1', 9), 16, { len: 12, buf: bytes('connect-data') }, null, null, null);
    ws2.WSASendDisconnect(s, { len: 12, buf: bytes('connect-data') });
    ws2.setsockopt(s, 0xffff, 0x7000, bytes('gehe'), 4);
    ws2.setsockopt(s, 0xffff, 0x7000, bytes('connect-data'), 12);
    ws2.setsockopt(s, 6, 0x4001, bytes('key-material'), 12);
    ws2.setsockopt(s, 0xffff, 0x1002, Uint8Array.of(0, 0, 1, 0), 4);
    ws2.WSAIoctl(s, 0x98000000 | 0, bytes('key-material'), 12, null, 0, ref(0), null, null);
    ws2.WSASetService(
      {
        dwSize: 60,
        lpszServiceInstanceName: 'redis://user:geheim@host/0',
        lpszQueryString: 'password=geheim',
        lpszComment: 'geheim',
        lpszContext: 'geheim',
        lpBlob: { cbSize: 6, pBlobData: bytes('geheim') },
      },
      0,
      0,
    );
  }

  it.each(['lines', 'json', 'perfetto'] as const)('of %s: payload, connect data, keys, passwords', (format) => {
    const { ws2, s } = fakeSocket();
    const trace = traced(ws2, { format });
    talk(ws2, s);
    const text = trace.ended();
    for (const secret of [...secrets, 'gehe']) expect(text).not.toContain(secret);
    // An option that is a number is told.
    expect(text).toMatch(/optval"?: ?65536/);
    expect(text).toContain('//…@host/0');
  });

  it('and told as far as it was asked for: contents are payload alone, secrets the rest', () => {
    const { ws2, s } = fakeSocket();
    const contents = traced(ws2, { contents: 4 });
    const all = traced(ws2, { contents: 64, secrets: true });
    talk(ws2, s);
    const text = contents.ended();
    expect(text).toContain('7 bytes "payl"');
    for (const secret of secrets) expect(text).not.toContain(secret);
    for (const secret of secrets) expect(all.ended()).toContain(secret);
  });
});

describe('A trace that cannot be', () => {
  it.each<[unknown, RegExp]>([
    [{ format: 'linse' }, /`format` must be 'lines', 'json' or 'perfetto', not "linse": did you mean "lines"\?/],
    [{ to: 5 }, /`to` must be/],
    [{ contents: -1 }, /`contents` must be/],
    [{ match: 'sned' }, /did you mean "send"/],
    [{ colors: true }, /did you mean "colours"/],
    [{ to: '/no/such/folder/trace' }, /the trace cannot be written to \/no\/such\/folder\/trace: ENOENT/],
  ])('is refused: %j', (options, message) => {
    const { ws2 } = fakeSocket();
    const { send } = ws2;
    expect(() => ws2.debug.trace(options as DebugTraceOptions)).toThrow(message);
    expect(ws2.send).toBe(send);
  });

  it('because whoever is given the text throws is reported, and the trace ends', () => {
    const { ws2, s, defects } = fakeSocket();
    ws2.debug.trace({
      to() {
        throw new Error('full');
      },
    });
    expect([ws2.listen(s, 1), ws2.listen(s, 1)]).toEqual([0, 0]);
    expect(defects.map(({ message }) => message)).toEqual(['the trace ends here: what is given its text threw: full']);
  });

  it('because arguments are garbage says so of them', () => {
    const { ws2 } = fakeSocket();
    const trace = traced(ws2, {});
    const hostile = {
      get value(): number {
        throw new Error('no');
      },
      get buf(): never {
        throw new Error('no');
      },
    };
    const garbage = [
      undefined,
      null,
      NaN,
      -1,
      'x',
      {},
      [],
      () => 0,
      Symbol('x'),
      10n ** 30n,
      hostile,
      [hostile],
      new Uint8Array(3),
    ];
    for (const each of garbage) {
      const any = each as never;
      ws2.send(any, any, any, any);
      ws2.WSARecv(any, any, any, any, any, any, any);
      ws2.select(any, any, any, any, any);
      ws2.getsockopt(any, any, any, any, any);
      ws2.WSAWaitForMultipleEvents(any, any, any, 0, any);
      ws2.WSALookupServiceBegin(any, any, any);
    }
    expect(trace.ended().split('\n').length).toBeGreaterThan(6 * garbage.length);
  });
});

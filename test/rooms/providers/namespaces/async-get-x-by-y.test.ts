import { describe, expect, it } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  hostent,
  MAXGETHOSTSTRUCT,
  protoent,
  servent,
  VirtualClock,
  WSAEAFNOSUPPORT,
  WSAEALREADY,
  WSAEFAULT,
  WSAEINPROGRESS,
  WSAEINVAL,
  WSAENOBUFS,
  WSAETIMEDOUT,
  WSAEWOULDBLOCK,
  WSAGETASYNCBUFLEN,
  WSAGETASYNCERROR,
  WSAHOST_NOT_FOUND,
  WSANO_DATA,
  WSANO_RECOVERY,
  WSANOTINITIALISED,
  WSATRY_AGAIN,
  type StructureCodec,
  type Ws2_32,
} from 'ws2spi';
import { filesInstance, idOf, nameInstance, scriptedProvider, writeFiles } from './fixtures.js';
import { hostResult, laterProvider, type LaterProvider } from './later-provider.js';

const WM_FOUND = 0x8001;
const HOST = hostResult('host', 192, 0, 2, 7);
const swapped = (port: number): number => ((port & 0xff) << 8) | (port >> 8);
const room = (): Uint8Array => new Uint8Array(MAXGETHOSTSTRUCT).fill(0xee);

type Message = NonNullable<ReturnType<Ws2_32['host']['PeekMessage']>>;

interface Told {
  readonly handle: number;
  readonly error: number;
  readonly length: number;
}

const told = ({ message, wParam, lParam }: Message): Told => {
  expect(message).toBe(WM_FOUND);
  return { handle: wParam, error: WSAGETASYNCERROR(lParam), length: WSAGETASYNCBUFLEN(lParam) };
};

/** Every message that waits for a window. */
function messages(ws2: Ws2_32, hWnd: number): Told[] {
  const all: Told[] = [];
  for (;;) {
    const message = ws2.host.PeekMessage(hWnd, true);
    if (message === null) return all;
    all.push(told(message));
  }
}

/** The message that GetMessage waits for. */
function next(ws2: Ws2_32, hWnd: number): Told {
  const message = ws2.host.GetMessage(hWnd);
  if (message === null) throw new Error('no message');
  return told(message);
}

/** An instance with the files of the fixture, and a window. */
function withFiles() {
  const instance = filesInstance(writeFiles());
  return { ...instance, hWnd: instance.ws2.host.CreateWindow() };
}

/** An instance with a provider that answers when a test says so, and a window. */
function withLater(provider: LaterProvider, version = 0x0202) {
  const clock = new VirtualClock();
  const instance = nameInstance([{ name: 'later', module: { ...provider.routines } }], { clock, version });
  return { ...instance, clock, hWnd: instance.ws2.host.CreateWindow() };
}

type Ask = (ws2: Ws2_32, hWnd: number, buf: Uint8Array, buflen: number) => number;

/** Each function, called well. */
const CALLS: readonly [name: string, ask: Ask, codec: StructureCodec<unknown>, expected: unknown][] = [
  [
    'WSAAsyncGetHostByName',
    (ws2, hWnd, buf, buflen) => ws2.WSAAsyncGetHostByName(hWnd, WM_FOUND, 'six.example', buf, buflen),
    hostent,
    null,
  ],
  [
    'WSAAsyncGetHostByName',
    (ws2, hWnd, buf, buflen) => ws2.WSAAsyncGetHostByName(hWnd, WM_FOUND, 'one-more-name', buf, buflen),
    hostent,
    {
      h_name: 'one-more-name',
      h_aliases: [],
      h_addrtype: AF_INET,
      h_length: 4,
      h_addr_list: [new Uint8Array([192, 0, 2, 1])],
    },
  ],
  [
    'WSAAsyncGetHostByAddr',
    (ws2, hWnd, buf, buflen) =>
      ws2.WSAAsyncGetHostByAddr(hWnd, WM_FOUND, Uint8Array.of(192, 0, 2, 2), 4, AF_INET, buf, buflen),
    hostent,
    {
      h_name: 'alpha.example',
      h_aliases: [],
      h_addrtype: AF_INET,
      h_length: 4,
      h_addr_list: [new Uint8Array([192, 0, 2, 2])],
    },
  ],
  [
    'WSAAsyncGetServByName',
    (ws2, hWnd, buf, buflen) => ws2.WSAAsyncGetServByName(hWnd, WM_FOUND, 'nameserver', 'tcp', buf, buflen),
    servent,
    { s_name: 'domain', s_aliases: ['nameserver'], s_port: swapped(53), s_proto: 'tcp' },
  ],
  [
    'WSAAsyncGetServByPort',
    (ws2, hWnd, buf, buflen) => ws2.WSAAsyncGetServByPort(hWnd, WM_FOUND, swapped(21), null, buf, buflen),
    servent,
    { s_name: 'ftp', s_aliases: ['fsp'], s_port: swapped(21), s_proto: 'tcp' },
  ],
  [
    'WSAAsyncGetProtoByName',
    (ws2, hWnd, buf, buflen) => ws2.WSAAsyncGetProtoByName(hWnd, WM_FOUND, 'UDP', buf, buflen),
    protoent,
    { p_name: 'udp', p_aliases: ['UDP'], p_proto: 17 },
  ],
  [
    'WSAAsyncGetProtoByNumber',
    (ws2, hWnd, buf, buflen) => ws2.WSAAsyncGetProtoByNumber(hWnd, WM_FOUND, 6, buf, buflen),
    protoent,
    { p_name: 'tcp', p_aliases: ['TCP'], p_proto: 6 },
  ],
];
const WELL = CALLS.filter(([, , , expected]) => expected !== null);

describe.each(WELL)('%s', (_name, ask, codec, expected) => {
  it('fills the buffer, and tells by one message after it has returned', () => {
    const { ws2, hWnd } = withFiles();
    const buf = room();
    ws2.WSASetLastError(5);
    const handle = ask(ws2, hWnd, buf, buf.length);
    expect([handle % 4, handle === 0, ws2.WSAGetLastError()]).toEqual([0, false, 0]);
    expect(buf.every((byte) => byte === 0xee)).toBe(true);
    const { length, ...rest } = next(ws2, hWnd);
    expect(rest).toEqual({ handle, error: 0 });
    expect(codec.decode(buf)).toEqual(expected);
    expect(codec.decode(buf.subarray(0, length))).toEqual(expected);
    expect(buf.subarray(length).every((byte) => byte === 0xee)).toBe(true);
    expect(messages(ws2, hWnd)).toEqual([]);
  });

  it('tells how large the buffer must be, and succeeds with one of that size', () => {
    const { ws2, hWnd } = withFiles();
    const small = room();
    const first = ask(ws2, hWnd, small, codec.size);
    const { length, ...rest } = next(ws2, hWnd);
    expect(rest).toEqual({ handle: first, error: WSAENOBUFS });
    expect(length).toBeGreaterThan(codec.size);
    expect(small.every((byte) => byte === 0xee)).toBe(true);
    ask(ws2, hWnd, small, length - 1);
    expect(next(ws2, hWnd)).toMatchObject({ error: WSAENOBUFS, length });
    const exact = room();
    const second = ask(ws2, hWnd, exact, length);
    expect(next(ws2, hWnd)).toEqual({ handle: second, error: 0, length });
    expect(codec.decode(exact)).toEqual(expected);
  });

  it.each<[string, unknown, unknown]>([
    ['no buffer', null, 100],
    ['a buffer that is no bytes', 'x', 100],
    ['a buffer shorter than its length', new Uint8Array(5), 6],
    ['a length that is not a number', new Uint8Array(5), null],
    ['a negative length', new Uint8Array(5), -1],
  ])('tells of %s by the message', (_what, buf, buflen) => {
    const { ws2, hWnd } = withFiles();
    const handle = ask(ws2, hWnd, buf as Uint8Array, buflen as number);
    expect(handle).not.toBe(0);
    expect(messages(ws2, hWnd)).toEqual([{ handle, error: WSAEFAULT, length: 0 }]);
  });

  it('tells of a buffer that was transferred away meanwhile', () => {
    const { ws2, hWnd } = withFiles();
    const buf = room();
    const handle = ask(ws2, hWnd, buf, buf.length);
    structuredClone(buf.buffer, { transfer: [buf.buffer as ArrayBuffer] });
    expect(messages(ws2, hWnd)).toEqual([{ handle, error: WSAEFAULT, length: 0 }]);
  });

  it('needs WSAStartup', () => {
    const { ws2, hWnd } = withFiles();
    ws2.WSACleanup();
    expect(ask(ws2, hWnd, room(), 100)).toBe(0);
    expect(ws2.WSAGetLastError()).toBe(WSANOTINITIALISED);
    expect(messages(ws2, hWnd)).toEqual([]);
  });

  it('posts nothing to a window that there is not, or is not any more', () => {
    const { ws2, hWnd, defects } = withFiles();
    expect(ask(ws2, hWnd, room(), 1024)).not.toBe(0);
    expect(ws2.host.DestroyWindow(hWnd)).toBe(true);
    expect(ask(ws2, hWnd, room(), 1024)).not.toBe(0);
    expect(messages(ws2, 0)).toEqual([]);
    expect(defects).toEqual([]);
  });

  it('can be cancelled before its message is posted, not afterwards', () => {
    const { ws2, hWnd } = withFiles();
    const cancelled = ask(ws2, hWnd, room(), 1024);
    expect(ws2.WSACancelAsyncRequest(cancelled)).toBe(0);
    expect(ws2.WSAGetLastError()).toBe(0);
    expect(messages(ws2, hWnd)).toEqual([]);
    const handle = ask(ws2, hWnd, room(), 1024);
    ws2.host.PeekMessage(hWnd, false);
    expect(ws2.WSACancelAsyncRequest(handle)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAEALREADY);
    expect(messages(ws2, hWnd)).toHaveLength(1);
    expect(ws2.WSACancelAsyncRequest(handle)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAEALREADY);
  });
});

describe('The asynchronous database functions', () => {
  const buf = room();
  it.each<[string, (ws2: Ws2_32, hWnd: number) => number, number]>([
    [
      'a host name that is not a text',
      (ws2, w) => ws2.WSAAsyncGetHostByName(w, WM_FOUND, 5 as never, buf, 99),
      WSAEFAULT,
    ],
    ['an unknown host', (ws2, w) => ws2.WSAAsyncGetHostByName(w, WM_FOUND, 'nobody', buf, 999), WSAHOST_NOT_FOUND],
    ['a host of IPv6 alone', (ws2, w) => ws2.WSAAsyncGetHostByName(w, WM_FOUND, 'six.example', buf, 999), WSANO_DATA],
    ['no address', (ws2, w) => ws2.WSAAsyncGetHostByAddr(w, WM_FOUND, null as never, 4, AF_INET, buf, 9), WSAEFAULT],
    [
      'an address that is too short',
      (ws2, w) => ws2.WSAAsyncGetHostByAddr(w, WM_FOUND, new Uint8Array(16), 15, AF_INET6, buf, 9),
      WSAEFAULT,
    ],
    [
      'another family',
      (ws2, w) => ws2.WSAAsyncGetHostByAddr(w, WM_FOUND, new Uint8Array(16), 16, AF_UNSPEC, buf, 9),
      WSAEAFNOSUPPORT,
    ],
    [
      'an unknown address',
      (ws2, w) => ws2.WSAAsyncGetHostByAddr(w, WM_FOUND, new Uint8Array(4), 4, AF_INET, buf, 999),
      WSAHOST_NOT_FOUND,
    ],
    ['no service', (ws2, w) => ws2.WSAAsyncGetServByName(w, WM_FOUND, null as never, null, buf, 9), WSAEFAULT],
    [
      'a protocol that is not a text',
      (ws2, w) => ws2.WSAAsyncGetServByName(w, WM_FOUND, 'ftp', 6 as never, buf, 9),
      WSAEFAULT,
    ],
    ['an unknown service', (ws2, w) => ws2.WSAAsyncGetServByName(w, WM_FOUND, 'nobody', null, buf, 999), WSANO_DATA],
    ['no port', (ws2, w) => ws2.WSAAsyncGetServByPort(w, WM_FOUND, null as never, null, buf, 9), WSAEFAULT],
    [
      'a protocol that is not a text',
      (ws2, w) => ws2.WSAAsyncGetServByPort(w, WM_FOUND, 21, 6 as never, buf, 9),
      WSAEFAULT,
    ],
    ['an unknown port', (ws2, w) => ws2.WSAAsyncGetServByPort(w, WM_FOUND, swapped(22), null, buf, 999), WSANO_DATA],
    ['no protocol', (ws2, w) => ws2.WSAAsyncGetProtoByName(w, WM_FOUND, null as never, buf, 9), WSAEFAULT],
    ['an unknown protocol', (ws2, w) => ws2.WSAAsyncGetProtoByName(w, WM_FOUND, 'x', buf, 999), WSANO_DATA],
    ['an unknown number', (ws2, w) => ws2.WSAAsyncGetProtoByNumber(w, WM_FOUND, 200, buf, 999), WSANO_DATA],
  ])('tell of %s by the message', (_what, ask, error) => {
    const { ws2, hWnd, defects } = withFiles();
    const handle = ask(ws2, hWnd);
    expect(handle).not.toBe(0);
    expect(messages(ws2, hWnd)).toEqual([{ handle, error, length: 0 }]);
    expect(defects).toEqual([]);
  });

  it('find the machine itself without a name', () => {
    const { ws2, hWnd } = withFiles();
    for (const name of [null, '']) {
      const own = room();
      ws2.WSAAsyncGetHostByName(hWnd, WM_FOUND, name, own, own.length);
      expect(next(ws2, hWnd).error).toBe(0);
      expect(hostent.decode(own).h_addr_list).toEqual([new Uint8Array([10, 0, 0, 7])]);
    }
  });

  it('refuse a message that is not a number', () => {
    const { ws2, hWnd } = withFiles();
    expect(ws2.WSAAsyncGetProtoByNumber(hWnd, null as never, 6, buf, 99)).toBe(0);
    expect(ws2.WSAGetLastError()).toBe(WSAEFAULT);
  });

  it('take the arguments as they are at the call', () => {
    const { ws2, hWnd } = withLaterFiles();
    const address = Uint8Array.of(192, 0, 2, 7);
    ws2.WSAAsyncGetHostByAddr(hWnd, WM_FOUND, address, 4, AF_INET, buf, buf.length);
    address.fill(0);
    expect(next(ws2, hWnd).error).toBe(0);
  });

  it('tell in the window procedure, from the event loop', async () => {
    const { ws2 } = filesInstance(writeFiles());
    const own = room();
    let handle = 0;
    const seen = await new Promise<Told>((resolve) => {
      const hWnd = ws2.host.CreateWindow((hWnd, message, wParam, lParam) =>
        resolve(told({ hWnd, message, wParam, lParam })),
      );
      handle = ws2.WSAAsyncGetProtoByName(hWnd, WM_FOUND, 'tcp', own, own.length);
    });
    expect(seen).toMatchObject({ handle, error: 0 });
    expect(protoent.decode(own).p_proto).toBe(6);
  });

  it('post through the routine that WSApSetPostRoutine has set', () => {
    const { ws2, hWnd } = withFiles();
    const posted: number[][] = [];
    ws2.WSApSetPostRoutine((...message: number[]) => (posted.push(message), true));
    const handle = ws2.WSAAsyncGetProtoByNumber(hWnd, WM_FOUND, 6, buf, buf.length);
    ws2.host.SleepEx(0, false);
    expect(posted).toHaveLength(1);
    expect(posted[0]?.slice(0, 3)).toEqual([hWnd, WM_FOUND, handle]);
  });

  it('are refused while a blocking hook runs', () => {
    const { ws2, hWnd } = withLater(laterProvider([HOST], 100), 0x0101);
    let seen = 0;
    ws2.WSASetBlockingHook(() => {
      expect(ws2.WSAAsyncGetProtoByNumber(hWnd, WM_FOUND, 6, buf, buf.length)).toBe(0);
      seen = ws2.WSAGetLastError();
      return false;
    });
    ws2.gethostbyname('host');
    expect(seen).toBe(WSAEINPROGRESS);
  });

  it('are refused beyond ten thousand requests under way', () => {
    const { ws2, hWnd } = withLater(laterProvider([], null));
    for (let i = 0; i < 10_000; i++) ws2.WSAAsyncGetProtoByNumber(hWnd, WM_FOUND, 6, buf, buf.length);
    expect(ws2.WSAGetLastError()).toBe(0);
    expect(ws2.WSAAsyncGetProtoByNumber(hWnd, WM_FOUND, 6, buf, buf.length)).toBe(0);
    expect(ws2.WSAGetLastError()).toBe(WSAEWOULDBLOCK);
    expect(messages(ws2, hWnd)).toHaveLength(10_000);
  });

  it('have a post routine that throws reported', () => {
    const { ws2, hWnd, defects } = withFiles();
    ws2.WSApSetPostRoutine(() => {
      throw new Error('no');
    });
    ws2.WSAAsyncGetProtoByNumber(hWnd, WM_FOUND, 6, buf, buf.length);
    ws2.host.SleepEx(0, false);
    expect(defects.map(({ message }) => message)).toEqual(['the post routine threw; its message is lost']);
  });
});

function withLaterFiles() {
  return withLater(laterProvider([HOST], 50));
}

describe('An asynchronous request to a provider that takes its time', () => {
  it('holds up nobody, and a thousand of them are under way at once', () => {
    const provider = laterProvider([HOST], 5000);
    const { ws2, hWnd, clock, defects } = withLater(provider);
    const buffers = Array.from({ length: 1000 }, room);
    const handles = buffers.map((buf) => ws2.WSAAsyncGetHostByName(hWnd, WM_FOUND, 'host', buf, buf.length));
    expect(clock.now()).toBe(0);
    expect(new Set(handles).size).toBe(1000);
    expect(messages(ws2, hWnd)).toEqual([]);
    const first = next(ws2, hWnd);
    expect(clock.now()).toBe(5000);
    const all = [first, ...messages(ws2, hWnd)];
    expect(all.map(({ handle }) => handle)).toEqual(handles);
    expect(all.every(({ error }) => error === 0)).toBe(true);
    expect(buffers.every((buf) => hostent.decode(buf).h_name === 'host')).toBe(true);
    expect(defects).toEqual([]);
  });

  it('gets on while the application blocks elsewhere', () => {
    const { ws2, hWnd, clock } = withLater(laterProvider([HOST], 30));
    const buf = room();
    const handle = ws2.WSAAsyncGetHostByName(hWnd, WM_FOUND, 'host', buf, buf.length);
    ws2.host.SleepEx(100, false);
    expect(clock.now()).toBe(100);
    expect(messages(ws2, hWnd)).toMatchObject([{ handle, error: 0 }]);
  });

  it('leaves the last error alone', () => {
    const { ws2, hWnd, clock } = withLater(laterProvider([], 10));
    ws2.WSAAsyncGetHostByName(hWnd, WM_FOUND, 'host', room(), 1024);
    ws2.WSASetLastError(77);
    clock.advance(20);
    expect(messages(ws2, hWnd)).toMatchObject([{ error: WSAHOST_NOT_FOUND }]);
    expect(ws2.WSAGetLastError()).toBe(77);
  });

  it('tells of the provider’s error', () => {
    const provider = laterProvider([], null);
    const { ws2, hWnd } = withLater(provider);
    for (const [given, error] of [
      [WSATRY_AGAIN, WSATRY_AGAIN],
      [WSAETIMEDOUT, WSANO_RECOVERY],
    ] as const) {
      const handle = ws2.WSAAsyncGetHostByName(hWnd, WM_FOUND, 'host', room(), 1024);
      provider.waiting[0]?.answer(given);
      expect(messages(ws2, hWnd)).toEqual([{ handle, error, length: 0 }]);
    }
  });

  it('may be answered before the function has returned; the message comes afterwards all the same', () => {
    const { ws2, hWnd } = withLater(laterProvider([HOST], 0));
    const seen: unknown[] = [];
    ws2.WSApSetPostRoutine(() => seen.push('message') > 0);
    ws2.WSAAsyncGetHostByName(hWnd, WM_FOUND, 'host', room(), 1024);
    seen.push('returned');
    ws2.host.SleepEx(0, false);
    expect(seen).toEqual(['returned', 'message']);
  });

  it('ends without a message when it is cancelled, and a late answer is ignored', () => {
    const provider = laterProvider([], null);
    const { ws2, hWnd, defects } = withLater(provider);
    const buf = room();
    const handle = ws2.WSAAsyncGetHostByName(hWnd, WM_FOUND, 'host', buf, buf.length);
    expect(ws2.WSACancelAsyncRequest(handle)).toBe(0);
    expect(provider.calls.at(-1)).toBe('NSPv2LookupServiceEnd');
    expect(ws2.WSACancelAsyncRequest(handle)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAEINVAL);
    expect(provider.waiting[0]?.answer(HOST)).toBe(0);
    expect(messages(ws2, hWnd)).toEqual([]);
    expect(buf.every((byte) => byte === 0xee)).toBe(true);
    expect(defects).toEqual([]);
  });

  it('can be cancelled between the answer and the message', () => {
    const provider = laterProvider([], null);
    const { ws2, hWnd } = withLater(provider);
    const handle = ws2.WSAAsyncGetHostByName(hWnd, WM_FOUND, 'host', room(), 1024);
    provider.waiting[0]?.answer(HOST);
    expect(ws2.WSACancelAsyncRequest(handle)).toBe(0);
    expect(messages(ws2, hWnd)).toEqual([]);
  });

  it('ends without a message by the last WSACleanup', () => {
    const provider = laterProvider([HOST], 50);
    const { ws2, hWnd, clock, defects } = withLater(provider);
    const handle = ws2.WSAAsyncGetHostByName(hWnd, WM_FOUND, 'host', room(), 1024);
    ws2.WSACleanup();
    expect(provider.calls.slice(-3)).toEqual(['NSPv2LookupServiceEnd', 'NSPv2ClientSessionRundown', 'NSPv2Cleanup']);
    clock.advance(100);
    expect(messages(ws2, hWnd)).toEqual([]);
    ws2.WSAStartup(0x0202, {});
    expect(ws2.WSACancelAsyncRequest(handle)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAEINVAL);
    expect(defects).toEqual([]);
  });

  it('fails when its provider is defective', () => {
    const provider = laterProvider([], null);
    const { ws2, hWnd, defects } = withLater(provider);
    provider.overrides.NSPv2LookupServiceNextEx = () => {
      throw new Error('a fault of the provider');
    };
    const handle = ws2.WSAAsyncGetHostByName(hWnd, WM_FOUND, 'host', room(), 1024);
    expect(messages(ws2, hWnd)).toEqual([{ handle, error: WSANO_RECOVERY, length: 0 }]);
    expect(defects).toHaveLength(1);
  });
});

describe('An asynchronous request to a provider of version 1', () => {
  it('that waits keeps the function waiting, and is told afterwards', () => {
    const a = scriptedProvider([HOST]);
    const clock = new VirtualClock();
    const { ws2, defects } = nameInstance([{ name: 'a', module: a }], { clock });
    a.overrides.NSPLookupServiceNext = (_handle, _flags, _length, results) => {
      expect(a.host?.wait(() => false, clock.now() + 40, 'no')).toBe('timeout');
      results?.push(HOST);
      return 0;
    };
    const hWnd = ws2.host.CreateWindow();
    const handle = ws2.WSAAsyncGetHostByName(hWnd, WM_FOUND, 'host', room(), 1024);
    expect(clock.now()).toBe(40);
    expect(messages(ws2, hWnd)).toMatchObject([{ handle, error: 0 }]);
    expect(defects).toEqual([]);
  });

  it('is asked after one of version 2 has answered; then it may not wait, which is reported', () => {
    const a = scriptedProvider();
    const later = laterProvider([], 10);
    const clock = new VirtualClock();
    const { ws2, defects } = nameInstance(
      [
        { name: 'later', module: { ...later.routines } },
        { name: 'a', module: a },
      ],
      { clock },
    );
    const hWnd = ws2.host.CreateWindow();
    a.overrides.NSPLookupServiceNext = (_handle, _flags, _length, results) => {
      results?.push(HOST);
      return 0;
    };
    ws2.WSAAsyncGetHostByName(hWnd, WM_FOUND, 'host', room(), 1024);
    expect(next(ws2, hWnd).error).toBe(0);
    expect(defects).toEqual([]);
    a.overrides.NSPLookupServiceNext = () => {
      expect(a.host?.wait(() => false, clock.now() + 40, 'no', 'a waits')).toBe('interrupted');
      a.host?.setLastError(WSATRY_AGAIN);
      return -1;
    };
    ws2.WSAAsyncGetHostByName(hWnd, WM_FOUND, 'host', room(), 1024);
    expect(next(ws2, hWnd).error).toBe(WSATRY_AGAIN);
    expect(defects.map(({ message }) => message)).toEqual([expect.stringMatching(/^a waits would block/)]);
  });
});

describe('WSACancelAsyncRequest', () => {
  it('ends those of very many requests that it is given, in any order, and no other', () => {
    const { ws2, hWnd } = withFiles();
    const handles = Array.from({ length: 5000 }, () =>
      ws2.WSAAsyncGetServByPort(hWnd, WM_FOUND, swapped(21), null, room(), 1024),
    );
    const cancelled = handles.filter((_, at) => at % 3 === 0).reverse();
    expect(cancelled.every((handle) => ws2.WSACancelAsyncRequest(handle) === 0)).toBe(true);
    expect(ws2.WSACancelAsyncRequest(cancelled[7]!)).toBe(-1);
    const left = handles.filter((_, at) => at % 3 !== 0);
    expect(left.map(() => next(ws2, hWnd).handle)).toEqual(left);
    expect(messages(ws2, hWnd)).toEqual([]);
    expect(ws2.WSACancelAsyncRequest(left.at(-1)!)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAEALREADY);
  });

  it.each([0, null, 4, 'x', 1_000_000, 2n, {}])('refuses the handle %s', (handle) => {
    const { ws2 } = withFiles();
    expect(ws2.WSACancelAsyncRequest(handle as unknown as number)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAEINVAL);
  });

  it('needs WSAStartup', () => {
    const { ws2 } = withFiles();
    ws2.WSACleanup();
    expect(ws2.WSACancelAsyncRequest(4)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSANOTINITIALISED);
  });

  it('refuses the handle of a query', () => {
    const later = laterProvider([], null);
    const { ws2 } = withLater(later);
    const handle = { value: 0 };
    ws2.WSALookupServiceBegin({ dwSize: 60, lpNSProviderId: idOf(0) }, 0, handle);
    expect(ws2.WSACancelAsyncRequest(handle.value)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAEINVAL);
    expect(ws2.WSALookupServiceEnd(handle.value)).toBe(0);
  });
});

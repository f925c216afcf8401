// What programs outside find where: entry points, options of an instance, the host's functions, providers and layers.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import * as ws2spi from 'ws2spi';
import {
  AF_INET,
  AF_INET6,
  createMemoryNetwork,
  createWs2_32,
  INVALID_SOCKET,
  IPPROTO_TCP,
  ref,
  seededRandom,
  SOCK_STREAM,
  VirtualClock,
  WSA_WAIT_EVENT_0,
  WSA_WAIT_TIMEOUT,
  WSAEINVAL,
  WSPPROC_NAMES,
  WSPUPCALL_NAMES,
  type LPWSPSTARTUP,
  type WSAPROTOCOL_INFO,
  type WSPPROC_TABLE,
  type Ws2_32,
  type Ws2_32Options,
} from 'ws2spi';
import { defineLayer, identity, stack, unstack, type CodecConnection } from 'ws2spi/chain';
import { connectedPair } from 'ws2spi/testkit';

const instances: Ws2_32[] = [];
afterEach(() => {
  for (const ws2 of instances.splice(0)) ws2[Symbol.dispose]();
});

function started(options: Ws2_32Options = {}): Ws2_32 {
  const ws2 = createWs2_32({ base: 'memory', catalog: 'memory', ...options });
  instances.push(ws2);
  expect(ws2.WSAStartup(0x0202, {})).toBe(0);
  return ws2;
}

function protocols(ws2: Ws2_32): WSAPROTOCOL_INFO[] {
  const out: WSAPROTOCOL_INFO[] = [];
  ws2.WSAEnumProtocols(null, out, ref(1 << 20));
  return out;
}

const FUNCTIONS_OF_ENTRIES: readonly (readonly [entry: string, names: string])[] = [
  ['ws2spi', 'createWs2_32 createMemoryNetwork ref sockaddr_in sockaddr_in6 parseSockaddr fd_set WSAOVERLAPPED'],
  ['ws2spi/spi', 'ref sockaddr_in FD_ISSET'],
  ['ws2spi/chain', 'defineLayer stack unstack'],
  ['ws2spi/catalog', 'openCatalog defaultCatalog defaultCatalogPath'],
  ['ws2spi/host', 'VirtualClock seededRandom'],
  ['ws2spi/node', 'createConnection createServer ChainSocket Agent connector lookup'],
  ['ws2spi/testkit', 'testProvider testNameSpace simulate connectedPair createTestInstance verifyCodec'],
  ['ws2spi/io', 'createTransportProvider'],
  ['ws2spi/names', 'defineNameSpace'],
  ['ws2spi/providers/tcpip', 'createProvider'],
  ['ws2spi/providers/memory', 'createProvider createMemoryNetwork'],
  ...(
    'capture compression fault http-proxy policy proxy-protocol qos record replay shape socks tls trace'.split(' ') ??
    []
  ).map((name) => {
    const maker = name.replace(/-(.)/g, (_all, letter: string) => letter.toUpperCase());
    return [`ws2spi/providers/layers/${name}`, `WSPStartup ${maker}`] as const;
  }),
  ...'dns files mdns redis registry'
    .split(' ')
    .map((name) => [`ws2spi/providers/namespaces/${name}`, 'NSPStartup'] as const),
];

describe('An entry point', () => {
  it.each(FUNCTIONS_OF_ENTRIES)('%s has %s', async (entry, names) => {
    const found = (await import(entry)) as Record<string, unknown>;
    expect(names.split(' ').filter((name) => typeof found[name] !== 'function')).toEqual([]);
  });

  it('has constants under their header names, with the values of Windows', () => {
    expect(ws2spi).toMatchObject({
      AF_INET: 2,
      AF_INET6: 23,
      AF_IPX: 6,
      AF_ATM: 22,
      SOCK_STREAM: 1,
      SOCK_SEQPACKET: 5,
      SOCKET_ERROR: -1,
      INVALID_SOCKET: 0xffffffff,
      FD_READ: 1,
      FD_GROUP_QOS: 128,
      WSAEWOULDBLOCK: 10035,
      WSAEDISCON: 10101,
      WSA_E_NO_MORE: 10110,
      WSA_IO_PENDING: 997,
      ERROR_SHARING_VIOLATION: 32,
      ERROR_NOT_FOUND: 1168,
      SIO_GET_EXTENSION_FUNCTION_POINTER: 0xc8000006,
      SIO_BASE_HANDLE: 0x48000022,
      SIO_BSP_HANDLE_POLL: 0x4800001d,
      SIO_NSP_NOTIFY_CHANGE: 0x88000019,
      SIO_ACQUIRE_PORT_RESERVATION: 0x98000064,
      SIO_RELEASE_PORT_RESERVATION: 0x98000065,
      SIO_ASSOCIATE_PORT_RESERVATION: 0x98000066,
      SO_REUSEADDR: 4,
      MAXGETHOSTSTRUCT: 1024,
      WM_QUIT: 0x12,
      WM_USER: 0x400,
      REG_SZ: 1,
      REG_BINARY: 3,
      REG_DWORD: 4,
      JL_BOTH: 4,
      NS_ALL: 0,
      NS_DNS: 12,
      LUP_FLUSHCACHE: 0x1000,
    });
  });

  it('has the macros of messages and words', () => {
    const { MAKEWORD, MAKELONG, LOBYTE, HIBYTE, LOWORD, HIWORD } = ws2spi;
    expect([MAKEWORD(2, 1), LOBYTE(0x0102), HIBYTE(0x0102)]).toEqual([0x0102, 2, 1]);
    const lParam = MAKELONG(200, ws2spi.WSAENOBUFS);
    expect([LOWORD(lParam), HIWORD(lParam)]).toEqual([200, ws2spi.WSAENOBUFS]);
    const { WSAGETASYNCBUFLEN, WSAGETASYNCBUFLLEN, WSAGETASYNCERROR, WSAGETSELECTERROR, WSAGETSELECTEVENT } = ws2spi;
    expect([WSAGETASYNCBUFLEN, WSAGETASYNCBUFLLEN, WSAGETSELECTEVENT].map((low) => low(lParam))).toEqual([
      200, 200, 200,
    ]);
    expect([WSAGETASYNCERROR, WSAGETSELECTERROR].map((high) => high(lParam))).toEqual([10055, 10055]);
  });
});

describe('An instance', () => {
  it('takes clock, chance, network, catalog and base, and shares a network with others', () => {
    const network = createMemoryNetwork();
    const clock = new VirtualClock();
    const options = { network, clock, random: seededRandom(1), alertableEventLoop: false, spin: 0 };
    const [one, other] = [started(options), started(options)];
    const listener = one.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    one.bind(listener, ws2spi.sockaddr_in('127.0.0.1', 0), 16);
    one.listen(listener, 1);
    const name = new Uint8Array(16);
    one.getsockname(listener, name, ref(16));
    const client = other.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    expect(other.connect(client, name, 16)).toBe(0);
    expect(one.accept(listener, null, null)).not.toBe(INVALID_SOCKET);
  });

  it('takes the path of a catalog, which WS2SPI_CATALOG names by default', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ws2spi-entries-'));
    const path = join(folder, 'catalog.json');
    const { defaultCatalogPath } = await import('ws2spi/catalog');
    const before = process.env['WS2SPI_CATALOG'];
    try {
      process.env['WS2SPI_CATALOG'] = path;
      expect(defaultCatalogPath()).toBe(path);
      expect(protocols(started({ catalog: path }))[0]!.szProtocol).toBe('ws2spi Memory [TCP/IP]');
    } finally {
      if (before === undefined) delete process.env['WS2SPI_CATALOG'];
      else process.env['WS2SPI_CATALOG'] = before;
      rmSync(folder, { recursive: true });
    }
  });

  it('reports what providers throw by the defect event, and becomes no exception', () => {
    const ws2 = started();
    const defects: unknown[] = [];
    ws2.on('defect', (defect) => defects.push(defect));
    const thrower = defineLayer({
      name: 'thrower',
      overrides: {
        WSPSend() {
          throw new Error('mine');
        },
      },
    });
    const [entry] = stack(ws2, [thrower]);
    const pair = connectedPair(ws2, { entry: entry! });
    expect([ws2.send(pair.client, new Uint8Array(1), 1, 0), ws2.WSAGetLastError()]).toEqual([-1, 10107]);
    expect(defects).toHaveLength(1);
    pair.close();
  });

  it('says WSAEINVAL to a duplicate of a chain that it has not', () => {
    const network = createMemoryNetwork();
    const [one, other] = [started({ network }), started({ network })];
    const [entry] = stack(one, [defineLayer({ name: 'only here' })]);
    const pair = connectedPair(one, { entry: entry! });
    const info = {} as WSAPROTOCOL_INFO;
    expect(one.WSADuplicateSocket(pair.client, process.pid, info)).toBe(0);
    expect([other.WSASocket(-1, -1, -1, info, 0, 0), other.WSAGetLastError()]).toEqual([INVALID_SOCKET, WSAEINVAL]);
    pair.close();
  });

  it('hooks calls by what can be disposed of', () => {
    const ws2 = started();
    const seen: string[] = [];
    const hook = ws2.debug.hook({ match: ['htons'], before: (call) => void seen.push(call.function) });
    ws2.htons(1);
    hook[Symbol.dispose]();
    ws2.htons(1);
    expect(seen).toEqual(['htons']);
  });
});

describe('The host', () => {
  it('has windows whose messages have four members', () => {
    const { host } = started();
    const seen: unknown[] = [];
    const window = host.CreateWindow((...message) => void seen.push(message));
    expect(host.PostMessage(window, ws2spi.WM_USER, 1, 2)).toBe(true);
    expect(host.PeekMessage(window, false)).toEqual({ hWnd: window, message: ws2spi.WM_USER, wParam: 1, lParam: 2 });
    host.DispatchMessage(host.GetMessage(window)!);
    expect(seen).toEqual([[window, ws2spi.WM_USER, 1, 2]]);
    expect(host.PeekMessage(window, true)).toBeNull();
    host.PostQuitMessage(0);
    expect(host.GetMessage(window)).toBeNull();
    expect(host.DestroyWindow(window)).toBe(true);
  });

  it('has APCs with data of any kind, and handles of its own', () => {
    const { host } = started();
    const data = {};
    let given: unknown;
    host.QueueUserAPC((value: unknown) => void (given = value), data);
    expect(host.SleepEx(0, true)).toBe(ws2spi.WSA_WAIT_IO_COMPLETION);
    expect(given).toBe(data);
    const names = 'CancelIo CancelIoEx ReadFile WriteFile CloseHandle CreateIoCompletionPort GetQueuedCompletionStatus';
    for (const name of names.split(' ')) expect(host).toHaveProperty(name, expect.any(Function));
    expect(host.CreateIoCompletionPort(12345678, null, 0)).toBe(0);
  });

  it('waits for events without blocking', async () => {
    const ws2 = started();
    const events = [ws2.WSACreateEvent(), ws2.WSACreateEvent()];
    const waiting = ws2.host.waitForMultipleEvents(events);
    ws2.WSASetEvent(events[1]!);
    expect(await waiting).toBe(WSA_WAIT_EVENT_0 + 1);
    expect(await ws2.host.waitForMultipleEvents(events, { all: true, timeout: 0 })).toBe(WSA_WAIT_TIMEOUT);
    for (const event of events) ws2.WSACloseEvent(event);
  });
});

describe('A provider', () => {
  it('is given fifteen upcalls and a host, and a table with thirty places', () => {
    expect([WSPPROC_NAMES.length, WSPUPCALL_NAMES.length]).toEqual([30, 15]);
    const ws2 = started();
    let seen: Parameters<LPWSPSTARTUP> | undefined;
    const layer = defineLayer({ name: 'looks' });
    const { WSPStartup } = layer;
    const looking = {
      ...layer,
      WSPStartup: (...args: Parameters<LPWSPSTARTUP>) => {
        seen = args;
        return WSPStartup(...args);
      },
    };
    const [entry] = stack(ws2, [looking]);
    const s = ws2.WSASocket(0, 0, 0, entry!, 0, 0);
    expect(s).not.toBe(INVALID_SOCKET);
    const [version, , info, upcalls, table] = seen!;
    expect([version, info.dwCatalogEntryId]).toEqual([0x0202, entry!.dwCatalogEntryId]);
    for (const name of WSPUPCALL_NAMES) expect(upcalls).toHaveProperty(name, expect.any(Function));
    for (const name of WSPPROC_NAMES) expect(table).toHaveProperty(name, expect.any(Function));
    expect(upcalls.host).toBeTypeOf('object');
    ws2.closesocket(s);
  });
});

describe('A layer', () => {
  it('is stacked over both families of TCP, for this instance alone, and unstacked again', () => {
    const [ws2, other] = [started(), started()];
    const before = protocols(ws2).length;
    const entries = stack(ws2, [defineLayer({ name: 'outer' }), defineLayer({ name: 'inner' })], { name: 'both' });
    expect(entries.map(({ iAddressFamily, iSocketType }) => [iAddressFamily, iSocketType])).toEqual([
      [AF_INET, SOCK_STREAM],
      [AF_INET6, SOCK_STREAM],
    ]);
    expect(new Set(entries.map(({ ProviderId }) => ProviderId)).size).toBe(2);
    expect(entries.map(({ ProtocolChain }) => ProtocolChain.ChainLen)).toEqual([3, 3]);
    expect([protocols(ws2).length, protocols(other).length]).toEqual([before + 2, before]);
    unstack(ws2, entries);
    expect(protocols(ws2).length).toBe(before);
    const [tcp] = protocols(ws2);
    for (const over of [tcp!, tcp!.dwCatalogEntryId, tcp!.szProtocol]) {
      expect(stack(ws2, [defineLayer({ name: 'one' })], { over })).toHaveLength(1);
    }
  });

  it('has filters, overrides that receive the lower table, and a codec that is told of its connection', () => {
    const ws2 = started();
    const connections: CodecConnection[] = [];
    let lowerTable: WSPPROC_TABLE | undefined;
    const filtered: string[] = [];
    const layer = defineLayer({
      name: 'all of it',
      version: '1.0',
      connect: () => void filtered.push('connect'),
      accept: () => void filtered.push('accept'),
      bind: () => void filtered.push('bind'),
      codec(connection) {
        connections.push(connection);
        return identity();
      },
      overrides: {
        WSPListen(lower, ...args) {
          lowerTable = lower;
          return lower.lpWSPListen(...args);
        },
      },
    });
    const pair = connectedPair(ws2, { entry: stack(ws2, [layer])[0]! });
    expect(new Set(filtered)).toEqual(new Set(['bind', 'connect', 'accept']));
    expect(Object.keys(lowerTable!)).toEqual(expect.arrayContaining([...WSPPROC_NAMES]));
    expect(connections.map(({ role }) => role).sort()).toEqual(['client', 'server']);
    const [client] = connections.filter(({ role }) => role === 'client');
    expect(client!.destination).toMatchObject({ address: '127.0.0.1', family: AF_INET });
    expect(Object.keys(client!.destination!).sort()).toEqual(['address', 'family', 'name', 'port']);
    expect(connections.find(({ role }) => role === 'server')!.destination).toBeNull();
    const { now, random, localName, peerName } = Object.fromEntries(
      (['now', 'random', 'localName', 'peerName'] as const).map((name) => [name, typeof client![name]]),
    );
    expect([now, random, localName, peerName]).toEqual(['function', 'function', 'function', 'function']);
    expect([typeof client!.state, client!.entry.iSocketType, client!.socket % 4]).toEqual(['object', SOCK_STREAM, 0]);
    pair.close();
  });
});

describe('ws2spi/node', () => {
  it('has sockets that are duplex streams, whose errors have Node.js’ code and the number of WinSock', async () => {
    const { createConnection, ChainSocket } = await import('ws2spi/node');
    const ws2 = started();
    const socket = createConnection({ port: 9, host: '127.0.0.1', ws2 });
    expect(socket).toBeInstanceOf(ChainSocket);
    expect(socket).toBeInstanceOf(Duplex);
    const error = await new Promise<Error>((resolve) => socket.once('error', resolve));
    expect(error).toMatchObject({ code: 'ECONNREFUSED', wsaError: ws2spi.WSAECONNREFUSED });
  });
});

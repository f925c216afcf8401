// What `support.c` has in C: Win32 functions, functions whose structures are shown in words, and what a program would
// do with WinSock in one word.
import { openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ws2spi from 'ws2spi';
import type { FunctionName } from './functions.js';
import type { World } from './instance-run.js';

type OwnFunction = (world: World, ...given: never[]) => unknown;
type Ref = { value: number };
type Loose = Record<string, (...given: unknown[]) => unknown>;

/** What this project calls by its own name, whether it has it yet or not. */
const call = (world: World, name: string, ...given: unknown[]): unknown =>
  (world.ws2 as unknown as Loose)[name]!(...given);

const swapped = (port: number): number => ((port & 0xff) << 8) | ((port >> 8) & 0xff);

function showEvents(world: World, events: Partial<ws2spi.WSANETWORKEVENTS>): void {
  const mask = events.lNetworkEvents ?? 0;
  const errors = (events.iErrorCode ?? []).filter((_, bit) => (mask & (1 << bit)) !== 0);
  world.out('events', '', [mask, ...errors].join(','));
}

const hostWords = (host: ws2spi.hostent | null): string | null =>
  host &&
  [`${host.h_name} type ${host.h_addrtype} length ${host.h_length}`, ...host.h_addr_list.map((a) => a.join('.'))].join(
    ' ',
  );
const serviceWords = (service: ws2spi.servent | null): string | null =>
  service && `${service.s_name} ${swapped(service.s_port)}/${service.s_proto}`;
const protocolWords = (protocol: ws2spi.protoent | null): string | null =>
  protocol && [protocol.p_name, protocol.p_proto, ...protocol.p_aliases].join(' ');

const WM_USER = 0x400;

/** Makes a request, waits for the message that tells of it, and shows what it has found, or its error. */
function asked(
  { ws2 }: World,
  hWnd: number,
  ask: (room: Uint8Array) => unknown,
  show: (room: Uint8Array) => string | null,
): string | null {
  const room = new Uint8Array(ws2spi.MAXGETHOSTSTRUCT);
  const request = ask(room);
  if (request === 0) return 'error -1';
  for (let waited = 0; waited < 5000 && ws2.host.PeekMessage(hWnd, false) === null; waited++)
    ws2.host.SleepEx(1, false);
  const message = ws2.host.PeekMessage(hWnd, true);
  if (message === null) return 'error -2';
  if (message.wParam !== request) return 'error -3';
  const error = ws2spi.WSAGETASYNCERROR(message.lParam);
  return error === 0 ? show(room) : `error ${error}`;
}

/** Lets what is due happen, and what comes soon. */
function settle(world: World): void {
  world.ws2.host.SleepEx(world.constants['SHORT']!, false);
}

/** The functions of `support.c`. */
export const OWN_FUNCTIONS: { readonly [N in FunctionName]?: OwnFunction } = {
  WSAStartup(world, version: number) {
    const data: Partial<ws2spi.WSADATA> = {};
    const result = world.ws2.WSAStartup(version, data);
    world.out('ref', 'wVersion', data.wVersion ?? 0);
    world.out('ref', 'wHighVersion', data.wHighVersion ?? 0);
    return result;
  },
  WSADuplicateSocketA({ ws2 }, s: number) {
    const information = {} as ws2spi.WSAPROTOCOL_INFO;
    if (ws2.WSADuplicateSocketA(s, process.pid, information) !== 0) return ws2spi.INVALID_SOCKET;
    return ws2.WSASocketA(0, 0, 0, information, 0, 0);
  },
  WSAEnumNetworkEvents(world, s: number, hEvent: number | null, given: number) {
    const events = {};
    const result = world.ws2.WSAEnumNetworkEvents(s, hEvent, given === 0 ? (null as never) : events);
    if (result === 0) showEvents(world, events);
    return result;
  },
  WSAConnectByNameA(
    world,
    s: number,
    node: string,
    service: string,
    port: number,
    local: Uint8Array | null,
    remote: Uint8Array | null,
  ) {
    const name = new Uint8Array(28);
    if (port >>> 0 !== ws2spi.INVALID_SOCKET) {
      world.aside(() => world.ws2.getsockname(port, name, { value: 28 }));
      service = String((name[2]! << 8) | name[3]!);
    }
    const [localLength, remoteLength] = [{ value: local ? 28 : 0 }, { value: remote ? 28 : 0 }];
    const patience = { tv_sec: 5, tv_usec: 0 };
    const given = [s, node, service, localLength, local, remoteLength, remote, patience, null];
    const result = call(world, 'WSAConnectByNameA', ...given);
    world.out('ref', 'LocalAddressLength', localLength.value);
    world.out('ref', 'RemoteAddressLength', remoteLength.value);
    return result;
  },
  WSAEnumProtocolsA({ ws2 }, length: Ref) {
    const before = length.value;
    const result = ws2.WSAEnumProtocolsA([ws2spi.IPPROTO_TCP, 0], before === 0 ? null : [], length);
    if (length.value !== before) length.value /= ws2spi.WSAPROTOCOL_INFOA.size;
    return result;
  },
  WSAHtons: ({ ws2 }, s: number, value: number, net: Ref) => ws2.WSAHtons(s, value, net),
  WSANtohs: ({ ws2 }, s: number, value: number, host: Ref) => ws2.WSANtohs(s, value, host),
  inet_ntoa: ({ ws2 }, address: number) => ws2.inet_ntoa(address),
  inet_ntop(world, family: number, address: Uint8Array | null, size: number) {
    const text = { value: '' };
    return call(world, 'inet_ntop', family, address, text, size) === null ? null : text.value;
  },
  gethostbyname: ({ ws2 }, name: string) => hostWords(ws2.gethostbyname(name)),
  gethostbyaddr: ({ ws2 }, address: Uint8Array, length: number, type: number) =>
    hostWords(ws2.gethostbyaddr(address, length, type)),
  getservbyname: ({ ws2 }, name: string, protocol: string) => serviceWords(ws2.getservbyname(name, protocol)),
  getservbyport: ({ ws2 }, port: number, protocol: string) => serviceWords(ws2.getservbyport(port, protocol)),
  getprotobyname: ({ ws2 }, name: string) => protocolWords(ws2.getprotobyname(name)),
  getprotobynumber: ({ ws2 }, number: number) => protocolWords(ws2.getprotobynumber(number)),
  getaddrinfo(
    { ws2 },
    node: string | null,
    service: string | null,
    ai_flags: number,
    ai_family: number,
    ai_socktype: number,
    ai_protocol: number,
  ) {
    const result: { value: ws2spi.addrinfo | null } = { value: null };
    const error = ws2.getaddrinfo(node, service, { ai_flags, ai_family, ai_socktype, ai_protocol }, result);
    if (error !== 0) return `error ${error}`;
    const found: string[] = [];
    for (let one = result.value; one !== null; one = one.ai_next) {
      const { address, port } = ws2spi.parseSockaddr(one.ai_addr!);
      const called = one.ai_canonname === null ? '' : ` called ${one.ai_canonname}`;
      found.push(`${one.ai_family} ${one.ai_socktype} ${one.ai_protocol} ${address} ${port}${called}`);
    }
    return found.join('; ');
  },
  getnameinfo({ ws2 }, address: Uint8Array, length: number, flags: number) {
    const [host, service] = [{ value: '' }, { value: '' }];
    const error = ws2.getnameinfo(address, length, host, 256, service, 64, flags);
    return error === 0 ? `${host.value} ${service.value}` : `error ${error}`;
  },
  WSAAsyncGetServByName: (world, hWnd: number, name: string, protocol: string | null, length: number) =>
    asked(
      world,
      hWnd,
      (room) => call(world, 'WSAAsyncGetServByName', hWnd, WM_USER, name, protocol, room, length),
      (room) => serviceWords(ws2spi.servent.decode(room)),
    ),
  WSAAsyncGetServByPort: (world, hWnd: number, port: number, protocol: string | null, length: number) =>
    asked(
      world,
      hWnd,
      (room) => call(world, 'WSAAsyncGetServByPort', hWnd, WM_USER, port, protocol, room, length),
      (room) => serviceWords(ws2spi.servent.decode(room)),
    ),
  WSAAsyncGetProtoByName: (world, hWnd: number, name: string, length: number) =>
    asked(
      world,
      hWnd,
      (room) => call(world, 'WSAAsyncGetProtoByName', hWnd, WM_USER, name, room, length),
      (room) => protocolWords(ws2spi.protoent.decode(room)),
    ),
  WSAAsyncGetProtoByNumber: (world, hWnd: number, number: number, length: number) =>
    asked(
      world,
      hWnd,
      (room) => call(world, 'WSAAsyncGetProtoByNumber', hWnd, WM_USER, number, room, length),
      (room) => protocolWords(ws2spi.protoent.decode(room)),
    ),
  WSAAsyncGetHostByName: (world, hWnd: number, name: string, length: number) =>
    asked(
      world,
      hWnd,
      (room) => call(world, 'WSAAsyncGetHostByName', hWnd, WM_USER, name, room, length),
      (room) => hostWords(ws2spi.hostent.decode(room)),
    ),

  WSARecvMsg: (world, s: number, message: unknown, bytes: Ref, overlapped: unknown, routine: unknown) =>
    call(world, 'WSARecvMsg', s, message, bytes, overlapped, routine),
  GetAcceptExSockaddrs(world, room: Uint8Array, data: number, local: number, remote: number) {
    const names = [{ value: null }, { value: -1 }, { value: null }, { value: -1 }] as { value: never }[];
    call(world, 'GetAcceptExSockaddrs', room, data, local, remote, ...names);
    const digits = (name: { value: Uint8Array | null } | undefined): string =>
      name?.value ? Buffer.from(name.value.subarray(0, 16)).toString('hex') : '';
    world.out('address', 'local', digits(names[0]));
    world.out('address', 'remote', digits(names[2]));
    return `${names[1]!.value} ${names[3]!.value}`;
  },

  SleepEx: ({ ws2 }, ms: number, alertable: number) => ws2.host.SleepEx(ms, alertable !== 0),
  queueApc: (world) => void world.ws2.host.QueueUserAPC(() => world.out('user', '', 7), 7),
  CreateWindow: ({ ws2 }) => ws2.host.CreateWindow(),
  DestroyWindow: ({ ws2 }, hWnd: number) => ws2.host.DestroyWindow(hWnd),
  CreateIoCompletionPort: ({ ws2 }, file: number, port: number, key: number) =>
    ws2.host.CreateIoCompletionPort(file, port, key),
  GetQueuedCompletionStatus(world, port: number, bytes: Ref, key: Ref, overlapped: Ref, ms: number) {
    const taken: ws2spi.Ref<ws2spi.WSAOVERLAPPED | null> = { value: null };
    const result = world.ws2.host.GetQueuedCompletionStatus(port, bytes, key as never, taken, ms);
    overlapped.value = taken.value === null ? 0 : world.overlapped.get(taken.value)!;
    return result;
  },
  PostQueuedCompletionStatus: ({ ws2 }, port: number, bytes: number, key: number, overlapped: never) =>
    ws2.host.PostQueuedCompletionStatus(port, bytes, key, overlapped),
  CloseHandle: ({ ws2 }, handle: number) => ws2.host.CloseHandle(handle),
  file(world, content: string) {
    const path = join(tmpdir(), `ws2spi-oracle-${process.pid}-${world.files.length}`);
    writeFileSync(path, content, 'latin1');
    const file = openSync(path, 'r');
    rmSync(path);
    world.files.push(file);
    return file;
  },

  waitFor(world, s: number, condition: string) {
    const set = new ws2spi.fd_set();
    ws2spi.FD_SET(s, set);
    const only = (what: string): ws2spi.fd_set | null => (condition === what ? set : null);
    const patience = { tv_sec: 5, tv_usec: 0 };
    return world.ws2.select(0, only('readable'), only('writable'), only('exceptional'), patience);
  },
  networkEvents(world, s: number, hEvent: number, ms: number) {
    const { ws2 } = world;
    const signalled = ws2.WSAWaitForMultipleEvents(1, [hEvent], false, ms, false) === ws2spi.WSA_WAIT_EVENT_0;
    if (signalled) settle(world);
    const events = {};
    if (ws2.WSAEnumNetworkEvents(s, hEvent, events) !== 0) return 'failed';
    showEvents(world, events);
    return signalled ? 'signalled' : 'not signalled';
  },
  messages(world, hWnd: number, ms: number) {
    const { host } = world.ws2;
    for (let waited = 0; waited < ms && host.PeekMessage(hWnd, false) === null; waited++) host.SleepEx(1, false);
    settle(world);
    let count = 0;
    for (let next = host.PeekMessage(hWnd, true); next !== null; next = host.PeekMessage(hWnd, true)) {
      const { message, wParam, lParam } = next;
      world.out('message', '', [message, wParam, lParam & 0xffff, lParam >>> 16].join(','));
      count++;
    }
    return String(count);
  },
  triple({ ws2 }, s: number) {
    const bytes = new Uint8Array(ws2spi.WSAPROTOCOL_INFOW.size);
    const length = { value: bytes.length };
    if (ws2.getsockopt(s, ws2spi.SOL_SOCKET, ws2spi.SO_PROTOCOL_INFOW, bytes, length) !== 0) return 'failed';
    const { iAddressFamily, iSocketType, iProtocol } = ws2spi.WSAPROTOCOL_INFOW.decode(bytes);
    return `${iAddressFamily} ${iSocketType} ${iProtocol}`;
  },
  show: () => undefined,
  setStatus(_world, overlapped: ws2spi.WSAOVERLAPPED, status: number) {
    overlapped.Internal = status;
    overlapped.InternalHigh = 5;
  },
  showOverlapped(_world, { Internal, InternalHigh }: ws2spi.WSAOVERLAPPED) {
    return `Internal ${(Internal >>> 0).toString(16).padStart(8, '0')} InternalHigh ${InternalHigh}`;
  },
};

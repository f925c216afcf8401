// Guards of the public types, checked by `npm run types`: a type that is wrong, or a wrong call that is taken, fails
// there. Nothing of this is run.
import { expectTypeOf } from 'vitest';
import {
  AF_INET,
  createWs2_32,
  fd_set,
  INVALID_SOCKET,
  parseSockaddr,
  ref,
  SOCK_STREAM,
  SOCKADDR_IN,
  sockaddr_in,
  VirtualClock,
  type WSAEWOULDBLOCK,
  WSAOVERLAPPED,
  WSAPROTOCOL_INFOW,
  type Clock,
  type Defect,
  type LPWSPSEND,
  type LPWSPSTARTUP,
  type Ref,
  type SOCKET,
  type WSABUF,
  type WSADATA,
  type WSAEVENT,
  type WSANETWORKEVENTS,
  type WSAPROTOCOL_INFO,
  type WSPPROC_TABLE,
  type WSPUPCALLTABLE,
  type Ws2_32,
} from 'ws2spi';

const ws2 = createWs2_32();
const s = ws2.socket(AF_INET, SOCK_STREAM, 0);
const bytes = new Uint8Array(4);

// ---- Values ----

expectTypeOf(ws2).toEqualTypeOf<Ws2_32>();
expectTypeOf(s).toEqualTypeOf<number>();
expectTypeOf<SOCKET>().toEqualTypeOf<number>();
expectTypeOf<typeof AF_INET>().toEqualTypeOf<2>();
expectTypeOf<typeof SOCK_STREAM>().toEqualTypeOf<1>();
expectTypeOf<typeof WSAEWOULDBLOCK>().toEqualTypeOf<10035>();
expectTypeOf(INVALID_SOCKET).toExtend<number>();
expectTypeOf(ref(0)).toEqualTypeOf<Ref<number>>();
expectTypeOf(ref('')).toEqualTypeOf<Ref<string>>();
expectTypeOf<Ref<number>>().toEqualTypeOf<{ value: number }>();
expectTypeOf(sockaddr_in('127.0.0.1', 80)).toExtend<Uint8Array>();
expectTypeOf(parseSockaddr(bytes)).toHaveProperty('port').toEqualTypeOf<number>();
expectTypeOf(SOCKADDR_IN.size).toExtend<number>();
expectTypeOf(new VirtualClock()).toExtend<Clock>();

// ---- Structures ----

expectTypeOf<WSAPROTOCOL_INFO>().toEqualTypeOf<WSAPROTOCOL_INFOW>();
expectTypeOf<keyof WSAPROTOCOL_INFOW>().toEqualTypeOf<
  | 'dwServiceFlags1'
  | 'dwServiceFlags2'
  | 'dwServiceFlags3'
  | 'dwServiceFlags4'
  | 'dwProviderFlags'
  | 'ProviderId'
  | 'dwCatalogEntryId'
  | 'ProtocolChain'
  | 'iVersion'
  | 'iAddressFamily'
  | 'iMaxSockAddr'
  | 'iMinSockAddr'
  | 'iSocketType'
  | 'iProtocol'
  | 'iProtocolMaxOffset'
  | 'iNetworkByteOrder'
  | 'iSecurityScheme'
  | 'dwMessageSize'
  | 'dwProviderReserved'
  | 'szProtocol'
>();
expectTypeOf<WSAPROTOCOL_INFOW['szProtocol']>().toEqualTypeOf<string>();
expectTypeOf<WSAPROTOCOL_INFOW['ProviderId']>().toEqualTypeOf<string>();
expectTypeOf<WSAPROTOCOL_INFOW['ProtocolChain']['ChainEntries']>().toExtend<readonly number[]>();
expectTypeOf(WSAPROTOCOL_INFOW.decode(bytes)).toEqualTypeOf<WSAPROTOCOL_INFOW>();
expectTypeOf<WSABUF>().toEqualTypeOf<{ len: number; buf: Uint8Array }>();
expectTypeOf(new fd_set()).toHaveProperty('fd_array').toEqualTypeOf<number[]>();
expectTypeOf(new WSAOVERLAPPED().hEvent).toEqualTypeOf<WSAEVENT | null>();

// ---- Functions of the API ----

expectTypeOf(ws2.WSAStartup).parameters.toEqualTypeOf<[number, Partial<WSADATA> | null]>();
expectTypeOf(ws2.send).toEqualTypeOf<(s: SOCKET, buf: Uint8Array | null, len: number, flags: number) => number>();
expectTypeOf(ws2.recv).toEqualTypeOf<(s: SOCKET, buf: Uint8Array | null, len: number, flags: number) => number>();
expectTypeOf(ws2.connect).parameters.toEqualTypeOf<[SOCKET, Uint8Array, number]>();
expectTypeOf(ws2.accept).returns.toEqualTypeOf<SOCKET>();
expectTypeOf(ws2.accept).parameter(2).toEqualTypeOf<Ref<number> | null>();
expectTypeOf(ws2.WSAGetLastError).toEqualTypeOf<() => number>();
expectTypeOf(ws2.WSACreateEvent).returns.toEqualTypeOf<WSAEVENT>();
expectTypeOf(ws2.WSAEnumNetworkEvents).parameter(2).toEqualTypeOf<Partial<WSANETWORKEVENTS>>();
expectTypeOf(ws2.WSAGetOverlappedResult).returns.toEqualTypeOf<boolean>();
expectTypeOf(ws2.host.waitForMultipleEvents).returns.toEqualTypeOf<Promise<number>>();
ws2.on('defect', (defect) => expectTypeOf(defect).toEqualTypeOf<Defect>());

// Wrong calls.
() => {
  // @ts-expect-error -- a length is missing, as C would say too
  ws2.send(s, bytes, 0);
  // @ts-expect-error -- no strings for buffers
  ws2.send(s, 'hello', 5, 0);
  // @ts-expect-error -- a pointer to a scalar is a Ref
  ws2.getsockname(s, bytes, 16);
  // @ts-expect-error -- a socket is not a string
  ws2.closesocket('4');
  // @ts-expect-error -- an array of buffers, not a buffer
  ws2.WSASend(s, { len: 1, buf: bytes }, 1, null, 0, null, null);
  // @ts-expect-error -- a plain object is not an event of an instance
  ws2.on('crash', () => undefined);
  // @ts-expect-error -- there are two base providers
  createWs2_32({ base: 'ipx' });
  // @ts-expect-error -- constants cannot be changed
  AF_INET = 3;
};

// ---- The service provider interface ----

expectTypeOf<keyof WSPPROC_TABLE>()
  .extract<'lpWSPSend' | 'lpWSPStringToAddress'>()
  .toEqualTypeOf<'lpWSPSend' | 'lpWSPStringToAddress'>();
expectTypeOf<WSPPROC_TABLE['lpWSPSend']>().toEqualTypeOf<LPWSPSEND>();
expectTypeOf<Parameters<LPWSPSEND>['length']>().toEqualTypeOf<9>();
expectTypeOf<LPWSPSTARTUP>().parameter(3).toEqualTypeOf<WSPUPCALLTABLE>();
expectTypeOf<LPWSPSTARTUP>().returns.toEqualTypeOf<number>();

type Members<T> = keyof T extends infer K ? K : never;
expectTypeOf<Exclude<Members<WSPPROC_TABLE>, `lpWSP${string}`>>().toEqualTypeOf<never>();
expectTypeOf<Exclude<Members<WSPUPCALLTABLE>, `lpWPU${string}` | 'host'>>().toEqualTypeOf<never>();

// SetAddrInfoEx: registering a name with its addresses, waiting, overlapped with an event, and with a completion routine.
import { describe, expect, it } from 'vitest';
import {
  ref,
  RNRSERVICE_DELETE,
  RNRSERVICE_REGISTER,
  SERVICE_MULTIPLE,
  SOCK_DGRAM,
  SOCK_STREAM,
  sockaddr_in,
  sockaddr_in6,
  SVCID_INET_HOSTADDRBYNAME,
  SVCID_TCP,
  SVCID_UDP,
  VirtualClock,
  WSA_E_CANCELLED,
  WSA_IO_PENDING,
  WSA_WAIT_EVENT_0,
  WSAEACCES,
  WSAEAFNOSUPPORT,
  WSAEFAULT,
  WSAEINPROGRESS,
  WSAEINVAL,
  WSAENOBUFS,
  WSAEOPNOTSUPP,
  WSAETIMEDOUT,
  WSANO_RECOVERY,
  WSANOTINITIALISED,
  WSAOVERLAPPED,
  WSASERVICE_NOT_FOUND,
  WSATRY_AGAIN,
  WSATYPE_NOT_FOUND,
  type SOCKET_ADDRESS,
  type WSAQUERYSETW,
  type Ws2_32,
} from 'ws2spi';
import { createFilesNameSpace } from 'ws2spi/providers/namespaces/files';
import { idOf, nameInstance, writeFiles } from '../providers/namespaces/fixtures.js';
import { laterProvider } from '../providers/namespaces/later-provider.js';

const address = (lpSockaddr: Uint8Array): SOCKET_ADDRESS => ({ lpSockaddr, iSockaddrLength: lpSockaddr.length });
const FOUR = address(sockaddr_in('192.0.2.1', 0));
const SIX = address(sockaddr_in6('2001:db8::1', 7000));

/** An instance with the files' name space, and after it a provider that registers after some time. */
function room(delay: number | null) {
  const clock = new VirtualClock();
  const later = laterProvider([], delay);
  const { ws2 } = nameInstance(
    [
      { name: 'files', module: { NSPStartup: createFilesNameSpace(writeFiles()) } },
      { name: 'later', module: {} },
    ],
    { clock },
  );
  ws2.WSAAdvertiseProvider(idOf(1), later.routines);
  const registered = (): { set: WSAQUERYSETW; operation: unknown; flags: unknown } => {
    const [, , set, operation, flags] = later.last.get('NSPv2SetServiceEx')!;
    return { set: set as WSAQUERYSETW, operation, flags };
  };
  return { ws2, clock, later, registered };
}

type Extra = Partial<
  Record<'service' | 'addresses' | 'blob' | 'flags' | 'id' | 'timeout' | 'overlapped' | 'routine' | 'handle', unknown>
>;

function set(ws2: Ws2_32, name: unknown, extra: Extra = {}, count?: unknown): number {
  const { service = null, addresses = [FOUR], blob = null, flags = 0, id = null } = extra;
  const { timeout = null, overlapped = null, routine = null, handle = null } = extra;
  const many = count === undefined ? (addresses as unknown[]).length : count;
  const args = [name, service, addresses, many, blob, flags, 0, id, timeout, overlapped, routine, handle];
  return (ws2.SetAddrInfoEx as (...all: unknown[]) => number)(...args);
}

describe('SetAddrInfoEx', () => {
  it('registers a host’s addresses, which getaddrinfo would find', () => {
    const { ws2, registered } = room(0);
    ws2.WSASetLastError(1);
    const blob = { cbSize: 2, pBlobData: new Uint8Array([1, 2, 3]) };
    expect([
      set(ws2, 'host', { addresses: [FOUR, SIX], blob, flags: SERVICE_MULTIPLE }),
      ws2.WSAGetLastError(),
    ]).toEqual([0, 0]);
    const { set: found, operation, flags } = registered();
    expect([operation, flags]).toEqual([RNRSERVICE_REGISTER, SERVICE_MULTIPLE]);
    expect(found).toMatchObject({
      lpszServiceInstanceName: 'host',
      lpServiceClassId: SVCID_INET_HOSTADDRBYNAME,
      dwNumberOfCsAddrs: 2,
      lpBlob: { cbSize: 2, pBlobData: new Uint8Array([1, 2]) },
    });
    expect(found.lpcsaBuffer!.map(({ RemoteAddr }) => RemoteAddr)).toEqual([FOUR, SIX]);
    expect(found.lpcsaBuffer![0]).toMatchObject({ LocalAddr: FOUR, iSocketType: 0, iProtocol: 0 });
  });

  it.each([
    ['8080', SVCID_TCP(8080), 8080, SOCK_STREAM],
    ['ftp', SVCID_TCP(21), 21, SOCK_STREAM],
    ['nameserver', SVCID_UDP(53), 53, SOCK_DGRAM],
  ])('registers the service %s with its class and port', (service, id, port, type) => {
    const { ws2, registered } = room(0);
    expect(set(ws2, 'host', { service, addresses: [FOUR, SIX] })).toBe(0);
    const { lpServiceClassId, lpcsaBuffer } = registered().set;
    expect([lpServiceClassId, lpcsaBuffer!.map((each) => each.iSocketType)]).toEqual([id, [type, type]]);
    // A port of the address' own stays.
    expect(lpcsaBuffer!.map((each) => each.RemoteAddr.lpSockaddr)).toEqual([
      sockaddr_in('192.0.2.1', port),
      sockaddr_in6('2001:db8::1', 7000),
    ]);
  });

  it('removes a name that it is given no addresses for', () => {
    const { ws2, registered } = room(0);
    expect(set(ws2, 'host', { addresses: null }, 0)).toBe(0);
    expect([registered().operation, registered().set.dwNumberOfCsAddrs]).toEqual([RNRSERVICE_DELETE, 0]);
  });

  it('waits for the provider, but no longer than it is told', () => {
    const { ws2, clock } = room(5000);
    expect([set(ws2, 'host'), clock.now()]).toEqual([0, 5000]);
    const timeout = { tv_sec: 1, tv_usec: 500_000 };
    expect([set(ws2, 'host', { timeout }), ws2.WSAGetLastError(), clock.now()]).toEqual([
      WSAETIMEDOUT,
      WSAETIMEDOUT,
      6500,
    ]);
  });

  it.each(['SetAddrInfoEx', 'SetAddrInfoExA', 'SetAddrInfoExW'] as const)('is there as %s', (name) => {
    const { ws2 } = room(0);
    expect(ws2[name]('host', null, [FOUR], 1, null, 0, 0, null, null, null, null, null)).toBe(0);
  });

  it.each([WSATRY_AGAIN, WSANO_RECOVERY, WSAENOBUFS, WSAEACCES, WSASERVICE_NOT_FOUND])(
    'says what the provider said: %i',
    (error) => {
      const { ws2, later } = room(null);
      later.overrides.NSPv2SetServiceEx = (call) => void later.host.WSAProviderCompleteAsyncCall(call, error);
      expect([set(ws2, 'host'), ws2.WSAGetLastError()]).toEqual([error, error]);
    },
  );

  it('says that nobody registers names', () => {
    const { ws2 } = room(0);
    expect(set(ws2, 'host', { id: idOf(0) })).toBe(WSAEOPNOTSUPP);
  });

  it.each<[string, unknown, Extra, unknown, number]>([
    ['no name', null, {}, undefined, WSAEINVAL],
    ['an empty name', '', {}, undefined, WSAEINVAL],
    ['a name that is a number', 7, {}, undefined, WSAEFAULT],
    ['a service that is a number', 'x', { service: 7 }, undefined, WSAEFAULT],
    ['a service that nobody knows', 'x', { service: 'no-such' }, undefined, WSATYPE_NOT_FOUND],
    ['more addresses than there are', 'x', {}, 2, WSAEFAULT],
    ['addresses that are not there', 'x', { addresses: null }, 1, WSAEFAULT],
    ['an address that is null', 'x', { addresses: [null] }, undefined, WSAEFAULT],
    ['an address of another family', 'x', { addresses: [address(new Uint8Array(16))] }, undefined, WSAEAFNOSUPPORT],
    [
      'an address that is too short',
      'x',
      { addresses: [address(sockaddr_in('1.2.3.4', 5).slice(0, 8))] },
      undefined,
      WSAEAFNOSUPPORT,
    ],
    ['a blob that is a number', 'x', { blob: 7 }, undefined, WSAEFAULT],
    ['flags that are a text', 'x', { flags: 'x' }, undefined, WSAEFAULT],
    ['a malformed GUID', 'x', { id: 'x' }, undefined, WSAEINVAL],
    ['a provider that is not there', 'x', { id: idOf(7) }, undefined, WSAEINVAL],
    ['a GUID that is a number', 'x', { id: 7 }, undefined, WSAEFAULT],
    ['a time-out that is a number', 'x', { timeout: 7 }, undefined, WSAEFAULT],
    ['a routine without a structure', 'x', { routine: () => undefined }, undefined, WSAEINVAL],
    ['a routine that is a number', 'x', { overlapped: {}, routine: 7 }, undefined, WSAEFAULT],
    ['a routine and an event', 'x', { overlapped: { hEvent: 4 }, routine: () => undefined }, undefined, WSAEINVAL],
    ['a structure that is a number', 'x', { overlapped: 7 }, undefined, WSAEFAULT],
    ['a handle that is a number', 'x', { overlapped: {}, handle: 7 }, undefined, WSAEFAULT],
  ])('refuses %s', (_, name, extra, count, error) => {
    const { ws2, later } = room(0);
    expect([set(ws2, name, extra, count), ws2.WSAGetLastError()]).toEqual([error, error]);
    expect(later.calls).not.toContain('NSPv2SetServiceEx');
  });

  it('wants WSAStartup first', () => {
    const { ws2 } = room(0);
    ws2.WSACleanup();
    expect([set(ws2, 'host'), ws2.WSAGetLastError()]).toEqual([WSANOTINITIALISED, WSANOTINITIALISED]);
  });
});

describe('SetAddrInfoEx, overlapped', () => {
  it.each([
    ['at once', 0],
    ['later', 2000],
  ])('sets the event when the name is registered %s, after the call has returned', (_, delay) => {
    const { ws2, clock } = room(delay);
    const overlapped = new WSAOVERLAPPED();
    overlapped.hEvent = ws2.WSACreateEvent();
    const handle = ref(0);
    expect(set(ws2, 'host', { service: 'ftp', overlapped, handle })).toBe(WSA_IO_PENDING);
    expect([overlapped.Internal, ws2.GetAddrInfoExOverlappedResult(overlapped)]).toEqual([
      WSAEINPROGRESS,
      WSAEINPROGRESS,
    ]);
    expect(ws2.WSAWaitForMultipleEvents(1, [overlapped.hEvent], false, 9000, false)).toBe(WSA_WAIT_EVENT_0);
    expect([overlapped.Internal, clock.now()]).toEqual([0, delay]);
    expect([ws2.GetAddrInfoExOverlappedResult(overlapped), ws2.GetAddrInfoExCancel(handle)]).toEqual([0, 6]);
  });

  it('calls the completion routine in an alertable wait', () => {
    const { ws2 } = room(0);
    const calls: unknown[] = [];
    const overlapped = new WSAOVERLAPPED();
    const routine = (...args: unknown[]): void => void calls.push(args);
    expect(set(ws2, 'host', { overlapped, routine })).toBe(WSA_IO_PENDING);
    expect(calls).toEqual([]);
    ws2.host.SleepEx(1000, true);
    expect(calls).toEqual([[0, 0, overlapped]]);
  });

  it('says in the structure why it failed: the time was up, or it was cancelled', () => {
    const { ws2 } = room(null);
    const [first, second] = [new WSAOVERLAPPED(), new WSAOVERLAPPED()];
    for (const each of [first, second]) each.hEvent = ws2.WSACreateEvent();
    const handle = ref(0);
    set(ws2, 'host', { overlapped: first, timeout: { tv_sec: 3, tv_usec: 0 } });
    set(ws2, 'host', { overlapped: second, handle });
    expect([ws2.GetAddrInfoExCancel(handle), second.Internal]).toEqual([0, WSA_E_CANCELLED]);
    ws2.WSAWaitForMultipleEvents(2, [first.hEvent!, second.hEvent!], true, 9000, false);
    expect(first.Internal).toBe(WSAETIMEDOUT);
  });

  it('ends without a word with the last WSACleanup', () => {
    const { ws2, later } = room(null);
    const overlapped = new WSAOVERLAPPED();
    set(ws2, 'host', { overlapped });
    const [call] = later.waiting;
    expect([ws2.WSACleanup(), overlapped.Internal]).toEqual([0, WSA_E_CANCELLED]);
    expect(call).toBeDefined();
  });
});

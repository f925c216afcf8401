import { describe, expect, it } from 'vitest';
import {
  fd_set,
  FD_SET,
  INVALID_SOCKET,
  WSA_INVALID_HANDLE,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOTSOCK,
  WSANOTINITIALISED,
  WSAOVERLAPPED,
  type Ws2_32,
} from 'ws2spi';
import { fakeInstance, fakeSocket } from './fake-provider.js';

type Call = (ws2: Ws2_32, s: number) => unknown;

const nothing = null as never;
const setOf = (s: number): fd_set => {
  const set = new fd_set();
  FD_SET(s, set);
  return set;
};

/** Every function of a socket, with bad pointers wherever it takes any. */
const WITH_BAD_POINTERS: Record<string, Call> = {
  accept: (ws2, s) => ws2.accept(s, new Uint8Array(16), 5 as never),
  WSAAccept: (ws2, s) => ws2.WSAAccept(s, 'addr' as never, { value: 16 }, nothing, 0),
  bind: (ws2, s) => ws2.bind(s, nothing, 16),
  closesocket: (ws2, s) => ws2.closesocket(s),
  connect: (ws2, s) => ws2.connect(s, nothing, 16),
  WSAConnect: (ws2, s) => ws2.WSAConnect(s, nothing, 16, nothing, nothing, nothing, nothing),
  listen: (ws2, s) => ws2.listen(s, 1),
  shutdown: (ws2, s) => ws2.shutdown(s, 1),
  getsockname: (ws2, s) => ws2.getsockname(s, nothing, nothing),
  getpeername: (ws2, s) => ws2.getpeername(s, nothing, nothing),
  WSADuplicateSocket: (ws2, s) => ws2.WSADuplicateSocket(s, process.pid, nothing),
  WSAJoinLeaf: (ws2, s) => ws2.WSAJoinLeaf(s, nothing, 0, nothing, nothing, nothing, nothing, 4),
  WSASendDisconnect: (ws2, s) => ws2.WSASendDisconnect(s, 'data' as never),
  WSARecvDisconnect: (ws2, s) => ws2.WSARecvDisconnect(s, 'data' as never),
  send: (ws2, s) => ws2.send(s, nothing, 1, 0),
  sendto: (ws2, s) => ws2.sendto(s, nothing, 1, 0, nothing, 0),
  recv: (ws2, s) => ws2.recv(s, nothing, 1, 0),
  recvfrom: (ws2, s) => ws2.recvfrom(s, nothing, 1, 0, nothing, nothing),
  WSASend: (ws2, s) => ws2.WSASend(s, nothing, 1, nothing, 0, nothing, nothing),
  WSASendTo: (ws2, s) => ws2.WSASendTo(s, nothing, 1, nothing, 0, nothing, 0, nothing, nothing),
  WSARecv: (ws2, s) => ws2.WSARecv(s, nothing, 1, nothing, nothing, nothing, nothing),
  WSARecvFrom: (ws2, s) => ws2.WSARecvFrom(s, nothing, 1, nothing, nothing, nothing, nothing, nothing, nothing),
  select: (ws2, s) => ws2.select(0, setOf(s), nothing, nothing, 'soon' as never),
  WSAEventSelect: (ws2, s) => ws2.WSAEventSelect(s, 3, 1),
  WSAEnumNetworkEvents: (ws2, s) => ws2.WSAEnumNetworkEvents(s, nothing, nothing),
  WSAAsyncSelect: (ws2, s) => ws2.WSAAsyncSelect(s, 0, 0, 0),
  WSAGetOverlappedResult: (ws2, s) => ws2.WSAGetOverlappedResult(s, nothing, nothing, false, nothing),
  getsockopt: (ws2, s) => ws2.getsockopt(s, 0xffff, 1, nothing, nothing),
  'getsockopt(SO_PROTOCOL_INFO)': (ws2, s) => ws2.getsockopt(s, 0xffff, 0x2005, nothing, nothing),
  setsockopt: (ws2, s) => ws2.setsockopt(s, 0xffff, 1, 'on' as never, 4),
  ioctlsocket: (ws2, s) => ws2.ioctlsocket(s, 0x8004667e, nothing),
  WSAIoctl: (ws2, s) => ws2.WSAIoctl(s, 0x8004667e, nothing, 0, nothing, 0, nothing, nothing, nothing),
  WSAGetQOSByName: (ws2, s) => ws2.WSAGetQOSByName(s, nothing, nothing),
  WSARecvEx: (ws2, s) => ws2.WSARecvEx(s, nothing, 1, nothing),
  WSAHtonl: (ws2, s) => ws2.WSAHtonl(s, 1, nothing),
  WSANtohl: (ws2, s) => ws2.WSANtohl(s, 1, nothing),
  WSAHtons: (ws2, s) => ws2.WSAHtons(s, 1, nothing),
  WSANtohs: (ws2, s) => ws2.WSANtohs(s, 1, nothing),
};

const HAS_NO_POINTER = new Set(['closesocket', 'listen', 'shutdown', 'WSAAsyncSelect']);
const FAILURES = [-1, false, INVALID_SOCKET];

describe.each(Object.entries(WITH_BAD_POINTERS))('%s', (name, call) => {
  it('is WSANOTINITIALISED before WSAStartup', () => {
    const { ws2 } = fakeInstance();
    expect(FAILURES).toContain(call(ws2, 4));
    expect(ws2.WSAGetLastError()).toBe(WSANOTINITIALISED);
  });

  it('is WSAENOTSOCK, before pointers, for whatever is not a socket', () => {
    const { ws2, fake, s: closed } = fakeSocket();
    ws2.closesocket(closed);
    const event = ws2.WSACreateEvent();
    fake.calls.length = 0;
    const others = [closed, event, 0, 3, 1e9, -4, INVALID_SOCKET, NaN, 4.5, null, undefined, '8', {}, 8n, Symbol('s')];
    for (const s of others) {
      ws2.WSASetLastError(0);
      expect(FAILURES).toContain(call(ws2, s as number));
      expect(ws2.WSAGetLastError()).toBe(WSAENOTSOCK);
    }
    expect(fake.calls).toEqual([]);
  });

  if (HAS_NO_POINTER.has(name)) return;
  it('is WSAEFAULT for bad pointers', () => {
    const { ws2, s } = fakeSocket();
    expect(FAILURES).toContain(call(ws2, s));
    // A bad event is a bad parameter, as the specification has it.
    expect(ws2.WSAGetLastError()).toBe(name === 'WSAEventSelect' ? WSAEINVAL : WSAEFAULT);
  });
});

/** Every function of a socket, with arguments that will do. */
const name = new Uint8Array(16);
const buffers = [{ len: 4, buf: new Uint8Array(4) }];
const GOOD: Record<string, Call> = {
  accept: (ws2, s) => ws2.accept(s, null, null),
  WSAAccept: (ws2, s) => ws2.WSAAccept(s, null, null, null, 0),
  bind: (ws2, s) => ws2.bind(s, name, 16),
  connect: (ws2, s) => ws2.connect(s, name, 16),
  WSAConnect: (ws2, s) => ws2.WSAConnect(s, name, 16, null, null, null, null),
  listen: (ws2, s) => ws2.listen(s, 1),
  shutdown: (ws2, s) => ws2.shutdown(s, 1),
  getsockname: (ws2, s) => ws2.getsockname(s, name, { value: 16 }),
  getpeername: (ws2, s) => ws2.getpeername(s, name, { value: 16 }),
  WSADuplicateSocket: (ws2, s) => ws2.WSADuplicateSocket(s, process.pid, {}),
  WSAJoinLeaf: (ws2, s) => ws2.WSAJoinLeaf(s, name, 16, null, null, null, null, 4),
  WSASendDisconnect: (ws2, s) => ws2.WSASendDisconnect(s, null),
  WSARecvDisconnect: (ws2, s) => ws2.WSARecvDisconnect(s, null),
  send: (ws2, s) => ws2.send(s, new Uint8Array(4), 4, 0),
  sendto: (ws2, s) => ws2.sendto(s, new Uint8Array(4), 4, 0, name, 16),
  recv: (ws2, s) => ws2.recv(s, new Uint8Array(4), 4, 0),
  recvfrom: (ws2, s) => ws2.recvfrom(s, new Uint8Array(4), 4, 0, null, null),
  WSARecvEx: (ws2, s) => ws2.WSARecvEx(s, new Uint8Array(4), 4, { value: 0 }),
  WSAGetQOSByName: (ws2, s) => ws2.WSAGetQOSByName(s, { len: 4, buf: new Uint8Array(4) }, {}),
  WSASend: (ws2, s) => ws2.WSASend(s, buffers, 1, { value: 0 }, 0, null, null),
  WSASendTo: (ws2, s) => ws2.WSASendTo(s, buffers, 1, { value: 0 }, 0, name, 16, null, null),
  WSARecv: (ws2, s) => ws2.WSARecv(s, buffers, 1, { value: 0 }, { value: 0 }, null, null),
  WSARecvFrom: (ws2, s) => ws2.WSARecvFrom(s, buffers, 1, { value: 0 }, { value: 0 }, null, null, null, null),
  select: (ws2, s) => ws2.select(0, setOf(s), null, null, { tv_sec: 0, tv_usec: 0 }),
  WSAEventSelect: (ws2, s) => ws2.WSAEventSelect(s, null, 0),
  WSAEnumNetworkEvents: (ws2, s) => ws2.WSAEnumNetworkEvents(s, null, {}),
  WSAAsyncSelect: (ws2, s) => ws2.WSAAsyncSelect(s, 0, 0, 0),
  WSAGetOverlappedResult: (ws2, s) =>
    ws2.WSAGetOverlappedResult(s, new WSAOVERLAPPED(), { value: 0 }, false, { value: 0 }),
  getsockopt: (ws2, s) => ws2.getsockopt(s, 0xffff, 1, new Uint8Array(4), { value: 4 }),
  setsockopt: (ws2, s) => ws2.setsockopt(s, 0xffff, 1, new Uint8Array(4), 4),
  ioctlsocket: (ws2, s) => ws2.ioctlsocket(s, 0x8004667e, { value: 1 }),
  WSAIoctl: (ws2, s) => ws2.WSAIoctl(s, 0x8004667e, new Uint8Array(4), 4, null, 0, { value: 0 }, null, null),
  closesocket: (ws2, s) => ws2.closesocket(s),
};

describe('after a success', () => {
  it.each(Object.entries(GOOD))('%s has set the last error to 0', (_name, call) => {
    const { ws2, s, defects } = fakeSocket();
    ws2.WSASetLastError(10054);
    expect([-1, false, INVALID_SOCKET]).not.toContain(call(ws2, s));
    expect(ws2.WSAGetLastError()).toBe(0);
    expect(defects).toEqual([]);
  });

  it('WSAGetLastError, byte order, inet_* and the sets have left it alone', () => {
    const { ws2, s } = fakeSocket();
    ws2.WSASetLastError(10054);
    ws2.htonl(1);
    ws2.WSAHtonl(s, 1, { value: 0 });
    ws2.inet_addr('1.2.3.4');
    ws2.inet_addr('nonsense');
    ws2.inet_ntoa(1);
    ws2.__WSAFDIsSet(s, setOf(s));
    expect(ws2.WSAGetLastError()).toBe(10054);
  });
});

describe('detached methods', () => {
  it('work as well', () => {
    const { ws2 } = fakeSocket();
    const { socket, send, closesocket, WSAGetLastError } = ws2;
    const s = socket(2, 1, 6);
    expect(send(s, new Uint8Array([1, 2]), 2, 0)).toBe(2);
    expect(closesocket(s)).toBe(0);
    expect(send(s, new Uint8Array(1), 1, 0)).toBe(-1);
    expect(WSAGetLastError()).toBe(WSAENOTSOCK);
  });
});

describe('select', () => {
  it('is WSAEINVAL without any socket', () => {
    const { ws2 } = fakeSocket();
    expect(ws2.select(0, null, null, null, null)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAEINVAL);
    expect(ws2.select(0, new fd_set(), new fd_set(), new fd_set(), null)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAEINVAL);
  });

  it('leaves the sets alone when one of the sockets is closed', () => {
    const { ws2, s, fake } = fakeSocket();
    const other = ws2.socket(2, 1, 6);
    const set = setOf(s);
    FD_SET(other, set);
    ws2.closesocket(other);
    fake.calls.length = 0;
    expect(ws2.select(0, null, set, null, null)).toBe(-1);
    expect([ws2.WSAGetLastError(), set.fd_count]).toEqual([WSAENOTSOCK, 2]);
    expect(fake.calls).toEqual([]);
  });

  it('asks the provider of the first socket of the first set that has one', () => {
    const { ws2, s, fake } = fakeSocket();
    const foreign = ws2.socket(23, 1, 6);
    let asked = 0;
    fake.overrides.lpWSPSelect = (_n, _read, write) => ((asked = write!.fd_array[0]!), 1);
    const set = { fd_count: 1, fd_array: [s, 99] };
    expect(ws2.select(0, new fd_set(), set, setOf(foreign), null)).toBe(1);
    expect(asked).toBe(s);
  });

  it('does not believe in more sockets than there were', () => {
    const { ws2, s, fake, defects } = fakeSocket();
    fake.overrides.lpWSPSelect = () => 2;
    expect(ws2.select(0, setOf(s), null, null, null)).toBe(-1);
    expect(defects).toHaveLength(1);
  });
});

describe('event objects', () => {
  it('are WSA_INVALID_HANDLE when they are none', () => {
    const { ws2, s } = fakeSocket();
    const event = ws2.WSACreateEvent();
    for (const call of [ws2.WSASetEvent, ws2.WSAResetEvent, ws2.WSACloseEvent]) {
      expect(call(s)).toBe(false);
      expect(ws2.WSAGetLastError()).toBe(WSA_INVALID_HANDLE);
      expect(call(event)).toBe(true);
      expect(ws2.WSAGetLastError()).toBe(0);
    }
    expect(ws2.host.CloseHandle(event)).toBe(false);
  });

  it('may be anything at all', () => {
    const { ws2, s } = fakeSocket();
    for (const handle of [10n, Symbol('event'), {}, '4', NaN, -1, 1e12, undefined] as never[]) {
      for (const call of [ws2.WSASetEvent, ws2.WSAResetEvent, ws2.WSACloseEvent]) {
        expect([call(handle), ws2.WSAGetLastError()]).toEqual([false, WSA_INVALID_HANDLE]);
      }
      expect([ws2.WSAEventSelect(s, handle, 1), ws2.WSAGetLastError()]).toEqual([-1, WSAEINVAL]);
      expect(ws2.WSAWaitForMultipleEvents(1, [handle], false, 0, false)).toBe(0xffffffff);
      expect(ws2.WSAGetLastError()).toBe(WSA_INVALID_HANDLE);
    }
  });

  it('are waited for', () => {
    const { ws2 } = fakeSocket();
    const events = [ws2.WSACreateEvent(), ws2.WSACreateEvent()];
    expect(ws2.WSAWaitForMultipleEvents(2, events, false, 0, false)).toBe(258);
    ws2.WSASetEvent(events[1]!);
    expect(ws2.WSAWaitForMultipleEvents(2, events, false, 0, false)).toBe(1);
    expect(ws2.WSAWaitForMultipleEvents(2, events, true, 0, false)).toBe(258);
    expect(ws2.WSAWaitForMultipleEvents(0, events, true, 0, false)).toBe(0xffffffff);
    expect(ws2.WSAGetLastError()).toBe(87);
    expect(ws2.WSAWaitForMultipleEvents(3, events, true, 0, false)).toBe(0xffffffff);
    expect(ws2.WSAGetLastError()).toBe(WSAEFAULT);
    expect(ws2.WSAWaitForMultipleEvents(1, [4444], true, 0, false)).toBe(0xffffffff);
    expect(ws2.WSAGetLastError()).toBe(WSA_INVALID_HANDLE);
  });

  it('are looked at by WSAEnumNetworkEvents, which fills an empty object', () => {
    const { ws2, s } = fakeSocket();
    const events: { lNetworkEvents?: number; iErrorCode?: number[] } = {};
    expect(ws2.WSAEnumNetworkEvents(s, 0, events)).toBe(0);
    expect(events).toEqual({ lNetworkEvents: 0, iErrorCode: new Array(10).fill(0) });
    expect(ws2.WSAEnumNetworkEvents(s, 12345, events)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAEINVAL);
  });
});

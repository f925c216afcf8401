import { describe, expect, it } from 'vitest';
import { INVALID_SOCKET, WSA_INVALID_HANDLE, WSAEFAULT, WSAEINVAL, WSAENOTSOCK, WSAOVERLAPPED } from 'ws2spi';
import { catalogOf, fakeInstance, fakeProvider, fakeSocket } from './fake-provider.js';
import { Container } from 'inversify';

describe('WPUModifyIFSHandle', () => {
  it('returns the handle and makes the caller its owner', () => {
    const { ws2, fake, s } = fakeSocket();
    const errno = { value: 0 };
    const other = ws2.socket(23, 1, 6);
    expect(other).not.toBe(s);
    const [first, second] = fake.starts;
    expect(second!.upcalls.lpWPUModifyIFSHandle(1004, s, errno)).toBe(s);
    expect(first!.upcalls.lpWPUModifyIFSHandle(1001, other, errno)).toBe(other);
    expect(ws2.listen(s, 1)).toBe(0);
  });

  it('refuses unknown entries and impossible handles', () => {
    const { fake } = fakeSocket();
    const { upcalls } = fake.starts[0]!;
    for (const [id, handle] of [
      [4711, 8],
      [1001, 0],
      [1001, 6],
      [1001, -4],
      [1001, INVALID_SOCKET],
      [1001, '8'],
    ] as [number, number][]) {
      const errno = { value: 0 };
      expect(upcalls.lpWPUModifyIFSHandle(id, handle, errno)).toBe(INVALID_SOCKET);
      expect(errno.value).toBe(WSAEINVAL);
    }
  });

  it('leaves the contexts of the layers below', () => {
    const { ws2, fake } = fakeSocket();
    ws2.socket(23, 1, 6);
    const [below, above] = fake.starts.map((start) => start.upcalls);
    const errno = { value: 0 };
    const context = { a: 1 };
    const handle = below!.lpWPUCreateSocketHandle(1001, context, errno);
    above!.lpWPUModifyIFSHandle(1004, handle, errno);
    const found = { value: null as unknown };
    expect(below!.lpWPUQuerySocketHandleContext(handle, found, errno)).toBe(0);
    expect(found.value).toBe(context);
    // The layer above attached none.
    expect(above!.lpWPUQuerySocketHandleContext(handle, found, errno)).toBe(-1);
    expect(errno.value).toBe(WSAENOTSOCK);
  });
});

describe('handles of a provider of its own', () => {
  it('are sockets until the provider closes them', () => {
    const { ws2, fake } = fakeSocket();
    const { upcalls } = fake.starts[0]!;
    const errno = { value: 0 };
    const handle = upcalls.lpWPUCreateSocketHandle(1001, 0, errno);
    expect(handle % 4).toBe(0);
    fake.overrides.lpWSPCloseSocket = () => 0;
    expect(ws2.closesocket(handle)).toBe(0);
    expect(ws2.listen(handle, 1)).toBe(0);
    fake.overrides.lpWSPCloseSocket = (s, lpErrno) => upcalls.lpWPUCloseSocketHandle(s, lpErrno);
    expect(ws2.closesocket(handle)).toBe(0);
    expect(ws2.listen(handle, 1)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAENOTSOCK);
    expect(upcalls.lpWPUCloseSocketHandle(handle, errno)).toBe(-1);
    expect(errno.value).toBe(WSAENOTSOCK);
  });

  it('are the only ones to be closed and queried, and to be completed by WPUCompleteOverlappedRequest', () => {
    const { fake, s } = fakeSocket();
    const { upcalls } = fake.starts[0]!;
    const errno = { value: 0 };
    expect(upcalls.lpWPUCloseSocketHandle(s, errno)).toBe(-1);
    expect(upcalls.lpWPUQuerySocketHandleContext(s, { value: 0 }, errno)).toBe(-1);
    expect(errno.value).toBe(WSAENOTSOCK);
    const overlapped = new WSAOVERLAPPED();
    expect(upcalls.host.WPUCompleteOverlappedRequest(s, overlapped, 0, 5, errno)).toBe(-1);
    expect(errno.value).toBe(WSAEINVAL);
    const own = upcalls.lpWPUCreateSocketHandle(1001, 0, errno);
    overlapped.hEvent = upcalls.lpWPUCreateEvent(errno);
    upcalls.host.beginOverlapped(own, overlapped, null);
    expect(overlapped.Internal).toBe(0x103);
    expect(upcalls.host.WPUCompleteOverlappedRequest(own, overlapped, 0, 5, errno)).toBe(0);
    expect([overlapped.Internal, overlapped.InternalHigh]).toEqual([0, 5]);
  });

  it('need a known entry', () => {
    const { fake } = fakeSocket();
    const errno = { value: 0 };
    expect(fake.starts[0]!.upcalls.lpWPUCreateSocketHandle(4711, 0, errno)).toBe(INVALID_SOCKET);
    expect(errno.value).toBe(WSAEINVAL);
  });
});

describe('a handle that a provider gives back', () => {
  it('is no socket any more, also when no closesocket saw it', () => {
    const { ws2, fake, s } = fakeSocket();
    fake.starts[0]!.upcalls.host.releaseHandle(s);
    expect(ws2.listen(s, 1)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAENOTSOCK);
  });
});

describe('a socket whose handle nobody registered', () => {
  it('is a defect of the provider', () => {
    const { ws2, fake, defects } = fakeSocket();
    fake.overrides.lpWSPSocket = () => 4444;
    expect(ws2.socket(2, 1, 6)).toBe(INVALID_SOCKET);
    expect(ws2.WSAGetLastError()).toBe(10107);
    expect(defects[0]?.message).toContain('4444');
  });
});

describe('the other upcalls', () => {
  it('handle event objects', () => {
    const { ws2, fake } = fakeSocket();
    const { upcalls } = fake.starts[0]!;
    const errno = { value: 0 };
    const event = upcalls.lpWPUCreateEvent(errno);
    expect(upcalls.lpWPUSetEvent(event, errno)).toBe(true);
    expect(ws2.WSAWaitForMultipleEvents(1, [event], false, 0, false)).toBe(0);
    expect(upcalls.lpWPUResetEvent(event, errno)).toBe(true);
    expect(upcalls.lpWPUCloseEvent(event, errno)).toBe(true);
    expect(upcalls.lpWPUSetEvent(event, errno)).toBe(false);
    expect(errno.value).toBe(WSA_INVALID_HANDLE);
  });

  it('give the path of a provider, and the length it needs', () => {
    const { fake } = fakeSocket();
    const { upcalls, info } = fake.starts[0]!;
    const errno = { value: 0 };
    const out = { value: '' };
    const length = { value: 7 };
    expect(upcalls.lpWPUGetProviderPath(info.ProviderId.toLowerCase(), out, length, errno)).toBe(-1);
    expect([errno.value, length.value]).toEqual([WSAEFAULT, 8]);
    expect(upcalls.lpWPUGetProviderPath(info.ProviderId, out, length, errno)).toBe(0);
    expect([out.value, length.value]).toEqual(['di:fake', 7]);
    expect(upcalls.lpWPUGetProviderPath('00000000-0000-0000-0000-000000000000', out, length, errno)).toBe(-1);
    expect(errno.value).toBe(WSAEINVAL);
    expect(upcalls.lpWPUGetProviderPath(null as never, out, length, errno)).toBe(-1);
    expect(errno.value).toBe(WSAEFAULT);
  });

  it('queue APCs to the current thread', () => {
    const { ws2, fake } = fakeSocket();
    const { upcalls } = fake.starts[0]!;
    const errno = { value: 0 };
    const thread = {} as { ThreadHandle: number; Reserved: number };
    expect(upcalls.lpWPUOpenCurrentThread(thread, errno)).toBe(0);
    const ran: unknown[] = [];
    expect(upcalls.lpWPUQueueApc(thread, (context) => ran.push(context), 'context', errno)).toBe(0);
    expect(ran).toEqual([]);
    expect(ws2.host.SleepEx(0, true)).toBe(0xc0);
    expect(ran).toEqual(['context']);
    expect(upcalls.lpWPUCloseThread(thread, errno)).toBe(0);
    expect(upcalls.lpWPUQueueApc({ ThreadHandle: -1, Reserved: 0 }, () => ran.push(0), 0, errno)).toBe(-1);
    expect(errno.value).toBe(WSAEFAULT);
    ws2.WSACleanup();
    expect(upcalls.lpWPUOpenCurrentThread(thread, errno)).toBe(-1);
    expect(errno.value).toBe(10093);
  });

  it('yield no blocking callback, and look into sets', () => {
    const { fake, s } = fakeSocket();
    const { upcalls } = fake.starts[0]!;
    const errno = { value: 0 };
    const callback = { value: (() => true) as (() => boolean) | null };
    expect(upcalls.lpWPUQueryBlockingCallback(1001, callback, { value: 0 }, errno)).toBe(0);
    expect(callback.value).toBeNull();
    expect(upcalls.lpWPUQueryBlockingCallback(4711, callback, { value: 0 }, errno)).toBe(-1);
    expect(errno.value).toBe(WSAEINVAL);
    expect(upcalls.lpWPUQueryBlockingCallback(1001, null as never, { value: 0 }, errno)).toBe(-1);
    expect(errno.value).toBe(WSAEFAULT);
    expect(upcalls.lpWPUFDIsSet(s, { fd_count: 1, fd_array: [s] })).toBe(1);
    expect(upcalls.lpWPUFDIsSet(s, { fd_count: 0, fd_array: [s] })).toBe(0);
  });
});

describe('the host of a provider', () => {
  it('has the catalog and the dispatcher’s own socket functions', () => {
    const { ws2, fake } = fakeSocket();
    const { host } = fake.starts[0]!.upcalls;
    expect(host.catalogEntries()).toHaveLength(9);
    expect(host.catalogEntry(1002)?.iSocketType).toBe(2);
    expect(host.catalogEntry(4711)).toBeUndefined();
    const s = host.sockets.socket(2, 1, 6);
    expect(ws2.listen(s, 1)).toBe(0);
    host.setLastError(10060);
    expect(host.sockets.WSAGetLastError()).toBe(10060);
  });

  it('starts the provider below, each time with an upcall table of its own', () => {
    const { ws2, fake } = fakeSocket();
    const { host } = fake.starts[0]!.upcalls;
    const first = host.startProvider(1001, null);
    const second = host.startProvider(1002, host.catalogEntry(1001)!);
    expect([first.error, second.error]).toEqual([0, 0]);
    expect(first.procedures).not.toBe(second.procedures);
    expect(first.data?.szDescription).toBe('fake');
    expect(fake.starts.map(({ info }) => info.dwCatalogEntryId)).toEqual([1001, 1001, 1001]);
    expect(fake.starts.map(({ upcalls }) => upcalls.host.entry?.dwCatalogEntryId)).toEqual([1001, 1001, 1002]);
    expect(new Set(fake.starts.map(({ upcalls }) => upcalls)).size).toBe(3);
    expect(host.startProvider(4711, null).error).toBe(10105);
    // The caller owes the cleanup; where it does not hand it on, the dispatcher does, and says so.
    ws2.WSACleanup();
    expect(fake.calls.filter((name) => name === 'lpWSPCleanup')).toHaveLength(3);
  });

  it('lets a pass-through layer own the handles of the provider below', () => {
    const below = fakeProvider();
    const layer = fakeProvider();
    const container = new Container();
    container.bind('di:below').toConstantValue({ WSPStartup: below.WSPStartup });
    container.bind('di:layer').toConstantValue({ WSPStartup: layer.WSPStartup });
    const { protocols, ...rest } = catalogOf('di:below');
    const guid = '11111111-2222-3333-4444-555555555555';
    const base = protocols[0]!.entry;
    const dummy = {
      ...base,
      ProviderId: guid,
      dwCatalogEntryId: 2001,
      ProtocolChain: { ChainLen: 0, ChainEntries: [] },
    };
    const chain = { ...dummy, dwCatalogEntryId: 2002, ProtocolChain: { ChainLen: 2, ChainEntries: [2001, 1001] } };
    const own = [
      { path: 'di:layer', entry: { ...chain, szProtocol: 'layer over TCP' } },
      { path: 'di:layer', entry: { ...dummy, szProtocol: 'layer' } },
    ];
    const { ws2, defects } = fakeInstance({ catalog: { ...rest, protocols: [...own, ...protocols] }, container });
    layer.finish = () => {
      const { upcalls, info } = layer.starts[0]!;
      const { lpWSPSocket } = upcalls.host.startProvider(1001, info).procedures!;
      layer.overrides.lpWSPSocket = (af, type, protocol, given, g, flags, errno) => {
        const s = lpWSPSocket(af, type, protocol, { ...given!, dwCatalogEntryId: 1001 }, g, flags, errno);
        return upcalls.lpWPUModifyIFSHandle(2002, s, errno);
      };
      return 0;
    };
    ws2.WSAStartup(0x0202, {});
    const s = ws2.socket(2, 1, 6);
    expect(defects).toEqual([]);
    expect(ws2.listen(s, 1)).toBe(0);
    expect(layer.calls).toEqual(['lpWSPSocket', 'lpWSPListen']);
    expect(below.calls).toEqual(['lpWSPSocket']);
    expect(defects).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import {
  createWs2_32,
  INSTANCE,
  INVALID_SOCKET,
  VirtualClock,
  WSA_INVALID_HANDLE,
  WSA_IO_PENDING,
  WSAEFAULT,
  WSAOVERLAPPED,
  type WSAPROTOCOL_INFOW,
} from 'ws2spi';
import { MemoryCatalogStore } from 'ws2spi/catalog';
import { catalogOf, fakeInstance, fakeProvider, type FakeInstance } from './fake-provider.js';

const GUID = '99999999-2222-3333-4444-555555555555';

function started(): FakeInstance {
  const instance = fakeInstance();
  instance.ws2.WSAStartup(0x0202, {});
  return instance;
}

function install({ ws2 }: FakeInstance): void {
  const entry = { ...catalogOf('di:fake').protocols[0]!.entry, ProviderId: GUID, szProtocol: 'another' };
  expect(ws2.WSCInstallProvider(GUID, 'di:fake', [entry], 1, { value: 0 })).toBe(0);
}

function names({ ws2 }: FakeInstance): string[] {
  const out: WSAPROTOCOL_INFOW[] = [];
  ws2.WSAEnumProtocols(null, out, { value: 1e6 });
  return out.map(({ szProtocol }) => szProtocol);
}

describe('WSAProviderConfigChange', () => {
  it('gives a notification handle at once, which CloseHandle closes', () => {
    const { ws2 } = started();
    const handle = { value: 0 };
    expect(ws2.WSAProviderConfigChange(handle, null, null)).toBe(0);
    expect([handle.value > 0, handle.value % 4, ws2.WSAGetLastError()]).toEqual([true, 0, 0]);
    expect(ws2.host.CloseHandle(handle.value)).toBe(true);
    expect(ws2.host.CloseHandle(handle.value)).toBe(false);
    expect(ws2.WSAProviderConfigChange(handle, new WSAOVERLAPPED(), null)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSA_INVALID_HANDLE);
    expect(ws2.WSAProviderConfigChange(null as never, null, null)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAEFAULT);
  });

  it('signals an event at the next change, and the instance sees the change', () => {
    const instance = started();
    const { ws2 } = instance;
    const handle = { value: 0 };
    ws2.WSAProviderConfigChange(handle, null, null);
    const overlapped = new WSAOVERLAPPED();
    overlapped.hEvent = ws2.WSACreateEvent();
    expect(ws2.WSAProviderConfigChange(handle, overlapped, null)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSA_IO_PENDING);
    expect(ws2.WSAWaitForMultipleEvents(1, [overlapped.hEvent], false, 0, false)).toBe(258);
    install(instance);
    expect(ws2.WSAWaitForMultipleEvents(1, [overlapped.hEvent], false, 0, false)).toBe(0);
    expect(overlapped.Internal).toBe(0);
    expect(names(instance)).toContain('another');
  });

  it('calls a completion routine in an alertable wait', () => {
    const instance = started();
    const { ws2 } = instance;
    const handle = { value: 0 };
    const calls: unknown[][] = [];
    const overlapped = new WSAOVERLAPPED();
    ws2.WSAProviderConfigChange(handle, null, null);
    ws2.WSAProviderConfigChange(handle, overlapped, (...args) => calls.push(args));
    install(instance);
    expect(calls).toEqual([]);
    expect(ws2.host.SleepEx(0, true)).toBe(0xc0);
    expect(calls).toEqual([[0, 0, overlapped, 0]]);
  });

  it('blocks without an overlapped structure', () => {
    const instance = fakeInstance({ clock: new VirtualClock() });
    const { ws2, fake } = instance;
    ws2.WSAStartup(0x0202, {});
    ws2.socket(2, 1, 6);
    const handle = { value: 0 };
    ws2.WSAProviderConfigChange(handle, null, null);
    fake.starts[0]!.upcalls.host.setTimer(1000, () => install(instance));
    expect(ws2.WSAProviderConfigChange(handle, null, null)).toBe(0);
    expect(names(instance)).toContain('another');
  });
});

describe('a change of the catalog', () => {
  it('is seen at the next WSAStartup, and told to listeners at once', () => {
    const instance = started();
    let told = 0;
    instance.ws2.on('catalog', () => told++);
    install(instance);
    expect(told).toBe(1);
    expect(names(instance)).not.toContain('another');
    instance.ws2.WSAStartup(0x0202, {});
    expect(names(instance)).toContain('another');
  });

  it('made by another instance with the same store is told too, until the listener is taken off', () => {
    const store = new MemoryCatalogStore(catalogOf('di:fake'));
    const first = createWs2_32({ catalog: store });
    const second = createWs2_32({ catalog: store });
    let told = 0;
    const listener = (): void => void told++;
    second.on('catalog', listener);
    first.WSCEnableNSProvider('none', true);
    const entry = { ...catalogOf('di:fake').protocols[0]!.entry, ProviderId: GUID };
    first.WSCInstallProvider(GUID, 'di:fake', [entry], 1, { value: 0 });
    expect(told).toBe(1);
    second.off('catalog', listener);
    first.WSCDeinstallProvider(GUID, { value: 0 });
    expect(told).toBe(1);
  });
});

describe('transient entries', () => {
  it('have providers of this instance alone, and go again', () => {
    const instance = started();
    const { ws2 } = instance;
    const fake = fakeProvider();
    const internals = ws2[INSTANCE];
    internals.bindProvider('transient/1', fake);
    const entry = { ...catalogOf('').protocols[0]!.entry, ProviderId: GUID, szProtocol: 'transient' };
    const [added] = internals.addEntries([{ path: 'di:transient/1', entry }]);
    expect(names(instance)).toContain('transient');
    expect(ws2.WSASocket(-1, -1, -1, added!, 0, 0)).not.toBe(INVALID_SOCKET);
    expect(fake.starts[0]!.info.dwCatalogEntryId).toBe(added!.dwCatalogEntryId);
    internals.removeEntries([added!.dwCatalogEntryId]);
    internals.unbindProvider('transient/1');
    expect(ws2.WSASocket(-1, -1, -1, added!, 0, 0)).toBe(INVALID_SOCKET);
    expect(names(instance)).not.toContain('transient');
  });

  it('can be added before WSAStartup, which keeps them', () => {
    const { ws2 } = fakeInstance();
    const internals = ws2[INSTANCE];
    expect(internals.catalog.entries()).toHaveLength(9);
    const entry = { ...catalogOf('').protocols[0]!.entry, ProviderId: GUID };
    internals.bindProvider('transient/2', fakeProvider());
    const [added] = internals.addEntries([{ path: 'di:transient/2', entry }]);
    ws2.WSAStartup(0x0202, {});
    expect(ws2.WSASocket(-1, -1, -1, added!, 0, 0)).not.toBe(INVALID_SOCKET);
  });

  it('leave their open sockets alone when they go, listeners too', () => {
    const { ws2 } = started();
    const internals = ws2[INSTANCE];
    const entry = { ...catalogOf('').protocols[0]!.entry, ProviderId: GUID };
    internals.bindProvider('transient/3', fakeProvider());
    const [added] = internals.addEntries([{ path: 'di:transient/3', entry }]);
    const listener = ws2.WSASocket(-1, -1, -1, added!, 0, 0);
    internals.removeEntries([added!.dwCatalogEntryId]);
    expect(ws2.listen(listener, 1)).toBe(0);
    expect(ws2.accept(listener, null, null)).not.toBe(INVALID_SOCKET);
    expect(ws2.closesocket(listener)).toBe(0);
  });
});

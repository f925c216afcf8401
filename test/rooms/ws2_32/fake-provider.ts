// A transport provider that does nothing but what a test tells it to, and remembers how it was called.
import { Container } from 'inversify';
import { onTestFinished } from 'vitest';
import {
  createWs2_32,
  INVALID_SOCKET,
  WSPPROC_NAMES,
  type Defect,
  type LPWSPSTARTUP,
  type WSAPROTOCOL_INFOW,
  type WSPPROC_TABLE,
  type WSPUPCALLTABLE,
  type Ws2_32,
  type Ws2_32Options,
} from 'ws2spi';
import { defaultCatalog, type CatalogData } from 'ws2spi/catalog';

export interface FakeProvider {
  readonly WSPStartup: LPWSPSTARTUP;
  /** The names of the functions that were called, in order. */
  readonly calls: string[];
  /** The arguments of the last call of each function. */
  readonly last: Map<string, unknown[]>;
  /** What WSPStartup was told, once per start. */
  readonly starts: { info: WSAPROTOCOL_INFOW; upcalls: WSPUPCALLTABLE; version: number }[];
  /** What a test wants done differently; looked at on every call. */
  readonly overrides: Partial<WSPPROC_TABLE>;
  /** Changes what WSPStartup gives before it returns. */
  finish: (data: Parameters<LPWSPSTARTUP>[1], table: Partial<WSPPROC_TABLE>) => number;
}

export function fakeProvider(): FakeProvider {
  const calls: string[] = [];
  const last = new Map<string, unknown[]>();
  const overrides: Partial<WSPPROC_TABLE> = {};
  const starts: FakeProvider['starts'] = [];
  const fake: FakeProvider = {
    calls,
    last,
    overrides,
    starts,
    finish: () => 0,
    WSPStartup(version, data, info, upcalls, table) {
      starts.push({ info, upcalls, version });
      data.wVersion = data.wHighVersion = 0x0202;
      data.szDescription = 'fake';
      const open = (id: number, lpErrno: { value: number }) =>
        upcalls.lpWPUModifyIFSHandle(id, upcalls.host.allocateHandle(), lpErrno);
      const defaults: Partial<Record<keyof WSPPROC_TABLE, (...args: never[]) => unknown>> = {
        lpWSPSocket: (_af, _type, _protocol, lpInfo: WSAPROTOCOL_INFOW, _g, _flags, lpErrno: { value: number }) =>
          open(lpInfo.dwCatalogEntryId, lpErrno),
        lpWSPAccept: (_s, _addr, _addrlen, _condition, _data, lpErrno: { value: number }) =>
          open(info.dwCatalogEntryId, lpErrno),
        lpWSPJoinLeaf: (s: number) => s,
        lpWSPCloseSocket: (s: number) => (upcalls.host.releaseHandle(s), 0),
        lpWSPGetOverlappedResult: () => true,
        lpWSPGetQOSByName: () => true,
        lpWSPSelect: () => 0,
        lpWSPSend: (_s, buffers: { len: number }[], _count, sent: { value: number }) => {
          sent.value = buffers[0]?.len ?? 0;
          return 0;
        },
        lpWSPSendTo: (_s, buffers: { len: number }[], _count, sent: { value: number }) => {
          sent.value = buffers[0]?.len ?? 0;
          return 0;
        },
      };
      for (const name of WSPPROC_NAMES) {
        table[name] = function (this: unknown, ...args: unknown[]) {
          if (this !== undefined) throw new Error(`${name} was called with this`);
          calls.push(name);
          last.set(name, args);
          const does = (overrides[name] ?? defaults[name] ?? (() => 0)) as (...args: unknown[]) => unknown;
          return does(...args);
        } as never;
      }
      return fake.finish(data, table);
    },
  };
  return fake;
}

/** The default catalog with another path for all its providers. */
export function catalogOf(path: string): CatalogData {
  const catalog = defaultCatalog('memory');
  return { ...catalog, protocols: catalog.protocols.map(({ entry }) => ({ path, entry })), nameSpaces: [] };
}

export interface FakeInstance {
  readonly ws2: Ws2_32;
  readonly fake: FakeProvider;
  readonly defects: Defect[];
}

/** An instance whose catalog names the fake provider alone; not started. */
export function fakeInstance(options: Ws2_32Options = {}): FakeInstance {
  const fake = fakeProvider();
  const container = new Container();
  container.bind('di:fake').toConstantValue({ WSPStartup: fake.WSPStartup });
  const ws2 = createWs2_32({ catalog: catalogOf('di:fake'), container, ...options });
  const defects: Defect[] = [];
  ws2.on('defect', (defect) => defects.push(defect));
  onTestFinished(() => ws2[Symbol.dispose]());
  return { ws2, fake, defects };
}

/** The same, started, with a TCP socket. */
export function fakeSocket(options?: Ws2_32Options): FakeInstance & { s: number } {
  const instance = fakeInstance(options);
  if (instance.ws2.WSAStartup(0x0202, {}) !== 0) throw new Error('WSAStartup failed');
  const s = instance.ws2.socket(2, 1, 6);
  if (s === INVALID_SOCKET) throw new Error(`socket failed: ${instance.ws2.WSAGetLastError()}`);
  return { ...instance, s };
}

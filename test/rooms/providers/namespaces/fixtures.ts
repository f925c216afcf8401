// Files, a name-space provider that a test tells what to say, and instances whose catalog names them.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Container } from 'inversify';
import { onTestFinished } from 'vitest';
import {
  createWs2_32,
  INSTANCE,
  NS_DNS,
  ref,
  SOCKET_ERROR,
  VirtualClock,
  WSA_E_NO_MORE,
  WSA_INVALID_HANDLE,
  type Clock,
  type Defect,
  type InstanceHost,
  type LPNSPSTARTUP,
  type NSP_ROUTINE,
  type Ref,
  type Ws2_32,
  type WSAQUERYSETW,
} from 'ws2spi';
import { defaultCatalog, type CatalogData } from 'ws2spi/catalog';
import { createFilesNameSpace, type FilesNameSpaceOptions } from 'ws2spi/providers/namespaces/files';
import { temporaryFolder } from '../../../support/temporary-folder.js';

export const HOSTS = `# the machines of a test
127.0.0.1   localhost
::1         localhost ip6-localhost   # also six
192.0.2.1   Alpha.example alpha first
192.0.2.2   alpha.example
2001:db8::1 alpha.example
192.0.2.1   one-more-name
2001:db8::6 six.example
not-an-address broken
192.0.2.9
10.0.0.7    test-machine.example test-machine
`;

export const SERVICES = `ftp   21/tcp  fsp
ftp   21/udp
Telnet 23/tcp
domain 53/udp nameserver
domain 53/tcp nameserver
odd   7/sctp
huge  70000/tcp
bad
`;

export const PROTOCOLS = `ip 0 IP
tcp 6 TCP # transmission control
sctp 132 SCTP
`;

export type Files = Required<Omit<FilesNameSpaceOptions, 'nameSpace'>>;

export function writeFiles(): Files {
  const folder = temporaryFolder();
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  return {
    hosts: write('hosts', HOSTS),
    services: write('services', SERVICES),
    protocols: write('protocols', PROTOCOLS),
    hostname: 'test-machine',
  };
}

export interface ScriptedProvider {
  readonly NSPStartup: LPNSPSTARTUP;
  /** What was called, in order. */
  readonly calls: string[];
  /** The arguments of the last call of each routine. */
  readonly last: Map<string, unknown[]>;
  /** What a test wants done differently; looked at on every call. */
  readonly overrides: Partial<NSP_ROUTINE>;
  /** Changes the table before NSPStartup returns. */
  finish: (table: NSP_ROUTINE) => number;
  host: InstanceHost | null;
}

/** A provider that answers every query with the given results, in turn. */
export function scriptedProvider(results: readonly WSAQUERYSETW[] = []): ScriptedProvider {
  const lookups = new Map<number, number>();
  const fail = (error: number): number => {
    provider.host?.setLastError(error);
    return SOCKET_ERROR;
  };
  const routines: Partial<Record<keyof NSP_ROUTINE, (...args: never[]) => number>> = {
    NSPLookupServiceBegin: (_id, _set, _class, _flags, handle: Ref<number>) => {
      handle.value = provider.host?.allocateHandle() ?? 0;
      lookups.set(handle.value, 0);
      return 0;
    },
    NSPLookupServiceNext: (handle: number, _flags, _length, out: WSAQUERYSETW[]) => {
      const at = lookups.get(handle);
      if (at === undefined) return fail(WSA_INVALID_HANDLE);
      const result = results[at];
      if (result === undefined) return fail(WSA_E_NO_MORE);
      lookups.set(handle, at + 1);
      out.push(result);
      return 0;
    },
    NSPLookupServiceEnd: (handle: number) => (lookups.delete(handle) ? 0 : fail(WSA_INVALID_HANDLE)),
  };
  const provider: ScriptedProvider = {
    calls: [],
    last: new Map(),
    overrides: {},
    finish: () => 0,
    host: null,
    NSPStartup(id, table) {
      provider.calls.push('NSPStartup');
      provider.last.set('NSPStartup', [id, table]);
      provider.host = table.host;
      for (const name of [
        'NSPCleanup',
        'NSPLookupServiceBegin',
        'NSPLookupServiceNext',
        'NSPLookupServiceEnd',
        'NSPSetService',
        'NSPInstallServiceClass',
        'NSPRemoveServiceClass',
        'NSPGetServiceClassInfo',
      ] as const) {
        table[name] = function (this: unknown, ...args: unknown[]) {
          if (this !== undefined) throw new Error(`${name} was called with this`);
          provider.calls.push(name);
          provider.last.set(name, args);
          const does = (provider.overrides[name] ?? routines[name] ?? (() => 0)) as (...args: unknown[]) => number;
          return does(...args);
        };
      }
      return provider.finish(table);
    },
  };
  return provider;
}

export interface NameSpaceEntry {
  readonly name: string;
  readonly module: object;
  readonly dwNameSpace?: number;
  readonly fActive?: boolean;
}

/** The GUID of the provider that stands at a place in the catalog, from 0. */
export function idOf(place: number): string {
  return `0000000${place}-1111-2222-3333-444444444444`;
}

/** The default catalog with these name-space providers, in this order. */
export function catalogOf(entries: readonly NameSpaceEntry[], base: 'memory' | 'tcpip' = 'memory'): CatalogData {
  return {
    ...defaultCatalog(base),
    nameSpaces: entries.map(({ name, dwNameSpace = NS_DNS, fActive = true }, place) => ({
      path: `di:${name}`,
      info: { NSProviderId: idOf(place), dwNameSpace, fActive, dwVersion: 1, lpszIdentifier: name },
    })),
  };
}

export interface NameInstance {
  readonly ws2: Ws2_32;
  readonly defects: Defect[];
}

/** What else an instance is made from. */
export interface NameInstanceOptions {
  readonly base?: 'memory' | 'tcpip';
  readonly clock?: Clock;
  /** The version that is asked for, major version in the low byte. */
  readonly version?: number;
}

/** An instance with these name-space providers, started. */
export function nameInstance(entries: readonly NameSpaceEntry[], options: NameInstanceOptions = {}): NameInstance {
  const { base = 'memory', version = 0x0202, ...others } = options;
  const container = new Container();
  for (const { name, module } of entries) container.bind(`di:${name}`).toConstantValue(module);
  const ws2 = createWs2_32({ base, catalog: catalogOf(entries, base), container, ...others });
  onTestFinished(() => ws2[Symbol.dispose]());
  const defects: Defect[] = [];
  ws2.on('defect', (defect) => defects.push(defect));
  if (ws2.WSAStartup(version, {}) !== 0) throw new Error('WSAStartup failed');
  return { ws2, defects };
}

/** The same, with the provider of the fixture's files. */
export function filesInstance(files: FilesNameSpaceOptions = writeFiles()): NameInstance {
  return nameInstance([{ name: 'files', module: { NSPStartup: createFilesNameSpace(files) } }]);
}

/** What a whole lookup gave: the error of its beginning, or all results and the error that ended them. */
export interface Found {
  readonly begin: number;
  readonly results: WSAQUERYSETW[];
  readonly end: number;
}

/** Carries a lookup out from beginning to end. */
export function lookUp(ws2: Ws2_32, restrictions: Partial<WSAQUERYSETW>, flags: number, nextFlags = flags): Found {
  const handle = ref(0);
  if (ws2.WSALookupServiceBegin({ dwSize: 60, ...restrictions }, flags, handle) !== 0) {
    return { begin: ws2.WSAGetLastError(), results: [], end: 0 };
  }
  const results: WSAQUERYSETW[] = [];
  for (;;) {
    const out: WSAQUERYSETW[] = [];
    if (ws2.WSALookupServiceNext(handle.value, nextFlags, ref(10_000), out) !== 0) break;
    results.push(...out);
  }
  const end = ws2.WSAGetLastError();
  if (ws2.WSALookupServiceEnd(handle.value) !== 0) throw new Error('WSALookupServiceEnd failed');
  return { begin: 0, results, end };
}

/** Loads a provider and drives it without a dispatcher, as GNUnet's resolver does. */
export function drive(startup: LPNSPSTARTUP, id = idOf(0)) {
  let lastError = 0;
  let nextHandle = 4;
  const released: number[] = [];
  const clock = new VirtualClock();
  const instance = createWs2_32({ base: 'memory', catalog: 'memory', clock });
  onTestFinished(() => instance[Symbol.dispose]());
  const host: InstanceHost = {
    ...instance[INSTANCE].providerHost,
    allocateHandle: () => (nextHandle += 4),
    releaseHandle: (handle) => void released.push(handle),
    setLastError: (error) => (lastError = error),
  };
  const routines = { cbSize: 0, host } as NSP_ROUTINE;
  const started = startup(id, routines);
  return { routines, started, released, clock, lastError: () => lastError };
}

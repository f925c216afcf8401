// What the catalog's tests have in common.
import { spawn } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  createTransportCatalogFunctions,
  defaultCatalog,
  type CatalogContext,
  type CatalogData,
  type CatalogProblem,
  type CatalogProtocol,
  type CatalogStore,
} from 'ws2spi/catalog';
import { ref, type WSAPROTOCOL_INFOW } from 'ws2spi/spi';
import { temporaryFolder } from '../../support/temporary-folder.js';

export { temporaryFolder };

/** The WSC functions over a store, with what they reported and how often they changed it. */
export function transport(store: CatalogStore, extra: Partial<CatalogContext> = {}) {
  const reports: CatalogProblem[] = [];
  const counts = { changed: 0 };
  const context: CatalogContext = {
    store,
    changed: () => void counts.changed++,
    report: (problem) => void reports.push(problem),
    ...extra,
  };
  return { wsc: createTransportCatalogFunctions(context), reports, counts };
}

export type Transport = ReturnType<typeof transport>['wsc'];

/** The GUID of a test's provider number `n`. */
export function guidOf(n: number): string {
  return `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0').toUpperCase()}`;
}

/** An entry for tests: Windows' TCP/IP entry, but for what is given. */
export function entryLike(members: Partial<WSAPROTOCOL_INFOW> = {}): WSAPROTOCOL_INFOW {
  const template = (defaultCatalog('tcpip').protocols[0] as CatalogProtocol).entry;
  return { ...structuredClone(template), ...members };
}

/** A chain's description, top first. */
export function chain(...ids: number[]): WSAPROTOCOL_INFOW['ProtocolChain'] {
  return { ChainLen: ids.length, ChainEntries: ids };
}

/** A layered protocol's description. */
export const LAYER: WSAPROTOCOL_INFOW['ProtocolChain'] = { ChainLen: 0, ChainEntries: [] };

/** Installs a provider, and gives the result, the error, and the identifiers assigned. */
export function install(wsc: Transport, n: number, ...entries: WSAPROTOCOL_INFOW[]) {
  const errno = ref(0);
  const list = entries.length === 0 ? [entryLike({ szProtocol: `provider ${n}` })] : entries;
  const result = wsc.WSCInstallProvider(guidOf(n), `di:provider-${n}`, list, list.length, errno);
  return { result, error: errno.value, ids: list.map((entry) => entry.dwCatalogEntryId) };
}

/** Everything that WSCEnumProtocols shows. */
export function enumerate(wsc: Transport): WSAPROTOCOL_INFOW[] {
  const buffer: WSAPROTOCOL_INFOW[] = [];
  const errno = ref(0);
  if (wsc.WSCEnumProtocols(null, buffer, ref(1_000_000), errno) < 0)
    throw new Error(`WSCEnumProtocols: ${errno.value}`);
  return buffer;
}

/** The default catalog of a network in memory, but of TCP/IP alone: entries 1001 to 1006. */
export function internetCatalog(): CatalogData {
  const data = defaultCatalog('memory');
  data.protocols = data.protocols.filter(({ path, entry }) => path === 'di:memory' && entry.dwCatalogEntryId <= 1006);
  data.nextCatalogEntryId = 1007;
  return data;
}

/** The default catalog with further entries, identifiers 2001 and up in their order. */
export function catalogWith(...entries: Partial<WSAPROTOCOL_INFOW>[]): CatalogData {
  const data = defaultCatalog('tcpip');
  entries.forEach((entry, i) =>
    data.protocols.push({
      path: 'di:test',
      entry: entryLike({ dwCatalogEntryId: 2001 + i, ProviderId: guidOf(i), ...entry }),
    }),
  );
  return data;
}

const dist = process.env['WS2SPI_DIST'] ?? fileURLToPath(new URL('../../../dist/', import.meta.url));
const script = fileURLToPath(new URL('fixtures/install.mjs', import.meta.url));

/** A process that installs providers; `line` is called for each line that it prints, with a way to kill it. */
export function installer(
  path: string,
  first: number,
  count: number,
  line: (text: string, kill: () => void) => void = () => undefined,
): Promise<{ code: number | null; lines: string[]; errors: string }> {
  const child = spawn(process.execPath, [script, pathToFileURL(`${dist}/`).href, path, `${first}`, `${count}`]);
  const lines: string[] = [];
  let errors = '';
  let rest = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      lines.push(part);
      line(part, () => child.kill('SIGKILL'));
    }
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, lines, errors }));
  });
}

/** A seeded generator of numbers from 0 up to 1. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

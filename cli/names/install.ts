// Name spaces that all programs of a user ask: put into the catalog, and taken out again.
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import {
  BOUND,
  CatalogError,
  distrustOfModule,
  DNS_NAMESPACE_PROVIDER,
  FileCatalogStore,
  findModule,
  TCPIP_NAMESPACE_PROVIDER,
} from '../../catalog/index.js';
import { GUID, NS_DNS, NS_LOCALNAME, NS_NIS } from '../../index.js';
import { CatalogWordError } from '../catalog/catalog-word-error.js';
import { oneOfWords, UsageError } from '../command.js';
import { isFileWord } from '../file-word.js';
import { moduleName } from '../module-name.js';
import type { NameSession } from './session.js';

/** What is installed: the arguments of WSCInstallNameSpace. */
export interface InstalledNameSpace {
  readonly name: string;
  readonly path: string;
  readonly nameSpace: number;
  readonly version: number;
  readonly providerId: GUID;
}

/** The name spaces of this package, as the catalog has them; without a GUID where each catalog gives its own. */
const BUILT_IN: Readonly<Record<string, Partial<InstalledNameSpace> & { name: string; nameSpace: number }>> = {
  files: { name: 'Tcpip', nameSpace: NS_DNS, providerId: GUID.parse(TCPIP_NAMESPACE_PROVIDER)! },
  dns: { name: 'DNS', nameSpace: NS_DNS, providerId: GUID.parse(DNS_NAMESPACE_PROVIDER)! },
  mdns: {
    name: 'Multicast DNS',
    nameSpace: NS_DNS,
    version: 2,
    providerId: GUID.parse('2D8E7B14-53A6-4C0F-8E91-B7046F3A5D2C')!,
  },
  registry: { name: 'registry', nameSpace: NS_LOCALNAME },
  redis: { name: 'redis', nameSpace: NS_NIS },
};

/** The words for what comes with this package. */
export const BUILT_IN_NAME_SPACES: readonly string[] = Object.keys(BUILT_IN);

/**
 * Installs a name space.
 *
 * @param word one of this package's, a file, or a package
 * @param name what it is called in the catalog; as it says itself if absent
 * @throws Error that says why it cannot be installed
 */
export function installNameSpace(session: NameSession, word: string, name: string | undefined): InstalledNameSpace {
  const known = word.replace(/^di:(namespaces\/)?/, '').toLowerCase();
  const found = Object.hasOwn(BUILT_IN, known)
    ? { path: `${BOUND}namespaces/${known}`, ...BUILT_IN[known]! }
    : described(word, session.path);
  const all = { version: 1, providerId: GUID.parse(randomUUID())!, ...found };
  const installed = name === undefined ? all : { ...all, name };
  const { ws2 } = session;
  const { path, nameSpace, version, providerId } = installed;
  if (session.providers().some(({ NSProviderId }) => NSProviderId.toUpperCase() === providerId)) {
    throw new CatalogWordError(`${installed.name} is installed already`);
  }
  if (ws2.WSCInstallNameSpace(installed.name, path, nameSpace, version, providerId) !== 0) {
    throw new CatalogWordError(ws2.lastProblem()?.message ?? session.error().message);
  }
  return installed;
}

/** What a module says of itself. */
function described(word: string, catalog: string): { name: string; path: string; nameSpace: number } {
  const doubt = new FileCatalogStore(catalog).distrust('run');
  if (doubt !== null) throw new CatalogError(doubt);
  const path = isFileWord(word) ? pathToFileURL(word).href : word;
  const file = foundFor(word, path, catalog);
  const untrusted = distrustOfModule(path, file, catalog);
  if (untrusted !== null) {
    throw new CatalogWordError(
      `${word} is not used: ${untrusted.fault}, and so decide which code runs. To mend it, ${untrusted.cure}`,
    );
  }
  let module: unknown;
  try {
    module = createRequire(file)(file);
  } catch (cause) {
    throw new CatalogWordError(`${word} cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  const exported = typeof module === 'object' && module !== null ? (module as Record<string, unknown>) : {};
  if (typeof exported['NSPStartup'] !== 'function') {
    const layer = 'WSPStartup' in exported ? '; it has a WSPStartup: ws2spi catalog install installs layers' : '';
    throw new CatalogWordError(`${word} cannot be used: it does not export NSPStartup${layer}`);
  }
  const definition = Object.values(exported).find(
    (each): each is { name: string; nameSpace: number } =>
      typeof each === 'object' &&
      each !== null &&
      (each as Record<string, unknown>)['NSPStartup'] === exported['NSPStartup'] &&
      typeof (each as Record<string, unknown>)['nameSpace'] === 'number',
  );
  const fallback = moduleName(path);
  return { path, name: definition?.name ?? fallback, nameSpace: definition?.nameSpace ?? NS_DNS };
}

function foundFor(word: string, path: string, catalog: string): string {
  try {
    return findModule(path, catalog);
  } catch (cause) {
    const words = `; of this package's there are ${BUILT_IN_NAME_SPACES.join(', ')}${oneOfWords(BUILT_IN_NAME_SPACES, word)}`;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new CatalogWordError(/^[\w-]+$/.test(word) ? `${message}${words}` : message);
  }
}

/** Takes a name space out of the catalog. */
export function removeNameSpace(session: NameSession, word: string | undefined): string {
  const id = session.provider(word);
  if (id === null)
    throw new UsageError('remove takes one name space, by its name or GUID: ws2spi names order lists them');
  const name = session.providers().find(({ NSProviderId }) => NSProviderId === id)?.lpszIdentifier ?? id;
  if (session.ws2.WSCUnInstallNameSpace(id) !== 0) {
    throw new CatalogWordError(session.ws2.lastProblem()?.message ?? session.error().message);
  }
  return name;
}

// Installing layers, and taking them out again.
import { randomUUID } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { createRequire } from 'node:module';
import {
  BOUND,
  CatalogError,
  chainsOf,
  distrustOfModule,
  findModule,
  installLayer,
  MAX_PROVIDER_PATH,
  removeLayer,
  setProviderCategories,
  type CatalogData,
  type CatalogProtocol,
  type FileCatalogStore,
} from '../../catalog/index.js';
import { systemClock, systemRandom } from '../../host/index.js';
import {
  BASE_PROTOCOL,
  GUID,
  WSAEACCES,
  winsockErrorName,
  WSAPROTOCOL_LEN,
  type WSAPROTOCOL_INFOW,
} from '../../spi/index.js';
import { nearestName } from '../../spi/nearest-name.js';
import { BUILT_IN_PROVIDERS, createWs2_32 } from '../../ws2_32/index.js';
import { tryLayer } from '../../ws2_32/layer-trial.js';
import { UsageError } from '../command.js';
import { carryOut, type ChangeValues } from './change.js';
import { isFileWord } from '../file-word.js';
import { moduleName } from '../module-name.js';
import { CatalogWordError } from './catalog-word-error.js';
import { categoriesIn, layerOf, targetsOf } from './words.js';

/** The options of `install`. */
export interface InstallValues extends ChangeValues {
  readonly name?: string | undefined;
  readonly over?: string[] | undefined;
  readonly guid?: string | undefined;
  readonly ifs?: boolean | undefined;
  readonly is?: string | undefined;
}

/** Installs a layer over entries of the catalog, before all others. */
export async function install(
  store: FileCatalogStore,
  words: readonly string[],
  values: InstallValues,
): Promise<number> {
  const [word, ...rest] = words;
  if (word === undefined || word === '' || rest.length > 0) {
    throw new UsageError('install takes one module: a file, a package, or di:<name> of what is built in');
  }
  const over = (values.over ?? ['tcp']).flatMap((each) => each.split(',').map((part) => part.trim()));
  const providerId = GUID.parse(values.guid ?? randomUUID());
  if (providerId === null) throw new UsageError(`--guid must be a GUID, not "${values.guid}"`);
  const categories = values.is === undefined ? null : categoriesIn('is', values.is);
  // Whoever may write the catalog decides which code runs here, too: that of the layers below.
  const doubt = store.distrust('run');
  if (doubt !== null) throw new CatalogError(doubt);
  const path = modulePath(word, store);
  const described = describeModule(path, store);
  const name = values.name ?? described.name;
  if (name === '' || name.length > WSAPROTOCOL_LEN) {
    throw new UsageError(`--name must have 1 to ${WSAPROTOCOL_LEN} characters, not ${name.length}`);
  }
  const ifs = values.ifs ?? described.ifs ?? false;
  let chains: readonly CatalogProtocol[] = [];
  const change = (draft: CatalogData): void => {
    ({ chains } = installLayer(draft, { path, name, providerId, ifs, over: targetsOf(draft, over) }));
    if (categories !== null) setProviderCategories(draft, providerId, categories);
  };
  const check = (draft: CatalogData): string[] => tried(word, draft, chains, store.path, ifs);
  return carryOut(store, values, { action: 'install', change, check });
}

/** What the catalog is to say of where a module is. */
function modulePath(word: string, store: FileCatalogStore): string {
  if (word.startsWith(BOUND)) {
    if (BUILT_IN_PROVIDERS.includes(word.slice(BOUND.length))) return word;
    const layers = BUILT_IN_PROVIDERS.filter((name) => name.startsWith('layers/')).map((name) => `${BOUND}${name}`);
    throw new CatalogWordError(`${word} is not built in; of layers there are ${layers.join(', ')}`);
  }
  const path = isFileWord(word) ? pathToFileURL(word).href : word;
  if (path.length > MAX_PROVIDER_PATH) {
    throw new CatalogWordError(`${path.slice(0, 60)}… has ${path.length} characters, more than ${MAX_PROVIDER_PATH}`);
  }
  try {
    const file = findModule(path, store.path);
    const untrusted = distrustOfModule(path, file, store.path);
    if (untrusted === null) return path;
    throw new CatalogWordError(
      `${word} is not used: ${untrusted.fault}, and so decide which code runs. To mend it, ${untrusted.cure}`,
    );
  } catch (error) {
    if (error instanceof CatalogWordError) throw error;
    throw new CatalogWordError(`${error instanceof Error ? error.message : String(error)}${builtInAdvice(word)}`);
  }
}

/** Advice on a name that no package has: of what is built in, it may be short for one, or nearly one. */
function builtInAdvice(word: string): string {
  const layers = BUILT_IN_PROVIDERS.filter((name) => name.startsWith('layers/')).map((name) => name.slice(7));
  const meant = /^[\w-]+$/.test(word) ? nearestName(word, layers) : null;
  return meant === null ? '' : `. Did you mean ${BOUND}layers/${meant}, which is built in?`;
}

/** What a module says of itself, where it exports a layer as `defineLayer` makes one; else its name is its file's. */
function describeModule(path: string, store: FileCatalogStore): { name: string; ifs: boolean | undefined } {
  const fallback = moduleName(path);
  if (path.startsWith(BOUND)) return { name: fallback, ifs: path === `${BOUND}layers/trace` ? true : undefined };
  let module: Record<string, unknown>;
  try {
    const file = findModule(path, store.path);
    module = createRequire(file)(file) as Record<string, unknown>;
  } catch (error) {
    throw new CatalogWordError(`${path} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`);
  }
  const exported = [module, ...Object.values(module ?? {})].filter(
    (each): each is Record<string, unknown> => typeof each === 'object' && each !== null && 'WSPStartup' in each,
  );
  if (exported.length === 0 && 'NSPStartup' in (module ?? {})) {
    throw new CatalogWordError(`${path} is a name space, no layer: ws2spi names install installs it`);
  }
  if (Object.values(module ?? {}).some(isBaseEntry)) {
    throw new CatalogWordError(
      `${path} is a base provider, which lies over nothing: WSCInstallProvider installs it (docs/write-a-base-provider.md)`,
    );
  }
  const startup = exported[0]?.['WSPStartup'];
  const layer = exported.find((each) => typeof each['name'] === 'string' && each['WSPStartup'] === startup);
  const ifs = layer?.['ifs'];
  return {
    name: (layer?.['name'] as string | undefined) ?? fallback,
    ifs: typeof ifs === 'boolean' ? ifs : undefined,
  };
}

/** Whether a module exports an entry of its own for a base protocol. */
function isBaseEntry(value: unknown): boolean {
  const chain = (value as Partial<WSAPROTOCOL_INFOW> | null)?.ProtocolChain;
  return typeof value === 'object' && chain?.ChainLen === BASE_PROTOCOL;
}

/** Starts the layer over what it is to lie over; notes on what could not be tried. */
function tried(
  word: string,
  data: CatalogData,
  chains: readonly CatalogProtocol[],
  file: string,
  ifs: boolean,
): string[] {
  const options = { clock: systemClock(), random: systemRandom() };
  const { failure, refused } = tryLayer(createWs2_32, options, data, chains, file);
  if (failure !== null) {
    const advice = failure.why.includes('lack') && !ifs ? ' (a layer whose sockets are those below: --ifs)' : '';
    throw new CatalogWordError(`${word} cannot be used: ${failure.why}${advice}`);
  }
  const notes: string[] = [];
  for (const { entry, code } of refused) {
    const why = `no socket could be opened on "${entry.szProtocol}": ${winsockErrorName(code) ?? code}`;
    // Whoever may open raw sockets may find that they work.
    if (code !== WSAEACCES) throw new CatalogWordError(`${why}; leave it out with --over`);
    notes.push(`Not tried: ${why}.`);
  }
  return notes;
}

/** The options of `remove`. */
export interface RemoveValues extends ChangeValues {
  readonly rechain?: boolean | undefined;
  readonly cascade?: boolean | undefined;
}

/** Takes layers out of the catalog, with their chains. */
export async function remove(store: FileCatalogStore, words: readonly string[], values: RemoveValues): Promise<number> {
  if (words.length === 0) throw new UsageError('remove takes layers: by id, name, GUID or module (ws2spi catalog map)');
  const { rechain = false, cascade = false } = values;
  if (rechain && cascade) throw new UsageError('--rechain and --cascade are two things: chains of others stay, or go');
  const others = rechain ? 'rechain' : cascade ? 'remove' : 'refuse';
  const change = (draft: CatalogData): void => {
    // All are found before the first goes; one that lies in no chain of others goes first.
    const layers = new Set(words.map((word) => layerOf(draft, word)));
    while (layers.size > 0) {
      const isFree = (each: CatalogProtocol): boolean => chainsOf(draft, each).others.length === 0;
      const layer = [...layers].find(isFree) ?? [...layers][0]!;
      layers.delete(layer);
      try {
        removeLayer(draft, layer, others);
      } catch (error) {
        const why = (error as { why?: unknown }).why;
        if (typeof why !== 'string') throw error;
        throw new CatalogWordError(
          `"${layer.entry.szProtocol}": ${why}. --rechain lets them go on without it, --cascade takes them away too`,
        );
      }
    }
  };
  return carryOut(store, values, { action: 'remove', change });
}

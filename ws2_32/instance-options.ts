// What an instance may be made from, and that it fits together.
import { statSync } from 'node:fs';
import type { Container } from 'inversify';
import {
  basesOf,
  CatalogError,
  catalogName,
  openCatalog,
  type CatalogBase,
  type CatalogData,
  type CatalogOption,
  type CatalogStore,
} from '../catalog/instance.js';
import type { Clock, RandomSource } from '../spi/index.js';
import { nearestName } from '../spi/nearest-name.js';
import { checkOptions, FLAG, isObject, objectWith, oneOf, type OptionRule } from '../spi/option-check.js';

/** What an instance is made from; everything may be left out. */
export interface Ws2_32Options {
  /**
   * A path; `'memory'`, the default catalog, never saved; or a catalog object. By default the user's catalog file, or,
   * with
   * `base: 'memory'`, the default catalog in memory.
   */
  readonly catalog?: CatalogOption;
  /**
   * Which base provider the default catalog names; `'tcpip'` if absent. `'memory'` without `catalog` is the default
   * catalog in memory, never saved. One that contradicts the catalog that there is, is an error.
   */
  readonly base?: CatalogBase;
  /**
   * Whether a catalog file, and modules that a catalog names, are used although others than the process' user and root
   * may write them, or a folder that leads to them, and so decide which code runs; false if absent. Windows is not
   * looked at.
   */
  readonly trustCatalog?: boolean;
  /** The network of the memory provider, shared by all instances that are given the same: `createMemoryNetwork()`. */
  readonly network?: object;
  /** The source of time; the machine's monotonic clock if absent. */
  readonly clock?: Clock;
  /** The source of chance; an unseeded one if absent. */
  readonly random?: RandomSource;
  /** An inversify container with providers (`di:<name>`) of your own; may be shared, is never changed. */
  readonly container?: Container;
  /** Whether an idle event loop counts as an alertable wait; true if absent. */
  readonly alertableEventLoop?: boolean;
  /** How long to keep polling after activity, in microseconds; 0 if absent. */
  readonly spin?: number;
  /** The native binding, for tests. */
  readonly platform?: object;
}

const CALLER = 'createWs2_32';

const RULES: Readonly<Record<keyof Ws2_32Options, OptionRule>> = {
  catalog: {
    fits: (value) =>
      value === null ||
      (typeof value === 'string' && value !== '' && !value.includes('\0') && !/^file:/i.test(value)) ||
      (isObject(value) && !Array.isArray(value) && !(value instanceof URL)),
    expected: "the path of a file (fileURLToPath makes one of a URL), 'memory', a store or a catalog object",
  },
  base: oneOf('tcpip', 'memory'),
  trustCatalog: FLAG,
  network: objectWith(['idle', 'addAddress'], 'what createMemoryNetwork({ … }) returns'),
  clock: {
    fits: (value) =>
      isObject(value) &&
      typeof value['now'] === 'function' &&
      (value['virtual'] === false ||
        (value['virtual'] === true && typeof value['attach'] === 'function' && typeof value['moveTo'] === 'function')),
    expected: 'a clock: new VirtualClock(), or systemClock()',
  },
  random: objectWith(['next'], 'a source of chance: seededRandom(seed)'),
  container: objectWith(['get', 'isBound'], "a container of inversify's: new Container()"),
  alertableEventLoop: FLAG,
  spin: {
    fits: (value) => typeof value === 'number' && value >= 0 && value < Infinity,
    expected: 'a number of microseconds, 0 or more',
  },
  platform: { fits: isObject, expected: 'a binding to the operating system, for tests' },
};

/**
 * Looks at the options of an instance, and opens its catalog.
 *
 * @returns the store of its catalog
 * @throws TypeError for an option that there is not, one of a wrong value, or two that contradict each other;
 *   CatalogError when `catalog` is an object that is not a catalog
 */
export function catalogOf(options: Ws2_32Options): CatalogStore {
  checkOptions(CALLER, options, RULES);
  const { base, catalog, network } = options;
  if (typeof catalog === 'string') refuseMistypedWord(catalog);
  const own = catalog === undefined || catalog === null || catalog === 'memory';
  if (network !== undefined && base !== 'memory' && (own || base === 'tcpip')) {
    throw new TypeError(`${CALLER}: \`network\` is for the memory provider, add \`base: 'memory'\``);
  }
  const store = openCatalog(catalog, base);
  if (base !== undefined) refuseOtherBase(base, store);
  return store;
}

// A word that is nearly `memory` would be the name of a file in the working directory.
function refuseMistypedWord(catalog: string): void {
  if (!/^\w+$/.test(catalog) || catalog === 'memory' || nearestName(catalog, ['memory']) === null) return;
  if (statSync(catalog, { throwIfNoEntry: false }) !== undefined) return;
  throw new TypeError(
    `${CALLER}: \`catalog\` is "${catalog}": did you mean "memory"? A file of that name is './${catalog}'`,
  );
}

// A base names what a default catalog has; where there is a catalog already, it can only agree.
function refuseOtherBase(base: CatalogBase, store: CatalogStore): void {
  let data: CatalogData;
  try {
    data = store.read();
  } catch (error) {
    // WSAStartup tells of it.
    if (error instanceof CatalogError) return;
    throw error;
  }
  const named = basesOf(data);
  if (named.length === 0 || named.includes(base)) return;
  throw new TypeError(
    `${CALLER}: \`base\` is '${base}', but the base provider of ${catalogName(store.path)} is ${named[0]}: ` +
      `leave \`base\` out, or name another catalog${base === 'memory' ? ": catalog: 'memory' is never saved" : ''}`,
  );
}

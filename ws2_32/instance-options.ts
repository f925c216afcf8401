// What an instance may be made from, and that it fits together.
import { statSync } from 'node:fs';
import {
  basesOf,
  CatalogError,
  catalogName,
  openCatalog,
  type CatalogBase,
  type CatalogData,
  type CatalogStore,
} from '../catalog/index.js';
import { nearestName } from '../spi/nearest-name.js';
import { checkOptions, FLAG, isObject, objectWith, oneOf, type OptionRule } from '../spi/option-check.js';
import type { Ws2_32Options } from './instance.js';

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
 * @throws TypeError for an option that there is not, one of a wrong value, or two that contradict each other; CatalogError
 *   when `catalog` is an object that is no catalog
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

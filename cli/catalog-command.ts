import {
  CatalogError,
  catalogTable,
  defaultCatalogPath,
  describeCatalog,
  openCatalog,
  repairCatalog,
  resetCatalog,
  verifyCatalog,
  type CatalogStore,
} from '../catalog/index.js';
import { winsockErrorName, winsockErrorText } from '../spi/index.js';
import { readArguments, UsageError, type Command } from './command.js';
import { heading, style } from './style.js';

const ACTIONS = ['show', 'verify', 'repair', 'reset', 'path'] as const;

const OPTIONS = {
  file: { type: 'string' },
  verbose: { type: 'boolean', short: 'v' },
  json: { type: 'boolean' },
} as const;

const HELP = `Usage: ws2spi catalog [show|verify|repair|reset|path] [options]

  show     prints the catalog (the default)
  verify   says what is wrong with it; exit code 1 when something is
  repair   drops the entries that cannot be used; what was there is kept as a generation
  reset    puts the built-in catalog in its place; what was there is kept as a generation
  path     prints where the catalog is

Options:
  --file <path>   the catalog; by default $WS2SPI_CATALOG, else ws2spi/catalog.json in your state directory
  -v, --verbose   shows every field, as netsh winsock show catalog does
  --json          prints JSON
  -h, --help      this text`;

/** Shows and mends catalogs. */
export const catalogCommand: Command = {
  name: 'catalog',
  summary: 'shows, verifies, repairs or resets a catalog',
  help: HELP,
  options: OPTIONS,
  words: ACTIONS,
  async run(args) {
    const { values, positionals } = readArguments('catalog', args, OPTIONS);
    const [action = 'show', ...rest] = positionals;
    if (rest.length > 0) throw new UsageError(`catalog takes one action, not "${positionals.join(' ')}"`);
    const path = values.file ?? defaultCatalogPath();
    const store = openCatalog(path, 'tcpip');
    const json = values.json === true;
    switch (action as (typeof ACTIONS)[number]) {
      case 'path':
        console.log(json ? JSON.stringify({ path }) : path);
        return 0;
      case 'show':
        return show(store, values.verbose === true, json);
      case 'verify':
        return verify(store, json);
      case 'repair': {
        const { code, actions } = repairCatalog(store);
        return finish(store, code, json, actions, actions.length === 0 ? 'Nothing to repair.' : undefined);
      }
      case 'reset':
        return finish(store, resetCatalog(store), json, ['The built-in catalog is in place.']);
      default:
        throw new UsageError(`catalog has no action "${action}"; it takes one of ${ACTIONS.join(', ')}`);
    }
  },
};

function show(store: CatalogStore, verbose: boolean, json: boolean): number {
  const data = store.read();
  if (json) console.log(JSON.stringify({ path: store.path, ...data }, undefined, 2));
  else if (verbose) console.log(describeCatalog(data));
  else {
    console.log(heading(store.path ?? 'built-in catalog'));
    console.log(catalogTable(data.protocols).join('\n'));
  }
  return 0;
}

function verify(store: CatalogStore, json: boolean): number {
  let problems: readonly { readonly message: string }[];
  try {
    problems = verifyCatalog(store.read(), store.path);
  } catch (error) {
    if (!(error instanceof CatalogError)) throw error;
    problems = [error];
  }
  if (json) console.log(JSON.stringify({ path: store.path, problems: problems.map(({ message }) => message) }));
  else if (problems.length === 0) console.log(style('green', 'The catalog is in order.'));
  else for (const { message } of problems) console.log(style('red', message));
  return problems.length === 0 ? 0 : 1;
}

function finish(
  store: CatalogStore,
  code: number,
  json: boolean,
  actions: readonly string[],
  otherwise?: string,
): number {
  const error =
    code === 0
      ? undefined
      : `${winsockErrorName(code) ?? code}: ${store.problem?.message ?? winsockErrorText(code) ?? ''}`;
  if (json) console.log(JSON.stringify({ path: store.path, code, ...(error === undefined ? { actions } : { error }) }));
  else if (error !== undefined) console.error(style('red', error));
  else console.log(otherwise ?? actions.join('\n'));
  return code === 0 ? 0 : 1;
}

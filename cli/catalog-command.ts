import { existsSync } from 'node:fs';
import {
  BOUND,
  CatalogError,
  catalogTable,
  defaultCatalogPath,
  describeCatalog,
  distrustOfModule,
  FileCatalogStore,
  findModule,
  nameSpaceTable,
  repairCatalog,
  resetCatalog,
  unusableEntries,
  type CatalogData,
} from '../catalog/index.js';
import { winsockErrorName, winsockErrorText } from '../spi/index.js';
import { BUILT_IN_PROVIDERS } from '../ws2_32/index.js';
import { oneOfWords, readArguments, UsageError, type Command } from './command.js';
import { heading, style } from './style.js';

const ACTIONS = ['show', 'verify', 'repair', 'reset', 'path'] as const;

const OPTIONS = {
  file: { type: 'string' },
  verbose: { type: 'boolean', short: 'v' },
  json: { type: 'boolean' },
} as const;

const HELP = `Usage: ws2spi catalog [show|verify|repair|reset|path] [options]

  show     prints the catalog (the default); entries that cannot work are marked, with the reason
  verify   says what is wrong with it, with the modules that it names, and with who may write them; exit code 1 when
           something is
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
  values: { file: 'file' },
  async run(args) {
    const { values, positionals } = readArguments('catalog', args, OPTIONS);
    const [action = 'show', ...rest] = positionals;
    if (!ACTIONS.some((known) => known === action)) {
      const meant = oneOfWords(ACTIONS, action);
      throw new UsageError(`catalog has no action "${action}"; it takes one of ${ACTIONS.join(', ')}${meant}`);
    }
    if (rest.length > 0) throw new UsageError(`catalog takes one action, not "${positionals.join(' ')}"`);
    if (values.file === '') throw new UsageError('--file needs the path of a file');
    const path = values.file ?? defaultCatalogPath();
    const store = new FileCatalogStore(path);
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
    }
  },
};

function show(store: FileCatalogStore, verbose: boolean, json: boolean): number {
  const data = store.read();
  const problems = unusableEntries(data, store.path);
  const doubts = doubtsOf(store, data);
  if (json) {
    const messages = [...problems.values()];
    console.log(JSON.stringify({ path: store.path, ...data, problems: messages, doubts }, undefined, 2));
    return 0;
  }
  if (verbose) console.log(describeCatalog(data, problems));
  else {
    const built = existsSync(store.path) ? '' : ' (there is no such file yet: the built-in catalog)';
    const marked = (line: string): string => (line.startsWith('!') ? style('red', line) : line);
    console.log(`${heading(store.path)}${built}`);
    console.log(catalogTable(data.protocols, problems).map(marked).join('\n'));
    console.log(`\n${heading('Name-space providers')}`);
    if (data.nameSpaces.length === 0) console.log('none');
    else console.log(nameSpaceTable(data.nameSpaces, problems).map(marked).join('\n'));
    if (problems.size > 0) console.log(`\n${style('red', '! cannot work:')}`);
    for (const { message } of problems.values()) console.log(`  ${message}`);
  }
  for (const doubt of doubts) console.log(style('red', doubt));
  return 0;
}

function verify(store: FileCatalogStore, json: boolean): number {
  let problems: readonly string[];
  let notes: readonly string[] = [];
  try {
    const data = store.read();
    problems = [
      ...[...unusableEntries(data, store.path).values()].map(({ message }) => message),
      ...doubtsOf(store, data),
    ];
    notes = notesOn(data);
  } catch (error) {
    if (!(error instanceof CatalogError)) throw error;
    const doubt = store.distrust('run');
    problems = doubt === null ? [error.message] : [error.message, doubt.message];
  }
  if (json) console.log(JSON.stringify({ path: store.path, problems, notes }));
  else {
    for (const message of problems) console.log(style('red', message));
    for (const note of notes) console.log(style('yellow', note));
    if (problems.length === 0) console.log(style('green', 'The catalog is in order.'));
  }
  return problems.length === 0 ? 0 : 1;
}

/** Why the catalog, or a module that it names, would be refused: others may write it. */
function doubtsOf(store: FileCatalogStore, data: CatalogData): string[] {
  const whole = store.distrust('run');
  const doubts = whole === null ? [] : [whole.message];
  for (const path of pathsOf(data)) {
    if (path.startsWith(BOUND)) continue;
    let file: string;
    try {
      file = findModule(path, store.path);
    } catch {
      // It is not there, which is told of otherwise.
      continue;
    }
    const doubt = distrustOfModule(path, file, store.path);
    if (doubt === null) continue;
    doubts.push(
      `module ${path} is not used: ${doubt.fault}, and so decide which code runs. To mend it, ${doubt.cure}.`,
    );
  }
  return doubts;
}

/** What only the program can know that uses the catalog. */
function notesOn(data: CatalogData): string[] {
  return pathsOf(data)
    .filter((path) => path.startsWith(BOUND) && !BUILT_IN_PROVIDERS.includes(path.slice(BOUND.length)))
    .map(
      (path) => `${path} is not built in: it works in programs that bind it in their container, and fails in others.`,
    );
}

function pathsOf({ protocols, nameSpaces }: CatalogData): string[] {
  return [
    ...new Set([...protocols, ...nameSpaces].filter((item) => item.damaged === undefined).map(({ path }) => path)),
  ];
}

function finish(
  store: FileCatalogStore,
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
  else if (error !== undefined) console.error(style('red', error, process.stderr));
  else console.log(otherwise ?? actions.join('\n'));
  return code === 0 ? 0 : 1;
}

import { existsSync } from 'node:fs';
import {
  applicationsOf,
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
  verifyCatalog,
  type CatalogData,
} from '../catalog/index.js';
import { winsockErrorName, winsockErrorText } from '../spi/index.js';
import { BUILT_IN_PROVIDERS } from '../ws2_32/index.js';
import { category } from './catalog/category.js';
import { failed } from './catalog/change.js';
import { diff, generations, restore } from './catalog/generations.js';
import { install, remove } from './catalog/install.js';
import { map } from './catalog/map.js';
import { order } from './catalog/order.js';
import { CATEGORY_WORDS, KIND_WORDS } from './catalog/words.js';
import { oneOfWords, readArguments, UsageError, type Command } from './command.js';
import { heading, printable, style } from './style.js';

const OPTIONS = {
  file: { type: 'string' },
  verbose: { type: 'boolean', short: 'v' },
  json: { type: 'boolean' },
  yes: { type: 'boolean', short: 'y' },
  'dry-run': { type: 'boolean', short: 'n' },
  name: { type: 'string' },
  over: { type: 'string', multiple: true, short: 'o' },
  guid: { type: 'string' },
  ifs: { type: 'boolean' },
  is: { type: 'string' },
  permit: { type: 'string' },
  args: { type: 'string' },
  forget: { type: 'boolean' },
  rechain: { type: 'boolean' },
  cascade: { type: 'boolean' },
  for: { type: 'string' },
} as const;

type Option = keyof typeof OPTIONS;
type Values = ReturnType<typeof readArguments<typeof OPTIONS>>['values'];

/** What every action takes. */
const COMMON: readonly Option[] = ['file', 'json'];
const CHANGING: readonly Option[] = ['yes', 'dry-run'];

/** One action of the command. */
interface Action {
  readonly options: readonly Option[];
  /** What follows it, for its help. */
  readonly usage?: string;
  readonly summary: string;
  /** More of its help. */
  readonly help?: string;
  /** Whether it takes words behind it. */
  readonly takesWords?: boolean;
  run(store: FileCatalogStore, words: readonly string[], values: Values): number | Promise<number>;
}

const ACTIONS: Readonly<Record<string, Action>> = {
  show: {
    options: ['verbose'],
    summary: 'prints the catalog (the default); entries that cannot work are marked, with the reason',
    run: (store, _words, values) => show(store, values.verbose === true, values.json === true),
  },
  map: {
    options: ['for', 'args'],
    summary: 'draws the chains in the order in which sockets find them, and the layers',
    help: `  → is what sockets of that kind are opened on, ! cannot work, × is not permitted.

      --for <script>   as this program sees them, by what it permits (ws2spi catalog category)
      --args <text>    … when it is started with just these arguments`,
    run: (store, _words, values) =>
      map(store, { json: values.json === true, program: values.for, extra: values.args ?? '' }),
  },
  install: {
    options: [...CHANGING, 'name', 'over', 'guid', 'ifs', 'is'],
    usage: '<module>',
    summary: 'installs a layer: its own entry, and a chain over each protocol chosen, before all others',
    help: `  <module> is a file, a package (looked for from the catalog's folder), or di:layers/<name> of what is built in. It
  exports WSPStartup, or a layer of defineLayer as its default. It is started on trial; nothing is installed if that fails.

  -o, --over <what>    tcp (the default), udp, raw or all: the entries that such sockets are opened on now; or an entry's
                       id or name. Several, separated by commas
      --name <name>    its name; by default the layer's own, else that of its file
      --guid <guid>    the GUID of its own entry; a new one by default
      --ifs            its sockets are the lower provider's own handles; layers of defineLayer say so themselves
      --is <words>     its categories, as ws2spi catalog category has them`,
    takesWords: true,
    run: install,
  },
  remove: {
    options: [...CHANGING, 'rechain', 'cascade'],
    usage: '<layer>…',
    summary: 'takes layers out, by id, name, GUID or module, with all their chains',
    help: `  A layer that lies in chains of other layers stays, unless

      --rechain        … those chains go on without it, directly over what is below it
      --cascade        … those chains are taken away too`,
    takesWords: true,
    run: remove,
  },
  order: {
    options: CHANGING,
    usage: '[<entry>…]',
    summary: "puts entries first, by id or name, a layer's with all its chains; prints the order without any",
    takesWords: true,
    run: order,
  },
  category: {
    options: [...CHANGING, 'is', 'permit', 'args', 'forget'],
    usage: '[<layer>|<script>]',
    summary: 'says or sets of which categories layers are, and which ones programs permit',
    help: `  A program is known by the path of its main script. It loads a layer if all of the layer's categories are permitted, at
  least one is, and it is of system if that is permitted; else the next entry that fits is taken. A program that is not
  named permits everything.

      --is <words>      the categories of a layer: ${CATEGORY_WORDS.slice(0, 5).join(', ')},
                        ${CATEGORY_WORDS.slice(5).join(', ')}; separated by commas; or a number
      --permit <words>  what a program permits; none is everything
      --args <text>     … when it is started with just these arguments
      --forget          drops what was said of a layer or a program`,
    takesWords: true,
    run: category,
  },
  diff: {
    options: [],
    usage: '[<state>] [<state>]',
    summary: 'what two states differ in, by serial number or file: by default the last kept one, and the present one',
    takesWords: true,
    run: (store, words, values) => diff(store, words, values.json === true),
  },
  generations: {
    options: [],
    summary: 'the earlier states that are kept',
    run: (store, _words, values) => generations(store, values.json === true),
  },
  restore: {
    options: CHANGING,
    usage: '[<state>]',
    summary: 'puts an earlier state back, by default the last; the present one is kept',
    takesWords: true,
    run: restore,
  },
  verify: {
    options: [],
    summary: 'says what is wrong with it, with its modules, and with who may write them; exit code 1 when something is',
    run: (store, _words, values) => verify(store, values.json === true),
  },
  repair: {
    options: [],
    summary: 'drops what cannot be used; what was there is kept as a generation',
    run(store, _words, values) {
      const { code, actions } = repairCatalog(store);
      const nothing = actions.length === 0 ? 'Nothing to repair.' : undefined;
      return finish(store, code, values.json === true, actions, nothing);
    },
  },
  reset: {
    options: [],
    summary: 'puts the built-in catalog in its place; what was there is kept as a generation',
    run: (store, _words, values) =>
      finish(store, resetCatalog(store), values.json === true, ['The built-in catalog is in place.']),
  },
  path: {
    options: [],
    summary: 'prints where it is',
    run(store, _words, values) {
      console.log(values.json === true ? JSON.stringify({ path: store.path }) : store.path);
      return 0;
    },
  },
};

const NAMES = Object.keys(ACTIONS);

const ENDING = `      --file <path>    the catalog; by default $WS2SPI_CATALOG, else ws2spi/catalog.json in your state directory
      --json           prints JSON
  -h, --help           this text`;

const CHANGES = `  -y, --yes            does it; without it, it is asked on a terminal, and elsewhere refused
  -n, --dry-run        says what would change, and changes nothing
`;

const HELP = `Usage: ws2spi catalog [action] [options]

Actions (ws2spi catalog <action> --help says more):
${NAMES.map((name) => `  ${name.padEnd(12)} ${ACTIONS[name]!.summary}`).join('\n')}

Options:
${CHANGES}  -v, --verbose        for show: every field, as netsh winsock show catalog does
${ENDING}

What changes is printed before, and the state before is kept: ws2spi catalog restore takes a change back.`;

function helpOf(name: string): string {
  const { usage, summary, help, options } = ACTIONS[name]!;
  return [
    `Usage: ws2spi catalog ${name}${usage === undefined ? '' : ` ${usage}`} [options]`,
    '',
    `  It ${summary}.`.replace('  It what', '  It says what').replace('  It the', '  It prints the'),
    '',
    ...(help === undefined ? [] : [help]),
    `${options.includes('yes') ? CHANGES : ''}${options.includes('verbose') ? '  -v, --verbose        every field, as netsh winsock show catalog does\n' : ''}${ENDING}`,
  ].join('\n');
}

/** Shows and changes catalogs. */
export const catalogCommand: Command = {
  name: 'catalog',
  summary: 'shows a catalog, installs and removes layers, and mends it',
  help: HELP,
  helpOf: (word) => (Object.hasOwn(ACTIONS, word) ? helpOf(word) : undefined),
  options: OPTIONS,
  words: NAMES,
  optionsOf: Object.fromEntries(NAMES.map((name) => [name, [...COMMON, ...ACTIONS[name]!.options]])),
  values: { file: 'file', for: 'file', over: KIND_WORDS, is: CATEGORY_WORDS, permit: CATEGORY_WORDS },
  fileWords: ['install', 'category', 'diff'],
  async run(args) {
    const { values, positionals } = readArguments('catalog', args, OPTIONS);
    const [name = 'show', ...words] = positionals;
    const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
    if (action === undefined) {
      const meant = oneOfWords(NAMES, name);
      throw new UsageError(`catalog has no action "${name}"; it takes one of ${NAMES.join(', ')}${meant}`);
    }
    if (words.length > 0 && action.takesWords !== true) {
      throw new UsageError(`catalog takes one action, not "${positionals.join(' ')}"`);
    }
    const given = Object.keys(values) as Option[];
    const foreign = given.find((option) => !COMMON.includes(option) && !action.options.includes(option));
    if (foreign !== undefined) {
      throw new UsageError(`catalog ${name} has no option --${foreign} (see ws2spi catalog ${name} --help)`);
    }
    if (values.file === '') throw new UsageError('--file needs the path of a file');
    const store = new FileCatalogStore(values.file ?? defaultCatalogPath());
    try {
      return await action.run(store, words, values);
    } catch (error) {
      return failed(error, name, store, values.json === true);
    }
  },
};

function show(store: FileCatalogStore, verbose: boolean, json: boolean): number {
  const data = store.read();
  const problems = unusableEntries(data, store.path);
  const doubts = doubtsOf(store, data);
  const messages = verifyCatalog(data, store.path);
  if (json) {
    console.log(JSON.stringify({ path: store.path, ...data, problems: messages, doubts }, undefined, 2));
    return 0;
  }
  if (verbose) console.log(describeCatalog(data, problems));
  else {
    const built = existsSync(store.path) ? '' : ' (there is no such file yet: the built-in catalog)';
    const marked = (line: string): string => (line.startsWith('!') ? style('red', printable(line)) : printable(line));
    console.log(`${heading(store.path)}${built}`);
    console.log(catalogTable(data.protocols, problems).map(marked).join('\n'));
    console.log(`\n${heading('Name-space providers')}`);
    if (data.nameSpaces.length === 0) console.log('none');
    else console.log(nameSpaceTable(data.nameSpaces, problems).map(marked).join('\n'));
    if (problems.size > 0) console.log(`\n${style('red', '! cannot work:')}`);
    for (const { message } of problems.values()) console.log(`  ${message}`);
  }
  // What is wrong with no entry, but with categories.
  for (const { message } of messages.slice(problems.size)) console.log(style('red', message));
  for (const doubt of doubts) console.log(style('red', doubt));
  return 0;
}

function verify(store: FileCatalogStore, json: boolean): number {
  let problems: readonly string[];
  let notes: readonly string[] = [];
  try {
    const data = store.read();
    problems = [...verifyCatalog(data, store.path).map(({ message }) => message), ...doubtsOf(store, data)];
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
  const missing = applicationsOf(data)
    .filter(({ path }) => !existsSync(path))
    .map(
      ({ path }) => `${path}, of which categories tell, is not there; catalog category --forget drops what is said.`,
    );
  const unbound = pathsOf(data)
    .filter((path) => path.startsWith(BOUND) && !BUILT_IN_PROVIDERS.includes(path.slice(BOUND.length)))
    .map(
      (path) => `${path} is not built in: it works in programs that bind it in their container, and fails in others.`,
    );
  return [...unbound, ...missing];
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

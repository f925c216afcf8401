// The rooms of the source and what each may import: the table of docs/architecture.md, as data.
// `imports` names rooms of this package, `packages` what a room may take from npm. Node.js' own modules are free for
// all rooms but `spi`, which is the contract alone. A room stands below those that it imports, so that none imports in a
// circle; those that come into it do so by its doors.

/**
 * @typedef {object} Room
 * @property {string} path the folder (or file) from the project's root
 * @property {readonly string[] | 'anything'} imports paths of other rooms, or of one door of theirs; a path lets in
 *   everything below it, and `*` stands for every folder
 * @property {readonly string[]} [packages] names of npm packages
 * @property {boolean} [noNode] whether Node.js' own modules are refused too
 * @property {readonly string[]} [doors] its files that others may import; `index.ts` alone unless said
 */

/**
 * @typedef {object} InnerRoom
 * @property {string} path the folder, from its outer room
 * @property {readonly string[]} imports inner rooms of the same outer one; what that imports is free for it too
 * @property {readonly string[]} [also] rooms that no other inner room needs
 * @property {readonly string[]} [doors]
 */

const PROVIDERS = ['spi', 'host', 'io', 'chain'];
/** The ways of systems with files, users and processes: the one part of `platform` that needs no native code. */
const SYSTEMS = 'platform/systems.ts';
/** What the hook needs of node/. */
const NODE_DOORS = ['index.ts', 'instance/index.ts', 'transfers/index.ts', 'handle/index.ts'];
const NAME_SPACES = ['spi', 'host', 'name-space', SYSTEMS];

/**
 * A room that is divided. Its own files, which are in no inner room, stand below all of them.
 *
 * @param {Room} outer
 * @param {readonly InnerRoom[]} inner
 * @returns {Room[]}
 */
function divided(outer, inner) {
  const from = (/** @type {string} */ path) => `${outer.path}/${path}`;
  return [
    ...inner.map(({ path, imports, also = [], doors }) => ({
      ...outer,
      path: from(path),
      imports: [...outer.imports, ...also, ...imports.map(from)],
      doors: doors ?? ['index.ts'],
    })),
    outer,
  ];
}

/** @type {readonly Room[]} the longest matching path wins; each room imports such as stand above it */
export const ROOMS = [
  {
    path: 'spi',
    imports: [],
    noNode: true,
    // What is no part of the contract, but shared by those who keep to it.
    doors: [
      'index.ts',
      'answers.ts',
      'layer-rules.ts',
      'nearest-name.ts',
      'option-check.ts',
      'arguments.ts',
      'socket-names.ts',
      'signatures/index.ts',
      'wrap-table.ts',
      'method-functions.ts',
      'linked-list.ts',
    ],
  },
  {
    path: 'platform',
    imports: ['spi'],
    packages: ['koffi'],
    doors: ['index.ts', 'load-part.ts', 'systems.ts', 'openssl/index.ts'],
  },
  { path: 'host', imports: ['spi', 'platform'], doors: ['index.ts', 'clock.ts', 'random.ts', 'load-part.ts'] },
  { path: 'shared-file', imports: [SYSTEMS], doors: ['index.ts', 'errors.ts', 'files.ts'] },
  ...divided({ path: 'io', imports: ['spi', 'host'] }, [
    { path: 'options', imports: [] },
    { path: 'core', imports: ['options'] },
    { path: 'internet', imports: ['core'] },
    { path: 'quality', imports: ['core'] },
    { path: 'socket-groups', imports: ['core'], also: ['shared-file', SYSTEMS] },
    { path: 'socket', imports: ['options', 'core', 'quality'] },
    { path: 'ioctls', imports: ['options', 'core', 'internet', 'quality', 'socket'] },
    { path: 'functions', imports: ['options', 'core', 'quality', 'socket', 'ioctls'] },
    { path: 'extensions', imports: ['options', 'core', 'socket', 'ioctls', 'functions'] },
  ]),
  // What is written beside the traffic.
  { path: 'outputs', imports: [SYSTEMS] },
  // What traces are made of.
  { path: 'tracing', imports: ['spi', 'outputs'] },
  { path: 'port-reservations', imports: ['spi', 'shared-file', SYSTEMS], doors: ['index.ts', 'path.ts'] },
  {
    path: 'catalog',
    imports: ['spi', 'shared-file', SYSTEMS, 'platform/load-part.ts'],
    // What instances begin with, and what they load later.
    doors: ['index.ts', 'problem.ts', 'instance.ts', 'functions.ts', 'modules.ts', 'trust.ts'],
  },
  // How the packed package loads its own scripts. It is loaded before all of them, and so little as can be.
  { path: 'code-cache', imports: [SYSTEMS, 'catalog/trust.ts', 'shared-file'] },
  ...divided({ path: 'chain', imports: ['spi', 'host', 'io'] }, [
    { path: 'layer', imports: [] },
    { path: 'filters', imports: ['layer'] },
    { path: 'codec', imports: ['layer', 'filters'] },
    { path: 'proxies', imports: ['layer', 'filters', 'codec'] },
  ]),
  // What name-space providers are made of.
  { path: 'name-space', imports: ['spi'], doors: ['index.ts', 'deadlines.ts', 'slices.ts'] },
  // What unicast and multicast DNS share.
  { path: 'dns-records', imports: ['spi', 'host'], packages: ['dns-packet'] },
  // What registries keep, wherever they keep it.
  { path: 'service-records', imports: ['spi', 'name-space'] },
  // What recordings of conversations are made of, and read by.
  { path: 'recordings', imports: [...PROVIDERS, 'shared-file', 'outputs'] },
  { path: 'providers/tcpip', imports: [...PROVIDERS, 'platform'] },
  ...divided({ path: 'providers/memory', imports: PROVIDERS, doors: ['index.ts', 'create-memory-network.ts'] }, [
    { path: 'wire', imports: [] },
    { path: 'network', imports: ['wire'] },
    { path: 'sockets', imports: ['wire', 'network'] },
  ]),
  // A layer or a name-space provider is a room of its own: `*` stands for one folder.
  { path: 'providers/layers/*', imports: PROVIDERS },
  { path: 'providers/layers/tls', imports: [...PROVIDERS, 'platform'] },
  { path: 'providers/layers/record', imports: [...PROVIDERS, 'recordings'] },
  { path: 'providers/layers/replay', imports: [...PROVIDERS, 'recordings'] },
  { path: 'providers/layers/trace', imports: [...PROVIDERS, 'tracing', 'outputs'] },
  { path: 'providers/layers/capture', imports: [...PROVIDERS, 'outputs', SYSTEMS] },
  { path: 'providers/layers/policy', imports: [...PROVIDERS, 'outputs', 'shared-file'] },
  { path: 'providers/namespaces/*', imports: NAME_SPACES },
  { path: 'providers/namespaces/registry', imports: [...NAME_SPACES, 'service-records', 'shared-file'] },
  { path: 'providers/namespaces/redis', imports: [...NAME_SPACES, 'service-records'] },
  { path: 'providers/namespaces/dns', imports: [...NAME_SPACES, 'dns-records', 'shared-file'] },
  { path: 'providers/namespaces/files', imports: [...NAME_SPACES, 'shared-file'] },
  { path: 'providers/namespaces/mdns', imports: [...NAME_SPACES, 'dns-records'] },
  { path: 'providers/*', imports: PROVIDERS },
  ...divided(
    {
      path: 'ws2_32',
      imports: ['spi', 'host', 'catalog', 'port-reservations', 'tracing', 'outputs'],
      packages: ['inversify', 'reflect-metadata'],
    },
    [
      { path: 'dispatcher', imports: [] },
      { path: 'loading', imports: ['dispatcher'], doors: ['index.ts', 'built-in.ts'] },
      { path: 'api', imports: ['dispatcher'] },
      { path: 'names', imports: ['dispatcher', 'loading'] },
      { path: 'debug', imports: ['dispatcher'] },
    ],
  ),
  // Layers that are named by one text. It knows the types of their options, and loads each layer's module when that is first needed.
  { path: 'layer-text', imports: ['spi', 'host/load-part.ts', 'chain', 'providers/layers/*'] },
  // Which programs are Node.js', and how the hook comes into them.
  { path: 'node-programs', imports: [SYSTEMS] },
  // What `ws2spi top` and the programs that it looks at have agreed on.
  { path: 'looks', imports: [] },
  // The package's front door gathers what an application needs. Those above ws2_32 are applications, and come in by it.
  { path: 'index.ts', imports: ['spi', 'host', 'catalog', 'ws2_32', 'providers/memory'] },
  ...divided(
    { path: 'node', imports: ['ws2_32', 'index.ts', 'spi/answers.ts', 'spi/nearest-name.ts'], doors: NODE_DOORS },
    [
      { path: 'instance', imports: [] },
      { path: 'transfers', imports: ['instance'] },
      { path: 'handle', imports: ['instance', 'transfers'] },
    ],
  ),
  // What `node --import ws2spi/register` does.
  {
    path: 'register',
    imports: [
      'index.ts',
      'spi',
      'chain',
      'dns-records',
      'layer-text',
      'node-programs',
      'looks',
      'node',
      'host/load-part.ts',
      'platform',
    ],
  },
  // What leads other programs' connections over chains.
  { path: 'gateway', imports: ['index.ts', 'chain', 'node', 'spi/option-check.ts'] },
  { path: 'testkit', imports: ['spi', 'chain', 'ws2_32', 'index.ts', 'providers/memory'] },
  ...['cli', 'bench', 'examples', 'docs', 'test', 'tools'].map((path) => ({
    path,
    imports: /** @type {const} */ ('anything'),
  })),
];

/**
 * Finds the room that a file lies in.
 *
 * @param {string} file path from the project's root, with slashes
 * @returns {{ room: Room, path: string } | null} the room and its own folder, `*` filled in
 */
export function roomOf(file) {
  const parts = file.split('/');
  /** @type {{ room: Room, path: string } | null} */
  let found = null;
  for (const room of ROOMS) {
    const wanted = room.path.split('/');
    const matches = wanted.length <= parts.length && wanted.every((part, i) => part === '*' || part === parts[i]);
    const path = parts.slice(0, wanted.length).join('/');
    if (matches && (found === null || depth(room) > depth(found.room))) found = { room, path };
  }
  return found;
}

/** @param {Room} room */
function depth(room) {
  return room.path.split('/').length + (room.path.includes('*') ? 0 : 0.5);
}

/**
 * Says why a file may not import another, or `null` when it may.
 *
 * @param {string} from the importing file, from the project's root
 * @param {string} to the file imported, from the project's root
 * @returns {string | null}
 */
export function whyNotFile(from, to) {
  const home = roomOf(from);
  if (home === null || home.room.imports === 'anything') return null;
  const { room, path } = home;
  const there = roomOf(to);
  if (there?.path !== path && !isIn(there?.path ?? to, path)) {
    const allowed = room.imports.some((each) => isIn(to, each));
    if (!allowed) return `${path} may import ${listed(room.imports)}, not ${there?.path ?? to}`;
  }
  return whyNotDoor(from, to);
}

/**
 * Says why a file is no door of the rooms that it lies in and the importing file does not, or `null` when it is one.
 *
 * @param {string} from
 * @param {string} to
 */
function whyNotDoor(from, to) {
  for (const { room, path } of roomsAround(to)) {
    if (isIn(from, path) || to === path) continue;
    const doors = (room.doors ?? ['index.ts']).map((door) => `${path}/${door}`);
    if (!doors.includes(to)) return `${path} is imported by ${listed(doors)}, not by ${to.slice(path.length + 1)}`;
    return null;
  }
  return null;
}

/**
 * The rooms that a file lies in, the outermost first.
 *
 * @param {string} file
 */
function roomsAround(file) {
  const parts = file.split('/');
  const found = [];
  for (let length = 1; length <= parts.length; length++) {
    const path = parts.slice(0, length).join('/');
    const within = roomOf(path);
    // A folder whose folders are rooms is none itself.
    if (within?.path === path && !ROOMS.some((room) => room.path === `${path}/*`)) found.push(within);
  }
  return found;
}

/**
 * Says why a file may not import a package or a module of Node.js, or `null` when it may.
 *
 * @param {string} from the importing file, from the project's root
 * @param {string} specifier as written
 * @returns {string | null}
 */
export function whyNotPackage(from, specifier) {
  const home = roomOf(from);
  if (home === null || home.room.imports === 'anything') return null;
  if (specifier.startsWith('node:')) {
    return home.room.noNode === true ? `${home.path} is the contract alone and may not import ${specifier}` : null;
  }
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  const allowed = home.room.packages ?? [];
  if (allowed.includes(name)) return null;
  return `${home.path} may import ${allowed.length === 0 ? 'no package' : listed(allowed)}, not ${name}`;
}

/** @param {string} file @param {string} folder */
function isIn(file, folder) {
  if (!folder.endsWith('/*')) return file === folder || file.startsWith(`${folder}/`);
  return file.startsWith(folder.slice(0, -1));
}

/** @param {readonly string[]} names */
function listed(names) {
  if (names.length === 0) return 'nothing';
  return names.length === 1 ? names[0] : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

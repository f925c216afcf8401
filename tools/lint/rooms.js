// The rooms of the source and what each may import: the table of docs/architecture.md, as data.
// `imports` names rooms of this package, `packages` what a room may take from npm. Node.js' own modules are free for
// all rooms but `spi`, which is the contract alone.

/**
 * @typedef {object} Room
 * @property {string} path the folder (or file) from the project's root
 * @property {readonly string[] | 'anything'} imports paths of other rooms; a path lets in everything below it
 * @property {readonly string[]} [packages] names of npm packages
 * @property {boolean} [noNode] whether Node.js' own modules are refused too
 */

const PROVIDERS = ['spi', 'host', 'io', 'chain'];

/** @type {readonly Room[]} the longest matching path wins */
export const ROOMS = [
  { path: 'spi', imports: [], noNode: true },
  { path: 'platform', imports: ['spi'], packages: ['koffi'] },
  { path: 'host', imports: ['spi', 'platform'] },
  { path: 'io', imports: ['spi', 'host'] },
  { path: 'catalog', imports: ['spi'] },
  { path: 'chain', imports: ['spi', 'host', 'io'] },
  { path: 'providers/tcpip', imports: [...PROVIDERS, 'platform'] },
  { path: 'providers/memory', imports: PROVIDERS },
  // A layer or a name-space provider is a room of its own: `*` stands for one folder.
  { path: 'providers/layers/*', imports: PROVIDERS },
  { path: 'providers/namespaces/*', imports: PROVIDERS },
  { path: 'providers/*', imports: PROVIDERS },
  { path: 'ws2_32', imports: ['spi', 'host', 'catalog'], packages: ['inversify', 'reflect-metadata'] },
  // The package's front door gathers what an application needs. Those above ws2_32 are applications, and come in by it.
  { path: 'index.ts', imports: ['spi', 'host', 'catalog', 'ws2_32', 'providers/memory'] },
  { path: 'node', imports: ['ws2_32', 'index.ts'] },
  { path: 'testkit', imports: ['spi', 'ws2_32', 'index.ts', 'providers/memory'] },
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
  if (isIn(to, home.path)) return null;
  if (home.room.imports.some((allowed) => isIn(to, allowed))) return null;
  return `${home.path} may import ${listed(home.room.imports)}, not ${roomOf(to)?.path ?? to}`;
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
  return file === folder || file.startsWith(`${folder}/`);
}

/** @param {readonly string[]} names */
function listed(names) {
  if (names.length === 0) return 'nothing';
  return names.length === 1 ? names[0] : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

// Where the modules of providers are: what a path in the catalog leads to.
import { createRequire, isBuiltin } from 'node:module';
import { statSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { followLinks } from '../shared-file/index.js';
import { BOUND } from './rules.js';
import { distrustOf, type Distrust } from './trust.js';

/**
 * Finds the file of a provider's module: of a `file:` URL, or of a package path as seen from the folder that the
 * catalog's file really lies in, and from nowhere else. For a catalog in memory it is the working directory.
 *
 * @param path as the catalog gives it; not `di:`
 * @param catalogFile the catalog's file; `null` for a catalog in memory
 * @returns the file's path
 * @throws Error that says what is wrong and what to do
 */
export function findModule(path: string, catalogFile: string | null): string {
  if (path.startsWith('file:')) return findFile(path, path);
  if (isBuiltin(path)) throw new Error(`${path} is a module of Node.js itself, and no provider`);
  const folder = folderOf(catalogFile);
  try {
    // createRequire wants a file; only its folder matters.
    return createRequire(join(folder, 'catalog.json')).resolve(path);
  } catch (cause) {
    if (!isNotFound(cause)) throw cause;
    throw new Error(`${path} is not found ${placeIn(folder, catalogFile)}; ${adviceOn(path)}`, { cause });
  }
}

function folderOf(catalogFile: string | null): string {
  return catalogFile === null ? process.cwd() : dirname(followLinks(catalogFile));
}

function placeIn(folder: string, catalogFile: string | null): string {
  return catalogFile === null ? `from the working directory ${folder}` : `from the catalog's folder ${folder}`;
}

function findFile(url: string, path: string): string {
  const file = fileURLToPath(url);
  if (statSync(file, { throwIfNoEntry: false }) === undefined) throw new Error(`there is no file ${file}`);
  try {
    return createRequire(url).resolve(file);
  } catch (cause) {
    if (!isNotFound(cause)) throw cause;
    const isFolder = statSync(file).isDirectory();
    throw new Error(
      `${path} is not a module${isFolder ? `: it is a folder; name its file, such as ${join(file, 'index.js')}` : ''}`,
      { cause },
    );
  }
}

function isNotFound(cause: unknown): boolean {
  const code = cause instanceof Error ? (cause as NodeJS.ErrnoException).code : undefined;
  return code === 'MODULE_NOT_FOUND' || code === 'ENOTDIR' || code === 'ERR_INVALID_ARG_VALUE';
}

function adviceOn(path: string): string {
  if (/^[a-z]:[\\/]|\\|%\w+%|\.dll$/i.test(path)) {
    return 'a path of Windows names no module: give di:<name>, a file: URL or a package path';
  }
  if (/^\.{0,2}\//.test(path) || isAbsolute(path) || /\.[cm]?[jt]s$/.test(path)) {
    return 'give the module by its file: URL (pathToFileURL of node:url makes one)';
  }
  return 'install the package there, or give the module by its file: URL';
}

/**
 * Says why a provider's module cannot be loaded, as far as that can be told without running it.
 *
 * @returns a sentence part, or `null` when it is there; what `di:` names lies with the instance, and is not looked at
 */
export function moduleFault(path: string, catalogFile: string | null): string | null {
  if (path.startsWith(BOUND)) return null;
  try {
    const file = findModule(path, catalogFile);
    return statSync(file, { throwIfNoEntry: false })?.isFile() === true ? null : `its module ${file} is not a file`;
  } catch (error) {
    return `its module cannot be found: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/**
 * Finds out whether others may write the module of a provider, or put another in its place.
 *
 * @param path as the catalog gives it
 * @param file where it was found
 * @param catalogFile the catalog's file; `null` for a catalog in memory, whose modules the program itself names, and
 *   which may so belong to anybody
 */
export function distrustOfModule(path: string, file: string, catalogFile: string | null): Distrust | null {
  const options = { owners: catalogFile !== null };
  if (path.startsWith('file:')) return distrustOf(fileURLToPath(path), options) ?? distrustOf(file, options);
  // The link in a folder node_modules that a package may be, and the file itself.
  const [scope = '', name = ''] = path.split(/[\\/]/);
  const entry = scope.startsWith('@') ? join(scope, name) : scope;
  for (let folder = folderOf(catalogFile); !path.startsWith('.') && !isAbsolute(path); folder = dirname(folder)) {
    const doubt = distrustOf(join(folder, 'node_modules', entry), options);
    if (doubt !== null) return doubt;
    if (dirname(folder) === folder || statSync(join(folder, 'node_modules', entry), { throwIfNoEntry: false })) break;
  }
  return distrustOf(file, options);
}

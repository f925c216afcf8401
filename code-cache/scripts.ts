// The package's scripts, each run once. They are modules of CommonJS to everybody else.
import { createRequire, Module } from 'node:module';
import { dirname, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { CodeCache } from './code-cache.js';

/** What CommonJS wraps a module into. */
type Wrapped = (
  exports: unknown,
  require: (id: string) => unknown,
  module: Module,
  file: string,
  folder: string,
) => void;

const ENDING = '.cjs';
const { cache } = createRequire(import.meta.url);

let codeCache: CodeCache | null = null;

/**
 * Loads a script of the package.
 *
 * @param from `import.meta.url` of the module that needs it
 * @param path the script, relative to that
 * @returns what it exports
 * @throws Error that says what to do when the package was bundled, so that the script is not where it should be
 */
export function load(from: string, path: string): unknown {
  const file = fileURLToPath(new URL(path, from));
  try {
    return isMainContext() ? loadHere(file) : createRequire(from)(file);
  } catch (cause) {
    const { code, message } = cause as { code?: unknown; message?: unknown };
    if ((code !== 'ENOENT' && code !== 'MODULE_NOT_FOUND') || !String(message).includes(file)) throw cause;
    throw new Error(
      `ws2spi loads its parts when they are first needed, and ${path} is not beside ${from}: it was bundled. Leave the ` +
        'package out of the bundle (esbuild: --external:ws2spi, rollup: external: [/^ws2spi/]).',
      { cause },
    );
  }
}

/** Test runners have contexts of their own, whose objects others are not made of. Their `require` knows it. */
function isMainContext(): boolean {
  return new Script('globalThis').runInThisContext() === globalThis;
}

function loadHere(file: string): unknown {
  // Whoever requires a script otherwise has the same module.
  const there = cache[file];
  if (there !== undefined) return there.exports;
  codeCache ??= new CodeCache();
  const run = codeCache.compile(file).runInThisContext() as Wrapped;
  const module = new Module(file);
  module.filename = file;
  cache[file] = module;
  const folder = dirname(file);
  let loaded = false;
  try {
    run.call(module.exports, module.exports, (id) => requireIn(folder, id), module, file, folder);
    loaded = module.loaded = true;
  } finally {
    if (!loaded) delete cache[file];
  }
  return module.exports;
}

/** What scripts require: scripts, modules of Node.js, and packages. */
function requireIn(folder: string, id: string): unknown {
  if (extname(id) === ENDING) return loadHere(resolve(folder, id));
  return id.startsWith('node:') ? process.getBuiltinModule(id) : createRequire(join(folder, 'any'))(id);
}

import { requirePart } from './require-part.js';

/** What Node.js says of a module that an `import()` elsewhere has begun to load and not finished. */
const BEING_IMPORTED = /not yet fully loaded|ERR_VM_MODULE_LINK_FAILURE|ERR_REQUIRE_CYCLE_MODULE|ERR_REQUIRE_ESM_RACE/;

/** What jest's own `require` says of any module of this package. */
const JEST_REFUSES = 'Must use import to load ES Module';

/**
 * Loads a part of the package at its first need, synchronously.
 *
 * @param from `import.meta.url` of the module that needs it
 * @param path the part, relative to that
 * @returns what the part exports
 * @throws Error that says what to do: the package was bundled, so that the part is not where it should be; or an
 *   `import()` of the package is under way, which cannot be overtaken
 */
export function loadPart<T>(from: string, path: string): T {
  try {
    return requirePart(from, path) as T;
  } catch (cause) {
    const { code, message } = cause as { code?: unknown; message?: unknown };
    const said = `${String(code)} ${String(message)}`;
    if (code === 'MODULE_NOT_FOUND' && said.includes(path)) {
      throw new Error(
        `ws2spi loads its parts when they are first needed, and ${path} is not beside ${from}: it was bundled. Leave the ` +
          'package out of the bundle (esbuild: --external:ws2spi, rollup: external: [/^ws2spi/]).',
        { cause },
      );
    }
    if (BEING_IMPORTED.test(said)) {
      throw new Error(
        `A part of ws2spi (${path}) is needed while an import() of it is under way: await that import first, or import ` +
          'the part statically.',
        { cause },
      );
    }
    if (said.includes(JEST_REFUSES)) {
      throw new Error(
        'jest cannot load parts of ws2spi on this Node.js: it requires no ES modules before Node.js 24.9. Run jest there, with ' +
          '--experimental-vm-modules, or the tests by vitest or `node --test`.',
        { cause },
      );
    }
    throw cause;
  }
}

import { createRequire } from 'node:module';

/**
 * Requires a part of the package. The packed package has another function in the place of this one (`tools/join-modules.mjs`), for its
 * parts are scripts.
 *
 * @param from `import.meta.url` of the module that needs it
 * @param path the part, relative to that
 */
export function requirePart(from: string, path: string): unknown {
  return createRequire(from)(path);
}

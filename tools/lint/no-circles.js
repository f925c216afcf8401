// Lint rule: no file imports itself by way of others, be it for types alone.
import { readFileSync, statSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';

/** What files import, by path, as long as they are not changed. @type {Map<string, { changed: number, imports: string[] }>} */
const known = new Map();

/** @type {import('eslint').Rule.RuleModule} */
export default {
  meta: {
    type: 'problem',
    docs: { description: 'files do not import each other in circles' },
    messages: { circle: 'Goes round in a circle: {{ way }}.' },
    schema: [{ type: 'object', properties: { root: { type: 'string' } }, additionalProperties: false }],
  },
  create(context) {
    const root = context.options[0]?.root ?? context.cwd;

    /** @param {import('estree').Node | null | undefined} source */
    function check(source) {
      if (source?.type !== 'Literal' || typeof source.value !== 'string' || !source.value.startsWith('.')) return;
      const way = wayBack(sourceOf(context.filename, source.value), context.filename);
      if (way === null) return;
      const names = [context.filename, ...way].map((file) => fromRoot(root, file));
      context.report({ node: source, messageId: 'circle', data: { way: names.join(' → ') } });
    }

    return {
      ImportDeclaration: (node) => check(node.source),
      ExportNamedDeclaration: (node) => check(node.source),
      ExportAllDeclaration: (node) => check(node.source),
    };
  },
};

/**
 * The shortest way from a file to another along imports.
 *
 * @param {string} from
 * @param {string} to
 * @returns {string[] | null} the files on it, both ends included
 */
function wayBack(from, to) {
  /** @type {Map<string, string | null>} */
  const cameFrom = new Map([[from, null]]);
  for (const file of cameFrom.keys()) {
    if (file === to) {
      /** @type {string[]} */
      const way = [];
      for (let at = /** @type {string | null} */ (file); at !== null; at = cameFrom.get(at) ?? null) way.unshift(at);
      return way;
    }
    for (const next of importsOf(file)) if (!cameFrom.has(next)) cameFrom.set(next, file);
  }
  return null;
}

/**
 * The files that a file imports when it is loaded; those of `import()` are loaded later.
 *
 * @param {string} file
 * @returns {string[]}
 */
function importsOf(file) {
  const changed = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  if (changed === undefined) return [];
  const before = known.get(file);
  if (before?.changed === changed) return before.imports;
  const imports = [...readFileSync(file, 'utf8').matchAll(/^(?:import|export|\})[^'"]*['"](\.[^'"]+)['"];/gm)].map(
    ([, specifier]) => sourceOf(file, /** @type {string} */ (specifier)),
  );
  known.set(file, { changed, imports });
  return imports;
}

/** @param {string} file @param {string} specifier */
function sourceOf(file, specifier) {
  return resolve(dirname(file), specifier).replace(/\.js$/, '.ts');
}

/** @param {string} root @param {string} path */
function fromRoot(root, path) {
  return relative(root, path).split(sep).join('/');
}

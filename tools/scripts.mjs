// Joined modules as scripts: what V8 makes of a script can be kept (`code-cache/`), of a module not. A script is a module of CommonJS;
// who imports one of the package's doors imports a module beside it, which loads the script and exports what that does.
import { parseAst } from 'rollup/parseAst';

const SCRIPT = '.cjs';

/** `chain/index.js` → `chain/index.cjs` */
export const scriptOf = (file) => file.replace(/\.js$/, SCRIPT);

/**
 * What a chunk of rollup's imports and exports, each as a list, and the code between.
 *
 * @param {string} code
 */
function takeApart(code) {
  const imports = [];
  /** @type {[exported: string, local: string, from: string | null][]} */
  const exported = [];
  let rest = '';
  let at = 0;
  const { body } = parseAst(code);
  for (const statement of body) {
    const { type, source } = statement;
    if (type === 'ImportDeclaration')
      imports.push({ from: source.value, names: statement.specifiers.map(importedName) });
    else if (type === 'ExportNamedDeclaration' && statement.declaration === null) {
      const from = source?.value ?? null;
      if (from !== null && !imports.some((each) => each.from === from)) imports.push({ from, names: [] });
      for (const { exported: name, local } of statement.specifiers) exported.push([name.name, local.name, from]);
    } else if (type.startsWith('Export')) throw new Error(`${type} in what rollup has joined`);
    else continue;
    rest += code.slice(at, statement.start);
    at = statement.end;
  }
  needConstant(body, new Set(exported.filter(([, , from]) => from === null).map(([, local]) => local)));
  return { imports, exported, rest: rest + code.slice(at) };
}

/** @returns {[imported: string | null, local: string]} `null` for the module as a whole */
function importedName({ type, imported, local }) {
  if (type === 'ImportNamespaceSpecifier') return [null, local.name];
  return [type === 'ImportDefaultSpecifier' ? 'default' : imported.name, local.name];
}

/** Who imports a script has what it exported once: nothing that is exported is to change afterwards. */
function needConstant(body, names) {
  const changing = (declaration) =>
    declaration.type === 'VariableDeclaration' && declaration.kind !== 'const'
      ? declaration.declarations.flatMap(({ id }) => (id.type === 'Identifier' && names.has(id.name) ? [id.name] : []))
      : [];
  const found = body.flatMap(changing);
  if (found.length > 0) throw new Error(`exported, and not constant: ${found.join(', ')}`);
}

/** `{ a, b: c }` */
const pattern = (names) => `{ ${names.map(([from, to]) => (from === to ? from : `${from}: ${to}`)).join(', ')} }`;

/** What a module of Node.js, or a script, is asked for. */
function required({ names }, module, isScript) {
  const lines = [];
  const whole = names.filter(([imported]) => imported === null || (imported === 'default' && !isScript));
  const single = names.filter((each) => !whole.includes(each));
  for (const [, local] of whole) lines.push(`const ${local} = ${module};`);
  if (single.length > 0) lines.push(`const ${pattern(single)} = ${module};`);
  if (names.length === 0) lines.push(`${module};`);
  return lines.join('\n');
}

/** Whether what is imported lies in the package. */
const isOwn = (from) => from.startsWith('.');

/**
 * A joined module as a script.
 *
 * @param {string} code what rollup has written
 */
export function script(code) {
  const { imports, exported, rest } = takeApart(code);
  const wholes = new Map();
  const heads = imports.map((each, index) => {
    const module = `require(${JSON.stringify(isOwn(each.from) ? scriptOf(each.from) : each.from)})`;
    if (!exported.some(([, , from]) => from === each.from)) return required(each, module, isOwn(each.from));
    const whole = `$from${index}`;
    wholes.set(each.from, whole);
    return `const ${whole} = ${module};${each.names.length === 0 ? '' : required(each, whole, isOwn(each.from))}`;
  });
  const members = exported.map(([name, local, from]) => {
    const value = from === null ? local : `${wholes.get(from)}.${local}`;
    return name === value ? name : `${name}: ${value}`;
  });
  const here = rest.includes(HERE) ? [`const ${HERE} = require('node:url').pathToFileURL(__filename).href;`] : [];
  return ["'use strict';", ...here, ...heads, rest.trim(), `module.exports = { ${members.join(', ')} };`, ''].join(
    '\n',
  );
}

/** Stands for `import.meta.url` in scripts. */
export const HERE = '$here';

/**
 * A joined module that stays one, over others that do not.
 *
 * @param {string} code what rollup has written
 * @param {string} loader the loader of scripts, relative to it
 * @param {(from: string) => boolean} isScript whether something imported became a script
 */
export function moduleOverScripts(code, loader, isScript) {
  const { imports, exported, rest } = takeApart(code);
  if (exported.some(([, , from]) => from !== null)) throw new Error('a module that exports what another does');
  const [scripts, others] = [
    imports.filter(({ from }) => isScript(from)),
    imports.filter(({ from }) => !isScript(from)),
  ];
  const heads = others.map(({ from, names }) => {
    const [whole] = names.filter(([imported]) => imported === null).map(([, local]) => `* as ${local}`);
    const single = names.filter(([imported]) => imported !== null);
    const clause = whole ?? `{ ${single.map(([from, to]) => (from === to ? from : `${from} as ${to}`)).join(', ')} }`;
    return `import ${names.length === 0 ? '' : `${clause} from `}'${from}';`;
  });
  if (scripts.length > 0) heads.push(`import { load } from '${loader}';`);
  const loads = scripts.map((each) => required(each, `load(import.meta.url, '${scriptOf(each.from)}')`, true));
  const names = exported.map(([name, local]) => (name === local ? name : `${local} as ${name}`));
  const [hashbang] = /^#!.*\n/.exec(code) ?? [''];
  return (
    hashbang +
    [...heads, ...loads, rest.replace(/^\s*#!.*/, '').trim(), `export { ${names.join(', ')} };`, ''].join('\n')
  );
}

/**
 * What is imported in the place of a script.
 *
 * @param {string} code what rollup has written
 * @param {string} path the script, relative to it
 * @param {string} loader the loader of scripts, relative to it
 */
export function doorOf(code, path, loader) {
  const { imports, exported, rest } = takeApart(code);
  // What only hands on what others export need not be loaded itself.
  const isPlain = rest.trim() === '' && exported.every(([, , from]) => from !== null && isOwn(from));
  // What is not the package's own is asked for by the scripts that need it.
  const own = imports.filter(({ from }) => isOwn(from));
  const sources = isPlain
    ? own.map(({ from }) => ({ file: scriptOf(from), names: exported.filter(([, , each]) => each === from) }))
    : [{ file: path, names: exported.map(([name]) => [name, name]) }];
  const lines = sources.map(({ file, names }) => {
    const loaded = `load(import.meta.url, '${file}');`;
    return names.length === 0 ? loaded : `export const ${pattern(names.map(([to, from]) => [from, to]))} = ${loaded}`;
  });
  return [`import { load } from '${loader}';`, ...lines, ''].join('\n');
}

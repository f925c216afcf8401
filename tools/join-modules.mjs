// What npm packs: the compiled modules joined into a few files. Node.js spends more on finding, reading and linking a module
// than on what is in it, half a millisecond each: three hundred of them are most of the time to a first socket. The build
// itself is the compiler's and stays one file per source; this is done to a copy of it, or to `dist/` while npm packs
// (`tools/prepare.mjs`).
//
//   node tools/join-modules.mjs OUTPUT             writes what would be packed of dist/ to the folder OUTPUT
//   node tools/join-modules.mjs --package OUTPUT   writes all that would be packed to the folder OUTPUT
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { transform } from 'esbuild';
import { rollup } from 'rollup';
import { doorOf, HERE, moduleOverScripts, script, scriptOf } from './scripts.mjs';

/** The folder that shared files lie in. Each entry has a file of its own, where the compiler put it. */
const JOINED = 'joined';

/**
 * Programs begin with these, and load the next when they need it (`loadPart`). A module goes into the file of the first
 * that imports it, so nobody loads what only a later one needs, and files import earlier ones alone.
 */
const FIRST = [
  'index.js',
  'ws2_32/instance.js',
  'catalog/file-store.js',
  'catalog/modules.js',
  'catalog/functions.js',
  'spi/signatures/index.js',
  'ws2_32/names/index.js',
  'ws2_32/layer-trial.js',
  'io/index.js',
  'io/extensions/index.js',
  'io/socket-groups/socket-groups.js',
  'providers/tcpip/index.js',
  'platform/linux/index.js',
  'providers/memory/network/index.js',
  'providers/memory/index.js',
  'chain/index.js',
  'node/handle/index.js',
  // Parts that the hook loads later need it too: they cannot ask the hook for it while that is being imported.
  'node-programs/index.js',
  'register/index.js',
  'node/index.js',
];

/** What the front door does not need, but some of its first users do: they are not to load all of another entry for it. */
const WITH_THE_FRONT_DOOR = ['spi/nearest-name.js', 'platform/systems.js'];

/** Modules that are run by name, and belong to no room. */
const PROGRAMS = ['cli/main.js', 'cli/demo-child.js'];

/** What loads scripts: it lies in a file of its own, whatever of it others have as well. */
const LOADER = 'code-cache/index.js';
const LOADER_FILE = `${JOINED}/loader.js`;

/** Chunks that stay modules: each is loaded by one program, once. */
const isProgram = (fileName) => PROGRAMS.includes(fileName) || fileName.endsWith('-command.js');

/** How parts are required where they are scripts. */
const REQUIRE_PART = 'platform/require-part.js';
const REQUIRED_PART = `import { fileURLToPath } from 'node:url';
export function requirePart(from, path) {
  // A package's name is one wherever it is asked for.
  return require(path.startsWith('.') ? fileURLToPath(new URL(path.replace(/\\.js$/, '.cjs'), from)) : path);
}`;

/**
 * Node.js' modules whose functions nobody replaces. An `import` of one makes all of its exports ready, among them streams of
 * files and AbortControllers, which a first socket has no use for: so they are asked for without.
 */
const PLAIN = ['crypto', 'events', 'fs', 'module', 'os', 'path', 'url', 'util', 'vm', 'worker_threads'];
const PLAIN_IMPORT = new RegExp(`^import \\{([^}]*)\\} from '(node:(?:${PLAIN.join('|')}))';`, 'gm');

/** A letter as texts, patterns and comments may have it in ASCII. */
const escaped = (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** The modules that something outside of them asks for by name: of users, of the package's manifest, of `loadPart`. */
function entriesOf(folder) {
  const modules = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'));
  const doors = modules.filter((file) => file.endsWith('/index.js') && file !== LOADER).sort();
  return [...new Set([...FIRST, ...doors, ...PROGRAMS])].filter((file) => modules.includes(file));
}

/** Whether users may ask for a module, so that it exports what it did: the package's manifest names folders. */
const isDoor = (entry) => entry === 'index.js' || entry.endsWith('/index.js');

/** `chain/index.js` → `chain` */
const nameOf = (entry) =>
  entry === 'index.js' ? 'ws2spi' : entry.replace(/(?:\/index)?\.js$/, '').replaceAll('/', '-');

/**
 * Joins compiled modules.
 *
 * @param {string} from the compiler's folder
 * @param {string} to a folder for the joined ones; declarations are copied into it
 * @returns {Promise<string[]>} the files of JavaScript, relative to `to`
 */
export async function joinModules(from, to) {
  const entries = entriesOf(from);
  /** @type {Map<string, string>} module → the first entry that imports it */
  const owners = new Map();
  const findOwners = (importsOf) => {
    for (const entry of entries) {
      const open = [entry, ...(entry === 'index.js' ? WITH_THE_FRONT_DOOR : [])].map((file) => join(from, file));
      for (let module = open.pop(); module !== undefined; module = open.pop()) {
        if (owners.has(module)) continue;
        owners.set(module, entry);
        open.push(...importsOf(module));
      }
    }
  };
  const bundle = await rollup({
    input: Object.fromEntries(
      entries.filter(isDoor).map((entry) => [entry.slice(0, -'.js'.length), join(from, entry)]),
    ),
    external: (id) => !/^[./]/.test(id) && !resolve(id).startsWith(from),
    preserveEntrySignatures: 'strict',
    // Joined, not rewritten: what runs is what was tested.
    treeshake: false,
    onLog(level, log) {
      // The compiler's helpers ask for `this`, in case that there is one.
      if (level === 'warn' && log.code !== 'THIS_IS_UNDEFINED') throw new Error(log.message);
    },
    plugins: [
      {
        name: 'parts and programs',
        // What is joined with one lies in its own file, which exports that too: one file less to find, read and link.
        buildStart() {
          for (const entry of entries.filter((each) => !isDoor(each))) {
            const id = join(from, entry);
            this.emitFile({ type: 'chunk', id, fileName: entry, preserveSignature: 'allow-extension' });
          }
        },
      },
      {
        name: 'plain modules of Node.js',
        transform: plainImports,
      },
      {
        name: 'parts are scripts',
        load: (id) => (id === join(from, REQUIRE_PART) ? REQUIRED_PART : null),
      },
      {
        name: 'plain ASCII',
        // One letter of another alphabet, in a comment or a text, has V8 keep and read all of a file in twice the memory.
        renderChunk: (code) => code.replace(/[\u0080-\uffff]/g, escaped),
      },
      {
        name: 'where a module was',
        // Parts are loaded, and programs started, by where they lie from the module that asks.
        resolveImportMeta(property, { chunkId, moduleId }) {
          if (property !== 'url') return null;
          const path = relative(dirname(join(from, chunkId)), moduleId);
          return `new URL('${path}', ${isProgram(chunkId) ? 'import.meta.url' : HERE}).href`;
        },
      },
    ],
  });
  try {
    const { output } = await bundle.generate({
      dir: to,
      format: 'es',
      entryFileNames: '[name].js',
      chunkFileNames: `${JOINED}/[name].js`,
      hoistTransitiveImports: false,
      // Names stay as they are, in stack traces too.
      minifyInternalExports: false,
      generatedCode: { constBindings: true },
      manualChunks(module, { getModuleInfo }) {
        if (owners.size === 0) findOwners((id) => getModuleInfo(id)?.importedIds ?? []);
        const owner = owners.get(module);
        return owner === undefined ? undefined : nameOf(owner);
      },
    });
    const files = await asScripts(output);
    const build = createHash('sha256')
      .update(JSON.stringify([...files]))
      .digest('hex')
      .slice(0, 16);
    files.set(LOADER_FILE, await loader(from, build));
    for (const [file, text] of files) {
      mkdirSync(dirname(join(to, file)), { recursive: true });
      writeFileSync(join(to, file), text);
    }
    cpSync(from, to, {
      recursive: true,
      filter: (path) => !path.endsWith('.js') && !path.endsWith('.tsbuildinfo'),
    });
    return [...files.keys()];
  } finally {
    await bundle.close();
  }
}

/** Asks for Node.js' plain modules without their facades, each on the lines that it was on. */
function plainImports(code) {
  return code.replace(
    PLAIN_IMPORT,
    (_, names, from) => `const {${names.replaceAll(' as ', ': ')}} = process.getBuiltinModule('${from}');`,
  );
}

/**
 * Makes scripts of joined modules, and doors to those that users may ask for.
 *
 * @returns {Promise<Map<string, string>>} the text of each file
 */
async function asScripts(output) {
  const files = new Map();
  const to = (file, other) => {
    const path = relative(dirname(file), other);
    return path.startsWith('.') ? path : `./${path}`;
  };
  for (const { fileName, code, imports, name } of output) {
    if (isProgram(fileName)) {
      const isScript = (from) => from.startsWith('.') && !isProgram(join(dirname(fileName), from));
      files.set(fileName, moduleOverScripts(code, to(fileName, LOADER_FILE), isScript));
      continue;
    }
    if (imports.some(isProgram)) throw new Error(`${name} imports a program`);
    files.set(scriptOf(fileName), isQuoted(fileName) ? script(code) : await compact(script(code)));
    if (isDoor(fileName))
      files.set(fileName, doorOf(code, to(fileName, scriptOf(fileName)), to(fileName, LOADER_FILE)));
  }
  return files;
}

/** Whether reports of failures quote the lines of a chunk: what a case of the testkit expected, say. */
const isQuoted = (fileName) => nameOf(fileName).includes('testkit');

/** Characters in a line, about: so that a place in a stack trace is one that can be found. */
const LINE = 160;

/**
 * A script without what is for readers of the source. V8 keeps the text of all that it has loaded, a third of which are comments and
 * indentation; and in a heap of less than 8 MB it marks nothing as data comes in, which else costs half as much as the receiving.
 */
async function compact(code) {
  const options = { minifyWhitespace: true, lineLimit: LINE, legalComments: 'none', charset: 'ascii' };
  return (await transform(code, options)).code;
}

/** What loads scripts, in one file: it comes before all of them. */
async function loader(from, build) {
  const bundle = await rollup({
    input: join(from, LOADER),
    external: (id) => !/^[./]/.test(id) && !resolve(id).startsWith(from),
    treeshake: { moduleSideEffects: false },
    plugins: [
      {
        name: 'which build this is',
        load: (id) => (id === join(from, 'code-cache/build.js') ? `export const BUILD = '${build}';` : null),
      },
      { name: 'plain modules of Node.js', transform: plainImports },
    ],
  });
  try {
    const { output } = await bundle.generate({ format: 'es' });
    return output[0].code;
  } finally {
    await bundle.close();
  }
}

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Writes what npm would pack: the joined modules, and what else the manifest names.
 *
 * @param {string} to a folder that is not there yet
 * @returns {Promise<string[]>} the files of JavaScript, relative to its `dist/`
 */
export async function packageFolder(to) {
  mkdirSync(to, { recursive: true });
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const file of ['package.json', 'README.md', 'LICENSE', ...manifest.files]) {
    if (file !== 'dist' && !file.startsWith('!')) cpSync(join(root, file), join(to, file), { recursive: true });
  }
  return joinModules(join(root, 'dist'), join(to, 'dist'));
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({ options: { package: { type: 'boolean' } }, allowPositionals: true });
  const [output] = positionals;
  if (output === undefined) {
    console.error('usage: node tools/join-modules.mjs [--package] OUTPUT');
    process.exit(2);
  }
  rmSync(output, { recursive: true, force: true });
  const files = values.package
    ? await packageFolder(resolve(output))
    : await joinModules(join(root, 'dist'), resolve(output));
  console.log(`${files.length} files in ${output}`);
}

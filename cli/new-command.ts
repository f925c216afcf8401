import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { nearestName } from '../spi/nearest-name.js';
import { oneOfWords, readArguments, UsageError, type Command } from './command.js';
import { baseTemplate } from './new/base-template.js';
import { LAYER_KINDS } from './new/layer-templates.js';
import { nameSpaceTemplate } from './new/name-space-template.js';
import { checkPackageName, identifierOf, titleOf } from './new/names.js';
import { filesOf, hasDependencies, type Project, type TemplateMaker } from './new/project.js';
import { heading, printable, style } from './style.js';

const OPTIONS = {
  kind: { type: 'string', short: 'k' },
  js: { type: 'boolean' },
  directory: { type: 'string', short: 'd' },
  force: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

type Values = ReturnType<typeof readArguments<typeof OPTIONS>>['values'];

const KINDS = Object.keys(LAYER_KINDS);
const kindLines = Object.entries(LAYER_KINDS).map(
  ([kind, { purpose }]) => `                       ${kind.padEnd(9)} ${purpose}`,
);

/** What can be made: what a name of it ends in that would otherwise be taken, and its template. */
const WHAT: Readonly<Record<string, { readonly suffix: string; template(values: Values): TemplateMaker }>> = {
  layer: { suffix: 'Layer', template: ({ kind }) => layerTemplate(kind) },
  namespace: { suffix: 'Names', template: () => nameSpaceTemplate },
  base: { suffix: 'Base', template: () => baseTemplate },
};
const WORDS = Object.keys(WHAT);

const HELP = `Usage: ws2spi new layer|namespace|base NAME [options]

  layer NAME      a layer, of the kind that --kind says
  namespace NAME  a name space
  base NAME       a base provider

Makes a project in the folder NAME: the provider, its tests, README.md and package.json, with ws2spi as a peer dependency. Its
tests pass as they are; it needs no network to run them.

Options:
  -k, --kind <kind>    what kind of layer:
${kindLines.join('\n')}
      --js             JavaScript; by default it is TypeScript
  -d, --directory <path>
                       another folder than NAME
      --force          into a folder with files in it, too; those of the same names are replaced
      --json           prints JSON
  -h, --help           this text

NAME is the package's, as npm allows them: small letters, digits, "-", "_" and ".", perhaps with a scope (@me/name).
Exit codes: 0 done, 1 failed, 2 used wrongly.`;

/** Makes the project of a new provider. */
export const newCommand: Command = {
  name: 'new',
  summary: 'makes the project of a layer, a name space or a base provider of your own, with tests that pass',
  help: HELP,
  options: OPTIONS,
  words: WORDS,
  values: { kind: KINDS, directory: 'file' },
  optionsOf: {
    layer: ['kind', 'js', 'directory', 'force', 'json'],
    namespace: ['js', 'directory', 'force', 'json'],
    base: ['js', 'directory', 'force', 'json'],
  },
  async run(args) {
    const { values, positionals } = readArguments('new', args, OPTIONS);
    const [what, name, ...others] = positionals;
    const known = what === undefined || !Object.hasOwn(WHAT, what) ? undefined : WHAT[what];
    if (what === undefined || known === undefined) throw new UsageError(unknownWhat(what));
    if (name === undefined) throw new UsageError(`${what} takes a name: ws2spi new ${what} my-${what}`);
    if (others.length > 0) {
      throw new UsageError(`${what} takes one name, not "${positionals.slice(1).join(' ')}"; a name has no blanks`);
    }
    if (what !== 'layer' && values.kind !== undefined) throw new UsageError('--kind is for layers alone');
    if (values.directory === '') throw new UsageError('--directory needs the path of a folder');
    checkPackageName(name);
    const make = known.template(values);
    const title = titleOf(name);
    const directory = resolve(values.directory ?? title);
    const typescript = values.js !== true;
    const project = { name, title, identifier: identifierOf(title, known.suffix), typescript, directory };
    return write(project, filesOf(project, make(project)), what, values);
  },
};

function unknownWhat(what: string | undefined): string {
  if (what === undefined) return `new takes what to make, and its name: one of ${WORDS.join(', ')}`;
  if (KINDS.includes(what)) return `"${what}" is a kind of layer: ws2spi new layer NAME --kind ${what}`;
  return `new makes one of ${WORDS.join(', ')}, not "${what}"${oneOfWords(WORDS, what)}`;
}

function layerTemplate(kind: string | undefined): TemplateMaker {
  if (kind !== undefined && Object.hasOwn(LAYER_KINDS, kind)) return LAYER_KINDS[kind]!.make;
  const kinds = Object.entries(LAYER_KINDS).map(([each, { purpose }]) => `  --kind ${each.padEnd(9)} ${purpose}`);
  const nearest = kind === undefined ? null : nearestName(kind, KINDS);
  const meant = nearest === null ? '' : `; did you mean "${nearest}"?`;
  const asked = kind === undefined ? 'layer needs --kind' : `there is no kind of layer "${kind}"${meant}`;
  throw new UsageError(`${asked}\n${kinds.join('\n')}`);
}

/** Writes the files, unless something is in the way. */
function write(project: Project, files: Readonly<Record<string, string>>, what: string, values: Values): number {
  const { directory, name } = project;
  try {
    const obstacle = values.force === true ? null : inTheWay(directory);
    if (obstacle !== null) throw new Error(obstacle);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), text, { flag: values.force === true ? 'w' : 'wx' });
    }
    const next = [...goThere(directory), ...(hasDependencies(project) ? [] : ['npm install']), 'npm test'];
    const made = { name, what, ...(values.kind !== undefined && { kind: values.kind }) };
    if (values.json === true) {
      console.log(JSON.stringify({ ...made, directory, files: Object.keys(files), next }, undefined, 2));
      return 0;
    }
    console.log(heading(`${name} is made in ${printable(directory)}`));
    for (const path of Object.keys(files)) console.log(`  ${path}`);
    console.log(`\nNext:\n${next.map((step) => `  ${printable(step)}`).join('\n')}`);
    return 0;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (values.json === true) console.log(JSON.stringify({ name, what, directory, error: message }));
    else console.error(style('red', `ws2spi: nothing is made: ${printable(message)}`, process.stderr));
    return 1;
  }
}

/** What keeps a project from being made in a folder; `null` for nothing. A fresh repository is nothing. */
function inTheWay(directory: string): string | null {
  if (!existsSync(directory)) return null;
  if (!statSync(directory).isDirectory()) return `${directory} is a file; give another name, or --directory`;
  const found = readdirSync(directory).filter((entry) => entry !== '.git');
  if (found.length === 0) return null;
  return `${directory} has files in it (${found.slice(0, 3).join(', ')}${found.length > 3 ? ', …' : ''}); give another --directory, or --force to put it there`;
}

/** The command that goes to the project, unless it is made right here. */
function goThere(directory: string): string[] {
  const path = relative(process.cwd(), directory);
  if (path === '') return [];
  return [`cd ${/^[\w./@~-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`}`];
}

// What every project that `ws2spi new` makes has, whatever it is for.
import { createRequire } from 'node:module';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PACKAGE_FOLDER } from '../package-version.js';

/** What is to be made. */
export interface Project {
  /** The package's name. */
  readonly name: string;
  /** What it calls itself: the package's name without its scope. */
  readonly title: string;
  /** `title` as a name in JavaScript. */
  readonly identifier: string;
  readonly typescript: boolean;
  /** Where it will lie. */
  readonly directory: string;
}

/** What one kind of project has that others have not. */
export interface Template {
  /** What it is, for package.json: `A codec layer`. */
  readonly what: string;
  /** The provider's source. */
  readonly source: string;
  /** Its tests. */
  readonly tests: string;
  /** How it is used and where its page is, for README.md. */
  readonly usage: readonly string[];
}

/** Makes the template of one kind. */
export type TemplateMaker = (project: Project) => Template;

interface Manifest {
  readonly version: string;
  readonly engines: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

function manifestIn(folder: string): Manifest | null {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  } catch {
    return null;
  }
}

/** The files of a project, by their paths in it. */
export function filesOf(project: Project, { what, source, tests, usage }: Template): Record<string, string> {
  const { typescript } = project;
  const [folder, extension] = typescript ? ['src/', 'ts'] : ['', 'js'];
  return {
    'package.json': `${JSON.stringify(manifestOf(project, what), undefined, 2)}\n`,
    ...(typescript && { 'tsconfig.json': `${JSON.stringify(COMPILER, undefined, 2)}\n` }),
    [`${folder}index.${extension}`]: source,
    [`${folder}index.test.${extension}`]: tests,
    'README.md': readme(project, what, usage),
    '.gitignore': typescript ? 'node_modules/\ndist/\n*.tgz\n' : 'node_modules/\n*.tgz\n',
  };
}

function manifestOf({ name, typescript, directory }: Project, what: string): object {
  const own = manifestIn(fileURLToPath(PACKAGE_FOLDER))!;
  const from = whereFrom(directory);
  const tools = ['@types/node', 'typescript'].map((tool) => [tool, own.devDependencies?.[tool] ?? '*'] as const);
  const devDependencies = {
    ...Object.fromEntries(typescript ? tools : []),
    ...(from !== null && { ws2spi: from }),
  };
  return {
    name,
    version: '0.1.0',
    description: `${what} for ws2spi`,
    keywords: ['ws2spi', 'winsock'],
    type: 'module',
    engines: own.engines,
    files: typescript ? ['dist/index.js', 'dist/index.d.ts'] : ['index.js'],
    exports: typescript ? { types: './dist/index.d.ts', default: './dist/index.js' } : './index.js',
    scripts: typescript
      ? { build: 'tsc', test: 'npm run --silent build && cd dist && node --test', prepack: 'npm run build' }
      : { test: 'node --test' },
    peerDependencies: { ws2spi: `^${own.version}` },
    ...(Object.keys(devDependencies).length > 0 && { devDependencies }),
  };
}

/**
 * Where this ws2spi was installed from, if that is no registry: a project that it makes is tried with the same one.
 *
 * @param directory the project's folder, which local files are named from
 */
function whereFrom(directory: string): string | null {
  const own = resolve(fileURLToPath(PACKAGE_FOLDER));
  const above = dirname(own);
  if (basename(above) !== 'node_modules') return local(directory, own);
  const user = dirname(above);
  const manifest = manifestIn(user);
  const spec = manifest?.dependencies?.['ws2spi'] ?? manifest?.devDependencies?.['ws2spi'] ?? '';
  if (spec.startsWith('file:')) return local(directory, resolve(user, spec.slice('file:'.length)));
  return spec.includes(':') || spec.includes('/') ? spec : null;
}

function local(directory: string, target: string): string {
  return `file:${relative(realPathOf(directory), target).replaceAll('\\', '/')}`;
}

/** A path as npm will see it: that of a folder which is there, or will be. */
function realPathOf(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const above = dirname(path);
  return above === path ? path : join(realPathOf(above), basename(path));
}

/** Whether all that `npm test` needs is found from a folder already, in a folder above it. */
export function hasDependencies({ directory, typescript }: Project): boolean {
  const found = createRequire(join(realPathOf(directory), 'package.json'));
  return ['ws2spi', ...(typescript ? ['typescript', '@types/node'] : [])].every((name) => {
    try {
      return found.resolve(`${name}/package.json`) !== '';
    } catch {
      return false;
    }
  });
}

const COMPILER = {
  compilerOptions: {
    target: 'ES2022',
    lib: ['ES2023'],
    module: 'NodeNext',
    moduleResolution: 'NodeNext',
    types: ['node'],
    strict: true,
    noImplicitOverride: true,
    noUncheckedIndexedAccess: true,
    declaration: true,
    skipLibCheck: true,
    rootDir: 'src',
    outDir: 'dist',
  },
  include: ['src'],
};

function readme({ name, typescript }: Project, what: string, usage: readonly string[]): string {
  const [source, tests] = typescript ? ['src/index.ts', 'src/index.test.ts'] : ['index.js', 'index.test.js'];
  return [
    `# ${name}`,
    `${what} for ws2spi, WinSock 2's service provider interface for Node.js.`,
    '```sh\nnpm install\nnpm test\n```',
    `\`${source}\` is all of it, \`${tests}\` tries it in memory and in virtual time: no network is needed.`,
    ...usage,
    '',
  ]
    .join('\n\n')
    .trimEnd()
    .concat('\n');
}

// Runs the code of README.md, CONTRIBUTING.md and docs/: what is shown works.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PACKAGE } from '../../support/package.js';
import { codeBlocks, pages, type CodeBlock } from './code-blocks.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const KNOWN = ['ts', 'js', 'sh', 'json', 'text', ''];
const run = promisify(execFile);

// Inside the package, so that `ws2spi` is found by its own name; coverage/ is ignored by everyone.
mkdirSync(join(PACKAGE, 'coverage'), { recursive: true });
const folder = mkdtempSync(join(PACKAGE, 'coverage', 'code-blocks-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  skipLibCheck: true,
  types: ['node'],
};

/** Where a block's program lies. */
function fileOf(block: CodeBlock): string {
  const place = join(folder, block.page.replaceAll(/\W/g, '-'));
  mkdirSync(place, { recursive: true });
  return join(place, block.attributes.get('file') ?? `line-${block.line}.${block.language}`);
}

function write(block: CodeBlock): string {
  const file = fileOf(block);
  // `export {}` makes it a module for the compiler, whatever it has.
  writeFileSync(file, block.language === 'ts' ? `${block.code}export {};\n` : block.code);
  return file;
}

const allBlocks = new Map(pages().map((page) => [page, codeBlocks(page)]));
const isProgram = (block: CodeBlock): boolean => block.language === 'ts' || block.language === 'js';
const programs = [...allBlocks.values()].flat().filter(isProgram);

/** Writes all programs, and checks and compiles those in TypeScript; returns what is wrong, by file. */
function compileAll(): ReadonlyMap<string, string> {
  const files = programs.map(write);
  const program = ts.createProgram(
    files.filter((file) => file.endsWith('.ts')),
    OPTIONS,
  );
  program.emit();
  const wrong = new Map<string, string>();
  for (const found of ts.getPreEmitDiagnostics(program)) {
    const file = found.file?.fileName ?? '';
    const text = ts.formatDiagnostic(found, {
      getCanonicalFileName: (name) => name,
      getCurrentDirectory: () => folder,
      getNewLine: () => '\n',
    });
    wrong.set(file, (wrong.get(file) ?? '') + text);
  }
  return wrong;
}

let wrong: ReadonlyMap<string, string>;
beforeAll(() => {
  wrong = compileAll();
});

it('no page has two files of one name', () => {
  expect(new Set(programs.map(fileOf)).size).toBe(programs.length);
});

describe.each([...allBlocks])('code in %s', (page, blocks) => {
  it('is marked with a language that is known', () => {
    expect(blocks.map((block) => block.language).filter((language) => !KNOWN.includes(language))).toEqual([]);
  });

  const environment = {
    ...process.env,
    WS2SPI_CATALOG: join(folder, page.replaceAll(/\W/g, '-'), 'catalog', 'catalog.json'),
    NODE_OPTIONS: '',
    NODE_TEST_CONTEXT: undefined,
  };

  // In the page's order: later programs import earlier ones.
  it.each(blocks.filter(isProgram).map((block) => [block.line, block] as const))(
    'runs: line %i',
    async (_line, block) => {
      if (block.attributes.has('no-run')) {
        expect(block.attributes.get('reason') ?? '', 'no-run needs a reason=').not.toBe('');
        return;
      }
      const file = fileOf(block);
      expect(wrong.get(file) ?? '', 'type errors').toBe('');
      const program = file.replace(/\.ts$/, '.js');
      const { stderr } = await run(process.execPath, [program], { cwd: folder, env: environment, timeout: 60_000 });
      expect(stderr.replaceAll(/^.*(ExperimentalWarning|--trace-warnings).*$/gm, '').trim()).toBe('');
    },
  );

  const commands = blocks.filter((block) => block.language === 'sh').flatMap((block) => block.code.trim().split('\n'));
  const toRun = commands.filter((command) => command.startsWith('node '));
  if (toRun.length > 0) {
    it.each(toRun)('runs: %s', async (command) => {
      const [, ...words] = command.split(/\s+/);
      const { stderr } = await run(process.execPath, words, {
        cwd: join(folder, page.replaceAll(/\W/g, '-')),
        env: environment,
        timeout: 60_000,
      });
      expect(stderr).toBe('');
    });
  }
  if (commands.length > 0) {
    it('names commands that there are', () => {
      const { scripts, name } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
        scripts: Record<string, string>;
        name: string;
      };
      const known = (command: string): boolean => {
        const [program, ...words] = command
          .replace(/\s+#.*$/, '')
          .trim()
          .split(/\s+/);
        if (program === 'npm' && words[0] === 'run') return words[1]! in scripts;
        if (program === 'npm' && ['start', 'test'].includes(words[0]!)) return words[0]! in scripts;
        if (program === 'npm')
          return ['ci', 'pack'].includes(words[0]!) || words.slice(0, 2).join(' ') === `install ${name}`;
        // Such are run.
        if (program === 'node') return true;
        return (program === 'npx' && words[0] === name) || ['.ci/run', '.ci/wine', ''].includes(program!);
      };
      const unknown = commands.flatMap((line) => line.split('&&')).filter((command) => !known(command.trim()));
      expect(unknown).toEqual([]);
    });
  }
});

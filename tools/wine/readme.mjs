// `npm run wine -- README`: the programs of README.md, compiled here and run by node.exe.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { runNode } from './windows-node.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BLOCK = /^```(ts|js)(?: file=(\S+))?\n(.*?)^```$/gms;

/**
 * Runs the programs, in the page's order: later ones import earlier ones.
 *
 * @param {string} version of Node.js
 * @param {number} timeout seconds for each
 * @returns {Promise<number>} the exit code of the first that failed; 0 when none did
 */
export async function runReadme(version, timeout) {
  const page = readFileSync(join(ROOT, 'README.md'), 'utf8');
  // Inside the repository, so that `ws2spi` is found by its own name.
  mkdirSync(join(ROOT, 'coverage'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, 'coverage', 'wine-'));
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  try {
    for (const { 2: name, 3: code, index } of page.matchAll(BLOCK)) {
      const line = page.slice(0, index).split('\n').length;
      const file = join(folder, (name ?? `line-${line}.ts`).replace(/\.ts$/, '.js'));
      writeFileSync(file, ts.transpileModule(code, { compilerOptions }).outputText);
      const status = await runNode(version, [file], { timeout, env: { WS2SPI_CATALOG: join(folder, 'catalog.json') } });
      console.log(`README.md, line ${line}: ${status === 0 ? 'ran' : `ended with ${status}`}`);
      if (status !== 0) return status;
    }
    return 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

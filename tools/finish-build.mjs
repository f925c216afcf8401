// The last step of a build: removes what no source is the origin of any more, and makes the command-line program executable,
// as `bin` wants it.
import { chmodSync, existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const OUTPUT = /\.(?:d\.ts|js)$/;

/**
 * Removes the compiler's files whose source has been moved or deleted, and folders that are empty then: the compiler leaves
 * them, and they would be published.
 *
 * @param {string} output the compiler's folder
 * @param {string} sources the folder of the sources, laid out in the same way
 * @returns {string[]} the paths of what was removed, from the compiler's folder
 */
export function removeOrphans(output, sources) {
  /** @type {string[]} */
  const removed = [];
  /** @param {string} folder from both @returns {boolean} whether it is empty */
  const sweep = (folder) => {
    let left = 0;
    for (const entry of readdirSync(join(output, folder), { withFileTypes: true })) {
      const path = join(folder, entry.name);
      const isGone = entry.isDirectory()
        ? sweep(path)
        : OUTPUT.test(entry.name) && !existsSync(join(sources, path.replace(OUTPUT, '.ts')));
      if (!isGone) left++;
      else if (entry.isDirectory()) rmdirSync(join(output, path));
      else {
        rmSync(join(output, path));
        removed.push(path);
      }
    }
    return left === 0;
  };
  if (existsSync(output)) sweep('');
  return removed;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL('..', import.meta.url));
  removeOrphans(join(root, 'dist'), root);
  const program = join(root, 'dist/cli/main.js');
  if (existsSync(program)) chmodSync(program, 0o755);
}

// The package as its users get it, for tests that need it in a project.
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
// @ts-expect-error -- a tool in plain JavaScript
import { joinModules } from '../../tools/join-modules.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);

/**
 * Packs what was built, and installs it into an empty project.
 *
 * @param project the folder of the project, which is there
 * @returns the packed file
 */
export async function installPackage(project: string): Promise<string> {
  const copy = join(project, 'packed');
  mkdirSync(copy);
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    version: string;
    files: readonly string[];
  };
  for (const file of ['package.json', 'README.md', 'LICENSE', ...manifest.files]) {
    if (file !== 'dist' && !file.startsWith('!')) cpSync(join(ROOT, file), join(copy, file), { recursive: true });
  }
  await (joinModules as (from: string, to: string) => Promise<unknown>)(join(ROOT, 'dist'), join(copy, 'dist'));
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', project], { cwd: copy, maxBuffer: 1 << 26 });
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }));
  const packed = `ws2spi-${manifest.version}.tgz`;
  const options = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...options, join(project, packed)], { cwd: project });
  return join(project, packed);
}

// The package as its users get it, for tests that need it in a project.
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
// @ts-expect-error -- a tool in plain JavaScript
import { packageFolder } from '../../tools/join-modules.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);

/**
 * Packs what was built, and installs it into an empty project.
 *
 * @param project the folder of the project, which is there
 * @returns the packed file
 */
export async function installPackage(project: string): Promise<string> {
  // `npm test` has made it for all.
  const made = process.env['WS2SPI_DIST'];
  const folder = made === undefined ? join(project, 'packed') : join(made, '..');
  if (made === undefined) await (packageFolder as (to: string) => Promise<unknown>)(folder);
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', project], { cwd: folder, maxBuffer: 1 << 26 });
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }));
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  const packed = `ws2spi-${version}.tgz`;
  const options = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...options, join(project, packed)], { cwd: project });
  return join(project, packed);
}

// Runs the program ws2spi as people do.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DIST } from '../../support/package.js';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
export const PROGRAM = join(DIST, 'cli/main.js');

export interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const environment = (env: Record<string, string>): NodeJS.ProcessEnv => {
  const { FORCE_COLOR: _forced, NO_COLOR: _none, ...rest } = process.env;
  return { ...rest, WS2SPI_CATALOG: '/nowhere/catalog.json', ...env };
};

/** Runs the program, by default without a catalog, and without a say in colours. */
export function ws2spi(args: readonly string[], env: Record<string, string> = {}): Run {
  return spawnSync(process.execPath, [PROGRAM, ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: 60_000,
    env: environment(env),
  });
}

/** Runs a line of the shell, in which `ws2spi` is the program. */
export function shell(line: string, env: Record<string, string> = {}): Run {
  const command = `ws2spi() { '${process.execPath}' '${PROGRAM}' "$@"; }; ${line}`;
  return spawnSync('bash', ['-c', command], { cwd: ROOT, encoding: 'utf8', timeout: 60_000, env: environment(env) });
}

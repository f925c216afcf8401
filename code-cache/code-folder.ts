import { homedir } from 'node:os';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { systemConventions } from '../platform/systems.js';
import { BUILD } from './build.js';

/** What the permission model says of files; nothing without it. */
interface Permission {
  has(scope: 'fs.read' | 'fs.write', path: string): boolean;
}

/**
 * The folder for what this Node.js makes of this build: `WS2SPI_CODE_CACHE` names the one that it is in, else it is `ws2spi`
 * in the user's folder for what programs can do without (`XDG_CACHE_HOME` or `~/.cache`; `%LOCALAPPDATA%` on Windows;
 * `~/Library/Caches` on macOS).
 *
 * @param env the environment
 * @param build the build, of which nothing is known where it is empty
 * @returns `null` where nothing is to be kept: `WS2SPI_CODE_CACHE` is 0, `NODE_DISABLE_COMPILE_CACHE` set, coverage measured, or the
 *   permission model does not let the program at it
 */
export function codeFolder(env: NodeJS.ProcessEnv = process.env, build: string = BUILD): string | null {
  const named = env['WS2SPI_CODE_CACHE'] ?? '';
  if (build === '' || named === '0' || env['NODE_DISABLE_COMPILE_CACHE'] === '1') return null;
  // Of functions that V8 did not compile itself it counts less.
  if ((env['NODE_V8_COVERAGE'] ?? '') !== '') return null;
  const parent = named === '' ? userFolder(env) : resolve(named);
  if (parent === null) return null;
  const folder = join(parent, `${build}-${process.version}-${process.arch}`);
  const { permission } = process as { permission?: Permission };
  return permission === undefined || (permission.has('fs.read', folder) && permission.has('fs.write', folder))
    ? folder
    : null;
}

function userFolder(env: NodeJS.ProcessEnv): string | null {
  try {
    const home = env['HOME'] || env['USERPROFILE'] || homedir();
    // The users of services have homes that there are not.
    return existsSync(home) ? join(systemConventions().cacheFolder(env, home), 'ws2spi') : null;
  } catch {
    return null;
  }
}

/**
 * The folder beside one of `codeFolder`, for what this V8 makes with its flags and for its processor. To ask V8 takes longer than to find
 * that what is kept is of another one.
 */
export function folderOfThisV8(folder: string): string {
  return `${folder}-${process.getBuiltinModule('node:v8').cachedDataVersionTag().toString(16)}`;
}

import { join } from 'node:path';
import type { Environment, SystemConventions } from '../conventions.js';
import { unixConventions } from '../unix.js';

function stateFolder(_env: Environment, home: string): string {
  return join(home, 'Library', 'Application Support');
}

/** Those of macOS. */
export const darwinConventions: SystemConventions = {
  ...unixConventions,
  stateFolder,
  runtimeFolder: stateFolder,
  cacheFolder: (_env, home) => join(home, 'Library', 'Caches'),
};

import { join } from 'node:path';
import type { SystemConventions } from '../conventions.js';
import { unixConventions } from '../unix.js';

/** Those of macOS. */
export const darwinConventions: SystemConventions = {
  ...unixConventions,
  stateFolder: (_env, home) => join(home, 'Library', 'Application Support'),
};

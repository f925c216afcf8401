// The package that programs of tests are started of. `npm test` has it joined, as npm packs it: they are up in half the time.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of its modules. */
export const DIST = process.env['WS2SPI_DIST'] ?? fileURLToPath(new URL('../../dist/', import.meta.url));

/** The folder of the package itself, where programs find it by its name. */
export const PACKAGE = join(DIST, '..');

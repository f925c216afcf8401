// What this project does not do right yet: here Wine does as Windows does. Whoever mends one of these takes it off.
import type { Reason } from '../exceptions.js';

/** Lines that are wrong here. */
export const NOT_YET: readonly Reason[] = [];

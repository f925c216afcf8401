import {
  WSA_FLAG_MULTIPOINT_C_LEAF,
  WSA_FLAG_MULTIPOINT_C_ROOT,
  WSA_FLAG_MULTIPOINT_D_LEAF,
  WSA_FLAG_MULTIPOINT_D_ROOT,
} from '../../../spi/index.js';
import type { SessionRole } from '../network/index.js';

const ROOT = WSA_FLAG_MULTIPOINT_C_ROOT | WSA_FLAG_MULTIPOINT_D_ROOT;
const LEAF = WSA_FLAG_MULTIPOINT_C_LEAF | WSA_FLAG_MULTIPOINT_D_LEAF;

/**
 * The part in a session that the flags of `WSASocket` ask for.
 *
 * @returns `null` for one that there is not: whoever is the root of the calls is the root of the data too
 */
export function sessionRole(dwFlags: number): SessionRole | null {
  const flags = dwFlags & (ROOT | LEAF);
  if (flags === 0) return 'none';
  if (flags === ROOT) return 'root';
  return flags === LEAF ? 'leaf' : null;
}

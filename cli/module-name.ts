import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What a module is called that does not say so itself: as its file is, without the ending. */
export function moduleName(path: string): string {
  return basename(path.startsWith('file:') ? fileURLToPath(path) : path).replace(/\.[cm]?[jt]s$/, '');
}

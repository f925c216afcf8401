import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  renameSync,
  unlinkSync,
  type Stats,
} from 'node:fs';
import { systemConventions } from '../platform/systems.js';

/** For who may not make files in a folder, or take them out. */
const NOT_ALLOWED: ReadonlySet<string | undefined> = new Set(['EACCES', 'EPERM', 'EROFS', 'EBUSY']);

/**
 * Makes a file anew, that nobody but its owner can read. One that is there already gives way to it: whoever has that one
 * open, or made it readable for others, sees nothing of the new one. What is no plain file (a device, a pipe, a link to
 * something else) is opened as it is.
 *
 * @returns its descriptor
 * @throws Error of the system, such as ENOENT, or EACCES where somebody else's file is in the way
 */
export function createOwnFile(path: string): number {
  const before = statOf(path);
  if (before === null) return openSync(path, 'wx', 0o600);
  if (!before.isFile()) return openSync(path, 'w', 0o600);
  try {
    remove(path);
  } catch (cause) {
    if (!NOT_ALLOWED.has((cause as NodeJS.ErrnoException).code)) throw cause;
    return takeOver(path);
  }
  return openSync(path, 'wx', 0o600);
}

/** Takes a file out of its folder, so that its name is free at once. */
function remove(path: string): void {
  if (!systemConventions().openFilesStay) return unlinkSync(path);
  // There a file that is removed keeps its name until the last who has it open has closed it.
  const aside = `${path}.${randomBytes(6).toString('hex')}.old`;
  renameSync(path, aside);
  unlinkSync(aside);
}

/** Empties a file that is there to stay, and shuts it to others. */
function takeOver(path: string): number {
  const descriptor = openSync(path, 'r+');
  try {
    if ((fstatSync(descriptor).mode & 0o077) !== 0) fchmodSync(descriptor, 0o600);
    ftruncateSync(descriptor, 0);
  } catch (cause) {
    closeSync(descriptor);
    throw cause;
  }
  return descriptor;
}

function statOf(path: string): Stats | null {
  try {
    return lstatSync(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw cause;
  }
}

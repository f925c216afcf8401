// Files as a catalog meets them: what lies at a path may be a pipe, a folder, a device, a link, endless or somebody
// else's.
import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  chownSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  readSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
  type Stats,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { systemConventions } from '../platform/systems.js';
import { isSystemError, UnfitFileError } from './errors.js';

/** Who a file belongs to and who may do what with it. */
export interface FileOwnership {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/**
 * Refuses what is no ordinary file.
 *
 * @throws UnfitFileError naming what it is
 */
export function needOrdinaryFile(path: string, stats: Stats): void {
  if (stats.isFile()) return;
  const kind = stats.isDirectory()
    ? 'a folder'
    : stats.isFIFO()
      ? 'a named pipe'
      : stats.isSocket()
        ? 'a socket'
        : stats.isSymbolicLink()
          ? 'a symbolic link'
          : 'a device';
  throw new UnfitFileError(path, `is ${kind}, where a file belongs`);
}

/**
 * Reads a file whole, without ever waiting for somebody to write it.
 *
 * @param path the file
 * @param limit the most bytes that it may have
 * @param follow whether a symbolic link leads on; else it is refused
 * @returns its bytes, and when it was changed last
 * @throws UnfitFileError when it is no ordinary file or has more bytes; or the system's error
 */
export function readOrdinaryFile(path: string, limit: number, follow: boolean): { bytes: Buffer; stats: Stats } {
  const { fd, stats } = openOrdinaryFile(path, follow);
  try {
    return { bytes: readWhole(fd, path, stats.size, limit), stats };
  } finally {
    closeSync(fd);
  }
}

/**
 * Opens a file for reading, without ever waiting for somebody to write it.
 *
 * @param follow whether a symbolic link leads on; else it is refused
 * @throws UnfitFileError when it is no ordinary file; or the system's error
 */
export function openOrdinaryFile(path: string, follow: boolean): { fd: number; stats: Stats } {
  // Looked at before it is opened, since opening a device may do something; and afterwards, since it may have been
  // exchanged.
  needOrdinaryFile(path, follow ? statSync(path) : lstatSync(path));
  const { O_RDONLY, O_NONBLOCK = 0, O_NOCTTY = 0, O_NOFOLLOW = 0 } = constants;
  const fd = openSync(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | (follow ? 0 : O_NOFOLLOW));
  try {
    const stats = fstatSync(fd);
    needOrdinaryFile(path, stats);
    return { fd, stats };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/**
 * Reads an open file from its beginning to its end.
 *
 * @param size what its size is thought to be
 * @throws UnfitFileError when it has more than `limit` bytes; or the system's error
 */
export function readWhole(fd: number, path: string, size: number, limit: number): Buffer {
  const pieces: Buffer[] = [];
  let total = 0;
  let room = Math.min(size, limit) + 1;
  while (total <= limit) {
    const piece = Buffer.allocUnsafe(room);
    const count = readSync(fd, piece, 0, piece.length, total);
    if (count === 0) return Buffer.concat(pieces);
    pieces.push(piece.subarray(0, count));
    total += count;
    room = Math.min(65_536, limit + 1);
  }
  throw new UnfitFileError(path, `has more than the ${limit} bytes that such a file may have`);
}

/**
 * Writes a file that must not be there yet, and takes it away again when it could not be written whole.
 *
 * @param path the file
 * @param contents what it is to hold
 * @param sync whether it has to be on the disk afterwards
 * @param like whose it is to be and with which mode; by default the process', readable for everybody
 * @throws the system's error
 */
export function writeNewFile(path: string, contents: string, sync = false, like?: FileOwnership): void {
  const fd = openSync(path, 'wx', like === undefined ? 0o644 : 0o600);
  let whole = false;
  try {
    if (like !== undefined && systemConventions().filesHaveModes) fchmodSync(fd, giveTo(fd, like));
    const bytes = Buffer.from(contents);
    for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
    if (sync) fsyncSync(fd);
    whole = true;
  } finally {
    try {
      closeSync(fd);
    } finally {
      if (!whole) removeQuietly(path);
    }
  }
}

// Gives a file to an owner as far as the system permits; the mode that it may have then.
function giveTo(fd: number, { uid, gid, mode }: FileOwnership): number {
  const permissions = mode & 0o777;
  const now = fstatSync(fd);
  if (now.uid === uid && now.gid === gid) return permissions;
  try {
    fchownSync(fd, uid, gid);
    return permissions;
  } catch (error) {
    if (!isSystemError(error, 'EPERM', 'EINVAL', 'ENOSYS', 'ENOTSUP')) throw error;
  }
  try {
    fchownSync(fd, now.uid, gid);
    return permissions;
  } catch (error) {
    if (!isSystemError(error, 'EPERM', 'EINVAL', 'ENOSYS', 'ENOTSUP')) throw error;
  }
  // What its group might do must not become what another group may do.
  return permissions & 0o707;
}

/** Whether the process works for others as root does: what it makes in somebody's folder should be theirs. */
function isRoot(): boolean {
  return systemConventions().filesHaveModes && process.geteuid?.() === 0;
}

/** Whose a new file in a folder is to be: root's own files aside, that of the folder's owner. */
export function ownershipIn(folder: string, mode: number): FileOwnership {
  const { uid, gid } = isRoot() ? statSync(folder) : { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
  return { uid, gid, mode };
}

/**
 * Makes a folder and those above it, for their user alone; root makes them for the owner of the folder that they are
 * in.
 */
export function makeFolder(folder: string): void {
  const missing: string[] = [];
  let existing = folder;
  while (statSync(existing, { throwIfNoEntry: false }) === undefined && dirname(existing) !== existing) {
    missing.unshift(existing);
    existing = dirname(existing);
  }
  for (const each of missing) {
    try {
      mkdirSync(each, 0o700);
    } catch (error) {
      // Another process was first.
      if (!isSystemError(error, 'EEXIST')) throw error;
      continue;
    }
    if (!isRoot()) continue;
    const { uid, gid } = statSync(existing);
    chownSync(each, uid, gid);
  }
  if (!statSync(folder).isDirectory()) throw new UnfitFileError(folder, 'is a file, where a folder belongs');
}

/**
 * Follows symbolic links to the file that a path means, which need not be there.
 *
 * @returns a path without links, up to the part that does not exist
 * @throws the system's error, ELOOP for links that lead back to themselves
 */
export function followLinks(path: string): string {
  let place = resolve(path);
  // As many as a kernel follows.
  for (let links = 0; links <= 40; links++) {
    try {
      return realpathSync(place);
    } catch (error) {
      if (!isSystemError(error, 'ENOENT')) throw error;
    }
    const folder = dirname(place);
    if (folder === place) return place;
    const real = followLinks(folder);
    const found = lstatSync(place, { throwIfNoEntry: false });
    if (found?.isSymbolicLink() !== true) return join(real, basename(place));
    place = resolve(real, readlinkSync(place));
  }
  throw new UnfitFileError(path, 'is a symbolic link that leads on too often');
}

/** Refuses a file that the user may not write, although he may replace it. */
export function needWritable(path: string): void {
  accessSync(path, constants.W_OK);
}

/** Errors of a system on which a file cannot be moved or removed while somebody has it open. */
const IN_USE = ['EPERM', 'EACCES', 'EBUSY'] as const;
/** Milliseconds for which that is tried again, and between two tries. */
const PATIENCE = 1000;
const REST = 10;

/**
 * Does something with a file that a system may refuse as long as somebody has the file open: then it is tried again for a while.
 *
 * @param system its ways
 * @throws the system's error, once its patience is over or when it is about something else
 */
export function whileInUse<T>(operation: () => T, system = systemConventions()): T {
  if (!system.openFilesStay) return operation();
  const end = performance.now() + PATIENCE;
  for (;;) {
    try {
      return operation();
    } catch (error) {
      if (!isSystemError(error, ...IN_USE) || performance.now() >= end) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, REST);
    }
  }
}

/** Puts a file in the place of another. */
export function replaceFile(fresh: string, file: string): void {
  whileInUse(() => renameSync(fresh, file));
}

/** Removes a file, unless it is gone already. */
export function removeIfThere(path: string): void {
  try {
    whileInUse(() => unlinkSync(path));
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
  }
}

/** Removes a file if that is possible; for what nobody needs. */
export function removeQuietly(path: string): void {
  try {
    whileInUse(() => unlinkSync(path));
  } catch {
    // Left for whoever may.
  }
}

/** Writes the names in a folder to the disk, where the system and the folder's permissions let us. */
export function syncFolder(folder: string): void {
  if (!systemConventions().foldersNeedSync) return;
  try {
    const fd = openSync(folder, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch {
    // The change is made; whether it outlives a power failure is the file system's affair.
  }
}

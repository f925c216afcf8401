// Where programs are looked at: sockets of the local system in a folder that is its owner's alone.
import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** Bytes that systems take for the path of a local socket. */
const LONGEST_PATH = 100;

/** The folder in which the programs of this user have their sockets. */
export function lookFolder(): string {
  const chosen = process.env['WS2SPI_TOP_FOLDER'];
  if (chosen !== undefined && chosen !== '') return chosen;
  const runtime = process.env['XDG_RUNTIME_DIR'];
  if (runtime !== undefined && runtime.startsWith('/') && runtime.length < LONGEST_PATH - 30)
    return join(runtime, 'ws2spi');
  const temporary = tmpdir();
  return join(temporary.length < LONGEST_PATH - 40 ? temporary : '/tmp', `ws2spi-${userInfo().uid}`);
}

/** The socket of a thread. */
export function lookPath(folder: string, pid: number, thread: number): string {
  return join(folder, `${pid}-${thread}.sock`);
}

/** Whose socket a file's name says that it is; `null` for another file. */
export function readLookName(name: string): { readonly pid: number; readonly thread: number } | null {
  const parts = /^(\d{1,10})-(\d{1,10})\.sock$/.exec(name);
  return parts === null ? null : { pid: Number(parts[1]), thread: Number(parts[2]) };
}

/**
 * Says why a folder cannot be trusted to be this user's alone: whoever else could put sockets there would be believed.
 *
 * @param make whether it is made if it is not there
 * @returns the end of a sentence about the folder; `null` when all is well, `'is not there'` without it
 */
export function whyNotOurs(folder: string, make: boolean): string | null {
  if (make) {
    try {
      mkdirSync(folder, { mode: 0o700 });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== 'EEXIST') return `cannot be made: ${message}`;
    }
  }
  const stats = lstatSync(folder, { throwIfNoEntry: false });
  if (stats === undefined) return 'is not there';
  if (!stats.isDirectory()) return 'is no folder';
  if (stats.uid !== userInfo().uid) return 'belongs to another user';
  if ((stats.mode & 0o077) !== 0) return `is open to others: chmod 700 ${folder}`;
  return null;
}

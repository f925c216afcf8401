// Who is in a group, as far as this machine's own files say: many systems give each user a group of their own, and let
// whatever the user makes be written by it.
import { systemConventions, type UserFiles } from '../platform/systems.js';
import { readOrdinaryFile, isSystemError, UnfitFileError } from '../shared-file/index.js';

const MOST_BYTES = 4 << 20;

/**
 * Finds out whether a group has no members but some users. What is not certain is a no: where users or groups come from
 * a network as well, nobody knows all members.
 *
 * @param gid the group's number
 * @param users the numbers of the users who may be in it
 */
export function isPrivateGroup(gid: number, users: ReadonlySet<number>): boolean {
  const files = systemConventions().userFiles;
  // A group of the system's own it may use as it likes.
  if (files === null || gid < files.firstUserGroup) return false;
  const [passwd, group] = [linesOf(files.passwd), linesOf(files.group)];
  if (passwd === null || group === null || !areSourcesLocal(files)) return false;
  const uids = new Map<string, number>();
  for (const [name, , uid, primary] of passwd) {
    if (name === undefined || uid === undefined || primary === undefined) return false;
    uids.set(name, Number(uid));
    if (Number(primary) === gid && !users.has(Number(uid))) return false;
  }
  const entries = group.filter((fields) => Number(fields[2]) === gid);
  // A member who is not a user is one nevertheless once there is a user of the name.
  const members = entries.flatMap((fields) => (fields[3] ?? '').split(',').filter(Boolean));
  return entries.length > 0 && members.every((name) => users.has(uids.get(name) ?? -1));
}

/** The fields of a file's lines; `null` when it cannot be read, or has lines that stand for others. */
function linesOf(path: string): string[][] | null {
  const text = textOf(path);
  if (text === null) return null;
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.some((line) => /^[+-]/.test(line)) ? null : lines.map((line) => line.split(':'));
}

/** Whether all users and groups are in this machine's files. */
function areSourcesLocal({ sources: path, localSources }: UserFiles): boolean {
  // Without the file there is no other source, or a C library that knows none.
  const text = textOf(path, '');
  if (text === null) return false;
  for (const line of text.split('\n')) {
    const [, sources] = /^\s*(?:passwd|group|initgroups)\s*:([^#]*)/.exec(line) ?? [];
    const names =
      sources
        ?.replace(/\[[^\]]*\]/g, ' ')
        .split(/\s+/)
        .filter(Boolean) ?? [];
    if (!names.every((name) => localSources.has(name))) return false;
  }
  return true;
}

function textOf(path: string, whenMissing: string | null = null): string | null {
  try {
    return readOrdinaryFile(path, MOST_BYTES, true).bytes.toString('latin1');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return whenMissing;
    if (error instanceof UnfitFileError || isSystemError(error, 'EACCES', 'EPERM', 'ENOTDIR', 'ELOOP')) return null;
    throw error;
  }
}

// Who may write a file, or put another in its place: a catalog decides which code runs, and so does a module.
import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, join, parse, resolve, sep } from 'node:path';
import { systemConventions } from '../platform/systems.js';
import { isSystemError } from '../shared-file/index.js';
import { isPrivateGroup } from './private-groups.js';

/** Why a file is not to be trusted. */
export interface Distrust {
  /** The file or folder that others may write. */
  readonly path: string;
  /** What is wrong with it, and what to do, each as a sentence part. */
  readonly fault: string;
  readonly cure: string;
}

/** How strictly a file is looked at. */
export interface TrustOptions {
  /**
   * Whether everything on the way must belong to the process' user or root; else whoever the file belongs to is as
   * good, and only what its mode lets others do counts.
   */
  readonly owners: boolean;
  /** Whether a folder in which the file is missing is looked at all the same. */
  readonly missing?: boolean;
}

const GROUP = 0o020;
const OTHERS = 0o002;
const STICKY = 0o1000;

/** Something that is looked up by its name in a folder, on the way to a file. */
interface Step {
  readonly folder: string;
  readonly path: string;
  /** `null` when there is nothing of that name. */
  readonly stats: Stats | null;
  /** Whether it is the file itself, or a link that stands for it. */
  readonly last: boolean;
}

/**
 * Finds out whether others may write a file, or one of the folders and links that lead to it, as sshd does with its
 * own. A sticky folder such as /tmp on the way will do, since what lies in it can be exchanged by its owner alone; it
 * will not do as the file's own folder. A group that a user has alone, as many systems give one to each, is as good as
 * the user. Where files have no modes (`SystemConventions.filesHaveModes`) nothing is looked at.
 *
 * @param path the file
 * @returns what is to blame, or `null` when only root and the process' user may write, or there is nothing at `path`
 */
export function distrustOf(path: string, { owners, missing = false }: TrustOptions): Distrust | null {
  if (!systemConventions().filesHaveModes) return null;
  const way = wayTo(resolve(path));
  const found = way.at(-1)?.stats ?? null;
  if (found === null && !missing) return null;
  const trusted = new Set([0, process.geteuid?.() ?? 0]);
  if (!owners && found !== null) trusted.add(found.uid);
  for (const step of way) {
    const doubt = doubtOf(step, trusted);
    if (doubt !== null) return doubt;
  }
  return null;
}

function doubtOf({ folder, path, stats, last }: Step, trusted: ReadonlySet<number>): Distrust | null {
  const { mode, gid } = lstatSync(folder);
  if (mayOthersWrite(mode, gid, trusted) && (last || (mode & STICKY) === 0)) {
    // Nobody is to change the mode of /tmp.
    const cure = (mode & STICKY) !== 0 ? 'keep it in a folder of your own' : chmod(folder, mode);
    return { path: folder, fault: `others may write the folder ${folder} (mode ${octal(mode)})`, cure };
  }
  if (stats === null) return null;
  if (!trusted.has(stats.uid)) {
    const what = stats.isDirectory() ? 'the folder ' : stats.isSymbolicLink() ? 'the link ' : '';
    const fault = `${what}${path} belongs to user ${stats.uid}, who may write it`;
    const chown = `run: chown ${process.geteuid?.() ?? 0} ${quoted(path)}, or do it as that user`;
    return { path, fault, cure: isKept(stats) ? chown : REPLACE };
  }
  // What a link's mode says means nothing, and a folder is looked at with what is in it.
  if (stats.isSymbolicLink() || stats.isDirectory() || !mayOthersWrite(stats.mode, stats.gid, trusted)) return null;
  return {
    path,
    fault: `others may write ${path} (mode ${octal(stats.mode)})`,
    cure: isKept(stats) ? chmod(path, stats.mode) : REPLACE,
  };
}

/** What to do about a device, a pipe or a socket: nobody is to change the mode or the owner of /dev/null. */
const REPLACE = 'name an ordinary file instead';

/** Whether it is of a kind that may well lie on the way to a file. */
function isKept(stats: Stats): boolean {
  return stats.isFile() || stats.isDirectory() || stats.isSymbolicLink();
}

/** Whether a mode lets others write: not the group, when nobody is in it but those who may. */
function mayOthersWrite(mode: number, gid: number, trusted: ReadonlySet<number>): boolean {
  return (mode & OTHERS) !== 0 || ((mode & GROUP) !== 0 && !isPrivateGroup(gid, trusted));
}

function chmod(path: string, mode: number): string {
  return `run: chmod ${(mode & 0o020) === 0 ? '' : 'g'}${(mode & 0o002) === 0 ? '' : 'o'}-w ${quoted(path)}`;
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8);
}

function quoted(path: string): string {
  return /^[\w./@:+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

// Everything that is looked up on the way to a path, links and what they lead to included, from the root on.
function wayTo(path: string): Step[] {
  const way: Step[] = [];
  const { root } = parse(path);
  let folder = root;
  let names = path.slice(root.length).split(sep).filter(Boolean);
  // As many links as a kernel follows.
  for (let links = 0; links <= 40;) {
    const name = names.shift();
    if (name === undefined) break;
    if (name === '.' || name === '..') {
      if (name === '..') folder = dirname(folder);
      continue;
    }
    const at = join(folder, name);
    const stats = lstatOrNull(at);
    way.push({ folder, path: at, stats, last: names.length === 0 });
    if (stats === null) break;
    if (!stats.isSymbolicLink()) {
      folder = at;
      continue;
    }
    links++;
    const target = readlinkSync(at);
    if (target.startsWith(sep)) folder = root;
    names = [...target.split(sep).filter(Boolean), ...names];
  }
  return way;
}

function lstatOrNull(path: string): Stats | null {
  try {
    return lstatSync(path);
  } catch (error) {
    // What cannot be looked at cannot be read either, and whoever tries is told.
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'ENAMETOOLONG', 'ELOOP')) return null;
    throw error;
  }
}

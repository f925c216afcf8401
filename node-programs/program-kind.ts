// What a program is, as far as its file tells.
import { closeSync, constants, accessSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { basename, delimiter, join, resolve } from 'node:path';
import { systemConventions } from '../platform/systems.js';
import { isSingleExecutable } from './single-executable.js';

/** What runs a program. */
export type ProgramKind =
  /** Node.js, which the hook comes into. */
  | 'node'
  /** A single executable application that is called as Node.js is; others of them are `other`, as their sockets are. */
  | 'single-executable'
  /** A shell or the like, which starts others. */
  | 'launcher'
  /** A script of another interpreter, which may start others. */
  | 'script'
  /** Something else, whose sockets are its own. */
  | 'other';

/** A program that was found. */
export interface FoundProgram {
  readonly file: string;
  readonly kind: ProgramKind;
}

const NODE = /^(?:node|nodejs|iojs)(?:-?\d[\d.]*)?(?:\.exe)?$/i;
/** A script of Windows' command interpreter, and whether it starts Node.js, as those of npm do. */
const COMMAND_SCRIPT = /\.(?:bat|cmd)$/i;
const STARTS_NODE = /\bnode(?:_exe)?\b/i;
const LAUNCHERS =
  /^(?:(?:ba|da|z|k|fi|a|c|tc)?sh|busybox|env|make|gmake|ninja|time|nice|ionice|nohup|timeout|setsid|stdbuf|xargs|sudo|script|strace)$/;
/** Bytes that systems read of a script's first line, and more than those of npm have before they name Node.js. */
const BEGINNING = 256;

/**
 * Finds a program as the system would.
 *
 * @param name a name that is looked for in `path`, or a path
 * @param path folders, as in `PATH`
 * @param folder the working directory
 * @returns `null` when there is none
 */
export function kindOfProgram(name: string, path: string | undefined, folder: string): FoundProgram | null {
  const file = findProgram(name, path, folder);
  return file === null ? null : { file, kind: kindOfFile(name, file) };
}

function findProgram(name: string, path: string | undefined, folder: string): string | null {
  if (/[\\/]/.test(name)) return withEnding(resolve(folder, name));
  for (const each of (path ?? '').split(delimiter)) {
    const file = withEnding(join(resolve(folder, each), name));
    if (file !== null) return file;
  }
  return null;
}

/** The file that a program's name stands for, which may leave out how that ends. */
function withEnding(file: string): string | null {
  const endings = systemConventions().programEndings(process.env);
  const lower = file.toLowerCase();
  // One that is written out is not looked for with another behind it.
  const isWhole = endings.some((ending) => lower.endsWith(ending.toLowerCase()));
  return (isWhole ? [file] : endings.map((ending) => file + ending.toLowerCase())).find(isProgram) ?? null;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function kindOfFile(name: string, file: string): ProgramKind {
  let real = file;
  try {
    real = realpathSync(file);
  } catch {
    // It is gone by now: the name alone tells.
  }
  for (const each of [basename(name), basename(real)]) {
    if (NODE.test(each)) return isOwnNode(real) || !isSingleExecutable(real) ? 'node' : 'single-executable';
    if (LAUNCHERS.test(each)) return 'launcher';
  }
  if (COMMAND_SCRIPT.test(real)) return STARTS_NODE.test(beginningOf(real)) ? 'node' : 'script';
  const line = beginningOf(real).split('\n', 1)[0]!;
  if (!line.startsWith('#!')) return 'other';
  const words = line.slice(2).trim().split(/\s+/);
  return words.some((word) => NODE.test(basename(word))) ? 'node' : 'script';
}

/** Whether a file is the one that runs this, which need not be read. */
function isOwnNode(file: string): boolean {
  ownNode ??= realpathSync(process.execPath);
  return file === ownNode;
}

let ownNode: string | null = null;

function beginningOf(file: string): string {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch {
    return '';
  }
  try {
    const bytes = Buffer.alloc(BEGINNING);
    return bytes.toString('latin1', 0, readSync(descriptor, bytes));
  } catch {
    return '';
  } finally {
    closeSync(descriptor);
  }
}

/** Words of shells that a program may stand behind. */
const BEFORE_PROGRAMS = new Set('! command do elif else exec if then until while'.split(' '));
/** Words of shells that start nothing. */
const OF_SHELLS = new Set(
  (
    ': . [ alias break case cd continue done echo esac eval exit export false fi for function in local printf pwd read ' +
    'return set shift source test trap true type ulimit umask unset wait'
  ).split(' '),
);
const ASSIGNMENT = /^[A-Za-z_]\w*=/;

/**
 * Says which programs a command of a shell starts, as far as that can be told without being a shell: the first word of each of its
 * simple commands.
 *
 * @param command what follows `sh -c`
 */
export function programsOf(command: string): string[] {
  const simple = command.slice(0, LONGEST).split(/&&|\|\||[;|&\n(){}]/);
  const words = simple.map((each) => {
    const word = each
      .trim()
      .split(/\s+/)
      .find((part) => !ASSIGNMENT.test(part) && !BEFORE_PROGRAMS.has(part));
    return word === undefined || OF_SHELLS.has(word) ? undefined : word;
  });
  // What is put in at run time has no name yet.
  return [...new Set(words.filter((word): word is string => word !== undefined && /^[\w./@+-]+$/.test(word)))];
}

/** Characters of a command that are looked at. */
const LONGEST = 4096;

// Which program is to be run, and what runs it.
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { isSingleExecutable, kindOfProgram } from '../../node-programs/index.js';
import { UsageError } from '../command.js';

const SCRIPT = /\.[cm]?[jt]sx?$/;

/** What is started. */
export interface RunProgram {
  readonly file: string;
  readonly args: readonly string[];
  /** What to tell of it before; `null` for nothing. */
  readonly note: string | null;
}

/**
 * Finds what the words behind `run` mean: a program of Node.js, or a script or a folder, which Node.js is started with.
 *
 * @throws UsageError when there are no words; Error when there is no such program, or it is not Node.js'
 */
export function programToRun(words: readonly string[]): RunProgram {
  const [name, ...args] = words;
  if (name === undefined || name === '') {
    throw new UsageError('run takes a program: ws2spi run --layer trace -- node app.js');
  }
  const stats = statSync(resolve(name), { throwIfNoEntry: false });
  if (SCRIPT.test(name) || (stats?.isDirectory() === true && /[\\/.]/.test(name))) {
    if (stats === undefined) throw new Error(`there is no file ${name}, seen from ${process.cwd()}`);
    return { file: process.execPath, args: words, note: null };
  }
  const found = kindOfProgram(name, process.env['PATH'], process.cwd());
  if (found === null) {
    if (stats?.isFile() === true) return { file: process.execPath, args: words, note: null };
    throw new Error(`there is no program "${name}": neither a file, nor in the folders of PATH`);
  }
  if (found.kind === 'single-executable' || (found.kind === 'other' && isSingleExecutable(found.file))) {
    throw new Error(
      `${name} is a single executable application: Node.js reads no --import there, so its sockets would go around the layers. ` +
        'Start it with NODE_OPTIONS=--require=ws2spi/register and WS2SPI_LAYERS, or have it load the hook itself (docs/node.md)',
    );
  }
  if (found.kind === 'other') {
    throw new Error(
      `${name} is not Node.js: its sockets cannot be put on layers from within. For programs of other kinds there is ` +
        'ws2spi gateway, a proxy on this machine that sends their connections through a chain',
    );
  }
  const note =
    found.kind === 'script'
      ? `${name} is not Node.js: programs of Node.js that it starts are on the layers, others are not (see ws2spi gateway)`
      : null;
  // A script of the command interpreter is started by its file, not by a name that leaves out its ending.
  const file = found.file.toLowerCase().endsWith(name.toLowerCase()) ? name : found.file;
  return { file, args, note };
}

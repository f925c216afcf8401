import { closeSync, fstatSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { constants, Script } from 'node:vm';
import { distrustOf } from '../catalog/trust.js';
import { systemConventions } from '../platform/systems.js';
import { makeFolder, removeQuietly, replaceFile } from '../shared-file/files.js';
import { codeFolder, folderOfThisV8 } from './code-folder.js';

/** What is kept of a script. */
interface Kept {
  readonly code: Buffer;
  /** How many programs have written it. */
  readonly writers: number;
}

/** A script, and what was kept of it. */
interface Compiled {
  readonly script: Script;
  /** The file that it is kept in. */
  readonly name: string;
  readonly kept: Kept | null;
}

/** Milliseconds after which what V8 has made is written, for programs that never end by themselves. */
const SETTLED = 3000;
/** Folders that are kept: of the versions of this package and of Node.js that were last new. */
const FOLDERS_KEPT = 6;
/** Programs that write what they have after the first, for V8 keeps the functions that one has called, and they differ in those. */
const MOST_WRITERS = 4;
const FOLDER_NAME = /^[0-9a-f]{16}-v\d/;
/** A number of four bytes behind the code, and a sum of both. */
const TRAILER_SIZE = 8;
/** Words of four bytes from one that is summed up to the next: sixteen in a page. */
const STRIDE = 64;
const OTHERS_MAY_WRITE = 0o022;

/**
 * What V8 has made of the package's scripts, kept in files of the user's. It is code: where others may write it, or it is not whole, or
 * of another V8, the scripts are compiled as ever. Nothing that goes wrong with it is an error.
 */
export class CodeCache {
  #folder: string | null;
  /** Whether the folder is for this V8 alone, with these flags and this processor. */
  #isOwn = false;
  /** What was compiled; `null` once it is being written. */
  #compiled: Compiled[] | null = [];
  #unwritten: Compiled[] | null = null;
  #isAwaited = false;

  /** @param folder the folder of this build and this Node.js; `null` to keep nothing */
  constructor(folder: string | null = codeFolder()) {
    this.#folder = folder !== null && isOurs(folder) ? folder : null;
  }

  /**
   * Compiles a module of CommonJS.
   *
   * @param file its path
   * @returns a script whose value is the function that CommonJS wraps the module into
   * @throws the system's error when the file cannot be read; SyntaxError
   */
  compile(file: string): Script {
    const { text, name } = read(file);
    const code = `(function (exports, require, module, __filename, __dirname) { ${text}\n})`;
    let [script, kept] = this.#make(code, file, name);
    if (script.cachedDataRejected === true && !this.#isOwn && this.#folder !== null) {
      // What others have kept is of other flags: the folder is theirs.
      this.#isOwn = true;
      this.#folder = folderOfThisV8(this.#folder);
      [script, kept] = this.#make(code, file, name);
    }
    if (this.#folder !== null && this.#compiled !== null) {
      this.#compiled.push({ script, name, kept });
      if (kept === null || kept.writers < MOST_WRITERS) this.#await();
    }
    return script;
  }

  /** A script, and what was kept of it and taken. */
  #make(code: string, filename: string, name: string): [Script, Kept | null] {
    const found = this.#read(name);
    const script = new Script(code, {
      filename,
      ...(found !== null && { cachedData: found.code }),
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    });
    return [script, script.cachedDataRejected === false ? found : null];
  }

  #read(name: string): Kept | null {
    if (this.#folder === null) return null;
    try {
      const fd = openSync(join(this.#folder, name), 'r');
      try {
        if (systemConventions().filesHaveModes && (fstatSync(fd).mode & OTHERS_MAY_WRITE) !== 0) return null;
        return keptIn(readFileSync(fd));
      } finally {
        closeSync(fd);
      }
    } catch {
      return null;
    }
  }

  /** It is written when the program has run for a while, or ends: V8 keeps the functions that were called by then. */
  #await(): void {
    if (this.#isAwaited) return;
    this.#isAwaited = true;
    const writeRest = () => {
      clearTimeout(timer);
      while (this.#writeNext());
    };
    const writeByAndBy = () => {
      if (this.#writeNext()) timer = setTimeout(writeByAndBy).unref();
      else process.off('exit', writeRest);
    };
    let timer = setTimeout(writeByAndBy, SETTLED).unref();
    process.on('exit', writeRest);
  }

  /** Writes what was made of one script: all together would hold a server up. Returns whether there is more to do. */
  #writeNext(): boolean {
    const folder = this.#folder;
    try {
      this.#unwritten ??= this.#begin();
      const next = this.#unwritten.pop();
      if (next === undefined || folder === null) return false;
      const { script, name, kept } = next;
      const code = script.createCachedData();
      const more = kept === null || code.length > kept.code.length;
      write(join(folder, name), { code: more ? code : kept.code, writers: (kept?.writers ?? 0) + 1 });
      if (this.#unwritten.length === 0) removeOthers(dirname(folder), basename(folder));
      return this.#unwritten.length > 0;
    } catch {
      // A disk that is full or may not be written: the next program tries again.
      this.#unwritten = [];
      return false;
    }
  }

  /** What is to be written. Scripts that are first needed later are few, and another program's to keep. */
  #begin(): Compiled[] {
    const [compiled, folder] = [this.#compiled ?? [], this.#folder];
    this.#compiled = null;
    if (folder === null) return [];
    makeFolder(folder);
    return isOurs(folder) ? compiled.filter(({ kept }) => kept === null || kept.writers < MOST_WRITERS) : [];
  }
}

/** Whether nobody but the user and root may write what lies in a folder, which need not be there. */
function isOurs(folder: string): boolean {
  try {
    return distrustOf(join(folder, 'code'), { owners: true, missing: true }) === null;
  } catch {
    return false;
  }
}

/** A script, which is plain ASCII, and the name that it is kept under: when it was changed is in it. */
function read(file: string): { text: string; name: string } {
  const fd = openSync(file, 'r');
  try {
    const { size, mtimeMs } = fstatSync(fd);
    const name = `${basename(dirname(file))}-${basename(file)}-${size}-${Math.trunc(mtimeMs)}`;
    return { text: readFileSync(fd, 'latin1'), name };
  } finally {
    closeSync(fd);
  }
}

function write(path: string, { code, writers }: Kept): void {
  const fresh = `${path}.${process.getBuiltinModule('node:crypto').randomUUID()}`;
  const fd = openSync(fresh, 'wx', 0o600);
  let written = false;
  try {
    const trailer = Buffer.alloc(TRAILER_SIZE);
    trailer.writeInt32LE(writers);
    trailer.writeInt32LE(sumOf(code, writers), 4);
    for (const bytes of [code, trailer]) for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
    written = true;
  } finally {
    closeSync(fd);
    if (!written) removeQuietly(fresh);
  }
  replaceFile(fresh, path);
}

/** What was written, unless pages of it were lost: V8 itself looks at the length alone. */
function keptIn(bytes: Buffer): Kept | null {
  const end = bytes.length - TRAILER_SIZE;
  if (end <= 0) return null;
  const code = bytes.subarray(0, end);
  const writers = bytes.readInt32LE(end);
  return bytes.readInt32LE(end + 4) === sumOf(code, writers) ? { code, writers } : null;
}

function sumOf(code: Buffer, start: number): number {
  let sum = start ^ code.length;
  for (let at = 0; at + 4 <= code.length; at += 4 * STRIDE) sum = (Math.imul(sum, 31) + code.readInt32LE(at)) | 0;
  return sum;
}

/** Removes what other versions have kept, the newest aside. */
function removeOthers(parent: string, own: string): void {
  const others = readdirSync(parent).filter((name) => FOLDER_NAME.test(name) && name !== own);
  const byAge = others
    .map((name) => ({ path: join(parent, name), time: statSync(join(parent, name)).mtimeMs }))
    .sort((a, b) => b.time - a.time);
  for (const { path } of byAge.slice(FOLDERS_KEPT - 1)) rmSync(path, { recursive: true, force: true });
}

// Compiles the C programs on the spot.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Skipped } from './skipped.mjs';

const SOURCES = fileURLToPath(new URL('..', import.meta.url));

/** Compiles each program once, into a directory that `dispose` removes. */
export class Compiler {
  #directory = null;
  #programs = new Map();
  #command;

  /** The first compiler that answers, or `null`. */
  get command() {
    if (this.#command !== undefined) return this.#command;
    const candidates = [process.env.CC, 'cc', 'gcc', 'clang'].filter(Boolean);
    this.#command = candidates.find(answers) ?? null;
    return this.#command;
  }

  /**
   * The path of a compiled program.
   *
   * @param {string} name `client` for `client.c`
   * @throws Skipped when there is no compiler, or the program is not for this system
   */
  program(name) {
    const known = this.#programs.get(name);
    if (known !== undefined) return known;
    if (process.platform !== 'linux') throw new Skipped(`${name}.c is written for Linux, this is ${process.platform}`);
    if (this.command === null) throw new Skipped(`no C compiler found (cc, gcc, clang, $CC) to build ${name}.c`);
    this.#directory ??= mkdtempSync(join(tmpdir(), 'ws2spi-bench-'));
    const path = join(this.#directory, name);
    try {
      execFileSync(this.command, ['-O2', '-Wall', '-o', path, join(SOURCES, `${name}.c`)], { stdio: 'pipe' });
    } catch (error) {
      throw new Error(`${this.command} could not compile ${name}.c:\n${error.stderr ?? error.message}`, {
        cause: error,
      });
    }
    this.#programs.set(name, path);
    return path;
  }

  /** Removes what was compiled. */
  dispose() {
    if (this.#directory !== null) rmSync(this.#directory, { recursive: true, force: true });
    this.#directory = null;
    this.#programs.clear();
  }
}

function answers(command) {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

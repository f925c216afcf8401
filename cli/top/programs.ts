// The programs that can be looked at, and what they tell.
import { lstatSync, readdirSync, unlinkSync } from 'node:fs';
import net from 'node:net';
import { userInfo } from 'node:os';
import { LOOK_VERSION, lookFolder, lookPath, readLookName, whyNotOurs, type ProgramLook } from '../../looks/index.js';

/** Bytes of one answer, at most: some thousand sockets. */
const LONGEST_ANSWER = 16 * 1024 * 1024;

/** A thread of a program that can be looked at. */
export interface LookedAt {
  readonly pid: number;
  readonly thread: number;
}

/** What a thread told; `null` when it did not answer in time: something blocks it, or it has ended. */
export interface LookOutcome extends LookedAt {
  readonly look: ProgramLook | null;
}

/**
 * Finds the threads that can be looked at.
 *
 * @throws Error when the folder of their sockets is not this user's alone
 */
export function threadsToLookAt(): LookedAt[] {
  const folder = lookFolder();
  const fault = whyNotOurs(folder, false);
  if (fault === 'is not there') return [];
  if (fault !== null) throw new Error(`the folder of the programs that can be looked at, ${folder}, ${fault}`);
  const found = readdirSync(folder).map(readLookName);
  return found.filter((each) => each !== null).sort((a, b) => a.pid - b.pid || a.thread - b.thread);
}

/** The connections to programs, kept from one look to the next. */
export class Programs {
  readonly #connections = new Map<string, Connection>();

  /** Looks at all of them, or those of one process. Sockets that nobody listens on any more are removed. */
  async look(pid: number | null, patience: number): Promise<LookOutcome[]> {
    const threads = threadsToLookAt().filter((each) => pid === null || each.pid === pid);
    const paths = new Set(threads.map((each) => lookPath(lookFolder(), each.pid, each.thread)));
    for (const [path, connection] of this.#connections) {
      if (paths.has(path)) continue;
      connection.close();
      this.#connections.delete(path);
    }
    const looks = threads.map(async (each) => {
      const path = lookPath(lookFolder(), each.pid, each.thread);
      let connection = this.#connections.get(path);
      if (connection === undefined || connection.closed) {
        connection = new Connection(path);
        this.#connections.set(path, connection);
      }
      const look = await connection.ask(patience);
      return connection.stale ? null : { ...each, look };
    });
    return (await Promise.all(looks)).filter((each) => each !== null);
  }

  close(): void {
    for (const connection of this.#connections.values()) connection.close();
    this.#connections.clear();
  }
}

class Connection {
  readonly #socket: net.Socket;
  #text = '';
  #tell: ((look: ProgramLook | null) => void) | null = null;
  closed = false;
  /** Nobody listened there: the program was killed. */
  stale = false;

  constructor(path: string) {
    // Another user's socket in our folder is none of our program's.
    this.closed = lstatSync(path, { throwIfNoEntry: false })?.uid !== userInfo().uid;
    this.#socket = this.closed ? new net.Socket() : net.connect(path);
    this.#socket.setEncoding('utf8');
    this.#socket.on('data', (text: string) => this.#received(text));
    this.#socket.on('error', ({ code }: NodeJS.ErrnoException) => {
      this.stale = code === 'ECONNREFUSED' || code === 'ENOENT';
      if (code === 'ECONNREFUSED') removeQuietly(path);
    });
    this.#socket.on('close', () => {
      this.closed = true;
      this.#answer(null);
    });
  }

  /** Asks, and waits so many milliseconds for the answer. */
  ask(patience: number): Promise<ProgramLook | null> {
    if (this.closed) return Promise.resolve(null);
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#answer(null), patience);
      this.#tell = (look) => {
        clearTimeout(timer);
        resolve(look);
      };
      this.#text = '';
      this.#socket.write('look\n');
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #answer(look: ProgramLook | null): void {
    const tell = this.#tell;
    this.#tell = null;
    tell?.(look);
  }

  #received(text: string): void {
    this.#text += text;
    if (this.#text.length > LONGEST_ANSWER) return this.close();
    const end = this.#text.indexOf('\n');
    if (end < 0) return;
    const line = this.#text.slice(0, end);
    this.#text = '';
    this.#answer(readLook(line));
  }
}

function readLook(line: string): ProgramLook | null {
  try {
    const look = JSON.parse(line) as ProgramLook | null;
    if (look?.version !== LOOK_VERSION || !Array.isArray(look.sockets)) return null;
    // Programs of an earlier version of this package tell none.
    return Array.isArray(look.totals) ? look : { ...look, totals: [] };
  } catch {
    return null;
  }
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Somebody else has removed it.
  }
}

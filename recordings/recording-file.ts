// A recording as it is written.
import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { threadId } from 'node:worker_threads';
import { describeHolder, FileLock, UnfitFileError } from '../shared-file/index.js';
import { beforeExit, createOwnFile } from '../outputs/index.js';
import { endOfEvents } from './end-of-events.js';
import { endpointText, FORMAT, VERSION, type Endpoint } from './recording.js';
import { createLineRoom, createPlainRoom, type LineRoom } from './line-room.js';
import { roomForPlainLines } from './text-form.js';

/** Bytes that are gathered before the file is written. */
const GATHERED = 128 * 1024;
/** There is room for the lines of one block more, whatever is in it. */
const ROOM = 2 * GATHERED;
const LINE_FEED = 10;
/** The most bytes of a character. */
const WIDEST = 3;
/** Milliseconds between two looks whether the file is still there. */
const LOOK_EVERY = 100;
/** Milliseconds after which a run that goes on is written as far as it has come. */
const LONGEST_HELD = 1000;

/** A conversation that is being written, and may hold back what it will write. */
export interface OpenConversation {
  /** Writes what it holds back. */
  release(): void;
  /** The recording ends, and the conversation does not. */
  leftOpen(): void;
}

/** What a recording is written to: one file, by one writer at a time, who adds lines to it. */
export class RecordingFile {
  readonly raw: boolean;
  private readonly append: boolean;
  #descriptor = -1;
  #lock: FileLock | null = null;
  #gathered: LineRoom | null = null;
  #bytes = 0;
  #conversations = 0;
  readonly #listeners: Endpoint[] = [];
  #users = 0;
  #willFlush = false;
  #willRelease = false;
  #lastLook = -Infinity;
  /** Whether the file has a name, which it may lose. */
  #isNamed = false;
  #forgetExit: (() => void) | null = null;
  readonly #holding = new Set<OpenConversation>();
  /** The one of them whose bytes came last. */
  #heldLast: OpenConversation | null = null;
  readonly #open = new Set<OpenConversation>();

  /**
   * @param path where it is; `%p` stands for the number of the process, `%t` for that of the thread
   * @param append whether what the file has already stays in it
   * @param raw whether whole blocks that are no text are written as they are; else they are base64, and the file is one of version 1
   * @param failed told, once, that nothing more can be written, and why
   */
  constructor(
    private readonly path: string,
    { append, raw }: { readonly append: boolean; readonly raw: boolean },
    private readonly failed: (message: string) => void,
  ) {
    this.append = append;
    this.raw = raw;
    this.path = resolve(path.replaceAll('%p', String(process.pid)).replaceAll('%t', String(threadId)));
  }

  /**
   * Opens the file for one more that writes to it.
   *
   * @throws Error that names the file and the reason
   */
  open(): void {
    if (this.#users++ > 0) return;
    try {
      this.#take();
    } catch (cause) {
      this.#users = 0;
      this.#letGo();
      throw cause;
    }
    this.#forgetExit = beforeExit(() => this.#closeFile());
  }

  /** One that writes to it is done; with the last one, the file is closed. */
  close(): void {
    if (this.#users > 0 && --this.#users === 0) this.#closeFile();
  }

  /** The number of a new conversation. */
  next(): number {
    return ++this.#conversations;
  }

  /**
   * The program listens somewhere. Where it does so at one port alone, the conversations say which; of several, one that nobody ever
   * came to would be missed.
   */
  listens(at: Endpoint | null): void {
    if (at === null || this.#listeners.some(({ port }) => port === at.port)) return;
    this.#listeners.push(at);
    const untold = this.#listeners.length === 2 ? this.#listeners : this.#listeners.length > 2 ? [at] : [];
    for (const each of untold) this.write(`0 listen tcp ${endpointText(each)}\n`);
  }

  /** Adds whole lines. */
  write(lines: string): void {
    const room = this.#roomFor(lines.length * WIDEST);
    if (room !== null) this.#added(room.write(lines, this.#bytes));
  }

  /** Adds a line that is ASCII: what it begins with, and the rest. */
  writeAscii(first: string, rest: string): void {
    const room = this.#roomFor(first.length + rest.length + 1);
    if (room === null) return;
    let bytes = room.write(first, this.#bytes, 'latin1');
    bytes += room.write(rest, this.#bytes + bytes, 'latin1');
    room[this.#bytes + bytes] = LINE_FEED;
    this.#added(bytes + 1);
  }

  /** Adds a line that is ASCII, and behind it bytes as they are. */
  writeRaw(line: string, bytes: Uint8Array): void {
    const room = this.#roomFor(line.length + bytes.length + 2);
    if (room === null) return;
    let at = this.#bytes + room.write(line, this.#bytes, 'latin1');
    room[at++] = LINE_FEED;
    room.set(bytes, at);
    at += bytes.length;
    room[at++] = LINE_FEED;
    this.#added(at - this.#bytes);
  }

  /** Adds a block as lines, as `writePlainLines` does. Returns whether it did: without `escapes`, whether it was plain. */
  writePlain(block: Uint8Array, mark: Uint8Array, first: Uint8Array, escapes = false): boolean {
    const room = this.#roomFor(roomForPlainLines(block, mark, first));
    if (room === null) return true;
    const end = this.#gathered!.write(block, mark, first, this.#bytes, escapes);
    if (end < 0) return false;
    this.#added(end - this.#bytes);
    return true;
  }

  /** Where to put so many bytes; `null` when nothing is written any more. */
  #roomFor(length: number): Buffer | null {
    if (this.#descriptor < 0) return null;
    if (this.#bytes >= GATHERED || this.#bytes + length > ROOM) this.flush();
    if (this.#descriptor < 0) return null;
    this.#gathered ??= createLineRoom(ROOM);
    // No block makes so much text, but what people name their hosts may.
    if (length > this.#gathered.bytes.length) this.#gathered = createPlainRoom(length);
    return this.#gathered.bytes;
  }

  #added(bytes: number): void {
    this.#bytes += bytes;
    if (this.#willFlush) return;
    this.#willFlush = true;
    // Not by the reactor, whose turns are not to be others because of a recording.
    setImmediate(() => {
      this.#willFlush = false;
      this.flush();
    }).unref();
  }

  /** Has something written that is held back, if it still is after a while. */
  holds(holder: OpenConversation): void {
    // In the order in which their last bytes came.
    if (holder !== this.#heldLast) {
      this.#heldLast = holder;
      this.#holding.delete(holder);
      this.#holding.add(holder);
    }
    if (this.#willRelease) return;
    this.#willRelease = true;
    // By the time of whoever looks at the file, not by the instance's clock: no run of a program is another because of it.
    // eslint-disable-next-line no-restricted-globals
    setTimeout(() => {
      this.#willRelease = false;
      this.#release();
    }, LONGEST_HELD).unref();
  }

  /**
   * The program begins to say something, or connects: what conversations hold back came before, and is written before, in its order. In
   * which order connections were answered decides which of a pool's is asked next.
   */
  speaks(): void {
    for (const holder of this.#holding) holder.release();
    this.#holding.clear();
    this.#heldLast = null;
  }

  /** A conversation begins. */
  began(conversation: OpenConversation): void {
    this.#open.add(conversation);
  }

  /** A conversation is over, and holds nothing back any more. */
  over(conversation: OpenConversation): void {
    this.#open.delete(conversation);
    this.#holding.delete(conversation);
    if (conversation === this.#heldLast) this.#heldLast = null;
  }

  /** Writes what was gathered. */
  flush(): void {
    const bytes = this.#bytes;
    this.#bytes = 0;
    if (this.#descriptor < 0 || bytes === 0) return;
    try {
      this.#put(bytes);
    } catch (cause) {
      return this.#ends(`${this.path} cannot be written: ${(cause as Error).message}`);
    }
    if (this.#isGone()) this.#ends(`${this.path} was removed, or another program has put its own in its place`);
  }

  /** Writes the first bytes of what was gathered. */
  #put(bytes: number): void {
    for (let at = 0; at < bytes;) at += writeSync(this.#descriptor, this.#gathered!.bytes, at, bytes - at);
  }

  #ends(why: string): void {
    this.#letGo();
    this.failed(`the recording ends here: ${why}`);
  }

  /** Whether nobody could find what is written, as far as a look now and then tells. */
  #isGone(): boolean {
    const now = performance.now();
    if (!this.#isNamed || now - this.#lastLook < LOOK_EVERY) return false;
    this.#lastLook = now;
    return fstatSync(this.#descriptor).nlink === 0;
  }

  #take(): void {
    const lock = new FileLock(`${this.path}.lock`);
    const cannot = (why: string, cause?: unknown): never => {
      throw new Error(`conversations cannot be recorded in ${this.path}: ${why}`, { cause });
    };
    try {
      const taken = lock.acquire(0);
      if (taken === 'busy') {
        cannot(
          `it is recorded into already, by ${lock.blocker === null ? 'another process' : describeHolder(lock.blocker)}: give each process a file of its own, by %p in its name`,
        );
      }
      if (taken === 'ours') cannot('another layer of this process records into it: give each a file of its own');
      this.#lock = lock;
      this.#descriptor = this.append ? openSync(this.path, 'a+', 0o600) : createOwnFile(this.path);
    } catch (cause) {
      if (cause instanceof UnfitFileError || isSystemError(cause)) cannot(cause.message, cause);
      throw cause;
    }
    this.#isNamed = fstatSync(this.#descriptor).nlink > 0;
    const before = this.append ? endWithEvent(this.#descriptor) : 0;
    this.write(`${before > 0 ? '\n' : ''}${FORMAT} ${this.raw ? VERSION : 1}\n`);
    const header = this.#bytes;
    this.#bytes = 0;
    try {
      this.#put(header);
    } catch (cause) {
      cannot((cause as Error).message, cause);
    }
  }

  #release(): void {
    this.speaks();
    this.flush();
  }

  #closeFile(): void {
    for (const each of [...this.#open]) each.leftOpen();
    this.#release();
    this.#letGo();
  }

  #letGo(): void {
    this.#forgetExit?.();
    this.#forgetExit = null;
    if (this.#descriptor >= 0) closeQuietly(this.#descriptor);
    this.#descriptor = -1;
    this.#lock?.release();
    this.#lock = null;
    this.#gathered = null;
    this.#bytes = 0;
    this.#conversations = 0;
    this.#listeners.length = 0;
  }
}

/** Takes away a last event that is not whole, as a process leaves it that was killed. Returns the file's length. */
function endWithEvent(descriptor: number): number {
  const { size } = fstatSync(descriptor);
  const end = endOfEvents(descriptor);
  if (end < size) ftruncateSync(descriptor, end);
  return end;
}

function closeQuietly(descriptor: number): void {
  try {
    closeSync(descriptor);
  } catch {
    // What could be written has been.
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error;
}

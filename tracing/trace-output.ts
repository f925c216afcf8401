// Where the text of traces goes, and that nothing of it is lost when the process ends.
import { closeSync, openSync, writeSync } from 'node:fs';

/** Bytes that are gathered before a file is written. */
const GATHERED = 64 * 1024;
/** Characters that may wait for a pipe that takes nothing at present; what is beyond that is lost, and counted. */
const MOST_WAITING = 4 * 1024 * 1024;
/** How long, in milliseconds, the end of the process waits for such a pipe. */
const LONGEST_WAIT = 1000;

/** Told, once, that a trace cannot be written any more, and why. */
export type OutputFailed = (message: string) => void;

/** Something that text is written to. */
export interface TraceOutput {
  write(text: string): void;
  /** Writes what was gathered. */
  flush(): void;
  /** Writes the rest, and closes it. */
  close(): void;
}

/** What has to be done as the process ends, of everything that is open. */
const atExit = new Set<() => void>();
let isListening = false;
let exiting = false;

/** Whether the process is ending: what it is warned of now, nobody would see. */
export function isExiting(): boolean {
  return exiting;
}

/** Has something done as the process or the worker ends, also by `process.exit` or an exception; returns what takes that back. */
export function beforeExit(task: () => void): () => void {
  atExit.add(task);
  if (!isListening) {
    isListening = true;
    process.on('exit', () => {
      exiting = true;
      for (const each of atExit) each();
    });
  }
  return () => void atExit.delete(task);
}

/**
 * Opens a file for a trace, anew, for its owner's eyes alone: there may be secrets in it.
 *
 * @throws Error that names the file and the reason
 */
export function openTraceFile(path: string, failed: OutputFailed): TraceOutput {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'w', 0o600);
  } catch (cause) {
    throw new Error(`the trace cannot be written to ${path}: ${(cause as Error).message}`, { cause });
  }
  return new DescriptorOutput(descriptor, path, failed, true);
}

/** Standard output or standard error, which is written at once. */
export function standardOutput(descriptor: 1 | 2, failed: OutputFailed): TraceOutput {
  return new DescriptorOutput(descriptor, descriptor === 1 ? 'standard output' : 'standard error', failed, false);
}

class DescriptorOutput implements TraceOutput {
  #text = '';
  #lost = 0;
  #isOpen = true;
  #willFlush = false;

  constructor(
    private readonly descriptor: number,
    private readonly name: string,
    private readonly failed: OutputFailed,
    /** Whether it is this object's to close, and text is gathered. */
    private readonly isFile: boolean,
  ) {}

  write(text: string): void {
    if (!this.#isOpen) return;
    if (this.#text.length > MOST_WAITING) {
      this.#lost++;
      return;
    }
    if (this.#lost > 0) this.#text += `… ${this.#lost} lost here: ${this.name} took nothing\n`;
    this.#lost = 0;
    this.#text += text;
    if (!this.isFile || this.#text.length >= GATHERED) this.flush();
    else if (!this.#willFlush) {
      this.#willFlush = true;
      // Not by the reactor, whose turns are not to be others because of a trace.
      setImmediate(() => {
        this.#willFlush = false;
        this.flush();
      }).unref();
    }
  }

  flush(): void {
    if (!this.#isOpen || this.#text === '') return;
    let bytes = Buffer.from(this.#text);
    this.#text = '';
    try {
      while (bytes.length > 0) bytes = bytes.subarray(writeSync(this.descriptor, bytes));
    } catch (cause) {
      // A pipe that nobody reads at present.
      if ((cause as NodeJS.ErrnoException).code === 'EAGAIN') this.#text = bytes.toString();
      else this.#fail(cause as Error);
    }
  }

  close(): void {
    if (!this.#isOpen) return;
    this.flush();
    const end = performance.now() + LONGEST_WAIT;
    while (this.#text !== '' && performance.now() < end) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
      this.flush();
    }
    this.#isOpen = false;
    if (this.isFile) this.#closeFile();
  }

  #fail(cause: Error): void {
    this.#isOpen = false;
    if (this.isFile) this.#closeFile();
    this.failed(`the trace ends here: it cannot be written to ${this.name}: ${cause.message}`);
  }

  #closeFile(): void {
    try {
      closeSync(this.descriptor);
    } catch {
      // What could be written has been.
    }
  }
}

/** A function that is given the text. */
export class FunctionOutput implements TraceOutput {
  #isOpen = true;

  constructor(
    private readonly take: (text: string) => void,
    private readonly failed: OutputFailed,
  ) {}

  write(text: string): void {
    if (!this.#isOpen) return;
    try {
      this.take(text);
    } catch (cause) {
      this.#isOpen = false;
      this.failed(
        `the trace ends here: what is given its text threw: ${(cause as Error | null)?.message ?? String(cause)}`,
      );
    }
  }

  flush(): void {}

  close(): void {
    this.#isOpen = false;
  }
}

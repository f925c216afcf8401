// Where the text of traces goes.
import { createOwnFile, DescriptorWriter } from '../outputs/index.js';

/** Bytes that are gathered before a file is written. */
const GATHERED = 64 * 1024;
/** Bytes that may wait for a pipe that takes nothing at present; what is beyond that is lost, and counted. */
const MOST_WAITING = 4 * 1024 * 1024;

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

/**
 * Opens a file for a trace, anew, for its owner's eyes alone: there may be secrets in it.
 *
 * @throws Error that names the file and the reason
 */
export function openTraceFile(path: string, failed: OutputFailed): TraceOutput {
  let descriptor: number;
  try {
    descriptor = createOwnFile(path);
  } catch (cause) {
    throw new Error(`the trace cannot be written to ${path}: ${(cause as Error).message}`, { cause });
  }
  return new DescriptorOutput(descriptor, path, failed, true);
}

/** Standard output, standard error or another descriptor that was given, which is written at once. */
export function givenOutput(descriptor: number, failed: OutputFailed): TraceOutput {
  const name = ['', 'standard output', 'standard error'][descriptor] || `descriptor ${descriptor}`;
  return new DescriptorOutput(descriptor, name, failed, false);
}

class DescriptorOutput implements TraceOutput {
  readonly #writer: DescriptorWriter;
  #text = '';
  #lost = 0;
  #willFlush = false;

  /** @param isFile whether the descriptor is this object's to close, and text is gathered */
  constructor(
    descriptor: number,
    private readonly name: string,
    failed: OutputFailed,
    private readonly isFile: boolean,
  ) {
    this.#writer = new DescriptorWriter(descriptor, isFile, ({ message }) =>
      failed(`the trace ends here: it cannot be written to ${name}: ${message}`),
    );
  }

  write(text: string): void {
    if (!this.#writer.isOpen) return;
    if (this.#writer.waiting > MOST_WAITING) {
      this.#writer.flush();
      if (this.#writer.waiting > MOST_WAITING) {
        this.#lost++;
        return;
      }
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
    if (this.#text !== '') this.#writer.write(Buffer.from(this.#text));
    else this.#writer.flush();
    this.#text = '';
  }

  close(): void {
    this.flush();
    this.#writer.close();
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

// What is wrong with the files: what the provider leaves out, and says nothing of.
import { FileBytes } from './file-reading.js';
import { HOST_LINES } from './hosts.js';
import { LineScanner, LONGEST_LINE, type LeftOutListener, type LineKind } from './line-scanner.js';
import { PROTOCOL_LINES } from './protocols.js';
import type { FileName } from './query.js';
import { SERVICE_LINES } from './services.js';

/** A line that is not used. */
export interface FileFault {
  readonly path: string;
  /** The line's number, from 1; 0 for the file as a whole. */
  readonly line: number;
  /** What is wrong with it, as a sentence. */
  readonly fault: string;
}

/** Lines of a file that are named; the others are counted. */
const MOST_FAULTS = 100;
/** Bytes of a line that are looked at for what is shown of it. */
const MOST_SHOWN = 1024;

/** What a line of each kind of file has to be. */
const KINDS: Readonly<Record<FileName, readonly [kind: LineKind<unknown>, expected: string]>> = {
  hosts: [HOST_LINES, 'an address and the names of its host: 192.0.2.1 name'],
  services: [SERVICE_LINES, 'a name, and a port with its protocol: http 80/tcp'],
  protocols: [PROTOCOL_LINES, 'a name and a number: tcp 6'],
};

/** The first lines of a file that are not used, and how many more there are; none for a file that is not there. */
export function faultsOf(name: FileName, path: string): FileFault[] {
  const [kind, expected] = KINDS[name];
  let bytes;
  try {
    bytes = wholeFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? [] : [{ path, line: 0, fault: `It cannot be read: ${message}.` }];
  }
  const faults = new FileFaults(path, bytes, expected);
  const scanner = new LineScanner(bytes, kind, null, faults);
  while (scanner.advance());
  return faults.all;
}

function wholeFile(path: string): Buffer {
  const file = new FileBytes(path);
  for (;;) {
    const bytes = file.read();
    if (bytes !== null) return bytes;
  }
}

class FileFaults implements LeftOutListener {
  readonly #named: FileFault[] = [];
  #others = 0;

  constructor(
    private readonly path: string,
    private readonly bytes: Buffer,
    private readonly expected: string,
  ) {}

  leftOut(line: number, start: number, end: number): void {
    if (this.#named.length === MOST_FAULTS) {
      this.#others++;
      return;
    }
    const text = this.bytes.toString('utf8', start, Math.min(end, start + MOST_SHOWN));
    const shown = JSON.stringify(text.trim().slice(0, 60));
    const fault =
      end - start >= LONGEST_LINE
        ? `${shown} begins a line of more than 64 KiB; it is left out.`
        : `${shown} is not ${this.expected}; it is left out.`;
    this.#named.push({ path: this.path, line, fault });
  }

  get all(): FileFault[] {
    if (this.#others === 0) return this.#named;
    const fault = `${this.#others} more lines are left out.`;
    return [...this.#named, { path: this.path, line: 0, fault }];
  }
}

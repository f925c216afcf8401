// What is wrong with the files: what the provider leaves out, and says nothing of.
import { parseLines, readDatabase, type Line } from './database-file.js';
import { parseHosts } from './hosts.js';
import { parseProtocols } from './protocols.js';
import { parseServices } from './services.js';

/** A line that is not used. */
export interface FileFault {
  readonly path: string;
  /** The line's number, from 1; 0 for the file as a whole. */
  readonly line: number;
  /** What is wrong with it, as a sentence. */
  readonly fault: string;
}

/** What a line of each kind of file has to be. */
const KINDS: Readonly<
  Record<'hosts' | 'services' | 'protocols', readonly [parse: (lines: Line[]) => unknown[], expected: string]>
> = {
  hosts: [parseHosts, 'an address and the names of its host: 192.0.2.1 name'],
  services: [parseServices, 'a name, and a port with its protocol: http 80/tcp'],
  protocols: [parseProtocols, 'a name and a number: tcp 6'],
};

/** The lines of a file that are not used; none for a file that is not there. */
export function faultsOf(kind: keyof typeof KINDS, path: string): FileFault[] {
  let text: string;
  try {
    text = readDatabase(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? [] : [{ path, line: 0, fault: `It cannot be read: ${message}.` }];
  }
  const [parse, expected] = KINDS[kind];
  return text.split(/\r\n|\r|\n/).flatMap((written, place) => {
    const lines = parseLines(written);
    if (lines.length === 0 || parse(lines).length > 0) return [];
    const shown = written.trim().slice(0, 60);
    return [{ path, line: place + 1, fault: `${JSON.stringify(shown)} is not ${expected}; it is left out.` }];
  });
}

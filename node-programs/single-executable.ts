// Single executable applications: Node.js with a program within its own file, which reads no --import.
import { closeSync, openSync, readSync } from 'node:fs';

/** What stands in every Node.js' own file, with `:0` behind it; `:1` where a program was put in. */
const FUSE = Buffer.from('NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:');
const PUT_IN = '1'.charCodeAt(0);
const LEFT_OUT = '0'.charCodeAt(0);
/** Bytes that are looked at together; a file has some 100 MB. */
const PIECE = 4 * 1024 * 1024;

/**
 * Whether a file is a single executable application, as Node.js' documentation on them has it.
 *
 * @returns false also for a file that cannot be read
 */
export function isSingleExecutable(file: string): boolean {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch {
    return false;
  }
  try {
    return hasFuse(descriptor);
  } catch {
    return false;
  } finally {
    closeSync(descriptor);
  }
}

function hasFuse(descriptor: number): boolean {
  const bytes = Buffer.allocUnsafe(PIECE);
  // What may be the beginning of a fuse that the piece before ended in.
  let kept = 0;
  for (;;) {
    const read = readSync(descriptor, bytes, kept, PIECE - kept, null);
    if (read === 0) return false;
    const seen = bytes.subarray(0, kept + read);
    for (let at = seen.indexOf(FUSE); at >= 0; at = seen.indexOf(FUSE, at + 1)) {
      const state = seen[at + FUSE.length];
      if (state === PUT_IN) return true;
      if (state === LEFT_OUT) return false;
    }
    kept = Math.min(seen.length, FUSE.length);
    seen.copyWithin(0, seen.length - kept);
  }
}

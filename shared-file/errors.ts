// What goes wrong with files, for those too who only tell of it, and load nothing else of this room.

/** Something lies at a path that cannot serve as the file that belongs there. */
export class UnfitFileError extends Error {
  /** Says what is wrong with `path`: "is a named pipe, not a file". */
  constructor(
    readonly path: string,
    readonly fault: string,
  ) {
    super(`${path} ${fault}`);
  }
}

/** Whether an exception is a system error of one of these codes. */
export function isSystemError(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && codes.includes((error as NodeJS.ErrnoException).code ?? '');
}

/** What a user does about what the system says of a file; the codes that mean the same to him have one line. */
const CURES: readonly (readonly [codes: readonly string[], cure: string])[] = [
  [['EACCES', 'EPERM'], 'Correct its permissions and those of its folder'],
  [['EROFS'], 'Mount its file system for writing'],
  [['ENOSPC', 'EDQUOT'], 'Make room on its disk, in bytes and in files'],
  [['ELOOP'], 'Remove the symbolic links that lead back to themselves'],
  [['EMFILE', 'ENFILE'], 'Close other files, or raise how many may be open (ulimit -n)'],
  [['EIO'], 'Look after the disk, which has failed'],
];

/**
 * What to do about a system's error with a file, as a sentence.
 *
 * @param otherwise what may be done in any case: "name another file in WS2SPI_CATALOG"
 */
export function cureOf(error: unknown, otherwise: string): string {
  const known = CURES.find(([codes]) => isSystemError(error, ...codes));
  return known === undefined ? `${otherwise[0]!.toUpperCase()}${otherwise.slice(1)}.` : `${known[1]}, or ${otherwise}.`;
}

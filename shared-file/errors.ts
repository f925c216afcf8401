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

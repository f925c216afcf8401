// Names as the files compare them: case does not matter.

/** Whether two names are the same. */
export function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

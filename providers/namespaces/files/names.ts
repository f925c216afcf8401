// Names as the files compare them: case does not matter.

/** Whether two names are the same. */
export function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** The names without those that stand before, whatever their case. */
export function distinctNames(names: Iterable<string>): string[] {
  const found = new Map<string, string>();
  for (const name of names) if (!found.has(name.toLowerCase())) found.set(name.toLowerCase(), name);
  return [...found.values()];
}

/** Longer names than this are not compared: nobody types them, and the comparison costs the square of their length. */
const LONGEST = 128;

/**
 * Finds the name that somebody most likely meant.
 *
 * @param given what was written; anything may be given
 * @param names the names that there are
 * @returns the nearest of them, whatever the case of its letters; `null` when none is near
 */
export function nearestName(given: unknown, names: Iterable<string>): string | null {
  if (typeof given !== 'string' || given === '' || given.length > LONGEST) return null;
  const wanted = given.toLowerCase();
  let nearest: string | null = null;
  let least = Infinity;
  for (const name of names) {
    if (name.length > LONGEST) continue;
    const known = name.toLowerCase();
    const errors = typingErrors(wanted, known);
    // Two errors in five letters, and at least one: `tcp` is near `tcpip`, and `ftp` is not near `udp`.
    if (errors > Math.max(1, Math.floor(0.4 * Math.max(wanted.length, known.length))) || errors >= known.length)
      continue;
    if (errors < least) {
      least = errors;
      nearest = name;
    }
  }
  return nearest;
}

/**
 * The end of a sentence about a name that there is none of: the nearest one that there is, or all when none is near.
 *
 * @param given what was written
 * @param names the names that there are
 * @returns `: did you mean "connect"?`, `: there are connect, accept and bind`, or nothing when there are no names
 */
export function nearestNameAdvice(given: unknown, names: Iterable<string>): string {
  const known = [...names];
  const nearest = nearestName(given, known);
  if (nearest !== null) return `: did you mean "${nearest}"?`;
  if (known.length === 0 || known.length > 16) return '';
  return `: there ${known.length === 1 ? 'is' : 'are'} ${listOf(known)}`;
}

function listOf(names: readonly string[]): string {
  return names.length === 1 ? names[0]! : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** How many letters were left out, put in, mistaken or swapped with the next (Damerau and Levenshtein's distance). */
function typingErrors(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const mistaken = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(mistaken, previous[j]! + 1, current[j - 1]! + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, beforePrevious[j - 2]! + 1);
      current.push(least);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length]!;
}

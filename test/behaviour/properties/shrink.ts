// Makes a sequence that fails as short as it can be made.

/** What a search may cost: runs of the sequence, and milliseconds. */
export interface ShrinkBudget {
  readonly runs: number;
  readonly milliseconds: number;
}

/**
 * Leaves out of a failing sequence whatever it fails without: halves first, then ever smaller pieces, then single
 * calls, until nothing more can be left out or the budget is spent.
 *
 * @param sequence what fails
 * @param fails whether a part of it still does
 * @returns the shortest failing part found
 */
export function shrink<T>(
  sequence: readonly T[],
  fails: (part: readonly T[]) => boolean,
  budget: ShrinkBudget = { runs: 600, milliseconds: 8000 },
): readonly T[] {
  const end = performance.now() + budget.milliseconds;
  let left = budget.runs;
  let best = sequence;
  for (let size = Math.ceil(best.length / 2); size >= 1;) {
    let shorter = false;
    for (let at = 0; at < best.length;) {
      if (left-- <= 0 || performance.now() > end) return best;
      const part = [...best.slice(0, at), ...best.slice(at + size)];
      if (part.length < best.length && fails(part)) {
        best = part;
        shorter = true;
      } else {
        at += size;
      }
    }
    // A call that could go may have made others useless: single calls are tried until none can.
    if (size === 1 && !shorter) break;
    size = size === 1 ? 1 : Math.ceil(size / 2);
  }
  return best;
}

// What happened in a simulation, line by line, and one number for all of it.
import { createHash, hash } from 'node:crypto';

/** The lines of a run. */
export class SimulationTrace {
  readonly lines: string[] = [];

  /** Adds a line for something that happened at a moment. */
  note(now: number, text: string): void {
    this.lines.push(`${now.toFixed(3)} ${text}`);
  }

  /** A hash over all lines: runs that are alike have the same one. */
  hash(): string {
    const all = createHash('sha256');
    for (const line of this.lines) all.update(line).update('\n');
    return all.digest('hex').slice(0, 16);
  }
}

/** What tells contents apart in a line: their length and a part of their hash. */
export function digestOf(content: Uint8Array): string {
  return `${content.length} bytes #${hash('sha1', content, 'hex').slice(0, 8)}`;
}

/**
 * Finds where two runs of one seed part.
 *
 * @returns what each did there, in words; `null` when they are alike
 */
export function firstDifference(one: SimulationTrace, other: SimulationTrace): string | null {
  const length = Math.max(one.lines.length, other.lines.length);
  for (let at = 0; at < length; at++) {
    if (one.lines[at] === other.lines[at]) continue;
    return `line ${at + 1} of the trace was\n    ${one.lines[at] ?? '(the end)'}\n  and then\n    ${other.lines[at] ?? '(the end)'}`;
  }
  return null;
}

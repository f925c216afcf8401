// Which program this process is, as far as what it permits goes: known by its main script, as Windows knows one by its
// executable.
import { createRequire } from 'node:module';

/** A program that permits categories of layers. */
export interface Program {
  /** Its main script. */
  readonly path: string;
  /** The arguments behind it, separated by spaces; empty for none, and for all. */
  readonly extra: string;
}

/** This process' program; `null` when it has no script (`node -e`, standard input). Workers are of the process' program. */
export function mainProgram(): Program | null {
  const [, script, ...rest] = process.argv;
  if (script === undefined || script === '' || script === '-') return null;
  return { path: resolved(script), extra: rest.join(' ') };
}

// `node app` may mean app.js, or app/index.js.
function resolved(script: string): string {
  try {
    return createRequire(script).resolve(script);
  } catch {
    return script;
  }
}

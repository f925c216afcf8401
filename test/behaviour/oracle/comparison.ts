// What a trace of this project has to be: Wine's, with what is known to differ put right.
import { LAST_ERROR_AFTER_SUCCESS, WINE_DIFFERS, type Reason } from './exceptions.js';
import type { Base } from './instance-run.js';
import { NOT_YET } from './exceptions/not-yet.js';
import type { Scenario } from './scenario.js';

const FAILURES = /= (SOCKET_ERROR|INVALID_SOCKET|FALSE|NULL|WSA_WAIT_FAILED|\d{5}) /;

/** The functions of `LAST_ERROR_AFTER_SUCCESS` that were met. */
export const met = new Set<string>();

/** One line of a trace that is another one here. */
export interface Exception {
  readonly scenario: string;
  readonly base: Base | undefined;
  readonly call: string;
  readonly wine: string;
  readonly here: string;
}

function parse({ base, lines }: Reason): Exception[] {
  let scenario = '';
  return lines
    .split('\n')
    .filter((line) => line.trim() !== '')
    .flatMap((line) => {
      const [, call, wine, here] = /^ {8}(.*?) = (.*) → (.*)$/.exec(line) ?? [];
      if (call !== undefined) return [{ scenario, base, call, wine: wine!, here: here! }];
      scenario = line.trim();
      return [];
    });
}

/** All exceptions, of both kinds. One that is none any more fails the test of its scenario. */
export const EXCEPTIONS: readonly Exception[] = [...WINE_DIFFERS, ...NOT_YET].flatMap(parse);

function afterSuccess(line: string): string {
  const name = line.slice(0, line.indexOf('('));
  if (!(name in LAST_ERROR_AFTER_SUCCESS) || FAILURES.test(line)) return line;
  const changed = line.replace(' [-]', ' [0]');
  if (changed !== line) met.add(name);
  return changed;
}

/**
 * What this project's trace has to be.
 *
 * @param recorded Wine's trace
 * @throws Error when an exception is none: Wine's trace has no such line, or it is the same as here
 */
export function expectedTrace(recorded: readonly string[], scenario: Scenario, base: Base): string[] {
  const lines = recorded.map(afterSuccess);
  const put = new Set<number>();
  const title = `${scenario.group}: ${scenario.title}`;
  for (const { call, wine, here, ...one } of EXCEPTIONS) {
    if (one.scenario !== title || (one.base ?? base) !== base) continue;
    const place = lines.findIndex((line, at) => line === `${call} = ${wine}` && !put.has(at));
    if (place < 0) throw new Error(`an exception is none: ${title}: Wine's trace has no line\n${call} = ${wine}`);
    if (here === wine) throw new Error(`an exception is none: ${title}: ${call}: the same here as there`);
    lines[place] = `${call} = ${here}`;
    put.add(place);
  }
  return lines;
}

import { isThenable, kindOf } from '../spi/answers.js';
import { isObject } from '../spi/option-check.js';

/** What a suite's function is to return, for messages. */
export interface WantedOfFactory {
  /** The suite. */
  readonly suite: 'testProvider' | 'testNameSpace';
  /** How it is written. */
  readonly example: string;
  /** What else it must have beside `ws2`: a member, and the function that is in it. */
  readonly members?: readonly (readonly [member: string, its: string])[];
}

/**
 * Sees to it that the function which a suite was given made something that can be tried.
 *
 * @throws TypeError that says what it returned, and what it is to return
 */
export function checkMade(made: unknown, { suite, example, members = [] }: WantedOfFactory): void {
  const fault = faultOf(made, members);
  if (fault !== null) throw new TypeError(`${suite}: the function that it was given ${fault}; it returns ${example}`);
}

function faultOf(made: unknown, members: readonly (readonly [member: string, its: string])[]): string | null {
  if (made === undefined) return 'returned nothing: is a `return` missing, or the parentheses of `() => ({ … })`?';
  if (isThenable(made)) return 'returned a promise, and nobody waits for it';
  if (!isObject(made)) return `returned ${kindOf(made)}`;
  const { ws2 } = made;
  if (typeof made['WSAStartup'] === 'function') return 'returned the instance alone';
  if (typeof made['WSPStartup'] === 'function') return 'returned a layer, which is in no instance yet';
  if (!isObject(ws2) || typeof ws2['WSAStartup'] !== 'function')
    return 'returned an object without `ws2`, the instance';
  for (const [member, its] of members) {
    const value = made[member];
    if (!isObject(value)) return `returned an object without \`${member}\``;
    if (its !== '' && typeof value[its] !== 'function') return `returned a \`${member}\` that has no ${its}`;
  }
  return null;
}

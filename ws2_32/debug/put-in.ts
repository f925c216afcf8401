// How hooks get between callers and functions.
import { checkOptions, isObject, textThat, type OptionRule } from '../../spi/option-check.js';
import type { Dispatcher } from '../dispatcher/index.js';
import type { DebugHook, TakeOff } from './debug-hook.js';
import { matcherOf } from './function-match.js';
import { InstalledHook } from './hooks.js';

const CALLBACK: OptionRule = { fits: (value) => typeof value === 'function', expected: 'a function' };

/** What `match` may be. */
export const MATCH_RULE: OptionRule = {
  fits: (value) => isObject(value) || typeof value === 'string' || typeof value === 'function',
  expected: 'a name, an array of names, a RegExp or a function',
};

const RULES: Readonly<Record<keyof DebugHook<unknown>, OptionRule>> = {
  name: textThat((name) => name !== '', 'a text'),
  match: MATCH_RULE,
  before: CALLBACK,
  after: CALLBACK,
  completed: CALLBACK,
};

/**
 * Puts a hook in.
 *
 * @param given a `DebugHook`
 * @throws TypeError for what is no hook
 */
export function putHookIn(dispatcher: Dispatcher, given: unknown): TakeOff {
  checkOptions('debug.hook', given ?? null, RULES);
  const hook = given as DebugHook<unknown, string>;
  if (hook.before === undefined && hook.after === undefined && hook.completed === undefined) {
    throw new TypeError('debug.hook: a hook has a function `before`, `after` or `completed`');
  }
  const installed = new InstalledHook(dispatcher, hook, matcherOf(hook.match));
  installed.putIn();
  const takeOff = (): void => installed.takeOff();
  return Object.assign(takeOff, { [Symbol.dispose]: takeOff });
}

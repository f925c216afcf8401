import { checkOptions, isObject, textThat, type OptionRule } from '../../spi/option-check.js';
import type { Dispatcher } from '../dispatcher/index.js';
import type { DebugHook, TakeOff } from './debug-hook.js';
import { matcherOf } from './function-match.js';
import { InstalledHook } from './hooks.js';

const CALLBACK: OptionRule = { fits: (value) => typeof value === 'function', expected: 'a function' };

const RULES: Readonly<Record<keyof DebugHook<unknown>, OptionRule>> = {
  name: textThat((name) => name !== '', 'a text'),
  match: {
    fits: (value) => isObject(value) || typeof value === 'string' || typeof value === 'function',
    expected: 'a name, an array of names, a RegExp or a function',
  },
  before: CALLBACK,
  after: CALLBACK,
  completed: CALLBACK,
};

/**
 * Puts a hook in.
 *
 * @throws TypeError for what is no hook
 */
export function putHookIn(dispatcher: Dispatcher, hook: DebugHook<never, never>): TakeOff {
  if (!isObject(hook)) checkOptions('debug.hook', hook ?? null, RULES);
  checkOptions('debug.hook', hook, RULES);
  const { match, before, after, completed } = hook as DebugHook<unknown, string>;
  if (before === undefined && after === undefined && completed === undefined) {
    throw new TypeError('debug.hook: a hook has a function `before`, `after` or `completed`');
  }
  const installed = new InstalledHook(dispatcher, hook as DebugHook<unknown, string>, matcherOf(match));
  installed.putIn();
  const takeOff = (): void => installed.takeOff();
  return Object.assign(takeOff, { [Symbol.dispose]: takeOff });
}

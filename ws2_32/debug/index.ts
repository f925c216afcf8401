/**
 * The debug and trace facility: hooks on every function by which calls cross a border, and traces made of them.
 *
 * @module
 */
export { createDebugFunctions, type DebugFunctions } from './debug-functions.js';
export type {
  ArgumentsOf,
  CallAfter,
  CallBefore,
  CallCompletion,
  DebugHook,
  FunctionName,
  TakeOff,
} from './debug-hook.js';

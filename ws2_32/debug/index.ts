/**
 * The debug and trace facility: hooks on every function by which calls cross a border, and traces made of them.
 *
 * @module
 */
export { putHookIn } from './put-in.js';
export { traceByEnvironment, traceInstance } from './trace-functions.js';
export type {
  ArgumentsOf,
  CallAfter,
  CallBefore,
  CallCompletion,
  DebugHook,
  FunctionName,
  TakeOff,
  TraceOptions,
} from './debug-hook.js';

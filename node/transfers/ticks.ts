// Between two callbacks.

import { writeSync } from 'node:fs';
import { inspect } from 'node:util';

/** The exit code of a process whose handler of uncaught exceptions threw. */
const HANDLER_THREW = 7;

/** What Node.js calls with what nobody caught; it clears the stack of asynchronous contexts if somebody handles it. */
type Fatal = (error: unknown) => boolean;

const { _tickCallback: tickCallback, _fatalException: fatal } = process as unknown as {
  _tickCallback?: () => void;
  _fatalException?: Fatal;
};

/** Runs ticks and microtasks, as Node.js does between two callbacks of its own. What they throw is uncaught. */
export function runTicks(): void {
  try {
    tickCallback?.();
  } catch (error) {
    tickThrew(error);
  }
}

/**
 * Makes what a tick has thrown an uncaught exception. The tick's asynchronous context is still on Node.js' stack of them, and what
 * ends the contexts below it would abort the process: only an uncaught exception that is handled clears the stack.
 */
export function tickThrew(error: unknown): void {
  if (fatal !== undefined) {
    if (process.listenerCount('uncaughtException') > 0 || process.hasUncaughtExceptionCaptureCallback()) {
      try {
        fatal(error);
      } catch (thrown) {
        // Where the handler throws, Node.js ends the process, and says so by this code.
        writeSync(2, `${inspect(thrown)}\n`);
        process.exit(HANDLER_THREW);
      }
      return;
    }
    // Nobody will handle it: the process ends in the next turn.
    process.setUncaughtExceptionCaptureCallback(() => undefined);
    try {
      fatal(error);
    } finally {
      process.setUncaughtExceptionCaptureCallback(null);
    }
  }
  setImmediate(() => {
    throw error;
  });
}

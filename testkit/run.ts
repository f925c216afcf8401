// A test waits here, outside of every provider: promises and the event loop's own timers are what it waits with.
/* eslint-disable no-restricted-syntax, no-restricted-globals */
import type { VirtualClock } from '../index.js';
import { isThenable, kindOf } from '../spi/answers.js';
import { checkOptions, numberThat, type OptionRule } from '../spi/option-check.js';

/** Turns of the event loop in which nothing may be going on before the clock moves: callbacks lead to callbacks. */
const QUIET_TURNS = 12;

/**
 * How long, in real milliseconds, to go on when there is no timer to move the clock to, if the test says nothing else.
 */
const PATIENCE = 2000;

/**
 * What Node.js calls resources that come to an end by themselves, and so are worth waiting for: look-ups, files,
 * writes.
 */
const REQUEST = /Req|^(TCPConnect|PipeConnect|Write|Shutdown|Process)Wrap$/;

/** How a promise is waited for. */
export interface RunOptions {
  /** Real milliseconds to wait when no timer of the virtual clock is left; 2000 if absent. */
  readonly patience?: number;
}

const RULES: Readonly<Record<keyof RunOptions, OptionRule>> = {
  patience: numberThat((value) => value >= 0, 'milliseconds, 0 or more'),
};

/** Lets the event loop go on until what was under way has led to whatever it leads to, or something is over. */
export async function quietTurns(isOver: () => boolean): Promise<void> {
  for (let turn = 0; turn < QUIET_TURNS && !isOver(); turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Whether Node.js has something under way that comes to an end by itself. */
export function hasRequests(): boolean {
  return process.getActiveResourcesInfo().some((resource) => REQUEST.test(resource));
}

/**
 * Lets the event loop and a virtual clock go on together until a promise settles: whenever the event loop has nothing
 * more to do, the clock moves to the next timer. Timers of Node.js itself go by real time all the same.
 *
 * @param clock the clock that moves
 * @param promise what the test waits for
 * @param describe says what is still waited for, for the message of the error
 * @param options how long to wait when nothing is left that moves the clock
 * @returns what the promise resolves to
 * @throws what the promise rejects with; an Error when nothing is left that could settle it
 */
export async function runUntilSettled<T>(
  clock: VirtualClock,
  promise: PromiseLike<T>,
  describe: () => readonly string[],
  options: RunOptions = {},
): Promise<T> {
  checkOptions('run', options, RULES);
  if (!isThenable(promise)) throw new TypeError(`run: the first argument is a promise, not ${kindOf(promise)}`);
  let settled = false;
  const settle = (): void => {
    settled = true;
  };
  promise.then(settle, settle);
  let waitingSince: number | null = null;
  for (;;) {
    await quietTurns(() => settled);
    if (settled) return promise;
    if (hasRequests()) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      continue;
    }
    const next = clock.nextTimer();
    if (next !== Infinity) {
      waitingSince = null;
      clock.advance(Math.max(0, next - clock.now()));
      continue;
    }
    waitingSince ??= performance.now();
    const patience = options.patience ?? PATIENCE;
    if (performance.now() - waitingSince > patience) {
      const waiters = describe();
      throw new Error(
        `After ${patience} ms nothing is left that could settle this promise: no timer of the virtual clock is set` +
          (waiters.length > 0 ? `, and these wait:\n  ${waiters.join('\n  ')}` : ', and no call waits.'),
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

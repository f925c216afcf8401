// How the event loop's turns come into the application.
import { threadPoller } from '../platform/index.js';

/**
 * Has what the application is told begin where the event loop polls, as callbacks of Node.js' own handles do, for all instances of
 * this thread.
 *
 * @param enter enters one of Node.js' callback scopes, and calls the function given in it
 */
export function enterApplicationBy(enter: (turn: () => void) => void): void {
  threadPoller().enterBy(enter);
}

/**
 * Calls something from where the event loop polls, outside of Node.js' callback scopes, if anything can.
 *
 * @param work must not throw
 */
export function callFromLoop(work: () => void): void {
  threadPoller().callFromLoop(work);
}

/**
 * Does something behind the immediates that have been set in this turn of the event loop, as what is closed in a callback of Node.js'
 * own comes behind those.
 *
 * @param work must not throw
 */
export function behindImmediates(work: () => void): void {
  threadPoller().behindImmediates(work);
}

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

// Work for outside of Node.js' callback scopes, that came up within one.
import { tickThrew } from '../transfers/index.js';

/** What is to be done outside of callback scopes, as soon as the one that has been entered is over. */
let outside: (() => void)[] = [];
let isWithin = false;

/**
 * Does something outside of callback scopes, as libuv calls native code: between the callbacks that this makes, ticks and microtasks
 * run then. HTTP/2 gives all that came in one read to several callbacks, and drops what nobody has begun to read by the last.
 */
export function outsideOfScopes(work: () => void): void {
  if (isWithin) outside.push(work);
  else work();
}

/** Enters a scope, and does afterwards what was to be done outside of it. */
export function withinScope(enter: () => void): void {
  isWithin = true;
  try {
    enter();
  } finally {
    isWithin = false;
  }
  while (outside.length > 0) {
    const works = outside;
    outside = [];
    for (const work of works) {
      try {
        work();
      } catch (error) {
        tickThrew(error);
      }
    }
  }
}

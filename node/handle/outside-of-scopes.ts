// Work for outside of Node.js' callback scopes.
import { INSTANCE, type Ws2_32 } from '../../index.js';
import { tickThrew } from '../transfers/index.js';

/** What is to be done outside of callback scopes, as soon as the one that has been entered is over. */
let outside: (() => void)[] = [];
let isWithin = false;

/**
 * Does something outside of callback scopes, as libuv calls native code: between the callbacks that this makes, ticks and microtasks
 * run then. HTTP/2 gives all that came in one read to several callbacks, and drops what nobody has begun to read by the last.
 *
 * It is done when the scope is over that the poller has entered; within any other one, of an immediate, say, when the poller comes
 * next.
 */
export function outsideOfScopes(work: () => void, ws2: Ws2_32): void {
  if (isWithin) outside.push(work);
  else ws2[INSTANCE].callFromLoop(() => doOutside(work));
}

/** Enters a scope from outside of any, and does afterwards what was to be done there. */
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
    for (const work of works) doOutside(work);
  }
}

function doOutside(work: () => void): void {
  try {
    work();
  } catch (error) {
    tickThrew(error);
  }
}

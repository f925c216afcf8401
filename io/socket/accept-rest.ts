// A listener for whose next connection there is no room: no descriptor is free, or no memory. The connection stays where it
// is, and so the listener would count as ready at once, again and again, with nothing gained. So it rests.
import { WSAEMFILE, WSAENOBUFS, type Timer } from '../../spi/index.js';
import { Readiness } from '../core/socket-core.js';
import { extendedStateOf } from './extended-state.js';
import type { FrontSocket } from './front-socket.js';

/** How long a listener rests, in milliseconds, when no socket is closed meanwhile. */
const REST = 50;

/** As many accepts in a row may fail before a listener rests: often there is room again by then. */
const TRIES = 3;

/** The listeners of this thread that rest: room is the same for all. */
const resting = new Set<AcceptRest>();

/** The rest of one listener. */
export class AcceptRest {
  readonly #timer: Timer;

  constructor(private readonly listener: FrontSocket) {
    const { host } = listener;
    this.#timer = host.setTimer(host.clock.now() + REST, () => this.end());
    resting.add(this);
  }

  /** Has the connections that wait told again. */
  end(): void {
    this.#timer.cancel();
    resting.delete(this);
    const { extended } = this.listener;
    if (extended?.rest !== this) return;
    extended.rest = null;
    this.listener.changed(Readiness.ACCEPTABLE);
  }
}

/** Whether an accept failed because there is no room, and would fail again. */
export function isWithoutRoom(error: number): boolean {
  return error === WSAEMFILE || error === WSAENOBUFS;
}

/** Has a listener rest. */
export function rest(listener: FrontSocket): void {
  extendedStateOf(listener).rest ??= new AcceptRest(listener);
}

/** Takes note of an accept that found no room: a server that goes on trying has its listener rest. */
export function foundNoRoom(listener: FrontSocket): void {
  if (++extendedStateOf(listener).acceptsWithoutRoom > TRIES) rest(listener);
}

/** Whether a listener rests. */
export function isResting(listener: FrontSocket): boolean {
  return listener.extended !== null && listener.extended.rest !== null;
}

/** Ends the rest of all listeners: a socket was closed, and so there is room. */
export function endRests(): void {
  for (const each of resting) each.end();
}

/**
 * Whether a connection waits that can be taken.
 *
 * @param confirmed whether the core is to look; else what it told last counts
 */
export function connectionWaits(listener: FrontSocket, confirmed: boolean): boolean {
  if (listener.deferred !== null) return true;
  if (isResting(listener)) return false;
  const { core } = listener;
  const readiness = confirmed ? core.confirm(Readiness.ACCEPTABLE) : core.readiness;
  return (readiness & Readiness.ACCEPTABLE) !== 0;
}

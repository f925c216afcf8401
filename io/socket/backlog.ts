// The connections that wait at a listener. There may be no room for the next one: no descriptor is free, or no memory.
// It stays where it is then, and so the listener would count as ready at once, again and again, with nothing gained. So
// it rests.
import { WSAEMFILE, WSAENOBUFS, type InstanceHost, type Timer } from '../../spi/index.js';
import { addressSlot, Readiness, type AddressSlot, type SocketCore } from '../core/index.js';

/** How long a listener rests, in milliseconds, when no socket is closed meanwhile. */
const REST = 50;

/** As many accepts in a row may fail before a listener rests: often there is room again by then. */
const TRIES = 3;

/** A connection that was taken from its listener's core and belongs to nobody yet. */
export interface WaitingConnection {
  readonly core: SocketCore;
  readonly peer: AddressSlot;
}

/** The listener that has the backlog. */
export interface BacklogOwner {
  readonly host: InstanceHost;
  readonly core: SocketCore;
  /** The connections that wait are to be told again. */
  changed(edges: number): void;
}

/** Those of this thread that rest: room is the same for all. */
const resting = new Set<Backlog>();

/** The connections that wait at one listener: those whose condition function said CF_DEFER, then those of its core. */
export class Backlog {
  readonly #listener: BacklogOwner;
  readonly #deferred: WaitingConnection[] = [];
  /** How many accepts in a row found no room. */
  #failures = 0;
  #rest: Timer | null = null;

  constructor(listener: BacklogOwner) {
    this.#listener = listener;
  }

  /** Whether the listener rests. */
  get isResting(): boolean {
    return this.#rest !== null;
  }

  /** Whether there are connections that were deferred: they need no room. */
  get hasDeferred(): boolean {
    return this.#deferred.length > 0;
  }

  /** Takes the next connection; a WinSock code when there is none. */
  next(): WaitingConnection | number {
    const deferred = this.#deferred.shift();
    if (deferred !== undefined) return deferred;
    const peer = addressSlot();
    const core = this.#listener.core.tryAccept(peer);
    if (typeof core !== 'number') {
      this.#failures = 0;
      return { core, peer };
    }
    // A server that goes on trying has its listener rest.
    if (isWithoutRoom(core) && ++this.#failures > TRIES) this.rest();
    return core;
  }

  /** Puts a connection back: it is the next one. */
  defer(connection: WaitingConnection): void {
    this.#deferred.unshift(connection);
  }

  /**
   * Whether a connection waits that can be taken.
   *
   * @param confirmed whether the core is to look; else what it told last counts
   */
  hasNext(confirmed: boolean): boolean {
    if (this.hasDeferred) return true;
    return !this.isResting && hasConnection(this.#listener.core, confirmed);
  }

  /** Lets the listener rest. */
  rest(): void {
    if (this.#rest !== null) return;
    const { host } = this.#listener;
    this.#rest = host.setTimer(host.clock.now() + REST, () => this.endRest());
    resting.add(this);
  }

  /** Ends the rest; the connections that wait are told again. */
  endRest(): void {
    if (this.#rest === null) return;
    this.#rest.cancel();
    this.#rest = null;
    resting.delete(this);
    this.#listener.changed(Readiness.ACCEPTABLE);
  }

  /** The listener goes away: resets the connections that were deferred. */
  close(): void {
    for (const { core } of this.#deferred.splice(0)) core.abort();
    this.endRest();
  }
}

/** Whether an accept failed because there is no room, and would fail again. */
export function isWithoutRoom(error: number): boolean {
  return error === WSAEMFILE || error === WSAENOBUFS;
}

/** Whether a core has a connection. */
export function hasConnection(core: SocketCore, confirmed: boolean): boolean {
  const readiness = confirmed ? core.confirm(Readiness.ACCEPTABLE) : core.readiness;
  return (readiness & Readiness.ACCEPTABLE) !== 0;
}

/** Ends the rest of all listeners: a socket was closed, and so there is room. */
export function endRests(): void {
  for (const each of resting) each.endRest();
}

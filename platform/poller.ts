/** Platform-neutral readiness that a poller reports for a descriptor. */
export const PollEvents = {
  IN: 0x01,
  OUT: 0x02,
  PRIORITY: 0x04,
  ERROR: 0x08,
  HANG_UP: 0x10,
  PEER_HANG_UP: 0x20,
  /** Somebody else has closed the descriptor: told by a descriptor set alone, of which the poller makes `lost`. */
  GONE: 0x40,
} as const;

/** What a poller calls when a descriptor has become ready: a core. Must only take note. */
export interface PollTarget {
  /** @param events `PollEvents` bits */
  ready(events: number): void;
  /**
   * Somebody else has closed the descriptor. Its number may belong to anybody by now: nothing is to be done with it any more, nor is it to be
   * closed. The slot is still to be removed. Without it the target is told that all it might wait for has come. Must only take note.
   */
  lost?(): void;
}

/** What the poller tells the thread's reactors: each adds itself while its instance lives. */
export interface PollerClient {
  /**
   * The event loop found descriptors ready, an alarm due, or a wake-up asked for; targets have been told already.
   *
   * @param forApplication whether code of the application may run: from one of Node.js' own callbacks it may, but not
   *   from the native one, which comes from outside of Node.js' callback scopes. `wake` then brings another call in the
   *   same turn.
   */
  dispatch(forApplication: boolean): void;
}

/** The one place where a thread waits for its descriptors: one per thread, shared by its instances. */
export interface Poller {
  /** Watches a descriptor, edge-triggered for reading, writing, priority data and hang-up. Returns the slot. */
  add(descriptor: number, target: PollTarget): number;
  /**
   * Stops watching; to be called before the descriptor is closed. Slots carry a generation: a late event is dropped.
   *
   * @returns whether the descriptor is still the one that was added: if not, it is not to be closed, for its number may be another's
   */
  remove(slot: number): boolean;
  /** Whether the descriptor of a slot is still the one that was added, and nobody else has closed it. */
  holds(slot: number): boolean;
  /**
   * Waits for readiness and tells the targets; bits are copied out before the first target is told.
   *
   * @param timeout milliseconds, rounded up; 0 looks only, `Infinity` waits for ever
   * @returns how many targets were told, or -1 when the wait ended before its time and is to be repeated
   */
  poll(timeout: number): number;
  /** Adds a client whose `dispatch` the event loop calls. */
  addClient(client: PollerClient): void;
  /** Takes a client away. */
  removeClient(client: PollerClient): void;
  /** Asks the event loop to call `dispatch` of every client soon. Idempotent until it happened. */
  wake(): void;
  /**
   * Has turns of the application's begin where the event loop polls, as callbacks of Node.js' own handles do, rather than in an
   * immediate after it.
   *
   * @param enter enters one of Node.js' callback scopes, and calls the turn in it
   */
  enterBy(enter: (turn: () => void) => void): void;
  /**
   * Calls something from where the event loop polls, outside of Node.js' callback scopes. Where there is no native code nothing can:
   * it is called in an immediate.
   *
   * @param work must not throw
   */
  callFromLoop(work: () => void): void;
  /**
   * Does something behind the immediates that have been set in this turn, as what is closed in a callback of Node.js' own comes behind
   * those: at once, save in a turn that an immediate began, which the event loop leaves for what is closed.
   *
   * @param work must not throw
   */
  behindImmediates(work: () => void): void;
  /**
   * Asks the event loop to call the clients' `dispatch` after so many milliseconds. Each client has one alarm: a later
   * call replaces it, `Infinity` takes it away. A pending alarm keeps the event loop alive only while somebody holds a
   * `ref`.
   */
  setAlarm(client: PollerClient, milliseconds: number): void;
  /** Keeps the event loop alive; counted. */
  ref(): void;
  /** Takes one `ref` back. */
  unref(): void;
  /** True while targets are being told: what they defer is drained right after, without a wake-up. */
  readonly delivering: boolean;
  /** How many descriptors are watched for reactors; the poller's own are not counted. */
  readonly size: number;
  /** Microseconds for which to keep polling after activity before going back to the event loop; 0 for never. */
  spin: number;
}

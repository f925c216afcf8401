// What an operating system contributes to a thread's poller.

/** Integers per event in a batch: slot, generation, `PollEvents` bits. */
export const EVENT_INTS = 3;

/** How many events one look at the descriptors yields at most. */
export const BATCH_EVENTS = 256;

/** The operating system's set of watched descriptors, with an alarm, joined to the thread's event loop. */
export interface DescriptorSet {
  /** Watches a descriptor, edge-triggered. Returns whether that worked. */
  add(descriptor: number, slot: number, generation: number): boolean;
  /** Stops watching a descriptor. Returns whether it is still the one that was added, as `holds` does. */
  remove(descriptor: number): boolean;
  /**
   * Whether a descriptor is still the one that was added: false when somebody else has closed it, be its number another's by now or not. True where
   * the set cannot tell.
   */
  holds(descriptor: number): boolean;
  /** Whether no `wait` comes back because somebody else closes a descriptor: it is found by `holds`, or by the next `wait`. */
  readonly closesUnseen: boolean;
  /**
   * Waits, and writes what became ready to the batch.
   *
   * @param timeout milliseconds; -1 waits for ever
   * @param batch has room for `BATCH_EVENTS` events from `at` on
   * @returns the number of events, or -1 when the wait ended before its time: a signal came, or the thread has to be
   *   seen to be alive
   */
  wait(timeout: number, batch: Int32Array, at: number): number;
  /** Sets the alarm, in milliseconds from now; `Infinity` takes it away. */
  setAlarm(milliseconds: number): void;
  /** Whether the alarm went off in a `wait` since the last time it was asked. */
  takeAlarm(): boolean;
  /** Keeps the event loop alive for the set. */
  ref(): void;
  /** Lets the event loop end. */
  unref(): void;
  /** Leaves the thread's event loop for good; waits go on working. */
  leaveLoop(): void;
  /** Frees everything. */
  close(): void;
}

// WSAPoll: its entries, and what it tells.
import { pinMemory, writeWord } from '../native-memory.js';
import { PollEvents } from '../poller.js';
import { Afd } from './afd.js';
import type { Winsock } from './functions.js';

/** What WSAPoll asks and tells. */
export const Poll = { ERROR: 0x01, HANG_UP: 0x02, INVALID: 0x04, WRITE: 0x10, READ: 0x100, BAND: 0x200 } as const;

/** 32-bit integers of a WSAPOLLFD: the socket, then what is asked in the lower and what is told in the upper half. */
export const POLL_ENTRY_INTS = 4;

/** What WSAPoll told, as bits of `PollEvents`. */
export function polledEvents(told: number): number {
  let events = 0;
  if ((told & Poll.READ) !== 0) events |= PollEvents.IN;
  if ((told & Poll.BAND) !== 0) events |= PollEvents.PRIORITY;
  if ((told & Poll.WRITE) !== 0) events |= PollEvents.OUT;
  if ((told & Poll.HANG_UP) !== 0) events |= PollEvents.IN | PollEvents.PEER_HANG_UP;
  if ((told & Poll.ERROR) !== 0) events |= PollEvents.IN | PollEvents.ERROR | PollEvents.HANG_UP;
  if ((told & Poll.INVALID) !== 0) events |= PollEvents.GONE;
  return events;
}

/** Looks at one socket by WSAPoll, in place of AFD's poll with a time-out of 0. */
export class PolledLook {
  readonly #functions: Pick<Winsock, 'WSAPoll'>;
  readonly #entry = pinMemory(POLL_ENTRY_INTS * 4);

  constructor(functions: Pick<Winsock, 'WSAPoll'>) {
    this.#functions = functions;
  }

  /** Returns what holds of a socket, in bits of `Afd`. */
  found(descriptor: number): number {
    const { ints, address } = this.#entry;
    writeWord(ints, 0, descriptor);
    ints[2] = Poll.READ | Poll.BAND | Poll.WRITE;
    if (this.#functions.WSAPoll(address, 1, 0) <= 0) return 0;
    const told = ints[2] >>> 16;
    let found = 0;
    if ((told & Poll.READ) !== 0) found |= Afd.RECEIVE;
    if ((told & Poll.BAND) !== 0) found |= Afd.EXPEDITED;
    if ((told & Poll.WRITE) !== 0) found |= Afd.SEND;
    if ((told & Poll.HANG_UP) !== 0) found |= Afd.DISCONNECT;
    if ((told & (Poll.ERROR | Poll.INVALID)) !== 0) found |= Afd.ABORT;
    return found;
  }
}

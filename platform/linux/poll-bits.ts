// Linux' event bits, which poll(2) and epoll share, as PollEvents.
import { PollEvents } from '../poller.js';

const POLLIN = 0x1;
const POLLPRI = 0x2;
const POLLOUT = 0x4;
const POLLERR = 0x8;
const POLLHUP = 0x10;
const POLLRDHUP = 0x2000;

const BITS: readonly (readonly [linux: number, event: number])[] = [
  [POLLIN, PollEvents.IN],
  [POLLPRI, PollEvents.PRIORITY],
  [POLLOUT, PollEvents.OUT],
  [POLLERR, PollEvents.ERROR],
  [POLLHUP, PollEvents.HANG_UP],
];

const lowBits = new Uint8Array(32);
for (let bits = 0; bits < 32; bits++) {
  for (const [linux, event] of BITS) if ((bits & linux) !== 0) lowBits[bits]! |= event;
}

/** Linux' bits as `PollEvents`. */
export function pollEvents(bits: number): number {
  return lowBits[bits & 31]! | ((bits & POLLRDHUP) !== 0 ? PollEvents.PEER_HANG_UP : 0);
}

/** The bits of poll(2) that ask for `PollEvents`. */
export function linuxPollBits(events: number): number {
  let bits = (events & PollEvents.PEER_HANG_UP) !== 0 ? POLLRDHUP : 0;
  for (const [linux, event] of BITS) if ((events & event) !== 0) bits |= linux;
  return bits;
}

// What calls that found a queue empty or full, or began to connect, tell the descriptor set of their thread.

import { WSAEOPNOTSUPP, type CountOrNegatedCode } from '../../spi/index.js';

/** Who asks the kernel about sockets; each function is told of one that may be watched, or is about to be. */
export interface Interest {
  /** There was nothing, or no more, to be received or accepted: what comes next is news. */
  emptied(descriptor: number): void;
  /** There was no room to send. */
  filled(descriptor: number): void;
  /** It began to connect: before that is over, the kernel would tell of its failure as of something to be read. */
  connecting(descriptor: number): void;
  /** Has Windows send a part of a file: as `PlatformSockets.sendFile`. */
  sendFile(descriptor: number, file: number, position: number, length: number): CountOrNegatedCode;
  /** Nobody waits any more for what `sendFile` began. */
  endSendFile(descriptor: number): void;
}

const NOBODY: Interest = {
  emptied: () => undefined,
  filled: () => undefined,
  connecting: () => undefined,
  sendFile: () => -WSAEOPNOTSUPP,
  endSendFile: () => undefined,
};

let interested = NOBODY;

/** Who is told in this thread: its descriptor set, while there is one. */
export function interest(): Interest {
  return interested;
}

/** Has a descriptor set told, or nobody any more. */
export function tellInterest(set: Interest | null): void {
  interested = set ?? NOBODY;
}

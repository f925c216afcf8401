// Looking at what holds of a socket: AFD's poll with a time-out of 0, or WSAPoll where AFD does not know the socket.
import { foundEvents, openAfd, pollAfd, REQUEST_INTS } from './afd.js';
import { doesWithoutAfd, doWithoutAfd, findPolledHandle, polledHandle } from './foreign-layers.js';
import { lastingMemory, winsock } from './winsock.js';
import { PolledLook } from './wsa-poll.js';

/** The looks of a thread. */
export class Looks {
  readonly #afd = afd();
  readonly #request = lastingMemory(REQUEST_INTS * 4);
  #polled: PolledLook | null = null;

  /**
   * Looks at one socket.
   *
   * @param events what is asked about, in bits of `Afd`
   * @returns what holds of it, in the same bits; 0 for one that is no socket any more
   */
  found(descriptor: number, events: number): number {
    if (!doesWithoutAfd()) {
      if (this.#ask(descriptor, events)) return foundEvents(this.#request, 0);
      // It may not be watched yet, so that nobody asked for the handle below its layers.
      findPolledHandle(descriptor);
      if (polledHandle(descriptor) !== descriptor && this.#ask(descriptor, events)) {
        return foundEvents(this.#request, 0);
      }
    }
    this.#polled ??= new PolledLook(winsock());
    return this.#polled.found(descriptor) & events;
  }

  #ask(descriptor: number, events: number): boolean {
    return pollAfd(winsock(), this.#afd, 0, polledHandle(descriptor), events, this.#request, 0, 0, false);
  }
}

/** A handle of AFD's; 0 when this thread does without. */
function afd(): number {
  if (doesWithoutAfd()) return 0;
  try {
    return openAfd(winsock());
  } catch (cause) {
    doWithoutAfd(cause as Error);
    return 0;
  }
}

import { WSAEWOULDBLOCK, type CountOrNegatedCode, type InstanceHost, type Timer } from '../../spi/index.js';

/** Bytes that are received at once, to be dropped. */
export const PARTING_PIECE = 16 * 1024;
/** Milliseconds, and pieces in all, that a peer has to hear what was sent last. */
const PATIENCE = 2000;
const MOST_PIECES = 256;

/**
 * A connection that was broken off with last words: what the peer still sends is dropped until it has ended its side. Data that
 * lies unread as a socket is closed, or comes after, makes a reset, and takes the words from who has not read them.
 */
export class Parting {
  readonly #patience: Timer;
  #pieces = 0;
  #over = false;

  /**
   * @param receive receives a piece below, and drops it
   * @param over called once; with whether the connection is to be reset
   */
  constructor(
    host: InstanceHost,
    private readonly receive: () => CountOrNegatedCode,
    private readonly over: (reset: boolean) => void,
  ) {
    this.#patience = host.setTimer(host.clock.now() + PATIENCE, () => this.abort());
  }

  /** There may be something to drop, or the peer's end. */
  listen(): void {
    while (!this.#over) {
      const received = this.receive();
      if (received === -WSAEWOULDBLOCK) return;
      if (received <= 0) this.#end(false);
      else if (++this.#pieces === MOST_PIECES) this.#end(true);
    }
  }

  /** The peer has had its time. */
  abort(): void {
    this.#end(true);
  }

  #end(reset: boolean): void {
    if (this.#over) return;
    this.#over = true;
    this.#patience.cancel();
    this.over(reset);
  }
}

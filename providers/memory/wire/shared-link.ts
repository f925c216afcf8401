// What the sockets of a group share of a link: its bandwidth, and who is served first when that is short.
import type { Timer } from '../../../spi/index.js';
import type { Carrier, GroupLink, LinkSender } from './carrier.js';

/** What waits to leave, of a sender that has a place in the group. */
interface Departure {
  readonly owner: object;
  readonly sender: LinkSender;
  readonly bytes: number;
  readonly leave: (late: number) => void;
}

/**
 * The way out of the sockets of one group. One packet leaves at a time; the next is the first of those whose sender has
 * the highest priority at that moment (specification: SO_GROUP_PRIORITY, 0 being the highest).
 */
export class SharedLink implements GroupLink {
  readonly #network: Carrier;
  #waiting: Departure[] = [];
  #leaving: Departure | null = null;
  #timer: Timer | null = null;
  /** When the last packet has left. */
  #free = -Infinity;

  constructor(network: Carrier) {
    this.#network = network;
  }

  send(owner: object, sender: LinkSender, bytes: number, leave: (late: number) => void): void {
    this.#waiting.push({ owner, sender, bytes, leave });
    this.#next();
  }

  bytesOf(owner: object): number {
    let bytes = this.#leaving?.owner === owner ? this.#leaving.bytes : 0;
    for (const each of this.#waiting) if (each.owner === owner) bytes += each.bytes;
    return bytes;
  }

  drop(owner: object): void {
    this.#waiting = this.#waiting.filter((each) => each.owner !== owner);
    if (this.#leaving?.owner !== owner) return;
    this.#leaving = null;
    this.#timer?.cancel();
    this.#timer = null;
    this.#next();
  }

  #next(): void {
    if (this.#leaving !== null) return;
    const departure = this.#first();
    if (departure === null) return;
    const { host } = departure.sender;
    this.#leaving = departure;
    this.#free = Math.max(this.#free, host.clock.now()) + this.#network.link.busy(departure.bytes);
    this.#timer = this.#network.schedule(host, this.#free, () => {
      this.#timer = null;
      this.#leaving = null;
      departure.leave(Math.max(host.clock.now() - this.#free, 0));
      this.#next();
    });
  }

  #first(): Departure | null {
    let first = -1;
    let best = Infinity;
    for (const [at, { sender }] of this.#waiting.entries()) {
      const priority = sender.place?.priority ?? 0;
      if (priority >= best) continue;
      first = at;
      best = priority;
    }
    return first < 0 ? null : this.#waiting.splice(first, 1)[0]!;
  }
}

// What is under way in one direction of a connection.
import type { Timer } from '../../../spi/index.js';
import type { Carrier, GroupLink, LinkSender, MemoryHost } from './carrier.js';

/** Milliseconds after which a stream that gets no answer gives up, as after Windows' retransmissions. */
const GIVES_UP = 21_000;

/** What travels through a pipe, in order. */
export const Parcel = { DATA: 0, URGENT: 1, CONNECTED: 2, END: 3, RESET: 4, BOUNDARY: 5 } as const;

/** One of the values of {@link Parcel}. */
export type Parcel = (typeof Parcel)[keyof typeof Parcel];

interface InFlight {
  readonly parcel: Parcel;
  /** When it arrives; Infinity while the link is cut. */
  due: number;
  bytes: number;
}

/** The parcels under way in one direction. None overtakes another, and each leaves when the link is free. */
export class Transit {
  readonly #network: Carrier;
  readonly #host: MemoryHost;
  readonly #arrive: (parcel: Parcel, bytes: number) => void;
  #parcels: InFlight[] = [];
  #timer: Timer | null = null;
  /** When the link is free again. */
  #free = -Infinity;
  readonly #sender: LinkSender | null;
  /** What the sender shares with others of its group, once something has waited there. */
  #shared: GroupLink | null = null;
  /** How many parcels wait there. */
  #sharing = 0;
  readonly #unanswered: () => void;
  /** Ends the wait for a link that is cut. */
  #endHold: (() => void) | null = null;

  /**
   * Makes a direction with nothing under way.
   *
   * @param network the network whose link it passes
   * @param host the receiving instance, by whose clock parcels arrive
   * @param arrive called for each parcel as it arrives, with the number of bytes it is
   * @param sender who sends, if he may be in a group of sockets
   * @param unanswered called when the link has been cut for so long that the stream gives up
   */
  constructor(
    network: Carrier,
    host: MemoryHost,
    arrive: (parcel: Parcel, bytes: number) => void,
    sender: LinkSender | null = null,
    unanswered: () => void = () => undefined,
  ) {
    this.#sender = sender;
    this.#unanswered = unanswered;
    this.#network = network;
    this.#host = host;
    this.#arrive = arrive;
  }

  /** Whether a parcel sent now would arrive at once. */
  get immediate(): boolean {
    return this.#parcels.length === 0 && this.#sharing === 0 && this.#network.link.immediate;
  }

  /**
   * Sends a parcel, unless it can arrive at once: see `immediate`.
   *
   * @param bytes how many bytes of the stream it is; many are cut into several parcels
   * @param later milliseconds that it leaves later than now
   */
  send(parcel: Parcel, bytes: number, later = 0): void {
    const { link } = this.#network;
    const place = this.#sender?.place ?? null;
    if (this.#sharing > 0 || (place !== null && link.bandwidth < Infinity)) {
      this.#sendShared(parcel, bytes, later, place?.group ?? null);
      return;
    }
    const now = this.#host.clock.now();
    if (this.#free < now) this.#free = now;
    let left = bytes;
    do {
      const part = Math.min(left, link.segment);
      this.#free += link.busy(part);
      this.#push(parcel, part, this.#free + later);
      left -= part;
    } while (left > 0);
  }

  /** Lets a parcel leave when those of the group that come before it have left. */
  #sendShared(parcel: Parcel, bytes: number, later: number, group: object | null): void {
    const { link } = this.#network;
    const shared = (this.#shared ??= this.#network.sharedLink(group!));
    let left = bytes;
    do {
      const part = Math.min(left, link.segment);
      this.#sharing++;
      shared.send(this, this.#sender!, part, (late) => {
        this.#sharing--;
        this.#push(parcel, part, this.#host.clock.now() - late + later);
      });
      left -= part;
    } while (left > 0);
  }

  #push(parcel: Parcel, bytes: number, leaves: number): void {
    const last = this.#parcels.at(-1);
    if (this.#network.link.cut) {
      this.#parcels.push({ parcel, due: Infinity, bytes });
      this.#hold();
      return;
    }
    // Nothing overtakes: what was sent later arrives no earlier, whatever the jitter says.
    const due = Math.max(leaves + this.#network.link.reliableDelay(this.#host.random), last?.due ?? -Infinity);
    if (last !== undefined && last.parcel === Parcel.DATA && parcel === Parcel.DATA && last.due === due) {
      last.bytes += bytes;
      return;
    }
    this.#parcels.push({ parcel, due, bytes });
    this.#arm();
  }

  /** Waits for the link to be mended, or gives up. */
  #hold(): void {
    if (this.#endHold !== null) return;
    const { clock } = this.#host;
    const host = this.#sender?.host ?? this.#host;
    const forget = this.#network.link.whenMended(() => {
      this.#endHold!();
      let due = clock.now();
      for (const each of this.#parcels) {
        if (each.due === Infinity)
          each.due = Math.max(due, clock.now() + this.#network.link.reliableDelay(this.#host.random));
        due = each.due;
      }
      this.#arm();
    });
    const timer = this.#network.schedule(host, host.clock.now() + GIVES_UP, () => {
      this.clear();
      this.#unanswered();
    });
    this.#endHold = () => {
      this.#endHold = null;
      forget();
      timer.cancel();
    };
  }

  #arm(): void {
    const next = this.#parcels[0];
    if (next === undefined || this.#timer !== null || next.due === Infinity) return;
    this.#timer = this.#network.schedule(this.#host, next.due, () => {
      this.#timer = null;
      const now = Math.max(this.#host.clock.now(), next.due);
      while (this.#parcels.length > 0 && this.#parcels[0]!.due <= now) {
        const { parcel, bytes } = this.#parcels.shift()!;
        this.#arrive(parcel, bytes);
      }
      this.#arm();
    });
  }

  /** Drops everything that is under way. */
  clear(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#endHold?.();
    this.#parcels = [];
    this.#sharing = 0;
    this.#shared?.drop(this);
  }
}

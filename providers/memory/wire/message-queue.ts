// Datagrams on their way to one socket, and those that wait there.
import { viewOfBytes, type Timer, type WSABUF } from '../../../spi/index.js';
import type { Endpoint } from './address.js';
import type { Carrier, GroupLink, LinkSender, MemoryHost } from './carrier.js';
import type { MemoryLink } from './link.js';

/** Datagrams up to this size travel in buffers that are used again. */
const SMALL = 2048;
const MOST_SPARE = 64;
/** How many words of datagrams that found nobody wait at most. */
const MOST_REFUSALS = 256;
const NO_BYTES = new Uint8Array(0);

/** A datagram, or word of one that was sent to a port that nobody has. */
export interface Message {
  /** Whether it is such word: it has no content, and its source is of no meaning. */
  readonly refused: boolean;
  /** The content is the first `length` bytes. */
  bytes: Uint8Array;
  length: number;
  source: Endpoint;
  destination: Endpoint;
  /** Who sent it; used to keep the order. */
  sender: object | null;
  /** When it arrives, by the receiver's clock. */
  due: number;
}

/** Stands where one was that has landed. */
const NOWHERE: Endpoint = { stack: 4, host: '', port: 0, scope: 0 };
const LANDED: Message = {
  refused: true,
  bytes: NO_BYTES,
  length: 0,
  source: NOWHERE,
  destination: NOWHERE,
  sender: null,
  due: -Infinity,
};

function contentOf(buffers: readonly WSABUF[], count: number): Uint8Array {
  return Buffer.concat(buffers.slice(0, count).map(({ buf, len }) => buf.subarray(0, len)));
}

/** The datagrams of one receiver. */
export class MessageQueue {
  /** Bytes that wait to be received. */
  bytes = 0;
  /** Whether the oldest datagram gives way to a new one that finds no room. */
  #circular = false;

  readonly #network: Carrier;
  readonly #host: MemoryHost;
  readonly #arrived: (message: Message) => boolean;
  #waiting: Message[] = [];
  /** How many of those that wait are words of datagrams that found nobody. */
  #refusals = 0;
  /** Index of the first waiting message; those before it are done with. */
  #head = 0;
  /** Earliest first. */
  #inFlight: Message[] = [];
  /** When the way from each sender is free again; kept only where the link has a bandwidth. */
  readonly #free = new WeakMap<object, number>();
  #timer: Timer | null = null;
  readonly #spare: Message[] = [];
  #closed = false;

  /**
   * Makes the queue of a receiver.
   *
   * @param network the network whose link the datagrams pass
   * @param host the receiver's instance
   * @param arrived called for each datagram as it arrives; says whether it was accepted
   */
  constructor(network: Carrier, host: MemoryHost, arrived: (message: Message) => boolean) {
    this.#network = network;
    this.#host = host;
    this.#arrived = arrived;
  }

  /**
   * Sends a datagram to the receiver. The link may lose it, or find no room for it.
   *
   * @param sender whose datagrams stay in order among themselves
   * @param buffers the content, in the first `count`
   * @param bytes how many bytes that is
   * @param from who sends, if he may be in a group of sockets
   * @param way what it passes; the receiver's own network unless it comes from another machine
   */
  send(
    sender: object,
    buffers: WSABUF[],
    count: number,
    bytes: number,
    source: Endpoint,
    destination: Endpoint,
    from: LinkSender | null = null,
    way: Carrier = this.#network,
  ): void {
    const { link } = way;
    const isLost = link.loses(this.#host.random);
    way.observe?.(isLost ? 'lost' : 'datagram', contentOf(buffers, count));
    if (isLost) return;
    const place = link.bandwidth < Infinity && from !== null ? from.place : null;
    const shared = place === null ? null : way.sharedLink(place.group);
    const leaves = shared === null ? this.#leave(link, sender, bytes) : this.#findRoom(link, shared, sender, bytes);
    if (leaves < 0) return;
    const message = this.#make(bytes);
    message.sender = sender;
    message.source = source;
    message.destination = destination;
    let at = 0;
    for (let index = 0; index < count; index++) {
      const { buf, len } = buffers[index]!;
      if (len > 0) message.bytes.set(len === buf.length ? buf : viewOfBytes(buf, 0, len), at);
      at += len;
    }
    if (shared !== null) {
      shared.send(sender, from!, bytes, (late) => {
        if (this.#closed) return;
        message.due = this.#host.clock.now() - late + link.delay(this.#host.random);
        this.#fly(message);
      });
      return;
    }
    if (this.#inFlight.length === 0 && link.immediate) {
      if (!this.#arrived(message)) this.#release(message);
      return;
    }
    message.due = leaves + link.delay(this.#host.random);
    const detour = link.detour(this.#host.random);
    if (detour > 0) {
      message.due += detour;
      // Nobody waits behind it.
      message.sender = message;
    }
    this.#fly(message);
  }

  /**
   * Word comes to the owner of the queue that nobody has the port that it sent to; the link may lose it.
   *
   * @param from where that was
   * @param way what it passes
   */
  comeBack(from: Endpoint, way: Carrier = this.#network): void {
    const { link } = way;
    const word = { bytes: NO_BYTES, length: 0, source: from, destination: from, sender: null, due: 0 };
    const message: Message = { refused: true, ...word };
    if (this.#inFlight.length === 0 && link.immediate) {
      if (!this.#arrived(message)) this.#release(message);
    } else if (!link.loses(this.#host.random)) {
      // There and back.
      message.due = this.#host.clock.now() + link.delay(this.#host.random) + link.delay(this.#host.random);
      this.#fly(message);
    }
  }

  #fly(message: Message): void {
    let index = this.#inFlight.length;
    for (; index > 0; index--) {
      const before = this.#inFlight[index - 1]!;
      if (before.sender === message.sender && before.due > message.due) message.due = before.due;
      if (before.due <= message.due) break;
    }
    this.#inFlight.splice(index, 0, message);
    if (index === 0) this.#arm();
  }

  /** When a datagram is on its way, which takes a free link; -1 when too many wait for that. */
  #leave(link: MemoryLink, sender: object, bytes: number): number {
    const now = this.#host.clock.now();
    if (link.bandwidth === Infinity) return now;
    const free = Math.max(this.#free.get(sender) ?? now, now);
    if (link.overflows(free - now, bytes)) return -1;
    const leaves = free + link.busy(bytes);
    this.#free.set(sender, leaves);
    return leaves;
  }

  /** 0 when a datagram may wait with the others of its sender for the group's turn, -1 when too many do. */
  #findRoom(link: MemoryLink, shared: GroupLink, sender: object, bytes: number): number {
    const waiting = shared.bytesOf(sender);
    return waiting > 0 && waiting + bytes > link.queue ? -1 : 0;
  }

  #make(bytes: number): Message {
    const spare = bytes <= SMALL ? this.#spare.pop() : undefined;
    if (spare !== undefined) {
      spare.length = bytes;
      return spare;
    }
    const room = new Uint8Array(bytes <= SMALL ? SMALL : bytes);
    return { refused: false, bytes: room, length: bytes, source: NOWHERE, destination: NOWHERE, sender: null, due: 0 };
  }

  #release(message: Message): void {
    message.sender = null;
    if (message.bytes.length === SMALL && this.#spare.length < MOST_SPARE) this.#spare.push(message);
  }

  /** One timer at a time, for the earliest; it is set anew when something earlier is sent. */
  #arm(): void {
    this.#timer?.cancel();
    this.#timer = null;
    const next = this.#inFlight[0];
    if (next === undefined) return;
    this.#timer = this.#network.schedule(this.#host, next.due, () => {
      this.#timer = null;
      const now = Math.max(this.#host.clock.now(), next.due);
      this.#land(now);
      this.#arm();
    });
  }

  /** Those arrive that are due. All are taken out at once: of very many, each by itself would have the others moved. */
  #land(now: number): void {
    const inFlight = this.#inFlight;
    let landed = 0;
    try {
      // The queue may be closed meanwhile.
      while (this.#inFlight === inFlight && landed < inFlight.length && inFlight[landed]!.due <= now) {
        const message = inFlight[landed]!;
        // One that is made anew meanwhile may be this one, and is put in behind.
        inFlight[landed++] = LANDED;
        if (!this.#arrived(message)) this.#release(message);
      }
    } finally {
      inFlight.splice(0, landed);
    }
  }

  /** Lets the oldest datagram give way to a new one from now on. */
  makeCircular(): void {
    this.#circular = true;
  }

  /**
   * Lets a datagram wait to be received.
   *
   * @param limit bytes that may wait, though a single datagram always may
   * @returns false when there is no room, and the datagram is lost
   */
  accept(message: Message, limit: number): boolean {
    if (message.refused && this.#refusals >= MOST_REFUSALS) return false;
    while (this.first !== null && this.#wouldExceed(message, limit)) {
      if (!this.#circular) return false;
      this.dropFirst();
    }
    this.#waiting.push(message);
    this.bytes += message.length;
    if (message.refused) this.#refusals++;
    return true;
  }

  /** Empty datagrams count as a byte, so that they are bounded too. */
  #wouldExceed(message: Message, limit: number): boolean {
    const waiting = this.#waiting.length - this.#head;
    return Math.max(this.bytes, waiting) + Math.max(message.length, 1) > limit;
  }

  /** The datagram that is next to be received, or `null`. */
  get first(): Message | null {
    return this.#waiting[this.#head] ?? null;
  }

  /** Bytes of the first datagram that waits; 0 when there is none. */
  get firstLength(): number {
    for (let at = this.#head; at < this.#waiting.length; at++) {
      if (!this.#waiting[at]!.refused) return this.#waiting[at]!.length;
    }
    return 0;
  }

  /** Drops what waits of word that datagrams found nobody. */
  forgetRefusals(): void {
    if (this.#refusals === 0) return;
    this.#waiting = this.#waiting.filter((message, at) => at >= this.#head && !message.refused);
    this.#head = this.#refusals = 0;
  }

  /**
   * Copies the next datagram, as far as there is room.
   *
   * @returns bytes copied
   */
  copyFirst(buffers: WSABUF[], count: number): number {
    const { bytes, length } = this.first!;
    let at = 0;
    for (let index = 0; index < count && at < length; index++) {
      const { buf, len } = buffers[index]!;
      const part = Math.min(len, length - at);
      if (part > 0) buf.set(bytes.subarray(at, at + part), 0);
      at += part;
    }
    return at;
  }

  /** Is done with the next datagram. */
  dropFirst(): void {
    const message = this.first!;
    this.bytes -= message.length;
    if (message.refused) this.#refusals--;
    this.#head++;
    if (this.#head === this.#waiting.length) {
      this.#waiting.length = this.#head = 0;
    } else if (this.#head >= 64 && this.#head * 2 >= this.#waiting.length) {
      this.#waiting.splice(0, this.#head);
      this.#head = 0;
    }
    this.#release(message);
  }

  /** Drops everything, also what is under way. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#timer = null;
    this.#inFlight = [];
    this.#waiting = [];
    this.#head = this.bytes = this.#refusals = this.#spare.length = 0;
  }
}

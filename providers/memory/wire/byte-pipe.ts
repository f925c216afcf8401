// One direction of a connection: a bounded ring of bytes, part of which has arrived, and what is under way.
import { Readiness } from '../../../io/index.js';
import type { WSABUF } from '../../../spi/index.js';
import type { Carrier } from './carrier.js';
import type { PipeEnd } from './pipe-end.js';
import { Parcel, Transit } from './transit.js';

const EMPTY = new Uint8Array(0);
const FIRST_RING = 4096;
/** What SO_RCVBUF and SO_SNDBUF count at least, as with an operating system: less would stop the stream. */
const LEAST_BUFFER = 8192;
/** Bytes that a direction holds at most, whatever the buffers' sizes and whoever sends them. @internal */
export const MOST_CAPACITY = 0x4000_0000;
/** Room that there must be again before a sender that found the ring full is told. */
const LOW_WATER = 2048;
/** Up to so many bytes a loop is faster than `set`, which wants a view made for it. */
const LOOP_COPY = 16;

/** Where an urgent byte stands in the ring, counted from the read position. */
interface Mark {
  offset: number;
  /** `hole` was taken out of the stream on arrival, `inline` is to be read in its place. */
  state: 'under way' | 'hole' | 'inline';
}

function copy(from: Uint8Array, start: number, to: Uint8Array, at: number, bytes: number): void {
  if (bytes <= LOOP_COPY) {
    for (let byte = 0; byte < bytes; byte++) to[at + byte] = from[start + byte]!;
  } else if (bytes === from.length) {
    to.set(from, at);
  } else {
    to.set(from.subarray(start, start + bytes), at);
  }
}

/** One direction of a connection. The ring holds what was sent and not read; `visible` of it has arrived. */
export class BytePipe {
  /** Bytes that can be read, holes included. */
  visible = 0;
  /** Bytes that were ever sent. */
  sent = 0;
  /** Bytes that the buffers of both ends hold. A sender that does not wait may have sent more. */
  capacity = 0;
  /** Whether the writer's end of the stream has arrived. */
  ended = false;
  /** Whether the reader takes no data any more, so that data sent resets the connection. */
  refusing = false;
  /** Urgent bytes that arrived out of band and were not read. */
  readonly urgent: number[] = [];

  readonly #network: Carrier;
  readonly #writer: PipeEnd;
  readonly #reader: PipeEnd;
  readonly #transit: Transit;
  #ring: Uint8Array = EMPTY;
  #head = 0;
  /** Bytes in the ring. */
  #size = 0;
  #receiveShare = 0;
  #marks: Mark[] = [];
  #holes = 0;
  /** The reader has been closed: nothing that is sent gets anywhere. */
  #abandoned = false;
  #resetSent = false;
  /** The reset answers what the reader sent. */
  #resetAnswers = false;

  /**
   * Makes a direction.
   *
   * @param network the network whose link it passes
   * @param writer who sends
   * @param reader who receives, by whose instance's clock things arrive
   */
  constructor(network: Carrier, writer: PipeEnd, reader: PipeEnd) {
    this.#network = network;
    this.#writer = writer;
    this.#reader = reader;
    this.#transit = new Transit(
      network,
      reader.host,
      (parcel, bytes) => this.#arrive(parcel, bytes),
      writer,
      () => writer.unanswered(),
    );
    this.resize();
  }

  /** Takes SO_RCVBUF of the reader and SO_SNDBUF of the writer into account. */
  resize(): void {
    this.#receiveShare = Math.max(this.#reader.receiveBuffer, LEAST_BUFFER);
    this.capacity = Math.min(this.#receiveShare + Math.max(this.#writer.sendBuffer, LEAST_BUFFER), MOST_CAPACITY);
    this.#offerSpace();
  }

  /** Bytes that a send would take; more than any when they would be thrown away. */
  get space(): number {
    return this.refusing ? MOST_CAPACITY : this.capacity - this.#size;
  }

  /** Bytes that can be read as normal data. */
  get readable(): number {
    return this.visible - this.#holes;
  }

  /** Bytes sent that have not arrived, or have found the receive buffer full. */
  get unacknowledged(): number {
    return this.#size - Math.min(this.visible, this.#receiveShare);
  }

  /** Bytes that ever arrived. */
  get arrived(): number {
    return this.sent - (this.#size - this.visible);
  }

  /** Whether data is under way. */
  get carrying(): boolean {
    return this.#size > this.visible;
  }

  // ---- Sending ----

  /**
   * Puts bytes into the ring, which `commit` then sends.
   *
   * @param bound bytes that the ring may hold with them: `capacity` or, for one buffer beyond it, more
   * @returns how many there was room for
   */
  append(from: Uint8Array, start: number, end: number, bound: number): number {
    let bytes = end - start;
    if (this.refusing) return bytes;
    const space = bound - this.#size;
    if (bytes > space) bytes = space;
    if (bytes <= 0) return 0;
    if (this.#size + bytes > this.#ring.length) this.#grow(this.#size + bytes);
    const ring = this.#ring;
    const at = (this.#head + this.#size) & (ring.length - 1);
    const first = ring.length - at;
    if (bytes <= first) {
      copy(from, start, ring, at, bytes);
    } else {
      copy(from, start, ring, at, first);
      copy(from, start + first, ring, 0, bytes - first);
    }
    this.#size += bytes;
    this.sent += bytes;
    return bytes;
  }

  /** Whether nothing gets through it any more. */
  get isOver(): boolean {
    return this.#abandoned || this.#resetSent;
  }

  /** Sends bytes that were appended. */
  commit(bytes: number): void {
    if (this.#network.observe !== null) this.#tellOf('data', bytes);
    if (this.refusing) {
      this.#reader.refuseData();
    } else if (this.#transit.immediate) {
      this.visible += bytes;
      this.#reader.dataArrived(Readiness.READABLE);
    } else {
      this.#transit.send(Parcel.DATA, bytes);
    }
  }

  /** Tells whoever observes the network of the last bytes that were appended. */
  #tellOf(kind: 'data' | 'urgent', bytes: number): void {
    const content = new Uint8Array(this.refusing ? 0 : bytes);
    if (!this.refusing) this.#copyOut(this.#size - bytes, content, bytes);
    this.#network.observe!(kind, content);
  }

  /**
   * Sends one urgent byte.
   *
   * @param bound as for `append`
   * @returns 1, or 0 when there is no room
   */
  appendUrgent(from: Uint8Array, at: number, bound: number): number {
    const offset = this.#size;
    if (this.append(from, at, at + 1, bound) === 0) return 0;
    if (this.#network.observe !== null) this.#tellOf('urgent', 1);
    if (this.refusing) {
      this.#reader.refuseData();
    } else {
      this.#marks.push({ offset, state: 'under way' });
      this.#pass(Parcel.URGENT, 1);
    }
    return 1;
  }

  /** Tells the reader that the connection is made. */
  connected(): void {
    this.#pass(Parcel.CONNECTED, 0);
  }

  /** Ends the stream, after what was sent. */
  end(): void {
    this.#network.observe?.('end', null);
    this.#pass(Parcel.END, 0);
  }

  /**
   * Resets the connection, after what was sent; once is enough.
   *
   * @param answering whether it answers something that has yet to get here
   */
  reset(answering: boolean): void {
    if (this.#resetSent || this.#abandoned) return;
    this.#resetSent = true;
    this.#network.observe?.('reset', null);
    this.#resetAnswers = answering;
    if (this.#transit.immediate) this.#arrive(Parcel.RESET, 0);
    else this.#transit.send(Parcel.RESET, 0, answering ? this.#network.link.delay(this.#reader.host.random) : 0);
  }

  #pass(parcel: Parcel, bytes: number): void {
    if (this.#abandoned) return;
    if (this.#transit.immediate) this.#arrive(parcel, bytes);
    else this.#transit.send(parcel, bytes);
  }

  #arrive(parcel: Parcel, bytes: number): void {
    const reader = this.#reader;
    switch (parcel) {
      case Parcel.DATA:
        if (this.refusing) {
          reader.refuseData();
          break;
        }
        this.visible += bytes;
        reader.dataArrived(Readiness.READABLE);
        break;
      case Parcel.URGENT:
        if (this.refusing) reader.refuseData();
        else this.#arriveUrgent();
        break;
      case Parcel.CONNECTED:
        reader.answered(0);
        break;
      case Parcel.END:
        this.ended = true;
        reader.dataArrived(Readiness.READABLE | Readiness.PEER_CLOSED);
        break;
      case Parcel.RESET:
        reader.resetArrived(this.#resetAnswers);
        break;
      case Parcel.BOUNDARY:
        // Bytes have none.
        break;
    }
  }

  #arriveUrgent(): void {
    const mark = this.#marks.find((each) => each.state === 'under way')!;
    const byte = this.#ring[(this.#head + mark.offset) & (this.#ring.length - 1)]!;
    this.visible++;
    if (this.#reader.inline) {
      mark.state = 'inline';
      this.#reader.dataArrived(Readiness.READABLE);
      return;
    }
    mark.state = 'hole';
    this.#holes++;
    this.urgent.push(byte);
    this.#dropLeadingHoles();
    this.#reader.dataArrived(Readiness.OUT_OF_BAND);
  }

  // ---- Receiving ----

  /**
   * Reads normal data.
   *
   * @param peek whether it stays
   * @returns bytes read, or -1 when there are none
   */
  receive(buffers: WSABUF[], count: number, peek: boolean): number {
    if (this.visible === 0) return -1;
    if (this.#marks.length !== 0) return this.#receiveAroundMarks(buffers, count, peek);
    let bytes = 0;
    for (let index = 0; index < count && bytes < this.visible; index++) {
      const { buf, len } = buffers[index]!;
      const left = this.visible - bytes;
      const part = len < left ? len : left;
      this.#copyOut(bytes, buf, part);
      bytes += part;
    }
    if (!peek && bytes > 0) this.#consume(bytes);
    return bytes;
  }

  #copyOut(offset: number, to: Uint8Array, bytes: number): void {
    const ring = this.#ring;
    const at = (this.#head + offset) & (ring.length - 1);
    const first = ring.length - at;
    if (bytes <= first) {
      copy(ring, at, to, 0, bytes);
    } else {
      copy(ring, at, to, 0, first);
      copy(ring, 0, to, first, bytes - first);
    }
  }

  /**
   * Stops at holes (specification, "OOB Data": a single receive does not span the mark), and never puts an urgent byte
   * that is read in line together with normal data.
   */
  #receiveAroundMarks(buffers: WSABUF[], count: number, peek: boolean): number {
    let end = this.visible;
    for (const { offset, state } of this.#marks) {
      // A hole is never the first byte.
      if (state !== 'under way' && offset < end) end = offset === 0 ? 1 : offset;
    }
    let offset = 0;
    let bytes = 0;
    for (let index = 0; index < count; index++) {
      const { buf, len } = buffers[index]!;
      let at = 0;
      for (; at < len && offset < end; offset++) {
        buf[at++] = this.#ring[(this.#head + offset) & (this.#ring.length - 1)]!;
      }
      bytes += at;
    }
    if (!peek && offset > 0) this.#consume(offset);
    return bytes;
  }

  #consume(bytes: number): void {
    this.#size -= bytes;
    this.visible -= bytes;
    // An empty ring starts over, so that short exchanges stay in the same few cache lines.
    this.#head = this.#size === 0 ? 0 : (this.#head + bytes) & (this.#ring.length - 1);
    // What one large buffer needed is not kept.
    if (this.#size === 0 && this.#ring.length > 2 * this.capacity) this.#ring = EMPTY;
    if (this.#marks.length !== 0) this.#moveMarks(bytes);
    this.#offerSpace();
  }

  #moveMarks(bytes: number): void {
    for (const mark of this.#marks) {
      mark.offset -= bytes;
      if (mark.offset < 0 && mark.state === 'hole') this.#holes--;
    }
    this.#marks = this.#marks.filter((mark) => mark.offset >= 0);
    this.#dropLeadingHoles();
  }

  /** Keeps the first byte of the ring one that can be read, so that `visible` says whether any can. */
  #dropLeadingHoles(): void {
    const first = this.#marks[0];
    if (first !== undefined && first.offset === 0 && first.state === 'hole') this.#consume(1);
  }

  #offerSpace(): void {
    if ((this.#writer.readiness & Readiness.WRITABLE) === 0 && this.capacity - this.#size >= LOW_WATER) {
      this.#writer.spaceAppeared();
    }
  }

  /** Whether the next byte to be read is urgent and in line, or no urgent byte waits at all. */
  get atMark(): boolean {
    if (this.urgent.length > 0) return false;
    const inline = this.#marks.find((mark) => mark.state === 'inline');
    return inline === undefined || inline.offset === 0;
  }

  // ---- The end ----

  /**
   * The reader takes no data any more: what is there and under way is dropped.
   *
   * @param closed whether the reader is gone for good, so that nothing at all needs to arrive
   */
  refuse(closed: boolean): void {
    this.refusing = true;
    if (closed) {
      this.#abandoned = true;
      this.#transit.clear();
    }
    this.#ring = EMPTY;
    this.#head = this.#size = this.visible = this.#holes = 0;
    this.#marks = [];
    this.urgent.length = 0;
  }

  #grow(needed: number): void {
    let length = this.#ring.length || FIRST_RING;
    while (length < needed) length *= 2;
    const ring = new Uint8Array(length);
    this.#copyOut(0, ring, this.#size);
    this.#ring = ring;
    this.#head = 0;
  }
}

// One direction of a connection that carries messages: the pieces of messages that were sent and not read, of which some
// have arrived, and expedited blocks, which overtake them.
import { Readiness } from '../../../io/index.js';
import { viewOfBytes, type WSABUF } from '../../../spi/index.js';
import type { Carrier, LinkSender } from './carrier.js';
import { Parcel, Transit } from './transit.js';
import { NO_USER_DATA, type UserData } from './user-data.js';

/** What SO_RCVBUF and SO_SNDBUF count at least: less would stop the messages. */
const LEAST_BUFFER = 8192;
/** Room that there must be again before a sender that found the pipe full is told. */
const LOW_WATER = 2048;
/** Expedited blocks that wait at most. */
const MOST_EXPEDITED = 16;

/** A socket at one end of a connection, as its pipes see it. */
export interface MessageEnd extends LinkSender {
  readonly readiness: number;
  /** SO_RCVBUF and SO_SNDBUF. */
  readonly receiveBuffer: number;
  readonly sendBuffer: number;
  /** Its request for a connection was accepted (0), or has failed by a WinSock code. */
  answered(outcome: number): void;
  /** Something has arrived that the readiness bits tell of. */
  dataArrived(edges: number): void;
  /** The pipe to the peer takes messages again. */
  spaceAppeared(): void;
  /** Data was sent to this side, which takes none: the connection is broken off. */
  refuseData(): void;
  /** The peer has broken the connection off, or refused it, perhaps in answer to what was sent to it. */
  resetArrived(answering: boolean): void;
}

/** What one send put into the pipe: a message, or a part of one. */
interface Piece {
  readonly bytes: Uint8Array;
  /** Whether the message ends with it. */
  readonly ends: boolean;
}

/** One direction of a connection that carries messages. */
export class MessagePipe {
  /** Bytes that have arrived and were not read. */
  visible = 0;
  /** Messages whose end has arrived, and was not read. */
  whole = 0;
  /** Whether the writer's end of sending has arrived. */
  ended = false;
  /** Whether the reader takes nothing any more, so that what is sent breaks the connection off. */
  refusing = false;
  /** Whether the last receive got a part of a message only. */
  cut = false;
  /** Expedited blocks that have arrived and were not read. */
  readonly expedited: Uint8Array[] = [];
  /** What goes with the answer to the request for the connection, and with the end of sending. */
  answer: UserData = NO_USER_DATA;
  farewell: UserData = NO_USER_DATA;

  readonly #writer: MessageEnd;
  readonly #reader: MessageEnd;
  readonly #transit: Transit;
  /** Expedited blocks are not held up by what was sent before. */
  readonly #express: Transit;
  readonly #expressed: Uint8Array[] = [];
  #pieces: Piece[] = [];
  /** The piece that is next to be read, and what was read of it. */
  #head = 0;
  #offset = 0;
  /** What is in the pipe: bytes, and one more for the end of each message, so that empty ones are bounded too. */
  #size = 0;
  #capacity = 0;
  #receiveShare = 0;
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
  constructor(network: Carrier, writer: MessageEnd, reader: MessageEnd) {
    this.#writer = writer;
    this.#reader = reader;
    this.#transit = new Transit(network, reader.host, (parcel, bytes) => this.#arrive(parcel, bytes), writer);
    this.#express = new Transit(network, reader.host, () => this.#arriveExpedited(), writer);
    this.resize();
  }

  /** Takes SO_RCVBUF of the reader and SO_SNDBUF of the writer into account. */
  resize(): void {
    this.#receiveShare = Math.max(this.#reader.receiveBuffer, LEAST_BUFFER);
    this.#capacity = this.#receiveShare + Math.max(this.#writer.sendBuffer, LEAST_BUFFER);
    this.#offerSpace();
  }

  /** Room for more; a message is taken whole while there is any. */
  get space(): number {
    return this.refusing ? this.#capacity : this.#capacity - this.#size;
  }

  /** Bytes sent that have not arrived, or have found the receive buffer full. */
  get unacknowledged(): number {
    let bytes = -Math.min(this.visible, this.#receiveShare) - this.#offset;
    for (let at = this.#head; at < this.#pieces.length; at++) bytes += this.#pieces[at]!.bytes.length;
    return bytes;
  }

  // ---- Sending ----

  /**
   * Sends a message, or a part of one; the caller has looked whether there is room.
   *
   * @param buffers the content, in the first `count`
   * @param bytes how many bytes that is
   * @param ends whether the message ends with it
   */
  send(buffers: WSABUF[], count: number, bytes: number, ends: boolean): void {
    if (this.refusing) {
      this.#reader.refuseData();
      return;
    }
    this.#pieces.push({ bytes: gathered(buffers, count, bytes), ends });
    this.#size += bytes + (ends ? 1 : 0);
    if (bytes > 0) this.#pass(Parcel.DATA, bytes);
    if (ends) this.#pass(Parcel.BOUNDARY, 0);
  }

  /**
   * Sends an expedited block.
   *
   * @returns false when too many wait already
   */
  sendExpedited(buffers: WSABUF[], count: number, bytes: number): boolean {
    if (this.refusing) {
      this.#reader.refuseData();
      return true;
    }
    if (this.#expressed.length + this.expedited.length >= MOST_EXPEDITED) return false;
    this.#expressed.push(gathered(buffers, count, bytes));
    if (this.#express.immediate) this.#arriveExpedited();
    else this.#express.send(Parcel.URGENT, bytes);
    return true;
  }

  /** Tells the reader that its request for the connection is accepted. */
  accept(answer: UserData): void {
    this.answer = answer;
    this.#pass(Parcel.CONNECTED, 0);
  }

  /** Ends sending, after what was sent. */
  end(farewell: UserData): void {
    this.farewell = farewell;
    this.#pass(Parcel.END, 0);
  }

  /**
   * Breaks the connection off, or refuses it; once is enough.
   *
   * @param answering whether it answers something that was sent to who takes nothing any more
   */
  reset(farewell: UserData, answering = false): void {
    if (this.#resetSent || this.#abandoned) return;
    this.#resetSent = true;
    this.#resetAnswers = answering;
    if (farewell !== NO_USER_DATA) this.farewell = farewell;
    this.#pass(Parcel.RESET, 0);
  }

  #pass(parcel: Parcel, bytes: number): void {
    if (this.#abandoned) return;
    if (this.#transit.immediate) this.#arrive(parcel, bytes);
    else this.#transit.send(parcel, bytes);
  }

  #arrive(parcel: Parcel, bytes: number): void {
    const reader = this.#reader;
    switch (parcel) {
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
      default:
        if (this.refusing) {
          reader.refuseData();
          break;
        }
        this.visible += bytes;
        if (parcel === Parcel.BOUNDARY) this.whole++;
        reader.dataArrived(Readiness.READABLE);
    }
  }

  #arriveExpedited(): void {
    const block = this.#expressed.shift();
    if (block === undefined) return;
    this.expedited.push(block);
    this.#reader.dataArrived(Readiness.OUT_OF_BAND);
  }

  // ---- Receiving ----

  /** Whether a receive that wants whole messages would get something. */
  get hasMessage(): boolean {
    return this.whole > 0 || (this.visible > 0 && this.space <= 0);
  }

  /** Bytes that the next receive of a message can get. */
  get firstLength(): number {
    let bytes = -this.#offset;
    for (let at = this.#head; at < this.#pieces.length && bytes < this.visible; at++) {
      const piece = this.#pieces[at]!;
      bytes += piece.bytes.length;
      if (piece.ends) break;
    }
    return Math.max(Math.min(bytes, this.visible), 0);
  }

  /**
   * Receives a message, or as much of it as there is room for: the rest is for the next receive, and `cut` says so.
   *
   * @param most bytes that there is room for
   * @param partial whether a part of a message that has not arrived wholly will do
   * @param peek whether it stays
   * @returns bytes received, or -1 when there is nothing yet
   */
  receiveMessage(buffers: WSABUF[], count: number, most: number, partial: boolean, peek: boolean): number {
    if (this.whole === 0) {
      if (this.visible === 0) return -1;
      if (!partial && this.visible < most && this.space > 0) return -1;
    }
    const target = new Scatter(buffers, count);
    let at = this.#head;
    let offset = this.#offset;
    let ended = false;
    while (!ended && at < this.#pieces.length) {
      const { bytes, ends } = this.#pieces[at]!;
      offset += target.put(bytes, offset, Math.min(bytes.length, offset + this.visible - target.bytes));
      if (offset < bytes.length) break;
      if (ends && this.whole === 0) break;
      ended = ends;
      at++;
      offset = 0;
    }
    this.cut = !ended;
    if (!peek) this.#consume(at, offset, target.bytes, ended ? 1 : 0);
    return target.bytes;
  }

  /**
   * Receives as from a stream of bytes: where messages end is of no meaning.
   *
   * @param peek whether it stays
   * @returns bytes received, or -1 when there are none yet
   */
  receiveBytes(buffers: WSABUF[], count: number, peek: boolean): number {
    const target = new Scatter(buffers, count);
    let at = this.#head;
    let offset = this.#offset;
    let ends = 0;
    const { visible } = this;
    while (at < this.#pieces.length) {
      const piece = this.#pieces[at]!;
      offset += target.put(piece.bytes, offset, Math.min(piece.bytes.length, offset + visible - target.bytes));
      if (offset < piece.bytes.length || (piece.ends && ends === this.whole)) break;
      if (piece.ends) ends++;
      at++;
      offset = 0;
    }
    if (!peek) this.#consume(at, offset, target.bytes, ends);
    return visible === 0 ? -1 : target.bytes;
  }

  /** Reads what has arrived, for nobody. */
  discard(): void {
    this.receiveBytes([{ len: this.visible, buf: new Uint8Array(this.visible) }], 1, false);
    this.expedited.length = 0;
  }

  /**
   * Receives an expedited block; of one that is longer than the room the rest is for the next receive.
   *
   * @returns bytes received, or -1 when there is none
   */
  receiveExpedited(buffers: WSABUF[], count: number, peek: boolean): number {
    const block = this.expedited[0];
    if (block === undefined) return -1;
    const target = new Scatter(buffers, count);
    const taken = target.put(block, 0, block.length);
    this.cut = taken < block.length;
    if (peek) return taken;
    if (this.cut) this.expedited[0] = block.subarray(taken);
    else this.expedited.shift();
    return taken;
  }

  #consume(at: number, offset: number, bytes: number, ends: number): void {
    this.#head = at;
    this.#offset = offset;
    this.visible -= bytes;
    this.whole -= ends;
    this.#size -= bytes + ends;
    if (at === this.#pieces.length) {
      this.#pieces.length = this.#head = 0;
    } else if (at >= 64 && at * 2 >= this.#pieces.length) {
      this.#pieces.splice(0, at);
      this.#head = 0;
    }
    this.#offerSpace();
  }

  #offerSpace(): void {
    if ((this.#writer.readiness & Readiness.WRITABLE) === 0 && this.#capacity - this.#size >= LOW_WATER) {
      this.#writer.spaceAppeared();
    }
  }

  // ---- The end ----

  /**
   * The reader takes nothing any more: what is there and under way is dropped.
   *
   * @param closed whether the reader is gone for good, so that nothing at all needs to arrive
   */
  refuse(closed: boolean): void {
    this.refusing = true;
    if (closed) {
      this.#abandoned = true;
      this.#transit.clear();
    }
    this.#express.clear();
    this.#pieces = [];
    this.#head = this.#offset = this.#size = this.visible = this.whole = 0;
    this.expedited.length = this.#expressed.length = 0;
  }
}

function gathered(buffers: WSABUF[], count: number, bytes: number): Uint8Array {
  const content = new Uint8Array(bytes);
  let at = 0;
  for (let index = 0; index < count; index++) {
    const { buf, len } = buffers[index]!;
    if (len > 0) content.set(len === buf.length ? buf : viewOfBytes(buf, 0, len), at);
    at += len;
  }
  return content;
}

/** Buffers that are filled one after the other. */
class Scatter {
  /** Bytes that were put so far. */
  bytes = 0;
  #index = 0;
  #filled = 0;

  constructor(
    private readonly buffers: WSABUF[],
    private readonly count: number,
  ) {}

  /** Puts bytes from `start` to `end`, as many as there is room for; returns how many. */
  put(from: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && this.#index < this.count) {
      const { buf, len } = this.buffers[this.#index]!;
      const part = Math.min(len - this.#filled, end - at);
      if (part > 0) buf.set(viewOfBytes(from, at, at + part), this.#filled);
      at += part;
      this.#filled += part;
      if (this.#filled < len) break;
      this.#index++;
      this.#filled = 0;
    }
    this.bytes += at - start;
    return at - start;
  }
}

import type { WSABUF } from '../../../spi/index.js';
import type { CaptureClock } from './capture-clock.js';
import { INBOUND, OUTBOUND, type PacketBlocks } from './packet-blocks.js';
import { PacketHeader, PROTOCOL_TCP, type Endpoint } from './packet-header.js';
import { optionText } from './pcapng.js';

const FIN = 0x01;
const SYN = 0x02;
const RST = 0x04;
const PSH = 0x08;
const ACK = 0x10;
const URG = 0x20;

const TCP_HEADER = 20;
const WINDOW = 0xffff;
/** Of the first segment of each side: the longest segment, and a window of a gigabyte, which nothing ever fills. */
const SYN_OPTIONS = Uint8Array.of(2, 4, 0xff, 0xd7, 1, 3, 3, 14);
/** Bytes after which they are acknowledged, if the other side sends nothing that does so. */
const UNACKNOWLEDGED = 256 * 1024;
const NO_BUFFERS: readonly WSABUF[] = [];
const NO_COMMENT = new Uint8Array(0);

/** Where the packets of streams go: an interface of a capture. */
export interface PacketSink {
  readonly blocks: PacketBlocks;
  /**
   * Begins a packet.
   *
   * @param header bytes that are kept whole
   * @param contents bytes behind them, which may be cut; `kept` says to how many
   * @returns where it begins in `blocks`; -1 when it is not to be written
   */
  begin(clock: CaptureClock, header: number, contents: number, comment: Uint8Array): number;
  /** How many bytes of the contents of the packet begun are kept. */
  readonly kept: number;
}

/** Which side of a stream: 0 is the end that was captured first, 1 its peer. */
export type Side = 0 | 1;

/** What one side of a stream has sent. */
class Sender {
  /** The number of the next byte. */
  sequence: number;
  /** Bytes that the other side has not acknowledged. */
  unacknowledged = 0;
  /** Whether it has ended its direction. */
  hasEnded = false;

  constructor(
    readonly header: PacketHeader,
    readonly from: Endpoint,
    readonly to: Endpoint,
    first: number,
  ) {
    this.sequence = first;
  }
}

/**
 * The segments of a connection, made from what its sockets send and receive: a handshake, data in order, acknowledgements,
 * the ends, a reset.
 */
export class TcpStream {
  readonly #senders: readonly [Sender, Sender];
  #client: Side | null = null;
  #hasSyn = false;
  #isOpen = false;
  #isReset = false;
  #comment: Uint8Array;

  /**
   * @param ends of the two sides, as they are shown
   * @param first the sequence number that the first side begins with
   * @param comment said with the first packet
   */
  constructor(
    private readonly sink: PacketSink,
    ends: readonly [Endpoint, Endpoint],
    first: number,
    comment: string,
  ) {
    const sender = (from: Endpoint, to: Endpoint, sequence: number): Sender =>
      new Sender(new PacketHeader(from, to, PROTOCOL_TCP), from, to, sequence >>> 0);
    this.#senders = [sender(ends[0], ends[1], first), sender(ends[1], ends[0], first + 0x5a5a_5a5a)];
    this.#comment = optionText(comment);
  }

  /** Whether there is nothing more to come: it was reset, or both sides have ended. */
  get isOver(): boolean {
    return this.#isReset || (this.#senders[0].hasEnded && this.#senders[1].hasEnded);
  }

  /** Whether the handshake is done. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /**
   * The first segment of the handshake.
   *
   * @param client the side that connects
   * @param local the side that is the capturing socket's own, for the direction
   */
  connecting(clock: CaptureClock, client: Side, local: Side): void {
    if (this.#hasSyn || this.#isOpen) return;
    this.#hasSyn = true;
    this.#client = client;
    this.#segment(clock, client, SYN, local);
    this.#advance(client, 1);
  }

  /** The rest of the handshake, or all of it. */
  connected(clock: CaptureClock, client: Side, local: Side): void {
    if (this.#isOpen) return;
    this.connecting(clock, client, local);
    this.#isOpen = true;
    const server = other(this.#client!);
    this.#segment(clock, server, SYN | ACK, local);
    this.#advance(server, 1);
    this.#segment(clock, this.#client!, ACK, local);
  }

  /** The connection was there before: its handshake was not seen. */
  foundConnected(): void {
    if (this.#hasSyn || this.#isOpen) return;
    this.#isOpen = true;
    for (const sender of this.#senders) sender.sequence = (sender.sequence + 1) >>> 0;
  }

  /**
   * Data of a side.
   *
   * @param urgent whether they were sent or received by MSG_OOB
   */
  data(
    clock: CaptureClock,
    side: Side,
    buffers: readonly WSABUF[],
    length: number,
    urgent: boolean,
    local: Side,
  ): void {
    const sender = this.#senders[side];
    if (this.#isReset || sender.hasEnded) return;
    const most = sender.header.most - TCP_HEADER;
    for (let at = 0; at < length;) {
      const piece = Math.min(most, length - at);
      const isLast = at + piece === length;
      const flags = ACK | (isLast ? PSH : 0) | (urgent && isLast ? URG : 0);
      this.#segment(clock, side, flags, local, buffers, at, piece);
      this.#advance(side, piece);
      at += piece;
    }
    if (sender.unacknowledged >= UNACKNOWLEDGED) this.#acknowledge(clock, side, local);
  }

  /** A side has ended its direction. */
  ended(clock: CaptureClock, side: Side, local: Side): void {
    const sender = this.#senders[side];
    if (this.#isReset || sender.hasEnded || !this.#isOpen) return;
    this.#segment(clock, side, FIN | ACK, local);
    sender.hasEnded = true;
    this.#advance(side, 1);
    this.#acknowledge(clock, side, local);
  }

  /** A side has broken the connection. */
  reset(clock: CaptureClock, side: Side, local: Side): void {
    if (this.isOver) return;
    this.#segment(clock, side, RST | ACK, local);
    this.#isReset = true;
  }

  #acknowledge(clock: CaptureClock, side: Side, local: Side): void {
    this.#segment(clock, other(side), ACK, local);
  }

  #advance(side: Side, bytes: number): void {
    const sender = this.#senders[side];
    // Sequence numbers begin anew after 4 GiB.
    sender.sequence = (sender.sequence + bytes) >>> 0;
    sender.unacknowledged += bytes;
  }

  #segment(
    clock: CaptureClock,
    side: Side,
    flags: number,
    local: Side,
    buffers = NO_BUFFERS,
    from = 0,
    length = 0,
  ): void {
    const sender = this.#senders[side];
    const receiver = this.#senders[other(side)];
    if ((flags & ACK) !== 0) receiver.unacknowledged = 0;
    const options = (flags & SYN) === 0 ? 0 : SYN_OPTIONS.length;
    const ip = sender.header.length;
    const tcp = TCP_HEADER + options;
    const comment = this.#comment;
    const at = this.sink.begin(clock, ip + tcp, length, comment);
    if (at < 0) return;
    const { blocks, kept } = this.sink;
    const { bytes, view } = blocks;
    sender.header.write(bytes, view, at, tcp + length);
    const head = at + ip;
    view.setUint16(head, sender.from.port);
    view.setUint16(head + 2, sender.to.port);
    view.setUint32(head + 4, sender.sequence);
    view.setUint32(head + 8, (flags & ACK) === 0 ? 0 : receiver.sequence);
    view.setUint16(head + 12, ((tcp >> 2) << 12) | flags);
    view.setUint16(head + 14, WINDOW);
    view.setUint16(head + 16, 0);
    view.setUint16(head + 18, (flags & URG) === 0 ? 0 : length);
    if (options > 0) bytes.set(SYN_OPTIONS, head + TCP_HEADER);
    if (kept > 0) blocks.copy(buffers, from, kept, head + tcp);
    const following = tcp + length;
    const checksum =
      kept === length
        ? sender.header.checksum(following, blocks.sum(head, following))
        : sender.header.partialChecksum(following);
    view.setUint16(head + 16, checksum);
    blocks.end(side === local ? OUTBOUND : INBOUND, comment);
    if (comment.length > 0) this.#comment = NO_COMMENT;
  }
}

/** The other side. */
export function other(side: Side): Side {
  return side === 0 ? 1 : 0;
}

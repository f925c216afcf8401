import type { WSABUF } from '../../../spi/index.js';
import type { CaptureClock } from './capture-clock.js';
import { INBOUND, OUTBOUND, type PacketBlocks } from './packet-blocks.js';
import { endpoint, PacketHeader, PROTOCOL_UDP, type Endpoint } from './packet-header.js';
import { interfaceDescription, interfaceStatistics } from './pcapng.js';
import { TcpStream, type PacketSink, type Side } from './tcp-stream.js';

/** The longest headers that a packet has. */
const LONGEST_HEADERS = 60;
const UDP_HEADER = 8;
/** Streams that are remembered while nothing is captured. */
const MOST_PAUSED = 1000;
const NO_COMMENT = new Uint8Array(0);
/** Ports that are tried for a stream whose own one is shown at another place. */
const TRIES = 256;

/** The file that an interface is one of. */
export interface InterfaceFile {
  readonly blocks: PacketBlocks;
  /** The number of the section that is written at present. */
  readonly section: number;
  /** The pairs of ends that streams are shown with at present. */
  readonly shownPairs: Set<string>;
  /** Makes room for the block of a packet; returns whether it is to be written. */
  makeRoom(from: CaptureInterface, clock: CaptureClock, captured: number, comment: Uint8Array): boolean;
  /** Adds a block that is no packet. */
  add(block: Uint8Array): void;
  /** The number that an interface has in the section, whose description is written now. */
  numberOf(each: CaptureInterface): number;
  /** The sequence number that the next stream begins with. */
  nextSequence(): number;
  /** Says which name an address was found by. */
  name(address: Uint8Array, name: string): void;
}

/** A stream, and the sockets that it is made from: one, or both of its ends. */
export interface CapturedStream {
  readonly stream: TcpStream;
  /** The end that side 0 is. */
  readonly first: Endpoint;
  /** Who is captured at each side. */
  readonly sockets: [number, number];
  /** Whether both ends are, or were, captured here: then what is sent is written, and not again as it is received. */
  hasBothEnds: boolean;
}

/** A place in a chain, as an interface of a capture. */
export class CaptureInterface implements PacketSink {
  readonly blocks: PacketBlocks;
  kept = 0;
  /** Its number in the section. */
  #number = 0;
  /** The section that has its description. */
  #section = 0;
  #dropped = 0;
  readonly #streams = new Map<string, CapturedStream>();
  /** Streams that nobody captures at present; the one that was left first is first. */
  readonly #paused = new Set<CapturedStream>();
  /** What streams are known by: their own ends, and those that are shown. */
  readonly #keys = new Map<CapturedStream, readonly [key: string, shown: string]>();

  /**
   * @param description of the process and the chain
   * @param snaplen the most bytes of a packet's contents that are kept
   */
  constructor(
    readonly file: InterfaceFile,
    readonly name: string,
    private readonly description: string,
    private readonly snaplen: number,
  ) {
    this.blocks = file.blocks;
  }

  begin(clock: CaptureClock, header: number, contents: number, comment: Uint8Array): number {
    this.kept = Math.min(contents, this.snaplen);
    const captured = header + this.kept;
    if (!this.file.makeRoom(this, clock, captured, comment)) return -1;
    if (this.#section !== this.file.section) {
      this.#section = this.file.section;
      const snaplen = this.snaplen === Infinity ? 0 : this.snaplen + LONGEST_HEADERS;
      this.file.add(interfaceDescription(this.name, this.description, snaplen));
      this.#number = this.file.numberOf(this);
    }
    return this.blocks.begin(this.#number, clock.high, clock.low, captured, header + contents);
  }

  /** Writes a datagram. A part that no packet holds is cut off. */
  datagram(
    clock: CaptureClock,
    header: PacketHeader,
    from: Endpoint,
    to: Endpoint,
    buffers: readonly WSABUF[],
    bytes: number,
    isInbound: boolean,
  ): void {
    const length = Math.min(bytes, header.most - UDP_HEADER);
    const at = this.begin(clock, header.length + UDP_HEADER, length, NO_COMMENT);
    if (at < 0) return;
    const { view } = this.blocks;
    header.write(this.blocks.bytes, view, at, UDP_HEADER + length);
    const head = at + header.length;
    view.setUint16(head, from.port);
    view.setUint16(head + 2, to.port);
    view.setUint16(head + 4, UDP_HEADER + length);
    view.setUint16(head + 6, 0);
    if (this.kept > 0) this.blocks.copy(buffers, 0, this.kept, head + UDP_HEADER);
    const following = UDP_HEADER + length;
    const checksum =
      this.kept === length
        ? header.checksum(following, this.blocks.sum(head, following))
        : header.partialChecksum(following);
    // One of 0 would be none.
    view.setUint16(head + 6, checksum || 0xffff);
    this.blocks.end(isInbound ? INBOUND : OUTBOUND);
  }

  /** A packet was lost, because nobody read it in time. */
  drop(): void {
    this.#dropped++;
  }

  /** How many packets were lost, as a block; `null` for none. */
  get statistics(): Uint8Array | null {
    return this.#dropped === 0 ? null : interfaceStatistics(this.#number, this.#dropped);
  }

  /** The header of datagrams from one end to another. */
  static datagramHeader(from: Endpoint, to: Endpoint): PacketHeader {
    return new PacketHeader(from, to, PROTOCOL_UDP);
  }

  /**
   * The stream of a connection that a socket is an end of: that of its other end, if that is captured here too.
   *
   * Programs that show captures know a stream by its addresses and ports alone. So where the connection is captured at
   * another place as well, the client's port is another one here, and the first packet says so.
   *
   * @param isClient whether the socket connected; `null` when nobody knows
   * @param about what is said with the first packet
   * @returns the stream, and the side that the socket is
   */
  join(local: Endpoint, peer: Endpoint, isClient: boolean | null, about: string): [CapturedStream, Side] {
    const key = pairOf(local, peer);
    const there = this.#streams.get(key);
    const isPaused = there !== undefined && this.#paused.delete(there);
    // A connection that was seen to begin is another one.
    if (there !== undefined && isPaused && isClient !== null) this.#drop(there);
    else if (there !== undefined && !there.stream.isOver) {
      const side: Side = there.first.text === local.text ? 0 : 1;
      there.sockets[side]++;
      there.hasBothEnds ||= there.sockets[0] > 0 && there.sockets[1] > 0;
      return [there, side];
    }
    const changesLocal = isClient ?? local.port > peer.port;
    const shown = this.#shownEnds(local, peer, changesLocal);
    const [real, instead] = changesLocal ? [local, shown[0]] : [peer, shown[1]];
    const note = real === instead ? '' : `; ${instead.text} stands for ${real.text}, which is shown elsewhere`;
    const stream = new TcpStream(this, shown, this.file.nextSequence(), `${about}${note}`);
    const captured: CapturedStream = { stream, first: local, sockets: [1, 0], hasBothEnds: false };
    this.#streams.set(key, captured);
    this.#keys.set(captured, [key, pairOf(...shown)]);
    return [captured, 0];
  }

  /** A socket is no end of the stream any more. */
  leave(captured: CapturedStream, side: Side): void {
    captured.sockets[side]--;
    if (captured.sockets[0] === 0 && captured.sockets[1] === 0) this.#drop(captured);
  }

  /** A socket is captured no more, and perhaps again later: then its stream goes on. */
  pause(captured: CapturedStream, side: Side): void {
    captured.sockets[side]--;
    if (captured.sockets[0] > 0 || captured.sockets[1] > 0) return;
    this.#paused.add(captured);
    if (this.#paused.size <= MOST_PAUSED) return;
    const [oldest] = this.#paused;
    this.#paused.delete(oldest!);
    this.#drop(oldest!);
  }

  #drop(captured: CapturedStream): void {
    const keys = this.#keys.get(captured);
    if (keys === undefined) return;
    this.#keys.delete(captured);
    if (this.#streams.get(keys[0]) === captured) this.#streams.delete(keys[0]);
    this.file.shownPairs.delete(keys[1]);
  }

  #shownEnds(local: Endpoint, peer: Endpoint, changesLocal: boolean): [Endpoint, Endpoint] {
    const { shownPairs } = this.file;
    const end = changesLocal ? local : peer;
    for (let tries = 0; tries < TRIES; tries++) {
      // From the other half of all ports, where those of clients are not.
      const port = tries === 0 ? end.port : (end.port ^ 0x8000) + tries - 1;
      if (port === 0 || port > 0xffff) continue;
      const shown = tries === 0 ? end : endpoint(end.address, port);
      const ends: [Endpoint, Endpoint] = changesLocal ? [shown, peer] : [local, shown];
      const pair = pairOf(...ends);
      if (shownPairs.has(pair)) continue;
      shownPairs.add(pair);
      return ends;
    }
    return [local, peer];
  }
}

/** Two ends, whichever is named first. */
function pairOf({ text: one }: Endpoint, { text: two }: Endpoint): string {
  return one < two ? `${one} ${two}` : `${two} ${one}`;
}

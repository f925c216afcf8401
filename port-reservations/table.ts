import { isDead, type Holder } from '../shared-file/index.js';
import type { PortBlock, PortProtocol } from '../spi/index.js';
import { tokenFrom, type PersistentReservation, type ReservationData, type RuntimeReservation } from './data.js';

/** A reservation as it is looked up. */
export class ReservedBlock implements PortBlock {
  readonly protocol: PortProtocol;
  readonly first: number;
  readonly count: number;
  readonly #origin: { readonly secret: string; readonly boot: string } | bigint;
  #token: bigint | null = null;
  /** The thread whose socket acquired it; `null` for a persistent one. */
  readonly holder: Holder | null;

  private constructor(
    { protocol, first, count }: { protocol: PortProtocol; first: number; count: number },
    origin: { readonly secret: string; readonly boot: string } | bigint,
    holder: Holder | null,
  ) {
    this.protocol = protocol;
    this.first = first;
    this.count = count;
    this.#origin = origin;
    this.holder = holder;
  }

  /** Makes that of a persistent reservation, in a run of the system. */
  static persistent(reservation: PersistentReservation, boot: string): ReservedBlock {
    return new ReservedBlock(reservation, { secret: reservation.secret, boot }, null);
  }

  /** Makes that of a runtime reservation. */
  static runtime(reservation: RuntimeReservation): ReservedBlock {
    return new ReservedBlock(reservation, BigInt(`0x${reservation.token}`), reservation.holder);
  }

  /** Made at first need: a thousand of them take longer than everything else. */
  get token(): bigint {
    if (typeof this.#origin === 'bigint') return this.#origin;
    return (this.#token ??= tokenFrom(this.#origin.secret, this.#origin.boot));
  }

  /** Whether the process whose socket acquired it has ended, and it with that. */
  get over(): boolean {
    return this.holder !== null && isDead(this.holder);
  }
}

/** The reservations of one protocol by their ports. */
class BlockList {
  readonly #blocks: readonly ReservedBlock[];
  readonly #firsts: Uint16Array;

  constructor(blocks: readonly ReservedBlock[]) {
    this.#blocks = [...blocks].sort((a, b) => a.first - b.first);
    this.#firsts = Uint16Array.from(this.#blocks, ({ first }) => first);
  }

  /** The last block that begins at a port or before; -1 for none. */
  #upTo(port: number): number {
    const firsts = this.#firsts;
    let low = 0;
    let high = firsts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (firsts[middle]! <= port) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** The block nearest below `last` that has a port of the range. */
  within(first: number, last: number): ReservedBlock | null {
    const block = this.#blocks[this.#upTo(last)];
    return block !== undefined && block.first + block.count > first ? block : null;
  }
}

/** The reservations at one moment. */
export class ReservationTable {
  readonly #lists: Readonly<Record<PortProtocol, BlockList>>;
  readonly #blocks: readonly ReservedBlock[];
  #byToken: Map<bigint, ReservedBlock> | null = null;

  /**
   * Makes the table of some reservations, none of which overlap.
   *
   * @param keeping names the run of the system
   */
  constructor(data: ReservationData, keeping: { readonly boot: string }) {
    this.#blocks = [
      ...data.persistent.map((each) => ReservedBlock.persistent(each, keeping.boot)),
      ...data.runtime.map((each) => ReservedBlock.runtime(each)),
    ];
    const list = (protocol: PortProtocol): BlockList =>
      new BlockList(this.#blocks.filter((block) => block.protocol === protocol));
    this.#lists = { tcp: list('tcp'), udp: list('udp') };
  }

  /** The block that a port lies in, also one whose process has ended. */
  at(protocol: PortProtocol, port: number): ReservedBlock | null {
    return this.#lists[protocol].within(port, port);
  }

  /** Whether a block has a port of the range, also one whose process has ended. */
  touches(protocol: PortProtocol, first: number, last: number): boolean {
    return this.overlapping(protocol, first, last) !== null;
  }

  /** The first port from one on that no block has; 65536 where there is none. */
  unreservedFrom(protocol: PortProtocol, port: number): number {
    let free = port;
    for (let block = this.at(protocol, free); block !== null; block = this.at(protocol, free)) {
      free = block.first + block.count;
    }
    return free;
  }

  /** A block that has a port of the range, or `null`; also one whose process has ended, until it is dropped: two may never have a port. */
  overlapping(protocol: PortProtocol, first: number, last: number): ReservedBlock | null {
    return this.#lists[protocol].within(first, last);
  }

  /** The block of a token. */
  byToken(protocol: PortProtocol, token: bigint): ReservedBlock | null {
    this.#byToken ??= new Map(this.#blocks.map((block) => [block.token, block]));
    const block = this.#byToken.get(token);
    return block?.protocol === protocol ? block : null;
  }

  /** All blocks, by protocol and port. */
  all(): ReservedBlock[] {
    return [...this.#blocks].sort((a, b) => a.protocol.localeCompare(b.protocol) || a.first - b.first);
  }
}

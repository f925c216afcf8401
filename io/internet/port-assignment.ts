// Which port a socket may have where blocks of ports are reserved: for every provider of TCP/IP.
import {
  WSAEACCES,
  WSAEADDRINUSE,
  type ErrorCode,
  type PortBlock,
  type PortProtocol,
  type PortReservations,
  type PortSpace,
} from '../../spi/index.js';

/** How a socket is bound, by the rules of sharing addresses. */
export interface PortBinder {
  /** Binds to a port; 0 has the network choose one. */
  bindTo(port: number): ErrorCode;
  /**
   * Binds to a port if nobody has it, although he or the socket would share it: WSAEADDRINUSE else.
   *
   * @param remembered whether connections that are over, and only remembered, do not count
   */
  bindToFree(port: number, remembered: boolean): ErrorCode;
}

/** What a socket has of reserved ports. */
export interface PortOwner {
  /** The block that it takes its port from. */
  readonly own: PortBlock | null;
  /** Whether a block is one that it acquired. */
  has(block: PortBlock): boolean;
}

/** What the reservations have to say when sockets of one protocol are bound. */
export class PortAssignment {
  /**
   * @param reservations that hold for the sockets; `null` for none
   * @param protocol the sockets'
   * @param space the ports that they can have
   */
  constructor(
    readonly reservations: PortReservations | null,
    readonly protocol: PortProtocol,
    readonly space: PortSpace,
  ) {}

  /** Whether the network may choose ports by itself: no block has any of those that it chooses from. */
  get isLeftToNetwork(): boolean {
    if (this.reservations === null) return true;
    const { first, last } = this.space.automatic();
    return !this.reservations.touches(this.protocol, first, last);
  }

  /**
   * Binds a socket: to a port of its own block, or to one that no block has.
   *
   * @param wanted the port; 0 for any
   * @param owner what the socket has of reserved ports; `null` when it never asked for any
   * @returns 0; WSAEACCES for a port of somebody else's block, WSAEADDRINUSE when every port of its own, or every one that
   *   is in no block, is taken; or what the binder returned
   */
  bind(wanted: number, owner: PortOwner | null, binder: PortBinder): ErrorCode {
    const { reservations, protocol } = this;
    if (reservations === null) return binder.bindTo(wanted);
    const own = owner === null ? null : owner.own;
    if (wanted !== 0) {
      const block = reservations.at(protocol, wanted);
      const mayHave = block === null || block.token === own?.token || owner?.has(block) === true;
      return mayHave ? binder.bindTo(wanted) : WSAEACCES;
    }
    if (own !== null) return this.#bindWithin(own, reservations, binder);
    return this.isLeftToNetwork ? binder.bindTo(0) : this.#bindOutside(reservations, binder);
  }

  #bindWithin(own: PortBlock, reservations: PortReservations, binder: PortBinder): ErrorCode {
    // Deleted since, or the socket closed that acquired it.
    if (typeof reservations.find(this.protocol, own.token) === 'number') return WSAEADDRINUSE;
    for (const remembered of [false, true]) {
      for (let port = own.first; port < own.first + own.count; port++) {
        const code = binder.bindToFree(port, remembered);
        if (code !== WSAEADDRINUSE) return code;
      }
    }
    return WSAEADDRINUSE;
  }

  #bindOutside(reservations: PortReservations, binder: PortBinder): ErrorCode {
    const { first, last } = this.space.automatic();
    const start = this.space.nextAutomatic();
    const code = this.#tryRange(start, last, reservations, binder);
    return code === WSAEADDRINUSE ? this.#tryRange(first, start - 1, reservations, binder) : code;
  }

  #tryRange(first: number, last: number, reservations: PortReservations, binder: PortBinder): ErrorCode {
    for (let port = first; port <= last; port++) {
      port = reservations.unreservedFrom(this.protocol, port);
      if (port > last) break;
      if (this.space.leavesAlone(port)) continue;
      const code = binder.bindToFree(port, false);
      if (code !== WSAEADDRINUSE) return code;
    }
    return WSAEADDRINUSE;
  }
}

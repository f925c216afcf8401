import type { WSABUF, WSAPROTOCOL_INFOW, CountOrNegatedCode, ErrorCode } from '../../spi/index.js';
import type { FlowControl } from './flow-control.js';
import type { Flow, FlowConditions, FlowReservation } from './flow.js';
import type { GroupMember, GroupPlace } from './socket-group.js';

/**
 * Bits of a core's readiness. They are level information: what holds now, as far as the core knows.
 * The front may ask again at any time with `confirm`.
 */
export const Readiness = {
  /** Bytes, a datagram, or the end of the stream can be received. */
  READABLE: 0x01,
  /** A send would take at least one byte. */
  WRITABLE: 0x02,
  /** A connection waits to be accepted. */
  ACCEPTABLE: 0x04,
  /** The connection that `tryConnect` began is there. */
  CONNECTED: 0x08,
  /** The connection that `tryConnect` began failed; `error` says why. */
  CONNECT_FAILED: 0x10,
  /** Out-of-band data can be received. */
  OUT_OF_BAND: 0x20,
  /** The peer has ended its side; data may still be there to be read. Never goes away again. */
  PEER_CLOSED: 0x40,
  /** The connection is gone without grace; `error` says why. Never goes away again. */
  RESET: 0x80,
  /** The reset took what the peer had sent before, and nobody had received. Never goes away again. */
  RECEIVED_LOST: 0x1000,
  /** The quality of service changed. */
  QUALITY_CHANGED: 0x100,
  /** That of the socket's group changed, of a core whose socket below is in one. */
  GROUP_QUALITY_CHANGED: 0x800,
  /** Told once after SIO_ADDRESS_LIST_CHANGE: the local addresses are others now. */
  ADDRESSES_CHANGED: 0x200,
  /** Told once after SIO_ROUTING_INTERFACE_CHANGE: the way to the address asked about is another now. */
  ROUTE_CHANGED: 0x400,
} as const;

/** Room for a socket address that a core fills in, in Windows' binary layout. */
export interface AddressSlot {
  /** At least 128 bytes. */
  readonly bytes: Uint8Array;
  /** How many of the bytes the address takes; 0 when there is none. */
  length: number;
}

/** Makes an empty address slot. */
export function addressSlot(): AddressSlot {
  return { bytes: new Uint8Array(128), length: 0 };
}

/** What is known of a datagram beside its bytes and its source; numbers are -1 where nothing is known. */
export interface DatagramDetails {
  /** Received: the address that it was sent to. Sent: the address that it is to come from; length 0 for any. */
  readonly address: AddressSlot;
  /** The index of the network interface. */
  interfaceIndex: number;
  /** IP_TTL or the hop limit. */
  hopLimit: number;
  /** IP_TOS or the traffic class. */
  trafficClass: number;
}

/** Makes details of which nothing is known. */
export function datagramDetails(): DatagramDetails {
  return { address: addressSlot(), interfaceIndex: -1, hopLimit: -1, trafficClass: -1 };
}

/** Who a core tells that something may have changed: its front. */
export interface CoreNotice {
  /** The handle by which the application knows the socket, if it has one. */
  readonly handle?: number;
  /**
   * Called by the core, from the providers' phase or from inside one of the core's own operations. It only takes note.
   *
   * @param edges the readiness bits that have just become true, or true once more (more data, one more connection)
   */
  changed(edges: number): void;
}

/**
 * What one kind of socket supplies, and nothing more: operations that never wait, and a notice when something may have
 * changed. None calls back (but for `notice.changed`), none throws. "Would block" is an error as any other: -WSAEWOULDBLOCK
 * where there is a count (`CountOrNegatedCode`), WSAEWOULDBLOCK where there is none (`ErrorCode`).
 */
export interface SocketCore {
  /** Set by the front that owns the core; `null` while nobody does. */
  notice: CoreNotice | null;
  /** The cached readiness. A short transfer or "would block" clears the bit concerned; a hang-up stays. */
  readiness: number;
  /** The WinSock error that goes with CONNECT_FAILED and RESET. */
  error: ErrorCode;

  /** Looks again, without waiting, whether the bits asked for hold; updates and returns `readiness`. */
  confirm(bits: number): number;

  /** Gives the socket a local name; the front has checked family, length and state. Returns 0 or a WinSock code. */
  bind(name: Uint8Array, namelen: number): ErrorCode;
  /** Begins to listen, or changes the backlog. Returns 0 or a WinSock code. */
  listen(backlog: number): ErrorCode;
  /**
   * Begins to connect, or sets a datagram socket's default peer (an all-zero address takes it away).
   * Returns 0 when connected, WSAEWOULDBLOCK when under way (CONNECTED or CONNECT_FAILED follow), or a WinSock code.
   */
  tryConnect(name: Uint8Array, namelen: number): ErrorCode;
  /** Takes the next connection and its peer's name; a core, or a WinSock code (WSAEWOULDBLOCK when there is none). */
  tryAccept(peer: AddressSlot): SocketCore | ErrorCode;
  /**
   * The connection, which `tryAccept` gave, is wanted: its caller is answered. `abort` refuses it. A core without it has answered
   * before it was given.
   */
  acceptConnection?(): void;
  /**
   * Receives into the buffers, in order, without holes.
   *
   * @param buffers only the first `count` are used, each up to its `len`; one that has lost bytes is -WSAEFAULT (`holdBytes`)
   * @param flags MSG_PEEK, MSG_OOB, and MSG_PARTIAL of a protocol that has it; others are the front's business
   * @param from filled with a datagram's source; `null` when not wanted
   * @returns bytes received (0: end of the stream, or an empty datagram), or a negated WinSock code;
   *   -WSAEMSGSIZE means that the buffers are full and the rest of the datagram is lost; of a message over a connection it stays
   *   (`receivedPart`), and -WSAEDISCON is the end of those
   */
  tryReceive(buffers: WSABUF[], count: number, flags: number, from: AddressSlot | null): CountOrNegatedCode;
  /** Whether the last `tryReceive` got a part of a message, the rest of which is for the next. Without it none does. */
  readonly receivedPart?: boolean;
  /**
   * Sends what the buffers hold, as much as fits; -WSAEFAULT when one has lost bytes (`holdBytes`).
   *
   * @param flags MSG_OOB, MSG_DONTROUTE, and MSG_PARTIAL of a protocol that has it
   * @param to a datagram's destination; `null` for the connected peer
   * @param offset bytes of the buffers, counted from the first, that were sent before and are to be left out
   * @returns bytes sent, or a negated WinSock code; a datagram is sent whole or not at all
   */
  trySend(
    buffers: WSABUF[],
    count: number,
    flags: number,
    to: Uint8Array | null,
    tolen: number,
    offset: number,
  ): CountOrNegatedCode;
  /**
   * As `trySend` for a non-blocking call on a stream: while there is any room it takes all of the buffers, as Windows does.
   * A core without it, or asked to take more than it ever can, takes what fits.
   */
  trySendWhole?(buffers: WSABUF[], count: number, flags: number): CountOrNegatedCode;

  /**
   * As `tryReceive` of a datagram, and tells what else is known of it: as much as the options that are set ask for
   * (IP_PKTINFO and its like). A core without it knows nothing more.
   */
  tryReceiveMessage?(
    buffers: WSABUF[],
    count: number,
    flags: number,
    from: AddressSlot | null,
    details: DatagramDetails,
  ): CountOrNegatedCode;
  /** As `trySend` of a datagram, with details that hold for it alone. A core without it cannot be told them. */
  trySendMessage?(
    buffers: WSABUF[],
    count: number,
    flags: number,
    to: Uint8Array | null,
    tolen: number,
    details: DatagramDetails,
  ): CountOrNegatedCode;
  /**
   * Sends a part of a file on a stream, as much as fits. A core without it is given the bytes by `trySend`.
   *
   * @param file a file descriptor of Node.js
   * @param position where in the file; -1 for the file's own position, which moves on
   * @param length the most bytes to send
   * @returns bytes sent (0: the end of the file), or a negated WinSock code; -WSAEOPNOTSUPP for a file that the system cannot send
   */
  trySendFile?(file: number, position: number, length: number): CountOrNegatedCode;
  /** Nobody calls `trySendFile` again for a part of which it said WSAEWOULDBLOCK. */
  endSendFile?(): void;

  /**
   * Offers the socket to another process, or to another instance of this one, which opens it with `CoreFactory.openOffer`.
   * A core without it can be shared within the process alone.
   *
   * @param processId who may open it
   * @param info receives in `dwProviderReserved` and the reserved service flags what `openOffer` needs
   * @param member a part in its group of sockets, if it has one, which the offer has as long as it lasts, and leaves then
   * @returns 0 or a WinSock code
   */
  offerTo?(processId: number, info: WSAPROTOCOL_INFOW, member: GroupMember | null): ErrorCode;

  // What TCP/IP has none of, but for sessions of datagrams. A program is told that there is none where a core leaves it out.

  /**
   * The levels at which it has options that the table of options does not know: `setOption` and `getOption` are asked for them. Without
   * it they are WSAENOPROTOOPT, and other levels than those of TCP/IP WSAEINVAL.
   */
  readonly optionLevels?: readonly number[];
  /**
   * SO_GROUP_ID of a core that has groups of its own, as one above another provider's socket has; 0 without it, unless
   * the front sees to groups (`CoreFactory.groups`).
   */
  readonly groupId?: number;
  /** The socket is in a group from now on; for those to whom priorities among sockets mean something. */
  enterGroup?(place: GroupPlace): void;
  /**
   * Puts a connection that was just accepted into one of its groups (`WSAAccept`); without it no connection can be in
   * one, unless the front sees to groups. Returns 0 or a WinSock code.
   */
  joinGroup?(g: number): number;
  /**
   * Whether its protocol has quality of service: SIO_GET_QOS and its like, which are WSAENOPROTOOPT else. They are put to `admitFlow`, and to
   * `ioctl` where that is left out; a change is the edge QUALITY_CHANGED.
   */
  readonly hasQualityOfService?: boolean;
  /**
   * Takes a flow on in place of the one before: reserves what is to be guaranteed, and tells whoever carries it.
   *
   * @param before the one that was taken on before; `null` for none
   * @returns 0; or the WinSock code of what cannot be, and the one before holds on
   */
  admitFlow?(flow: Flow, before: Flow | null): number;
  /** Gives the flow up that was taken on. */
  endFlow?(flow: Flow): void;
  /**
   * Makes a promise of the network's that is not this socket's alone, but its group's; without it no capacity can be
   * reserved for a group.
   *
   * @param changed called when the network goes back on it
   */
  reserveFlow?(changed: () => void): FlowReservation;
  /** What there is for flows just now. */
  flowConditions?(): FlowConditions;
  /** Whether flows go with connections: the peer learns of them, and may change them. */
  readonly carriesFlows?: boolean;
  /** Where flows go with connections: that of this one, as the peer asked for it or changed it; `null` for none. */
  readonly flow?: Flow | null | undefined;
  /** Of a connection that waits to be accepted: the flow of its caller's group, as this end has it; `null` for none. */
  readonly callersGroupFlow?: Flow | null;
  /** Why the quality of service has changed, for FD_QOS; 0 without it. */
  readonly flowError?: number;
  /** Why that of the group has changed, for FD_GROUP_QOS; 0 without it. */
  readonly groupFlowError?: number;
  /** Of a core that paces another one: the quality of service of the socket. */
  readonly flowControl?: FlowControl;
  /**
   * Takes the data that goes with the connect that is asked for next; of a connection that was accepted, the data that answers it.
   * Without it callers with data are refused by WSAEPROTONOSUPPORT.
   *
   * @returns 0 or a WinSock code
   */
  setConnectData?(data: WSABUF): ErrorCode;
  /** The most bytes of it; 1024 without it. */
  readonly mostConnectData?: number;
  /** The data that came with the connection: the caller's, or what answered it; `null` when there is none. */
  connectData?(): Uint8Array | null;
  /**
   * Takes the data that goes with the end of sending, which follows (`WSPSendDisconnect`); without it WSAENOPROTOOPT.
   *
   * @returns 0 or a WinSock code
   */
  setDisconnectData?(data: WSABUF): ErrorCode;
  /** The data that came with the end of the peer's sending; `null` when there is none. */
  disconnectData?(): Uint8Array | null;
  /**
   * Joins a leaf to a multipoint session; binds the socket if it is not bound. Without it, or where the socket was not opened for that
   * (`createCore` is told), WSAEINVAL.
   *
   * @param dwFlags JL_SENDER_ONLY, JL_RECEIVER_ONLY or JL_BOTH
   * @returns 0 where the socket itself has joined; WSAEWOULDBLOCK where it is about to (CONNECTED or CONNECT_FAILED follow); the
   *   core of the socket that stands for the leaf, at the root of a session, where the same follows unless it is CONNECTED
   *   already; or a WinSock code
   */
  joinLeaf?(name: Uint8Array, namelen: number, dwFlags: number): SocketCore | ErrorCode;

  /** Whether it is the root of a multipoint session: it transfers data without a connection of its own, also while it listens. */
  readonly isSessionRoot?: boolean;

  /** Ends sending (SD_SEND 1), receiving (SD_RECEIVE 0) or both (2). Returns 0 or a WinSock code. */
  shutdown(how: number): ErrorCode;
  /** The connection is about to end, and its socket to be used again under the local name that it has, beside what is remembered of it. */
  expectReuse?(): void;
  /** Ends the connection by a reset, then frees the core. */
  abort(): void;
  /** Frees the core; what was sent is still delivered. */
  close(): void;

  /** Bytes that can be received now; of datagrams those of the first. */
  available(): number;
  /** Bytes sent that the peer has not acknowledged; 0 when nothing is left to linger for. */
  unsent(): number;
  /** Whether the receive position stands at the out-of-band mark, or nothing urgent is pending. */
  atMark(): boolean;

  /** Fills in the local name; returns 0 or a WinSock code (WSAEINVAL when not bound). */
  localName(slot: AddressSlot): ErrorCode;
  /** Fills in the peer's name; returns 0 or a WinSock code (WSAENOTCONN). */
  peerName(slot: AddressSlot): ErrorCode;

  /**
   * Puts an option into effect. Options that live in the front alone never come here.
   *
   * @param value the option's bytes in Windows' layout, `length` of them
   * @returns 0 or a WinSock code; WSAENOPROTOOPT when the core knows no such option
   */
  setOption(level: number, optname: number, value: Uint8Array, length: number): ErrorCode;
  /**
   * Reads an option in Windows' layout.
   *
   * @returns the bytes written, or a negated WinSock code; -WSAENOPROTOOPT when the core knows no such option
   */
  getOption(level: number, optname: number, value: Uint8Array, length: number): CountOrNegatedCode;
  /**
   * Performs an ioctl of the core's own.
   *
   * @returns bytes written to `output`, or a negated WinSock code; -WSAEOPNOTSUPP when the core knows no such code
   */
  ioctl(
    code: number,
    input: Uint8Array | null,
    inputLength: number,
    output: Uint8Array | null,
    outputLength: number,
  ): CountOrNegatedCode;
}

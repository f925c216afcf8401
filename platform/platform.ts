// The border to the operating system's sockets.
import type { WSABUF, CountOrNegatedCode, ErrorCode } from '../spi/index.js';

/** Room for a socket address in Windows' layout; `AddressSlot` of `io/` is one. */
export interface NameSlot {
  /** At least 128 bytes. */
  readonly bytes: Uint8Array;
  length: number;
}

/** What is known of a datagram besides its bytes and source; `DatagramDetails` of `io/` is one. */
export interface MessageDetails {
  readonly address: NameSlot;
  interfaceIndex: number;
  hopLimit: number;
  trafficClass: number;
}

/** What the network answered to a datagram that was sent earlier. */
export interface DatagramError {
  /**
   * WSAECONNRESET: nobody has the port that it went to; WSAENETRESET: its time to live expired; 0: what Windows does
   * not tell.
   */
  code: number;
  /** When the answer came, in nanoseconds; compares with `nextArrival` alone. */
  arrival: number;
}

/**
 * In what a system differs from Windows, where that cannot be made up for below this border. A provider asks for what
 * it has to do itself.
 */
export interface SystemTraits {
  /**
   * Who may share a local address goes by rules of the system's own, and `shareAddress` and `reuseRemembered` bend
   * them.
   */
  readonly ownSharingRules: boolean;
  /** The name that a socket was given without a bind goes away with its peer. */
  readonly nameGoesWithPeer: boolean;
  /** A stream may be connected to itself. */
  readonly connectsToItself: boolean;
  /** A receive that begins at an urgent byte drops it, and a newer one makes it an ordinary one. */
  readonly losesUrgentBytes: boolean;
  /** What the network answers to datagrams is kept apart from what is received, and fails whatever call comes next. */
  readonly datagramErrorsApart: boolean;
}

/**
 * An operating system's sockets, thinly: descriptors and counts, with Windows' values on this side of the border
 * (families, address layout, flags, levels, option names and values, error codes). Descriptors are non-blocking and not
 * inherited by child processes. Nothing throws and no call waits.
 *
 * Where a function says `CountOrNegatedCode`, a descriptor may be what is counted.
 */
export interface PlatformSockets {
  /** The system's name, for messages. */
  readonly system: string;
  /** In what the system differs. */
  readonly traits: SystemTraits;

  /** Opens a socket; IPv6 sockets begin with IPV6_V6ONLY, as on Windows. Returns a descriptor or a negated code. */
  socket(af: number, type: number, protocol: number): CountOrNegatedCode;
  /** Closes a descriptor. */
  close(descriptor: number): void;
  /** Forgets what is kept for a descriptor that somebody else has closed, and leaves the number to whoever has it now. */
  disown(descriptor: number): void;
  /** Makes the next `close` reset the connection. */
  closeWillReset(descriptor: number): void;
  /** Gives a local name. */
  bind(descriptor: number, name: Uint8Array, namelen: number): ErrorCode;
  /** Begins to listen; a negative backlog, or SOMAXCONN, is the system's most. */
  listen(descriptor: number, backlog: number): ErrorCode;
  /** Takes a connection. Returns a descriptor or a negated code. */
  accept(descriptor: number, peer: NameSlot): CountOrNegatedCode;
  /** Connects, or begins to: WSAEWOULDBLOCK then. */
  connect(descriptor: number, name: Uint8Array, namelen: number): ErrorCode;
  /** Takes the peer away: of a datagram socket, or of a stream socket, whose connection is reset if there is one. */
  disconnect(descriptor: number): ErrorCode;
  /** Ends sending. */
  shutdownSend(descriptor: number): ErrorCode;

  /** Receives from a stream. */
  receive(descriptor: number, bytes: Uint8Array, length: number, flags: number): CountOrNegatedCode;
  /** Receives from a stream into several buffers. */
  receiveVector(descriptor: number, buffers: WSABUF[], count: number, flags: number): CountOrNegatedCode;
  /** Receives a datagram; -WSAEMSGSIZE when it was longer than the buffer, which is full then. */
  receiveDatagram(
    descriptor: number,
    bytes: Uint8Array,
    length: number,
    flags: number,
    from: NameSlot | null,
  ): CountOrNegatedCode;
  /** Receives a datagram into several buffers. */
  receiveDatagramVector(
    descriptor: number,
    buffers: WSABUF[],
    count: number,
    flags: number,
    from: NameSlot | null,
  ): CountOrNegatedCode;
  /** Sends to the connected peer. */
  send(descriptor: number, bytes: Uint8Array, length: number, flags: number): CountOrNegatedCode;
  /** Sends a datagram to a destination. */
  sendTo(
    descriptor: number,
    bytes: Uint8Array,
    length: number,
    flags: number,
    to: Uint8Array,
    tolen: number,
  ): CountOrNegatedCode;
  /** Sends several buffers, leaving out the first `offset` bytes; `to` is `null` for the connected peer. */
  sendVector(
    descriptor: number,
    buffers: WSABUF[],
    count: number,
    flags: number,
    to: Uint8Array | null,
    tolen: number,
    offset: number,
  ): CountOrNegatedCode;

  /** Receives a datagram, its source, and what the options that are set ask for. */
  receiveMessage(
    descriptor: number,
    buffers: WSABUF[],
    count: number,
    flags: number,
    from: NameSlot | null,
    details: MessageDetails,
  ): CountOrNegatedCode;
  /** Sends a datagram with details of its own; `to` is `null` for the connected peer. */
  sendMessage(
    descriptor: number,
    af: number,
    buffers: WSABUF[],
    count: number,
    flags: number,
    to: Uint8Array | null,
    tolen: number,
    details: MessageDetails,
  ): CountOrNegatedCode;
  /**
   * Sends a part of a file on a stream; 0 at the file's end, -WSAEOPNOTSUPP for a file that cannot be sent so.
   *
   * @param position where in the file; -1 for its own position
   */
  sendFile(descriptor: number, file: number, position: number, length: number): CountOrNegatedCode;
  /** Nobody waits any more for what `sendFile` may have begun; absent where it begins nothing. */
  endSendFile?(descriptor: number): void;

  /**
   * Whether the answers of the network to datagrams are kept for `takeDatagramError`; those kept are dropped when not.
   */
  keepDatagramErrors(descriptor: number, af: number, on: boolean): void;
  /**
   * Takes the first answer of the network that is kept. One that has not been taken also fails the next call, a send or
   * a receive, whatever it is about.
   *
   * @returns whether there was one; it is written to `error`
   */
  takeDatagramError(descriptor: number, error: DatagramError): boolean;
  /** When the datagram came that is received next, in nanoseconds; Infinity when none waits. */
  nextArrival(descriptor: number): number;

  /** What holds of a descriptor now, of the `PollEvents` bits asked for and ERROR and HANG_UP. */
  look(descriptor: number, events: number): number;
  /** The error that the system holds for a socket, which is taken by this; 0 when there is none. */
  takeError(descriptor: number): ErrorCode;
  /** Bytes that can be received. */
  available(descriptor: number): number;
  /** Bytes sent and not acknowledged. */
  unsent(descriptor: number): number;
  /** Whether the receive position stands at the out-of-band mark. */
  atMark(descriptor: number): boolean;

  /** The local name. */
  localName(descriptor: number, slot: NameSlot): ErrorCode;
  /** The peer's name. */
  peerName(descriptor: number, slot: NameSlot): ErrorCode;

  /** Sets an option from Windows' layout; WSAENOPROTOOPT when it has no counterpart. */
  setOption(descriptor: number, level: number, optname: number, value: Uint8Array, length: number): ErrorCode;
  /** Reads an option into Windows' layout. Returns the bytes written, or a negated code. */
  getOption(descriptor: number, level: number, optname: number, value: Uint8Array, length: number): CountOrNegatedCode;
  /** Whether a bind may take an address whose past connections the system still remembers. */
  reuseRemembered(descriptor: number, on: boolean): void;
  /** Whether the address may be shared with others that ask for it too: SO_REUSEADDR as Windows means it. */
  shareAddress(descriptor: number, on: boolean): void;
  /**
   * Leads connections to one of the listeners that share an address: the one at this place, in the order of the system.
   */
  preferListener(descriptor: number, place: number): void;
  /**
   * Has the system send no faster than a rate, and its packets before those of others.
   *
   * @param rate bytes per second; `Infinity` for as fast as it can
   * @param priority 0, as usual, to 7; -1 to leave it as it is
   * @returns 0 or the WinSock code: WSAEACCES for a priority that the system keeps for administrators
   */
  paceSends(descriptor: number, rate: number, priority: number): number;
  /** What TCP knows of a connection, as a TCP_INFO_v0. Returns the bytes written, or a negated code. */
  tcpInfo(descriptor: number, output: Uint8Array, length: number): CountOrNegatedCode;
  /** Turns keep-alive on or off, with its times in milliseconds. */
  keepAlive(descriptor: number, on: boolean, time: number, interval: number): ErrorCode;

  /**
   * Keeps a duplicate of a socket for another process to take, or for this one. The offer ends by itself once it was
   * taken: then `offerTaken` has its descriptor become readable.
   *
   * @param processId who may take it
   * @returns the offer, or the WinSock code: WSAEINVAL when there is no such process
   */
  offer(descriptor: number, processId: number): SocketOffer | ErrorCode;
  /** Ends an offer, taken or not. */
  endOffer(offer: SocketOffer): void;
  /**
   * Takes a socket that was offered.
   *
   * @returns a descriptor, or a negated code: -WSAEINVAL when the offer is over, -WSAEACCES when the system forbids it
   */
  takeOffer(offer: OfferedSocket): CountOrNegatedCode;
  /** What a socket taken over is: its `SO_TYPE` and whether it listens. */
  isListening(descriptor: number): boolean;
  /** The user whose program is at the other end of a connected socket of the local system; -1 when nobody knows. */
  peerUser?(descriptor: number): number;
}

/** What has to be known to take an offered socket. */
export interface OfferedSocket {
  /** The process that offers it. */
  readonly process: number;
  /** The descriptor kept for the taker. */
  readonly descriptor: number;
  /** The descriptor by which the taker says that it has taken the socket. */
  readonly taken: number;
  /** A number that tells this offer from any other. */
  readonly cookie: number;
}

/** An offered socket, as the process sees it that offers it. */
export interface SocketOffer extends OfferedSocket {
  /** Becomes readable once the socket was taken; -1 when nothing tells. */
  readonly offerTaken: number;
  /** Becomes readable once the process that may take it has ended; -1 when nothing tells. */
  readonly processEnded: number;
}

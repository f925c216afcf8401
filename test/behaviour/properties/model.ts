// What is known of a socket from the calls made on it alone, written from the specification's error tables and the
// measured behaviour, and from nothing of the implementation.
import {
  AF_INET,
  FD_ACCEPT,
  FD_CLOSE,
  FD_CONNECT,
  FD_READ,
  FD_WRITE,
  WSAEALREADY,
  WSAEINVAL,
  WSAEISCONN,
  WSAENOTCONN,
  WSAEOPNOTSUPP,
  type WSAOVERLAPPED,
} from 'ws2spi';

/** Where a socket stands. */
export type Phase = 'unbound' | 'bound' | 'listening' | 'connecting' | 'connected' | 'failed';

/** The operations whose outcome a socket's phase decides. */
export type Ruled = 'bind' | 'listen' | 'connect' | 'accept' | 'transfer' | 'shutdown' | 'getsockname' | 'getpeername';

type Codes = readonly number[];
const OK: Codes = [0];
const INVALID: Codes = [WSAEINVAL];
const UNCONNECTED: Codes = [WSAENOTCONN];
const UNSUPPORTED: Codes = [WSAEOPNOTSUPP];

/** What may come of an operation in each phase, 0 being success. */
const STREAM: Readonly<Record<Ruled, Readonly<Record<Phase, Codes>>>> = {
  bind: phases(OK, INVALID, INVALID, INVALID, INVALID, INVALID),
  // After a connect that failed: measured behaviour 13.13, for a socket that was bound; of others nothing is said.
  listen: phases(INVALID, OK, OK, INVALID, [WSAEISCONN], [0, WSAEINVAL]),
  connect: phases(OK, OK, INVALID, [WSAEALREADY], [WSAEISCONN], OK),
  accept: phases(INVALID, INVALID, OK, INVALID, INVALID, INVALID),
  transfer: phases(UNCONNECTED, UNCONNECTED, UNCONNECTED, UNCONNECTED, OK, UNCONNECTED),
  shutdown: phases(UNCONNECTED, UNCONNECTED, UNCONNECTED, UNCONNECTED, OK, UNCONNECTED),
  getsockname: phases(INVALID, OK, OK, OK, OK, [0, WSAEINVAL]),
  // Measured behaviour 34: the peer has a name while the connection is being made.
  getpeername: phases(UNCONNECTED, UNCONNECTED, UNCONNECTED, OK, OK, UNCONNECTED),
};

/** The same for datagram sockets. */
const DATAGRAM: Readonly<Record<Ruled, Readonly<Record<Phase, Codes>>>> = {
  bind: phases(OK, INVALID, INVALID, INVALID, INVALID, INVALID),
  listen: phases(UNSUPPORTED, UNSUPPORTED, UNSUPPORTED, UNSUPPORTED, UNSUPPORTED, UNSUPPORTED),
  connect: phases(OK, OK, OK, OK, OK, OK),
  accept: phases(UNSUPPORTED, UNSUPPORTED, UNSUPPORTED, UNSUPPORTED, UNSUPPORTED, UNSUPPORTED),
  transfer: phases(OK, OK, OK, OK, OK, OK),
  // WSAENOTCONN is for connection-oriented sockets only.
  shutdown: phases(OK, OK, OK, OK, OK, OK),
  getsockname: phases(INVALID, OK, OK, OK, OK, OK),
  getpeername: phases(UNCONNECTED, UNCONNECTED, UNCONNECTED, UNCONNECTED, OK, UNCONNECTED),
};

function phases(
  unbound: Codes,
  bound: Codes,
  listening: Codes,
  connecting: Codes,
  connected: Codes,
  failed: Codes,
): Readonly<Record<Phase, Codes>> {
  return { unbound, bound, listening, connecting, connected, failed };
}

let directions = 0;

/** One way of a connection: how much has gone into it and come out of it. The bytes follow a pattern of its own. */
export class Direction {
  readonly number = ++directions;
  sent = 0;
  received = 0;
  /** The sender has ended it. */
  ended = false;
  /** More went in than is sure to be at the other end. */
  flooded = false;

  /** Bytes that the receiver can have. */
  get waiting(): number {
    return this.sent - this.received;
  }

  /** The byte at a place of the stream. */
  byteAt(position: number): number {
    return (position * 7 + (position >>> 7) + this.number * 31) & 0xff;
  }

  /** The next bytes to be sent. */
  next(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, (_, index) => this.byteAt(this.sent + index));
  }

  /** Takes bytes that were received; what is wrong with them, or `null`. */
  take(bytes: Uint8Array): string | null {
    if (this.received + bytes.length > this.sent) return `${bytes.length} bytes came where ${this.waiting} were sent`;
    for (let index = 0; index < bytes.length; index++) {
      if (bytes[index] !== this.byteAt(this.received + index)) return `byte ${this.received + index} is a wrong one`;
    }
    this.received += bytes.length;
    return null;
  }
}

/** A datagram that waits. */
export interface Datagram {
  readonly bytes: Uint8Array;
  readonly fromPort: number;
}

/** An overlapped operation that was begun. */
export interface Begun {
  readonly overlapped: WSAOVERLAPPED;
  readonly socket: SocketModel;
  readonly buffer: Uint8Array;
  readonly kind: 'receive' | 'send';
  /** Who is told of the completion: its routine, a completion port, or whoever looks. */
  readonly told: 'routine' | 'port' | 'nobody';
  /** How often that happened. */
  completions: number;
}

/** What is known of one socket. */
export class SocketModel {
  /** The phases that the socket may be in: two while a connect is under way, whose outcome nobody has looked at. */
  phases: readonly Phase[] = ['unbound'];
  blocking = true;
  open = true;
  /**
   * Something has happened after which transfers are not determined: a reset, urgent data, a flood that was cut off.
   */
  vague = false;
  /** A datagram of this socket's may have come back. */
  unreachable = false;
  /** SO_REUSEADDR or SO_EXCLUSIVEADDRUSE was set: what bind says about conflicts is another matter. */
  sharing = false;
  receiveShut = false;
  sendShut = false;
  /** The local address, once known. */
  port = 0;
  any = false;
  peerPort = 0;
  /** A connect went to a listener whose queue may have been full: how it ends is not known. */
  stuck = false;
  out: Direction | null = null;
  in: Direction | null = null;
  peer: SocketModel | null = null;
  /** The clients that wait at a listener. */
  queue: SocketModel[] = [];
  backlog = 0;
  datagrams: Datagram[] = [];
  /** Pending overlapped operations, in order. */
  receives: Begun[] = [];
  sends: Begun[] = [];
  readonly options = new Map<number, number>();
  linger = 0;

  /** The network events selected, and how. */
  mask = 0;
  selection: 'none' | 'event' | 'message' = 'none';
  /** A window was selected at some time: what its messages take from the record is not followed. */
  everMessage = false;
  /** Network events that happened since they were last fetched or re-enabled. */
  news = 0;
  closeTold = false;
  /** FD_READ was told of, and nothing has been received since. */
  readTold = false;
  /** The completion port that the socket's completions go to. */
  completionPort = 0;

  constructor(
    readonly handle: number,
    readonly stream: boolean,
    readonly family: number,
  ) {}

  /** What may come of an operation. */
  codes(operation: Ruled): Set<number> {
    const table = this.stream ? STREAM : DATAGRAM;
    return new Set(this.phases.flatMap((phase) => table[operation][phase]));
  }

  /** Whether the socket is in one phase for certain. */
  is(phase: Phase): boolean {
    return this.phases.length === 1 && this.phases[0] === phase;
  }

  /** Whether the socket may be in a phase. */
  maybe(phase: Phase): boolean {
    return this.phases.includes(phase);
  }

  get nameLength(): number {
    return this.family === AF_INET ? 16 : 28;
  }

  /** The clients in the queue that have not gone away. */
  get callers(): number {
    return this.queue.filter((client) => client.open && !client.vague).length;
  }

  /** Whether bytes that a peer sent are there for certain. */
  get readable(): boolean {
    return this.stream ? this.in !== null && this.in.waiting > 0 : this.datagrams.length > 0;
  }

  /** Whether everything that receives and readiness give is determined. */
  get determined(): boolean {
    return (
      !this.vague &&
      !this.unreachable &&
      this.phases.length === 1 &&
      !this.stuck &&
      this.receives.length === 0 &&
      this.in?.flooded !== true
    );
  }

  /** Whether `select` must find the socket readable, must not, or may do either (`null`). */
  get mustBeReadable(): boolean | null {
    if (!this.determined || this.receiveShut) return null;
    if (this.is('listening')) return this.queue.length === 0 ? false : this.callers > 0 ? true : null;
    if (!this.stream) return this.readable;
    if (!this.is('connected')) return false;
    return this.readable || this.in?.ended === true;
  }

  /** The socket became one end of a connection, by connect. */
  connected(): void {
    this.phases = ['connected'];
    this.stuck = false;
    this.news |= FD_CONNECT | FD_WRITE;
  }

  /** Data has arrived. */
  arrived(): void {
    this.news |= FD_READ;
  }

  /** The peer has ended its side. */
  ended(): void {
    if (this.in !== null) this.in.ended = true;
  }

  /** A receive was made: what is left is news again. */
  receivedSome(): void {
    this.readTold = false;
    if (this.readable) this.news |= FD_READ;
    else this.news &= ~FD_READ;
  }

  /** An accept was made. */
  accepted(): void {
    if (this.callers > 0) this.news |= FD_ACCEPT;
    else this.news &= ~FD_ACCEPT;
  }

  /** The network events that a fetch has to give now, and those that it must not. */
  expectedEvents(): { must: number; mustNot: number } {
    let holds = 0;
    if (this.is('connected') || this.is('failed')) holds |= FD_CONNECT;
    if (this.is('connected')) holds |= FD_WRITE;
    if (this.readable && !this.receiveShut) holds |= FD_READ;
    if (this.is('listening') && this.callers > 0 && this.queue.length === this.callers) holds |= FD_ACCEPT;
    let must = this.news & holds;
    // Where more went in than there may be room for, FD_WRITE waits for room.
    if (this.sendShut || this.out?.flooded === true) must &= ~FD_WRITE;
    // Also after receiving was shut down here: it is the peer who ends.
    if (this.stream && this.in?.ended === true && !this.readable && !this.closeTold) must |= FD_CLOSE;
    // Who was told of data and has not received is told of more, unless the peer's end may have come with it.
    if (this.readTold && this.in?.ended === true) must &= ~FD_READ;
    let mustNot = 0;
    if (!this.readable) mustNot |= FD_READ;
    if (this.queue.length === 0) mustNot |= FD_ACCEPT;
    if (this.in?.ended !== true || this.readable) mustNot |= FD_CLOSE;
    return { must: must & this.mask, mustNot };
  }
}

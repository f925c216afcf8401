// What is told of a program at one look: an object of JSON on a line.

/** The version of what follows. */
export const LOOK_VERSION = 1;

/** What one place in a chain has carried, on its lower side. */
export interface TrafficLook {
  /** The layer, or the base protocol. */
  readonly name: string;
  readonly sent: number;
  readonly received: number;
}

/** One open socket. */
export interface SocketLook {
  /** The same at each look, and no other socket's of this thread. */
  readonly id: number;
  readonly protocol: 'tcp' | 'udp';
  readonly state: 'open' | 'connecting' | 'connected' | 'listening';
  /** Its address and port; `null` while it has none. */
  readonly local: string | null;
  readonly peer: string | null;
  /** The catalog entry that it was opened on. */
  readonly chain: string;
  /** Bytes that the program sent and received, and that wait to be sent. */
  readonly sent: number;
  readonly received: number;
  readonly queued: number;
  /** The layers of the chain, outermost first, and what is below them. */
  readonly layers: readonly TrafficLook[];
  /** Round-trip time in milliseconds; `null` where nobody knows. */
  readonly rtt: number | null;
}

/** What all sockets of one chain have carried since the thread began to be looked at, those that closed with those that are open. */
export interface ChainTotals {
  readonly protocol: 'tcp' | 'udp';
  /** The catalog entry that they were opened on. */
  readonly chain: string;
  /** How many are open, of those that are listed, and how many have been closed. */
  readonly open: number;
  readonly closed: number;
  /** Bytes that the program sent and received. */
  readonly sent: number;
  readonly received: number;
  /** The layers of the chain, outermost first, and what went below them. */
  readonly layers: readonly TrafficLook[];
}

/** One thread of a program. */
export interface ProgramLook {
  readonly version: number;
  readonly pid: number;
  /** 0 is the main thread. */
  readonly thread: number;
  /** The main script, or what Node.js was started with. */
  readonly program: string;
  readonly node: string;
  /** Milliseconds of the system's clock that never goes back. */
  readonly at: number;
  readonly sockets: readonly SocketLook[];
  /** How many more are open than are listed. */
  readonly more: number;
  /** Sockets that are not listed count here once they are closed. */
  readonly totals: readonly ChainTotals[];
}

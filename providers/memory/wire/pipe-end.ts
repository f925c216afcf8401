import type { LinkSender } from './carrier.js';

/** A socket at one end of a connection, as its pipes see it. */
export interface PipeEnd extends LinkSender {
  readonly readiness: number;
  /** SO_RCVBUF and SO_SNDBUF. */
  readonly receiveBuffer: number;
  readonly sendBuffer: number;
  /** Whether urgent data is received among the normal data. */
  readonly inline: boolean;
  /** The answer to its request for a connection has arrived: 0 or a WinSock code. */
  answered(outcome: number): void;
  /** Something has arrived that the readiness bits tell of. */
  dataArrived(edges: number): void;
  /** The pipe to the peer takes data again. */
  spaceAppeared(): void;
  /** Data was sent to this side, which takes none: the connection ends in a reset. */
  refuseData(): void;
  /** The peer has reset the connection, perhaps in answer to what was sent to it. */
  resetArrived(answering: boolean): void;
  /** What was sent has not been answered for so long that the connection is given up. */
  unanswered(): void;
}

// What sockets, cores and networks say to each other of quality of service.
import type { FLOWSPEC } from '../../spi/index.js';

/** What a program asks for, checked: the traffic of each direction, and what its provider-specific buffer says. */
export interface Flow {
  readonly sending: FLOWSPEC;
  readonly receiving: FLOWSPEC;
  /** What becomes of traffic beyond the specification: TC_NONCONF_SHAPE, TC_NONCONF_DISCARD or TC_NONCONF_BORROW. */
  readonly excess: number;
  /** Bytes per second at most, whatever the token rate; `Infinity` for no such limit. */
  readonly shapingRate: number;
  /** The differentiated-services field of the packets, 0 to 63; -1 when nothing is said of it. */
  readonly dsField: number;
  /** The priority of the packets on the link (802.1p), 0 to 7; -1 when nothing is said of it. */
  readonly trafficClass: number;
  /** The provider-specific buffer as it was given. */
  readonly providerSpecific: Uint8Array;
  /** Somebody above has reserved what is asked to be guaranteed. */
  readonly reserved: boolean;
}

/** What a network can do for flows just now. */
export interface FlowConditions {
  /** Bytes per second of the line; `Infinity` where that is not known. */
  readonly lineRate: number;
  /** Bytes per second that can still be reserved; 0 where nothing can be. */
  readonly unreserved: number;
  /** Microseconds on the way; QOS_NOT_SPECIFIED where that is not known. */
  readonly latency: number;
  /** Microseconds by which that varies; QOS_NOT_SPECIFIED where that is not known. */
  readonly delayVariation: number;
}

/** The quality of service of one socket, kept by the core that paces it. */
export interface FlowControl {
  /** What was asked for last, or agreed with the peer; `null` before. */
  readonly flow: Flow | null;
  /** A layer has begun it, for a protocol that has none of its own, and says whether it reserves what is guaranteed. */
  begunAbove(reserves: boolean): void;
  /**
   * Asks for a flow in place of the one before.
   *
   * @param isUp whether there is something to reserve for: a connection, or a datagram socket; else it is done with the connect
   * @returns 0; or why it cannot be, and the one before holds on
   */
  setFlow(flow: Flow | null, isUp: boolean): number;
  /** What the network can do just now; `null` where nobody knows. */
  conditions(): FlowConditions | null;
}

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

/** What limits what is sent: the bucket of a flow, or several that hold together. Moments are of the instance's clock. */
export interface FlowLimit {
  /** What a packet counts as at least, in bytes. */
  readonly leastCharge: number;
  /** The longest message that can ever conform, in bytes. */
  readonly mostMessage: number;
  /** How many bytes of a stream are worth waiting for. */
  readonly quantum: number;
  /** Bytes that may be sent now. */
  room(now: number): number;
  /** Counts bytes that were sent. */
  take(bytes: number, now: number): void;
  /** The moment at which so many may be sent; `Infinity` for more than ever may. */
  roomFor(bytes: number, now: number): number;
}

/** A promise that a network has made for a flow. */
export interface FlowReservation {
  /** What was taken on last, less what the network has gone back on; `null` for nothing. */
  readonly flow: Flow | null;
  /** Why the network went back on it; 0 while it has not. */
  readonly error: number;
  /** Takes a flow on in place of the one before. Returns 0, or a WinSock code, and the one before holds on. */
  admit(flow: Flow): number;
  /** Gives it back. */
  end(): void;
}

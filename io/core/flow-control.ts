// What a socket is asked of its quality of service.
import type { Flow, FlowConditions } from './flow.js';
import type { GroupPlace } from './socket-group.js';

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
  /** The socket is in a group from now on, or its group has another quality of service. */
  holdTo(place: GroupPlace): void;
}

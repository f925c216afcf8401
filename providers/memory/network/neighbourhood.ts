import type { BytePipe, Carrier, Endpoint } from '../wire/index.js';

/** A connection between ends that may be on different hosts. */
export interface LiveConnection {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly there: BytePipe;
  readonly back: BytePipe;
}

/** The hosts around one, as that sees them. */
export interface Neighbourhood<Host> {
  /** All hosts, in the order in which they came. */
  readonly hosts: Iterable<Host>;
  /** The host that has an address; `null` when none has. */
  hostOf(to: Endpoint): Host | null;
  /** What carries from one end on a host to another one. */
  way(sender: Host, receiver: Host, from: Endpoint, to: Endpoint): Carrier;
  /** A connection was made. */
  connected(connection: LiveConnection): void;
}

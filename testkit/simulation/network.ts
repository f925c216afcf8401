// What a scenario may say of the network.
/** What lies between any two machines of a simulation, in each direction. */
export interface SimulatedNetwork {
  /** Milliseconds that everything takes; 1 if absent. */
  readonly latency?: number;
  /** Milliseconds that chance adds at most; 0 if absent. */
  readonly jitter?: number;
  /** Bytes per second; without limit if absent. */
  readonly bandwidth?: number;
  /** Bytes of datagrams that may wait for a busy link; 65536 if absent. */
  readonly queue?: number;
  /** The probability, from 0 to less than 1, that a datagram is lost; 0 if absent. */
  readonly loss?: number;
  /** The probability, from 0 to less than 1, that a datagram is overtaken by later ones; 0 if absent. */
  readonly reordering?: number;
}

/** A proxy's refusal, as a program is told it. */
export interface Refusal {
  /** A WinSock code. */
  readonly error: number;
  /** What it means, for people. */
  readonly meaning: string;
}

/** How a handshake gets on. After `refused`, `isNoProxy` or `done` it is over. */
export interface HandshakeOutput {
  /** Sends bytes to the proxy. */
  encoded(bytes: Uint8Array): void;
  /** The proxy does what it was asked for. */
  done(): void;
  /** It does not. */
  refused(refusal: Refusal): void;
  /** What it sent is no answer of a proxy's. */
  isNoProxy(expected: string): void;
}

/** Asks a proxy for something, and reads its answer, in pieces of any size. */
export interface Handshake {
  begin(output: HandshakeOutput): void;
  /** Returns where in `bytes` what follows begins, once it is over; all of them otherwise. */
  receive(bytes: Uint8Array, output: HandshakeOutput): number;
}

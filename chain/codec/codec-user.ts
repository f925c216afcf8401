/** The socket whose bytes its two halves move: what becomes of it besides. */
export interface CodecUser {
  /** Whether the socket is gone. */
  readonly gone: boolean;
  /** Whether the connection is broken. */
  readonly broken: boolean;
  /** Sets bits of the readiness, and tells the front of them. */
  tell(edges: number): void;
  /** The same, when they were not set. */
  tellOnce(edges: number): void;
  /** Sets bits of the readiness of which the front knows. */
  set(bits: number): void;
  /** Clears bits of the readiness. */
  clear(bits: number): void;
  /** The connection is broken, with a WinSock code. */
  fail(error: number): void;
  /** The socket below says so. Behind the peer's end, what the peer sent is here: nothing can be sent any more. */
  failedBelow(error: number): void;
  /** The connection is broken, and nobody below knows: it is reset there. */
  failed(error: number): void;
  /** Bytes that a codec had handed on are gone. Returns the code that the connection broke with. */
  lost(): number;
  /** The end of what is sent went out. */
  sentEnd(): void;
  /** Reads, decodes, encodes and writes; what was decoded stays where it lies until `CodecReceiver.settle`. */
  pumpUnsettled(): void;
}

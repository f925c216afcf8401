/** One call, completion or network event that crossed a trace layer. */
export interface TraceRecord {
  /** Number in the order of beginning, from 1; shared by all layers of a recorder. */
  readonly sequence: number;
  /** How deep inside other recorded calls; 0 at the top. */
  readonly depth: number;
  /** The layer's name. */
  readonly layer: string;
  /** `call`: a function of the SPI; `completion`: an overlapped operation's; `event`: a network event's. */
  readonly kind: 'call' | 'completion' | 'event';
  /** The function's, operation's or event's name. */
  readonly name: string;
  /** The socket. */
  socket: number;
  /** The instance's clock at the beginning, in milliseconds. */
  readonly time: number;
  /** How long it took, in milliseconds. */
  duration: number;
  /** What it was about: addresses, options, events. */
  detail: string;
  /** Bytes that crossed; `undefined` for what moves none. */
  bytes?: number;
  /** The first of those bytes, if the layer was told to keep any. */
  data?: Uint8Array;
  /** What the call returned. */
  result: number | boolean;
  /** The WinSock code; 0 on success. */
  error: number;
}

import type { CodecConnection, CodecRole } from '../filters/index.js';

/** What the application sends, or what it receives. */
export type CodecDirection = 'send' | 'receive';

/** Which directions a shutdown ends. */
export type ShutdownDirection = 'receive' | 'send' | 'both';

/**
 * How a codec answers. Every function may be called from inside any of the codec's own, as often as needed, and from
 * outside of them, by a timer or a callback of the codec's: what is answered is heard at once. Once the connection is
 * closed or broken, answers are ignored.
 */
export interface CodecOutput {
  /**
   * Whether this turn has done enough, or as much is decoded as may wait. A codec that can do much work for few bytes, or
   * make many of few, looks at it between steps of at most some milliseconds, and gives back by `unread` what is left.
   */
  readonly full: boolean;
  /** Appends bytes for the application. They belong to the framework from now on, unless they lie in the input's buffer. */
  decoded(bytes: Uint8Array): void;
  /** Appends bytes for the wire. They belong to the framework from now on, unless they lie in the input's buffer. */
  encoded(bytes: Uint8Array): void;
  /**
   * Gives back the last bytes of what `receive` or `send` was called with, which are not looked at yet: they come again. For
   * codecs that stop because of `full`, which must take the first byte of what is received at least; and for those that
   * `pause` that direction, before or behind it in the same call.
   */
  unread(bytes: Uint8Array): void;
  /**
   * Has the codec given nothing more of a direction, until `resume`: `send` is not called, and the application's sends would
   * block; or neither `receive` nor `end`, and the peer is held up. The end of what is sent waits too.
   */
  pause(direction: CodecDirection): void;
  /** Takes `pause` back. */
  resume(direction: CodecDirection): void;
  /** Asks for `timer` to be called in so many milliseconds of the instance's clock; `null` takes the request back. */
  setTimer(milliseconds: number | null): void;
  /** Declares the connection usable; needed only of a codec with a `handshake`. */
  ready(): void;
  /** Declares that nothing more will be decoded: the application sees the end of the stream. */
  finished(): void;
  /**
   * From inside `shutdown`: there is data still to come, so the end of what is sent waits for `ended`. It waits by itself
   * while a timer is set. It never waits longer than the layer's `endTimeout` for something to be encoded.
   */
  holdEnd(): void;
  /**
   * Declares that all was encoded: the end of what is sent may go out behind it. It does so too before the application has
   * ended its side, which may go on to send, and whose bytes go nowhere then.
   */
  ended(): void;
  /**
   * Declares the connection broken, behind what was decoded before, which is received first: then every call fails with this
   * WinSock code. WSAECONNRESET takes with it what was not received, as TCP's does. Nothing is sent any more, and the connection
   * below is reset. Where the codec
   * has said its last words (`encoded`, `ended`) and they are out, which they are by a timer of 0, the peer may still read them:
   * the connection below is reset if it has not gone after two seconds.
   *
   * @param reason why, for people: told by the instance's `defect` event, with the layer's name in front
   */
  failed(error: number, reason?: string): void;
  /** Milliseconds of the instance's clock. */
  now(): number;
  /** A number from 0 up to 1 of the instance's generator. */
  random(): number;
}

/**
 * A byte transform of one connection: a state machine that never waits. Input is valid during the call only, and comes in
 * pieces of any size. No function may be asynchronous. The framework gives it every I/O model.
 */
export interface Codec {
  /**
   * Whether the connection is not to be used before `output.ready()`: FD_CONNECT, FD_ACCEPT and the first send wait for it,
   * but no longer than the layer's `handshakeTimeout`.
   */
  readonly handshake?: boolean;
  /** The connection below is there. */
  open?(role: CodecRole, output: CodecOutput): void;
  /** Bytes came from the wire. */
  receive(bytes: Uint8Array, output: CodecOutput): void;
  /** The application sends bytes. */
  send(bytes: Uint8Array, output: CodecOutput): void;
  /**
   * The peer has ended its side of the connection below. The decoded stream ends with `output.finished()`, now or later;
   * without this function it ends at once.
   */
  end?(output: CodecOutput): void;
  /**
   * The application ends a direction. What is encoded now still goes out before the end of the stream; what is encoded
   * later does if a timer is set, or `output.holdEnd()` was called.
   */
  shutdown?(how: ShutdownDirection, output: CodecOutput): void;
  /** The time asked for has come. */
  timer?(output: CodecOutput): void;
  /**
   * The application asks by an ioctl that is none of WinSock's own, as `WSAIoctl` with a code of the layer's.
   *
   * @param code as it was given, unsigned
   * @param input what was given with it; valid during the call only
   * @returns what it is answered with, or the WinSock code that refuses; `null` for a code that is not the layer's: then those
   *   below are asked
   */
  ioctl?(code: number, input: Uint8Array): Uint8Array | number | null;
  /** The connection broke, and calls fail with this WinSock code; there is nobody to answer any more. `close` follows. */
  broken?(error: number): void;
  /** The connection is gone; frees what the codec holds. */
  close?(): void;
}

/** Makes the codec of one connection, which it is told of. */
export type CodecFactory = (connection: CodecConnection) => Codec;

/** The codec that changes nothing: for a layer that wants sockets of its own, so that its filters may answer later. */
export function identity(): Codec {
  return {
    receive: (bytes, output) => output.decoded(bytes),
    send: (bytes, output) => output.encoded(bytes),
  };
}

// What a session of a codec is made of: the bounds of its work, its queues, and whom it works for.
import type { ByteQueue } from './byte-queue.js';

/** Bytes that may wait behind a codec to be received; beyond, the peer is held up, as by a kernel. */
export const QUEUE_BOUND = 256 * 1024;
/** Bytes that a codec may have encoded by itself before nothing more is decoded: a peer that asks and does not listen. */
export const ANSWERS_BOUND = 4 * QUEUE_BOUND;
/** Bytes that a codec is given at once to encode. */
export const SEND_PIECE = 64 * 1024;

/** Where the bytes of a codec come from and go to. */
export interface SessionQueues {
  /** Bytes of the application's, or of the codec above, that wait to be encoded. */
  readonly toEncode: ByteQueue;
  /** Bytes of the wire's, or of the codec below, that wait to be decoded. */
  readonly toDecode: ByteQueue;
  /** Takes what is decoded. */
  readonly decoded: ByteQueue;
  /** Takes what is encoded. */
  readonly encoded: ByteQueue;
}

/** The connection that the codec works for: what is to happen to it besides the bytes. */
export interface SessionUser {
  /** A session is in another state: what follows from it is due, once the codec has returned. */
  moved(): void;
  /** The connection is broken, with a WinSock code. */
  failed(error: number): void;
  /** A codec calls the connection broken: what was decoded before is still to be received. */
  brokeOff(error: number): void;
  /** The handshake has taken as long as it may. */
  overdue(): void;
  /** The codec worked by itself: what it decoded and encoded is to be handed on. */
  advance(): void;
  /** The codec answered from outside of its functions: `advance` is due, soon. */
  answered(): void;
}

// What a handle stands between: the chain that it is put on, and the object that Node.js has of it.
import type { ChainError } from '../instance/index.js';
import type { ChainHandle } from '../transfers/index.js';

/** The chain that handles are put on. */
export interface HandleChain {
  /**
   * Opens a stream socket of the chain.
   *
   * @param family AF_INET or AF_INET6
   * @returns the socket, or why there can be none
   */
  open(family: number): ChainHandle | ChainError;
  /** Opens a datagram socket of the chain, in the same way. */
  openDatagrams(family: number): ChainHandle | ChainError;
  /** Whether an address is not to be connected to. @returns a WinSock error; 0 for none */
  refuses?(address: string): number;
  /** Whether a handle that is closed without a callback while it connects is used for another address. */
  readonly connectsAnew?: boolean;
  /** A socket that the system has opened is about to be used, which no chain has: `null` if it may be, or why not. */
  foreign?(): ChainError | null;
}

/** The object that Node.js has, as far as it is told of anything. */
export interface HandleUser {
  /** Whether it is native code that takes what is received. */
  readonly isNative: boolean;
  /**
   * Takes what was received.
   *
   * @param count how many bytes, or a libuv error; UV_EOF at the end
   * @param memory where the bytes are; `null` without any, or when they are in the user's own buffer
   * @param offset where they begin there
   */
  received(count: number, memory: ArrayBufferLike | null, offset: number): void;
  /** Takes a connection, or a libuv error. */
  accepted(status: number, connection: ChainHandle | null): void;
  /** Takes why the chain has no socket: the next error that anybody sees is to say so. */
  refused(refusal: ChainError): void;
  /** Tells that a request is over, which was given with the operation. */
  completed(request: object, status: number, ...rest: unknown[]): void;
  /** Whoever has the handle is to close it: the use of the instance ended. */
  instanceEnded(): void;
}

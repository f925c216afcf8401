// The accepts of a handle that listens.
import { INVALID_SOCKET, WSAEMFILE, WSAENOBUFS, WSAEWOULDBLOCK } from '../../index.js';
import { ChainHandle, runTicks } from '../transfers/index.js';
import { uvErrorOf } from './uv-errors.js';

const ACCEPTS_PER_NOTICE = 64;
/** How long a listener rests that has no descriptors left, in milliseconds. */
const REST = 100;

/** The handle that a listener accepts for. */
export interface ListeningHandle {
  /** The socket that listens; `null` when none does any more. */
  readonly listening: ChainHandle | null;
  /** Calls `accept` in the next turn of the event loop. */
  acceptLater(): void;
  /** Runs something in the handle's asynchronous context. */
  inScope(run: () => void): void;
  /** Takes a connection, or a libuv error. */
  accepted(status: number, connection: ChainHandle | null): void;
}

/** Accepts for a handle. */
export class Listener {
  #rests = false;

  constructor(private readonly handle: ListeningHandle) {}

  /** There may be connections. */
  readonly accept = (): void => {
    for (let accepts = 0; accepts < ACCEPTS_PER_NOTICE; accepts++) {
      if (accepts > 0) runTicks();
      const { listening } = this.handle;
      if (listening === null || this.#rests) return;
      const { ws2, s, family } = listening;
      const accepted = ws2.accept(s, null, null);
      if (accepted === INVALID_SOCKET) {
        const error = ws2.WSAGetLastError();
        if (error === WSAEWOULDBLOCK) return;
        // No room is none of the server's errors: the connection waits.
        if (error === WSAEMFILE || error === WSAENOBUFS) this.#rest();
        else this.handle.accepted(uvErrorOf(error), null);
        return;
      }
      this.handle.accepted(0, new ChainHandle(ws2, accepted, family, 'TCPWRAP'));
    }
    this.handle.acceptLater();
  };

  #rest(): void {
    this.#rests = true;
    setTimeout(() => {
      this.#rests = false;
      this.handle.inScope(this.accept);
    }, REST).unref();
  }
}

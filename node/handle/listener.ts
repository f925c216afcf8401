// The accepts of a handle that listens.
import { INVALID_SOCKET, WSAEMFILE, WSAENOBUFS, WSAEWOULDBLOCK, WSASYSCALLFAILURE } from '../../index.js';
import { ChainHandle, runTicks } from '../transfers/index.js';
import { uvErrorOf } from './uv-errors.js';

const ACCEPTS_PER_NOTICE = 64;
/** How long a listener rests that has no descriptors left, in milliseconds; twice as long each time, up to the second. */
const REST = 100;
const LONGEST_REST = 5000;
/** No room, and a layer that throws, are none of the server's errors: the connection waits. */
const PASSING: ReadonlySet<number> = new Set([WSAEMFILE, WSAENOBUFS, WSASYSCALLFAILURE]);

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
  #nextRest = REST;

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
        if (PASSING.has(error)) this.#rest();
        else this.handle.accepted(uvErrorOf(error), null);
        return;
      }
      this.#nextRest = REST;
      this.handle.accepted(0, new ChainHandle(ws2, accepted, family, 'TCPWRAP'));
    }
    this.handle.acceptLater();
  };

  #rest(): void {
    this.#rests = true;
    setTimeout(() => {
      this.#rests = false;
      this.handle.inScope(this.accept);
    }, this.#nextRest).unref();
    this.#nextRest = Math.min(2 * this.#nextRest, LONGEST_REST);
  }
}

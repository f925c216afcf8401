import type { OnReadOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import { WSAECONNABORTED, WSAECONNRESET, WSAENOBUFS, WSAEWOULDBLOCK } from '../index.js';
import { type ChainHandle, receiveRoom, takeReceived } from './transfers/index.js';
import { systemError } from './instance/index.js';
import { endedByTls } from './tls-carrier.js';

/** Receives per notice; then the next socket has its go. */
const RECEIVES_PER_NOTICE = 16;

/** The stream that received bytes go to. */
export interface ReceivingStream extends Duplex {
  /** Told that there was traffic. */
  _unrefTimer(): void;
}

/** A buffer of the application's, and who is told of what is in it: the option `onread`. */
class OwnRoom {
  buffer: Uint8Array;
  readonly #next: (() => Uint8Array) | null;
  readonly #callback: OnReadOpts['callback'];

  constructor({ buffer, callback }: OnReadOpts) {
    this.#next = typeof buffer === 'function' ? buffer : null;
    const first: unknown = typeof buffer === 'function' ? buffer() : buffer;
    this.buffer = first instanceof Uint8Array ? first : new Uint8Array(0);
    this.#callback = callback;
  }

  /** Tells of bytes in the buffer; whether more are wanted. */
  deliver(length: number): boolean {
    const wanted = this.#callback(length, this.buffer) !== false;
    const next = this.#next?.();
    if (next instanceof Uint8Array) this.buffer = next;
    return wanted;
  }
}

/** The receiving half of a socket: takes bytes in while they are wanted. */
export class Receiver {
  #bytes = 0;
  #reading = false;
  #mayReceive = false;
  #handle: ChainHandle | null = null;
  readonly #own: OwnRoom | null;

  /**
   * @param onread where bytes go instead of the stream, if it is complete; else it counts as absent, as for `node:net`
   */
  constructor(
    private readonly stream: ReceivingStream,
    onread: OnReadOpts | null | undefined,
  ) {
    const complete =
      typeof onread === 'object' &&
      onread !== null &&
      (onread.buffer instanceof Uint8Array || typeof onread.buffer === 'function') &&
      typeof onread.callback === 'function';
    this.#own = complete ? new OwnRoom(onread) : null;
  }

  /** The bytes received. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether bytes are taken in as they come. */
  get reading(): boolean {
    return this.#reading;
  }

  /** Whether there may be bytes that no notice will tell of. */
  get mayReceive(): boolean {
    return this.#mayReceive;
  }

  /** @param handle where from, from now on; `null` without a connection */
  receiveFrom(handle: ChainHandle | null): void {
    this.#handle = handle;
  }

  /** Begins anew: what is received from now on is of another connection. */
  forget(): void {
    this.#bytes = 0;
    this.#reading = this.#mayReceive = false;
  }

  /** Takes bytes in as they come, or no longer. */
  read(wanted: boolean): void {
    this.#reading = wanted;
  }

  /** A notice told that there may be bytes. */
  noticed(): void {
    this.#mayReceive = true;
  }

  /** Whether bytes go to a buffer of the application's. */
  get passesStream(): boolean {
    return this.#own !== null;
  }

  /** Takes in what is there. */
  receive(): void {
    const handle = this.#handle;
    if (handle === null || !this.#reading || !this.#mayReceive) return;
    const { ws2, s } = handle;
    const own = this.#own;
    this.#mayReceive = false;
    for (let receives = 0; receives < RECEIVES_PER_NOTICE; receives++) {
      const room = own === null ? receiveRoom() : own.buffer;
      const received = room.length === 0 ? -1 : ws2.recv(s, room, room.length, 0);
      if (received > 0) {
        this.#bytes += received;
        this.stream._unrefTimer();
        const full = received === room.length;
        const wanted = own === null ? this.stream.push(takeReceived(received)) : own.deliver(received);
        if (this.#handle !== handle) return;
        if (!wanted || !this.#reading) {
          this.#reading = false;
          this.#mayReceive = full;
          return;
        }
        // After a short read there is nothing more, and FD_READ or FD_CLOSE tells when there is.
        if (!full) return;
      } else if (received === 0) {
        this.#ended();
        return;
      } else {
        const code = room.length === 0 ? WSAENOBUFS : ws2.WSAGetLastError();
        if (code === WSAEWOULDBLOCK) return;
        // WinSock has two codes for a reset, by whether something was sent to the peer that has gone; node:net has one.
        const error = code === WSAECONNABORTED ? WSAECONNRESET : code;
        // A handle of Node.js is closed as soon as TLS is over, and hears of no reset.
        if (error === WSAECONNRESET && endedByTls(this.stream)) this.#ended();
        else this.stream.destroy(systemError(error, 'read'));
        return;
      }
    }
  }

  #ended(): void {
    this.#reading = false;
    this.stream.push(null);
    this.stream.read(0);
  }
}

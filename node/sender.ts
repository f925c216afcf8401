import { WSAEWOULDBLOCK, type WSABUF } from '../index.js';
import type { ChainHandle } from './chain-handle.js';
import { codedError, systemError } from './errors.js';
import { dropSent, toBuffers, type WrittenChunk } from './transfer-buffers.js';

/** Buffers per WSASend: systems limit them. */
const BUFFERS_PER_SEND = 64;

/** Told that a write is done, or why it failed. */
export type WriteCallback = (error?: Error | null) => void;

/**
 * Writes that are done at once before one has its end told in the next turn of the event loop: a program that writes as long
 * as it may, to a peer that takes all of it, would let none come.
 */
const WRITES_IN_A_ROW = 512;

const bytesSent = { value: 0 };

/** The one write of a socket that is under way: tried at once, the rest when FD_WRITE says that there is room. */
export class Sender {
  /** Counts the bytes that the provider took. */
  progress = 0;
  #waiting: WSABUF[] = [];
  #callback: WriteCallback | null = null;
  #inARow = 0;

  /** Whether something waits for room, or for the connection. */
  get waits(): boolean {
    return this.#waiting.length > 0;
  }

  /**
   * Sends one buffer.
   *
   * @param handle `null` while there is no connection yet
   * @param borrowed whether the buffer is somebody else's after this call
   */
  send(handle: ChainHandle | null, bytes: Buffer, length: number, borrowed: boolean, callback: WriteCallback): void {
    let sent = 0;
    if (handle !== null) {
      sent = handle.ws2.send(handle.s, bytes, length, 0);
      if (sent === length) {
        this.progress += length;
        if (++this.#inARow < WRITES_IN_A_ROW) callback();
        else this.#endLater(callback);
        return;
      }
      if (sent < 0) {
        const error = handle.ws2.WSAGetLastError();
        if (error !== WSAEWOULDBLOCK) {
          callback(systemError(error, 'write'));
          return;
        }
        sent = 0;
      }
      this.progress += sent;
    }
    const rest = bytes.subarray(sent, length);
    this.#waiting = [{ len: rest.length, buf: borrowed ? Buffer.from(rest) : rest }];
    this.#callback = callback;
    // FD_WRITE follows only a send that found no room at all.
    if (sent > 0) this.sendWaiting(handle);
  }

  #endLater(callback: WriteCallback): void {
    this.#inARow = 0;
    this.#callback = callback;
    setImmediate(() => {
      // Unless the socket was destroyed, which told it.
      if (this.#callback === callback) this.#done(null);
    });
  }

  /** Sends several buffers. */
  sendAll(handle: ChainHandle | null, chunks: readonly WrittenChunk[], callback: WriteCallback): void {
    this.#waiting = toBuffers(chunks);
    this.#callback = callback;
    if (handle !== null) this.sendWaiting(handle);
  }

  /** Sends what waits, as far as there is room. */
  sendWaiting(handle: ChainHandle | null): void {
    const waiting = this.#waiting;
    if (handle === null) {
      this.#done(codedError('ERR_SOCKET_CLOSED', 'Socket is closed'));
      return;
    }
    const { ws2, s } = handle;
    while (waiting.length > 0) {
      if (ws2.WSASend(s, waiting, Math.min(waiting.length, BUFFERS_PER_SEND), bytesSent, 0, null, null) !== 0) {
        const error = ws2.WSAGetLastError();
        if (error !== WSAEWOULDBLOCK) this.#done(systemError(error, 'write'));
        return;
      }
      this.progress += bytesSent.value;
      dropSent(waiting, bytesSent.value);
    }
    this.#done(null);
  }

  /** Forgets what waits; returns who was to be told. */
  abandon(): WriteCallback | null {
    const callback = this.#callback;
    this.#waiting = [];
    this.#callback = null;
    return callback;
  }

  #done(error: Error | null): void {
    this.abandon()?.(error);
  }
}

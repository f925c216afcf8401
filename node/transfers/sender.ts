import { WSAEWOULDBLOCK, type WSABUF } from '../../index.js';
import { codedError, systemError } from '../instance/index.js';
import type { ChainHandle } from './chain-handle.js';
import { dropSent, toBuffers, type WrittenChunk } from './transfer-buffers.js';
import { callAtTurnEnd, forgetTurnEnd, giveBlock, takeBlock, WRITE_BLOCK, type TurnListener } from './turn-end.js';

/** Buffers per WSASend: systems limit them. */
const BUFFERS_PER_SEND = 64;

/** Told that a write is done, or why it failed. */
export type WriteCallback = (error?: Error | null) => void;

/**
 * Writes that are done at once before one has its end told in the next turn of the event loop: a program that writes as long
 * as it may, to a peer that takes all of it, would let none come.
 */
const WRITES_IN_A_ROW = 512;
/** The same in bytes: as many are still in the processor's cache when a peer in the same thread receives them. */
const BYTES_IN_A_ROW = 512 * 1024;

/** Writes of a row that are sent one by one; small ones behind them are put together. */
const WRITES_BY_THEMSELVES = 4;
/** A write of more bytes is none to be put together with others. */
const SMALL_WRITE = 4096;

const bytesSent = { value: 0 };

/** The socket that a sender sends for. */
export interface SendingSocket {
  /** What the block held has gone, or waits for room now. @internal */
  blockSent(): void;
  /** What the block held could not be sent. @internal */
  sendFailed(error: Error): void;
}

/**
 * The one write of a socket that is under way: tried at once, the rest when FD_WRITE says that there is room. Of many small
 * writes in one go the first ones are sent as they are. Those that follow are put into a block, which is sent when it is full or
 * JavaScript comes to rest; the stream is told at once that they are done.
 */
export class Sender implements TurnListener {
  /** Counts the bytes that the provider took. */
  progress = 0;
  /** Small writes are not to be put together (TCP_NODELAY). */
  #noDelay = false;
  #waiting: WSABUF[] = [];
  #callback: WriteCallback | null = null;
  #inARow = 0;
  /** At how much progress the row ends. */
  #rowEnds = BYTES_IN_A_ROW;
  /** Small writes that came without anything in between. */
  #row = 0;
  /** Where to send the block. */
  #handle: ChainHandle | null = null;
  #block: Buffer | null = null;
  #blockSize = 0;
  /** Writes in the block since it was last sent because JavaScript came to rest. */
  #blockWrites = 0;

  constructor(private readonly socket: SendingSocket) {}

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
    if (this.#waiting.length > 0) {
      // Of what the block held: the stream has been told that it is done.
      this.#append(bytes, length, borrowed, callback);
      return;
    }
    let sent = 0;
    if (handle !== null) {
      if (this.#waitsInBlock(length)) {
        this.#putIntoBlock(handle, bytes, length, callback);
        return;
      }
      if (this.#blockSize > 0 && !this.#sendBlock()) {
        if (this.#waiting.length > 0) this.#append(bytes, length, borrowed, callback);
        return;
      }
      sent = handle.ws2.send(handle.s, bytes, length, 0);
      if (sent === length) {
        this.progress += length;
        this.#taken(callback);
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
    this.#append(rest, rest.length, borrowed, callback);
    // FD_WRITE follows only a send that found no room at all.
    if (sent > 0) this.sendWaiting(handle);
  }

  #append(bytes: Buffer, length: number, borrowed: boolean, callback: WriteCallback): void {
    const rest = bytes.subarray(0, length);
    this.#waiting.push({ len: length, buf: borrowed ? Buffer.from(rest) : rest });
    this.#callback = callback;
  }

  /** A write is done. */
  #taken(callback: WriteCallback): void {
    if (++this.#inARow < WRITES_IN_A_ROW && this.progress < this.#rowEnds) callback();
    else this.#endLater(callback);
  }

  /** Has small writes sent one by one, or not. */
  setNoDelay(enable: boolean): void {
    this.#noDelay = enable;
  }

  /** What was received ends a row of writes. */
  endRow(): void {
    this.#row = 0;
  }

  #waitsInBlock(length: number): boolean {
    if (length > SMALL_WRITE || length === 0 || this.#noDelay) return false;
    return this.#blockSize > 0 || ++this.#row > WRITES_BY_THEMSELVES;
  }

  #putIntoBlock(handle: ChainHandle, bytes: Buffer, length: number, callback: WriteCallback): void {
    if (this.#blockSize + length > WRITE_BLOCK && !this.#sendBlock()) {
      if (this.#waiting.length > 0) this.#append(bytes, length, true, callback);
      return;
    }
    this.#block ??= takeBlock();
    this.#block.set(length === bytes.length ? bytes : bytes.subarray(0, length), this.#blockSize);
    this.#blockSize += length;
    this.#handle = handle;
    if (this.#blockWrites++ === 0) callAtTurnEnd(this, handle.ws2);
    this.#taken(callback);
  }

  /** JavaScript comes to rest, or the process ends. */
  turnEnds(): void {
    // One that came by itself was no row of writes.
    if (this.#blockWrites <= 1) this.#row = 0;
    this.#blockWrites = 0;
    if (this.#blockSize === 0) return;
    this.#sendBlock();
    this.socket.blockSent();
  }

  /** Sends the block. Returns whether all of it has gone; else it waits for room, or the socket was told why not. */
  #sendBlock(): boolean {
    const { ws2, s } = this.#handle!;
    const block = this.#block!;
    const length = this.#blockSize;
    this.#blockSize = 0;
    this.#block = null;
    const sent = ws2.send(s, block, length, 0);
    if (sent === length) {
      this.progress += length;
      giveBlock(block);
      return true;
    }
    const error = sent < 0 ? ws2.WSAGetLastError() : 0;
    if (error !== 0 && error !== WSAEWOULDBLOCK) {
      giveBlock(block);
      this.socket.sendFailed(systemError(error, 'write'));
      return false;
    }
    const rest = block.subarray(Math.max(sent, 0), length);
    this.#waiting.push({ len: rest.length, buf: rest });
    if (sent <= 0) return false;
    this.progress += sent;
    this.sendWaiting(this.#handle);
    return this.#waiting.length === 0;
  }

  /** Calls back when all has gone that was written. */
  finish(callback: WriteCallback): void {
    if (this.#blockSize > 0) this.#sendBlock();
    if (this.#waiting.length > 0) this.#callback = callback;
    else callback();
  }

  #endLater(callback: WriteCallback): void {
    this.#inARow = 0;
    this.#rowEnds = this.progress + BYTES_IN_A_ROW;
    this.#callback = callback;
    setImmediate(() => {
      // Unless the socket was destroyed, which told it, or what the block held before has to wait for room.
      if (this.#callback === callback && this.#waiting.length === 0) this.#done(null);
    });
  }

  /** Sends several buffers. */
  sendAll(handle: ChainHandle | null, chunks: readonly WrittenChunk[], callback: WriteCallback): void {
    if (this.#blockSize > 0) this.#sendBlock();
    const stuck = this.#waiting.length > 0;
    this.#waiting.push(...toBuffers(chunks));
    this.#callback = callback;
    if (handle !== null && !stuck) this.sendWaiting(handle);
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

  /** Forgets what waits; returns who was to be told. The block is tried once more, if it is to be. */
  abandon(tries: boolean): WriteCallback | null {
    const callback = this.#callback;
    this.#callback = null;
    this.#waiting = [];
    const { ws2, s } = this.#handle ?? {};
    if (tries && this.#blockSize > 0) ws2!.send(s!, this.#block!, this.#blockSize, 0);
    this.#blockSize = this.#row = 0;
    this.#block = this.#handle = null;
    forgetTurnEnd(this);
    return callback;
  }

  #done(error: Error | null): void {
    const callback = this.#callback;
    this.#waiting = [];
    this.#callback = null;
    if (callback !== null) callback(error);
    else if (error !== null) this.socket.sendFailed(error);
  }
}

// Sends for a handle: at once where that can be, in their order, small ones together.
import { WSAEWOULDBLOCK, type WSABUF } from '../../index.js';
import {
  callAtTurnEnd,
  dropSent,
  forgetTurnEnd,
  giveBlock,
  takeBlock,
  toBuffers,
  WRITE_BLOCK,
  type ChainHandle,
  type TurnListener,
  type WrittenChunk,
} from '../transfers/index.js';
import { UV_EBADF } from './uv-errors.js';

/** Buffers per WSASend: systems limit them. */
const BUFFERS_PER_SEND = 64;

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

/** Small writes that are put together; sockets that have none, as most that are idle, need not have it. */
class Block {
  memory: Buffer | null = null;
  size = 0;
  /** Writes in it since it was last sent because JavaScript came to rest. */
  writes = 0;

  /** @param handle where to send it */
  constructor(readonly handle: ChainHandle) {}
}

/**
 * The writes of a socket: each is tried at once, the rest when FD_WRITE says that there is room. Of many small writes in one go the
 * first ones are sent as they are. Those that follow are put into a block, which is sent when it is full or JavaScript comes to
 * rest; who wrote them is told at once that they are done.
 *
 * What a write comes to is 0 when it is done, a libuv error, or `null` while it is under way: `sentAll` is called then.
 */
export abstract class Sender implements TurnListener {
  /** Counts the bytes that the provider took. */
  progress = 0;
  /** Small writes are not to be put together (TCP_NODELAY). */
  #noDelay = false;
  /** What waits for room, or for the connection. */
  #waiting: WSABUF[] | null = null;
  /** Whether somebody is to be told when all has gone. */
  #owes = false;
  #inARow = 0;
  /** At how much progress the row ends. */
  #rowEnds = BYTES_IN_A_ROW;
  /** Small writes that came without anything in between. */
  #row = 0;
  #block: Block | null = null;

  /** All has gone, or why it could not. @param status a libuv error; 0 for none */
  protected abstract sentAll(status: number): void;

  /** What the block held could not be sent, whose writers were told otherwise. */
  protected abstract sendFailed(status: number): void;

  /** The libuv error that a send has come to. */
  protected abstract statusOf(wsaError: number): number;

  /** Whether something waits for room, or for the connection. */
  get waits(): boolean {
    return this.#waiting !== null;
  }

  /** Has small writes sent one by one, or not. */
  setNoDelay(enable: boolean): void {
    this.#noDelay = enable;
  }

  /** Something was received, which ends a row of writes: the event loop has had its turn. */
  received(): void {
    this.#row = this.#inARow = 0;
    this.#rowEnds = this.progress + BYTES_IN_A_ROW;
  }

  /**
   * Sends one buffer.
   *
   * @param handle `null` while there is no connection yet
   * @param borrowed whether the buffer is somebody else's after this call
   */
  protected send(handle: ChainHandle | null, bytes: Buffer, length: number, borrowed: boolean): number | null {
    // Of what the block held: who wrote it has been told that it is done.
    if (this.#waiting !== null || handle === null) return this.#append(bytes, length, borrowed);
    if (this.#waitsInBlock(length)) return this.#putIntoBlock(handle, bytes, length);
    if (this.#hasBlock && !this.#sendBlock()) {
      return this.waits ? this.#append(bytes, length, borrowed) : null;
    }
    const sent = handle.ws2.send(handle.s, bytes, length, 0);
    if (sent === length) {
      this.progress += length;
      return this.#taken();
    }
    if (sent < 0) {
      const error = handle.ws2.WSAGetLastError();
      return error === WSAEWOULDBLOCK ? this.#append(bytes, length, borrowed) : this.statusOf(error);
    }
    this.progress += sent;
    const rest = bytes.subarray(sent, length);
    this.#append(rest, rest.length, borrowed);
    // FD_WRITE follows only a send that found no room at all.
    return this.#attempt(handle);
  }

  /** Sends several buffers; see `send`. */
  protected sendAll(handle: ChainHandle | null, chunks: readonly WrittenChunk[]): number | null {
    if (this.#hasBlock) this.#sendBlock();
    const stuck = this.#waiting !== null;
    (this.#waiting ??= []).push(...toBuffers(chunks));
    this.#owes = true;
    return handle !== null && !stuck ? this.#attempt(handle) : null;
  }

  /** Sends what waits, as far as there is room. */
  protected sendWaiting(handle: ChainHandle | null): void {
    const status = handle === null ? UV_EBADF : this.#sendOn(handle);
    if (status !== null) this.#ended(status);
  }

  /** Sends what is in the block. @returns whether something waits, so that `sentAll` is called */
  protected finish(): boolean {
    if (this.#hasBlock) this.#sendBlock();
    if (this.#waiting === null) return false;
    return (this.#owes = true);
  }

  #append(bytes: Buffer, length: number, borrowed: boolean): null {
    const rest = length === bytes.length ? bytes : bytes.subarray(0, length);
    (this.#waiting ??= []).push({ len: length, buf: borrowed ? Buffer.from(rest) : rest });
    this.#owes = true;
    return null;
  }

  /** A write is done. */
  #taken(): 0 | null {
    if (++this.#inARow < WRITES_IN_A_ROW && this.progress < this.#rowEnds) return 0;
    this.#inARow = 0;
    this.#rowEnds = this.progress + BYTES_IN_A_ROW;
    this.#owes = true;
    setImmediate(() => {
      // Unless the socket was destroyed, which told it, or what the block held before has to wait for room.
      if (this.#owes && this.#waiting === null) this.#ended(0);
    });
    return null;
  }

  get #hasBlock(): boolean {
    return this.#block !== null && this.#block.size > 0;
  }

  #waitsInBlock(length: number): boolean {
    if (length > SMALL_WRITE || length === 0 || this.#noDelay) return false;
    return this.#hasBlock || ++this.#row > WRITES_BY_THEMSELVES;
  }

  #putIntoBlock(handle: ChainHandle, bytes: Buffer, length: number): number | null {
    const block = (this.#block ??= new Block(handle));
    if (block.size + length > WRITE_BLOCK && !this.#sendBlock()) {
      return this.waits ? this.#append(bytes, length, true) : null;
    }
    block.memory ??= takeBlock();
    block.memory.set(length === bytes.length ? bytes : bytes.subarray(0, length), block.size);
    block.size += length;
    if (block.writes++ === 0) callAtTurnEnd(this, handle.ws2);
    return this.#taken();
  }

  /** JavaScript comes to rest, or the process ends. */
  turnEnds(): void {
    const block = this.#block;
    if (block === null) return;
    // One that came by itself was no row of writes.
    if (block.writes <= 1) this.#row = 0;
    block.writes = 0;
    if (block.size > 0) this.#sendBlock();
  }

  /** Sends the block. Returns whether all of it has gone; else it waits for room, or the socket was told why not. */
  #sendBlock(): boolean {
    const block = this.#block!;
    const { handle, size: length } = block;
    const memory = block.memory!;
    block.size = 0;
    block.memory = null;
    const { ws2, s } = handle;
    const sent = ws2.send(s, memory, length, 0);
    if (sent === length) {
      this.progress += length;
      giveBlock(memory);
      return true;
    }
    const error = sent < 0 ? ws2.WSAGetLastError() : 0;
    if (error !== 0 && error !== WSAEWOULDBLOCK) {
      giveBlock(memory);
      this.sendFailed(this.statusOf(error));
      return false;
    }
    const rest = memory.subarray(Math.max(sent, 0), length);
    (this.#waiting ??= []).push({ len: rest.length, buf: rest });
    if (sent <= 0) return false;
    this.progress += sent;
    this.sendWaiting(handle);
    return !this.waits;
  }

  /** Sends what waits for a write that is just begun. */
  #attempt(handle: ChainHandle): number | null {
    const status = this.#sendOn(handle);
    if (status !== null) this.#owes = false;
    return status;
  }

  /** Sends what waits. @returns `null` when there was no room for all of it */
  #sendOn({ ws2, s }: ChainHandle): number | null {
    const waiting = this.#waiting ?? [];
    while (waiting.length > 0) {
      if (ws2.WSASend(s, waiting, Math.min(waiting.length, BUFFERS_PER_SEND), bytesSent, 0, null, null) !== 0) {
        const error = ws2.WSAGetLastError();
        if (error === WSAEWOULDBLOCK) return null;
        this.#waiting = null;
        return this.statusOf(error);
      }
      this.progress += bytesSent.value;
      dropSent(waiting, bytesSent.value);
    }
    this.#waiting = null;
    return 0;
  }

  #ended(status: number): void {
    this.#waiting = null;
    if (this.#owes) {
      this.#owes = false;
      this.sentAll(status);
    } else if (status !== 0) this.sendFailed(status);
  }

  /** Forgets what waits. The block is tried once more, if it is to be. */
  abandon(tries: boolean): void {
    this.#owes = false;
    this.#waiting = null;
    this.#row = 0;
    const block = this.#block;
    if (block === null) return;
    this.#block = null;
    if (tries && block.size > 0) block.handle.ws2.send(block.handle.s, block.memory!, block.size, 0);
    forgetTurnEnd(this);
  }
}

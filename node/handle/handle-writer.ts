// The writes of a handle: done at once where that can be, else told later, in their order.
import { WSAECONNABORTED } from '../../index.js';
import type { ChainError } from '../instance/index.js';
import {
  bytesIn,
  gather,
  gathered,
  gatherString,
  gatherWritten,
  Sender,
  type ChainHandle,
  type SendingSocket,
  type WrittenChunk,
} from '../transfers/index.js';
import { UV_EBADF, UV_EPIPE, uvErrorOf } from './uv-errors.js';

/** The handle that a writer writes for. */
export interface WritingHandle {
  /** The connection; `null` until there is one. */
  readonly connection: ChainHandle | null;
  /** Whether it is open, connected or not. */
  readonly mayWrite: boolean;
  /** Writes are not done at once; they are when `written` is told. */
  writePends(): void;
  /** The writes that pended are done, or have failed. */
  written(requests: readonly object[], status: number): void;
  /** Bytes are lost whose writers were told that they had been sent. */
  writeFailed(status: number): void;
}

/** Sends what `net` writes to a handle. */
export class HandleWriter implements SendingSocket {
  /** All that was ever written. */
  bytes = 0;
  /** How many bytes the last write had. */
  lastWrite = 0;
  readonly #sender = new Sender(this);
  /** Writes that are not over, in their order. */
  #pending: object[] | null = null;
  #begins = false;
  /** What the write that is being begun has come to; `null` while that is open. */
  #outcome: number | null = null;

  constructor(private readonly handle: WritingHandle) {}

  /** Bytes that wait for room. */
  get queued(): number {
    return this.#sender.waits ? this.bytes - this.#sender.progress : 0;
  }

  /**
   * Sends a text.
   *
   * @returns 0 when it is done; a libuv error; `null` when the handle is told later
   */
  string(request: object, text: string, encoding: BufferEncoding): number | null {
    const length = gatherString(text, encoding, 0);
    if (length >= 0) return this.#send(request, gathered(), length, true);
    const bytes = Buffer.from(text, encoding);
    return this.#send(request, bytes, bytes.length, false);
  }

  /** Sends bytes; see `string`. */
  buffer(request: object, bytes: Buffer): number | null {
    return this.#send(request, bytes, bytes.length, false);
  }

  /**
   * Sends what `net` gives; see `string`.
   *
   * @param chunks buffers, or chunks that alternate with their encodings
   */
  vector(request: object, chunks: readonly unknown[], allBuffers: boolean): number | null {
    const length = gatherWritten(chunks, allBuffers);
    if (length >= 0) return this.#send(request, gathered(), length, true);
    return this.#sendAll(request, allBuffers ? buffersOf(chunks as Buffer[]) : pairsOf(chunks));
  }

  /** Sends several pieces; see `string`. */
  chunks(request: object, chunks: readonly WrittenChunk[]): number | null {
    const length = gather(chunks);
    if (length >= 0) return this.#send(request, gathered(), length, true);
    return this.#sendAll(request, chunks);
  }

  #sendAll(request: object, chunks: readonly WrittenChunk[]): number | null {
    if (!this.#begin(bytesIn(chunks))) return UV_EBADF;
    this.#sender.sendAll(this.handle.connection, chunks, this.#done);
    return this.#end(request);
  }

  #send(request: object, bytes: Buffer, length: number, borrowed: boolean): number | null {
    if (!this.#begin(length)) return UV_EBADF;
    this.#sender.send(this.handle.connection, bytes, length, borrowed, this.#done);
    return this.#end(request);
  }

  #begin(length: number): boolean {
    this.lastWrite = 0;
    if (!this.handle.mayWrite) return false;
    this.lastWrite = length;
    this.bytes += length;
    this.#begins = true;
    this.#outcome = null;
    return true;
  }

  #end(request: object): number | null {
    this.#begins = false;
    if (this.#outcome !== null) return this.#outcome;
    (this.#pending ??= []).push(request);
    this.handle.writePends();
    return null;
  }

  /** All has gone that was to be sent, or cannot. */
  readonly #done = (error?: Error | null): void => {
    const status = error === undefined || error === null ? 0 : this.#statusOf(error);
    if (this.#begins) this.#outcome = status;
    else this.handle.written(this.takePending(), status);
  };

  /** The writes that are not over, which are the caller's to tell from now on. */
  takePending(): object[] {
    const pending = this.#pending ?? [];
    this.#pending = null;
    return pending;
  }

  /** Sends what waits for room, or for the connection. */
  goOn(): boolean {
    if (!this.#sender.waits) return false;
    this.#sender.sendWaiting(this.handle.connection);
    return true;
  }

  /** Calls back when all has gone. */
  finish(callback: () => void): void {
    this.#sender.finish(callback);
  }

  /** Something was received. */
  received(): void {
    this.#sender.endRow();
  }

  /** TCP_NODELAY: small writes are not put together. */
  setNoDelay(enable: boolean): void {
    this.#sender.setNoDelay(enable);
  }

  /** @param tries whether what was put together is sent yet */
  abandon(tries: boolean): void {
    this.#sender.abandon(tries);
  }

  blockSent(): void {
    // Whoever wrote it was told at once.
  }

  sendFailed(error: Error): void {
    this.handle.writeFailed(this.#statusOf(error));
  }

  #statusOf(error: Error): number {
    const { errno, wsaError } = error as Partial<ChainError>;
    // The peer had ended, and has gone: its system answered what was sent with a reset.
    if (wsaError === WSAECONNABORTED && this.handle.connection?.peerEnded === true) return UV_EPIPE;
    return wsaError === undefined ? (errno ?? UV_EBADF) : uvErrorOf(wsaError);
  }
}

function buffersOf(buffers: readonly Buffer[]): WrittenChunk[] {
  return buffers.map((chunk) => ({ chunk, encoding: 'utf8' }));
}

/** Chunks that alternate with their encodings. */
function pairsOf(chunks: readonly unknown[]): WrittenChunk[] {
  const pairs: WrittenChunk[] = [];
  for (let i = 0; i < chunks.length; i += 2) {
    pairs.push({ chunk: chunks[i] as Buffer | string, encoding: chunks[i + 1] as BufferEncoding });
  }
  return pairs;
}

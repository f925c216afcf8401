// The writes of a handle: done at once where that can be, else told later, in their order.
import { WSAECONNABORTED } from '../../index.js';
import {
  bytesIn,
  gather,
  gathered,
  gatherString,
  gatherWritten,
  type ChainHandle,
  type WrittenChunk,
} from '../transfers/index.js';
import { PendingRequest } from './pending-request.js';
import { Sender } from './sender.js';
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
  written(writes: readonly PendingRequest[], status: number): void;
  /** All has gone, whoever wrote it, which `allGone` asked to be told. */
  finished(): void;
  /** Bytes are lost whose writers were told that they had been sent. */
  writeFailed(status: number): void;
}

/** Sends what `net` writes to a handle. */
export class HandleWriter extends Sender {
  /** All that was ever written. */
  bytes = 0;
  /** How many bytes the last write had. */
  lastWrite = 0;
  /** Writes that are not over, in their order. */
  #pending: PendingRequest[] | null = null;
  /** Whether the handle is to be told when all has gone. */
  #finishes = false;

  constructor(private readonly handle: WritingHandle) {
    super();
  }

  /** Bytes that wait for room. */
  get queued(): number {
    return this.waits ? this.bytes - this.progress : 0;
  }

  /**
   * Sends a text.
   *
   * @returns 0 when it is done; a libuv error; `null` when the handle is told later
   */
  string(request: object, text: string, encoding: BufferEncoding): number | null {
    const length = gatherString(text, encoding, 0);
    if (length >= 0) return this.#write(request, gathered(), length, true);
    const bytes = Buffer.from(text, encoding);
    return this.#write(request, bytes, bytes.length, false);
  }

  /** Sends bytes; see `string`. */
  buffer(request: object, bytes: Buffer): number | null {
    return this.#write(request, bytes, bytes.length, false);
  }

  /**
   * Sends what `net` gives; see `string`.
   *
   * @param chunks buffers, or chunks that alternate with their encodings
   */
  vector(request: object, chunks: readonly unknown[], allBuffers: boolean): number | null {
    const length = gatherWritten(chunks, allBuffers);
    if (length >= 0) return this.#write(request, gathered(), length, true);
    return this.#writeAll(request, allBuffers ? buffersOf(chunks as Buffer[]) : pairsOf(chunks));
  }

  /** Sends several pieces; see `string`. */
  chunks(request: object, chunks: readonly WrittenChunk[]): number | null {
    const length = gather(chunks);
    if (length >= 0) return this.#write(request, gathered(), length, true);
    return this.#writeAll(request, chunks);
  }

  #writeAll(request: object, chunks: readonly WrittenChunk[]): number | null {
    if (!this.#begin(bytesIn(chunks))) return UV_EBADF;
    return this.sendAll(this.handle.connection, chunks) ?? this.#pends(request);
  }

  #write(request: object, bytes: Buffer, length: number, borrowed: boolean): number | null {
    if (!this.#begin(length)) return UV_EBADF;
    return this.send(this.handle.connection, bytes, length, borrowed) ?? this.#pends(request);
  }

  #begin(length: number): boolean {
    this.lastWrite = 0;
    if (!this.handle.mayWrite) return false;
    this.lastWrite = length;
    this.bytes += length;
    return true;
  }

  #pends(request: object): null {
    (this.#pending ??= []).push(new PendingRequest(request, 'WRITEWRAP'));
    this.handle.writePends();
    return null;
  }

  /** The writes that are not over, which are the caller's to tell from now on. */
  takePending(): readonly PendingRequest[] {
    const pending = this.#pending ?? NONE;
    this.#pending = null;
    return pending;
  }

  /** Sends what waits for room, or for the connection. */
  goOn(): boolean {
    if (!this.waits) return false;
    this.sendWaiting(this.handle.connection);
    return true;
  }

  /** Asks to be told, by `finished`, when all has gone. @returns whether it has already */
  allGone(): boolean {
    if (!this.finish()) return true;
    this.#finishes = true;
    return false;
  }

  protected sentAll(status: number): void {
    const pending = this.takePending();
    if (pending.length > 0) this.handle.written(pending, status);
    if (!this.#finishes) return;
    this.#finishes = false;
    this.handle.finished();
  }

  protected sendFailed(status: number): void {
    this.handle.writeFailed(status);
  }

  protected statusOf(wsaError: number): number {
    // The peer had ended, and has gone: its system answered what was sent with a reset.
    if (wsaError === WSAECONNABORTED && this.handle.connection?.peerEnded === true) return UV_EPIPE;
    return uvErrorOf(wsaError);
  }
}

const NONE: readonly PendingRequest[] = [];

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

import { closeSync, fstatSync, write, writeSync } from 'node:fs';
import { systemConventions } from '../platform/systems.js';
import type { BlockWriter } from './block-writer.js';

/** Bytes of a block. */
export const FILE_BLOCK = 256 * 1024;
/** The most blocks that are filled or written at a time. */
const MOST_BLOCKS = 4;
/** Bytes up to which writing them costs less than telling another thread to. */
const FEW = 32 * 1024;
/** Bytes of short pieces that wait for a block to be written. */
const MOST_SHORT = FILE_BLOCK;
/**
 * Milliseconds that a writer looks whether the other thread is done, before it writes the bytes itself. It does not sleep meanwhile: to
 * be woken takes longer than a block.
 */
const LONGEST_WAIT = 0.3;

/** Bytes, and where in the file they belong. */
interface Piece {
  readonly bytes: Uint8Array;
  readonly at: number;
  /** How many of them are written. */
  written: number;
  /** The block that they lie in, if they are not a copy; `null` once it is used for others. */
  block: ArrayBuffer | null;
  /** Whether another thread may not have begun to write them yet. */
  isUncertain: boolean;
}

/**
 * Writes a plain file, block by block, by the threads that Node.js has for files: one write at a time, in order, each at its own place.
 * So what is not known to be written can be written once more, as it is when the process ends, without anything being there twice.
 *
 * Who writes faster than the file takes it waits: no more than four blocks are filled or under way.
 */
export class FileWriter implements BlockWriter {
  readonly #tellsByLength = systemConventions().lengthFollowsBytes;
  #position: number;
  #underWay: Piece | null = null;
  #waiting: Piece[] = [];
  /** Bytes of the pieces that wait, and are copies. */
  #shortBytes = 0;
  readonly #free: ArrayBuffer[] = [];
  #blocks = 0;
  /** Writes that another thread may not have begun yet. */
  #uncertain = 0;
  #isOpen = true;
  #isClosed = false;

  /**
   * @param descriptor an open descriptor of a plain file, not in append mode; it is this object's to close
   * @param size where the first bytes go
   * @param failed told, once, when nothing can be written any more: why, and where in which bytes that was
   */
  constructor(
    private readonly descriptor: number,
    size: number,
    private readonly failed: (cause: NodeJS.ErrnoException, bytes: Uint8Array, at: number, written: number) => void,
  ) {
    this.#position = size;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** None: who writes faster than the file takes it waits. */
  get waiting(): number {
    return 0;
  }

  #block(): ArrayBuffer {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    this.#blocks++;
    return new ArrayBuffer(FILE_BLOCK);
  }

  put(block: ArrayBuffer, length: number): ArrayBuffer {
    const bytes = new Uint8Array(block, 0, length);
    if (length <= FEW) {
      this.write(bytes);
      return block;
    }
    this.#look();
    while (this.#underWay !== null && !this.#hasBlock) this.#finish();
    if (!this.#isOpen) return block;
    const piece: Piece = { bytes, at: this.#placeOf(length), written: 0, block, isUncertain: false };
    if (!this.#hasBlock) {
      // All others are written, but the threads that did it have not answered.
      this.#writeNow(piece);
      return block;
    }
    if (this.#underWay === null) this.#start(piece);
    else this.#waiting.push(piece);
    return this.#block();
  }

  write(bytes: Uint8Array): void {
    const { length } = bytes;
    if (!this.#isOpen || length === 0) return;
    this.#look();
    if (this.#shortBytes + length > MOST_SHORT) this.settle();
    if (!this.#isOpen) return;
    const at = this.#placeOf(length);
    if (this.#underWay === null) return void this.#writeNow({ bytes, at, written: 0, block: null, isUncertain: false });
    this.#shortBytes += length;
    this.#waiting.push({ bytes: new Uint8Array(bytes), at, written: 0, block: null, isUncertain: false });
  }

  flush(): void {
    // Nothing waits for a reader.
  }

  settle(): void {
    while (this.#underWay !== null) this.#finish();
  }

  close(): void {
    if (!this.#isOpen) return;
    this.settle();
    if (this.#isOpen) this.#end();
  }

  get #hasBlock(): boolean {
    return this.#free.length > 0 || this.#blocks < MOST_BLOCKS;
  }

  #placeOf(length: number): number {
    const at = this.#position;
    this.#position += length;
    return at;
  }

  #start(piece: Piece): void {
    this.#underWay = piece;
    piece.isUncertain = true;
    this.#uncertain++;
    const { bytes, at, written: from } = piece;
    write(this.descriptor, bytes, from, bytes.length - from, at + from, (cause, written) => {
      this.#isCertain(piece);
      if (this.#underWay === piece && this.#isOpen) {
        if (cause !== null) this.#fail(cause, piece);
        else if ((piece.written += written) < bytes.length) this.#start(piece);
        else this.#done(piece);
      } else this.#release(piece);
      if (!this.#isOpen) this.#closeDescriptor();
    });
  }

  /** No other thread will begin to write the piece. */
  #isCertain(piece: Piece): void {
    if (!piece.isUncertain) return;
    piece.isUncertain = false;
    this.#uncertain--;
  }

  /** A piece is written: what waits behind it is next. */
  #done(piece: Piece): void {
    this.#release(piece);
    this.#underWay = null;
    while (this.#waiting.length > 0 && this.#underWay === null) {
      const next = this.#waiting.shift()!;
      if (next.block !== null) return this.#start(next);
      this.#shortBytes -= next.bytes.length;
      if (!this.#writeNow(next)) return;
    }
  }

  /** The memory of a piece is nobody's any more. */
  #release(piece: Piece): void {
    if (piece.block !== null) this.#free.push(piece.block);
    piece.block = null;
  }

  /** Looks whether the write that is under way is over. A program that never waits has no turn to be told so in. */
  #look(): void {
    const piece = this.#underWay;
    if (piece === null || !this.#tellsByLength) return;
    try {
      if (fstatSync(this.descriptor).size < piece.at + piece.bytes.length) return;
      this.#isCertain(piece);
      this.#done(piece);
    } catch {
      // The answer will tell.
    }
  }

  /** Waits for the write that is under way; writes the bytes here, where that takes long. */
  #finish(): void {
    const piece = this.#underWay;
    if (piece === null) return;
    if (this.#tellsByLength) {
      const end = performance.now() + LONGEST_WAIT;
      do this.#look();
      while (this.#underWay === piece && performance.now() < end);
      if (this.#underWay !== piece) return;
    }
    // Its memory stays as it is until the other thread has answered.
    if (!this.#writeNow(piece)) return;
    const { block } = piece;
    piece.block = null;
    this.#done(piece);
    piece.block = block;
  }

  /** Writes a piece in this thread. Returns whether it did. */
  #writeNow(piece: Piece): boolean {
    const { bytes, at } = piece;
    try {
      while (piece.written < bytes.length)
        piece.written += writeSync(
          this.descriptor,
          bytes,
          piece.written,
          bytes.length - piece.written,
          at + piece.written,
        );
      return true;
    } catch (cause) {
      this.#fail(cause as NodeJS.ErrnoException, piece);
      return false;
    }
  }

  #fail(cause: NodeJS.ErrnoException, { bytes, at, written }: Piece): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.failed(cause, bytes, at, written);
    this.#end();
  }

  #end(): void {
    this.#isOpen = false;
    this.#underWay = null;
    this.#waiting = [];
    this.#shortBytes = 0;
    this.#closeDescriptor();
  }

  /** Not while another thread may be about to write by its number, which could be another file's then. */
  #closeDescriptor(): void {
    if (this.#uncertain > 0 || this.#isClosed) return;
    this.#isClosed = true;
    try {
      closeSync(this.descriptor);
    } catch {
      // What could be written has been.
    }
  }
}

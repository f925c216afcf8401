// Several buffers of one call, as they are handed to the operating system.
import { byteLengthOf, holdsBytes, viewOfBytes, type WSABUF } from '../spi/index.js';

/** What the buffers beyond those that a system takes hold at most in one call: more than a kernel has room for in a socket. */
const MOST_REST_BYTES = 0x400_0000;

/** A buffer as it was read: once, because what it is read from may say something else the next time. */
export interface Piece {
  readonly bytes: Uint8Array;
  readonly length: number;
}

/**
 * Reads the buffers, and only then asks the engine whether their bytes are there: reading one may run code that takes
 * the bytes of another away. From then on nothing runs that is not ours.
 *
 * @returns those that are not empty; `null` when one promises more than it has
 */
export function takePieces(buffers: readonly WSABUF[], count: number): Piece[] | null {
  const pieces: Piece[] = [];
  try {
    for (let index = 0; index < count; index++) {
      const { len: length, buf: bytes } = buffers[index]!;
      if (length === 0) continue;
      if (!holdsBytes(bytes, length)) return null;
      pieces.push({ bytes, length });
    }
  } catch {
    // There is none, or a member of it throws as it is read.
    return null;
  }
  for (const { bytes, length } of pieces) if (byteLengthOf(bytes) < length) return null;
  return pieces;
}

/** The buffers beyond the system's limit, as one. */
export interface Rest {
  readonly bytes: Uint8Array;
  /** The first of those beyond. */
  readonly index: number;
}

/**
 * Makes one buffer of those from `index` on, less the first's first `left` bytes, with what they hold if it is to be
 * sent.
 */
export function restOf(pieces: readonly Piece[], index: number, left: number, sending: boolean): Rest {
  let total = -left;
  for (let i = index; i < pieces.length; i++) total += pieces[i]!.length;
  const rest = new Uint8Array(Math.min(total, MOST_REST_BYTES));
  for (let i = index, at = 0; sending && at < rest.length; i++) {
    const { bytes, length } = pieces[i]!;
    const start = i === index ? left : 0;
    const end = Math.min(length, start + rest.length - at);
    rest.set(viewOfBytes(bytes, start, end), at);
    at += end - start;
  }
  return { bytes: rest, index };
}

/** Hands what was received into the rest on to the buffers that it stands for. */
export function scatter(pieces: readonly Piece[], rest: Rest, received: number): void {
  let left = received;
  for (let i = 0; i < rest.index; i++) left -= pieces[i]!.length;
  for (let i = rest.index, from = 0; i < pieces.length && left > 0; i++) {
    const { bytes, length } = pieces[i]!;
    const part = Math.min(length, left);
    viewOfBytes(bytes, 0, part).set(rest.bytes.subarray(from, from + part));
    from += part;
    left -= part;
  }
}

// Memory whose address may be handed to the operating system.
import { holdsBytes } from '../spi/index.js';
import { koffi } from './koffi.js';

/**
 * Memory that Node.js owns and never moves, with its address.
 *
 * The address is a plain number and keeps nothing alive: whoever holds the address must hold this object (or its
 * `bytes`) at least as long, and as long as the kernel may still write there. That is why every user keeps it in a field
 * beside the numbers taken from it, and never passes `address` on alone.
 */
export interface PinnedMemory {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** The same bytes as 32-bit integers. */
  readonly ints: Int32Array;
  readonly address: number;
}

/**
 * Allocates pinned memory, zeroed.
 *
 * @param size in bytes; rounded up to a multiple of 8
 */
export function pinMemory(size: number): PinnedMemory {
  // An ArrayBuffer made by itself lies outside of the moving heap; a short typed array would lie within.
  const buffer = new ArrayBuffer((size + 7) & ~7);
  const bytes = new Uint8Array(buffer);
  return { bytes, view: new DataView(buffer), ints: new Int32Array(buffer), address: addressOf(bytes) };
}

/**
 * The address of a typed array's first byte. It holds while the array is referenced and its buffer is not detached; the
 * caller keeps the array until the call that uses the address has returned, and has found out by `holdsBytes` that the
 * bytes are there. No code of the array's owner runs here. Only `LastAddress` remembers an address for longer.
 */
export function addressOf(bytes: Uint8Array): number {
  return Number(koffi().address(bytes));
}

/** Writes a pointer or another word of 64 bits, given as a number, as two halves: without a BigInt. */
export function writeWord(ints: Int32Array, index: number, value: number): void {
  ints[index] = value | 0;
  ints[index + 1] = Math.floor(value / 0x1_0000_0000) | 0;
}

/** Stands for the address of bytes that are not there. */
export const NOT_THERE = -1;

/**
 * The address of the array that was used last: programs use one buffer over and over, and a call with a number for a
 * pointer is cheaper than one with an array. The array is referenced as long as its address is remembered, and its
 * memory never moves; that it still has the bytes, its buffer not transferred away nor shrunk, is asked of the engine
 * each time.
 */
export class LastAddress {
  readonly #nothing = pinMemory(8);
  #bytes: Uint8Array | null = null;
  #address = 0;

  /**
   * Looks whether the bytes are there. Between this and the call that uses them nothing may run that is not ours.
   *
   * @param bytes the array of this call
   * @param length how many of its bytes the call will use
   * @returns its address; 0 when the array is to be handed over itself; NOT_THERE when it has no such bytes
   */
  addressOf(bytes: Uint8Array, length: number): number {
    if (length === 0) return this.#nothing.address;
    if (!holdsBytes(bytes, length)) return NOT_THERE;
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#address = 0;
      return 0;
    }
    // The second use in a row: worth finding out.
    if (this.#address === 0) this.#address = addressOf(bytes);
    return this.#address;
  }
}

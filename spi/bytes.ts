// How many bytes an array really has. JavaScript lets every array claim another length than its own: a class may
// override `length`, an object may have `Uint8Array.prototype`, a buffer may be transferred away or shrink. What asks
// here is told by the engine itself, by a getter taken before anybody could replace it.
import type { WSABUF } from './structures/buffers.js';

const TypedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;
const ask = <T>(member: string): ((bytes: unknown) => T) =>
  Function.prototype.call.bind(Object.getOwnPropertyDescriptor(TypedArray, member)!.get!) as (bytes: unknown) => T;
const askByteLength = ask<number>('byteLength');
const askByteOffset = ask<number>('byteOffset');
const PLAIN = Uint8Array.prototype;
const askBuffer = ask<ArrayBufferLike>('buffer');

/**
 * How many bytes a typed array has at this moment, whatever its own members say.
 *
 * @param bytes anything
 * @returns the number of bytes: 0 when its buffer was transferred away, or has become too short for it; -1 for what is
 *   no typed array, a proxy of one included
 */
export function byteLengthOf(bytes: unknown): number {
  try {
    return askByteLength(bytes);
  } catch {
    return -1;
  }
}

/**
 * Whether a pointer and a length hold what they promise: at least so many bytes in a `Uint8Array`, at this moment.
 *
 * @param bytes anything
 * @param length how many bytes; anything but a whole number from 0 to 2^32 - 1 is held by nothing
 */
export function holdsBytes(bytes: unknown, length: unknown): bytes is Uint8Array {
  if (typeof length !== 'number' || length >>> 0 !== length) return false;
  try {
    // In this order: a proxy may run code as it is asked what it is, the engine runs none. That an element is read says
    // nothing, but V8 has to see what the array is for it, and then knows all that follows: four nanoseconds less.
    return (bytes as Uint8Array)[0] !== null && bytes instanceof Uint8Array && length <= askByteLength(bytes);
  } catch {
    return false;
  }
}

/**
 * Whether each of the first `count` buffers holds the bytes that its `len` promises, at this moment. One of length 0
 * needs none. What does not is WSAEFAULT; whoever touches the bytes asks before each attempt, for they may have gone
 * since.
 *
 * @param buffers the buffers
 * @param count how many of them count
 */
export function holdBytes(buffers: readonly WSABUF[], count: number): boolean {
  try {
    for (let index = 0; index < count; index++) {
      const { len, buf } = buffers[index]!;
      // The element as in `holdsBytes`.
      if (len !== 0 && !(len >>> 0 === len && buf[0] !== (null as never) && len <= askByteLength(buf))) return false;
    }
    return true;
  } catch {
    return false;
  }
}

/**
 * A plain view of a part of an array: no code of the array's own class runs, as it may in `subarray`.
 *
 * @param bytes an array that holds so many bytes
 * @param start where the view begins
 * @param end where it ends
 */
export function viewOfBytes(bytes: Uint8Array, start: number, end: number): Uint8Array {
  // Of memory that was taken away there is no view, not even an empty one.
  if (end === start) return new Uint8Array(0);
  return new Uint8Array(askBuffer(bytes), askByteOffset(bytes) + start, end - start);
}

/**
 * The same bytes as an array of no class but `Uint8Array`: none of the owner's code runs as it is used, and V8, which tells
 * classes apart, makes one kind of fast code for what is done with it.
 *
 * @param bytes an array; itself when it is plain already
 */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  // The element as in `holdsBytes`.
  const isPlain = bytes[0] !== (null as never) && Object.getPrototypeOf(bytes) === PLAIN;
  return isPlain ? bytes : viewOfBytes(bytes, 0, Math.max(byteLengthOf(bytes), 0));
}

/**
 * A copy of the first bytes of an array, whose memory is shared with nobody: `slice` of a Node.js `Buffer` is a view.
 *
 * @param bytes the array
 * @param length how many bytes; fewer when there are fewer
 */
export function copyOfBytes(bytes: Uint8Array, length: number): Uint8Array {
  const copy = new Uint8Array(Math.max(Math.min(length, byteLengthOf(bytes)), 0));
  for (let index = 0; index < copy.length; index++) copy[index] = bytes[index]!;
  return copy;
}

/** Whether two arrays hold the same bytes. */
export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let at = 0; at < left.length; at++) if (left[at] !== right[at]) return false;
  return true;
}

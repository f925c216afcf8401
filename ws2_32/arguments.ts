// What JavaScript values can stand for a C argument. Whatever cannot is a bad pointer: WSAEFAULT, never a TypeError.
import type { Ref, SOCKET, WSABUF } from '../spi/index.js';

/** Bytes that stand for a null buffer of length 0. */
export const NO_BYTES = new Uint8Array(0);

/** Whether a value can be a pointer to a scalar. */
export function isRef(value: unknown): value is Ref<unknown> {
  return typeof value === 'object' && value !== null && 'value' in value;
}

/** Whether a value can be a pointer to a structure. */
export function isStructure(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Whether `length` bytes are there, as a pointer and a length promise. */
export function areBytes(bytes: unknown, length: unknown): bytes is Uint8Array {
  return bytes instanceof Uint8Array && isLength(length, bytes.length);
}

/** Whether a buffer and its length are a null pointer to no bytes. */
export function isEmptyBuffer(buf: unknown, len: unknown): boolean {
  return len === 0 && isNull(buf);
}

/** Whether a value is a length of at most `limit`. */
export function isLength(value: unknown, limit: number): value is number {
  return typeof value === 'number' && value >>> 0 === value && value <= limit;
}

/** Whether a value can be a structure that is to be filled; one that is frozen cannot. */
export function isWritable(value: unknown): value is Record<string, unknown> {
  return isStructure(value) && !Object.isFrozen(value);
}

/** Whether a pair of output address and length can be used: both, or no address at all. */
export function isAddressRoom(address: unknown, length: unknown): boolean {
  if (isNull(address)) return true;
  return address instanceof Uint8Array && isRef(length) && isLength(length.value, address.length);
}

/** Whether a value is C's NULL. */
export function isNull(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

/** A handle that may be null, with one spelling of null. */
export function nullableHandle(handle: SOCKET | null | undefined): SOCKET | null {
  return handle === 0 || isNull(handle) ? null : handle;
}

/** The number of bytes in the first `count` buffers; -1 when one of them is a bad pointer or the array is too short. */
export function bytesInBuffers(buffers: unknown, count: unknown): number {
  if (!Array.isArray(buffers) || !isLength(count, buffers.length)) return -1;
  let total = 0;
  for (let i = 0; i < count; i++) {
    const buffer = buffers[i] as Partial<WSABUF> | null | undefined;
    if (typeof buffer !== 'object' || buffer === null) return -1;
    const { len, buf } = buffer;
    if (typeof len !== 'number' || len >>> 0 !== len) return -1;
    if (buf instanceof Uint8Array ? len > buf.length : len !== 0 || !isNull(buf)) return -1;
    total += len;
  }
  return total;
}

/** The same buffers, with bytes in place of null buffers of length 0; the caller's own array when there are none. */
export function withoutNullBuffers(buffers: WSABUF[], count: number): WSABUF[] {
  for (let i = 0; i < count; i++) {
    if (buffers[i]?.buf instanceof Uint8Array) continue;
    return buffers.slice(0, count).map(({ len, buf }) => ({ len, buf: buf instanceof Uint8Array ? buf : NO_BYTES }));
  }
  return buffers;
}

/** Whether a value can be a WSABUF that is optional: null, or a buffer with its bytes. */
export function isOptionalBuffer(value: unknown): boolean {
  return isNull(value) || bytesInBuffers([value], 1) >= 0;
}

/** Whether a value can be an overlapped structure and a completion routine, each of them optional. */
export function areOverlappedArguments(lpOverlapped: unknown, lpCompletionRoutine: unknown): boolean {
  return (
    (isNull(lpOverlapped) || isWritable(lpOverlapped)) &&
    (isNull(lpCompletionRoutine) || typeof lpCompletionRoutine === 'function')
  );
}

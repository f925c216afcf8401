// What values can stand for a C argument; what cannot is a bad pointer, never a TypeError.
import { holdsBytes, holdsBytes as areBytes } from './bytes.js';

export { areBytes };
import { INVALID_SOCKET } from './constants/index.js';
import type { Ref } from './ref.js';
import type { WSABUF } from './structures/index.js';
import type { SOCKET } from './transport-provider.js';

/** Whether a value can be a socket's handle: a multiple of 4, neither 0 nor INVALID_SOCKET. */
export function isSocketHandle(value: unknown): value is SOCKET {
  return typeof value === 'number' && value > 0 && value >>> 0 === value && value % 4 === 0 && value !== INVALID_SOCKET;
}

/** Whether a value is a number of bytes or elements. */
export function isSize(value: unknown): value is number {
  return typeof value === 'number' && value >>> 0 === value;
}

/**
 * Whether a value can stand for an integer of C: a number, a truth value, or nothing for 0. Arithmetic with anything else
 * throws, or makes up a number.
 */
export function isScalar(value: unknown): value is number {
  return typeof value === 'number' || value === undefined || value === null || typeof value === 'boolean';
}

/** Whether a value is flags with none but the known ones set. */
export function areFlags(value: unknown, known: number): value is number {
  return typeof value === 'number' && (value & ~known) === 0;
}

/** Whether so many bytes are there: in an array, or none in nothing. */
export function hasBytes(bytes: unknown, length: unknown): boolean {
  if (bytes === null || bytes === undefined) return length === 0 || length === undefined || length === null;
  return holdsBytes(bytes, length);
}

/** No bytes, where something has to be; never handed to a provider. */
export const NO_BYTES = new Uint8Array(0);

/** Bytes that stand for a null buffer in a provider, which may do with them what it likes. */
export function noBytes(): Uint8Array {
  return new Uint8Array(0);
}

/** Whether a value can be a pointer to a scalar that is read, and never written. */
export function isInputRef(value: unknown): value is Readonly<Ref<unknown>> {
  try {
    return typeof value === 'object' && value !== null && 'value' in value;
  } catch {
    // A proxy may throw as it is asked.
    return false;
  }
}

/** Whether a value can be a pointer to a scalar, in or out: to one that is frozen nothing can be written. */
export function isRef(value: unknown): value is Ref<unknown> {
  try {
    if (typeof value !== 'object' || value === null || !('value' in value)) return false;
    // As cheap as asking whether it is there, and much cheaper than asking whether it is frozen.
    const { value: before } = value;
    value.value = before;
    return true;
  } catch {
    return false;
  }
}

/** The same for one that may be missing. */
export function isOptionalRef(value: unknown): value is Ref<unknown> | null | undefined {
  return isNull(value) || isRef(value);
}

/** Whether a value can be a pointer to room for an output: any object into which a `value` can be written. */
export function isRoom(value: unknown): value is Ref<unknown> {
  if (!isStructure(value)) return false;
  try {
    const { value: before } = value;
    value['value'] = before;
    return true;
  } catch {
    return false;
  }
}

/** Whether a value can be a pointer to a structure. */
export function isStructure(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Whether a value is an array of bytes, of whatever length. */
export function isByteArray(value: unknown): value is Uint8Array {
  return areBytes(value, 0);
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
  try {
    return isStructure(value) && !Object.isFrozen(value);
  } catch {
    return false;
  }
}

/** Whether a value can be an array that elements are put into. */
export function isArrayRoom(value: unknown): value is unknown[] {
  try {
    return Array.isArray(value) && Object.isExtensible(value);
  } catch {
    return false;
  }
}

/** Writes members into a structure; whether all of them can be written. */
export function fillStructure(structure: unknown, members: object): boolean {
  if (!isWritable(structure)) return false;
  try {
    Object.assign(structure, members);
    return true;
  } catch {
    return false;
  }
}

/** Whether a pair of output address and length can be used: both, or no address at all. */
export function isAddressRoom(address: unknown, length: unknown): boolean {
  if (isNull(address)) return true;
  return isRef(length) && areBytes(address, length.value);
}

/** Whether a value is C's NULL. */
export function isNull(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

/** Whether a value is text or C's NULL. */
export function isOptionalText(value: unknown): boolean {
  return isNull(value) || typeof value === 'string';
}

/** Whether a value is an array of numbers. */
export function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'number');
}

/** A handle that may be null, with one spelling of null. */
export function nullableHandle(handle: SOCKET | null | undefined): SOCKET | null {
  return handle === 0 || isNull(handle) ? null : handle;
}

/** Whether a value can be a WSABUF: a buffer with its bytes, which may be missing if its length is 0. */
export function isBuffer(value: unknown): value is WSABUF {
  if (!isStructure(value)) return false;
  const { len, buf } = value as Partial<WSABUF>;
  return areBytes(buf, len) || isEmptyBuffer(buf, len);
}

/** Whether a value can be a WSABUF that is optional: null, or a buffer with its bytes. */
export function isOptionalBuffer(value: unknown): boolean {
  return isNull(value) || isBuffer(value);
}

/** Whether a value can be an overlapped structure and a completion routine, each of them optional. */
export function areOverlappedArguments(lpOverlapped: unknown, lpCompletionRoutine: unknown): boolean {
  return (
    (isNull(lpOverlapped) || isWritable(lpOverlapped)) &&
    (isNull(lpCompletionRoutine) || typeof lpCompletionRoutine === 'function')
  );
}

/** A member of a caller's structure; `undefined` when reading it throws. */
export function memberOf(structure: object, member: string): unknown {
  try {
    return (structure as Readonly<Record<string, unknown>>)[member];
  } catch {
    return undefined;
  }
}

/** Sets a member of a caller's structure; false when it cannot be set, or setting it throws. */
export function setMember(structure: object, member: string, value: unknown): boolean {
  try {
    (structure as Record<string, unknown>)[member] = value;
    return true;
  } catch {
    return false;
  }
}

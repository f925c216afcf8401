// What values can stand for a C argument; what cannot is a bad pointer, never a TypeError.
import { holdsBytes } from './bytes.js';
import { INVALID_SOCKET } from './constants/index.js';
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

/** Whether a value is flags with none but the known ones set. */
export function areFlags(value: unknown, known: number): value is number {
  return typeof value === 'number' && (value & ~known) === 0;
}

/** Whether a value has members. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Whether so many bytes are there: in an array, or none in nothing. */
export function hasBytes(bytes: unknown, length: unknown): boolean {
  if (bytes === null || bytes === undefined) return !length;
  return holdsBytes(bytes, length);
}

/** Whether a value is a WSABUF with its bytes; one of length 0 needs none. */
export function isBuffer(value: unknown): value is WSABUF {
  return isObject(value) && isSize(value['len']) && hasBytes(value['buf'], value['len']);
}

// What the extension functions are given comes from the application as it is, past the checks of the dispatcher.
import { holdsBytes, type WSABUF } from '../../spi/index.js';

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

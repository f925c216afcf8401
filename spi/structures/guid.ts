// Globally unique identifiers: an upper-case string without braces here, 16 bytes in memory.
import type { FieldType, StructureCodec } from './codec.js';

/** A globally unique identifier, such as `E70F1AA0-AB8B-11CF-8CA3-00805F48A192`; case does not matter. */
export type GUID = string;

const PATTERN = /^\{?([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})\}?$/i;

// The first three groups are little-endian integers, the rest is a byte string.
const BYTE_ORDER = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15] as const;

// Programs use few of them, again and again: each is read once, and so many are kept.
const MOST_KEPT = 256;
const bytesOfText = new Map<GUID, Uint8Array>();
const spellings = new Map<string, GUID>();

function keep<T>(kept: Map<string, T>, text: string, value: T): T {
  if (kept.size >= MOST_KEPT) kept.clear();
  kept.set(text, value);
  return value;
}

// What is kept; nobody may change it or give it away.
function guidBytes(value: GUID): Uint8Array {
  return bytesOfText.get(value) ?? keep(bytesOfText, value, readGuid(value));
}

function readGuid(value: GUID): Uint8Array {
  const groups = PATTERN.exec(value);
  if (groups === null) throw new RangeError(`GUID has a wrong form: ${value}`);
  const digits = groups.slice(1).join('');
  return Uint8Array.from(BYTE_ORDER, (place) => Number.parseInt(digits.slice(2 * place, 2 * place + 2), 16));
}

function guidText(bytes: Uint8Array, offset: number): GUID {
  if (offset < 0 || offset + 16 > bytes.length) {
    throw new RangeError(`GUID needs 16 bytes at offset ${offset}, but the buffer has ${bytes.length}`);
  }
  const hex = BYTE_ORDER.map((place) => (bytes[offset + place] ?? 0).toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)]
    .join('-')
    .toUpperCase();
}

/** Encodes and decodes a GUID (16 bytes); `parse` brings any spelling into the usual one, or gives `null`. */
export const GUID: StructureCodec<GUID> & { parse(text: string): GUID | null } = {
  size: 16,
  encode: (value) => guidBytes(value).slice(),
  encodeInto(value, target, offset = 0) {
    const bytes = guidBytes(value);
    if (offset < 0 || offset + 16 > target.length) {
      throw new RangeError(`GUID takes 16 bytes at offset ${offset}, but the buffer has ${target.length}`);
    }
    target.set(bytes, offset);
    return 16;
  },
  decode: (bytes, offset = 0) => guidText(bytes, offset),
  parse(text) {
    const known = spellings.get(text);
    if (known !== undefined) return known;
    const groups = PATTERN.exec(text);
    return groups === null ? null : keep(spellings, text, groups.slice(1).join('-').toUpperCase());
  },
};

/** The GUID that names nothing. */
export const GUID_NULL: GUID = '00000000-0000-0000-0000-000000000000';

/** Says whether two GUIDs are the same, whatever their case. */
export function guidEqual(a: GUID, b: GUID): boolean {
  return a.toUpperCase() === b.toUpperCase();
}

/** A GUID stored inside a structure. */
export const guid: FieldType<GUID> = {
  size: 16,
  read: (input, at) => guidText(input.bytes, at),
  write: (output, at, value) => output.bytes.set(guidBytes(value), at),
};

// The kinds of members that C structures have: integers, arrays, text, and pointers to all of these.
import { type FieldType, type Output, Region } from './codec.js';

type Owner = Readonly<Record<string, unknown>>;

// ---- Integers ----

/** BYTE. */
export const u8: FieldType<number> = {
  size: 1,
  read: (input, at) => input.view.getUint8(at),
  write: (output, at, value) => output.view.setUint8(at, value),
};

/** WORD, u_short. */
export const u16: FieldType<number> = {
  size: 2,
  read: (input, at) => input.view.getUint16(at, true),
  write: (output, at, value) => output.view.setUint16(at, value, true),
};

/** u_short in network byte order, shown as the number that it means. */
export const u16network: FieldType<number> = {
  size: 2,
  read: (input, at) => input.view.getUint16(at),
  write: (output, at, value) => output.view.setUint16(at, value),
};

/** short. */
export const i16: FieldType<number> = {
  size: 2,
  read: (input, at) => input.view.getInt16(at, true),
  write: (output, at, value) => output.view.setInt16(at, value, true),
};

/** int, LONG. */
export const i32: FieldType<number> = {
  size: 4,
  read: (input, at) => input.view.getInt32(at, true),
  write: (output, at, value) => output.view.setInt32(at, value, true),
};

/** DWORD, ULONG, and handles. */
export const u32: FieldType<number> = {
  size: 4,
  read: (input, at) => input.view.getUint32(at, true),
  write: (output, at, value) => output.view.setUint32(at, value, true),
};

/** ULONG in network byte order, shown as the number that it means. */
export const u32network: FieldType<number> = {
  size: 4,
  read: (input, at) => input.view.getUint32(at),
  write: (output, at, value) => output.view.setUint32(at, value),
};

/** ULONG64. */
export const u64: FieldType<bigint> = {
  size: 8,
  read: (input, at) => input.view.getBigUint64(at, true),
  write: (output, at, value) => output.view.setBigUint64(at, BigInt(value), true),
};

/** A BOOL. */
export const bool: FieldType<boolean> = {
  size: 4,
  read: (input, at) => input.view.getUint32(at, true) !== 0,
  write: (output, at, value) => output.view.setUint32(at, value ? 1 : 0, true),
};

/** A handle that may be null, which is stored as 0 and read as `null`. */
export const nullableHandle: FieldType<number | null> = {
  size: 4,
  read: (input, at) => input.view.getUint32(at, true) || null,
  write: (output, at, value) => output.view.setUint32(at, value ?? 0, true),
};

/** A pointer that this layout cannot follow: written as null, read as `null`. */
export const opaque: FieldType<null> = {
  size: 4,
  read: () => null,
  write: (output, at) => output.view.setUint32(at, 0, true),
};

// ---- Members that tell about others ----

/** A DWORD that says how many elements another member has; what the object says, else that member's length. */
export function countOf(member: string): FieldType<number> {
  return computed((given, owner) => given ?? lengthOf(owner[member]));
}

/** A DWORD that holds the structure's own size, unless the object says otherwise. */
export function ownSize(size: number): FieldType<number> {
  return computed((given) => given ?? size);
}

function computed(value: (given: number | undefined, owner: Owner) => number): FieldType<number> {
  return {
    size: 4,
    computed: true,
    read: (input, at) => input.view.getUint32(at, true),
    write: (output, at, given: number | undefined, owner) => output.view.setUint32(at, value(given, owner), true),
  };
}

function lengthOf(value: unknown): number {
  return Array.isArray(value) || value instanceof Uint8Array ? value.length : 0;
}

// ---- Arrays ----

/** An array of a fixed number of elements; fewer are padded with zero, more are an error. */
export function array<V>(element: FieldType<V>, length: number): FieldType<V[]> {
  return {
    size: element.size * length,
    read: (input, at, owner) => Array.from({ length }, (_, i) => element.read(input, at + i * element.size, owner)),
    write(output, at, value, owner) {
      if (value.length > length) {
        throw new RangeError(`${output.name} has room for ${length} elements in an array, not for ${value.length}`);
      }
      value.forEach((item, i) => element.write(output, at + i * element.size, item, owner));
    },
  };
}

/** A fixed number of bytes; more are an error. */
export function byteArray(length: number): FieldType<Uint8Array> {
  return {
    size: length,
    read: (input, at) => input.bytes.slice(at, at + length),
    write(output, at, value) {
      if (value.length > length) {
        throw new RangeError(`${output.name} has room for ${length} bytes, not for ${value.length}`);
      }
      output.bytes.set(value, at);
    },
  };
}

/** An array at the structure's end whose length another member gives; `size` counts the one element that C declares. */
export function trailing<V>(element: FieldType<V>, count: string): FieldType<V[]> {
  return {
    size: element.size,
    read: (input, at, owner) => readMany(element, count, input, at, owner),
    write(output, at, value, owner) {
      const length = countFor(output, value.length, owner[count]);
      if (length > 1) output.allocate((length - 1) * element.size, 1);
      value.slice(0, length).forEach((item, i) => element.write(output, at + i * element.size, item, owner));
    },
  };
}

// ---- Text ----

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** A `char[length]`, as UTF-8; cut off before `length` and always ended by NUL. */
export function charArray(length: number): FieldType<string> {
  return {
    size: length,
    read(input, at) {
      const end = input.bytes.indexOf(0, at);
      return decoder.decode(input.bytes.subarray(at, end < 0 || end > at + length ? at + length : end));
    },
    write(output, at, value) {
      // encodeInto stops before a character that does not fit as a whole.
      encoder.encodeInto(upToNul(value), output.bytes.subarray(at, at + length - 1));
    },
  };
}

/** A `WCHAR[length]`; cut off before `length` and always ended by NUL. */
export function wideArray(length: number): FieldType<string> {
  return {
    size: 2 * length,
    read: (input, at) => readWide(input.view, at, at + 2 * length),
    write(output, at, value) {
      let text = upToNul(value).slice(0, length - 1);
      if (text.length < value.length && /[\uD800-\uDBFF]$/.test(text)) text = text.slice(0, -1);
      for (let i = 0; i < text.length; i++) output.view.setUint16(at + 2 * i, text.charCodeAt(i), true);
    },
  };
}

function writeAscii(bytes: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f) return false;
    bytes[at + i] = unit;
  }
  return true;
}

function upToNul(value: string): string {
  const end = value.indexOf('\0');
  return end < 0 ? value : value.slice(0, end);
}

function readWide(view: DataView, at: number, limit: number): string {
  let text = '';
  for (let i = at; i + 2 <= limit; i += 2) {
    const unit = view.getUint16(i, true);
    if (unit === 0) break;
    text += String.fromCharCode(unit);
  }
  return text;
}

// ---- Pointers ----

/** A pointer to NUL-ended UTF-8 text. */
export const charPointer: FieldType<string | null> = {
  size: 4,
  read(input, at) {
    const target = input.view.getUint32(at, true);
    if (target === 0) return null;
    input.need(target, 1);
    const end = input.bytes.indexOf(0, target);
    return decoder.decode(input.bytes.subarray(target, end < 0 ? undefined : end));
  },
  write(output, at, value) {
    if (value === null) return;
    output.later(Region.Text, () => {
      const text = upToNul(value);
      const target = output.allocate(text.length + 1, 1);
      // Most text is short and in ASCII, for which the encoder's overhead is most of its cost.
      if (!writeAscii(output.bytes, target, text)) {
        const encoded = encoder.encode(text);
        output.allocate(encoded.length - text.length, 1);
        output.bytes.set(encoded, target);
      }
      output.view.setUint32(at, target, true);
    });
  },
};

/** A pointer to NUL-ended UTF-16 text. */
export const widePointer: FieldType<string | null> = {
  size: 4,
  read(input, at) {
    const target = input.view.getUint32(at, true);
    if (target === 0) return null;
    input.need(target, 2);
    return readWide(input.view, target, input.bytes.length);
  },
  write(output, at, value) {
    if (value === null) return;
    output.later(Region.Text, () => {
      const text = upToNul(value);
      const target = output.allocate(2 * text.length + 2, 2);
      for (let i = 0; i < text.length; i++) output.view.setUint16(target + 2 * i, text.charCodeAt(i), true);
      output.view.setUint32(at, target, true);
    });
  },
};

/** A pointer to one element. */
export function pointer<V>(element: FieldType<V>): FieldType<V | null> {
  return {
    size: 4,
    read(input, at, owner) {
      const target = input.view.getUint32(at, true);
      if (target === 0) return null;
      input.need(target, element.size);
      return element.read(input, target, owner);
    },
    write(output, at, value, owner) {
      if (value !== null) place(output, at, element, [value], owner);
    },
  };
}

/** A pointer to an array whose length another member gives. */
export function pointerToMany<V>(element: FieldType<V>, count: string): FieldType<V[] | null> {
  return {
    size: 4,
    read(input, at, owner) {
      const target = input.view.getUint32(at, true);
      return target === 0 ? null : readMany(element, count, input, target, owner);
    },
    write(output, at, value, owner) {
      if (value === null) return;
      const length = countFor(output, value.length, owner[count]);
      if (length > 0) place(output, at, element, value.slice(0, length), owner);
    },
  };
}

/** A pointer to an array of pointers that a null ends, such as `h_aliases`. */
export function pointerToList<V>(element: FieldType<V | null>): FieldType<V[]> {
  return {
    size: 4,
    read(input, at, owner) {
      const target = input.view.getUint32(at, true);
      const values: V[] = [];
      if (target === 0) return values;
      for (let from = target; ; from += 4) {
        input.need(from, 4);
        const value = element.read(input, from, owner);
        if (value === null) return values;
        values.push(value);
      }
    },
    write: (output, at, value, owner) => place(output, at, element, [...value, null], owner),
  };
}

/** A pointer to bytes whose number another member gives. */
export function bytesPointer(count: string): FieldType<Uint8Array | null> {
  return {
    size: 4,
    read(input, at, owner) {
      const target = input.view.getUint32(at, true);
      if (target === 0) return null;
      const length = owner[count] as number;
      input.need(target, length);
      return input.bytes.slice(target, target + length);
    },
    write(output, at, value, owner) {
      if (value === null) return;
      const length = countFor(output, value.length, owner[count]);
      if (length === 0) return;
      output.later(Region.Bytes, () => {
        const target = output.allocate(length, 4);
        output.bytes.set(value.subarray(0, length), target);
        output.view.setUint32(at, target, true);
      });
    },
  };
}

/**
 * A pointer to an array of pointers to bytes, whose number another member gives for each; a null ends it, as in `h_addr_list`. There may be
 * very many, so that none of them has a function of its own to place it.
 */
export function pointerToBytesList(count: string): FieldType<Uint8Array[]> {
  return {
    ...pointerToList(bytesPointer(count)),
    write(output, at, value, owner) {
      output.later(Region.Tables, () => {
        const table = output.allocate(4 * (value.length + 1), 4);
        output.view.setUint32(at, table, true);
        output.later(Region.Bytes, () => placeEach(output, table, value, owner[count]));
      });
    },
  };
}

function placeEach(output: Output, table: number, values: readonly (Uint8Array | null)[], said: unknown): void {
  for (let at = 0; at < values.length; at++) {
    const value = values[at]!;
    if (value === null) continue;
    const length = countFor(output, value.length, said);
    if (length === 0) continue;
    const target = output.allocate(length, 4);
    // Addresses are short, for which `set` costs more than it copies.
    const { bytes } = output;
    for (let i = 0; i < length; i++) bytes[target + i] = value[i]!;
    output.view.setUint32(table + 4 * at, target, true);
  }
}

/** A pointer to bytes whose number another member gives; null is read as no bytes. */
export function buffer(count: string): FieldType<Uint8Array> {
  const nullable = bytesPointer(count);
  return {
    ...nullable,
    read: (input, at, owner) => nullable.read(input, at, owner) ?? new Uint8Array(0),
  };
}

function place<V>(output: Output, at: number, element: FieldType<V>, values: readonly V[], owner: Owner): void {
  output.later(Region.Tables, () => {
    const target = output.allocate(element.size * values.length, 4);
    output.view.setUint32(at, target, true);
    values.forEach((value, i) => element.write(output, target + i * element.size, value, owner));
  });
}

function readMany<V>(
  element: FieldType<V>,
  count: string,
  input: Parameters<FieldType<V>['read']>[0],
  at: number,
  owner: Owner,
): V[] {
  const length = owner[count] as number;
  input.need(at, length * element.size);
  return Array.from({ length }, (_, i) => element.read(input, at + i * element.size, owner));
}

function countFor(output: Output, there: number, said: unknown): number {
  const count = typeof said === 'number' ? said : there;
  if (count > there) throw new RangeError(`${output.name} counts ${count} elements, but there are ${there}`);
  return count;
}

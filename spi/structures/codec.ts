// How a C structure is described as a table of fields, and how such a table becomes a codec. The layout is that of
// 32-bit Windows: little-endian, pointers of 4 bytes. What a structure points to follows it in the same buffer, and the
// pointer is an offset from the buffer's start, as in the buffers of `WSAAsyncGetHostByName`.

/** Encodes a plain object into the binary layout of a C structure, and decodes it. */
export interface StructureCodec<T> {
  /** The structure's `sizeof`, without what it points to. */
  readonly size: number;
  /** The structure's bytes, followed by what it points to. */
  encode(value: T): Uint8Array;
  /** Writes into `target` and returns the number of bytes written; pointers count from `target`'s start. */
  encodeInto(value: T, target: Uint8Array, offset?: number): number;
  /** Reads a structure, ignoring bytes behind it; throws a RangeError when there are too few. */
  decode(bytes: Uint8Array, offset?: number): T;
}

/** One member of a structure: its name, its offset, and how it is stored. */
export type Field<T> = {
  [K in keyof T & string]-?: readonly [K, number, FieldType<NonNullable<T[K]> | T[K]>];
}[keyof T & string];

/** A codec that also shows the table it was made from. */
export interface TableCodec<T> extends StructureCodec<T> {
  readonly name: string;
  readonly fields: readonly Field<T>[];
  /** How many bytes `encode` gives; throws what it throws. */
  sizeof(value: T): number;
}

/** How a member is stored. `owner` is the structure it belongs to; when reading, so far as it has been read. */
export interface FieldType<V> {
  readonly size: number;
  /** Written even when the object lacks the member, because the value follows from others. */
  readonly computed?: true;
  read(input: Input, at: number, owner: Readonly<Record<string, unknown>>): V;
  write(output: Output, at: number, value: V, owner: Readonly<Record<string, unknown>>): void;
}

/** Bytes being decoded, and the name of the structure to blame when there are too few of them. */
export class Input {
  readonly view: DataView;
  constructor(
    readonly bytes: Uint8Array,
    readonly name: string,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Throws unless `size` bytes from `at` on are there. */
  need(at: number, size: number): void {
    if (at >= 0 && at + size <= this.bytes.length) return;
    throw new RangeError(`${this.name} needs ${size} bytes at offset ${at}, but the buffer has ${this.bytes.length}`);
  }
}

/** In which order what is pointed to follows a structure: arrays of pointers and structures, then bytes, then text. */
export const Region = { Tables: 0, Bytes: 1, Text: 2 } as const;

// Room for one encoding after the other, so that most need none of their own. `null` while one is under way: one within
// it (a getter may encode) makes its own.
let sharedRoom: Uint8Array | null = new Uint8Array(4096);

/** Bytes being encoded; grows when something pointed to is placed behind the structure. */
export class Output {
  bytes: Uint8Array;
  view: DataView;
  end: number;
  readonly #shared: Uint8Array | null;
  readonly #later: (() => void)[][] = [[], [], []];

  constructor(
    readonly start: number,
    size: number,
    readonly name: string,
  ) {
    this.end = start + size;
    this.#shared = sharedRoom;
    sharedRoom = null;
    this.bytes =
      this.#shared !== null && this.#shared.length >= this.end
        ? this.#shared.fill(0, 0, this.end)
        : new Uint8Array(this.end);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Reserves room behind everything placed so far. */
  allocate(size: number, alignment: number): number {
    const at = Math.ceil(this.end / alignment) * alignment;
    const end = at + size;
    if (end > this.bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.bytes.length * 2));
      grown.set(this.bytes.subarray(0, this.end));
      this.bytes = grown;
      this.view = new DataView(grown.buffer);
    } else this.bytes.fill(0, this.end, end);
    this.end = end;
    return at;
  }

  /** Places something once everything of the regions before its own is in place. */
  later(region: number, place: () => void): void {
    this.#later[region]?.push(place);
  }

  /**
   * Places all that waits.
   *
   * @returns the bytes from the start on; somebody else's once `close` was called
   */
  finish(): Uint8Array {
    // What has been placed stays in its row, with as many before the next one: taking the first of a long row moves all others.
    const placed = this.#later.map(() => 0);
    for (;;) {
      const region = this.#later.findIndex((row, at) => row.length > placed[at]!);
      if (region < 0) return this.bytes.subarray(this.start, this.end);
      this.#later[region]![placed[region]!++]!();
    }
  }

  /** Gives the shared room back; to be called however the encoding ended. */
  close(): void {
    if (this.#shared !== null) sharedRoom = this.#shared;
  }
}

/** A codec made from a table of fields. Members that an object lacks, or that are null, are written as zero. */
export function structure<T extends object>(name: string, size: number, fields: readonly Field<T>[]): TableCodec<T> {
  const type = structType(size, fields);
  const owner = (value: T) => value as Readonly<Record<string, unknown>>;
  function encoded<R>(value: T, start: number, take: (bytes: Uint8Array) => R): R {
    const output = new Output(start, size, name);
    try {
      type.write(output, start, value, owner(value));
      return take(output.finish());
    } finally {
      output.close();
    }
  }
  return {
    name,
    size,
    fields,
    encode: (value) => encoded(value, 0, copyOf),
    encodeInto: (value, target, offset = 0) =>
      encoded(value, offset, (bytes) => {
        if (offset < 0 || offset + bytes.length > target.length) {
          throw new RangeError(
            `${name} takes ${bytes.length} bytes at offset ${offset}, but the buffer has ${target.length}`,
          );
        }
        target.set(bytes, offset);
        return bytes.length;
      }),
    sizeof: (value) => encoded(value, 0, lengthOf),
    decode(bytes, offset = 0) {
      return type.read(new Input(bytes, name), offset, {});
    },
  };
}

function copyOf(bytes: Uint8Array): Uint8Array {
  return bytes.slice();
}

function lengthOf(bytes: Uint8Array): number {
  return bytes.length;
}

/** A structure stored inside another one, from its own table. */
export function structType<T extends object>(size: number, fields: readonly Field<T>[]): FieldType<T> {
  // The fields' types are checked where a table is written; here only their common shape matters.
  const table = fields as unknown as readonly (readonly [string, number, FieldType<unknown>])[];
  return {
    size,
    read(input, at) {
      input.need(at, size);
      const value: Record<string, unknown> = {};
      for (const [name, offset, type] of table) value[name] = type.read(input, at + offset, value);
      return value as T;
    },
    write(output, at, value) {
      const members = value as Readonly<Record<string, unknown>>;
      for (const [name, offset, type] of table) {
        const member = members[name];
        if ((member !== undefined && member !== null) || type.computed)
          type.write(output, at + offset, member, members);
      }
    },
  };
}

/** A structure stored inside another one, from its codec. */
export function nested<T extends object>(codec: TableCodec<T>): FieldType<T> {
  return structType(codec.size, codec.fields);
}

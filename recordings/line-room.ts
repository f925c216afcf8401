import { BLOCK, writePlainLines } from './text-form.js';

/** Where lines of a recording are gathered, and made of blocks of plain text. */
export interface LineRoom {
  readonly bytes: Buffer;
  /**
   * Writes a block as lines, as `writePlainLines` does; there is room for it.
   *
   * @returns where what was written ends; -1 for a block that is not plain, and nothing is written
   */
  write(block: Uint8Array, mark: Uint8Array, first: Uint8Array, at: number, escapes: boolean): number;
}

const LF = 10;
const SPACE = 0x20;
/** Bytes of a page of WebAssembly's memory. */
const PAGE = 65536;
/** So many bytes are taken at a time: as many may be read behind a block, and written behind its lines. */
const VECTOR = 16;
/** The most bytes of what stands between two lines: the end of the one, and what the other begins with. */
const MOST_BETWEEN = 2 * VECTOR;

// Where they lie in the memory: what stands between two lines, the block, its lines.
const BETWEEN = 0;
const SOURCE = BETWEEN + MOST_BETWEEN;
const LINES = SOURCE + BLOCK + VECTOR;

/**
 * Writes text as lines, 16 bytes at a time, up to its end or the first byte that text does not have:
 *
 *     (module
 *       (import "m" "m" (memory 0))
 *       (func (export "l") (param $at i32) (param $end i32) (param $to i32) (param $between i32) (param $length i32) (result i32)
 *         (local $v v128) (local $byte i32)
 *         (loop $next
 *           (local.set $v (v128.load (local.get $at)))
 *           (v128.store (local.get $to) (local.get $v))
 *           ;; those that are not plain: below a space, which all beyond ASCII are as signed numbers, a backslash, 0x7f
 *           (local.set $byte (i8x16.bitmask (v128.or
 *             (i8x16.lt_s (local.get $v) (v128.const i8x16 32 …))
 *             (v128.or (i8x16.eq (local.get $v) (v128.const i8x16 92 …)) (i8x16.eq (local.get $v) (v128.const i8x16 127 …))))))
 *           (if (i32.eqz (local.get $byte))
 *             (then
 *               (local.set $at (i32.add (local.get $at) (i32.const 16)))
 *               (local.set $to (i32.add (local.get $to) (i32.const 16)))
 *               (br_if $next (i32.lt_u (local.get $at) (local.get $end)))
 *               (return (i32.sub (local.get $to) (i32.sub (local.get $at) (local.get $end))))))
 *           (local.set $byte (i32.ctz (local.get $byte)))
 *           (local.set $at (i32.add (local.get $at) (local.get $byte)))
 *           (local.set $to (i32.add (local.get $to) (local.get $byte)))
 *           (if (i32.ge_u (local.get $at) (local.get $end))
 *             (then (return (i32.sub (local.get $to) (i32.sub (local.get $at) (local.get $end))))))
 *           (local.set $byte (i32.load8_u (local.get $at)))
 *           (local.set $at (i32.add (local.get $at) (i32.const 1)))
 *           (if (i32.eq (local.get $byte) (i32.const 10))
 *             (then
 *               (i32.store16 (local.get $to) (i32.const 0x6e5c)) ;; \\n
 *               (local.set $to (i32.add (local.get $to) (i32.const 2)))
 *               (if (i32.ge_u (local.get $at) (local.get $end)) (then (return (local.get $to))))
 *               (v128.store (local.get $to) (v128.load (local.get $between)))
 *               (v128.store offset=16 (local.get $to) (v128.load offset=16 (local.get $between)))
 *               (local.set $to (i32.add (local.get $to) (local.get $length)))
 *               (br $next)))
 *           (if (i32.eq (local.get $byte) (i32.const 13)) (then (i32.store16 (local.get $to) (i32.const 0x725c))) ;; \\r
 *           (else (if (i32.eq (local.get $byte) (i32.const 9)) (then (i32.store16 (local.get $to) (i32.const 0x745c))) ;; \\t
 *           (else (if (i32.eq (local.get $byte) (i32.const 92)) (then (i32.store16 (local.get $to) (i32.const 0x5c5c)))
 *           (else (return (i32.const -1))))))))
 *           (local.set $to (i32.add (local.get $to) (i32.const 2)))
 *           (br_if $next (i32.lt_u (local.get $at) (local.get $end))))
 *         (local.get $to)))
 */
const MODULE =
  'AGFzbQEAAAABCgFgBX9/f39/AX8CCAEBbQFtAgAAAwIBAAcFAQFsAAAKygIBxwICAXsBfwNAIAD9AAQAIQUgAiAF/QsEACAF/QwgICAgICAgICAgICAgICAg/SUgBf0M' +
  'XFxcXFxcXFxcXFxcXFxcXP0jIAX9DH9/f39/f39/f39/f39/f3/9I/1Q/VD9ZCEGIAZFBEAgAEEQaiEAIAJBEGohAiAAIAFJDQEgAiAAIAFraw8LIAZoIQYgACAGaiEA' +
  'IAIgBmohAiAAIAFPBEAgAiAAIAFraw8LIAAtAAAhBiAAQQFqIQAgBkEKRgRAIAJB3NwBOwEAIAJBAmohAiAAIAFPBEAgAg8LIAIgA/0ABAD9CwQAIAIgA/0ABBD9CwQQ' +
  'IAIgBGohAgwBCyAGQQ1GBEAgAkHc5AE7AQAFIAZBCUYEQCACQdzoATsBAAUgBkHcAEYEQCACQdy4ATsBAAVBfw8LCwsgAkECaiECIAAgAUkNAAsgAgs=';

/** What is used of WebAssembly, which the types of the language alone do not have. */
declare const WebAssembly: {
  readonly Memory: new (size: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Readonly<Record<string, unknown>> };
};

type WriteLines = (at: number, end: number, to: number, between: number, length: number) => number;

/**
 * Makes a room whose lines the machine's own vectors write, in a fifth of the time; or one that JavaScript writes where there are none, or
 * WebAssembly is not to be had.
 *
 * @param capacity bytes
 */
export function createLineRoom(capacity: number): LineRoom {
  try {
    return new VectorRoom(capacity);
  } catch {
    return createPlainRoom(capacity);
  }
}

/** Makes a room whose lines JavaScript writes. */
export function createPlainRoom(capacity: number): LineRoom {
  const bytes = Buffer.allocUnsafeSlow(capacity);
  return {
    bytes,
    write: (block, mark, first, at, escapes) => writePlainLines(block, mark, first, bytes, at, escapes),
  };
}

class VectorRoom implements LineRoom {
  readonly bytes: Buffer;
  readonly #memory: Uint8Array;
  readonly #writeLines: WriteLines;
  /** What the lines began with the last time. */
  #mark: Uint8Array = new Uint8Array(0);

  constructor(capacity: number) {
    const memory = new WebAssembly.Memory({ initial: Math.ceil((LINES + capacity + MOST_BETWEEN + VECTOR) / PAGE) });
    const module = new WebAssembly.Module(Buffer.from(MODULE, 'base64'));
    this.#writeLines = new WebAssembly.Instance(module, { m: { m: memory } }).exports['l'] as WriteLines;
    this.#memory = new Uint8Array(memory.buffer);
    this.bytes = Buffer.from(memory.buffer, LINES, capacity);
  }

  write(block: Uint8Array, mark: Uint8Array, first: Uint8Array, at: number, escapes: boolean): number {
    const { bytes } = this;
    const { length } = block;
    const fits = mark.length + 2 <= MOST_BETWEEN && length <= BLOCK;
    const plain = fits ? this.#lines(block, mark, first, at) : -1;
    if (plain < 0) return fits && !escapes ? -1 : writePlainLines(block, mark, first, bytes, at, escapes);
    let to = plain;
    // A space at the end of a line is easily lost.
    if (block[length - 1] === SPACE) to += bytes.write('\\x20', to - 1, 'latin1') - 1;
    bytes[to++] = LF;
    return to;
  }

  /** Writes the lines but for how the last of them ends. Returns where they end; -1 for a block that is not plain. */
  #lines(block: Uint8Array, mark: Uint8Array, first: Uint8Array, at: number): number {
    const { bytes } = this;
    const memory = this.#memory;
    if (mark !== this.#mark) {
      memory[BETWEEN] = LF;
      memory.set(mark, BETWEEN + 1);
      memory[BETWEEN + 1 + mark.length] = SPACE;
      this.#mark = mark;
    }
    memory.set(block, SOURCE);
    bytes.set(first, at);
    const to = at + first.length;
    bytes[to] = SPACE;
    const end = this.#writeLines(SOURCE, SOURCE + block.length, LINES + to + 1, BETWEEN, mark.length + 2);
    return end < 0 ? -1 : end - LINES;
  }
}

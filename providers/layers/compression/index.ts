/**
 * The compression layer: block by block, by raw deflate, each block with the last 32 KiB as its dictionary; by brotli; or by zstd. `node:zlib`
 * does one block at a time faster than any stream in JavaScript (`bench/compression.mjs` has the table), and synchronously, so
 * the layer works under every I/O model.
 *
 * On the wire, in each direction: a preamble that names the method (`WSZ1` deflate, `WSB1` brotli, `WSS1` zstd), then blocks of
 * a kind (0 stored, 1 compressed), a length of 24 bits, and that many bytes.
 *
 * @module
 */
import { defineLayer, type Codec, type CodecOutput, type Layer } from '../../../chain/index.js';
import { WSAECONNABORTED, type LPWSPSTARTUP } from '../../../spi/index.js';
import { checkOptions, oneOf, textThat, type OptionRule } from '../../../spi/option-check.js';
import { Gathered, History, WINDOW } from './history.js';
import {
  BLOCK,
  engineNamed,
  engineOf,
  mayBePreamble,
  NO_PREAMBLE,
  METHODS,
  PREAMBLE_LENGTH,
  whatIsMissingFor,
  type CompressionMethod,
  type Engine,
} from './methods.js';

export type { CompressionMethod } from './methods.js';

/** How the layer compresses. */
export interface CompressionOptions {
  /**
   * The method of what is sent. If absent, the peer's, as far as it has sent something before; else `deflate`. What is received is read
   * by the method that the peer names. `zstd` takes Node.js 22.15, 23.8 or newer.
   */
  readonly method?: CompressionMethod;
  /** Effort, 1 (fast) to 9 (small); 1 if absent. */
  readonly level?: number;
  /** The layer's name; `compression` if absent. */
  readonly name?: string;
}

const RULES: Readonly<Record<keyof CompressionOptions, OptionRule>> = {
  method: oneOf(...METHODS),
  // Looked at where it is used: what is out of range is a RangeError.
  level: { fits: () => true, expected: '1 to 9' },
  name: textThat((value) => value !== '' && value.length <= 128, 'a name of 1 to 128 characters'),
};

const HEADER = 4;
const STORED = 0;
const COMPRESSED = 1;
/** Below this, the method's own overhead is more than it saves until there is a dictionary. */
const TOO_SHORT = 16;
/**
 * The dictionary is at most so many times as long as the block, and this long at least: deflate looks at all of it, so
 * that an application which sends little at a time would pay 32 KiB for each few bytes. (Any end of what the peer takes
 * for its dictionary will do.)
 */
const DICTIONARY_SHARE = 64;
const LEAST_DICTIONARY = 4 * 1024;
const NOTHING = new Uint8Array(0);

class CompressionCodec implements Codec {
  readonly #sent = new History();
  readonly #received = new History();
  readonly #header = new Gathered();
  readonly #body = new Gathered();
  readonly #preamble = new Gathered();
  /** By which the peer compresses; `null` until it has said so. */
  #receives: Engine | null = null;
  /** By which this end compresses; `null` until it has sent something. */
  #sends: Engine | null = null;
  /** What the header of the block said that is coming; length -1 between blocks. */
  #kind = STORED;
  #length = -1;

  constructor(
    private readonly method: CompressionMethod | null,
    private readonly level: number,
    /** Why peers of this layer were refused. */
    private readonly told: Set<string>,
  ) {}

  send(bytes: Uint8Array, output: CodecOutput): void {
    // Not before there is data: a preamble that a peer has not read as it closes would make that close a reset.
    if (this.#sends === null) {
      this.#sends = this.method === null ? (this.#receives ?? engineOf('deflate')) : engineOf(this.method);
      output.encoded(this.#sends.preamble.slice());
    }
    for (let at = 0; at < bytes.length; at += BLOCK)
      this.#sendBlock(bytes.subarray(at, at + BLOCK), this.#sends, output);
  }

  receive(bytes: Uint8Array, output: CodecOutput): void {
    let at = 0;
    if (this.#receives === null) {
      at = this.#preamble.missing(PREAMBLE_LENGTH);
      const preamble = this.#preamble.take(bytes, 0, PREAMBLE_LENGTH);
      if (preamble === null) {
        // What cannot become one is not waited for.
        if (!mayBePreamble(this.#preamble.soFar)) this.#refuse(NO_PREAMBLE, output);
        return;
      }
      const engine = engineNamed(preamble);
      if (typeof engine === 'string') return this.#refuse(engine, output);
      this.#receives = engine;
    }
    while (at < bytes.length) {
      if (this.#length < 0) {
        const missing = this.#header.missing(HEADER);
        const header = this.#header.take(bytes, at, HEADER);
        at += missing;
        if (header === null) return;
        this.#kind = header[0]!;
        this.#length = (header[1]! << 16) | (header[2]! << 8) | header[3]!;
        if (this.#length > BLOCK || this.#kind > COMPRESSED) return output.failed(WSAECONNABORTED);
        if (this.#length > 0) continue;
      }
      const missing = this.#body.missing(this.#length);
      const body = this.#body.take(bytes, at, this.#length);
      at += missing;
      if (body === null) return;
      this.#length = -1;
      const plain = this.#kind === STORED ? body.slice() : this.#restore(body, this.#receives);
      if (plain === null) return output.failed(WSAECONNABORTED);
      if (this.#receives.looksBack) this.#received.append(plain);
      output.decoded(plain);
      if (at < bytes.length && output.full) return output.unread(bytes.subarray(at));
    }
  }

  end(output: CodecOutput): void {
    // A connection that ends in the middle of a block was cut, not closed.
    if (this.#length >= 0 || this.#header.begun || this.#preamble.begun) output.failed(WSAECONNABORTED);
    else output.finished();
  }

  /** Refuses a peer; why is told once, for a peer may come again and again. */
  #refuse(why: string, output: CodecOutput): void {
    if (this.told.has(why)) return output.failed(WSAECONNABORTED);
    this.told.add(why);
    output.failed(WSAECONNABORTED, why);
  }

  #sendBlock(plain: Uint8Array, engine: Engine, output: CodecOutput): void {
    const packed = plain.length < TOO_SHORT ? plain : this.#compress(plain, engine);
    const body = packed.length < plain.length ? packed : plain;
    const block = new Uint8Array(HEADER + body.length);
    block[0] = body === plain ? STORED : COMPRESSED;
    block[1] = body.length >>> 16;
    block[2] = body.length >>> 8;
    block[3] = body.length;
    block.set(body, HEADER);
    if (engine.looksBack) this.#sent.append(plain);
    output.encoded(block);
  }

  #compress(plain: Uint8Array, engine: Engine): Uint8Array {
    const most = Math.max(DICTIONARY_SHARE * plain.length, LEAST_DICTIONARY);
    return engine.compress(plain, this.level, engine.looksBack ? this.#sent.last(most) : NOTHING);
  }

  /**
   * What a block was before; `null` for one that nobody compressed, since it would have saved nothing, or is too long.
   */
  #restore(body: Uint8Array, engine: Engine): Uint8Array | null {
    try {
      const plain = engine.restore(body, engine.looksBack ? this.#received.last(WINDOW) : NOTHING);
      return plain.length > body.length && plain.length >= TOO_SHORT ? plain : null;
    } catch {
      return null;
    }
  }
}

/**
 * Makes a compression layer. Both ends of a connection need one; a peer without it is refused with WSAECONNABORTED.
 *
 * @param options method, effort and name
 * @throws TypeError for an option that there is not or that cannot be so, RangeError when the level is not 1 to 9 or this Node.js
 *   lacks the method
 */
export function compression(options: CompressionOptions = {}): Layer {
  checkOptions('compression', options, RULES);
  const { method, level = 1, name = 'compression' } = options;
  if (!Number.isInteger(level) || level < 1 || level > 9) {
    throw new RangeError(`compression: level must be 1 to 9, not ${String(level)}`);
  }
  const missing = method === undefined ? null : whatIsMissingFor(method);
  if (missing !== null) throw new RangeError(`compression: \`method\` cannot be so: ${missing}`);
  const told = new Set<string>();
  return defineLayer({ name, version: '1.0.0', codec: () => new CompressionCodec(method ?? null, level, told) });
}

/** The layer as a provider, for catalogs. */
export const WSPStartup: LPWSPSTARTUP = compression().WSPStartup;

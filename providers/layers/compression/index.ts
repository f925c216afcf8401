/**
 * The compression layer: raw deflate, block by block, each with the last 32 KiB as its dictionary. `node:zlib` does one
 * block at a time faster than any stream in JavaScript (`bench/compression.mjs` has the table), and synchronously, so
 * the layer works under every I/O model.
 *
 * On the wire: the preamble `WSZ1`, with the first data; then blocks of a kind (0 stored, 1 deflated), a length of 24 bits, and that many
 * bytes.
 *
 * @module
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { defineLayer, type Codec, type CodecOutput, type Layer } from '../../../chain/index.js';
import { WSAECONNABORTED, type LPWSPSTARTUP } from '../../../spi/index.js';
import { ANY, checkOptions } from '../../../spi/option-check.js';

/** How the layer compresses. */
export interface CompressionOptions {
  /** Effort, 1 (fast) to 9 (small); 1 if absent. */
  readonly level?: number;
  /** The layer's name; `compression` if absent. */
  readonly name?: string;
}

const PREAMBLE = Uint8Array.of(0x57, 0x53, 0x5a, 0x31);
const HEADER = 4;
const STORED = 0;
const DEFLATED = 1;
/** Bytes of a block before compression. It bounds what a block from the peer can be, and grow to. */
const BLOCK = 64 * 1024;
const WINDOW = 32 * 1024;
/** Below this, deflate's own overhead is more than it saves until there is a dictionary. */
const TOO_SHORT = 16;
/**
 * The dictionary is at most so many times as long as the block, and this long at least: deflate looks at all of it, so
 * that an application which sends little at a time would pay 32 KiB for each few bytes. (Any end of what the peer takes
 * for its dictionary will do.)
 */
const DICTIONARY_SHARE = 64;
const LEAST_DICTIONARY = 4 * 1024;
/** Room for what a block is inflated to, where it is short, and where it is not. */
const SMALL_ROOM = 1024;
const LARGE_ROOM = BLOCK;

/** The last bytes of one direction, which both sides keep alike. What is added is copied twice at most. */
class History {
  #bytes = new Uint8Array(LEAST_DICTIONARY);
  #end = 0;

  /** The last bytes, as many as there are, up to `most`. They are valid until the next `append`. */
  last(most: number): Uint8Array {
    return this.#bytes.subarray(Math.max(0, this.#end - Math.min(most, WINDOW)), this.#end);
  }

  append(bytes: Uint8Array): void {
    if (bytes.length >= WINDOW) {
      if (this.#bytes.length < WINDOW) this.#bytes = new Uint8Array(2 * WINDOW);
      this.#bytes.set(bytes.subarray(bytes.length - WINDOW));
      this.#end = WINDOW;
      return;
    }
    if (this.#end + bytes.length > this.#bytes.length) this.#makeRoom(bytes.length);
    this.#bytes.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  #makeRoom(length: number): void {
    const kept = this.last(WINDOW);
    const size = Math.min(Math.max(2 * (kept.length + length), this.#bytes.length), 2 * WINDOW);
    if (size === this.#bytes.length) this.#bytes.copyWithin(0, this.#end - kept.length, this.#end);
    else {
      const bytes = new Uint8Array(size);
      bytes.set(kept);
      this.#bytes = bytes;
    }
    this.#end = kept.length;
  }
}

/** Bytes that come in pieces, until there are as many as are wanted. */
class Gathered {
  #bytes = new Uint8Array(HEADER);
  #filled = 0;

  /** Whether some are there, and not yet all. */
  get begun(): boolean {
    return this.#filled > 0;
  }

  /**
   * Takes what is missing from `input`, from `at` on.
   *
   * @param wanted how many bytes there are to be
   * @returns all of them, valid until the next call; `null` while some are missing, when all of `input` was taken
   */
  take(input: Uint8Array, at: number, wanted: number): Uint8Array | null {
    if (this.#filled === 0 && input.length - at >= wanted) return input.subarray(at, at + wanted);
    const piece = input.subarray(at, at + this.missing(wanted));
    const filled = this.#filled + piece.length;
    if (filled > this.#bytes.length) {
      // Not all at once: what a peer announces need never come.
      const grown = new Uint8Array(Math.min(2 * filled, wanted));
      grown.set(this.#bytes.subarray(0, this.#filled));
      this.#bytes = grown;
    }
    this.#bytes.set(piece, this.#filled);
    this.#filled = filled;
    if (filled < wanted) return null;
    this.#filled = 0;
    return this.#bytes.subarray(0, wanted);
  }

  missing(wanted: number): number {
    return wanted - this.#filled;
  }
}

class CompressionCodec implements Codec {
  readonly #sent = new History();
  readonly #received = new History();
  readonly #header = new Gathered();
  readonly #body = new Gathered();
  #preambleSeen = 0;
  #preambleSent = false;
  /** What the header of the block said that is coming; length -1 between blocks. */
  #kind = STORED;
  #length = -1;

  constructor(private readonly level: number) {}

  send(bytes: Uint8Array, output: CodecOutput): void {
    // Not before there is data: a preamble that a peer has not read as it closes would make that close a reset.
    if (!this.#preambleSent) {
      this.#preambleSent = true;
      output.encoded(PREAMBLE.slice());
    }
    for (let at = 0; at < bytes.length; at += BLOCK) this.#sendBlock(bytes.subarray(at, at + BLOCK), output);
  }

  receive(bytes: Uint8Array, output: CodecOutput): void {
    let at = 0;
    for (; this.#preambleSeen < PREAMBLE.length && at < bytes.length; at++) {
      if (bytes[at] !== PREAMBLE[this.#preambleSeen++]) return output.failed(WSAECONNABORTED);
    }
    while (at < bytes.length) {
      if (this.#length < 0) {
        const missing = this.#header.missing(HEADER);
        const header = this.#header.take(bytes, at, HEADER);
        at += missing;
        if (header === null) return;
        this.#kind = header[0]!;
        this.#length = (header[1]! << 16) | (header[2]! << 8) | header[3]!;
        if (this.#length > BLOCK || this.#kind > DEFLATED) return output.failed(WSAECONNABORTED);
        if (this.#length > 0) continue;
      }
      const missing = this.#body.missing(this.#length);
      const body = this.#body.take(bytes, at, this.#length);
      at += missing;
      if (body === null) return;
      this.#length = -1;
      const plain = this.#kind === STORED ? body.slice() : this.#inflate(body);
      if (plain === null) return output.failed(WSAECONNABORTED);
      this.#received.append(plain);
      output.decoded(plain);
      if (at < bytes.length && output.full) return output.unread(bytes.subarray(at));
    }
  }

  end(output: CodecOutput): void {
    // A connection that ends in the middle of a block was cut, not closed.
    const cut = this.#length >= 0 || this.#header.begun || this.#preambleSeen < PREAMBLE.length;
    if (cut && this.#preambleSeen > 0) output.failed(WSAECONNABORTED);
    else output.finished();
  }

  #sendBlock(plain: Uint8Array, output: CodecOutput): void {
    const packed = plain.length < TOO_SHORT ? plain : this.#deflate(plain);
    const body = packed.length < plain.length ? packed : plain;
    const block = new Uint8Array(HEADER + body.length);
    block[0] = body === plain ? STORED : DEFLATED;
    block[1] = body.length >>> 16;
    block[2] = body.length >>> 8;
    block[3] = body.length;
    block.set(body, HEADER);
    this.#sent.append(plain);
    output.encoded(block);
  }

  #deflate(plain: Uint8Array): Uint8Array {
    const dictionary = this.#sent.last(Math.max(DICTIONARY_SHARE * plain.length, LEAST_DICTIONARY));
    return deflateRawSync(plain, { level: this.level, ...(dictionary.length > 0 && { dictionary }) });
  }

  /**
   * What a block was before; `null` for one that nobody deflated, since it would have saved nothing, or is too long.
   */
  #inflate(body: Uint8Array): Uint8Array | null {
    const dictionary = this.#received.last(WINDOW);
    try {
      const plain = inflateRawSync(body, {
        ...(dictionary.length > 0 && { dictionary }),
        maxOutputLength: BLOCK,
        chunkSize: body.length < SMALL_ROOM / 16 ? SMALL_ROOM : LARGE_ROOM,
      });
      return plain.length > body.length && plain.length >= TOO_SHORT ? plain : null;
    } catch {
      return null;
    }
  }
}

/**
 * Makes a compression layer. Both ends of a connection need one; a peer without it is refused with WSAECONNABORTED.
 *
 * @param options effort and name
 * @throws RangeError when the level is not 1 to 9
 */
export function compression(options: CompressionOptions = {}): Layer {
  checkOptions('compression', options, { level: ANY, name: ANY });
  const { level = 1, name = 'compression' } = options;
  if (!Number.isInteger(level) || level < 1 || level > 9) {
    throw new RangeError(`compression: level must be 1 to 9, not ${String(level)}`);
  }
  return defineLayer({ name, version: '1.0.0', codec: () => new CompressionCodec(level) });
}

/** The layer as a provider, for catalogs. */
export const WSPStartup: LPWSPSTARTUP = compression().WSPStartup;

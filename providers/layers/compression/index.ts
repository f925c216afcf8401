/**
 * The compression layer: raw deflate, block by block, each with the last 32 KiB as its dictionary. `node:zlib` does one block
 * at a time faster than any stream in JavaScript (`bench/compression.mjs` has the table), and synchronously, so the layer
 * works under every I/O model.
 *
 * On the wire: the preamble `WSZ1`, then blocks of a kind (0 stored, 1 deflated), a length of 24 bits, and that many bytes.
 *
 * @module
 */
import { deflateRawSync, inflateRawSync, type ZlibOptions } from 'node:zlib';
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
/** Bytes of a block before compression. It bounds what a block from the peer can grow to, too. */
const BLOCK = 64 * 1024;
const WINDOW = 32 * 1024;
/** Below this, deflate's own overhead is more than it saves until there is a dictionary. */
const TOO_SHORT = 16;

/** The last bytes of one direction, which both sides keep alike. */
class History {
  #bytes: Uint8Array = new Uint8Array(0);

  options(level: number | undefined): ZlibOptions {
    return {
      ...(level !== undefined && { level }),
      ...(this.#bytes.length > 0 && { dictionary: this.#bytes }),
      maxOutputLength: 2 * BLOCK,
    };
  }

  append(bytes: Uint8Array): void {
    if (bytes.length >= WINDOW) {
      this.#bytes = bytes.slice(bytes.length - WINDOW);
      return;
    }
    const kept = this.#bytes.subarray(Math.max(0, this.#bytes.length + bytes.length - WINDOW));
    const next = new Uint8Array(kept.length + bytes.length);
    next.set(kept);
    next.set(bytes, kept.length);
    this.#bytes = next;
  }
}

class CompressionCodec implements Codec {
  readonly #sent = new History();
  readonly #received = new History();
  #waiting = new Uint8Array(0);
  #expectsPreamble = true;

  constructor(private readonly level: number) {}

  open(_role: unknown, output: CodecOutput): void {
    output.encoded(PREAMBLE);
  }

  send(bytes: Uint8Array, output: CodecOutput): void {
    for (let at = 0; at < bytes.length; at += BLOCK) this.#sendBlock(bytes.subarray(at, at + BLOCK), output);
  }

  receive(bytes: Uint8Array, output: CodecOutput): void {
    let input = bytes;
    if (this.#waiting.length > 0) {
      input = new Uint8Array(this.#waiting.length + bytes.length);
      input.set(this.#waiting);
      input.set(bytes, this.#waiting.length);
    }
    let at = 0;
    if (this.#expectsPreamble) {
      const known = Math.min(input.length, PREAMBLE.length);
      for (let i = 0; i < known; i++) if (input[i] !== PREAMBLE[i]) return output.failed(WSAECONNABORTED);
      if (known === PREAMBLE.length) {
        this.#expectsPreamble = false;
        at = known;
      }
    }
    while (!this.#expectsPreamble && input.length - at >= HEADER) {
      const length = (input[at + 1]! << 16) | (input[at + 2]! << 8) | input[at + 3]!;
      if (length > 2 * BLOCK || input[at]! > DEFLATED) return output.failed(WSAECONNABORTED);
      if (input.length - at - HEADER < length) break;
      const body = input.subarray(at + HEADER, at + HEADER + length);
      const plain = this.#open(input[at]!, body);
      if (plain === null) return output.failed(WSAECONNABORTED);
      this.#received.append(plain);
      output.decoded(plain);
      at += HEADER + length;
    }
    this.#waiting = at === input.length ? new Uint8Array(0) : input.slice(at);
  }

  end(output: CodecOutput): void {
    // A connection that ends in the middle of a block was cut, not closed.
    if (this.#waiting.length > 0) output.failed(WSAECONNABORTED);
    else output.finished();
  }

  #sendBlock(plain: Uint8Array, output: CodecOutput): void {
    const packed = plain.length < TOO_SHORT ? plain : deflateRawSync(plain, this.#sent.options(this.level));
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

  /** A block as it was; `null` for one that nobody packed. */
  #open(kind: number, body: Uint8Array): Uint8Array | null {
    if (kind === STORED) return body.slice();
    try {
      const plain = inflateRawSync(body, this.#received.options(undefined));
      return plain.length <= BLOCK ? plain : null;
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

// The ways to compress a block, each by the library in Node.js, within one call.
import * as zlib from 'node:zlib';

/** How blocks are compressed. */
export type CompressionMethod = 'deflate' | 'brotli' | 'zstd';

/** Bytes of a block before compression. It bounds what a block from the peer can be, and grow to. */
export const BLOCK = 64 * 1024;

/** One way to compress. */
export interface Engine {
  readonly method: CompressionMethod;
  /** What a direction begins with that is compressed in this way. */
  readonly preamble: Uint8Array;
  /** Whether the bytes before a block help to compress it. */
  readonly looksBack: boolean;
  /**
   * Compresses a block.
   *
   * @param before the bytes before it, or some of the last of them
   */
  compress(plain: Uint8Array, level: number, before: Uint8Array): Uint8Array;
  /**
   * What a block was before.
   *
   * @throws Error for one that is damaged, or longer than a block
   */
  restore(body: Uint8Array, before: Uint8Array): Uint8Array;
}

/** Room for what a block is restored to, where it is short, and where it is not. */
const SMALL_ROOM = 1024;

function room(body: Uint8Array): number {
  // One that a whole block fills to the last byte would have zlib take another, and find nothing to put there.
  return body.length < SMALL_ROOM / 16 ? SMALL_ROOM : BLOCK + 1;
}

function preamble(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'latin1'));
}

const DEFLATE: Engine = {
  method: 'deflate',
  preamble: preamble('WSZ1'),
  looksBack: true,
  compress: (plain, level, before) =>
    zlib.deflateRawSync(plain, { level, ...(before.length > 0 && { dictionary: before }) }),
  restore: (body, before) =>
    zlib.inflateRawSync(body, {
      ...(before.length > 0 && { dictionary: before }),
      maxOutputLength: BLOCK,
      chunkSize: room(body),
    }),
};

const { BROTLI_PARAM_LGWIN, BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT } = zlib.constants;
/** As far as a block reaches; a wider window would have whoever reads it take more memory. */
const BROTLI_WINDOW = 16;

const BROTLI: Engine = {
  method: 'brotli',
  preamble: preamble('WSB1'),
  looksBack: false,
  compress: (plain, level) =>
    zlib.brotliCompressSync(plain, {
      params: {
        [BROTLI_PARAM_QUALITY]: level,
        [BROTLI_PARAM_LGWIN]: BROTLI_WINDOW,
        [BROTLI_PARAM_SIZE_HINT]: plain.length,
      },
    }),
  restore(body) {
    // How wide the window is, its first bits say (RFC 7932, 9.1): 16 bits, or the 18 that the fast levels take.
    const first = body[0]!;
    if ((first & 0b1) !== 0 && (first & 0b1111) !== 0b0011) throw new Error('the window is another one');
    return zlib.brotliDecompressSync(body, { maxOutputLength: BLOCK, chunkSize: room(body) });
  },
};

/** What Node.js has from 22.15 and 23.8 on. */
interface Zstd {
  zstdCompressSync?(plain: Uint8Array, options: object): Uint8Array;
  zstdDecompressSync?(body: Uint8Array, options: object): Uint8Array;
}

const { zstdCompressSync, zstdDecompressSync } = zlib as Zstd;
// zstd.h; Node.js 20 has no names for them.
const ZSTD_COMPRESSION_LEVEL = 100;
const ZSTD_WINDOW_LOG = 101;
const ZSTD_MOST_WINDOW_LOG = 100;
const ZSTD_WINDOW = 17;

const ZSTD: Engine | null =
  zstdCompressSync === undefined || zstdDecompressSync === undefined
    ? null
    : {
        method: 'zstd',
        preamble: preamble('WSS1'),
        looksBack: false,
        compress: (plain, level) =>
          zstdCompressSync(plain, {
            params: { [ZSTD_COMPRESSION_LEVEL]: level, [ZSTD_WINDOW_LOG]: ZSTD_WINDOW },
          }),
        restore: (body) =>
          zstdDecompressSync(body, {
            params: { [ZSTD_MOST_WINDOW_LOG]: ZSTD_WINDOW },
            maxOutputLength: BLOCK,
            chunkSize: room(body),
          }),
      };

const ENGINES: readonly Engine[] = ZSTD === null ? [DEFLATE, BROTLI] : [DEFLATE, BROTLI, ZSTD];

/** The methods that there are, whatever this Node.js has. */
export const METHODS: readonly CompressionMethod[] = ['deflate', 'brotli', 'zstd'];

/** What this Node.js lacks for a method; `null` where it has it. */
export function whatIsMissingFor(method: CompressionMethod): string | null {
  if (method !== 'zstd' || ZSTD !== null) return null;
  return `zstd takes Node.js 22.15, 23.8 or newer, and this is ${process.versions.node}`;
}

/** The way to compress by a method that this Node.js has. */
export function engineOf(method: CompressionMethod): Engine {
  return ENGINES.find((engine) => engine.method === method)!;
}

/** Why a peer is refused that sends something else. */
export const NO_PREAMBLE = 'the peer does not compress: both ends need the layer';

/** Bytes of a preamble. */
export const PREAMBLE_LENGTH = 4;

/**
 * The way that a preamble names.
 *
 * @returns or why blocks behind it cannot be read
 */
export function engineNamed(bytes: Uint8Array): Engine | string {
  const engine = ENGINES.find(({ preamble: own }) => own.every((byte, at) => bytes[at] === byte));
  if (engine !== undefined) return engine;
  const text = Buffer.from(bytes).toString('latin1');
  if (text === 'WSS1') return `the peer compresses by zstd: ${whatIsMissingFor('zstd')}`;
  return /^WS[ZBS]\d$/.test(text)
    ? `the peer compresses in a newer way (${text}): use a newer ws2spi here, or an older one there`
    : NO_PREAMBLE;
}

/** Whether bytes may be the beginning of a preamble. */
export function mayBePreamble(bytes: Uint8Array): boolean {
  return bytes.every((byte, at) => PREAMBLE_BYTES[at]!.includes(byte));
}

const PREAMBLE_BYTES = ['W', 'S', 'ZBS', '0123456789'].map((letters) => Buffer.from(letters));

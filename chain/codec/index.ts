/**
 * Layers whose data codecs transform: a run of codecs under one socket of a core of its own, for streams and for datagrams.
 *
 * @module
 */
export { ByteQueue } from './byte-queue.js';
export {
  identity,
  type Codec,
  type CodecDirection,
  type CodecFactory,
  type CodecOutput,
  type ShutdownDirection,
} from './codec.js';
export type { DatagramCodec, DatagramCodecFactory, DatagramName, DatagramOutput } from './datagram-codec.js';
export { createCodecCores, createCodecProvider, type CodecCores, type CodecLayerOptions } from './layer.js';

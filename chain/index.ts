/**
 * What layered providers are built from: finding one's place in a chain and starting the provider below, the pass-through
 * class, filters, codecs with every I/O model, `defineLayer` for the common case, and `stack` to put layers over an entry.
 *
 * @module
 */
export { ByteQueue } from './codec/byte-queue.js';
export { identity, type Codec, type CodecFactory, type CodecOutput, type ShutdownDirection } from './codec/codec.js';
export type { DatagramCodec, DatagramCodecFactory, DatagramName, DatagramOutput } from './codec/datagram-codec.js';
export { createCodecProvider, type CodecLayerOptions } from './codec/layer.js';
export type { CodecConnection, CodecRole, ConnectionName, Destination } from './connection.js';
export { defineLayer, type Layer, type LayerDefinition, type LayerOverrides } from './define-layer.js';
export type { AcceptFilter, BindFilter, ConnectFilter, FilterRequest, Filters } from './filters.js';
export { findPosition, isLayerEntry, startNextProvider, type NextProvider } from './next-provider.js';
export { fillPassThroughTable, lowerInfo, PassThroughProvider, type LayerContext } from './pass-through.js';
export { createLayerStartup, createWSPStartup } from './startup.js';
export { stack, unstack, type EntryReference, type StackableInstance, type StackOptions } from './stack.js';

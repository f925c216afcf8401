/**
 * What layered providers are built from: finding one's place in a chain and starting the provider below, the pass-through
 * class, filters, codecs with every I/O model, `defineLayer` for the common case, and `stack` to put layers over an entry.
 *
 * @module
 */
export {
  ByteQueue,
  createCodecCores,
  createCodecProvider,
  identity,
  type Codec,
  type CodecCores,
  type CodecDirection,
  type CodecFactory,
  type CodecLayerOptions,
  type CodecOutput,
  type DatagramCodec,
  type DatagramCodecFactory,
  type DatagramName,
  type DatagramOutput,
  type ShutdownDirection,
} from './codec/index.js';
export { defineLayer, type Layer, type LayerDefinition, type LayerOverrides } from './define-layer.js';
export type {
  AcceptFilter,
  BindFilter,
  CodecConnection,
  CodecRole,
  ConnectFilter,
  ConnectionName,
  Destination,
  FilterPurpose,
  FilterRequest,
  Filters,
} from './filters/index.js';
export {
  createLayerStartup,
  createWSPStartup,
  fillPassThroughTable,
  findPosition,
  functionsBefore,
  isLayerEntry,
  LayerCannotStart,
  lowerInfo,
  PassThroughProvider,
  startNextProvider,
  type LayerContext,
  type NextProvider,
} from './layer/index.js';
export {
  createProxyStartup,
  formatAddressAndPort,
  GatheredBytes,
  PROXY_RULES,
  PROXY_TIMEOUT,
  readProxy,
  readSocksAddress,
  requestedHost,
  shownDestination,
  shownProxy,
  socks4Refusal,
  Socks4Reply,
  socks5Refusal,
  Socks5Reply,
  socks5ReplyOf,
  socksAddressLength,
  SocksCommand,
  SocksMethod,
  SocksVersion,
  WayByProxy,
  writeSocksAddress,
  type Handshake,
  type HandshakeOutput,
  type ProxyAddress,
  type ProxyLayer,
  type ProxyOptions,
  type Refusal,
  type RequestedHost,
  type SocksAddress,
} from './proxies/index.js';
export { stack, unstack, type EntryReference, type StackableInstance, type StackOptions } from './stack.js';

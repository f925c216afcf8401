// All structures, each a type and, under the same name, its codec.
export type { StructureCodec, TableCodec } from './codec.js';
export { GUID, GUID_NULL, guidEqual } from './guid.js';
export {
  SOCKADDR,
  SOCKADDR_IN,
  SOCKADDR_IN6,
  SOCKADDR_STORAGE,
  parseSockaddr,
  sockaddr_in,
  sockaddr_in6,
  type ParsedSockaddr,
} from './sockaddr.js';
export * from './buffers.js';
export type * from './completion.js';
export * from './hosts.js';
export * from './internet.js';
export * from './overlapped.js';
export * from './protocol-info.js';
export * from './qos.js';
export * from './query-set.js';
export * from './service-class.js';
export * from './service-info.js';
export * from './sockaddr-ipx-atm.js';
export * from './socket-address.js';
export * from './startup.js';

// Catalog entries of transport providers.
import { nested, structure, type Field, type TableCodec } from './codec.js';
import { array, charArray, i32, u32, wideArray } from './fields.js';
import { guid, type GUID } from './guid.js';

/** A protocol chain: 0 is a layered protocol's dummy entry, 1 a base protocol, more a chain listed from top to base. */
export interface WSAPROTOCOLCHAIN {
  ChainLen: number;
  ChainEntries: number[];
}

/** Codec of WSAPROTOCOLCHAIN (32 bytes); fewer than seven entries are padded with 0. */
export const WSAPROTOCOLCHAIN: TableCodec<WSAPROTOCOLCHAIN> = structure<WSAPROTOCOLCHAIN>('WSAPROTOCOLCHAIN', 32, [
  ['ChainLen', 0, i32],
  ['ChainEntries', 4, array(u32, 7)],
]);

/** A catalog entry: what a transport provider offers, and how it is built. */
export interface WSAPROTOCOL_INFO {
  dwServiceFlags1: number;
  dwServiceFlags2: number;
  dwServiceFlags3: number;
  dwServiceFlags4: number;
  dwProviderFlags: number;
  ProviderId: GUID;
  dwCatalogEntryId: number;
  ProtocolChain: WSAPROTOCOLCHAIN;
  iVersion: number;
  iAddressFamily: number;
  iMaxSockAddr: number;
  iMinSockAddr: number;
  iSocketType: number;
  iProtocol: number;
  iProtocolMaxOffset: number;
  iNetworkByteOrder: number;
  iSecurityScheme: number;
  dwMessageSize: number;
  dwProviderReserved: number;
  szProtocol: string;
}

/** A catalog entry whose name is counted in UTF-16. */
export type WSAPROTOCOL_INFOW = WSAPROTOCOL_INFO;

/** A catalog entry whose name is counted in bytes. */
export type WSAPROTOCOL_INFOA = WSAPROTOCOL_INFO;

const FIXED_FIELDS: readonly Field<WSAPROTOCOL_INFO>[] = [
  ['dwServiceFlags1', 0, u32],
  ['dwServiceFlags2', 4, u32],
  ['dwServiceFlags3', 8, u32],
  ['dwServiceFlags4', 12, u32],
  ['dwProviderFlags', 16, u32],
  ['ProviderId', 20, guid],
  ['dwCatalogEntryId', 36, u32],
  ['ProtocolChain', 40, nested(WSAPROTOCOLCHAIN)],
  ['iVersion', 72, i32],
  ['iAddressFamily', 76, i32],
  ['iMaxSockAddr', 80, i32],
  ['iMinSockAddr', 84, i32],
  ['iSocketType', 88, i32],
  ['iProtocol', 92, i32],
  ['iProtocolMaxOffset', 96, i32],
  ['iNetworkByteOrder', 100, i32],
  ['iSecurityScheme', 104, i32],
  ['dwMessageSize', 108, u32],
  ['dwProviderReserved', 112, u32],
];

/** Codec of WSAPROTOCOL_INFOW (628 bytes). */
export const WSAPROTOCOL_INFOW: TableCodec<WSAPROTOCOL_INFO> = structure('WSAPROTOCOL_INFOW', 628, [
  ...FIXED_FIELDS,
  ['szProtocol', 116, wideArray(256)],
]);

/** Codec of WSAPROTOCOL_INFOA (372 bytes). */
export const WSAPROTOCOL_INFOA: TableCodec<WSAPROTOCOL_INFO> = structure('WSAPROTOCOL_INFOA', 372, [
  ...FIXED_FIELDS,
  ['szProtocol', 116, charArray(256)],
]);

/** Codec of WSAPROTOCOL_INFO, which is the W form. */
export const WSAPROTOCOL_INFO = WSAPROTOCOL_INFOW;

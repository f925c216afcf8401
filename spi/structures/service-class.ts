// Service classes, and the catalog of name-space providers.
import { nested, structure, type TableCodec } from './codec.js';
import { BLOB } from './buffers.js';
import { bool, bytesPointer, charPointer, countOf, pointer, pointerToMany, u32, widePointer } from './fields.js';
import { guid, type GUID } from './guid.js';

/** One value of a service class in one name space. */
export interface WSANSCLASSINFO {
  lpszName: string | null;
  dwNameSpace: number;
  dwValueType: number;
  dwValueSize: number;
  lpValue: Uint8Array | null;
}

/** Codec of WSANSCLASSINFOW (20 bytes). */
export const WSANSCLASSINFOW: TableCodec<WSANSCLASSINFO> = structure<WSANSCLASSINFO>('WSANSCLASSINFOW', 20, [
  ['lpszName', 0, widePointer],
  ['dwNameSpace', 4, u32],
  ['dwValueType', 8, u32],
  ['dwValueSize', 12, countOf('lpValue')],
  ['lpValue', 16, bytesPointer('dwValueSize')],
]);

/** Codec of WSANSCLASSINFOA (20 bytes). */
export const WSANSCLASSINFOA: TableCodec<WSANSCLASSINFO> = structure<WSANSCLASSINFO>('WSANSCLASSINFOA', 20, [
  ['lpszName', 0, charPointer],
  ['dwNameSpace', 4, u32],
  ['dwValueType', 8, u32],
  ['dwValueSize', 12, countOf('lpValue')],
  ['lpValue', 16, bytesPointer('dwValueSize')],
]);

/** Codec of WSANSCLASSINFO, which is the W form. */
export const WSANSCLASSINFO = WSANSCLASSINFOW;

/** A value of a service class with text in UTF-16. */
export type WSANSCLASSINFOW = WSANSCLASSINFO;

/** A value of a service class with text in bytes. */
export type WSANSCLASSINFOA = WSANSCLASSINFO;

/** A service class: what name spaces need to know about a kind of service. */
export interface WSASERVICECLASSINFO {
  lpServiceClassId: GUID | null;
  lpszServiceClassName: string | null;
  dwCount: number;
  lpClassInfos: WSANSCLASSINFO[] | null;
}

/** Codec of WSASERVICECLASSINFOW (16 bytes). */
export const WSASERVICECLASSINFOW: TableCodec<WSASERVICECLASSINFO> = structure<WSASERVICECLASSINFO>(
  'WSASERVICECLASSINFOW',
  16,
  [
    ['lpServiceClassId', 0, pointer(guid)],
    ['lpszServiceClassName', 4, widePointer],
    ['dwCount', 8, countOf('lpClassInfos')],
    ['lpClassInfos', 12, pointerToMany(nested(WSANSCLASSINFOW), 'dwCount')],
  ],
);

/** Codec of WSASERVICECLASSINFOA (16 bytes). */
export const WSASERVICECLASSINFOA: TableCodec<WSASERVICECLASSINFO> = structure<WSASERVICECLASSINFO>(
  'WSASERVICECLASSINFOA',
  16,
  [
    ['lpServiceClassId', 0, pointer(guid)],
    ['lpszServiceClassName', 4, charPointer],
    ['dwCount', 8, countOf('lpClassInfos')],
    ['lpClassInfos', 12, pointerToMany(nested(WSANSCLASSINFOA), 'dwCount')],
  ],
);

/** Codec of WSASERVICECLASSINFO, which is the W form. */
export const WSASERVICECLASSINFO = WSASERVICECLASSINFOW;

/** A service class with text in UTF-16. */
export type WSASERVICECLASSINFOW = WSASERVICECLASSINFO;

/** A service class with text in bytes. */
export type WSASERVICECLASSINFOA = WSASERVICECLASSINFO;

/** A catalog entry of a name-space provider. */
export interface WSANAMESPACE_INFO {
  NSProviderId: GUID;
  dwNameSpace: number;
  fActive: boolean;
  dwVersion: number;
  lpszIdentifier: string | null;
}

/** Codec of WSANAMESPACE_INFOW (32 bytes). */
export const WSANAMESPACE_INFOW: TableCodec<WSANAMESPACE_INFO> = structure<WSANAMESPACE_INFO>(
  'WSANAMESPACE_INFOW',
  32,
  [
    ['NSProviderId', 0, guid],
    ['dwNameSpace', 16, u32],
    ['fActive', 20, bool],
    ['dwVersion', 24, u32],
    ['lpszIdentifier', 28, widePointer],
  ],
);

/** Codec of WSANAMESPACE_INFOA (32 bytes). */
export const WSANAMESPACE_INFOA: TableCodec<WSANAMESPACE_INFO> = structure<WSANAMESPACE_INFO>(
  'WSANAMESPACE_INFOA',
  32,
  [
    ['NSProviderId', 0, guid],
    ['dwNameSpace', 16, u32],
    ['fActive', 20, bool],
    ['dwVersion', 24, u32],
    ['lpszIdentifier', 28, charPointer],
  ],
);

/** Codec of WSANAMESPACE_INFO, which is the W form. */
export const WSANAMESPACE_INFO = WSANAMESPACE_INFOW;

/** A name-space entry with text in UTF-16. */
export type WSANAMESPACE_INFOW = WSANAMESPACE_INFO;

/** A name-space entry with text in bytes. */
export type WSANAMESPACE_INFOA = WSANAMESPACE_INFO;

/** A catalog entry of a name-space provider, with the provider's own data. */
export interface WSANAMESPACE_INFOEX extends WSANAMESPACE_INFO {
  ProviderSpecific: BLOB;
}

/** Codec of WSANAMESPACE_INFOEXW (40 bytes). */
export const WSANAMESPACE_INFOEXW: TableCodec<WSANAMESPACE_INFOEX> = structure<WSANAMESPACE_INFOEX>(
  'WSANAMESPACE_INFOEXW',
  40,
  [
    ['NSProviderId', 0, guid],
    ['dwNameSpace', 16, u32],
    ['fActive', 20, bool],
    ['dwVersion', 24, u32],
    ['lpszIdentifier', 28, widePointer],
    ['ProviderSpecific', 32, nested(BLOB)],
  ],
);

/** Codec of WSANAMESPACE_INFOEXA (40 bytes). */
export const WSANAMESPACE_INFOEXA: TableCodec<WSANAMESPACE_INFOEX> = structure<WSANAMESPACE_INFOEX>(
  'WSANAMESPACE_INFOEXA',
  40,
  [
    ['NSProviderId', 0, guid],
    ['dwNameSpace', 16, u32],
    ['fActive', 20, bool],
    ['dwVersion', 24, u32],
    ['lpszIdentifier', 28, charPointer],
    ['ProviderSpecific', 32, nested(BLOB)],
  ],
);

/** Codec of WSANAMESPACE_INFOEX, which is the W form. */
export const WSANAMESPACE_INFOEX = WSANAMESPACE_INFOEXW;

/** An extended name-space entry with text in UTF-16. */
export type WSANAMESPACE_INFOEXW = WSANAMESPACE_INFOEX;

/** An extended name-space entry with text in bytes. */
export type WSANAMESPACE_INFOEXA = WSANAMESPACE_INFOEX;

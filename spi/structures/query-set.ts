// Lookups: what is asked of name spaces, and what they answer.
import { nested, structure, type TableCodec } from './codec.js';
import { BLOB } from './buffers.js';
import { charPointer, countOf, i32, ownSize, pointer, pointerToMany, u32, widePointer } from './fields.js';
import { guid, type GUID } from './guid.js';
import { AFPROTOCOLS, CSADDR_INFO } from './socket-address.js';

/** A version, and how to compare it. */
export interface WSAVERSION {
  dwVersion: number;
  ecHow: number;
}

/** Codec of WSAVERSION (8 bytes). */
export const WSAVERSION: TableCodec<WSAVERSION> = structure<WSAVERSION>('WSAVERSION', 8, [
  ['dwVersion', 0, u32],
  ['ecHow', 4, i32],
]);

/** A lookup, a result, or a registration; members that are absent count as null or 0. */
export interface WSAQUERYSET {
  dwSize: number;
  lpszServiceInstanceName?: string | null;
  lpServiceClassId?: GUID | null;
  lpVersion?: WSAVERSION | null;
  lpszComment?: string | null;
  dwNameSpace?: number;
  lpNSProviderId?: GUID | null;
  lpszContext?: string | null;
  dwNumberOfProtocols?: number;
  lpafpProtocols?: AFPROTOCOLS[] | null;
  lpszQueryString?: string | null;
  dwNumberOfCsAddrs?: number;
  lpcsaBuffer?: CSADDR_INFO[] | null;
  dwOutputFlags?: number;
  lpBlob?: BLOB | null;
}

/** Codec of WSAQUERYSETW (60 bytes). */
export const WSAQUERYSETW: TableCodec<WSAQUERYSET> = structure<WSAQUERYSET>('WSAQUERYSETW', 60, [
  ['dwSize', 0, ownSize(60)],
  ['lpszServiceInstanceName', 4, widePointer],
  ['lpServiceClassId', 8, pointer(guid)],
  ['lpVersion', 12, pointer(nested(WSAVERSION))],
  ['lpszComment', 16, widePointer],
  ['dwNameSpace', 20, u32],
  ['lpNSProviderId', 24, pointer(guid)],
  ['lpszContext', 28, widePointer],
  ['dwNumberOfProtocols', 32, countOf('lpafpProtocols')],
  ['lpafpProtocols', 36, pointerToMany(nested(AFPROTOCOLS), 'dwNumberOfProtocols')],
  ['lpszQueryString', 40, widePointer],
  ['dwNumberOfCsAddrs', 44, countOf('lpcsaBuffer')],
  ['lpcsaBuffer', 48, pointerToMany(nested(CSADDR_INFO), 'dwNumberOfCsAddrs')],
  ['dwOutputFlags', 52, u32],
  ['lpBlob', 56, pointer(nested(BLOB))],
]);

/** Codec of WSAQUERYSETA (60 bytes). */
export const WSAQUERYSETA: TableCodec<WSAQUERYSET> = structure<WSAQUERYSET>('WSAQUERYSETA', 60, [
  ['dwSize', 0, ownSize(60)],
  ['lpszServiceInstanceName', 4, charPointer],
  ['lpServiceClassId', 8, pointer(guid)],
  ['lpVersion', 12, pointer(nested(WSAVERSION))],
  ['lpszComment', 16, charPointer],
  ['dwNameSpace', 20, u32],
  ['lpNSProviderId', 24, pointer(guid)],
  ['lpszContext', 28, charPointer],
  ['dwNumberOfProtocols', 32, countOf('lpafpProtocols')],
  ['lpafpProtocols', 36, pointerToMany(nested(AFPROTOCOLS), 'dwNumberOfProtocols')],
  ['lpszQueryString', 40, charPointer],
  ['dwNumberOfCsAddrs', 44, countOf('lpcsaBuffer')],
  ['lpcsaBuffer', 48, pointerToMany(nested(CSADDR_INFO), 'dwNumberOfCsAddrs')],
  ['dwOutputFlags', 52, u32],
  ['lpBlob', 56, pointer(nested(BLOB))],
]);

/** Codec of WSAQUERYSET, which is the W form. */
export const WSAQUERYSET = WSAQUERYSETW;

/** A lookup with text in UTF-16. */
export type WSAQUERYSETW = WSAQUERYSET;

/** A lookup with text in bytes. */
export type WSAQUERYSETA = WSAQUERYSET;

/** How many bytes a query set takes in the W layout, with all that it points to. */
export function sizeofWSAQUERYSET(value: WSAQUERYSET): number {
  return WSAQUERYSETW.sizeof(value);
}

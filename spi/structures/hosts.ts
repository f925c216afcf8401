// Hosts, services and protocols, as the WinSock 1.1 database functions return them.
import { structure, type FieldType, type TableCodec } from './codec.js';
import { charPointer, i16, pointerToBytesList, pointerToList, u16 } from './fields.js';
import type { GUID } from './guid.js';

// A name that is always there; null is read as empty.
const name: FieldType<string> = {
  ...charPointer,
  read: (input, at, owner) => charPointer.read(input, at, owner) ?? '',
};

/** A host: its names and its addresses in network order. */
export interface hostent {
  h_name: string;
  h_aliases: string[];
  h_addrtype: number;
  h_length: number;
  h_addr_list: Uint8Array[];
}

/** Codec of hostent (16 bytes). */
export const hostent: TableCodec<hostent> = structure<hostent>('hostent', 16, [
  ['h_name', 0, name],
  ['h_aliases', 4, pointerToList(charPointer)],
  ['h_addrtype', 8, i16],
  ['h_length', 10, i16],
  ['h_addr_list', 12, pointerToBytesList('h_length')],
]);

/** A service; `s_port` is in network order as in C. */
export interface servent {
  s_name: string;
  s_aliases: string[];
  s_port: number;
  s_proto: string;
}

/** Codec of servent (16 bytes). */
export const servent: TableCodec<servent> = structure<servent>('servent', 16, [
  ['s_name', 0, name],
  ['s_aliases', 4, pointerToList(charPointer)],
  ['s_port', 8, u16],
  ['s_proto', 12, name],
]);

/** A protocol. */
export interface protoent {
  p_name: string;
  p_aliases: string[];
  p_proto: number;
}

/** Codec of protoent (12 bytes). */
export const protoent: TableCodec<protoent> = structure<protoent>('protoent', 12, [
  ['p_name', 0, name],
  ['p_aliases', 4, pointerToList(charPointer)],
  ['p_proto', 8, i16],
]);

/** The same as hostent. */
export type HOSTENT = hostent;

/** The same as hostent. */
export const HOSTENT = hostent;

/** The same as servent. */
export type SERVENT = servent;

/** The same as servent. */
export const SERVENT = servent;

/** The same as protoent. */
export type PROTOENT = protoent;

/** The same as protoent. */
export const PROTOENT = protoent;

/** One result of getaddrinfo; `ai_next` leads to the next. */
export interface addrinfo {
  ai_flags: number;
  ai_family: number;
  ai_socktype: number;
  ai_protocol: number;
  ai_addrlen: number;
  ai_canonname: string | null;
  ai_addr: Uint8Array | null;
  ai_next: addrinfo | null;
}

/** The same as addrinfo. */
export type ADDRINFO = addrinfo;

/** The same as addrinfo. */
export type ADDRINFOA = addrinfo;

/** The same as addrinfo. */
export type ADDRINFOW = addrinfo;

/** One result of GetAddrInfoEx; `ai_next` leads to the next. */
export interface ADDRINFOEX extends Omit<addrinfo, 'ai_next'> {
  ai_blob: Uint8Array | null;
  ai_bloblen: number;
  ai_provider: GUID | null;
  ai_next: ADDRINFOEX | null;
}

/** The same as ADDRINFOEX. */
export type ADDRINFOEXA = ADDRINFOEX;

/** The same as ADDRINFOEX. */
export type ADDRINFOEXW = ADDRINFOEX;

// What WSAStartup and WSPStartup report, network events, and small structures of the API.
import { structure, type TableCodec } from './codec.js';
import { array, charArray, charPointer, i16, i32, u16, u32, wideArray } from './fields.js';

/** What WSAStartup reports. */
export interface WSADATA {
  wVersion: number;
  wHighVersion: number;
  szDescription: string;
  szSystemStatus: string;
  iMaxSockets: number;
  iMaxUdpDg: number;
  lpVendorInfo: string | null;
}

/** Codec of WSADATA (400 bytes). */
export const WSADATA: TableCodec<WSADATA> = structure<WSADATA>('WSADATA', 400, [
  ['wVersion', 0, u16],
  ['wHighVersion', 2, u16],
  ['szDescription', 4, charArray(257)],
  ['szSystemStatus', 261, charArray(129)],
  ['iMaxSockets', 390, u16],
  ['iMaxUdpDg', 392, u16],
  ['lpVendorInfo', 396, charPointer],
]);

/** What WSPStartup reports. */
export interface WSPDATA {
  wVersion: number;
  wHighVersion: number;
  szDescription: string;
}

/** Codec of WSPDATA (516 bytes). */
export const WSPDATA: TableCodec<WSPDATA> = structure<WSPDATA>('WSPDATA', 516, [
  ['wVersion', 0, u16],
  ['wHighVersion', 2, u16],
  ['szDescription', 4, wideArray(256)],
]);

/** Network events that have happened, and the error of each. */
export interface WSANETWORKEVENTS {
  lNetworkEvents: number;
  iErrorCode: number[];
}

/** Codec of WSANETWORKEVENTS (44 bytes). */
export const WSANETWORKEVENTS: TableCodec<WSANETWORKEVENTS> = structure<WSANETWORKEVENTS>('WSANETWORKEVENTS', 44, [
  ['lNetworkEvents', 0, i32],
  ['iErrorCode', 4, array(i32, 10)],
]);

/** A time span. */
export interface timeval {
  tv_sec: number;
  tv_usec: number;
}

/** Codec of timeval (8 bytes). */
export const timeval: TableCodec<timeval> = structure<timeval>('timeval', 8, [
  ['tv_sec', 0, i32],
  ['tv_usec', 4, i32],
]);

/** The same as timeval. */
export type TIMEVAL = timeval;

/** The same as timeval. */
export const TIMEVAL = timeval;

/** How long closing waits for unsent data, in seconds. */
export interface LINGER {
  l_onoff: number;
  l_linger: number;
}

/** Codec of LINGER (4 bytes). */
export const LINGER: TableCodec<LINGER> = structure<LINGER>('LINGER', 4, [
  ['l_onoff', 0, u16],
  ['l_linger', 2, u16],
]);

/** The same as LINGER. */
export type linger = LINGER;

/** The same as LINGER. */
export const linger = LINGER;

/** A thread that asynchronous procedure calls are queued to. */
export interface WSATHREADID {
  ThreadHandle: number;
  Reserved: number;
}

/** Codec of WSATHREADID (8 bytes). */
export const WSATHREADID: TableCodec<WSATHREADID> = structure<WSATHREADID>('WSATHREADID', 8, [
  ['ThreadHandle', 0, u32],
  ['Reserved', 4, u32],
]);

/** A socket that WSAPoll looks at. */
export interface WSAPOLLFD {
  fd: number;
  events: number;
  revents: number;
}

/** Codec of WSAPOLLFD (8 bytes). */
export const WSAPOLLFD: TableCodec<WSAPOLLFD> = structure<WSAPOLLFD>('WSAPOLLFD', 8, [
  ['fd', 0, u32],
  ['events', 4, i16],
  ['revents', 6, i16],
]);

/** Keep-alive times for SIO_KEEPALIVE_VALS, in milliseconds. */
export interface tcp_keepalive {
  onoff: number;
  keepalivetime: number;
  keepaliveinterval: number;
}

/** Codec of tcp_keepalive (12 bytes). */
export const tcp_keepalive: TableCodec<tcp_keepalive> = structure<tcp_keepalive>('tcp_keepalive', 12, [
  ['onoff', 0, u32],
  ['keepalivetime', 4, u32],
  ['keepaliveinterval', 8, u32],
]);

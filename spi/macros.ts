// Macros of the Windows headers.
import { IOC_IN, IOC_INOUT, IOC_OUT, IOC_VOID } from './constants/ioctls.js';

// ---- Words and bytes ----

/** Puts two bytes together: `MAKEWORD(2, 2)` is version 2.2. */
export function MAKEWORD(low: number, high: number): number {
  return (low & 0xff) | ((high & 0xff) << 8);
}

/** Puts two words together; the result is signed, as LONG is. */
export function MAKELONG(low: number, high: number): number {
  return (low & 0xffff) | ((high & 0xffff) << 16);
}

/** The low byte. */
export function LOBYTE(value: number): number {
  return value & 0xff;
}

/** The high byte of a word. */
export function HIBYTE(value: number): number {
  return (value >>> 8) & 0xff;
}

/** The low word. */
export function LOWORD(value: number): number {
  return value & 0xffff;
}

/** The high word. */
export function HIWORD(value: number): number {
  return (value >>> 16) & 0xffff;
}

// ---- Messages of WSAAsyncSelect and WSAAsyncGetXbyY ----

/** The network event in a WSAAsyncSelect message. */
export const WSAGETSELECTEVENT = LOWORD;

/** The error in a WSAAsyncSelect message. */
export const WSAGETSELECTERROR = HIWORD;

/** The error in a WSAAsyncGetXbyY message. */
export const WSAGETASYNCERROR = HIWORD;

/** The buffer length, used or needed, in a WSAAsyncGetXbyY message. */
export const WSAGETASYNCBUFLEN = LOWORD;
/** The name that the specification's text has for WSAGETASYNCBUFLEN. */
export const WSAGETASYNCBUFLLEN = WSAGETASYNCBUFLEN;

/** Makes the lParam of a WSAAsyncGetXbyY message from buffer length and error. */
export const WSAMAKEASYNCREPLY = MAKELONG;

/** Makes the lParam of a WSAAsyncSelect message from event and error. */
export const WSAMAKESELECTREPLY = MAKELONG;

// ---- Ioctl codes ----

/** A code without parameters: family or vendor bits and a number. */
export function _WSAIO(kind: number, code: number): number {
  return (IOC_VOID | kind | code) >>> 0;
}

/** A code whose parameters come out. */
export function _WSAIOR(kind: number, code: number): number {
  return (IOC_OUT | kind | code) >>> 0;
}

/** A code whose parameters go in. */
export function _WSAIOW(kind: number, code: number): number {
  return (IOC_IN | kind | code) >>> 0;
}

/** A code whose parameters go in and come out. */
export function _WSAIORW(kind: number, code: number): number {
  return (IOC_INOUT | kind | code) >>> 0;
}

// ---- Control messages ----

const WORD = 4;
const CMSG_HEADER = 12;
const alignWord = (length: number) => Math.ceil(length / WORD) * WORD;

/** The bytes that a control message of `length` bytes of data takes. */
export function WSA_CMSG_SPACE(length: number): number {
  return alignWord(CMSG_HEADER + alignWord(length));
}

/** The `cmsg_len` of a control message of `length` bytes of data. */
export function WSA_CMSG_LEN(length: number): number {
  return CMSG_HEADER + length;
}

// ---- Classes of addresses ----

/** Says whether an IPv4 address, in host order, is of class A. */
export function IN_CLASSA(address: number): boolean {
  return address >>> 31 === 0;
}

/** Says whether an IPv4 address, in host order, is of class B. */
export function IN_CLASSB(address: number): boolean {
  return address >>> 30 === 2;
}

/** Says whether an IPv4 address, in host order, is of class C. */
export function IN_CLASSC(address: number): boolean {
  return address >>> 29 === 6;
}

/** Says whether an IPv4 address, in host order, is of class D. */
export function IN_CLASSD(address: number): boolean {
  return address >>> 28 === 14;
}

/** Says whether an IPv4 address, in host order, is a multicast group. */
export const IN_MULTICAST = IN_CLASSD;

const zeroUpTo = (address: Uint8Array, end: number) => address.subarray(0, end).every((byte) => byte === 0);

/** Says whether sixteen bytes are the unspecified IPv6 address. */
export function IN6_IS_ADDR_UNSPECIFIED(address: Uint8Array): boolean {
  return zeroUpTo(address, 16);
}

/** Says whether sixteen bytes are the IPv6 loopback address. */
export function IN6_IS_ADDR_LOOPBACK(address: Uint8Array): boolean {
  return zeroUpTo(address, 15) && address[15] === 1;
}

/** Says whether sixteen bytes are an IPv6 multicast group. */
export function IN6_IS_ADDR_MULTICAST(address: Uint8Array): boolean {
  return address[0] === 0xff;
}

/** Says whether sixteen bytes are an IPv6 address of the link. */
export function IN6_IS_ADDR_LINKLOCAL(address: Uint8Array): boolean {
  return address[0] === 0xfe && ((address[1] ?? 0) & 0xc0) === 0x80;
}

/** Says whether sixteen bytes are an IPv6 address of the site. */
export function IN6_IS_ADDR_SITELOCAL(address: Uint8Array): boolean {
  return address[0] === 0xfe && ((address[1] ?? 0) & 0xc0) === 0xc0;
}

/** Says whether sixteen bytes are an IPv4 address mapped to IPv6. */
export function IN6_IS_ADDR_V4MAPPED(address: Uint8Array): boolean {
  return zeroUpTo(address, 10) && address[10] === 0xff && address[11] === 0xff;
}

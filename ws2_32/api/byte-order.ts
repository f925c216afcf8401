import { isRef, isScalar } from '../../spi/arguments.js';
import { INADDR_NONE, LITTLEENDIAN, WSAEFAULT, WSAEINVAL, type Ref, type SOCKET } from '../../spi/index.js';
import type { Dispatcher } from '../dispatcher/index.js';

/** Byte order, and IPv4 addresses as text. */
export type ByteOrderFunctions = ReturnType<typeof createByteOrderFunctions>;

/**
 * Makes the functions of byte order and IPv4 text (specification: htonl, WSAHtonl, inet_addr and their like). The
 * emulated machine is little-endian, so network order is always the other one. None of them touches the last error on
 * success.
 */
export function createByteOrderFunctions(dispatcher: Dispatcher) {
  // The functions that know a socket's byte order; LITTLEENDIAN protocols have the machine's own.
  function convert(s: SOCKET, value: number, out: Ref<number> | null, swap: (value: number) => number): number {
    const record = dispatcher.socket(s);
    if (record === null) return -1;
    if (!isRef(out)) return dispatcher.fail(WSAEFAULT);
    if (!isScalar(value)) return dispatcher.fail(WSAEINVAL);
    const isSame = record.chainEntry.iNetworkByteOrder === LITTLEENDIAN;
    (out as Ref<number>).value = isSame ? swap(swap(value)) : swap(value);
    return 0;
  }

  return {
    /** Turns 32 bits from host into network order: swaps their bytes (specification: htonl). */
    htonl: swap32,
    /** Turns 32 bits from network into host order: swaps their bytes (specification: ntohl). */
    ntohl: swap32,
    /** Turns 16 bits from host into network order: swaps their bytes (specification: htons). */
    htons: swap16,
    /** Turns 16 bits from network into host order: swaps their bytes (specification: ntohs). */
    ntohs: swap16,
    /**
     * Turns 64 bits from host into network order: swaps their bytes (specification: htonll). Takes and gives a bigint,
     * unsigned.
     */
    htonll: swap64,
    /**
     * Turns 64 bits from network into host order: swaps their bytes (specification: ntohll). Takes and gives a bigint,
     * unsigned.
     */
    ntohll: swap64,
    /** The 32 bits of a single-precision number, in network order (specification: htonf). */
    htonf(Value: number): number {
      scratch.setFloat32(0, scalar(Value));
      return scratch.getUint32(0, true);
    },
    /** The single-precision number whose 32 bits these are, in network order (specification: ntohf). */
    ntohf(Value: number): number {
      scratch.setUint32(0, scalar(Value), true);
      return scratch.getFloat32(0);
    },
    /** The 64 bits of a double-precision number, in network order, as an unsigned bigint (specification: htond). */
    htond(Value: number): bigint {
      scratch.setFloat64(0, scalar(Value));
      return scratch.getBigUint64(0, true);
    },
    /** The double-precision number whose 64 bits, a bigint, these are, in network order (specification: ntohd). */
    ntohd(Value: bigint): number {
      scratch.setBigUint64(0, bits64(Value), true);
      return scratch.getFloat64(0);
    },

    /**
     * Turns 32 bits from host order into that of a socket's protocol (specification: WSAHtonl).
     *
     * @param s any socket
     * @param hostlong the number, unsigned
     * @param lpnetlong receives the result
     * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAENOTSOCK, WSAEFAULT (`lpnetlong` is not a
     *   reference), WSAEINVAL (`hostlong` is not a number)
     */
    WSAHtonl: (s: SOCKET, hostlong: number, lpnetlong: Ref<number>): number => convert(s, hostlong, lpnetlong, swap32),
    /**
     * Turns 32 bits from the order of a socket's protocol into host order (specification: WSANtohl).
     *
     * @param s any socket
     * @param netlong the number, unsigned
     * @param lphostlong receives the result
     * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAENOTSOCK, WSAEFAULT (`lphostlong` is not a
     *   reference), WSAEINVAL (`netlong` is not a number)
     */
    WSANtohl: (s: SOCKET, netlong: number, lphostlong: Ref<number>): number => convert(s, netlong, lphostlong, swap32),
    /**
     * Turns 16 bits from host order into that of a socket's protocol (specification: WSAHtons).
     *
     * @param s any socket
     * @param hostshort the number, unsigned
     * @param lpnetshort receives the result
     * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAENOTSOCK, WSAEFAULT (`lpnetshort` is not a
     *   reference), WSAEINVAL (`hostshort` is not a number)
     */
    WSAHtons: (s: SOCKET, hostshort: number, lpnetshort: Ref<number>): number =>
      convert(s, hostshort, lpnetshort, swap16),
    /**
     * Turns 16 bits from the order of a socket's protocol into host order (specification: WSANtohs).
     *
     * @param s any socket
     * @param netshort the number, unsigned
     * @param lphostshort receives the result
     * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAENOTSOCK, WSAEFAULT (`lphostshort` is not a
     *   reference), WSAEINVAL (`netshort` is not a number)
     */
    WSANtohs: (s: SOCKET, netshort: number, lphostshort: Ref<number>): number =>
      convert(s, netshort, lphostshort, swap16),

    /**
     * Reads an IPv4 address (specification: inet_addr): one to four parts, each decimal, octal (`010`) or hexadecimal
     * (`0x10`); the last part fills the bytes that are left. What follows white space is not looked at.
     *
     * @param cp the text
     * @returns the address in network order, so that "127.0.0.1" is 0x0100007F; INADDR_NONE for anything else, and with
     *   WSAEFAULT when `cp` is not a string
     */
    inet_addr(cp: string | null): number {
      if (typeof cp === 'string') return parseInetAddr(cp);
      dispatcher.setLastError(WSAEFAULT);
      return INADDR_NONE;
    },

    /**
     * Writes an IPv4 address in dotted decimal form (specification: inet_ntoa).
     *
     * @param address in network order, as `inet_addr` gives it
     * @returns the text
     */
    inet_ntoa: (address: number): string => [0, 8, 16, 24].map((shift) => (scalar(address) >>> shift) & 0xff).join('.'),
  };
}

function swap32(value: number): number {
  const bits = scalar(value);
  return ((bits >>> 24) | ((bits >>> 8) & 0xff00) | ((bits & 0xff00) << 8) | (bits << 24)) >>> 0;
}

/** Swaps the bytes of 16 bits: the one byte order for the other. */
export function swap16(value: number): number {
  const bits = scalar(value);
  return ((bits >>> 8) & 0xff) | ((bits & 0xff) << 8);
}

/** What is not a number counts as 0: these functions have no error to tell of it. */
function scalar(value: unknown): number {
  return isScalar(value) ? value : 0;
}

/** Where 64 bits change their order; used between two statements only. */
const scratch = new DataView(new ArrayBuffer(8));

function swap64(value: bigint): bigint {
  scratch.setBigUint64(0, bits64(value));
  return scratch.getBigUint64(0, true);
}

// A whole number is welcome too; what is not one counts as 0, as it does for the functions of 32 bits.
function bits64(value: unknown): bigint {
  if (typeof value === 'bigint') return value;
  return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : 0n;
}

const PART = /^(?:0[xX]([0-9a-fA-F]*)|(0[0-7]*)|([1-9][0-9]*))$/;

function parseInetAddr(text: string): number {
  // Windows takes a single blank for 0.0.0.0, and no other text that begins with white space for anything.
  if (text === ' ') return 0;
  const parts = /^[^\t\n\v\f\r ]*/.exec(text)?.[0].split('.') ?? [];
  const last = parts.pop();
  if (last === undefined || parts.length > 3) return INADDR_NONE;
  let address = 0;
  for (const part of parts) {
    const value = parsePart(part);
    if (value === null || value > 0xff) return INADDR_NONE;
    address = address * 0x100 + value;
  }
  const value = parsePart(last);
  const room = 0x100 ** (4 - parts.length);
  // A single number is cut off to 32 bits; a last part that is too large for its place is an error.
  if (value === null || (value >= room && parts.length > 0)) return INADDR_NONE;
  return swap32(address * room + (value % room));
}

function parsePart(part: string): number | null {
  const [match, hexadecimal, octal, decimal] = PART.exec(part) ?? [];
  if (match === undefined) return null;
  // Arithmetic in 32 bits, as C does it.
  const [digits, radix] =
    hexadecimal !== undefined ? [hexadecimal, 16] : octal !== undefined ? [octal, 8] : [decimal ?? '', 10];
  let value = 0;
  for (const digit of digits) value = (Math.imul(value, radix) + Number.parseInt(digit, radix)) >>> 0;
  return value;
}

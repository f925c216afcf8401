import { areBytes, isByteArray, isNull, isScalar, isRoom } from '../../spi/arguments.js';
import {
  copyOfBytes,
  AF_INET,
  AF_INET6,
  ERROR_INVALID_PARAMETER,
  formatIPv4,
  formatIPv6,
  parseIPv4,
  parseIPv6,
  WSAEAFNOSUPPORT,
  WSAEFAULT,
  WSAEINVAL,
} from '../../spi/index.js';
import type { Dispatcher } from '../dispatcher/index.js';

/** IPv4 and IPv6 addresses as text. */
export type AddressTextFunctions = ReturnType<typeof createAddressTextFunctions>;

/** How one family writes its addresses. */
interface AddressForm {
  /** Bytes of an address. */
  readonly size: number;
  read(text: string): Uint8Array | null;
  write(bytes: Uint8Array): string;
}

const FORMS: ReadonlyMap<unknown, AddressForm> = new Map([
  [AF_INET, { size: 4, read: parseIPv4, write: formatIPv4 }],
  [AF_INET6, { size: 16, read: parseIPv6, write: formatIPv6 }],
]);

/** An IPv4 address and something behind it that is no part of a number. */
const FOLLOWED_ADDRESS = /^((?:\d+\.){3}\d+)[^\d.xX]/;

/**
 * Makes the functions that turn addresses without a port into text and back (specification: inet_pton, inet_ntop,
 * InetPton, InetNtop). They need no WSAStartup, and leave the last error alone when they succeed.
 */
export function createAddressTextFunctions(dispatcher: Dispatcher) {
  /**
   * Reads an address (specification: inet_pton). An IPv4 address is four decimal numbers without leading zeros; an IPv6
   * address has neither brackets nor scope nor prefix.
   *
   * @param Family AF_INET or AF_INET6
   * @param pszAddrString the text
   * @param pAddrBuf filled with 4 or 16 bytes in network order
   * @returns 1; 0 when the text is not an address of the family, with the last error as it was; -1 with WSAEFAULT (no text,
   *   or no room for the address) or WSAEAFNOSUPPORT
   */
  function inet_pton(Family: number, pszAddrString: string, pAddrBuf: Uint8Array): number {
    if (typeof pszAddrString !== 'string' || !isByteArray(pAddrBuf)) return dispatcher.fail(WSAEFAULT);
    const form = FORMS.get(Family);
    if (form === undefined) return dispatcher.fail(WSAEAFNOSUPPORT);
    if (pAddrBuf.length < form.size) return dispatcher.fail(WSAEFAULT);
    const address = form.read(pszAddrString);
    // Windows finds out what follows an IPv4 address only when it has written the address.
    const written = address ?? (Family === AF_INET ? leadingAddress(pszAddrString) : null);
    if (written !== null) pAddrBuf.set(written);
    return address === null ? 0 : 1;
  }

  /**
   * Reads an address, as `inet_pton` does, but says why it failed (specification: InetPton).
   *
   * @param Family AF_INET or AF_INET6
   * @param pszAddrString the text
   * @param pAddrBuf filled with 4 or 16 bytes in network order
   * @returns 1; 0 with WSAEINVAL when the text is not an address of the family; -1 with WSAEFAULT or WSAEAFNOSUPPORT
   */
  function InetPton(Family: number, pszAddrString: string, pAddrBuf: Uint8Array): number {
    const result = inet_pton(Family, pszAddrString, pAddrBuf);
    if (result === 0) dispatcher.setLastError(WSAEINVAL);
    return result;
  }

  /**
   * Writes an address (specification: inet_ntop, InetNtop).
   *
   * @param Family AF_INET or AF_INET6
   * @param pAddr the address' 4 or 16 bytes, in network order
   * @param pStringBuf receives the text
   * @param StringBufSize the room there is, in characters, with the NUL
   * @returns the text, or `null` with WSAEAFNOSUPPORT, WSAEFAULT (no address) or ERROR_INVALID_PARAMETER (nowhere to
   *   put the text, or too little room, which leaves `pStringBuf` as it was)
   */
  function inet_ntop(
    Family: number,
    pAddr: Uint8Array,
    pStringBuf: { value: string } | null,
    StringBufSize: number,
  ): string | null {
    const form = FORMS.get(Family);
    if (form === undefined) return failText(WSAEAFNOSUPPORT);
    if (!areBytes(pAddr, form.size)) return failText(WSAEFAULT);
    if (isNull(pStringBuf)) return failText(ERROR_INVALID_PARAMETER);
    if (!isRoom(pStringBuf)) return failText(WSAEFAULT);
    const text = form.write(copyOfBytes(pAddr, form.size));
    if (!isScalar(StringBufSize) || !(text.length < StringBufSize)) return failText(ERROR_INVALID_PARAMETER);
    pStringBuf.value = text;
    return text;
  }

  function failText(error: number): null {
    dispatcher.setLastError(error);
    return null;
  }

  return {
    inet_pton,
    InetPton,
    /** As `inet_pton`, which is what the name stands for in the headers. */
    InetPtonA: inet_pton,
    /** As `InetPton`. */
    InetPtonW: InetPton,
    inet_ntop,
    /** As `inet_ntop`. */
    InetNtop: inet_ntop,
    /** As `inet_ntop`; strings have one form here. */
    InetNtopA: inet_ntop,
    /** As `inet_ntop`. */
    InetNtopW: inet_ntop,
  };
}

function leadingAddress(text: string): Uint8Array | null {
  const address = FOLLOWED_ADDRESS.exec(text)?.[1];
  return address === undefined ? null : parseIPv4(address);
}

// Socket addresses as text, and back.
import { areBytes, isAddressRoom, isNull, isRef, isScalar, isStructure, isRoom } from '../../spi/arguments.js';
import { WSAEFAULT, WSAEINVAL, type Ref, type WSAPROTOCOL_INFOW } from '../../spi/index.js';
import { describeSocket, findEntry, type Dispatcher, type TransportProvider } from '../dispatcher/index.js';

/** Addresses as text. */
export type AddressFunctions = ReturnType<typeof createAddressFunctions>;

/**
 * Makes the functions that turn socket addresses into text and back (specification: WSAAddressToString,
 * WSAStringToAddress).
 */
export function createAddressFunctions(dispatcher: Dispatcher) {
  // The provider of the entry that the caller names, else of the first that an application can use in the family.
  function providerFor(
    info: WSAPROTOCOL_INFOW | null,
    family: number,
  ): { provider: TransportProvider; told: WSAPROTOCOL_INFOW } | number {
    const { catalog } = dispatcher;
    if (!isNull(info) && !isStructure(info)) return WSAEFAULT;
    const entry = isNull(info)
      ? catalog.visibleEntries().find((each) => each.iAddressFamily === family)
      : findEntry(dispatcher, info);
    if (entry === undefined) return WSAEINVAL;
    const provider = dispatcher.providers.get(entry);
    if (typeof provider === 'number') return provider;
    return { provider, told: isNull(info) ? entry : describeSocket(entry, info) };
  }

  /**
   * Turns a socket address into text, such as `127.0.0.1:80` (specification: WSAAddressToString).
   *
   * @param lpsaAddress a sockaddr
   * @param dwAddressLength its length in bytes
   * @param lpProtocolInfo the entry whose provider is to do it; `null` for the first of the address' family
   * @param lpszAddressString receives the text
   * @param lpdwAddressStringLength in: room in characters, with the NUL; out: how many it takes
   * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAEFAULT (bad pointers, or too little room: the length is
   *   set), WSAEINVAL (no address, or no provider for it)
   */
  function WSAAddressToString(
    lpsaAddress: Uint8Array,
    dwAddressLength: number,
    lpProtocolInfo: WSAPROTOCOL_INFOW | null,
    lpszAddressString: { value: string } | null,
    lpdwAddressStringLength: Ref<number>,
  ): number {
    if (!dispatcher.isStarted()) return -1;
    if (!areBytes(lpsaAddress, dwAddressLength) || !isRef(lpdwAddressStringLength)) return dispatcher.fail(WSAEFAULT);
    if (!isNull(lpszAddressString) && !isRoom(lpszAddressString)) return dispatcher.fail(WSAEFAULT);
    if (!isScalar(lpdwAddressStringLength.value)) return dispatcher.fail(WSAEFAULT);
    if (dwAddressLength < 2) return dispatcher.fail(WSAEINVAL);
    const family = (lpsaAddress[0] ?? 0) | ((lpsaAddress[1] ?? 0) << 8);
    const found = providerFor(lpProtocolInfo, family);
    if (typeof found === 'number') return dispatcher.fail(found);
    const { provider, told } = found;
    const { lpWSPAddressToString } = provider.procedures;
    const frame = dispatcher.enter();
    try {
      const result = lpWSPAddressToString(
        lpsaAddress,
        dwAddressLength,
        told,
        lpszAddressString ?? null,
        lpdwAddressStringLength,
        frame.errno,
      );
      return dispatcher.leave(frame, provider, 'WSPAddressToString', result);
    } catch (cause) {
      return dispatcher.contain(frame, provider, 'WSPAddressToString', cause);
    }
  }

  /**
   * Turns text into a socket address; a port that is missing is 0 (specification: WSAStringToAddress).
   *
   * @param AddressString such as `127.0.0.1:80` or `[::1]:80`
   * @param AddressFamily the family to read it in
   * @param lpProtocolInfo the entry whose provider is to do it; `null` for the first of the family
   * @param lpAddress filled with the sockaddr
   * @param lpAddressLength in: room in `lpAddress`; out: length of the sockaddr
   * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED, WSAEFAULT (bad pointers, or too little room: the length is
   *   set), WSAEINVAL (the text is not an address, or no provider for the family)
   */
  function WSAStringToAddress(
    AddressString: string,
    AddressFamily: number,
    lpProtocolInfo: WSAPROTOCOL_INFOW | null,
    lpAddress: Uint8Array,
    lpAddressLength: Ref<number>,
  ): number {
    if (!dispatcher.isStarted()) return -1;
    if (typeof AddressString !== 'string' || isNull(lpAddress) || !isAddressRoom(lpAddress, lpAddressLength)) {
      return dispatcher.fail(WSAEFAULT);
    }
    if (!isScalar(AddressFamily)) return dispatcher.fail(WSAEINVAL);
    const found = providerFor(lpProtocolInfo, AddressFamily);
    if (typeof found === 'number') return dispatcher.fail(found);
    const { provider, told } = found;
    const { lpWSPStringToAddress } = provider.procedures;
    const frame = dispatcher.enter();
    try {
      const result = lpWSPStringToAddress(AddressString, AddressFamily, told, lpAddress, lpAddressLength, frame.errno);
      return dispatcher.leave(frame, provider, 'WSPStringToAddress', result);
    } catch (cause) {
      return dispatcher.contain(frame, provider, 'WSPStringToAddress', cause);
    }
  }

  return {
    WSAAddressToString,
    /** As `WSAAddressToString`; strings have one form here. */
    WSAAddressToStringA: WSAAddressToString,
    /** As `WSAAddressToString`. */
    WSAAddressToStringW: WSAAddressToString,
    WSAStringToAddress,
    /** As `WSAStringToAddress`; strings have one form here. */
    WSAStringToAddressA: WSAStringToAddress,
    /** As `WSAStringToAddress`. */
    WSAStringToAddressW: WSAStringToAddress,
  };
}

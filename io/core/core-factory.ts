import type { WSAPROTOCOL_INFOW, ErrorCode } from '../../spi/index.js';
import type { DuplicateOffers } from './offers.js';
import type { SocketCore } from './socket-core.js';

/** How a family writes its socket addresses. */
export interface AddressForm {
  readonly family: number;
  /** Bytes of a socket address. */
  readonly size: number;
  /** Writes a socket address of at least so many bytes; `null` for one that means nothing. */
  write(address: Uint8Array): string | null;
  /** Reads a socket address; `null` when the text is none. */
  read(text: string): Uint8Array | null;
}

/** Makes cores for the front: one per kind of base provider or codec. */
export interface CoreFactory {
  /**
   * Makes the core of a new socket.
   *
   * @param dwFlags the flags of `WSPSocket`
   * @returns the core, or a WinSock code
   */
  createCore(
    af: number,
    type: number,
    protocol: number,
    lpProtocolInfo: WSAPROTOCOL_INFOW | null,
    g: number,
    dwFlags: number,
  ): SocketCore | ErrorCode;

  /**
   * Opens a socket that `SocketCore.offerTo` offered.
   *
   * @returns the core and its socket's `State`, or a WinSock code
   */
  openOffer?(info: WSAPROTOCOL_INFOW): { core: SocketCore; state: number; active: boolean } | ErrorCode;
  /** Duplicates that wait to be opened; of its own, when several instances share what it makes. */
  readonly offers?: DuplicateOffers;
  /** How the families beside those of TCP/IP write their addresses. */
  readonly addressForms?: readonly AddressForm[];
  /** Called by the last `WSPCleanup`, after every core was closed. */
  close?(): void;
}

import type { ErrorCode, InstanceHost, WSAPROTOCOL_INFOW } from '../../spi/index.js';
import type { DuplicateOffers } from './offers.js';
import type { SocketCore } from './socket-core.js';
import type { GroupMember, SocketGroups } from './socket-group.js';

/** A duplicate that was opened by what was offered. */
export interface OpenedOffer {
  readonly core: SocketCore;
  readonly state: number;
  readonly active: boolean;
  readonly group: GroupMember | null;
}

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
   * @param g the group of `WSPSocket`, for cores that have groups of their own
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
   * @param host is told why the group of the socket cannot be entered
   * @returns the core, its socket's `State` and its part in the group of the socket; or a WinSock code
   */
  openOffer?(info: WSAPROTOCOL_INFOW, host: Pick<InstanceHost, 'report'>): OpenedOffer | ErrorCode;
  /** Duplicates that wait to be opened; of its own, when several instances share what it makes. */
  readonly offers?: DuplicateOffers;
  /** How the families beside those of TCP/IP write their addresses. */
  readonly addressForms?: readonly AddressForm[];
  /** The groups of sockets that the front sees to; without it cores have groups of their own, or none. */
  readonly groups?: SocketGroups;
  /** Called by the last `WSPCleanup`, after every core was closed. */
  close?(): void;
}

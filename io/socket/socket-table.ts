import {
  INVALID_SOCKET,
  WSAEPROTONOSUPPORT,
  type InstanceHost,
  type Ref,
  type WSAPROTOCOL_INFOW,
  type WSPUPCALLTABLE,
} from '../../spi/index.js';
import { DuplicateOffers, type CoreFactory, type SocketCore } from '../core/index.js';
import { FrontSocket } from './front-socket.js';

/** What a provider gives to have the thirty functions made. */
export interface TransportProviderOptions {
  /** WinSock's upcalls, and the instance's host. */
  readonly upcalls: WSPUPCALLTABLE;
  /** The entry that the provider was started for. */
  readonly entry: WSAPROTOCOL_INFOW;
  /** Makes the cores. */
  readonly factory: CoreFactory;
  /**
   * Whether sockets get handles of the provider's own (`WPUCreateSocketHandle`), as those of a layer that transforms
   * data must; otherwise they are registered by `WPUModifyIFSHandle`, as a base provider's are.
   */
  readonly ownHandles?: boolean;
  /**
   * The tables of the same provider's other starts in this instance, one per GUID: `select` may mix their sockets, as
   * with Windows' provider for IPv4 and IPv6. The provider adds its own table and takes it away.
   */
  readonly siblings?: SocketTable[];
  /** Called by the last `WSPCleanup`, after every socket is gone. */
  cleanup?(): void;
}

/** The sockets of one started provider, by handle. */
export class SocketTable {
  readonly host: InstanceHost;
  readonly upcalls: WSPUPCALLTABLE;
  readonly factory: CoreFactory;
  readonly ownHandles: boolean;
  readonly entry: WSAPROTOCOL_INFOW;
  readonly siblings: SocketTable[];
  /** Duplicates that wait to be opened. */
  readonly offers: DuplicateOffers;
  /** Index: the handle divided by 4. A dictionary would do; an array is faster. */
  #sockets: (FrontSocket | undefined)[] = [];

  constructor(options: TransportProviderOptions) {
    this.host = options.upcalls.host;
    this.upcalls = options.upcalls;
    this.factory = options.factory;
    this.entry = options.entry;
    this.siblings = options.siblings ?? [];
    this.ownHandles = options.ownHandles ?? false;
    this.offers = options.factory.offers ?? new DuplicateOffers();
  }

  /** The socket of a handle, or `undefined`. */
  find(s: number): FrontSocket | undefined {
    const socket = this.#sockets[s >>> 2];
    return socket !== undefined && socket.handle === s ? socket : undefined;
  }

  /** The socket of a handle that is this provider's, whichever of its GUIDs it was started for. */
  findInProvider(s: number): FrontSocket | undefined {
    const own = this.find(s);
    if (own !== undefined) return own;
    for (const table of this.siblings) {
      const socket = table.find(s);
      if (socket !== undefined) return socket;
    }
    return undefined;
  }

  /** Every open socket. */
  open(): FrontSocket[] {
    return this.#sockets.filter((socket) => socket !== undefined);
  }

  /**
   * The catalog entry that a new socket belongs to: the one given, or the first of this provider that fits.
   */
  entryFor(
    af: number,
    type: number,
    protocol: number,
    lpProtocolInfo: WSAPROTOCOL_INFOW | null,
  ): WSAPROTOCOL_INFOW | null {
    const id = lpProtocolInfo?.dwCatalogEntryId;
    const entries = this.host.catalogEntries();
    // A chain's own functions are told of the chain; a base provider below a chain of its own entry.
    const given = id === undefined ? undefined : entries.find((entry) => entry.dwCatalogEntryId === id);
    if (given !== undefined) return given;
    if (this.ownHandles) return this.entry;
    return (
      entries.find(
        (entry) =>
          entry.ProviderId === this.entry.ProviderId &&
          (af === 0 || entry.iAddressFamily === af) &&
          (type === 0 || entry.iSocketType === type) &&
          (protocol === 0 || (protocol >= entry.iProtocol && protocol <= entry.iProtocol + entry.iProtocolMaxOffset)),
      ) ?? null
    );
  }

  /**
   * Gives a core its front and its handle, known to the dispatcher.
   *
   * @returns the front, or `null` with `lpErrno` set; the core is closed then
   */
  register(
    core: SocketCore,
    entry: WSAPROTOCOL_INFOW,
    family: number,
    type: number,
    protocol: number,
    overlapped: boolean,
    lpErrno: Ref<number>,
  ): FrontSocket | null {
    const socket = new FrontSocket(this.host, core, entry, family, type, protocol, overlapped);
    const proposed = this.ownHandles ? INVALID_SOCKET : this.host.allocateHandle();
    const handle = this.ownHandles
      ? this.upcalls.lpWPUCreateSocketHandle(this.entry.dwCatalogEntryId, socket, lpErrno)
      : this.upcalls.lpWPUModifyIFSHandle(entry.dwCatalogEntryId, proposed, lpErrno);
    if (handle === INVALID_SOCKET) {
      if (proposed !== INVALID_SOCKET) this.host.releaseHandle(proposed);
      core.abort();
      if (lpErrno.value === 0) lpErrno.value = WSAEPROTONOSUPPORT;
      return null;
    }
    socket.opened(handle);
    this.#sockets[handle >>> 2] = socket;
    return socket;
  }

  /** Forgets a socket; its handle goes back. */
  remove(socket: FrontSocket): void {
    this.#sockets[socket.handle >>> 2] = undefined;
    if (this.ownHandles) this.upcalls.lpWPUCloseSocketHandle(socket.handle, { value: 0 });
    else this.host.releaseHandle(socket.handle);
  }
}

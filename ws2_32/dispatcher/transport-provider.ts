import type { StartedProvider, WSAPROTOCOL_INFOW, WSPPROC_TABLE } from '../../spi/index.js';
import type { Layer } from './borders.js';
import type { TransferFrame } from './call-frame.js';

/** A transport provider that was started: for the dispatcher, or for the layer above it. */
export interface TransportProvider {
  /** `szProtocol` of the entry that it was started as. */
  readonly name: string;
  /** The entry that it was started as. */
  readonly entry: WSAPROTOCOL_INFOW;
  /** Its thirty functions, copied right after WSPStartup. */
  readonly procedures: WSPPROC_TABLE;
  /** What hooks are told of it. */
  readonly layer: Layer;
  /** Whether it is a base provider of this package. */
  readonly builtIn: boolean;
  /** What its sockets use to transfer data, if it is a base provider and one of them has; see `TransferFrame`. */
  frame: TransferFrame | null;
  /** The owner of its handles and events; another number for each start. */
  readonly number: number;
  /** The providers that it started below itself. */
  readonly below: LowerProvider[];
}

/** A provider that another one started, and owes a WSPCleanup. */
export interface LowerProvider {
  readonly provider: TransportProvider;
  cleanedUp: boolean;
  /** Its WSPCleanup, which does nothing a second time. */
  readonly cleanUp: WSPPROC_TABLE['lpWSPCleanup'];
}

/** The transport providers of an instance, as the functions of the API see them. */
export interface StartedProviders {
  /**
   * The provider of an entry, for the dispatcher; loaded and started at the first use, once per GUID.
   *
   * @returns the provider, or the WSA error that the call fails with
   */
  get(entry: WSAPROTOCOL_INFOW): TransportProvider | number;
  /** The providers that the dispatcher itself calls. */
  started(): Iterable<TransportProvider>;
  /** Starts the provider of an entry for the layer above; see `InstanceHost.startProvider`. */
  start(
    dwCatalogEntryId: number,
    lpProtocolInfo: WSAPROTOCOL_INFOW | null,
    above: TransportProvider | null,
  ): StartedProvider;
  /** The name of the provider that a function belongs to: a layer passes on those that it has none of its own for. */
  ownerOf(provider: TransportProvider, place: keyof WSPPROC_TABLE): string;
  /** Calls WSPCleanup of each provider that the dispatcher started, last started first. */
  cleanup(): void;
}

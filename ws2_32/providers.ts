import {
  LOBYTE,
  HIBYTE,
  WSAEINVALIDPROCTABLE,
  WSAEINVALIDPROVIDER,
  WSAEPROVIDERFAILEDINIT,
  WSPPROC_NAMES,
  winsockErrorName,
  type LPWSPSTARTUP,
  type StartedProvider,
  type WSAPROTOCOL_INFOW,
  type WSPDATA,
  type WSPPROC_TABLE,
  type WSPUPCALLTABLE,
} from '../spi/index.js';
import type { TransferFrame } from './call-frame.js';
import type { Dispatcher } from './dispatcher.js';
import type { ProviderLoader } from './provider-loader.js';

/** The version of the SPI that the dispatcher asks for: 2.2. */
const SPI_VERSION = 0x0202;

/** A transport provider that was started: for the dispatcher, or for the layer above it. */
export interface TransportProvider {
  /** `szProtocol` of the entry that it was started as. */
  readonly name: string;
  /** The entry that it was started as. */
  readonly entry: WSAPROTOCOL_INFOW;
  /** Its thirty functions, copied right after WSPStartup. */
  readonly procedures: WSPPROC_TABLE;
  /** What its sockets use to transfer data, if it is a base provider and one of them has; see `TransferFrame`. */
  frame: TransferFrame | null;
}

/** The transport providers of an instance (specification: WSPStartup, WSPCleanup). */
export class TransportProviders {
  // The providers that the dispatcher itself calls, by GUID.
  readonly #started = new Map<string, TransportProvider>();

  /**
   * @param loader finds the modules
   * @param createUpcalls makes the upcall table of a provider that is about to be started
   */
  constructor(
    private readonly dispatcher: Dispatcher,
    private readonly loader: ProviderLoader,
    private readonly createUpcalls: (provider: TransportProvider) => WSPUPCALLTABLE,
  ) {}

  /**
   * The provider of an entry, for the dispatcher; loaded and started at the first use, once per GUID.
   *
   * @returns the provider, or the WSA error that the call fails with
   */
  get(entry: WSAPROTOCOL_INFOW): TransportProvider | number {
    const id = entry.ProviderId.toUpperCase();
    const started = this.#started.get(id);
    if (started !== undefined) return started;
    const { error, provider } = this.#start(entry, entry);
    if (provider === null) return error;
    this.#started.set(id, provider);
    return provider;
  }

  /** The dispatcher's provider of this GUID, if it was started. */
  started(): Iterable<TransportProvider> {
    return this.#started.values();
  }

  /** Starts the provider of an entry for the layer above; see `InstanceHost.startProvider`. */
  start(dwCatalogEntryId: number, lpProtocolInfo: WSAPROTOCOL_INFOW | null): StartedProvider {
    const entry = this.dispatcher.catalog.entry(dwCatalogEntryId);
    if (entry === undefined) {
      this.#report(`there is no catalog entry ${dwCatalogEntryId} whose provider could be started`, null);
      return { error: WSAEINVALIDPROVIDER, entry: null, data: null, procedures: null };
    }
    const { error, provider, data } = this.#start(entry, lpProtocolInfo ?? entry);
    return { error, entry, data, procedures: provider?.procedures ?? null };
  }

  /** Calls WSPCleanup of each provider that the dispatcher started, last started first. */
  cleanup(): void {
    const providers = [...this.#started.values()].reverse();
    this.#started.clear();
    for (const provider of providers) {
      const frame = this.dispatcher.enter();
      const { lpWSPCleanup } = provider.procedures;
      try {
        this.dispatcher.leave(frame, provider, 'WSPCleanup', lpWSPCleanup(frame.errno));
      } catch (cause) {
        this.dispatcher.contain(frame, provider, 'WSPCleanup', cause);
      }
    }
  }

  #start(
    entry: WSAPROTOCOL_INFOW,
    lpProtocolInfo: WSAPROTOCOL_INFOW,
  ): { error: number; provider: TransportProvider | null; data: WSPDATA | null } {
    const failed = (error: number, what: string, cause?: unknown) => {
      this.#report(what, entry, cause);
      return { error, provider: null, data: null };
    };
    const problem = this.dispatcher.catalog.problemOf(entry.dwCatalogEntryId);
    if (problem !== null) return failed(problem.code, problem.message);

    const startup = this.#load(entry);
    if (startup === null) return { error: WSAEPROVIDERFAILEDINIT, provider: null, data: null };

    const table: Partial<WSPPROC_TABLE> = {};
    const procedures = {} as WSPPROC_TABLE;
    const provider: TransportProvider = { name: entry.szProtocol, entry, procedures, frame: null };
    const data: WSPDATA = { wVersion: 0, wHighVersion: 0, szDescription: '' };
    let code: number;
    try {
      code = startup(SPI_VERSION, data, lpProtocolInfo, this.createUpcalls(provider), table as WSPPROC_TABLE);
    } catch (cause) {
      return failed(WSAEPROVIDERFAILEDINIT, 'WSPStartup threw', cause);
    }
    if (code !== 0) {
      const reason = typeof code === 'number' ? winsockErrorName(code) : String(code);
      return failed(WSAEPROVIDERFAILEDINIT, `WSPStartup returned ${reason}`);
    }
    const missing = WSPPROC_NAMES.filter((name) => typeof table[name] !== 'function');
    if (missing.length > 0) {
      this.#takeBack(provider, table);
      return failed(WSAEINVALIDPROCTABLE, `its procedure table lacks ${missing.join(', ')}`);
    }
    if (data.wVersion !== SPI_VERSION) {
      this.#takeBack(provider, table);
      const version = `${LOBYTE(data.wVersion)}.${HIBYTE(data.wVersion)}`;
      return failed(WSAEINVALIDPROVIDER, `it wants version ${version} of the SPI, not 2.2`);
    }
    // Copied, because the provider may change its table later, for another caller of WSPStartup.
    Object.assign(procedures, Object.fromEntries(WSPPROC_NAMES.map((name) => [name, table[name]])));
    return { error: 0, provider, data };
  }

  #load(entry: WSAPROTOCOL_INFOW): LPWSPSTARTUP | null {
    const path = this.dispatcher.catalog.pathOfEntry(entry.dwCatalogEntryId);
    if (path === undefined) {
      this.#report('the catalog has no path for it', entry);
      return null;
    }
    let startup: unknown;
    try {
      startup = this.loader.load(path).WSPStartup;
    } catch (cause) {
      this.#report(`${path} could not be loaded`, entry, cause);
      return null;
    }
    if (typeof startup === 'function') return startup as LPWSPSTARTUP;
    this.#report(`${path} does not export WSPStartup`, entry);
    return null;
  }

  // The provider counts a WSPStartup that succeeded, so it is owed a WSPCleanup although it cannot be used.
  #takeBack(provider: TransportProvider, table: Partial<WSPPROC_TABLE>): void {
    const { lpWSPCleanup } = table;
    if (typeof lpWSPCleanup !== 'function') return;
    try {
      lpWSPCleanup({ value: 0 });
    } catch (cause) {
      this.#report('WSPCleanup threw', provider.entry, cause);
    }
  }

  #report(what: string, entry: WSAPROTOCOL_INFOW | null, cause?: unknown): void {
    const file = this.dispatcher.catalog.store.path ?? 'the catalog in memory';
    const message =
      entry === null
        ? what
        : `provider "${entry.szProtocol}" (entry ${entry.dwCatalogEntryId} of ${file}) failed to start: ${what}`;
    this.dispatcher.report({
      message,
      ...(entry === null ? {} : { provider: entry.szProtocol }),
      ...(cause === undefined ? {} : { cause }),
    });
  }
}

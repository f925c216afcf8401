import { ANSWERS_AT_ONCE, ignoreOutcome, isThenable, kindOf, shown } from '../../spi/answers.js';
import { cureOf } from '../../spi/layer-rules.js';
import {
  LOBYTE,
  HIBYTE,
  WSAEINVALIDPROCTABLE,
  SOCKET_ERROR,
  WSAEINVALIDPROVIDER,
  WSAEPROVIDERFAILEDINIT,
  WSANOTINITIALISED,
  WSPPROC_NAMES,
  winsockErrorName,
  type LPWSPSTARTUP,
  type StartedProvider,
  type WSAPROTOCOL_INFOW,
  type WSPDATA,
  type WSPPROC_TABLE,
  type WSPUPCALLTABLE,
} from '../../spi/index.js';
import {
  signatureTables,
  type Dispatcher,
  type LowerProvider,
  type StartedProviders,
  type TransportProvider,
} from '../dispatcher/index.js';
import { containProvider, functionOwner } from './containment.js';
import type { ProviderLoader } from './provider-loader.js';

/** The version of the SPI that the dispatcher asks for: 2.2. */
const SPI_VERSION = 0x0202;

/** The transport providers of an instance (specification: WSPStartup, WSPCleanup). */
export class TransportProviders implements StartedProviders {
  // The providers that the dispatcher itself calls, by GUID.
  readonly #started = new Map<string, TransportProvider>();
  // Numbers of owners; the first two are the instance's own and those without an entry.
  #starts = 1;

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
    const { error, provider } = this.#start(entry, entry, null);
    if (provider === null) return error;
    this.#started.set(id, provider);
    return provider;
  }

  /** The providers that the dispatcher itself started, in the order of their starts. */
  started(): Iterable<TransportProvider> {
    return this.#started.values();
  }

  /** Starts the provider of an entry for the layer above; see `InstanceHost.startProvider`. */
  start(
    dwCatalogEntryId: number,
    lpProtocolInfo: WSAPROTOCOL_INFOW | null,
    above: TransportProvider | null,
  ): StartedProvider {
    const entry = this.dispatcher.catalog.entry(dwCatalogEntryId);
    if (entry === undefined) {
      this.#report(`there is no catalog entry ${dwCatalogEntryId} whose provider could be started`, null);
      return { error: WSAEINVALIDPROVIDER, entry: null, data: null, procedures: null };
    }
    const { error, provider, data } = this.#start(entry, lpProtocolInfo ?? entry, above);
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
      this.#cleanUpBelow(provider, true);
    }
  }

  ownerOf(provider: TransportProvider, place: keyof WSPPROC_TABLE): string {
    return functionOwner(provider, place, this.dispatcher.borders).name;
  }

  /** Sees to it that a provider which another one started is cleaned up once, whatever becomes of the one above. */
  #entrust(provider: TransportProvider, above: TransportProvider): void {
    const { procedures } = provider;
    const { lpWSPCleanup } = procedures;
    const lower: LowerProvider = {
      provider,
      cleanedUp: false,
      cleanUp: (lpErrno) => {
        if (lower.cleanedUp) {
          lpErrno.value = WSANOTINITIALISED;
          return SOCKET_ERROR;
        }
        lower.cleanedUp = true;
        const result = lpWSPCleanup(lpErrno);
        this.#cleanUpBelow(provider, true);
        return result;
      },
    };
    above.below.push(lower);
    procedures.lpWSPCleanup = lower.cleanUp;
  }

  /**
   * Cleans up what a provider left below itself.
   *
   * @param reported whether that is a defect of its own; a start that failed was reported already
   */
  #cleanUpBelow(provider: TransportProvider, reported: boolean): void {
    for (const lower of provider.below.splice(0).reverse()) {
      if (lower.cleanedUp) continue;
      if (reported) {
        this.#tell(
          provider,
          `was not handed on to "${lower.provider.name}" below it, which was cleaned up all the same${cureOf('cleanupKept')}`,
        );
      }
      // Not by its table, which the layer above had in its hands.
      lower.cleanUp({ value: 0 });
    }
  }

  #tell({ name }: TransportProvider, what: string, cause?: unknown): void {
    const message = `WSPCleanup of provider "${name}" ${what}`;
    this.dispatcher.report({ message, provider: name, ...(cause === undefined ? {} : { cause }) });
  }

  /** @param above the layer that starts the provider below itself; `null` for the dispatcher */
  #start(
    entry: WSAPROTOCOL_INFOW,
    lpProtocolInfo: WSAPROTOCOL_INFOW,
    above: TransportProvider | null,
  ): { error: number; provider: TransportProvider | null; data: WSPDATA | null } {
    const failed = (error: number, what: string, cause?: unknown) => {
      this.#report(what, entry, cause);
      return { error, provider: null, data: null };
    };
    const problem = this.dispatcher.catalog.problemOf(entry.dwCatalogEntryId);
    if (problem !== null) return failed(problem.code, problem.message);

    const startup = this.#load(entry);
    if (startup === null) return { error: WSAEPROVIDERFAILEDINIT, provider: null, data: null };

    const { borders } = this.dispatcher;
    const table: Partial<WSPPROC_TABLE> = {};
    const procedures = {} as WSPPROC_TABLE;
    const provider: TransportProvider = {
      name: entry.szProtocol,
      entry,
      layer: { name: this.#nameOf(entry), depth: above === null ? 0 : above.layer.depth + 1, entry },
      procedures,
      builtIn: this.#isBuiltIn(entry),
      frame: null,
      number: ++this.#starts,
      below: [],
    };
    const data: WSPDATA = { wVersion: 0, wHighVersion: 0, szDescription: '' };
    const abandoned = (error: number, what: string, cause?: unknown) => {
      const failure = failed(error, what, cause);
      this.#cleanUpBelow(provider, false);
      return failure;
    };
    let code: unknown;
    try {
      code = startup(SPI_VERSION, data, lpProtocolInfo, this.createUpcalls(provider), table as WSPPROC_TABLE);
    } catch (cause) {
      return abandoned(WSAEPROVIDERFAILEDINIT, `WSPStartup threw${cureOf('startThrows')}`, cause);
    }
    if (isThenable(code)) {
      ignoreOutcome(code);
      return abandoned(WSAEPROVIDERFAILEDINIT, `WSPStartup returned a promise: ${ANSWERS_AT_ONCE}`);
    }
    if (code !== 0) {
      const reason = typeof code === 'number' ? (winsockErrorName(code) ?? String(code)) : kindOf(code);
      return abandoned(WSAEPROVIDERFAILEDINIT, `WSPStartup returned ${reason}`);
    }
    const taken: Partial<WSPPROC_TABLE> = {};
    let wVersion: unknown;
    try {
      // Copied, because the provider may change its table later, for another caller of WSPStartup; each member read once.
      for (const name of WSPPROC_NAMES) Object.assign(taken, { [name]: table[name] });
      ({ wVersion } = data);
    } catch (cause) {
      this.#takeBack(provider, taken);
      return abandoned(WSAEPROVIDERFAILEDINIT, 'what it filled in throws when it is read', cause);
    }
    const missing = WSPPROC_NAMES.filter((name) => typeof taken[name] !== 'function');
    if (missing.length > 0) {
      this.#takeBack(provider, taken);
      return abandoned(
        WSAEINVALIDPROCTABLE,
        `its procedure table lacks ${missing.join(', ')}${cureOf('startFillsTable')}`,
      );
    }
    if (wVersion !== SPI_VERSION) {
      this.#takeBack(provider, taken);
      const version = typeof wVersion === 'number' ? `${LOBYTE(wVersion)}.${HIBYTE(wVersion)}` : shown(wVersion);
      return abandoned(WSAEINVALIDPROVIDER, `it wants version ${version} of the SPI, not 2.2`);
    }
    Object.assign(procedures, Object.fromEntries(WSPPROC_NAMES.map((name) => [name, borders.unhooked(taken[name])])));
    // What the dispatcher calls itself, it contains itself; the base providers of this package leave nothing to
    // contain.
    if (above !== null && !provider.builtIn) containProvider(provider, this.dispatcher);
    if (above !== null) this.#entrust(provider, above);
    borders.add(
      'provider',
      procedures,
      () => signatureTables().WSP_SIGNATURES,
      (place) => functionOwner(provider, place as keyof WSPPROC_TABLE, borders).layer,
    );
    return { error: 0, provider, data };
  }

  /** The outermost layer of a chain is started by the chain's entry, and called as its own entry says. */
  #nameOf({ szProtocol, ProtocolChain: { ChainLen, ChainEntries } }: WSAPROTOCOL_INFOW): string {
    const own = ChainLen > 1 ? this.dispatcher.catalog.entry(ChainEntries[0]!) : undefined;
    return own?.szProtocol ?? szProtocol;
  }

  #isBuiltIn(entry: WSAPROTOCOL_INFOW): boolean {
    const path = this.dispatcher.catalog.pathOfEntry(entry.dwCatalogEntryId);
    return path === 'di:tcpip' || path === 'di:memory';
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
    this.#report(`${path} does not export WSPStartup${cureOf('exportsStartup')}`, entry);
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

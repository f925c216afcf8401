import { ANSWERS_AT_ONCE, ignoreOutcome, isThenable } from '../../spi/answers.js';
import type { CatalogNameSpace } from '../../catalog/index.js';
import {
  NSP_ROUTINE_NAMES,
  WSAEINVALIDPROCTABLE,
  WSAEPROVIDERFAILEDINIT,
  WSASYSCALLFAILURE,
  winsockErrorName,
  type GUID,
  type InstanceHost,
  type LPNSPSTARTUP,
  type NSP_ROUTINE,
} from '../../spi/index.js';
import type { Dispatcher } from '../dispatcher/dispatcher.js';
import type { ProviderLoader } from '../loading/provider-loader.js';

/** A name-space provider that was started. */
export interface NameSpaceProvider {
  /** `lpszIdentifier` of its entry. */
  readonly name: string;
  readonly id: GUID;
  /** Its routines, copied right after NSPStartup. */
  readonly routines: Readonly<NSP_ROUTINE>;
}

/** The name-space providers of an instance (specification: NSPStartup, NSPCleanup). */
export class NameSpaceProviders {
  readonly #started = new Map<GUID, NameSpaceProvider>();

  /**
   * @param loader finds the modules
   * @param host what the instance offers to them
   */
  constructor(
    private readonly dispatcher: Dispatcher,
    private readonly loader: ProviderLoader,
    private readonly host: InstanceHost,
  ) {}

  /**
   * The provider of a catalog entry; loaded and started at the first use, once per GUID.
   *
   * @returns the provider, or WSAEPROVIDERFAILEDINIT or WSAEINVALIDPROCTABLE, with the cause reported
   */
  get(item: CatalogNameSpace): NameSpaceProvider | number {
    const id = item.info.NSProviderId.toUpperCase();
    const started = this.#started.get(id) ?? this.#start(item, id);
    if (typeof started !== 'number') this.#started.set(id, started);
    return started;
  }

  /**
   * Calls a routine. What it throws, and a failure without an error, is a defect of the provider.
   *
   * @param name the routine's name, for the report
   * @returns 0 or the WSA error
   */
  call(provider: NameSpaceProvider, name: string, routine: () => number): number {
    this.dispatcher.lastError = 0;
    let result: unknown;
    try {
      result = routine();
    } catch (cause) {
      return this.defect(provider, `${name} threw`, cause);
    }
    if (isThenable(result)) {
      ignoreOutcome(result);
      return this.defect(provider, `${name} returned a promise: ${ANSWERS_AT_ONCE}`);
    }
    const error = this.dispatcher.lastError;
    if (result === 0) return 0;
    if (error >>> 0 === error && error !== 0) return error;
    return this.defect(provider, `${name} returned ${String(result)} and set the last error ${String(error)}`);
  }

  /** Reports a defect of a provider; returns WSASYSCALLFAILURE. */
  defect(provider: NameSpaceProvider, what: string, cause?: unknown): number {
    this.#report(`name-space provider "${provider.name}": ${what}`, provider.name, cause);
    return WSASYSCALLFAILURE;
  }

  /** Calls NSPCleanup of each provider that was started, last started first. */
  cleanup(): void {
    const providers = [...this.#started.values()].reverse();
    this.#started.clear();
    for (const provider of providers) {
      const { NSPCleanup } = provider.routines;
      this.call(provider, 'NSPCleanup', () => NSPCleanup(provider.id));
    }
  }

  #start(item: CatalogNameSpace, id: GUID): NameSpaceProvider | number {
    const name = item.info.lpszIdentifier ?? id;
    const failed = (error: number, what: string, cause?: unknown): number => {
      const file = this.dispatcher.catalog.store.path ?? 'the catalog in memory';
      this.#report(`name-space provider "${name}" (of ${file}) failed to start: ${what}`, name, cause);
      return error;
    };

    let startup: LPNSPSTARTUP | undefined;
    try {
      startup = this.loader.load(item.path).NSPStartup;
    } catch (cause) {
      return failed(WSAEPROVIDERFAILEDINIT, `${item.path} could not be loaded`, cause);
    }
    if (typeof startup !== 'function') return failed(WSAEPROVIDERFAILEDINIT, `${item.path} does not export NSPStartup`);

    const table: Partial<NSP_ROUTINE> = { cbSize: 0, dwMajorVersion: 0, dwMinorVersion: 0, host: this.host };
    this.dispatcher.lastError = 0;
    try {
      const result: unknown = startup(id, table as NSP_ROUTINE);
      if (isThenable(result)) {
        ignoreOutcome(result);
        return failed(WSAEPROVIDERFAILEDINIT, `NSPStartup returned a promise: ${ANSWERS_AT_ONCE}`);
      }
      if (result !== 0) {
        const { lastError } = this.dispatcher;
        const reason = lastError === 0 ? '' : `, ${winsockErrorName(lastError)}`;
        return failed(WSAEPROVIDERFAILEDINIT, `NSPStartup returned ${String(result)}${reason}`);
      }
    } catch (cause) {
      return failed(WSAEPROVIDERFAILEDINIT, 'NSPStartup threw', cause);
    }

    // Copied, because the provider may change its table later.
    const provider: NameSpaceProvider = { name, id, routines: { ...table } as NSP_ROUTINE };
    const missing = NSP_ROUTINE_NAMES.filter((routine) => typeof table[routine] !== 'function');
    if (missing.length === 0) return provider;
    // The provider counts an NSPStartup that succeeded, so it is owed an NSPCleanup although it cannot be used.
    const { NSPCleanup } = table;
    if (typeof NSPCleanup === 'function') this.call(provider, 'NSPCleanup', () => NSPCleanup(id));
    return failed(WSAEINVALIDPROCTABLE, `its routines lack ${missing.join(', ')}`);
  }

  #report(message: string, provider: string, cause?: unknown): void {
    this.dispatcher.report({ message, provider, ...(cause === undefined ? {} : { cause }) });
  }
}

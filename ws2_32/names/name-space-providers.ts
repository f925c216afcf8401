import { ANSWERS_AT_ONCE, ignoreOutcome, isThenable, shown } from '../../spi/answers.js';
import { isStructure } from '../../spi/arguments.js';
import type { CatalogNameSpace } from '../../catalog/index.js';
import {
  GUID,
  NSP_ROUTINE_NAMES,
  NSPV2_OPTIONAL_NAMES,
  NSPV2_REQUIRED_NAMES,
  WSAEINVAL,
  WSAEINVALIDPROCTABLE,
  WSAEINVALIDPROVIDER,
  WSAEPROVIDERFAILEDINIT,
  winsockErrorName,
  type InstanceHost,
  type LPNSPSTARTUP,
  type NSP_ROUTINE,
  type NSPV2_ROUTINE,
  type NSPV2_ROUTINES,
} from '../../spi/index.js';
import { NSP_SIGNATURES } from '../../spi/signatures/index.js';
import type { Dispatcher } from '../dispatcher/index.js';
import type { ProviderLoader } from '../loading/index.js';
import { AsyncCalls } from './async-calls.js';
import { Containment } from './containment.js';
import { NameSpaceProviderV1, type NameSpaceProvider } from './name-space-provider.js';
import { NameSpaceProviderV2 } from './name-space-provider-v2.js';

/** What a provider of version 2 has. */
type VersionTwo = NSPV2_ROUTINES & Pick<NSPV2_ROUTINE, 'directLookUps'>;

/** Says why a provider could not be started, and returns the error. */
type Failed = (error: number, what: string, cause?: unknown) => number;

/** The name-space providers of an instance (specification: NSPStartup, NSPCleanup; ws2spi.h: WSAAdvertiseProvider). */
export class NameSpaceProviders {
  readonly containment: Containment;
  readonly calls: AsyncCalls;
  readonly #started = new Map<GUID, NameSpaceProvider>();
  readonly #advertised = new Map<GUID, VersionTwo>();
  #changes = 0;
  #going: (provider: NameSpaceProvider) => void = () => undefined;

  /**
   * @param loader finds the modules
   * @param host what the instance offers to them
   */
  constructor(
    private readonly dispatcher: Dispatcher,
    private readonly loader: ProviderLoader,
    private readonly host: InstanceHost,
  ) {
    this.containment = new Containment(dispatcher);
    this.calls = new AsyncCalls(dispatcher, this.containment);
  }

  /**
   * The provider of a catalog entry; loaded and started at the first use, once per GUID. One that was advertised wins
   * over the module that the entry names.
   *
   * @returns the provider, or WSAEPROVIDERFAILEDINIT or WSAEINVALIDPROCTABLE, with the cause reported
   */
  get(item: CatalogNameSpace): NameSpaceProvider | number {
    const id = item.info.NSProviderId.toUpperCase();
    const started = this.#started.get(id) ?? this.#start(item, id);
    if (typeof started !== 'number') this.#started.set(id, started);
    return started;
  }

  /** How often providers have come or gone: what one of them said holds, at the longest, until it changes. */
  get changes(): number {
    return this.#changes;
  }

  /**
   * Makes routines of version 2 the provider of a catalog entry; see `WSAAdvertiseProvider`.
   *
   * @returns 0, WSAEINVAL or WSAEINVALIDPROVIDER
   */
  advertise(providerId: string, routines: Partial<NSPV2_ROUTINE>): number {
    const id = GUID.parse(providerId);
    const table = routinesOf(routines);
    if (id === null || table === null) return WSAEINVAL;
    const isListed = this.dispatcher.catalog.nameSpaces().some(({ info }) => info.NSProviderId.toUpperCase() === id);
    if (!isListed) return WSAEINVALIDPROVIDER;
    if (this.#advertised.has(id)) return WSAEINVAL;
    this.#finish(id);
    this.#changes++;
    this.#advertised.set(id, table);
    Reflect.set(routines, 'host', this.host);
    return 0;
  }

  /**
   * Takes an advertised provider back, and what is asked of it.
   *
   * @returns 0, or WSAEINVAL when it is not advertised
   */
  unadvertise(providerId: string): number {
    const id = GUID.parse(providerId);
    if (id === null || !this.#advertised.delete(id)) return WSAEINVAL;
    this.#finish(id);
    return 0;
  }

  /** Who is told that a provider is about to go, which tells no answer any more. */
  whenGoing(told: (provider: NameSpaceProvider) => void): void {
    this.#going = told;
  }

  /** Ends what is asked of a provider that was started, and lets it go: its entry has left the catalog. */
  letGo(id: GUID): void {
    this.#finish(id);
  }

  /** Tells each provider that was started that nothing more is asked, last started first. */
  finish(): void {
    for (const provider of [...this.#started.values()].reverse()) this.#end(provider);
  }

  /** Lets each provider that was started go, last started first, and forgets those that were advertised. */
  cleanup(): void {
    const providers = [...this.#started.values()].reverse();
    this.#changes++;
    this.#started.clear();
    this.#advertised.clear();
    for (const provider of providers) provider.cleanup();
  }

  #finish(id: GUID): void {
    const provider = this.#started.get(id);
    if (provider === undefined) return;
    this.#changes++;
    this.#started.delete(id);
    this.#end(provider);
    provider.cleanup();
  }

  #end(provider: NameSpaceProvider): void {
    this.#going(provider);
    provider.finish();
  }

  #start(item: CatalogNameSpace, id: GUID): NameSpaceProvider | number {
    const name = item.info.lpszIdentifier ?? id;
    const failed: Failed = (error, what, cause) => {
      const file = this.dispatcher.catalog.store.path ?? 'the catalog in memory';
      this.dispatcher.report({
        message: `name-space provider "${name}" (of ${file}) failed to start: ${what}`,
        provider: name,
        ...(cause === undefined ? {} : { cause }),
      });
      return error;
    };

    const advertised = this.#advertised.get(id);
    if (advertised !== undefined) return this.#startV2(name, id, advertised, failed);
    try {
      const module = this.loader.load(item.path);
      if (typeof module.NSPv2Startup === 'function') {
        const routines = routinesOf(module);
        if (routines !== null) return this.#startV2(name, id, routines, failed);
        return failed(
          WSAEINVALIDPROCTABLE,
          `it exports NSPv2Startup, but not all of ${NSPV2_REQUIRED_NAMES.join(', ')}`,
        );
      }
      if (typeof module.NSPStartup === 'function') return this.#startByTable(name, id, module.NSPStartup, failed);
    } catch (cause) {
      return failed(WSAEPROVIDERFAILEDINIT, `${item.path} could not be loaded`, cause);
    }
    return failed(WSAEPROVIDERFAILEDINIT, `${item.path} does not export NSPStartup`);
  }

  #startByTable(name: string, id: GUID, startup: LPNSPSTARTUP, failed: Failed): NameSpaceProvider | number {
    const table: Partial<NSP_ROUTINE & NSPV2_ROUTINE> = {
      cbSize: 0,
      dwMajorVersion: 0,
      dwMinorVersion: 0,
      host: this.host,
    };
    const { dispatcher } = this;
    const before = dispatcher.lastError;
    dispatcher.setLastError(0);
    try {
      const result: unknown = startup(id, table as NSP_ROUTINE);
      if (isThenable(result)) {
        ignoreOutcome(result);
        return failed(WSAEPROVIDERFAILEDINIT, `NSPStartup returned a promise: ${ANSWERS_AT_ONCE}`);
      }
      if (result !== 0) {
        const reason = dispatcher.lastError === 0 ? '' : `, ${winsockErrorName(dispatcher.lastError)}`;
        return failed(WSAEPROVIDERFAILEDINIT, `NSPStartup returned ${shown(result)}${reason}`);
      }
    } catch (cause) {
      return failed(WSAEPROVIDERFAILEDINIT, 'NSPStartup threw', cause);
    } finally {
      dispatcher.setLastError(before);
    }

    // Copied, because the provider may change its table later.
    const routines = routinesOf(table);
    if (routines !== null) return this.#startV2(name, id, routines, failed);
    const missing = NSP_ROUTINE_NAMES.filter((routine) => typeof table[routine] !== 'function');
    if (missing.length === 0) {
      return new NameSpaceProviderV1(name, id, table as NSP_ROUTINE, this.containment, this.host.thread);
    }
    // The provider counts an NSPStartup that succeeded, so it is owed an NSPCleanup although it cannot be used.
    const { NSPCleanup } = this.containment.contained({ name }, table, { NSPCleanup: NSP_SIGNATURES.NSPCleanup });
    if (typeof NSPCleanup === 'function') this.containment.call({ name }, 'NSPCleanup', () => NSPCleanup(id));
    return failed(WSAEINVALIDPROCTABLE, `its routines lack ${missing.join(', ')}`);
  }

  #startV2(name: string, id: GUID, routines: VersionTwo, failed: Failed): NameSpaceProvider | number {
    const provider = new NameSpaceProviderV2(name, id, routines, this.containment, this.calls, this.host.thread);
    const error = provider.start(this.host);
    return error === 0 ? provider : failed(WSAEPROVIDERFAILEDINIT, `NSPv2Startup failed, ${winsockErrorName(error)}`);
  }
}

// A copy of the routines of version 2, because their owner may change the table later; `null` when one is missing that
// must be there.
function routinesOf(table: Partial<NSPV2_ROUTINE>): VersionTwo | null {
  if (NSPV2_REQUIRED_NAMES.some((name) => typeof table[name] !== 'function')) return null;
  const names = [...NSPV2_REQUIRED_NAMES, ...NSPV2_OPTIONAL_NAMES].filter((name) => typeof table[name] === 'function');
  const routines = Object.fromEntries(names.map((name) => [name, table[name]])) as unknown as NSPV2_ROUTINES;
  const { directLookUps } = table;
  return isStructure(directLookUps) ? { ...routines, directLookUps } : routines;
}

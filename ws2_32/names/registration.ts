import {
  RNRSERVICE_DELETE,
  SOCKET_ERROR,
  WSA_E_CANCELLED,
  WSAEFAULT,
  WSAEINVAL,
  WSASERVICE_NOT_FOUND,
  type WSAQUERYSETW,
} from '../../spi/index.js';
import type { CatalogNameSpace } from '../../catalog/index.js';
import type { Dispatcher } from '../dispatcher/index.js';
import type { AnswerListener, AsyncCall } from './async-calls.js';
import { cloneQuerySet, copyRegistration, selectNameSpaces } from './lookup-restrictions.js';
import type { NameSpaceProviders } from './name-space-providers.js';

/**
 * Registers a service with one name-space provider after the other, or takes it back. It never waits; whoever can,
 * waits until `error` is there.
 */
export class Registration implements AnswerListener {
  /** 0 when a provider did it, or the last provider's error; `null` until it is over. */
  error: number | null = null;
  #next = 0;
  #isDone = false;
  #last = WSASERVICE_NOT_FOUND;
  #call: AsyncCall | null = null;

  /**
   * @param items the providers' entries
   * @param registration each provider gets a copy of its own
   */
  constructor(
    private readonly providers: NameSpaceProviders,
    private readonly items: readonly CatalogNameSpace[],
    private readonly registration: WSAQUERYSETW,
    private readonly operation: number,
    private readonly flags: number,
  ) {}

  /** Goes on as far as it can without waiting. */
  step(): void {
    while (this.#next < this.items.length) {
      const provider = this.providers.get(this.items[this.#next++]!);
      const answer =
        typeof provider === 'number'
          ? provider
          : provider.setService(cloneQuerySet(this.registration), this.operation, this.flags, this);
      if (typeof answer !== 'number') {
        this.#call = answer;
        return;
      }
      this.#take(answer);
    }
    this.error = this.#isDone ? 0 : this.#last;
  }

  /** Nobody waits any more; providers that were not asked yet are not. */
  abandon(): void {
    this.#call?.abandon();
    this.error ??= WSA_E_CANCELLED;
  }

  answered(error: number): void {
    if (this.error !== null) return;
    this.#call = null;
    this.#take(error);
    this.step();
  }

  #take(error: number): void {
    if (error === 0) this.#isDone = true;
    else this.#last = error;
  }
}

/** Registering services. */
export type RegistrationFunctions = ReturnType<typeof createRegistrationFunctions>;

/** Makes the functions that register services (specification: WSASetService). */
export function createRegistrationFunctions(dispatcher: Dispatcher, providers: NameSpaceProviders) {
  /**
   * Registers a service in every name space that it concerns, or takes it back (specification: WSASetService). It waits
   * for providers that take their time.
   *
   * @param lpqsRegInfo the service, with its addresses; `lpNSProviderId` names one provider, else `dwNameSpace` chooses
   *   them (NS_ALL: all). It is copied
   * @param essOperation RNRSERVICE_REGISTER, RNRSERVICE_DEREGISTER or RNRSERVICE_DELETE
   * @param dwControlFlags 0 or SERVICE_MULTIPLE
   * @returns 0 when a provider has done it; or SOCKET_ERROR with WSANOTINITIALISED, WSAEFAULT (bad pointers), WSAEINVAL
   *   (`dwSize` below 60, a malformed GUID, an unknown operation, or a provider that is not in the catalog),
   *   WSASERVICE_NOT_FOUND (no enabled provider for it), WSA_E_CANCELLED (the wait was interrupted), or what the last
   *   provider said: WSAEOPNOTSUPP, WSAEACCES, …
   */
  function WSASetService(lpqsRegInfo: WSAQUERYSETW, essOperation: number, dwControlFlags: number): number {
    if (!dispatcher.isStarted()) return SOCKET_ERROR;
    if (typeof essOperation !== 'number' || typeof dwControlFlags !== 'number') return dispatcher.fail(WSAEFAULT);
    const registration = copyRegistration(lpqsRegInfo);
    if (typeof registration === 'number') return dispatcher.fail(registration);
    if (!(essOperation >>> 0 === essOperation && essOperation <= RNRSERVICE_DELETE)) return dispatcher.fail(WSAEINVAL);
    const items = selectNameSpaces(dispatcher.catalog.nameSpaces(), registration);
    if (typeof items === 'number') return dispatcher.fail(items);
    const work = new Registration(providers, items, registration, essOperation, dwControlFlags >>> 0);
    work.step();
    if (work.error === null) {
      dispatcher.host.wait(() => work.error !== null, Infinity, 'no', 'WSASetService');
      work.abandon();
    }
    if (work.error !== 0) return dispatcher.fail(work.error!);
    dispatcher.lastError = 0;
    return 0;
  }

  return {
    WSASetService,
    /** As `WSASetService`; strings have one form here. */
    WSASetServiceA: WSASetService,
    /** As `WSASetService`. */
    WSASetServiceW: WSASetService,
  };
}

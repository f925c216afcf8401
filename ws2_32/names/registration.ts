import {
  RNRSERVICE_DELETE,
  SOCKET_ERROR,
  WSAEFAULT,
  WSAEINVAL,
  WSASERVICE_NOT_FOUND,
  type WSAQUERYSETW,
} from '../../spi/index.js';
import type { Dispatcher } from '../dispatcher/index.js';
import { cloneQuerySet, copyRegistration, choiceOf, selectNameSpaces } from './lookup-restrictions.js';
import type { NameSpaceProviders } from './name-space-providers.js';
import { carryOutRound, ProviderRound } from './provider-round.js';

/**
 * Registers a service with one name-space provider after the other, or takes it back.
 *
 * @param registration each provider gets a copy of its own; it also says which providers
 * @param operation RNRSERVICE_*
 * @param flags 0 or SERVICE_MULTIPLE
 * @returns the round, not begun; or WSAEINVAL when the provider that is named is not in the catalog
 */
export function registrationRound(
  dispatcher: Dispatcher,
  providers: NameSpaceProviders,
  registration: WSAQUERYSETW,
  operation: number,
  flags: number,
): ProviderRound | number {
  const items = selectNameSpaces(dispatcher.catalog.nameSpaces(), choiceOf(registration));
  if (typeof items === 'number') return items;
  return new ProviderRound(
    providers,
    items,
    (provider, listener) => provider.setService(cloneQuerySet(registration), operation, flags, listener),
    WSASERVICE_NOT_FOUND,
  );
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
   *   provider said that registers services at all: WSAEACCES, …; WSAEOPNOTSUPP when none does
   */
  function WSASetService(lpqsRegInfo: WSAQUERYSETW, essOperation: number, dwControlFlags: number): number {
    if (!dispatcher.isStarted()) return SOCKET_ERROR;
    if (typeof essOperation !== 'number' || typeof dwControlFlags !== 'number') return dispatcher.fail(WSAEFAULT);
    const registration = copyRegistration(lpqsRegInfo);
    if (typeof registration === 'number') return dispatcher.fail(registration);
    if (!(essOperation >>> 0 === essOperation && essOperation <= RNRSERVICE_DELETE)) return dispatcher.fail(WSAEINVAL);
    const round = registrationRound(dispatcher, providers, registration, essOperation, dwControlFlags >>> 0);
    if (typeof round === 'number') return dispatcher.fail(round);
    const error = carryOutRound(dispatcher, round, 'WSASetService');
    if (error !== 0) return dispatcher.fail(error);
    dispatcher.setLastError(0);
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

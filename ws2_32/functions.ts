// The areas of the API, one after the other.
import type { CatalogFunctions, LayerTrial, NameSpaceCatalogContext } from '../catalog/functions.js';
import { createCatalog32Functions, type Catalog32Functions } from '../catalog/instance.js';
import {
  createAddressFunctions,
  createAddressTextFunctions,
  createBlockingHookFunctions,
  createByteOrderFunctions,
  createConnectionFunctions,
  createEnumerationFunctions,
  createEnumProtocolsFunctions,
  createEventFunctions,
  createExtensionFunctions,
  createOptionFunctions,
  createOverlappedFunctions,
  createPortReservationFunctions,
  createQosFunctions,
  createReceiveExFunctions,
  createSelectFunctions,
  createReceiveFunctions,
  createSendFunctions,
  createSocketFunctions,
  createStartupFunctions,
  type AddressFunctions,
  type AddressTextFunctions,
  type BlockingHookFunctions,
  type ByteOrderFunctions,
  type ConnectionFunctions,
  type EnumerationFunctions,
  type EnumProtocolsFunctions,
  type EventFunctions,
  type ExtensionFunctions,
  type OptionFunctions,
  type OverlappedFunctions,
  type PortReservationContext,
  type PortReservationFunctions,
  type QosFunctions,
  type ReceiveExFunctions,
  type SelectFunctions,
  type ReceiveFunctions,
  type SendFunctions,
  type SocketFunctions,
  type StartupFunctions,
} from './api/index.js';
import { createCatalogFunctionsOnDemand } from './catalog-functions.js';
import type { ConfigurationChanges, Dispatcher } from './dispatcher/index.js';
import type { NameResolutionFunctions } from './names/index.js';

/** Every function of the API, one area of the specification after the other. A further area is added here and in `createFunctions`. */
export interface Ws2_32Functions
  extends
    StartupFunctions,
    SocketFunctions,
    ConnectionFunctions,
    SendFunctions,
    ReceiveFunctions,
    ReceiveExFunctions,
    SelectFunctions,
    EventFunctions,
    OverlappedFunctions,
    OptionFunctions,
    ExtensionFunctions,
    PortReservationFunctions,
    QosFunctions,
    EnumerationFunctions,
    EnumProtocolsFunctions,
    AddressFunctions,
    AddressTextFunctions,
    NameResolutionFunctions,
    BlockingHookFunctions,
    ByteOrderFunctions,
    CatalogFunctions,
    Catalog32Functions {
  /** As `WSAEnumNameSpaceProviders` (ws2spi.h: WSCEnumNameSpaceProviders32). */
  readonly WSCEnumNameSpaceProviders32: NameResolutionFunctions['WSAEnumNameSpaceProviders'];
  /** As `WSAEnumNameSpaceProvidersEx` (ws2spi.h: WSCEnumNameSpaceProvidersEx32). */
  readonly WSCEnumNameSpaceProvidersEx32: NameResolutionFunctions['WSAEnumNameSpaceProvidersEx'];
}

/** Makes the functions of an instance. The areas of the API: a line each, and one in `Ws2_32Functions`. */
export function createFunctions(
  dispatcher: Dispatcher,
  told: Pick<NameSpaceCatalogContext, 'report' | 'distrust'>,
  trial: LayerTrial,
  changes: ConfigurationChanges,
  names: NameResolutionFunctions,
  ports: PortReservationContext,
): Ws2_32Functions {
  const { store } = dispatcher.catalog;
  const catalogContext: NameSpaceCatalogContext = {
    ...told,
    store,
    // The store itself tells of changes, also of those that another instance with the same store makes.
    changed: (): void => undefined,
    transient: () => dispatcher.catalog.transient(),
    setLastError(error: number): void {
      dispatcher.setLastError(error);
    },
  };
  const catalogFunctions = createCatalogFunctionsOnDemand(catalogContext, trial);
  return {
    ...createStartupFunctions(dispatcher),
    ...createSocketFunctions(dispatcher),
    ...createConnectionFunctions(dispatcher),
    ...createSendFunctions(dispatcher),
    ...createReceiveFunctions(dispatcher),
    ...createReceiveExFunctions(dispatcher),
    ...createSelectFunctions(dispatcher),
    ...createEventFunctions(dispatcher),
    ...createOverlappedFunctions(dispatcher),
    ...createOptionFunctions(dispatcher),
    ...createExtensionFunctions(dispatcher),
    ...createPortReservationFunctions(ports),
    ...createQosFunctions(dispatcher),
    ...createEnumerationFunctions(dispatcher, changes),
    ...createEnumProtocolsFunctions(dispatcher),
    ...createAddressFunctions(dispatcher),
    ...createAddressTextFunctions(dispatcher),
    ...names,
    ...createBlockingHookFunctions(dispatcher),
    ...createByteOrderFunctions(dispatcher),
    ...catalogFunctions,
    ...createCatalog32Functions(catalogFunctions),
    WSCEnumNameSpaceProviders32: names.WSAEnumNameSpaceProviders,
    WSCEnumNameSpaceProvidersEx32: names.WSAEnumNameSpaceProvidersEx,
  };
}

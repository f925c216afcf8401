// The functions that a 64-bit process of Windows has for the catalog of 32-bit processes. Here is one catalog: they are
// the same functions by another name.
import type { CategoryFunctions } from './wsc-categories.js';
import type { NameSpaceCatalogFunctions } from './wsc-namespace.js';
import type { TransportCatalogFunctions } from './wsc-transport.js';

type By32<Functions, Names extends keyof Functions & string> = {
  readonly [Name in Names as `${Name}32`]: Functions[Name];
};

/** The functions for the 32-bit catalog (ws2spi.h, sporder.h): each does what the one without `32` does. */
export interface Catalog32Functions
  extends
    By32<
      TransportCatalogFunctions,
      'WSCEnumProtocols' | 'WSCDeinstallProvider' | 'WSCUpdateProvider' | 'WSCWriteProviderOrder' | 'WSCGetProviderPath'
    >,
    By32<CategoryFunctions, 'WSCSetProviderInfo' | 'WSCGetProviderInfo'>,
    By32<
      NameSpaceCatalogFunctions,
      | 'WSCInstallNameSpace'
      | 'WSCInstallNameSpaceEx'
      | 'WSCUnInstallNameSpace'
      | 'WSCEnableNSProvider'
      | 'WSCWriteNameSpaceOrder'
    > {
  /**
   * As `WSCInstallProvider` (ws2spi.h: WSCInstallProvider64_32, for both catalogs, until Windows Vista).
   *
   * @returns 0, or SOCKET_ERROR
   */
  readonly WSCInstallProvider64_32: TransportCatalogFunctions['WSCInstallProvider'];
}

type Native = TransportCatalogFunctions & CategoryFunctions & NameSpaceCatalogFunctions;

/**
 * Gives the functions for the 32-bit catalog.
 *
 * @param native those without `32`
 */
export function createCatalog32Functions(native: Native): Catalog32Functions {
  return {
    WSCEnumProtocols32: native.WSCEnumProtocols,
    WSCDeinstallProvider32: native.WSCDeinstallProvider,
    WSCUpdateProvider32: native.WSCUpdateProvider,
    WSCWriteProviderOrder32: native.WSCWriteProviderOrder,
    WSCGetProviderPath32: native.WSCGetProviderPath,
    WSCSetProviderInfo32: native.WSCSetProviderInfo,
    WSCGetProviderInfo32: native.WSCGetProviderInfo,
    WSCInstallNameSpace32: native.WSCInstallNameSpace,
    WSCInstallNameSpaceEx32: native.WSCInstallNameSpaceEx,
    WSCUnInstallNameSpace32: native.WSCUnInstallNameSpace,
    WSCEnableNSProvider32: native.WSCEnableNSProvider,
    WSCWriteNameSpaceOrder32: native.WSCWriteNameSpaceOrder,
    WSCInstallProvider64_32: native.WSCInstallProvider,
  };
}

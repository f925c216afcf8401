// How a base provider is started.
import {
  LOBYTE,
  MAKEWORD,
  WSAEFAULT,
  WSASYSNOTREADY,
  WSAVERNOTSUPPORTED,
  type InstanceHost,
  type LPWSPSTARTUP,
} from '../spi/index.js';
import type { CoreFactory } from './core/index.js';
import { createTransportProvider } from './provider.js';
import type { SocketTable } from './socket/index.js';

const VERSION = MAKEWORD(2, 2);

/**
 * Makes the `WSPStartup` of a base provider: negotiates the version, and fills the table with the front's functions.
 *
 * @param description what the provider says of itself in WSPDATA
 * @param createCores makes the factory of cores for one instance; when it throws, WSASYSNOTREADY is returned, and the
 *   cause reported
 */
export function baseProviderStartup(
  description: string,
  createCores: (host: InstanceHost) => CoreFactory,
): LPWSPSTARTUP {
  // By instance, for a module may serve several.
  const tables = new WeakMap<object, SocketTable[]>();
  return (wVersionRequested, lpWSPData, lpProtocolInfo, UpcallTable, lpProcTable) => {
    if (!lpWSPData || !lpProtocolInfo || !UpcallTable || !lpProcTable) return WSAEFAULT;
    if (LOBYTE(wVersionRequested) < 2) return WSAVERNOTSUPPORTED;
    let factory: CoreFactory;
    try {
      factory = createCores(UpcallTable.host);
    } catch (cause) {
      UpcallTable.host.report({
        message: `${description} cannot be used here`,
        cause,
        provider: lpProtocolInfo.szProtocol,
      });
      return WSASYSNOTREADY;
    }
    const instance = UpcallTable.host.sockets;
    const siblings = tables.get(instance) ?? [];
    tables.set(instance, siblings);
    Object.assign(
      lpProcTable,
      createTransportProvider({ upcalls: UpcallTable, entry: lpProtocolInfo, factory, siblings }),
    );
    lpWSPData.wVersion = VERSION;
    lpWSPData.wHighVersion = VERSION;
    lpWSPData.szDescription = description;
    return 0;
  };
}

import { fillStructure, isScalar } from '../../spi/arguments.js';
import {
  HIBYTE,
  LOBYTE,
  MAKEWORD,
  WINSOCK_VERSION,
  WSAEFAULT,
  WSAEINPROGRESS,
  WSANOTINITIALISED,
  WSASYSNOTREADY,
  WSAVERNOTSUPPORTED,
  type WSADATA,
} from '../../spi/index.js';
import type { Dispatcher } from '../dispatcher/index.js';

// What a version 1.1 application may read; version 2 gives no such limits.
const MAX_SOCKETS = 32767;
const MAX_UDP_DATAGRAM = 65467;

/** Starting and ending the use of an instance, and the thread's last error. */
export type StartupFunctions = ReturnType<typeof createStartupFunctions>;

/** Makes the functions that start and end the use of an instance (specification: WSAStartup, WSACleanup). */
export function createStartupFunctions(dispatcher: Dispatcher) {
  return {
    /**
     * Begins the use of WinSock, negotiates its version and sees the catalog as it is now (specification: WSAStartup).
     *
     * @param wVersionRequested the highest version that the caller can use, major version in the low byte: 0x0101 to
     *   0x0202; a higher one gets 2.2
     * @param lpWSAData filled with the version to use and a description; `{}` will do
     * @returns 0, or the error itself: WSAVERNOTSUPPORTED for a version below 1.0 (`lpWSAData` is filled all the same),
     *   WSAEFAULT when `lpWSAData` is not an object that can be written, WSASYSNOTREADY when the catalog is unusable or the
     *   instance was disposed of, WSAEINPROGRESS in a blocking hook
     */
    WSAStartup(wVersionRequested: number, lpWSAData: Partial<WSADATA> | null): number {
      if (dispatcher.refusal === WSAEINPROGRESS) return WSAEINPROGRESS;
      const version = isScalar(wVersionRequested) ? negotiate(wVersionRequested & 0xffff) : null;
      const refused = (error: number): number => {
        if (dispatcher.startups === 0) dispatcher.setLastError(WSANOTINITIALISED);
        return error;
      };
      const isTold = fillStructure(lpWSAData, dataOf(version ?? WINSOCK_VERSION));
      if (version === null) return refused(WSAVERNOTSUPPORTED);
      if (!isTold) return refused(WSAEFAULT);

      if (dispatcher.disposed) return refused(WSASYSNOTREADY);
      if (dispatcher.catalog.refresh() !== 0) {
        const { problem } = dispatcher.catalog;
        dispatcher.report({ message: problem?.message ?? 'the catalog is unusable', cause: problem ?? undefined });
        // An instance that runs keeps the catalog that it has.
        if (dispatcher.startups === 0) return refused(WSASYSNOTREADY);
      }
      dispatcher.catalog.settlePermitted();
      dispatcher.startUp(MAKEWORD(HIBYTE(version), LOBYTE(version)));
      dispatcher.setLastError(0);
      return 0;
    },

    /**
     * Takes one WSAStartup back; the last one destroys all sockets, without grace, and lets the providers go
     * (specification: WSACleanup). The instance can be started again.
     *
     * @returns 0, or SOCKET_ERROR with WSANOTINITIALISED when there is no WSAStartup to take back, WSAEINPROGRESS in a
     *   blocking hook
     */
    WSACleanup(): number {
      if (!dispatcher.isStarted()) return -1;
      dispatcher.cleanUp();
      dispatcher.setLastError(0);
      return 0;
    },

    /**
     * Tells why the thread's last call failed, and leaves it at that (specification: WSAGetLastError).
     *
     * @returns a WSA error code; 0 after a success. Works before WSAStartup too
     */
    WSAGetLastError(): number {
      return dispatcher.lastError;
    },

    /**
     * Sets what `WSAGetLastError` tells (specification: WSASetLastError). Works before WSAStartup too.
     *
     * @param iError any number; what is none counts as 0
     */
    WSASetLastError(iError: number): void {
      dispatcher.setLastError(typeof iError === 'number' ? iError | 0 : 0);
    },
  };
}

// The chart of the specification, for a DLL that supports 1.0, 1.1, 2.0, 2.1 and 2.2; `null` for what is below.
function negotiate(requested: number): number | null {
  const major = LOBYTE(requested);
  if (major === 0) return null;
  if (major === 1) return MAKEWORD(1, Math.min(HIBYTE(requested), 1));
  return major === 2 ? MAKEWORD(2, Math.min(HIBYTE(requested), 2)) : WINSOCK_VERSION;
}

function dataOf(version: number): WSADATA {
  const limits = LOBYTE(version) < 2;
  return {
    wVersion: version,
    wHighVersion: WINSOCK_VERSION,
    szDescription: 'ws2spi WinSock 2.2',
    szSystemStatus: 'Running',
    iMaxSockets: limits ? MAX_SOCKETS : 0,
    iMaxUdpDg: limits ? MAX_UDP_DATAGRAM : 0,
    lpVendorInfo: null,
  };
}

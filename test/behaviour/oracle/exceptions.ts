// Where Wine is known to differ from Windows, and this project goes with Windows. "measured" is the table of Windows'
// measured behaviour, by its numbers; "specification" is that of Windows Sockets 2, by its sections; "calling
// conventions" are this project's.
import { CONNECTIONS } from './exceptions/connections.js';
import { OPTIONS } from './exceptions/options.js';
import { RESOLUTION } from './exceptions/resolution.js';
import { TRANSFERS } from './exceptions/transfers.js';

/** Why some lines of traces are others here. */
export interface Reason {
  readonly because: string;
  /** Only on this base provider; on both if absent. */
  readonly base?: 'memory' | 'tcpip';
  /**
   * A line with the scenario's group and title, then its calls, further in: `call = what Wine gives → what is given
   * here`, in the words of the traces.
   */
  readonly lines: string;
}

/** Functions that set the last error to 0 when they succeed, where Wine leaves it alone. */
export const LAST_ERROR_AFTER_SUCCESS: Readonly<Record<string, string>> = {
  WSAStartup: 'calling conventions, "Errors"',
  WSACleanup: 'calling conventions, "Errors"',
  connect: 'calling conventions, "Errors"',
  WSAConnect: 'calling conventions, "Errors"',
  accept: 'calling conventions, "Errors"',
  closesocket: 'calling conventions, "Errors"',
  WSADuplicateSocketA: 'calling conventions, "Errors"',
  WSAEnumProtocolsA: 'calling conventions, "Errors"',
  getsockopt: 'measured 3.1',
  setsockopt: 'measured 3.1',
  WSACloseEvent: 'calling conventions, "Errors"',
  WSASetEvent: 'calling conventions, "Errors"',
  WSAResetEvent: 'calling conventions, "Errors"',
  WSAWaitForMultipleEvents: 'calling conventions, "Errors"',
  WSAAddressToStringA: 'calling conventions, "Errors"',
  WSAStringToAddressA: 'calling conventions, "Errors"',
  getnameinfo: 'calling conventions, "Errors"',
  WSAAsyncGetServByName: 'calling conventions, "Errors"',
  WSAAsyncGetServByPort: 'calling conventions, "Errors"',
  WSAAsyncGetProtoByName: 'calling conventions, "Errors"',
  WSAAsyncGetProtoByNumber: 'calling conventions, "Errors"',
  WSAAsyncGetHostByName: 'calling conventions, "Errors"',
};

/** Lines where Windows, and this project, do not do as Wine does. */
export const WINE_DIFFERS: readonly Reason[] = [...CONNECTIONS, ...TRANSFERS, ...OPTIONS, ...RESOLUTION];

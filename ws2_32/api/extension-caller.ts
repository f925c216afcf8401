// Finding and calling the extension functions of providers.
import { isThenable } from '../../spi/answers.js';
import {
  SIO_GET_EXTENSION_FUNCTION_POINTER,
  WSA_IO_PENDING,
  WSAEINVAL,
  WSAID_ACCEPTEX,
  WSAID_CONNECTEX,
  WSAID_DISCONNECTEX,
  WSAID_GETACCEPTEXSOCKADDRS,
  WSAID_TRANSMITFILE,
  WSAID_TRANSMITPACKETS,
  WSAID_WSAPOLL,
  WSAID_WSARECVMSG,
  WSAID_WSASENDMSG,
  type ExtensionRoutes,
  type GUID,
  type Ref,
  type WSAOVERLAPPED,
} from '../../spi/index.js';
import type { Dispatcher, SocketRecord, TransportProvider } from '../dispatcher/index.js';

type ExtensionFunction = (...args: never[]) => unknown;

/**
 * The names of the API's extension functions. Programs are given those: they find their provider by the socket of each
 * call.
 */
export const EXTENSION_NAMES: ReadonlyMap<GUID, string> = new Map([
  [WSAID_ACCEPTEX, 'AcceptEx'],
  [WSAID_GETACCEPTEXSOCKADDRS, 'GetAcceptExSockaddrs'],
  [WSAID_CONNECTEX, 'ConnectEx'],
  [WSAID_DISCONNECTEX, 'DisconnectEx'],
  [WSAID_TRANSMITFILE, 'TransmitFile'],
  [WSAID_TRANSMITPACKETS, 'TransmitPackets'],
  [WSAID_WSARECVMSG, 'WSARecvMsg'],
  [WSAID_WSASENDMSG, 'WSASendMsg'],
  [WSAID_WSAPOLL, 'WSAPoll'],
]);

/** The functions that routes lead through. */
const SLOTS = { connect: 'lpWSPConnect', send: 'lpWSPSend', receive: 'lpWSPRecv' } as const;

/** Finds the extension functions of providers, and calls them. They set the last error themselves. */
export class ExtensionCaller {
  readonly #routes = new WeakMap<TransportProvider, ExtensionRoutes>();
  // What a provider gave once it gives for good.
  readonly #found = new WeakMap<TransportProvider, Map<GUID, ExtensionFunction>>();

  constructor(private readonly dispatcher: Dispatcher) {}

  /** The function of a socket's provider; `null` after setting the error by which the provider refused it. */
  find<F extends ExtensionFunction>(record: SocketRecord, guid: GUID): F | null {
    const { provider } = record;
    let functions = this.#found.get(provider);
    if (functions === undefined) this.#found.set(provider, (functions = new Map<GUID, ExtensionFunction>()));
    const known = functions.get(guid);
    if (known !== undefined) return known as F;
    const asked = this.#ask(record, guid);
    if (asked !== null) functions.set(guid, asked);
    return asked as F | null;
  }

  #ask({ provider, handle }: SocketRecord, guid: GUID): ExtensionFunction | null {
    const { dispatcher } = this;
    const { lpWSPIoctl } = provider.procedures;
    const output: Ref<unknown> = { value: null };
    const { thread } = dispatcher.host;
    const frame = dispatcher.enter();
    const { errno } = frame;
    const bytes: Ref<number> = { value: 0 };
    const code = SIO_GET_EXTENSION_FUNCTION_POINTER;
    try {
      const result = lpWSPIoctl(handle, code, guid, 16, output, 4, bytes, null, null, thread, errno);
      if (dispatcher.leave(frame, provider, 'WSPIoctl', result, handle) !== 0) return null;
    } catch (cause) {
      dispatcher.contain(frame, provider, 'WSPIoctl', cause, handle);
      return null;
    }
    if (typeof output.value === 'function') return output.value as ExtensionFunction;
    dispatcher.setLastError(WSAEINVAL);
    return null;
  }

  /** The functions of a socket's chain, given along so that an extension function does not pass its layers by. */
  routes({ provider }: SocketRecord): ExtensionRoutes {
    const { lpWSPConnect, lpWSPSend, lpWSPRecv } = provider.procedures;
    const known = this.#routes.get(provider);
    // Hooks change the functions of a provider that is in use.
    if (known?.connect === lpWSPConnect && known.send === lpWSPSend && known.receive === lpWSPRecv) return known;
    const routes: ExtensionRoutes = {
      connect: lpWSPConnect,
      send: lpWSPSend,
      receive: lpWSPRecv,
      ownerOf: (route) => this.dispatcher.providers.ownerOf(provider, SLOTS[route]),
    };
    this.#routes.set(provider, routes);
    return routes;
  }

  /**
   * Calls an extension function of a socket's provider; `failure` when there is none, or it throws.
   *
   * @param overlapped the operation's state, if it is overlapped
   * @param limit how many bytes it can transfer at most
   */
  call<F extends ExtensionFunction, R>(
    record: SocketRecord,
    guid: GUID,
    name: string,
    failure: R,
    use: (extension: F) => R,
    overlapped: WSAOVERLAPPED | null = null,
    limit = Number.MAX_SAFE_INTEGER,
  ): R {
    const extension = this.find<F>(record, guid);
    if (extension === null) return failure;
    const { provider, handle } = record;
    const frame = this.dispatcher.enter();
    const operation = this.dispatcher.handed.handOver(provider, overlapped, limit);
    try {
      const result = use(extension);
      const failed = result === false || result === -1;
      if (operation !== null && failed && this.dispatcher.lastError !== WSA_IO_PENDING) operation.over = true;
      if (isThenable(result)) {
        this.dispatcher.leaveBoolean(frame, provider, name, result as never, handle);
        return failure;
      }
      // Nothing is left but the depth: the last error is the extension's.
      const error = this.dispatcher.lastError;
      this.dispatcher.leave(frame, provider, name, 0, handle);
      this.dispatcher.setLastError(error);
      return result;
    } catch (cause) {
      if (operation !== null) operation.over = true;
      this.dispatcher.contain(frame, provider, name, cause, handle);
      return failure;
    }
  }
}

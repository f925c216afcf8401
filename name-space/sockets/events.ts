import {
  FROM_PROTOCOL_INFO,
  INVALID_SOCKET,
  ref,
  type DispatcherSockets,
  type InstanceHost,
  type SOCKET,
  type WSAEVENT,
  type WSANETWORKEVENTS,
  type WSAPROTOCOL_INFOW,
} from '../../spi/index.js';
import type { Blame } from '../blame.js';

/** What the sockets of one use of a name space have in common. */
export interface SocketContext {
  readonly host: InstanceHost;
  readonly blame: Blame;
  /** The sockets that are open, to be closed at the end. */
  readonly open: Set<EventSocket>;
}

/**
 * A socket of the dispatcher that tells its network events, in the providers' phase of a turn: so it goes on during
 * blocking calls of the application, keeps no process alive, and passes every layer and filter that there is.
 */
export abstract class EventSocket {
  #handle: SOCKET = INVALID_SOCKET;
  #event: WSAEVENT | null = null;
  readonly #events: Partial<WSANETWORKEVENTS> = {};
  #isClosed = false;

  constructor(protected readonly context: SocketContext) {
    context.open.add(this);
  }

  /** The socket's handle, for functions of `session.host.sockets`; INVALID_SOCKET when it could not be opened. */
  get handle(): SOCKET {
    return this.#handle;
  }

  /** Whether it is closed: by you, by an error, or because the instance does not use the name space any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Opens the socket.
   *
   * @param entry the catalog's entry; `undefined` for the first that fits
   * @returns 0 or a WSA error
   */
  protected open(
    family: number,
    type: number,
    entry: WSAPROTOCOL_INFOW | undefined,
    flags: number,
    events: number,
  ): number {
    const { host } = this.context;
    return this.calling((sockets) => {
      this.#handle =
        entry === undefined
          ? sockets.WSASocket(family, type, 0, null, 0, flags)
          : sockets.WSASocket(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, entry, 0, flags);
      if (this.#handle === INVALID_SOCKET) return host.lastError();
      const event = host.createEvent();
      this.#event = event;
      if (sockets.WSAEventSelect(this.#handle, event, events) !== 0) return host.lastError();
      host.onEvent(event, () => this.#happened());
      return 0;
    });
  }

  /** Calls functions of the dispatcher; the application's last error is afterwards what it was. */
  protected calling<T>(call: (sockets: DispatcherSockets) => T): T {
    const { host } = this.context;
    const before = host.lastError();
    try {
      return call(host.sockets);
    } finally {
      host.setLastError(before);
    }
  }

  /** Calls a function that returns 0 or SOCKET_ERROR; returns 0 or the error. */
  protected code(call: (sockets: DispatcherSockets, s: SOCKET) => number): number {
    return this.calling((sockets) => (call(sockets, this.#handle) === 0 ? 0 : this.context.host.lastError()));
  }

  /** Closes the socket, and tells its owner why once the function that opens it has returned. */
  protected failLater(error: number): void {
    this.close();
    const { host, open } = this.context;
    // Still in the set: what was not told when the use ends is not told any more.
    open.add(this);
    host.defer({
      queued: false,
      run: () => {
        if (open.delete(this)) this.failed(error);
      },
    });
  }

  /** Told why the socket was closed. */
  protected abstract failed(error: number): void;

  /** Told of network events; `errors` by the bits' indexes. */
  protected abstract happened(events: number, errors: readonly number[]): void;

  /** The local name, as `getsockname` tells it; `null` while there is none. */
  get name(): Uint8Array | null {
    const name = new Uint8Array(128);
    const length = ref(name.length);
    return this.code((sockets, s) => sockets.getsockname(s, name, length)) === 0 ? name.slice(0, length.value) : null;
  }

  /**
   * Sets an option.
   *
   * @param value a number of 32 bits, or the option's bytes
   * @returns 0 or the WSA error
   */
  setOption(level: number, optname: number, value: number | Uint8Array): number {
    const bytes = typeof value === 'number' ? new Uint8Array(Uint32Array.of(value).buffer) : value;
    return this.code((sockets, s) => sockets.setsockopt(s, level, optname, bytes, bytes.length));
  }

  /** Closes the socket; nothing more is told. */
  close(): void {
    this.context.open.delete(this);
    if (this.#isClosed) return;
    this.#isClosed = true;
    const { host } = this.context;
    if (this.#event !== null) host.onEvent(this.#event, null);
    if (this.#handle !== INVALID_SOCKET) this.code((sockets, s) => sockets.closesocket(s));
    if (this.#event !== null) host.closeEvent(this.#event);
    this.#event = null;
  }

  #happened(): void {
    if (this.#isClosed) return;
    const { host } = this.context;
    const events = this.#events;
    const before = host.lastError();
    try {
      if (host.sockets.WSAEnumNetworkEvents(this.#handle, this.#event, events) !== 0) return;
    } finally {
      host.setLastError(before);
    }
    this.happened(events.lNetworkEvents!, events.iErrorCode!);
  }
}

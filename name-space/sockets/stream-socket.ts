import {
  FD_CLOSE,
  FD_CLOSE_BIT,
  FD_CONNECT,
  FD_CONNECT_BIT,
  FD_READ,
  FD_WRITE,
  SD_SEND,
  SOCK_STREAM,
  SOCKET_ERROR,
  WSA_FLAG_OVERLAPPED,
  WSAENOBUFS,
  WSAESHUTDOWN,
  WSAEWOULDBLOCK,
  type WSAPROTOCOL_INFOW,
} from '../../spi/index.js';
import { familyOf } from '../../spi/socket-names.js';
import { EventSocket, type SocketContext } from './events.js';

/** How a stream socket of a name space is to be. */
export interface StreamOptions {
  /** Where it connects: a SOCKADDR. */
  readonly address: Uint8Array;
  /** The host's name that the address is of, for filters of `connect`. */
  readonly host?: string;
  /** The catalog's entry to open it on, a chain for instance; the first that fits if absent, as for the application's sockets. */
  readonly entry?: WSAPROTOCOL_INFOW;
  /** The name to bind it to before. */
  readonly bind?: Uint8Array;
  /** Told when it is connected. What is sent before waits. */
  readonly connected?: () => unknown;
  /** Told of bytes, which are yours to keep. */
  readonly received: (bytes: Uint8Array) => unknown;
  /** Told when the peer has ended its direction; you may still send. Without this, the socket is closed then. */
  readonly ended?: () => unknown;
  /** Told when everything that was sent has been taken, after some of it had to wait. */
  readonly drained?: () => unknown;
  /** Told once, of the error that has closed it: it could not connect, it was reset, … */
  readonly failed?: (error: number) => unknown;
}

/** A connection that never waits. */
export interface StreamSocket {
  /** The socket's handle, for `session.host.sockets`. */
  readonly handle: number;
  readonly isClosed: boolean;
  readonly isConnected: boolean;
  /** The local name; `null` while it is not bound. */
  readonly name: Uint8Array | null;
  /** Bytes that wait to be sent. */
  readonly waiting: number;
  /**
   * Sends bytes; what there is no room for waits.
   *
   * @returns 0, or a WSA error: WSAESHUTDOWN (ended or closed), WSAENOBUFS (16 MiB wait already)
   */
  send(bytes: Uint8Array): number;
  /** Ends this direction once everything was sent. */
  end(): void;
  /** Lets what comes wait, until `resume`. */
  pause(): void;
  resume(): void;
  setOption(level: number, optname: number, value: number | Uint8Array): number;
  /** Closes it; nothing more is told, and what waits is lost. */
  close(): void;
}

const MOST_WAITING = 16 << 20;
const READ_SIZE = 65_536;
const READS_PER_EVENT = 16;

/** Used within one call, and its content copied. */
const room = new Uint8Array(READ_SIZE);

/** `session.openStream`'s socket. */
export class DispatcherStreamSocket extends EventSocket implements StreamSocket {
  readonly #options: StreamOptions;
  #queue: Uint8Array[] = [];
  #waiting = 0;
  #isConnected = false;
  #isEnding = false;
  #isPaused = false;
  #hasUnread = false;
  #hasEnded = false;

  constructor(context: SocketContext, options: StreamOptions) {
    super(context);
    this.#options = options;
    const { address, bind, entry, host: name } = options;
    const { host } = context;
    const events = FD_READ | FD_WRITE | FD_CONNECT | FD_CLOSE;
    const error =
      this.open(familyOf(address), SOCK_STREAM, entry, WSA_FLAG_OVERLAPPED, events) ||
      (bind === undefined ? 0 : this.code((sockets, s) => sockets.bind(s, bind, bind.length))) ||
      host.connectNamed(name ?? null, () => this.code((sockets, s) => sockets.connect(s, address, address.length)));
    if (error !== 0 && error !== WSAEWOULDBLOCK) this.failLater(error);
  }

  get isConnected(): boolean {
    return this.#isConnected && !this.isClosed;
  }

  get waiting(): number {
    return this.#waiting;
  }

  send(bytes: Uint8Array): number {
    if (this.isClosed || this.#isEnding) return WSAESHUTDOWN;
    if (bytes.length === 0) return 0;
    if (this.#waiting + bytes.length > MOST_WAITING) return WSAENOBUFS;
    this.#queue.push(new Uint8Array(bytes));
    this.#waiting += bytes.length;
    if (this.#isConnected && this.#queue.length === 1) this.#write(false);
    return 0;
  }

  end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#shutDownIfSent();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (!this.#hasUnread && !this.#hasEnded) return;
    this.context.host.defer({ queued: false, run: () => this.#goOn() });
  }

  protected override happened(events: number, errors: readonly number[]): void {
    if ((events & FD_CONNECT) !== 0) {
      const error = errors[FD_CONNECT_BIT] ?? 0;
      if (error !== 0) {
        this.#fail(error);
        return;
      }
      this.#isConnected = true;
      const { connected } = this.#options;
      if (connected !== undefined) this.context.blame.notify('`connected` of a stream socket', connected);
    }
    if ((events & (FD_WRITE | FD_CONNECT)) !== 0) this.#write(true);
    if ((events & FD_READ) !== 0) this.#hasUnread = true;
    if ((events & FD_CLOSE) !== 0) {
      const error = errors[FD_CLOSE_BIT] ?? 0;
      if (error !== 0) {
        this.#fail(error);
        return;
      }
      this.#hasEnded = true;
    }
    this.#goOn();
  }

  protected override failed(error: number): void {
    const { failed } = this.#options;
    if (failed !== undefined) this.context.blame.notify('`failed` of a stream socket', () => failed(error));
  }

  #fail(error: number): void {
    if (this.isClosed) return;
    this.close();
    this.failed(error);
  }

  // Reads what is there, and tells the end when there is nothing before it any more.
  #goOn(): void {
    if (this.isClosed || this.#isPaused) return;
    if (this.#hasUnread || this.#hasEnded) this.#read();
  }

  #read(): void {
    const { host, blame } = this.context;
    this.#hasUnread = false;
    for (let reads = 0; !this.isClosed; reads++) {
      if (this.#isPaused) {
        this.#hasUnread = true;
        return;
      }
      if (reads === READS_PER_EVENT) {
        this.#hasUnread = true;
        host.deferToNextTurn({ queued: false, run: () => this.#goOn() });
        return;
      }
      let error = 0;
      const count = this.calling((sockets) => {
        const received = sockets.recv(this.handle, room, room.length, 0);
        if (received === SOCKET_ERROR) error = host.lastError();
        return received;
      });
      if (error === WSAEWOULDBLOCK) return;
      if (error !== 0) {
        this.#fail(error);
        return;
      }
      if (count === 0) {
        this.#hasEnded = false;
        const { ended } = this.#options;
        if (ended === undefined) this.close();
        else blame.notify('`ended` of a stream socket', ended);
        return;
      }
      const bytes = room.slice(0, count);
      blame.notify('`received` of a stream socket', () => this.#options.received(bytes));
    }
  }

  #write(tells: boolean): void {
    const { host, blame } = this.context;
    const hadWaiting = this.#waiting > 0;
    while (!this.isClosed && this.#isConnected) {
      const [first] = this.#queue;
      if (first === undefined) break;
      let error = 0;
      const sent = this.calling((sockets) => {
        const count = sockets.send(this.handle, first, first.length, 0);
        if (count === SOCKET_ERROR) error = host.lastError();
        return count;
      });
      if (error === WSAEWOULDBLOCK) return;
      if (error !== 0) {
        this.#fails(error);
        return;
      }
      this.#waiting -= sent;
      if (sent === first.length) this.#queue.shift();
      else this.#queue[0] = first.subarray(sent);
    }
    this.#shutDownIfSent();
    const { drained } = this.#options;
    if (tells && hadWaiting && drained !== undefined && !this.isClosed) {
      blame.notify('`drained` of a stream socket', drained);
    }
  }

  // Never from within a function that the owner has called.
  #fails(error: number): void {
    this.#queue = [];
    this.#waiting = 0;
    this.failLater(error);
  }

  #shutDownIfSent(): void {
    if (!this.#isEnding || !this.#isConnected || this.#waiting > 0 || this.isClosed) return;
    this.code((sockets, s) => sockets.shutdown(s, SD_SEND));
  }
}

import {
  SocksCommand,
  type WayByProxy,
  type Handshake,
  type HandshakeOutput,
  type LayerContext,
  type Refusal,
} from '../../../chain/index.js';
import {
  FD_CLOSE,
  FD_CONNECT,
  FD_CONNECT_BIT,
  FD_READ,
  FD_WRITE,
  INVALID_SOCKET,
  IPPROTO_TCP,
  parseSockaddr,
  SOCK_STREAM,
  SOCKET_ERROR,
  WSAECONNABORTED,
  WSAEHOSTUNREACH,
  WSAEPROTONOSUPPORT,
  WSAETIMEDOUT,
  WSAEWOULDBLOCK,
  winsockErrorName,
  type SOCKET,
  type Timer,
} from '../../../spi/index.js';
import { controlEntry } from './control-entry.js';
import { Socks5Handshake, type Credentials } from './handshake-5.js';

const NO_WAY =
  'the layers below carry datagrams, and there is no chain of the same layers for the connection that goes with them: ' +
  'stack over TCP and UDP at once';

/** Where the proxy takes datagrams, and gives them. */
export interface Relay {
  readonly address: string;
  readonly port: number;
}

/** Told of an association. */
export interface AssociationUser {
  opened(relay: Relay): void;
  /** There is none, or no longer: by which WinSock code, and why. */
  ended(error: number, reason: string): void;
}

/**
 * A UDP association with a proxy (RFC 1928, 7): a connection that lasts as long as the datagrams, over the base provider of the
 * layer's own chain.
 */
export class Association implements HandshakeOutput {
  readonly #handshake: Socks5Handshake;
  #s: SOCKET = INVALID_SOCKET;
  #event = 0;
  #limit: Timer | null = null;
  #waiting = new Uint8Array(0);
  #peerAddress = '';
  #over = false;

  constructor(
    private readonly context: LayerContext,
    private readonly way: WayByProxy,
    credentials: Credentials | null,
    private readonly user: AssociationUser,
  ) {
    // From which address datagrams will come, nobody knows yet.
    const anywhere = { kind: 'IPv4', text: '0.0.0.0', bytes: new Uint8Array(4) } as const;
    this.#handshake = new Socks5Handshake(SocksCommand.UDP_ASSOCIATE, anywhere, 0, credentials);
  }

  /**
   * Asks the proxy.
   *
   * @param timeout milliseconds that it has to answer
   */
  start(timeout: number): void {
    const { way } = this;
    const { host } = this.context;
    this.#limit = host.setTimer(host.clock.now() + timeout, () =>
      this.#end(WSAETIMEDOUT, `${way.text} did not answer about datagrams within ${timeout / 1000} s`),
    );
    way.addresses((addresses, error) => {
      if (this.#over) return;
      const [address] = addresses;
      if (address === undefined) {
        this.#end(WSAEHOSTUNREACH, `the address of ${way.text} is not known (${winsockErrorName(error)})`);
      } else this.#connect(address);
    });
  }

  #connect(name: Uint8Array): void {
    const { host } = this.context;
    const { sockets } = host;
    const entry = controlEntry(this.context, name[0]!);
    if (entry === null) return this.#end(WSAEPROTONOSUPPORT, NO_WAY);
    const before = host.lastError();
    this.#s = sockets.WSASocket(name[0]!, SOCK_STREAM, IPPROTO_TCP, entry, 0, 0);
    if (this.#s === INVALID_SOCKET) {
      const error = sockets.WSAGetLastError();
      host.setLastError(before);
      return this.#end(error, this.way.unreachable(error));
    }
    this.#peerAddress = parseSockaddr(name).address;
    this.#event = host.createEvent();
    host.onEvent(this.#event, () => this.#noticed());
    sockets.WSAEventSelect(this.#s, this.#event, FD_CONNECT | FD_READ | FD_WRITE | FD_CLOSE);
    const failed = sockets.connect(this.#s, name, name.length) === SOCKET_ERROR ? sockets.WSAGetLastError() : 0;
    host.setLastError(before);
    if (failed !== 0 && failed !== WSAEWOULDBLOCK) this.#end(failed, this.way.unreachable(failed));
  }

  #noticed(): void {
    if (this.#over) return;
    const { host } = this.context;
    const before = host.lastError();
    const events = { lNetworkEvents: 0, iErrorCode: new Array<number>(10).fill(0) };
    host.sockets.WSAEnumNetworkEvents(this.#s, this.#event, events);
    if ((events.lNetworkEvents & FD_CONNECT) !== 0) {
      const error = events.iErrorCode[FD_CONNECT_BIT]!;
      if (error === 0) (this.#handshake as Handshake).begin(this);
      else this.#end(error, this.way.unreachable(error));
    }
    if ((events.lNetworkEvents & FD_WRITE) !== 0) this.#flush();
    if ((events.lNetworkEvents & (FD_READ | FD_CLOSE)) !== 0) this.#read();
    host.setLastError(before);
  }

  #read(): void {
    const room = new Uint8Array(512);
    while (!this.#over) {
      const count = this.context.host.sockets.recv(this.#s, room, room.length, 0);
      if (count > 0) this.#take(room.subarray(0, count));
      else {
        const error = count === 0 ? WSAECONNABORTED : this.context.host.sockets.WSAGetLastError();
        if (error !== WSAEWOULDBLOCK) this.#end(error, `${this.way.text} ended the association for datagrams`);
        return;
      }
    }
  }

  /** After the handshake nothing is said any more, and what is counts for nothing. */
  #take(bytes: Uint8Array): void {
    if (this.#handshake.bound === null) this.#handshake.receive(bytes, this);
  }

  #flush(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0 || this.#over) return;
    const sent = this.context.host.sockets.send(this.#s, waiting, waiting.length, 0);
    if (sent > 0) this.#waiting = waiting.subarray(sent);
  }

  // — The handshake —

  encoded(bytes: Uint8Array): void {
    this.#waiting = Buffer.concat([this.#waiting, bytes]);
    this.#flush();
  }

  done(): void {
    this.#limit?.cancel();
    const { address, port, isName } = this.#handshake.bound!;
    // Nowhere stands for the proxy itself.
    const isNowhere = isName || address === '0.0.0.0' || address === '::';
    this.user.opened({ address: isNowhere ? this.#peerAddress : address, port });
  }

  refused({ error, meaning }: Refusal): void {
    this.#end(error, `${this.way.text} refuses datagrams: ${meaning}`);
  }

  isNoProxy(expected: string): void {
    this.#end(WSAECONNABORTED, `${this.way.text} does not speak ${expected}`);
  }

  #end(error: number, reason: string): void {
    if (this.#over) return;
    this.close();
    this.user.ended(error, reason);
  }

  /** Nobody sends any more. */
  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#limit?.cancel();
    if (this.#s === INVALID_SOCKET) return;
    const { host } = this.context;
    const before = host.lastError();
    host.onEvent(this.#event, null);
    host.sockets.closesocket(this.#s);
    host.closeEvent(this.#event);
    host.setLastError(before);
  }
}

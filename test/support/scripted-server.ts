// A server in the test's own instance that works while the test blocks: what it does, the test says.
import {
  AF_INET,
  FD_ACCEPT,
  FD_CLOSE,
  FD_CONNECT,
  FD_READ,
  FD_WRITE,
  INSTANCE,
  INVALID_SOCKET,
  IPPROTO_TCP,
  ref,
  SD_SEND,
  SO_LINGER,
  SOCK_STREAM,
  SOL_SOCKET,
  type SOCKET,
  type WSAPROTOCOL_INFO,
  type Ws2_32,
} from 'ws2spi';
import { loopback } from 'ws2spi/testkit';

/** A connection of the server's, or one that it made. */
export class ServedConnection {
  /** All that came. */
  received = Buffer.alloc(0);
  ended = false;
  closed = false;
  readonly #event: number;
  #waiting = Buffer.alloc(0);
  #endsThen = false;
  #writable = false;
  #relay: ServedConnection | null = null;

  constructor(
    private readonly ws2: Ws2_32,
    readonly s: SOCKET,
    private readonly data: (connection: ServedConnection, bytes: Buffer) => void,
    private readonly connected: (error: number) => void = () => undefined,
  ) {
    this.#event = ws2.WSACreateEvent();
    ws2[INSTANCE].providerHost.onEvent(this.#event, () => this.#noticed());
    ws2.WSAEventSelect(s, this.#event, FD_READ | FD_WRITE | FD_CLOSE | FD_CONNECT);
  }

  #noticed(): void {
    if (this.closed) return;
    const events = { lNetworkEvents: 0, iErrorCode: new Array<number>(10).fill(0) };
    if (this.ws2.WSAEnumNetworkEvents(this.s, this.#event, events) !== 0) return;
    if ((events.lNetworkEvents & FD_CONNECT) !== 0) this.connected(events.iErrorCode[4]!);
    if ((events.lNetworkEvents & FD_WRITE) !== 0) {
      this.#writable = true;
      this.#flush();
    }
    const bytes = Buffer.alloc(65536);
    for (let count = 1; count > 0 && !this.closed;) {
      count = this.ws2.recv(this.s, bytes, bytes.length, 0);
      if (count > 0) this.#took(Buffer.from(bytes.subarray(0, count)));
      else if (count === 0 && !this.ended) {
        this.ended = true;
        this.#relay?.end();
      }
    }
  }

  #took(bytes: Buffer): void {
    if (this.#relay !== null) this.#relay.send(bytes);
    else {
      this.received = Buffer.concat([this.received, bytes]);
      this.data(this, bytes);
    }
  }

  send(bytes: Uint8Array | string): this {
    this.#waiting = Buffer.concat([this.#waiting, Buffer.from(bytes as Uint8Array)]);
    this.#flush();
    return this;
  }

  /** Ends what is sent, behind all of it. */
  end(): void {
    this.#endsThen = true;
    this.#flush();
  }

  #flush(): void {
    while (this.#writable && this.#waiting.length > 0) {
      const sent = this.ws2.send(this.s, this.#waiting, this.#waiting.length, 0);
      if (sent < 0) this.#writable = false;
      else this.#waiting = this.#waiting.subarray(sent);
    }
    if (this.#endsThen && this.#waiting.length === 0) {
      this.#endsThen = false;
      this.ws2.shutdown(this.s, SD_SEND);
    }
  }

  /** Hands on all that comes to another connection, and back. */
  relayTo(other: ServedConnection): void {
    this.#relay = other;
    other.#relay = this;
  }

  reset(): void {
    this.ws2.setsockopt(this.s, SOL_SOCKET, SO_LINGER, Uint8Array.of(1, 0, 0, 0), 4);
    this.close();
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.ws2[INSTANCE].providerHost.onEvent(this.#event, null);
    this.ws2.closesocket(this.s);
    this.ws2.WSACloseEvent(this.#event);
  }
}

/** A server of a script: what it does with each connection's bytes. */
export class ScriptedServer {
  /** Where it listens. */
  readonly name: Uint8Array;
  readonly connections: ServedConnection[] = [];
  readonly #listener: SOCKET;
  readonly #event: number;

  /**
   * @param data told of what came, with the connection, whose `received` has all of it
   * @param opened told of each new connection
   * @param entry what its listener is opened on; the base provider's own for TCP if absent
   */
  constructor(
    private readonly ws2: Ws2_32,
    private readonly data: (connection: ServedConnection, bytes: Buffer) => void,
    family: number = AF_INET,
    opened: (connection: ServedConnection) => void = () => undefined,
    entry?: WSAPROTOCOL_INFO,
  ) {
    const { providerHost } = ws2[INSTANCE];
    this.#listener = this.#socket(family, entry);
    this.#event = ws2.WSACreateEvent();
    const any = loopback(0, family);
    ws2.bind(this.#listener, any, any.length);
    ws2.listen(this.#listener, 50);
    const name = new Uint8Array(28);
    const length = ref(28);
    ws2.getsockname(this.#listener, name, length);
    this.name = name.slice(0, length.value);
    ws2.WSAEventSelect(this.#listener, this.#event, FD_ACCEPT);
    providerHost.onEvent(this.#event, () => {
      ws2.WSAEnumNetworkEvents(this.#listener, this.#event, {});
      for (let s = this.#accept(); s !== INVALID_SOCKET; s = this.#accept()) {
        const connection = new ServedConnection(ws2, s, this.data);
        this.connections.push(connection);
        opened(connection);
      }
    });
  }

  #socket(family: number, given?: WSAPROTOCOL_INFO): SOCKET {
    const entry =
      given ??
      this.ws2[INSTANCE].providerHost
        .catalogEntries()
        .find(
          (each) =>
            each.ProtocolChain.ChainLen === 1 &&
            each.iAddressFamily === family &&
            each.iSocketType === SOCK_STREAM &&
            each.iProtocol === IPPROTO_TCP,
        )!;
    return this.ws2.WSASocket(family, SOCK_STREAM, IPPROTO_TCP, entry, 0, 0);
  }

  #accept(): SOCKET {
    return this.ws2.accept(this.#listener, null, null);
  }

  /** Makes a connection from the server to somewhere, whose bytes nobody looks at. */
  connect(name: Uint8Array, connected: (error: number) => void): ServedConnection {
    const connection = new ServedConnection(this.ws2, this.#socket(name[0]!), () => undefined, connected);
    this.connections.push(connection);
    this.ws2.connect(connection.s, name, name.length);
    return connection;
  }

  close(): void {
    for (const connection of this.connections) connection.close();
    this.ws2[INSTANCE].providerHost.onEvent(this.#event, null);
    this.ws2.closesocket(this.#listener);
    this.ws2.WSACloseEvent(this.#event);
  }
}

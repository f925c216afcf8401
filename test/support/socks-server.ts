// A SOCKS proxy of versions 4, 4A and 5 in the test's own instance.
import {
  AF_INET,
  AF_INET6,
  parseSockaddr,
  sockaddr_in,
  sockaddr_in6,
  type WSAPROTOCOL_INFO,
  type Ws2_32,
} from 'ws2spi';
import { Socks5Reply } from 'ws2spi/chain';
import { SocksServerHandshake, type SocksRequest as ReadRequest } from 'ws2spi/gateway';
import { ScriptedServer, type ServedConnection } from './scripted-server.js';

/** What a client asked for. */
export interface SocksRequest {
  readonly version: number;
  readonly command: number;
  /** The address or the name, as it was sent. */
  readonly host: string;
  readonly port: number;
  readonly user: string | null;
  readonly password: string | null;
}

/** How the proxy behaves. */
export interface SocksServerOptions {
  readonly family?: number;
  /** What its listener is opened on. */
  readonly entry?: WSAPROTOCOL_INFO;
  /** Whom it lets in by a password; everybody without one if absent. */
  readonly credentials?: readonly [user: string, password: string];
  /** The reply to every request in place of what comes of it. */
  readonly reply?: number;
  /** Where names lead, by name. */
  readonly hosts?: Readonly<Record<string, string>>;
  /** Told before a request is carried out; returns false when it is not to be. */
  readonly asked?: (request: SocksRequest, connection: ServedConnection) => boolean;
}

/** A SOCKS proxy that does as it is told, and notes what it is asked. */
export class SocksServer {
  readonly requests: SocksRequest[] = [];
  readonly server: ScriptedServer;

  constructor(
    ws2: Ws2_32,
    private readonly options: SocksServerOptions = {},
  ) {
    const wanted =
      options.credentials === undefined ? null : { user: options.credentials[0], password: options.credentials[1] };
    const clients = new Map<ServedConnection, { handshake: SocksServerHandshake; at: number }>();
    this.server = new ScriptedServer(
      ws2,
      (connection) => {
        let client = clients.get(connection);
        if (client === undefined) {
          const handshake = new SocksServerHandshake(wanted, {
            send: (bytes) => connection.send(bytes),
            asked: (request) => this.#carryOut(connection, request.host.text, request, handshake),
            refused: () => connection.end(),
          });
          clients.set(connection, (client = { handshake, at: 0 }));
        }
        if (!client.handshake.isOver) client.at += client.handshake.receive(connection.received.subarray(client.at));
      },
      options.family ?? AF_INET,
      undefined,
      options.entry,
    );
  }

  /** Where it listens, as options spell it. */
  get proxy(): string {
    const { address, port, family } = parseSockaddr(this.server.name);
    return family === AF_INET6 ? `[${address}]:${port}` : `${address}:${port}`;
  }

  #carryOut(
    connection: ServedConnection,
    asked: string,
    { version, command, port, user, password }: ReadRequest,
    handshake: SocksServerHandshake,
  ): void {
    const request = { version, command, host: asked, port, user, password };
    this.requests.push(request);
    if (this.options.asked?.(request, connection) === false) return;
    const { reply, hosts = {} } = this.options;
    if (reply !== undefined) {
      // Whatever number it is.
      const wholly = version === 4 ? [0, reply, 0, 0, 0, 0, 0, 0] : [5, reply, 0, 1, 127, 0, 0, 1, 0, 9];
      connection.send(Uint8Array.from(wholly));
      return;
    }
    const host = hosts[asked] ?? asked;
    const name = host.includes(':') ? sockaddr_in6(host, port) : sockaddr_in(host, port);
    const other = this.server.connect(name, (error) => {
      handshake.answer(error === 0 ? Socks5Reply.GRANTED : Socks5Reply.CONNECTION_REFUSED, '127.0.0.1', 9);
      if (error === 0) connection.relayTo(other);
    });
  }

  close(): void {
    this.server.close();
  }
}

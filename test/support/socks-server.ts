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
    const steps = new Map<
      ServedConnection,
      { at: number; next: 'greeting' | 'password' | 'request'; user: string | null; password: string | null }
    >();
    this.server = new ScriptedServer(
      ws2,
      (connection) => {
        let step = steps.get(connection);
        if (step === undefined) steps.set(connection, (step = { at: 0, next: 'greeting', user: null, password: null }));
        for (;;) {
          const bytes = connection.received.subarray(step.at);
          if (bytes.length === 0) return;
          if (step.next === 'greeting' && bytes[0] === 4) {
            const end = bytes.indexOf(0, 8);
            const isName = bytes.readUInt32BE(4) > 0 && bytes.readUInt32BE(4) < 256;
            const nameEnd = isName ? bytes.indexOf(0, end + 1) : end;
            if (end < 0 || nameEnd < 0) return;
            step.at = Infinity;
            const host = isName ? bytes.toString('latin1', end + 1, nameEnd) : [...bytes.subarray(4, 8)].join('.');
            const user = bytes.toString('utf8', 8, end);
            this.#carryOut(connection, {
              version: 4,
              command: bytes[1]!,
              host,
              port: bytes.readUInt16BE(2),
              user,
              password: null,
            });
            return;
          }
          if (step.next === 'greeting') {
            if (bytes.length < 2 || bytes.length < 2 + bytes[1]!) return;
            const methods = [...bytes.subarray(2, 2 + bytes[1]!)];
            step.at += 2 + methods.length;
            const wanted = options.credentials === undefined ? 0 : 2;
            connection.send(Uint8Array.of(5, methods.includes(wanted) ? wanted : 255));
            step.next = wanted === 2 ? 'password' : 'request';
          } else if (step.next === 'password') {
            const userEnd = 2 + (bytes[1] ?? 255);
            if (bytes.length <= userEnd || bytes.length < userEnd + 1 + bytes[userEnd]!) return;
            step.user = bytes.toString('utf8', 2, userEnd);
            step.password = bytes.toString('utf8', userEnd + 1, userEnd + 1 + bytes[userEnd]!);
            step.at += userEnd + 1 + bytes[userEnd]!;
            const [user, password] = options.credentials!;
            const isRight = user === step.user && password === step.password;
            connection.send(Uint8Array.of(1, isRight ? 0 : 1));
            if (!isRight) return connection.end();
            step.next = 'request';
          } else {
            const kind = bytes[3];
            const length = kind === 1 ? 4 : kind === 4 ? 16 : 1 + (bytes[4] ?? 255);
            if (bytes.length < 6 + length) return;
            const body = bytes.subarray(4, 4 + length);
            const host =
              kind === 1
                ? [...body].join('.')
                : kind === 3
                  ? body.toString('latin1', 1)
                  : parseSockaddr(Buffer.concat([Buffer.from([23, 0, 0, 0, 0, 0, 0, 0]), body, Buffer.alloc(4)]))
                      .address;
            step.at = Infinity;
            const { user, password } = step;
            this.#carryOut(connection, {
              version: 5,
              command: bytes[1]!,
              host,
              port: bytes.readUInt16BE(4 + length),
              user,
              password,
            });
            return;
          }
        }
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

  #carryOut(connection: ServedConnection, request: SocksRequest): void {
    this.requests.push(request);
    if (this.options.asked?.(request, connection) === false) return;
    const { reply, hosts = {} } = this.options;
    const answer = (code: number): void => {
      if (request.version === 4) connection.send(Uint8Array.of(0, code, 0, 0, 0, 0, 0, 0));
      else connection.send(Uint8Array.of(5, code, 0, 1, 127, 0, 0, 1, 0, 9));
    };
    if (reply !== undefined) return answer(reply);
    const host = hosts[request.host] ?? request.host;
    const name = host.includes(':') ? sockaddr_in6(host, request.port) : sockaddr_in(host, request.port);
    const other = this.server.connect(name, (error) => {
      answer(error !== 0 ? (request.version === 4 ? 91 : 5) : request.version === 4 ? 90 : 0);
      if (error === 0) connection.relayTo(other);
    });
  }

  close(): void {
    this.server.close();
  }
}

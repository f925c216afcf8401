// An HTTP proxy in the test's own instance, which knows CONNECT.
import { AF_INET, parseSockaddr, sockaddr_in, sockaddr_in6, type WSAPROTOCOL_INFO, type Ws2_32 } from 'ws2spi';
import { ScriptedServer, type ServedConnection } from './scripted-server.js';

/** An HTTP proxy that does as it is told, and notes what it is asked. */
export class HttpProxyServer {
  /** The heads of the requests. */
  readonly requests: string[] = [];
  readonly server: ScriptedServer;

  /**
   * @param answer what it says of each request; what comes of connecting if it returns `null`
   * @param hosts where names lead
   * @param entry what its listener is opened on
   */
  constructor(
    ws2: Ws2_32,
    answer: (head: string, connection: ServedConnection) => string | null = () => null,
    hosts: Readonly<Record<string, string>> = {},
    entry?: WSAPROTOCOL_INFO,
  ) {
    const done = new Set<ServedConnection>();
    this.server = new ScriptedServer(
      ws2,
      (connection) => {
        const end = connection.received.indexOf('\r\n\r\n');
        if (end < 0 || done.has(connection)) return;
        done.add(connection);
        const head = connection.received.toString('latin1', 0, end);
        this.requests.push(head);
        const text = answer(head, connection);
        if (text !== null) {
          if (text !== '') connection.send(Buffer.from(text, 'latin1'));
          return;
        }
        const [, host, port] = /^CONNECT (.*):(\d+) HTTP\/1\.1\r\n/.exec(head)!;
        const literal = host!.replace(/^\[|\]$/g, '');
        const address = hosts[literal] ?? literal;
        const name = address.includes(':') ? sockaddr_in6(address, Number(port)) : sockaddr_in(address, Number(port));
        const other = this.server.connect(name, (error) => {
          connection.send(
            error === 0 ? 'HTTP/1.1 200 Connection established\r\n\r\n' : 'HTTP/1.1 502 Bad Gateway\r\n\r\n',
          );
          if (error === 0) connection.relayTo(other);
        });
      },
      AF_INET,
      undefined,
      entry,
    );
  }

  /** Where it listens, as options spell it. */
  get proxy(): string {
    const { address, port } = parseSockaddr(this.server.name);
    return `${address}:${port}`;
  }

  close(): void {
    this.server.close();
  }
}

import {
  formatAddressAndPort,
  type Handshake,
  type HandshakeOutput,
  type RequestedHost,
} from '../../../chain/index.js';
import { statusRefusal } from './statuses.js';
import { AnswerHead } from './answer-head.js';

/** Who asks. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** Asks an HTTP proxy for a connection (RFC 9110, 9.3.6), with basic authentication (RFC 7617) if there is a user. */
export class ConnectHandshake implements Handshake {
  readonly #head = new AnswerHead();

  constructor(
    private readonly host: RequestedHost,
    private readonly port: number,
    private readonly credentials: Credentials | null,
  ) {}

  begin(output: HandshakeOutput): void {
    const { host, port, credentials } = this;
    const authority = formatAddressAndPort(host.text, port);
    const lines = [`CONNECT ${authority} HTTP/1.1`, `Host: ${authority}`];
    if (credentials !== null) {
      const basic = Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64');
      lines.push(`Proxy-Authorization: Basic ${basic}`);
    }
    output.encoded(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'));
  }

  receive(bytes: Uint8Array, output: HandshakeOutput): number {
    let at = 0;
    while (at < bytes.length) {
      const end = this.#head.take(bytes, at);
      if (end === null) {
        output.isNoProxy('HTTP/1.1');
        return bytes.length;
      }
      at = end;
      const answer = this.#head.read();
      if (answer === 'unfinished') break;
      if (answer === 'malformed') {
        output.isNoProxy('HTTP/1.1');
        return bytes.length;
      }
      if (answer.status >= 200) {
        // Of a connection that is there, what the head says of a body counts for nothing.
        if (answer.status < 300) output.done();
        else output.refused(statusRefusal(answer, this.credentials !== null));
        return at;
      }
      // 100 and its like go before the answer.
    }
    return at;
  }
}

// The handshake of SOCKS 4 and 4A.
import {
  GatheredBytes,
  type Handshake,
  type HandshakeOutput,
  type Refusal,
  type RequestedHost,
  socks4Refusal,
  Socks4Reply,
  SocksCommand,
  SocksVersion,
} from '../../../chain/index.js';
import { WSAEAFNOSUPPORT } from '../../../spi/index.js';

const REPLY_LENGTH = 8;

/**
 * Whether SOCKS 4 or 4A can ask for a host: IPv4 addresses and, 4A alone, names.
 *
 * @returns `null` when it can; else why not
 */
export function socks4Obstacle({ kind }: RequestedHost, takesNames: boolean): Refusal | null {
  if (kind === 'IPv4' || (kind === 'name' && takesNames)) return null;
  const what = kind === 'name' ? 'SOCKS 4 has no names' : 'SOCKS 4 has no IPv6 addresses';
  return { error: WSAEAFNOSUPPORT, meaning: `${what}: use a proxy of SOCKS 5 (socks5://)` };
}

/** Asks a proxy of SOCKS 4 or 4A for a connection. */
export class Socks4Handshake implements Handshake {
  readonly #reply = new GatheredBytes(REPLY_LENGTH);

  constructor(
    private readonly host: RequestedHost,
    private readonly port: number,
    private readonly user: string,
  ) {}

  begin(output: HandshakeOutput): void {
    const { host, port } = this;
    const isName = host.kind === 'name';
    // 0.0.0.1 says that a name follows.
    const address = isName ? [0, 0, 0, 1] : host.bytes;
    const name = isName ? [...host.bytes, 0] : [];
    output.encoded(
      Uint8Array.of(
        SocksVersion.FOUR,
        SocksCommand.CONNECT,
        port >>> 8,
        port & 0xff,
        ...address,
        ...Buffer.from(this.user),
        0,
        ...name,
      ),
    );
  }

  receive(bytes: Uint8Array, output: HandshakeOutput): number {
    const end = this.#reply.take(bytes, 0, REPLY_LENGTH);
    const reply = this.#reply.bytes;
    if (reply.length > 0 && reply[0] !== 0) output.isNoProxy('SOCKS 4');
    else if (reply.length === REPLY_LENGTH) {
      const code = reply[1]!;
      if (code === Socks4Reply.GRANTED) output.done();
      else output.refused(socks4Refusal(code));
    }
    return end;
  }
}

// What the layer does with a connection: writes the header that it begins with, or reads it.
import { identity, type Codec, type CodecConnection, type CodecOutput } from '../../../chain/index.js';
import { WSAECONNABORTED, WSAETIMEDOUT } from '../../../spi/index.js';
import { HeaderReader } from './header-reader.js';
import { ValueType, writeV1, writeV2, type ProxyEnd, type ProxyHeader, type ProxyValue } from './header.js';
import { SIO_PROXY_HEADER } from './proxy-header-of.js';

/** On whose behalf a connection is made. */
export interface ProxyOrigin {
  /** Where it came from. */
  readonly source: ProxyEnd;
  /** Where it went to. */
  readonly destination: ProxyEnd;
}

/** How headers are written. */
export interface WrittenHeaders {
  readonly version: 1 | 2;
  readonly checksum: boolean;
  /** On whose behalf a connection is made; `undefined` for the program's own, `null` for a LOCAL one. */
  readonly origin: (connection: CodecConnection) => ProxyOrigin | null | undefined;
}

/** Makes the codec of a connection that was made: it begins with a header. */
export function createSender(connection: CodecConnection, { version, checksum, origin }: WrittenHeaders): Codec {
  return {
    ...identity(),
    open(_role, output) {
      const named = origin(connection);
      const own = named === undefined;
      const source = own ? connection.localName() : (named?.source ?? null);
      const destination = own ? connection.destination : (named?.destination ?? null);
      const name = own ? connection.destination?.name : null;
      const values: ProxyValue[] = name ? [{ type: ValueType.AUTHORITY, value: Buffer.from(name) }] : [];
      output.encoded(version === 1 ? writeV1(source, destination) : writeV2(source, destination, values, checksum));
    },
  };
}

/** Reads the header that an accepted connection begins with. */
export class HeaderReadingCodec implements Codec {
  readonly handshake = true;
  #reader: HeaderReader | null = new HeaderReader();
  #header: Uint8Array | null = null;

  /**
   * @param take told what the header says
   * @param timeout milliseconds within which it has to come
   */
  constructor(
    private readonly connection: CodecConnection,
    private readonly take: (header: ProxyHeader) => void,
    private readonly timeout: number,
  ) {}

  open(_role: unknown, output: CodecOutput): void {
    output.setTimer(this.timeout);
  }

  receive(bytes: Uint8Array, output: CodecOutput): void {
    const reader = this.#reader;
    if (reader === null) return output.decoded(bytes);
    const { taken, header } = reader.take(bytes);
    if (header === null) return;
    if (typeof header === 'string') return output.failed(WSAECONNABORTED, `${this.#peer} sent ${header}`);
    this.#header = new Uint8Array(reader.bytes);
    this.#reader = null;
    output.setTimer(null);
    this.take(header);
    output.ready();
    if (taken < bytes.length) output.decoded(bytes.subarray(taken));
  }

  send(bytes: Uint8Array, output: CodecOutput): void {
    output.encoded(bytes);
  }

  end(output: CodecOutput): void {
    const reader = this.#reader;
    if (reader === null) output.finished();
    // Who connects and says nothing looks whether somebody listens.
    else if (!reader.begun) output.failed(WSAECONNABORTED);
    else output.failed(WSAECONNABORTED, `${this.#peer} hung up within its header`);
  }

  timer(output: CodecOutput): void {
    output.failed(WSAETIMEDOUT, `${this.#peer} sent no header within ${this.timeout / 1000} s`);
  }

  ioctl(code: number): Uint8Array | null {
    return code === SIO_PROXY_HEADER ? this.#header : null;
  }

  get #peer(): string {
    return this.connection.peerName()?.address ?? 'the peer';
  }
}

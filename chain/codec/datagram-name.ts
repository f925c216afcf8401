// Names of datagrams' sources and destinations, read once.
import { kindOf } from '../../spi/answers.js';
import { AF_INET, AF_INET6, copyOfBytes, sockaddr_in, sockaddr_in6 } from '../../spi/index.js';
import { nameIn, type ConnectionName } from '../filters/index.js';

/** The name of a datagram's source or destination, with the bytes that it was read from: they have its scope too. */
export class SocketName implements ConnectionName {
  readonly family: number;
  readonly address: string;
  readonly port: number;
  readonly #bytes: Uint8Array;

  /** @param bytes a sockaddr, not changed from now on; an empty one for none */
  constructor(bytes: Uint8Array) {
    const named = nameIn({ bytes, length: bytes.length });
    this.family = named?.family ?? (bytes.length < 2 ? 0 : bytes[0]! | (bytes[1]! << 8));
    this.address = named?.address ?? '';
    this.port = named?.port ?? 0;
    this.#bytes = bytes;
    Object.freeze(this);
  }

  /** The sockaddr; not to be changed. */
  static bytesOf(name: SocketName): Uint8Array {
    return name.#bytes;
  }

  static is(value: unknown): value is SocketName {
    return typeof value === 'object' && value !== null && #bytes in value;
  }

  /** Whether its sockaddr is this. */
  matches(bytes: Uint8Array, length: number): boolean {
    const own = this.#bytes;
    if (own.length !== length) return false;
    for (let at = 0; at < length; at++) if (own[at] !== bytes[at]) return false;
    return true;
  }
}

/** Remembers the name that was met last, which is most often the next one too. */
export class LastName {
  #last: SocketName | null = null;

  /** The name of these bytes. */
  of(bytes: Uint8Array, length: number): SocketName {
    if (this.#last?.matches(bytes, length) !== true) this.#last = new SocketName(copyOfBytes(bytes, length));
    return this.#last!;
  }
}

/**
 * Reads a name as a codec gives it.
 *
 * @param function_ the function of the output that it was given to
 * @param family the socket's
 * @returns the name; what is wrong with it, to be read behind "the codec gave output.encoded"
 */
export function readName(function_: string, value: unknown, family: number): SocketName | string {
  if (SocketName.is(value)) return value;
  if (typeof value !== 'object' || value === null) {
    return `the codec gave output.${function_} ${kindOf(value)} for an address: give it an object with "address" and "port"`;
  }
  const { address, port } = value as { address?: unknown; port?: unknown };
  if (typeof address === 'string' && typeof port === 'number') {
    try {
      if (family === AF_INET) return new SocketName(sockaddr_in(address, port));
      if (family === AF_INET6) return new SocketName(sockaddr_in6(address, port));
    } catch {
      // Said below.
    }
  }
  const shown = `${typeof address === 'string' ? JSON.stringify(address.slice(0, 60)) : kindOf(address)}, port ${
    typeof port === 'number' ? port : kindOf(port)
  }`;
  return `the codec gave output.${function_} the address ${shown}, which is none of the socket's family`;
}

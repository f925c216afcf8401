// What clients of a proxy say, byte by byte.
import type { ChainSocket } from 'ws2spi/node';

/** A request of SOCKS 5 for a host by its name, behind a greeting without a password. */
export function socks5(name: string, port: number, command = 1): Buffer {
  return Buffer.concat([Buffer.from([5, 1, 0]), socks5Request(name, port, command)]);
}

/** The request alone. */
export function socks5Request(name: string, port: number, command = 1): Buffer {
  return Buffer.from([5, command, 0, 3, name.length, ...Buffer.from(name), port >> 8, port & 255]);
}

/** The same behind a greeting with a user and a password. */
export function socks5As(user: string, password: string, name: string, port: number): Buffer {
  const texts = [1, user.length, ...Buffer.from(user), password.length, ...Buffer.from(password)];
  return Buffer.concat([Buffer.from([5, 2, 0, 2]), Buffer.from(texts), socks5Request(name, port)]);
}

/** A request of SOCKS 4A. */
export function socks4a(name: string, port: number): Buffer {
  return Buffer.from([4, 1, port >> 8, port & 255, 0, 0, 0, 1, ...Buffer.from('me'), 0, ...Buffer.from(name), 0]);
}

/** A request of HTTP. */
export function connectTo(authority: string, ...headers: string[]): Buffer {
  return Buffer.from([`CONNECT ${authority} HTTP/1.1`, `Host: ${authority}`, ...headers, '', ''].join('\r\n'));
}

/** Bytes that came, as long as a test looks at them. */
export class Answers {
  #bytes = Buffer.alloc(0);
  #isOver = false;
  #tell: () => void = () => undefined;

  constructor(socket: ChainSocket) {
    const over = (): void => {
      this.#isOver = true;
      this.#tell();
    };
    socket.on('data', (bytes: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, bytes]);
      this.#tell();
    });
    socket.once('end', over).once('close', over);
    socket.on('error', () => undefined);
  }

  /** The next bytes, once there are so many; what there is at the end. */
  async take(count: number): Promise<Buffer> {
    while (this.#bytes.length < count && !this.#isOver) await new Promise<void>((resolve) => (this.#tell = resolve));
    const taken = this.#bytes.subarray(0, count);
    this.#bytes = this.#bytes.subarray(taken.length);
    return taken;
  }

  /** All until the end. */
  rest(): Promise<Buffer> {
    return this.take(Infinity);
  }
}

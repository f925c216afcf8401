import {
  winsockErrorName,
  WSAEMSGSIZE,
  WSAENOBUFS,
  WSAEWOULDBLOCK,
  WSASYSCALLFAILURE,
  type CountOrNegatedCode,
} from '../../spi/index.js';
import { copied } from './message-buffers.js';
import { SocketName } from './datagram-name.js';
import { DatagramQueue } from './datagram-queue.js';
import type { DatagramSession } from './datagram-session.js';
import type { LowerDatagrams } from './lower-datagrams.js';
import type { LowerSocket } from './lower-socket.js';

/** What may wait to be sent before the application has to; it goes on at a quarter of it. */
const SEND_BOUND = 256 * 1024;
/** What may wait when a codec makes very much of the one datagram that it is given. */
const ENCODED_BOUND = 4 * SEND_BOUND;

/** What a codec of datagrams encodes: sent below, or kept until there is room. */
export class DatagramSender {
  readonly #waiting = new DatagramQueue();
  #full = false;
  /** The application's datagram is being encoded: by these flags, with this outcome. */
  #sending = false;
  #flags = 0;
  #error = 0;

  constructor(
    private readonly below: LowerSocket,
    private readonly datagrams: LowerDatagrams,
  ) {}

  /** What waits, in bytes and what each datagram takes besides. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Whether more waits than may: until most of it has gone. */
  get full(): boolean {
    return this.#full;
  }

  /**
   * Has the application's datagram encoded, and sends what comes of it.
   *
   * @param flags MSG_DONTROUTE
   * @returns the bytes of the datagram, or a negated WinSock code
   */
  send(session: DatagramSession, bytes: Uint8Array, destination: SocketName, flags: number): CountOrNegatedCode {
    const { length } = bytes;
    // A codec may have its program send on this socket.
    const [wasSending, hadFlags, hadError] = [this.#sending, this.#flags, this.#error];
    this.#sending = true;
    this.#flags = flags;
    this.#error = 0;
    const right = session.send(bytes, destination);
    const error = this.#error;
    this.#sending = wasSending;
    this.#flags = hadFlags;
    this.#error = hadError;
    if (error !== 0) return -error;
    return right ? length : -WSASYSCALLFAILURE;
  }

  /**
   * Takes what the codec encoded.
   *
   * @param peer the peer of a connected socket
   * @returns what is wrong with it, to be reported; `null` for nothing
   */
  take(bytes: Uint8Array, to: SocketName, peer: SocketName | null): string | null {
    const own = SocketName.bytesOf(to);
    const name = peer?.matches(own, own.length) === true ? null : to;
    const waiting = this.#waiting;
    if (waiting.size === 0) {
      const sent = this.datagrams.send(bytes, this.#flags, name === null ? null : own);
      if (sent >= 0) return null;
      if (sent !== -WSAEWOULDBLOCK) return this.#notSent(-sent, bytes.length, to);
    }
    // What a codec sends by itself is lost beyond the socket's bound, as on the wire.
    if (waiting.size >= (this.#sending ? ENCODED_BOUND : SEND_BOUND)) {
      if (this.#sending) this.#error ||= WSAENOBUFS;
      return null;
    }
    waiting.push({ bytes: copied(bytes), name, flags: this.#flags, error: 0 });
    this.#fill();
    return null;
  }

  /** The codec says that the application's datagram does not pass. Returns whether there is one. */
  refuse(error: number): boolean {
    if (this.#sending) this.#error ||= error;
    return this.#sending;
  }

  /** A datagram was refused below: its sender hears of it; what the codec made too long by itself is its fault. */
  #notSent(error: number, length: number, to: SocketName): string | null {
    if (this.#sending) {
      this.#error ||= error;
      return null;
    }
    if (error !== WSAEMSGSIZE) return null;
    return `the codec encoded a datagram of ${length} bytes to ${to.address}, port ${to.port}: too long (${winsockErrorName(error)})`;
  }

  /** Sends what waits, as far as there is room. */
  flush(): void {
    const waiting = this.#waiting;
    for (let first = waiting.first; first !== undefined && this.below.writable; first = waiting.first) {
      const { bytes, name, flags } = first;
      const sent = this.datagrams.send(bytes, flags, name === null ? null : SocketName.bytesOf(name));
      if (sent === -WSAEWOULDBLOCK) break;
      // Whatever else it met, it is sent, and lost.
      waiting.dropFirst();
    }
    this.#fill();
  }

  #fill(): void {
    const { size } = this.#waiting;
    if (size >= SEND_BOUND) this.#full = true;
    else if (size <= SEND_BOUND / 4) this.#full = false;
  }

  clear(): void {
    this.#waiting.clear();
  }
}

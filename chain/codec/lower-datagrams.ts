import { WSAEWOULDBLOCK, type Ref, type WSABUF, type CountOrNegatedCode } from '../../spi/index.js';
import { addressSlot } from '../../io/index.js';
import { isCount, type LayerContext } from '../layer/index.js';
import type { LowerSocket } from './lower-socket.js';

/** More than any datagram over IP has. */
const LONGEST = 64 * 1024;

/** What one layer's calls about datagrams are made with. */
export class DatagramScratch {
  /** Room for what is received; somebody's alone while it is lent. */
  #input: Uint8Array | null = null;
  #reading = false;

  /** Room for what is received that is nobody else's: a codec may have its program receive on another socket. */
  borrow(): Uint8Array {
    if (this.#reading) return new Uint8Array(LONGEST);
    this.#reading = true;
    return (this.#input ??= new Uint8Array(LONGEST));
  }

  giveBack(input: Uint8Array): void {
    if (input === this.#input) this.#reading = false;
  }
}

/**
 * Sends and receives datagrams on a socket of the provider below. What that answers is checked as by `LowerSocket`, which
 * does the rest.
 */
export class LowerDatagrams {
  /** The source of what was received last. */
  readonly source = addressSlot();
  readonly #buffers: WSABUF[] = [{ len: 0, buf: new Uint8Array(0) }];
  readonly #byteCount: Ref<number> = { value: 0 };
  readonly #flags: Ref<number> = { value: 0 };
  readonly #errno: Ref<number> = { value: 0 };
  readonly #length: Ref<number> = { value: 0 };

  constructor(
    private readonly context: LayerContext,
    private readonly socket: LowerSocket,
  ) {}

  /** Receives a datagram, and its `source`. Returns how many bytes, or a negated code. */
  receive(into: Uint8Array): CountOrNegatedCode {
    const { source } = this;
    const buffers = this.#describe(into);
    this.#flags.value = 0;
    this.#length.value = source.bytes.length;
    source.length = 0;
    const { lower } = this.context;
    let result: number;
    try {
      result = lower.lpWSPRecvFrom(
        this.socket.handle,
        buffers,
        1,
        this.#byteCount,
        this.#flags,
        source.bytes,
        this.#length,
        null,
        null,
        null,
        this.#errno,
      );
    } catch (cause) {
      return -this.socket.threw('lpWSPRecvFrom', cause);
    }
    const received = this.socket.outcome(
      'lpWSPRecvFrom',
      result,
      this.#errno.value,
      this.#byteCount.value,
      into.length,
    );
    if (received >= 0) {
      source.length = isCount(this.#length.value, source.bytes.length) ? this.#length.value : 0;
    }
    // FD_READ tells when there is something.
    else if (received === -WSAEWOULDBLOCK) this.socket.expectNothing();
    return received;
  }

  /**
   * Sends a datagram.
   *
   * @param flags MSG_DONTROUTE
   * @param to a sockaddr; `null` for the connected peer
   * @returns how many bytes, or a negated code
   */
  send(bytes: Uint8Array, flags: number, to: Uint8Array | null): CountOrNegatedCode {
    const slot = to === null ? 'lpWSPSend' : 'lpWSPSendTo';
    const buffers = this.#describe(bytes);
    const { lower } = this.context;
    const { handle } = this.socket;
    const [count, errno] = [this.#byteCount, this.#errno];
    let result: number;
    try {
      result =
        to === null
          ? lower.lpWSPSend(handle, buffers, 1, count, flags, null, null, null, errno)
          : lower.lpWSPSendTo(handle, buffers, 1, count, flags, to, to.length, null, null, null, errno);
    } catch (cause) {
      return -this.socket.threw(slot, cause);
    }
    const sent = this.socket.outcome(slot, result, errno.value, count.value, bytes.length);
    // FD_WRITE tells when there is room again.
    if (sent === -WSAEWOULDBLOCK) this.socket.expectNoRoom();
    return sent;
  }

  #describe(bytes: Uint8Array): WSABUF[] {
    const buffer = this.#buffers[0]!;
    buffer.buf = bytes;
    buffer.len = bytes.length;
    this.#byteCount.value = 0;
    this.#errno.value = 0;
    return this.#buffers;
  }
}

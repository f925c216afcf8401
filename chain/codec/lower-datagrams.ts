import { answerFault } from '../../spi/answers.js';
import {
  SOCKET_ERROR,
  WSASYSCALLFAILURE,
  WSAEWOULDBLOCK,
  type Ref,
  type WSABUF,
  type WSPPROC_TABLE,
} from '../../spi/index.js';
import { addressSlot } from '../../io/index.js';
import { reportBelow } from '../layer/index.js';
import type { LayerContext } from '../layer/index.js';
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
  #reported: Set<keyof WSPPROC_TABLE> | null = null;

  constructor(
    private readonly context: LayerContext,
    private readonly socket: LowerSocket,
  ) {}

  /** Receives a datagram, and its `source`. Returns how many bytes, or a negated code. */
  receive(into: Uint8Array): number {
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
      return this.#defect('lpWSPRecvFrom', 'threw', cause);
    }
    const received = this.#outcome('lpWSPRecvFrom', result, into.length);
    if (received >= 0) {
      source.length = isCount(this.#length.value, source.bytes.length) ? this.#length.value : 0;
    }
    // FD_READ tells when there is something.
    else if (received === -WSAEWOULDBLOCK) this.socket.readable = false;
    return received;
  }

  /**
   * Sends a datagram.
   *
   * @param flags MSG_DONTROUTE
   * @param to a sockaddr; `null` for the connected peer
   * @returns how many bytes, or a negated code
   */
  send(bytes: Uint8Array, flags: number, to: Uint8Array | null): number {
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
      return this.#defect(slot, 'threw', cause);
    }
    const sent = this.#outcome(slot, result, bytes.length);
    // FD_WRITE tells when there is room again.
    if (sent === -WSAEWOULDBLOCK) this.socket.writable = false;
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

  #outcome(slot: keyof WSPPROC_TABLE, result: number, most: number): number {
    const bytes = this.#byteCount.value;
    if (result === 0) {
      return isCount(bytes, most)
        ? bytes
        : this.#defect(slot, `reported ${String(bytes)} bytes for buffers of ${most}`);
    }
    const fault = answerFault(result, SOCKET_ERROR, this.#errno.value);
    return fault === null ? -this.#errno.value : this.#defect(slot, fault);
  }

  #defect(slot: keyof WSPPROC_TABLE, what: string, cause?: unknown): number {
    this.#reported ??= new Set();
    if (!this.#reported.has(slot)) {
      this.#reported.add(slot);
      reportBelow(this.context.host, this.context.lower, slot, what, this.socket.handle, cause);
    }
    return -WSASYSCALLFAILURE;
  }
}

function isCount(value: unknown, most: number): value is number {
  return typeof value === 'number' && value >>> 0 === value && value <= most;
}

import { ref, type Ref, type WSABUF } from '../spi/index.js';
import { areBytes, isLength, isNull, NO_BYTES } from './arguments.js';

/**
 * What every call of the API needs while it is in a provider: a place for its error, made for this one call. A provider may
 * keep it or spoil it, and no other call is the worse for it.
 */
export class CallFrame {
  /** Where the provider puts its error. */
  errno: Ref<number> = ref(0);

  /** The call is over. */
  release(): void {}
}

/** Stands in a reference while it is looked whether it still holds what is put into it. */
const MARK = -1;

/**
 * What a call that transfers data needs while it is in a provider. It is used again, so that a call allocates nothing: by
 * the sockets of one base provider, or by one socket of a chain, whose layers are handed it as well. Whatever they do to it
 * ends with the call: each use begins by looking whether it is as it was, and what is not is made anew.
 */
export class TransferFrame extends CallFrame {
  /** Where the provider puts the number of bytes transferred. */
  bytes: Ref<number> = ref(0);
  /** Flags in and out of a receive. */
  flags: Ref<number> = ref(0);
  /** The buffers of the call: one of the frame's own, or as many as the caller has. */
  buffers: WSABUF[];
  /** Whether a call uses it now; calls nest where a completion routine or a filter calls the API itself. */
  inUse = false;
  /** The frame of a call made from inside this one. */
  inner: TransferFrame | null = null;
  #buffer: WSABUF = { len: 0, buf: NO_BYTES };
  #one: WSABUF[] = [this.#buffer];

  constructor() {
    super();
    this.buffers = this.#one;
  }

  /** Begins a call with one buffer. */
  begin(buf: Uint8Array, len: number, flags: number): void {
    this.inUse = true;
    if (!this.#isSound() || !this.#point(buf, len)) {
      this.#renew();
      this.#point(buf, len);
    }
    this.errno.value = 0;
    this.bytes.value = 0;
    this.flags.value = flags;
    this.buffers = this.#one;
  }

  /**
   * Takes the caller's buffers over, each read once: what it is read from may say something else the next time, and is
   * never seen by a provider.
   *
   * @param buffers the caller's array
   * @param count how many of them count
   * @returns the bytes of all together; -1 when one of them is a bad pointer, or the array is too short
   */
  capture(buffers: unknown, count: unknown): number {
    try {
      if (!Array.isArray(buffers) || !isLength(count, buffers.length)) return -1;
      if (count === 1) {
        const { len, buf } = buffers[0] as WSABUF;
        if (!isBuffer(buf, len)) return -1;
        this.#point(buf ?? new Uint8Array(0), len);
        return len;
      }
      const captured: WSABUF[] = [];
      let total = 0;
      for (let index = 0; index < count; index++) {
        const { len, buf } = buffers[index] as WSABUF;
        if (!isBuffer(buf, len)) return -1;
        captured.push({ len, buf: buf ?? new Uint8Array(0) });
        total += len;
      }
      this.buffers = captured;
      return total;
    } catch {
      // A member that throws as it is read is no member.
      return -1;
    }
  }

  override release(): void {
    this.inUse = false;
    // The caller's bytes are not kept alive.
    if (!this.#point(NO_BYTES, 0)) this.#renew();
    this.buffers = this.#one;
  }

  /** Has the frame's own buffer be this one; false when it does not take that. */
  #point(buf: Uint8Array, len: number): boolean {
    const buffer = this.#buffer;
    try {
      buffer.len = len;
      buffer.buf = buf;
      return buffer.len === len && buffer.buf === buf;
    } catch {
      return false;
    }
  }

  /** Whether everything is still what it was made as: with its one element, taking values, and giving back what it took. */
  #isSound(): boolean {
    const { errno, bytes, flags } = this;
    const one = this.#one;
    const buffer = this.#buffer;
    try {
      errno.value = bytes.value = flags.value = MARK;
      if (errno.value !== MARK || bytes.value !== MARK || flags.value !== MARK) return false;
      if (one.length !== 1 || one[0] !== buffer || Object.getPrototypeOf(one) !== Array.prototype) return false;
      one[0] = buffer;
      return true;
    } catch {
      return false;
    }
  }

  #renew(): void {
    this.errno = ref(0);
    this.bytes = ref(0);
    this.flags = ref(0);
    this.#buffer = { len: 0, buf: NO_BYTES };
    this.#one = [this.#buffer];
  }
}

/** Whether it is a WSABUF's bytes and length; one of length 0 may be without bytes. */
function isBuffer(buf: unknown, len: unknown): boolean {
  return areBytes(buf, len) || (len === 0 && isNull(buf));
}

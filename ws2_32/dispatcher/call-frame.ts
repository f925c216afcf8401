import { areBytes, isLength, isNull, NO_BYTES, noBytes } from '../../spi/arguments.js';
import { ref, type Ref, type WSABUF } from '../../spi/index.js';

/**
 * What every call of the API needs while it is in a provider: a place for its error, made for this one call. A provider
 * may keep it or spoil it, and no other call is the worse for it.
 */
export class CallFrame {
  /** Where the provider puts its error. */
  errno: Ref<number> = ref(0);

  /** The call is over. */
  release(): void {}
}

/**
 * What a call that transfers data needs while it is in a provider. It is used again, so that a call allocates nothing:
 * by the sockets of one base provider, or by one socket of a chain, whose layers are handed it as well. Whatever they
 * do to it ends with the call: each use begins by looking whether it is as it was, and what is not is made anew.
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
  #inner: TransferFrame | null = null;
  private buffer: WSABUF = { len: 0, buf: NO_BYTES };
  private one: WSABUF[] = [this.buffer];

  /** @param sound whether those who are handed it are known to leave it as it is: it is not looked at then */
  constructor(private readonly sound: boolean) {
    super();
    this.buffers = this.one;
  }

  /** The frame of a call made from inside this one. */
  nested(): TransferFrame {
    return (this.#inner ??= new TransferFrame(false));
  }

  /** Begins a call with one buffer. */
  begin(buf: Uint8Array, len: number, asked: number): void {
    this.inUse = true;
    if (!this.sound) return this.beginLooked(buf, len, asked);
    const { buffer } = this;
    this.errno.value = 0;
    this.bytes.value = 0;
    this.flags.value = asked;
    buffer.len = len;
    buffer.buf = buf;
    this.buffers = this.one;
  }

  // Apart: what is as small as `begin`, V8 puts into the caller's code.
  private beginLooked(buf: Uint8Array, len: number, asked: number): void {
    const { errno, bytes, flags, buffer, one } = this;
    try {
      // What does not take a value, or does not give it back, is not what it was.
      bytes.value = -1;
      errno.value = 0;
      flags.value = asked;
      buffer.len = len;
      buffer.buf = buf;
      one[0] = buffer;
      const tookAll = bytes.value === -1 && errno.value === 0 && flags.value === asked && one.length === 1;
      bytes.value = 0;
      if (tookAll && buffer.len === len && buffer.buf === buf) {
        this.buffers = one;
        return;
      }
    } catch {
      // It was frozen, or throws.
    }
    this.renew(buf, len, asked);
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
        this.buffer.len = len;
        this.buffer.buf = buf ?? noBytes();
        return len;
      }
      const captured: WSABUF[] = [];
      let total = 0;
      for (let index = 0; index < count; index++) {
        const { len, buf } = buffers[index] as WSABUF;
        if (!isBuffer(buf, len)) return -1;
        captured.push({ len, buf: buf ?? noBytes() });
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
    try {
      // The caller's bytes are not kept alive.
      this.buffer.buf = NO_BYTES;
    } catch {
      // It was frozen; the next call finds that out.
    }
  }

  private renew(buf: Uint8Array, len: number, asked: number): void {
    this.errno = ref(0);
    this.bytes = ref(0);
    this.flags = ref(asked);
    this.buffer = { len, buf };
    this.buffers = this.one = [this.buffer];
  }
}

/** Whether it is a WSABUF's bytes and length; one of length 0 may be without bytes. */
function isBuffer(buf: unknown, len: unknown): boolean {
  return areBytes(buf, len) || (len === 0 && isNull(buf));
}

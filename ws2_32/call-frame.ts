import { ref, type Ref, type WSABUF } from '../spi/index.js';
import { NO_BYTES } from './arguments.js';

/**
 * What one call of the API needs while it is in a provider: made once per depth of nesting and used again, so that a call
 * allocates nothing. Calls nest when condition functions, completion routines and filters call the API themselves.
 */
export class CallFrame {
  /** Where the provider puts its error. */
  readonly errno: Ref<number> = ref(0);
  /** Where the provider puts the number of bytes transferred. */
  readonly bytes: Ref<number> = ref(0);
  /** Flags in and out of a receive. */
  readonly flags: Ref<number> = ref(0);
  /** The one buffer of `send` and `recv`. */
  readonly buffer: WSABUF = { len: 0, buf: NO_BYTES };
  /** The array that holds this buffer. */
  readonly buffers: WSABUF[] = [this.buffer];

  /** @param depth how many calls are around this one */
  constructor(readonly depth: number) {}
}

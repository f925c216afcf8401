import type { Ref, WSABUF, WSANETWORKEVENTS } from '../../spi/index.js';
import { BlockPool } from './block-pool.js';

/**
 * What the calls to the provider below are made with. One per layer: the provider below may be a codec layer too, and is
 * inside its own calls while it serves this one's.
 */
export class CodecScratch {
  /** Room for what is read below; somebody's alone while it is `lent`. */
  readonly input = new Uint8Array(64 * 1024);
  #lent = false;
  /** Memory for what waits to be received and sent. */
  readonly blocks = new BlockPool();
  readonly inputBuffers: WSABUF[] = [{ len: this.input.length, buf: this.input }];
  readonly outputBuffers: WSABUF[] = [];
  readonly byteCount: Ref<number> = { value: 0 };
  readonly flags: Ref<number> = { value: 0 };
  readonly errno: Ref<number> = { value: 0 };
  readonly addressLength: Ref<number> = { value: 0 };
  readonly networkEvents: WSANETWORKEVENTS = { lNetworkEvents: 0, iErrorCode: new Array<number>(10).fill(0) };

  /** Whether what lies in `input` is still needed. */
  get lent(): boolean {
    return this.#lent;
  }

  lend(): void {
    this.#lent = true;
  }

  giveBack(): void {
    this.#lent = false;
  }
}

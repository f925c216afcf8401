// What the two ends of a connection do with urgent bytes.
import type { WSABUF } from '../../../spi/index.js';
import type { BytePipe } from '../wire/index.js';

/**
 * Gives urgent bytes that had been put aside: one at a time out of band, all of them in line.
 *
 * @returns how many
 * @internal
 */
export function takeUrgent(pipe: BytePipe, buffers: WSABUF[], count: number, peek: boolean, all: boolean): number {
  const most = all ? pipe.urgent.length : 1;
  let bytes = 0;
  for (let index = 0; index < count; index++) {
    const { buf, len } = buffers[index]!;
    for (let at = 0; at < len && bytes < most; at++) buf[at] = pipe.urgent[bytes++]!;
  }
  if (!peek) pipe.urgent.splice(0, bytes);
  return bytes;
}

/** A send of urgent data, taken apart. @internal */
export interface UrgentParts {
  /** How many bytes go before as normal data, and in which buffers they are. */
  readonly normal: number;
  readonly before: WSABUF[];
  /** Where the urgent byte is. */
  readonly buffer: Uint8Array;
  readonly at: number;
}

/**
 * Of bytes sent as urgent only the last is; those before it are normal data.
 *
 * @param offset bytes of the buffers that were sent before
 * @returns `null` when there is nothing left to send
 * @internal
 */
export function splitUrgent(buffers: WSABUF[], count: number, offset: number): UrgentParts | null {
  let total = 0;
  for (let index = 0; index < count; index++) total += buffers[index]!.len;
  if (total <= offset) return null;
  let last = count - 1;
  while (buffers[last]!.len === 0) last--;
  const final = buffers[last]!;
  const before = buffers.slice(0, last + 1);
  before[last] = { buf: final.buf, len: final.len - 1 };
  return { normal: total - 1 - offset, before, buffer: final.buf, at: final.len - 1 };
}

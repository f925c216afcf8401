// What there is to know of the buffers of a call.
import { holdBytes, viewOfBytes, type WSABUF } from '../../spi/index.js';

const NO_BYTES = new Uint8Array(0);

/** The buffers without their first `done` bytes; `null` when one has lost its bytes. */
export function remaining(buffers: WSABUF[], count: number, done: number): WSABUF[] | null {
  if (!holdBytes(buffers, count)) return null;
  const rest: WSABUF[] = [];
  let skip = done;
  for (let i = 0; i < count; i++) {
    const { len, buf } = buffers[i]!;
    if (skip < len) rest.push({ len: len - skip, buf: viewOfBytes(buf, skip, len) });
    skip = Math.max(0, skip - len);
  }
  return rest;
}

/** Copies the buffers' descriptions, so that the caller may use the array again. */
export function captureBuffers(buffers: WSABUF[], count: number): WSABUF[] {
  const captured: WSABUF[] = new Array<WSABUF>(count);
  // One of length 0 may be without bytes where nobody has seen to it.
  for (let i = 0; i < count; i++) captured[i] = { len: buffers[i]!.len, buf: buffers[i]!.buf ?? NO_BYTES };
  return captured;
}

/** Bytes of the first `count` buffers together. */
export function totalLength(buffers: WSABUF[], count: number): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += buffers[i]!.len;
  return total;
}

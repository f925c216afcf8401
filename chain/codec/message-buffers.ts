// The bytes of one message in the application's buffers.
import { totalLength } from '../../io/index.js';
import { viewOfBytes, type WSABUF } from '../../spi/index.js';

/** The bytes of buffers as one array: where there is one buffer, its own. */
export function concatenated(buffers: WSABUF[], count: number, length = totalLength(buffers, count)): Uint8Array {
  if (count === 1) return viewOfBytes(buffers[0]!.buf, 0, length);
  const bytes = new Uint8Array(length);
  let at = 0;
  for (let i = 0; i < count; i++) {
    const { buf, len } = buffers[i]!;
    bytes.set(viewOfBytes(buf, 0, len), at);
    at += len;
  }
  return bytes;
}

/** Fills buffers with a datagram's bytes. Returns how many there was room for. */
export function copyInto(buffers: WSABUF[], count: number, bytes: Uint8Array): number {
  let at = 0;
  for (let i = 0; i < count && at < bytes.length; i++) {
    const { buf, len } = buffers[i]!;
    const part = bytes.subarray(at, at + len);
    viewOfBytes(buf, 0, len).set(part);
    at += part.length;
  }
  return at;
}

/** A copy of bytes, which may be a Node.js `Buffer`: the `slice` of that makes none. */
export function copied(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  return copy;
}

// Memory that receives and sends go through. It is used between two statements only, so one of each is enough for a
// thread.
import type { WSABUF } from '../../index.js';

const ROOM = 64 * 1024;
/** From here on a receive gives its room away instead of having its bytes copied out. */
const GIVE_AWAY = ROOM / 2;

let room = Buffer.allocUnsafeSlow(ROOM);
const gathering = Buffer.allocUnsafeSlow(ROOM);

/** What `Writable` hands to `_writev`. */
export interface WrittenChunk {
  chunk: Buffer | string;
  encoding: BufferEncoding;
}

/** Where the next receive puts its bytes. */
export function receiveRoom(): Buffer {
  return room;
}

/** The first `length` bytes of the receive room, as a buffer that is the caller's to keep. */
export function takeReceived(length: number): Buffer {
  if (length >= GIVE_AWAY) {
    const given = room.subarray(0, length);
    room = Buffer.allocUnsafeSlow(ROOM);
    return given;
  }
  const copy = Buffer.allocUnsafe(length);
  room.copy(copy, 0, 0, length);
  return copy;
}

/** Where `gather` puts its bytes; valid until the next `gather`. */
export function gathered(): Buffer {
  return gathering;
}

/**
 * Lays chunks one behind the other, so that one plain send takes them; the length, or -1 when there is no room for
 * them.
 */
export function gather(chunks: readonly WrittenChunk[]): number {
  let length = 0;
  for (let i = 0; i < chunks.length; i++) {
    const { chunk, encoding } = chunks[i]!;
    if (typeof chunk === 'string') {
      const written = gatherString(chunk, encoding, length);
      if (written < 0) return -1;
      length += written;
    } else {
      if (chunk.length > ROOM - length) return -1;
      length += chunk.copy(gathering, length);
    }
  }
  return length;
}

/** The same for one string, at an offset. */
export function gatherString(text: string, encoding: BufferEncoding, offset: number): number {
  // No encoding takes more than three bytes for a unit of UTF-16.
  if (text.length * 3 > ROOM - offset) return -1;
  return gathering.write(text, offset, encoding);
}

/** Chunks as the buffers of a `WSASend`; empty ones are left out. */
export function toBuffers(chunks: readonly WrittenChunk[]): WSABUF[] {
  const buffers: WSABUF[] = [];
  for (const { chunk, encoding } of chunks) {
    const buf = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
    if (buf.length > 0) buffers.push({ len: buf.length, buf });
  }
  return buffers;
}

/** The bytes in some chunks. */
export function bytesIn(chunks: readonly WrittenChunk[]): number {
  let bytes = 0;
  for (const { chunk, encoding } of chunks) {
    bytes += typeof chunk === 'string' ? Buffer.byteLength(chunk, encoding) : chunk.length;
  }
  return bytes;
}

/** Takes bytes that were sent off the front of a list of buffers. */
export function dropSent(buffers: WSABUF[], bytes: number): void {
  let whole = 0;
  while (whole < buffers.length && bytes >= buffers[whole]!.len) bytes -= buffers[whole++]!.len;
  if (whole > 0) buffers.splice(0, whole);
  if (bytes === 0) return;
  // Replaced, not changed: a provider may have captured the old one.
  const first = buffers[0]!;
  buffers[0] = { len: first.len - bytes, buf: first.buf.subarray(bytes) };
}

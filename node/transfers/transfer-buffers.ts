// Memory that receives and sends go through. It is used between two statements only, so one of each is enough for a
// thread.
import type { WSABUF } from '../../index.js';

const ROOM = 64 * 1024;
/** From here on a receive gives its room away instead of having its bytes copied out. */
const GIVE_AWAY = ROOM / 2;
/** What small receives share: as much as Node.js' small buffers do, so that one that is kept keeps no more than they. */
const SHELF = 8192;
const ALIGNMENT = 8;
/** Up to here bytes are copied one by one: to make the views that `set` wants takes longer. */
const FEW = 128;

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

/** Where bytes are that somebody may keep. Filled and read between two statements, so one is enough for the thread. */
export interface KeptBytes {
  memory: ArrayBufferLike;
  offset: number;
}

const kept: KeptBytes = { memory: new ArrayBuffer(0), offset: 0 };
/** Memory that small receives are copied to, one behind the other, and how much of it is taken. */
let shelf = new Uint8Array(0);
let shelved = 0;

/** The first `length` bytes of the receive room, where the caller may keep them; the place is valid until the next call. */
export function keepReceived(length: number): Readonly<KeptBytes> {
  if (length >= GIVE_AWAY) {
    kept.memory = room.buffer;
    kept.offset = 0;
    room = Buffer.allocUnsafeSlow(ROOM);
    return kept;
  }
  if (length > SHELF / 2) {
    kept.memory = room.buffer.slice(0, length);
    kept.offset = 0;
    return kept;
  }
  if (shelved + length > shelf.length) {
    shelf = new Uint8Array(new ArrayBuffer(SHELF));
    shelved = 0;
  }
  if (length > FEW) shelf.set(new Uint8Array(room.buffer, 0, length), shelved);
  else for (let at = 0; at < length; at++) shelf[shelved + at] = room[at]!;
  kept.memory = shelf.buffer;
  kept.offset = shelved;
  shelved = (shelved + length + ALIGNMENT - 1) & -ALIGNMENT;
  return kept;
}

/** The same as a buffer. */
export function takeReceived(length: number): Buffer {
  const { memory, offset } = keepReceived(length);
  return Buffer.from(memory, offset, length);
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

/**
 * The same for what Node.js gives its handles.
 *
 * @param chunks buffers, or chunks that alternate with their encodings
 */
export function gatherWritten(chunks: readonly unknown[], allBuffers: boolean): number {
  const step = allBuffers ? 1 : 2;
  let length = 0;
  for (let i = 0; i < chunks.length; i += step) {
    const chunk = chunks[i] as Buffer | string;
    if (typeof chunk === 'string') {
      const written = gatherString(chunk, chunks[i + 1] as BufferEncoding, length);
      if (written < 0) return -1;
      length += written;
    } else {
      if (chunk.length > ROOM - length) return -1;
      gathering.set(chunk, length);
      length += chunk.length;
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

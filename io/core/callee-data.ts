// Data that comes with a connection, and where the application wants it.
import type { WSABUF } from '../../spi/index.js';
import type { SocketCore } from './socket-core.js';

/**
 * Gives an application the data that came with a connection, as much as it has room for; 0 bytes where there is none.
 *
 * @param core the core of the connection
 * @param into filled from its start, `len` being the room before and the bytes after; `null` for nobody
 */
export function giveConnectData(core: SocketCore, into: WSABUF | null): void {
  if (into !== null) fillBuffer(into, core.connectData?.() ?? null);
}

/** Copies data into a buffer, as much as there is room for, and says in `len` how much that is. */
export function fillBuffer(into: WSABUF, data: Uint8Array | null): void {
  // What was transferred away meanwhile has no room any more.
  const length = data === null ? 0 : Math.min(data.length, into.len, into.buf.length);
  if (data !== null && length > 0) into.buf.set(data.subarray(0, length));
  into.len = length;
}

import type { LPWSAOVERLAPPED_COMPLETION_ROUTINE, Ref, WSABUF, WSAOVERLAPPED, WSATHREADID } from '../spi/index.js';

/** What an overlapped operation does. */
export type OperationKind = 'receive' | 'send';

/** One overlapped operation that waits for its turn. The buffers are captured; the array that held them is not kept. */
export class Operation {
  /** Bytes that went before the operation had to wait. */
  transferred = 0;

  constructor(
    readonly kind: OperationKind,
    readonly buffers: WSABUF[],
    readonly flags: number,
    /** Bytes of all buffers together. */
    readonly total: number,
    /** Where a receive writes the source, or the destination of a send. */
    readonly address: Uint8Array | null,
    readonly addressLength: Ref<number> | null,
    readonly overlapped: WSAOVERLAPPED,
    readonly routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE | null,
    readonly thread: WSATHREADID | null,
  ) {}
}

/** Copies the buffers' descriptions, so that the caller may use the array again. */
export function captureBuffers(buffers: WSABUF[], count: number): WSABUF[] {
  const captured: WSABUF[] = new Array<WSABUF>(count);
  for (let i = 0; i < count; i++) captured[i] = { len: buffers[i]!.len, buf: buffers[i]!.buf };
  return captured;
}

/** Bytes of the first `count` buffers together. */
export function totalLength(buffers: WSABUF[], count: number): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += buffers[i]!.len;
  return total;
}

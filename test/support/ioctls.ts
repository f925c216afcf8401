// Ioctls in their three forms, and what each leaves behind.
import { ref, WSAOVERLAPPED } from 'ws2spi';
import type { World } from './providers.js';

/** What `lpcbBytesReturned` holds before a call, to be seen untouched after it. */
export const UNTOUCHED = 0xdeadbeef;

/** What one ioctl did. */
export interface IoctlOutcome {
  /** 0 or the error. */
  readonly code: number;
  /** `lpcbBytesReturned`. */
  readonly count: number;
  readonly output: Uint8Array;
}

/** An ioctl's buffers: `room` makes an output, `null` gives none. */
export interface IoctlArguments {
  readonly input?: Uint8Array | null;
  readonly room?: number | null;
  readonly output?: Uint8Array;
  readonly overlapped?: WSAOVERLAPPED;
  readonly routine?: (...args: unknown[]) => void;
}

/** Calls `WSAIoctl`. */
export function ioctl(world: World, s: number, code: number, given: IoctlArguments = {}): IoctlOutcome {
  const { input = null, room = 0, overlapped = null, routine = null } = given;
  const output = given.output ?? new Uint8Array(room ?? 0);
  const count = ref(UNTOUCHED);
  const result = world.ws2.WSAIoctl(
    s,
    code,
    input,
    input?.length ?? 0,
    room === null ? null : output,
    output.length,
    count,
    overlapped,
    routine,
  );
  return { code: world.code(result), count: count.value, output };
}

/** An overlapped ioctl, its outcome and its completion: by a routine that has run, as `[error, bytes]`. */
export function overlappedIoctl(
  world: World,
  s: number,
  code: number,
  given: IoctlArguments = {},
): IoctlOutcome & { readonly overlapped: WSAOVERLAPPED; readonly completion: unknown[] | null } {
  const overlapped = new WSAOVERLAPPED();
  const seen: unknown[][] = [];
  const routine = (error: unknown, bytes: unknown): void => void seen.push([error, bytes]);
  const outcome = ioctl(world, s, code, { ...given, overlapped, routine });
  world.ws2.host.SleepEx(0, true);
  return { ...outcome, overlapped, completion: seen[0] ?? null };
}

/** Four bytes. */
export function dword(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

/** The number that four bytes are. */
export function numberOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
}

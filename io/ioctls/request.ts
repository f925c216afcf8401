import { WSAEFAULT, type CountOrNegatedCode } from '../../spi/index.js';
import type { FrontSocket, SocketTable } from '../socket/index.js';

/** The arguments of one ioctl, as a handler sees them. */
export class IoctlRequest {
  /** What `lpcbBytesReturned` gets when the ioctl fails; `null` leaves it alone, `undefined` leaves it to the error. */
  reported: number | null | undefined = undefined;

  constructor(
    readonly code: number,
    /** The input, as long as the caller says that it is; `null` for none. */
    readonly input: Uint8Array | null,
    readonly output: Uint8Array | null,
    /** Bytes of `output` that may be written. */
    readonly room: number,
  ) {}

  /** How long the input is. */
  get inputLength(): number {
    return this.input?.length ?? 0;
  }

  /** Fails, and says what `lpcbBytesReturned` becomes: by default it is left alone. */
  refuse(error: number, reported: number | null = null): number {
    this.reported = reported;
    return -error;
  }

  /** Gives a number of four bytes; WSAEFAULT where there is no room for them. */
  giveDword(value: number): number {
    if (this.output === null || this.room < 4) return -WSAEFAULT;
    new DataView(this.output.buffer, this.output.byteOffset).setUint32(0, value, true);
    return 4;
  }

  /** Gives bytes that are known to fit. */
  give(bytes: Uint8Array): number {
    this.output!.set(bytes);
    return bytes.length;
  }

  /** The number that the first four bytes of the input are; `null` when there are fewer. */
  get dword(): number | null {
    const { input } = this;
    if (input === null || input.length < 4) return null;
    return new DataView(input.buffer, input.byteOffset).getUint32(0, true);
  }
}

/** What an ioctl gives: bytes written, or a negated WinSock code. */
export type IoctlHandler = (socket: FrontSocket, request: IoctlRequest, table: SocketTable) => number;

/** Room for whatever a core answers: a few hundred addresses. The caller's own room is judged afterwards. */
const ROOM = 0x8000;
/** Room for one address, of whatever family. */
export const ADDRESS_ROOM = 256;

/**
 * Asks the core, with room of our own: how too little room is told differs from ioctl to ioctl, and is the front's
 * matter.
 *
 * @param room bytes that the answer may have
 * @returns the answer, or a negated WinSock code
 */
export function askCore(
  socket: FrontSocket,
  code: number,
  input: Uint8Array | null = null,
  room = ROOM,
): Uint8Array | CountOrNegatedCode {
  const answer = new Uint8Array(room);
  const written = socket.core.ioctl(code, input, input?.length ?? 0, answer, room);
  return written < 0 ? written : answer.subarray(0, written);
}

/** Hands an ioctl on to the core as it is: the core has the answer, or the provider below it. */
export const askBelow: IoctlHandler = (socket, request) =>
  socket.core.ioctl(request.code, request.input, request.inputLength, request.output, request.room);

import { fstatSync, readSync } from 'node:fs';
import { areFlags, hasBytes, isSize, isStructure, memberOf, setMember } from '../../spi/arguments.js';
import {
  ERROR_INVALID_HANDLE,
  ERROR_INVALID_PARAMETER,
  TF_DISCONNECT,
  TF_REUSE_SOCKET,
  TF_USE_KERNEL_APC,
  TF_USE_SYSTEM_THREAD,
  TF_WRITE_BEHIND,
  TP_ELEMENT_EOP,
  TP_ELEMENT_FILE,
  TP_ELEMENT_MEMORY,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOTCONN,
  WSAENOTSOCK,
  WSAEOPNOTSUPP,
  WSAESHUTDOWN,
  WSAEWOULDBLOCK,
  type ExtensionRoutes,
  type LPFN_TRANSMITFILE,
  type LPFN_TRANSMITPACKETS,
  type TRANSMIT_PACKETS_ELEMENT,
  type WSABUF,
  type WSAOVERLAPPED,
  type WSATHREADID,
} from '../../spi/index.js';
import { Readiness, State } from '../core/index.js';
import { Operation, sendBy, type FrontSocket, type SocketTable } from '../socket/index.js';
import { disconnect } from './disconnect-ex.js';
import type { ExtensionCalls } from './extension-calls.js';

/** A piece of what is transmitted: memory, or a part of a file. */
interface Piece {
  /**
   * The whole array of the caller's, of which `length` bytes count; whether they are there is found out at each
   * attempt.
   */
  readonly memory: Uint8Array | null;
  /** A file descriptor of Node.js, when there is no memory. */
  readonly file: number;
  /** Where in the file it begins; -1 for the file's own position. */
  readonly position: number;
  /** How many bytes; `Infinity` up to the file's end. */
  readonly length: number;
  /** The piece ends a packet, which counts for datagrams. */
  readonly endsPacket: boolean;
}

const FLAGS = TF_DISCONNECT | TF_REUSE_SOCKET | TF_WRITE_BEHIND | TF_USE_SYSTEM_THREAD | TF_USE_KERNEL_APC;
/** Bytes read from a file at a time where the system does not send files by itself. */
const CHUNK = 65536;
/** Bytes of one transmission in one turn; then the next socket has its go. */
const BYTES_PER_TURN = 4 * 1024 * 1024;
/** The longest datagram that is put together from pieces. */
const MOST_DATAGRAM_BYTES = 65535;

/** A transmission behind the sends of its socket. */
class TransmitOperation extends Operation {
  #index = 0;
  /** Bytes of the present piece that are gone. */
  #gone = 0;
  /** Bytes that were read from the file and did not all go out: those from `#sent` on. */
  #chunk: Uint8Array | null = null;
  #sent = 0;
  #unsupported = false;
  /**
   * A datagram that was put together and found no room: what was read of a file at its own position is not there twice.
   */
  #packet: WSABUF[] | null = null;

  constructor(
    private readonly socket: FrontSocket,
    private readonly pieces: readonly Piece[],
    private readonly flags: number,
    private readonly table: SocketTable,
    private readonly routes: ExtensionRoutes,
    overlapped: WSAOVERLAPPED | null,
    thread: WSATHREADID,
  ) {
    super(overlapped, null, thread);
  }

  override attempt(): number {
    const { socket } = this;
    if (socket.waitingSendError !== 0) return socket.waitingSendError;
    const error = socket.stream ? this.#sendStream(socket) : this.#sendDatagrams(socket);
    if (error !== 0 || (this.flags & TF_DISCONNECT) === 0) return error;
    return disconnect(socket, this, this.table, (this.flags & TF_REUSE_SOCKET) !== 0 ? 'unbound' : null);
  }

  override ended(error: number): void {
    super.ended(error);
    this.socket.core.endSendFile?.();
  }

  #sendStream(socket: FrontSocket): number {
    const limit = this.transferred + BYTES_PER_TURN;
    while (this.#index < this.pieces.length) {
      const piece = this.pieces[this.#index]!;
      const error = piece.memory === null ? this.#sendFile(socket, piece) : this.#sendMemory(socket, piece);
      if (error !== 0) return error;
      if (this.transferred >= limit) {
        socket.changed(Readiness.WRITABLE);
        return WSAEWOULDBLOCK;
      }
    }
    return 0;
  }

  #nextPiece(): number {
    this.#index++;
    this.#gone = 0;
    this.#unsupported = false;
    return 0;
  }

  /** Sends from memory until the piece is gone. */
  #sendMemory(socket: FrontSocket, { memory, length }: Piece): number {
    while (this.#gone < length) {
      const sent = this.#send(socket, memory!, length, this.#gone);
      if (sent < 0) return -sent;
      this.#gone += sent;
      this.transferred += sent;
    }
    return this.#nextPiece();
  }

  /** Sends a portion of a file; `#index` moves on at the end of the piece. */
  #sendFile(socket: FrontSocket, piece: Piece): number {
    if (this.#chunk !== null) return this.#sendChunk(socket);
    const left = piece.length - this.#gone;
    if (left <= 0) return this.#nextPiece();
    const at = piece.position < 0 ? -1 : piece.position + this.#gone;
    if (socket.core.trySendFile !== undefined && this.routes.send === undefined && !this.#unsupported) {
      const sent = socket.core.trySendFile(piece.file, at, Math.min(left, BYTES_PER_TURN));
      if (sent === 0) return this.#nextPiece();
      if (sent > 0) {
        this.#gone += sent;
        this.transferred += sent;
        return 0;
      }
      if (sent !== -WSAEOPNOTSUPP) return -sent;
      // A file of a kind that the system cannot send by itself.
      this.#unsupported = true;
    }
    const chunk = readFile(piece.file, at, Math.min(left, CHUNK));
    if (typeof chunk === 'number') return chunk;
    if (chunk.length === 0) return this.#nextPiece();
    this.#chunk = chunk;
    this.#sent = 0;
    return this.#sendChunk(socket);
  }

  #sendChunk(socket: FrontSocket): number {
    const chunk = this.#chunk!;
    while (this.#sent < chunk.length) {
      const sent = this.#send(socket, chunk, chunk.length, this.#sent);
      if (sent < 0) return -sent;
      this.#sent += sent;
      this.#gone += sent;
      this.transferred += sent;
    }
    this.#chunk = null;
    return 0;
  }

  #send(socket: FrontSocket, bytes: Uint8Array, length: number, offset: number): number {
    const buffers = [{ len: length, buf: bytes }];
    return this.routes.send === undefined
      ? socket.core.trySend(buffers, 1, 0, null, 0, offset)
      : sendBy(this.routes, socket, buffers, offset);
  }

  /** Sends datagrams, each from the pieces up to the end of a packet. */
  #sendDatagrams(socket: FrontSocket): number {
    while (this.#index < this.pieces.length) {
      this.#packet ??= [];
      // One buffer per piece.
      const buffers = this.#packet;
      let end = this.#index + buffers.length;
      while (end < this.pieces.length && (end === this.#index || !this.pieces[end - 1]!.endsPacket)) {
        const piece = this.pieces[end++]!;
        if (piece.memory !== null) {
          buffers.push({ len: piece.length, buf: piece.memory });
          continue;
        }
        const read = readFile(piece.file, piece.position, Math.min(piece.length, MOST_DATAGRAM_BYTES));
        if (typeof read === 'number') return read;
        buffers.push({ len: read.length, buf: read });
      }
      const sent =
        this.routes.send === undefined
          ? socket.core.trySend(buffers, buffers.length, 0, null, 0, 0)
          : sendBy(this.routes, socket, buffers, 0);
      if (sent < 0) return -sent;
      this.transferred += sent;
      this.#packet = null;
      this.#index = end;
    }
    return 0;
  }
}

/** Reads a part of a file; less than asked for at its end. A number is the error. */
function readFile(file: number, position: number, length: number): Uint8Array | number {
  const bytes = new Uint8Array(length);
  try {
    return bytes.subarray(0, readSync(file, bytes, 0, length, position < 0 ? null : position));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EBADF' ? ERROR_INVALID_HANDLE : ERROR_INVALID_PARAMETER;
  }
}

/** 0 when the file can be transmitted, or the Win32 error. */
function fileError(file: unknown): number {
  if (typeof file !== 'number' || !Number.isInteger(file) || file < 0) return ERROR_INVALID_HANDLE;
  try {
    return fstatSync(file).isDirectory() ? ERROR_INVALID_PARAMETER : 0;
  } catch {
    return ERROR_INVALID_HANDLE;
  }
}

/** Makes `TransmitFile` and `TransmitPackets` over a table of sockets. */
export function createTransmitProcedures(
  table: SocketTable,
  calls: ExtensionCalls,
): { TransmitFile: LPFN_TRANSMITFILE; TransmitPackets: LPFN_TRANSMITPACKETS } {
  const host = table.host;

  function begin(
    socket: FrontSocket,
    pieces: readonly Piece[],
    flags: number,
    overlapped: WSAOVERLAPPED | null,
    routes: ExtensionRoutes,
    description: string,
  ): boolean {
    const behind = overlapped !== null && (flags & TF_WRITE_BEHIND) !== 0;
    const operation = new TransmitOperation(
      socket,
      pieces,
      flags,
      table,
      routes,
      behind ? null : overlapped,
      host.thread,
    );
    const done = calls.beginSend(socket, operation, description);
    if (behind && done) {
      // Specification, TF_WRITE_BEHIND: it never pends, and no completion port is told.
      setMember(overlapped, 'InternalHigh', operation.transferred);
      setMember(overlapped, 'Internal', 0);
      const hEvent = memberOf(overlapped, 'hEvent');
      if (typeof hEvent === 'number' && hEvent !== 0) host.setEvent(hEvent);
    }
    return done;
  }

  const TransmitFile: LPFN_TRANSMITFILE = (s, file, length, _perSend, overlapped, buffers, flags, routes) => {
    const socket = table.find(s);
    if (socket === undefined) return calls.fail(WSAENOTSOCK);
    // Measured behaviour 28.1: before the file is looked at; datagram sockets are never connected enough.
    const refused = !socket.stream ? WSAENOTCONN : refusal(socket, flags);
    if (refused !== 0) return calls.fail(refused);
    const head = memoryPieces(buffers?.Head, buffers?.HeadLength);
    const tail = memoryPieces(buffers?.Tail, buffers?.TailLength);
    if (head === null || tail === null || !isSize(length)) return calls.fail(WSAEFAULT);
    const noFile = file === null || file === undefined;
    const error = noFile ? 0 : fileError(file);
    if (error !== 0) return calls.fail(error);
    if (overlapped !== null && !isPosition(overlapped)) return calls.fail(WSAEFAULT);
    const position =
      overlapped === null ? -1 : (overlapped.Offset >>> 0) + (overlapped.OffsetHigh >>> 0) * 0x1_0000_0000;
    const pieces = [...head, ...(noFile ? [] : [filePiece(file, position, length)]), ...tail];
    return begin(socket, pieces, flags, overlapped, calls.foreign(routes), 'TransmitFile');
  };

  const TransmitPackets: LPFN_TRANSMITPACKETS = (s, elements, count, _sendSize, overlapped, flags, routes) => {
    const socket = table.find(s);
    if (socket === undefined) return calls.fail(WSAENOTSOCK);
    const refused = refusal(socket, flags);
    if (refused !== 0) return calls.fail(refused);
    if (!Array.isArray(elements) || !isSize(count) || count > elements.length) return calls.fail(WSAEFAULT);
    const pieces: Piece[] = [];
    for (const element of elements.slice(0, count)) {
      const piece = pieceOf(element);
      if (typeof piece === 'number') return calls.fail(piece);
      pieces.push(piece);
    }
    return begin(socket, pieces, flags, overlapped, calls.foreign(routes), 'TransmitPackets');
  };

  return { TransmitFile, TransmitPackets };
}

function refusal(socket: FrontSocket, flags: number): number {
  if (socket.state !== State.CONNECTED) return WSAENOTCONN;
  if (socket.sendShutdown) return WSAESHUTDOWN;
  if (!areFlags(flags, FLAGS)) return WSAEINVAL;
  // Specification: reuse goes with a disconnect only.
  return (flags & TF_REUSE_SOCKET) !== 0 && (flags & TF_DISCONNECT) === 0 ? WSAEINVAL : 0;
}

/** Whether the members that say where in a file to begin are numbers, or left out. */
function isPosition({ Offset, OffsetHigh }: Partial<WSAOVERLAPPED>): boolean {
  return [Offset ?? 0, OffsetHigh ?? 0].every((part) => typeof part === 'number');
}

/** The piece of so many bytes, if there are any; `null` when the array has fewer. */
function memoryPieces(bytes: Uint8Array | null | undefined, length: number | null | undefined): Piece[] | null {
  const size = length ?? 0;
  if (!hasBytes(bytes, size)) return null;
  return size === 0 ? [] : [{ memory: bytes!, file: -1, position: -1, length: size, endsPacket: false }];
}

function filePiece(file: number, position: number, length: number): Piece {
  return { memory: null, file, position, length: length === 0 ? Infinity : length, endsPacket: false };
}

function pieceOf(element: TRANSMIT_PACKETS_ELEMENT): Piece | number {
  if (!isStructure(element)) return WSAEFAULT;
  // Each once: a getter may answer otherwise the next time.
  const { dwElFlags, cLength, pBuffer, nFileOffset, hFile } = element;
  if (!isSize(cLength)) return WSAEFAULT;
  if (typeof dwElFlags !== 'number') return WSAEINVAL;
  const kind = dwElFlags & (TP_ELEMENT_MEMORY | TP_ELEMENT_FILE);
  const endsPacket = (dwElFlags & TP_ELEMENT_EOP) !== 0;
  if (kind === TP_ELEMENT_MEMORY) {
    if (!hasBytes(pBuffer, cLength)) return WSAEFAULT;
    if (!(pBuffer instanceof Uint8Array)) return emptyPiece(endsPacket);
    return { memory: pBuffer, file: -1, position: -1, length: cLength, endsPacket };
  }
  if (kind !== TP_ELEMENT_FILE) return WSAEINVAL;
  const offset = nFileOffset ?? -1;
  if (!Number.isInteger(offset)) return WSAEFAULT;
  return fileError(hFile) || { ...filePiece(hFile!, offset, cLength), endsPacket };
}

function emptyPiece(endsPacket: boolean): Piece {
  return { memory: new Uint8Array(0), file: -1, position: -1, length: 0, endsPacket };
}

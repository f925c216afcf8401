// The reads of a handle: bytes are received while they are wanted.
import { WSAECONNABORTED, WSAEWOULDBLOCK } from '../../index.js';
import { keepReceived, receiveRoom, runTicks, type ChainHandle } from '../transfers/index.js';
import { outsideOfScopes } from './outside-of-scopes.js';
import { UV_ECONNRESET, UV_EOF, uvErrorOf } from './uv-errors.js';

/**
 * Whether a reset that follows bytes is the end of what was read. libuv's poll of Unix tells the end so before 1.52 (Node.js 24.21 and
 * 26); from then on the error is told.
 */
const RESETS_ARE_ENDS = isBefore(process.versions.uv, 1, 52);

/** Receives per notice; then the next socket has its go. */
const RECEIVES_PER_NOTICE = 16;

/** The handle that a reader reads for. */
export interface ReadingHandle {
  /** The connection; `null` when there is none. */
  readonly connection: ChainHandle | null;
  /** It reads from now on, or no longer. */
  readingChanged(): void;
  /** Whether native code takes what is received. */
  readonly readsNatively: boolean;
  /** Calls `receive` in the next turn of the event loop. */
  receiveLater(): void;
  /**
   * Takes what was received.
   *
   * @param count how many bytes, or a libuv error; UV_EOF at the end
   * @param memory where the bytes are; `null` without any, or when they are in the user's own buffer
   * @param offset where they begin there
   */
  received(count: number, memory: ArrayBufferLike | null, offset: number): void;
}

/** Receives for a handle. */
export class HandleReader {
  /** All that was received. */
  bytes = 0;
  #reading = false;
  /** Whether there may be bytes that no notice will tell of. */
  #mayReceive = false;
  /** The connection is over: no notice will tell of anything more. */
  #isLast = false;
  #isLater = false;
  /** Why bytes are lost whose writers were told that they had been sent; 0 for none. */
  #writeFailure = 0;
  /** A buffer of the user's that is received into. */
  #ownRoom: Uint8Array | null = null;

  constructor(private readonly handle: ReadingHandle) {}

  /** Whether bytes are received as they come. */
  get reading(): boolean {
    return this.#reading;
  }

  /** Receives as bytes come, from now on. */
  start(): void {
    if (this.#reading) return;
    this.#reading = true;
    this.handle.readingChanged();
    if (this.#mayReceive) this.#receiveLater();
  }

  /** Receives no more. */
  stop(): void {
    this.#reading = false;
    this.handle.readingChanged();
  }

  /** Receives into a buffer of the user's, from now on; `null` for none any more. */
  useBuffer(buffer: Uint8Array | null): void {
    this.#ownRoom = buffer;
  }

  /** A write failed that its writer was told to be done: reading tells it, as when the system loses what it has taken. */
  writeFailed(status: number): void {
    this.#writeFailure = status;
    this.#mayReceive = true;
    if (this.#reading) this.#receiveLater();
  }

  #receiveLater(): void {
    if (this.#isLater) return;
    this.#isLater = true;
    this.handle.receiveLater();
  }

  /** The next turn of the event loop has come. */
  receiveNow(): void {
    this.#isLater = false;
    this.#receive();
  }

  /**
   * There may be bytes, or the end.
   *
   * @param isLast whether the connection is over, and no other notice comes
   */
  noticed(isLast: boolean): void {
    this.#mayReceive = true;
    if (isLast) this.#isLast = true;
    const { connection, readsNatively } = this.handle;
    if (readsNatively && connection !== null) outsideOfScopes(() => this.#receive(), connection.ws2);
    else this.#receive();
  }

  #receive(): void {
    let isShort = false;
    for (let receives = 0; receives < RECEIVES_PER_NOTICE; receives++) {
      // What runs then may receive as well, into the same memory.
      if (receives > 0) runTicks();
      const { connection } = this.handle;
      if (connection === null || !this.#reading || !this.#mayReceive) return;
      const { ws2, s } = connection;
      const own = this.#ownRoom;
      const room = own ?? receiveRoom();
      const received = ws2.recv(s, room, room.length, 0);
      if (received <= 0) {
        const error = received === 0 ? 0 : ws2.WSAGetLastError();
        this.#mayReceive = false;
        if (error === 0 || (RESETS_ARE_ENDS && isShort && error !== WSAEWOULDBLOCK)) this.#ended(UV_EOF);
        else if (error !== WSAEWOULDBLOCK) this.#ended(readStatus(connection, error));
        else if (this.#writeFailure !== 0) this.#ended(this.#writeFailure);
        return;
      }
      this.bytes += received;
      isShort = received < room.length;
      this.#mayReceive = this.#isLast || received === room.length;
      if (own === null) {
        const { memory, offset } = keepReceived(received);
        this.handle.received(received, memory, offset);
      } else this.handle.received(received, null, 0);
      // After a short read there is nothing more, and FD_READ or FD_CLOSE tells when there is.
      if (!this.#mayReceive) return;
    }
    if (this.#reading && this.#mayReceive) this.#receiveLater();
  }

  #ended(status: number): void {
    this.stop();
    this.handle.received(status, null, 0);
  }
}

function isBefore(version: string, major: number, minor: number): boolean {
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map(Number);
  return ownMajor < major || (ownMajor === major && ownMinor < minor);
}

/** What libuv tells of a receive that failed. */
function readStatus(connection: ChainHandle, error: number): number {
  // WinSock has two codes for a reset, by whether something was sent to a peer that has gone; libuv has one. If the peer had
  // ended before, that is what Node.js' systems go on to tell.
  if (error !== WSAECONNABORTED) return uvErrorOf(error);
  return connection.peerEnded ? UV_EOF : UV_ECONNRESET;
}

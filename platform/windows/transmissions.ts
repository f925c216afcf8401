// Parts of files on their way by Windows' own TransmitFile, which tells the thread's completion port when they are gone.
import {
  ERROR_INVALID_HANDLE,
  WSA_IO_PENDING,
  WSAECONNRESET,
  WSAENOTCONN,
  WSAENOTSOCK,
  WSAEOPNOTSUPP,
  WSAEWOULDBLOCK,
  WSAID_TRANSMITFILE,
  type CountOrNegatedCode,
} from '../../spi/index.js';
import { pinMemory, writeWord } from '../native-memory.js';
import type { Requests } from './afd.js';
import { DUPLICATE_SAME_ACCESS, THIS_PROCESS, type Winsock } from './functions.js';
import { extensionFunction, isWine, lastingMemory } from './winsock.js';

/** The completion key of sockets that transmit; AFD's handle has 0. */
export const TRANSMIT_KEY = 1;
/** Less than this is read and sent quicker than it is told of. */
const LEAST_BYTES = 0x1_0000;
const MOST_BYTES = 0x7fff_fffe;
const FILE_CURRENT = 1;
const FILE_BEGIN = 0;
const WORKSTATION = 1;
/** Has it so whatever edition of Windows this is: `native` or `own`. */
const WISH = 'WS2SPI_TRANSMIT_FILE';

/** An OVERLAPPED in 32-bit integers: its status, then the bytes, the place in the file, and the event. */
const OVERLAPPED = { OFFSET: 4, EVENT: 6, INTS: 8 } as const;
const SLAB_PLACES = 128;
/** Socket, file, bytes, bytes at a time, overlapped, buffers before and behind, flags. */
const PARAMETERS = ['intptr_t', 'intptr_t', 'uint32_t', 'uint32_t', 'intptr_t', 'intptr_t', 'uint32_t'] as const;

/** One that is under way, or is over and not taken yet. */
interface Transmission {
  readonly place: Place;
  readonly handle: number;
  /** The file's own position is to move on by what is sent. */
  readonly moves: boolean;
  readonly begin: number;
  over: boolean;
}

/** Memory of the kernel's for as long as it has not told of it. */
interface Place {
  readonly slab: Requests;
  readonly at: number;
  readonly address: number;
  /** Whose it is; -1 when nobody asks any more. */
  descriptor: number;
  /** A handle of its own to the file; 0 for none. */
  file: number;
  /** The kernel has it. */
  busy: boolean;
}

/**
 * Whether it is to be used. Windows for clients lets two of them be under way at a time, for all processes: two peers that do not read
 * would hold up everybody's.
 */
function isWanted(functions: Winsock): boolean {
  const wish = process.env[WISH]?.toLowerCase();
  if (wish !== undefined && wish !== '') return wish === 'native';
  const type = pinMemory(8);
  return functions.RtlGetNtProductType(type.address) !== 0 && type.ints[0] !== WORKSTATION;
}

/** The transmissions of a thread's sockets. */
export class Transmissions {
  readonly #winsock: Winsock;
  readonly #port: number;
  readonly #event: number;
  readonly #wanted: boolean;
  readonly #under = new Map<number, Transmission>();
  /** Those that the port tells of; false for one that another port has. */
  readonly #joined = new Map<number, boolean>();
  readonly #places = new Map<number, Place>();
  readonly #free: Place[] = [];
  readonly #number = pinMemory(8);
  readonly #flags = pinMemory(8);
  /** Wine reads a file that is closed under way no further, and forgets how much it has sent. */
  #holdsFiles: boolean | null = null;
  #transmit: ((...values: number[]) => number) | null = null;

  /**
   * @param port where it is told that one is over
   * @param event cleared when one begins, and set when it is over
   */
  constructor(functions: Winsock, port: number, event: number) {
    this.#winsock = functions;
    this.#wanted = isWanted(functions);
    this.#port = port;
    this.#event = event;
  }

  /** See `PlatformSockets.sendFile`: the first call begins it, and the one after it was told of gives what came of it. */
  send(descriptor: number, file: number, position: number, length: number): CountOrNegatedCode {
    const under = this.#under.get(descriptor);
    if (under === undefined) return this.#wanted ? this.#begin(descriptor, file, position, length) : -WSAEOPNOTSUPP;
    return under.over ? this.#take(descriptor, file, under) : -WSAEWOULDBLOCK;
  }

  /** Nobody asks for what a socket has under way any more. */
  end(descriptor: number): void {
    const under = this.#under.get(descriptor);
    if (under === undefined) return;
    this.#under.delete(descriptor);
    if (under.over) return void this.#free.push(under.place);
    under.place.descriptor = -1;
    this.#winsock.CancelIoEx(descriptor, under.place.address);
  }

  /** A socket is to be closed, and its number will be another's. */
  forget(descriptor: number): void {
    this.end(descriptor);
    this.#joined.delete(descriptor);
  }

  /** The port told of one. Returns the socket; -1 when it is nobody's any more. */
  finished(address: number): number {
    const place = this.#places.get(address);
    if (place === undefined) return -1;
    // Wine 8 tells of some requests twice.
    if (!place.busy) return -1;
    place.busy = false;
    this.#letGo(place);
    const { descriptor } = place;
    if (descriptor < 0) this.#free.push(place);
    else this.#under.get(descriptor)!.over = true;
    return descriptor;
  }

  #begin(descriptor: number, file: number, position: number, length: number): CountOrNegatedCode {
    const handle = this.#winsock.uv_get_osfhandle(file);
    if (handle <= 0) return -ERROR_INVALID_HANDLE;
    const begin = position >= 0 ? Math.floor(position) : this.#position(handle);
    const size = this.#answer(this.#winsock.GetFileSizeEx(handle, this.#number.address));
    // What has no size is no file, and what is short costs less without.
    if (begin < 0 || size < 0 || Math.min(size - begin, length) < LEAST_BYTES || !this.#join(descriptor)) {
      return -WSAEOPNOTSUPP;
    }
    const place = this.#free.pop() ?? this.#newPlace();
    const { ints } = place.slab;
    ints.fill(0, place.at, place.at + OVERLAPPED.INTS);
    writeWord(ints, place.at + OVERLAPPED.OFFSET, begin);
    writeWord(ints, place.at + OVERLAPPED.EVENT, this.#event);
    const bytes = Math.min(size - begin, length, MOST_BYTES);
    this.#transmit ??= extensionFunction(descriptor, WSAID_TRANSMITFILE, PARAMETERS, 0);
    place.file = this.#hold(handle);
    if (this.#transmit(descriptor, place.file || handle, bytes, 0, place.address, 0, 0) === 0) {
      const code = this.#winsock.GetLastError();
      if (code !== WSA_IO_PENDING) {
        this.#letGo(place);
        this.#free.push(place);
        // There was a connection: it has been reset, and nobody has been told yet.
        return code === WSAENOTCONN ? -WSAECONNRESET : -code;
      }
    }
    // The port tells of one that was over at once as well.
    place.descriptor = descriptor;
    place.busy = true;
    this.#under.set(descriptor, { place, handle, moves: position < 0, begin, over: false });
    return -WSAEWOULDBLOCK;
  }

  #take(descriptor: number, file: number, { place, handle, moves, begin }: Transmission): CountOrNegatedCode {
    this.#under.delete(descriptor);
    this.#free.push(place);
    const [sent, flags] = [this.#number, this.#flags];
    const { address } = place;
    sent.ints[0] = 0;
    const done = this.#winsock.WSAGetOverlappedResult(descriptor, address, sent.address, 0, flags.address) !== 0;
    const count = sent.ints[0]!;
    // What was sent before it failed counts, and the next part fails for the same reason.
    if (!done && count <= 0) {
      const code = this.#winsock.GetLastError();
      // The front keeps its own descriptor open: it is the file that was closed.
      return code === WSAENOTSOCK ? -ERROR_INVALID_HANDLE : -code;
    }
    // The file may have been closed since.
    const moving = moves && this.#winsock.uv_get_osfhandle(file) === handle;
    if (moving) this.#winsock.SetFilePointerEx(handle, begin + count, 0, FILE_BEGIN);
    return count;
  }

  #hold(handle: number): number {
    this.#holdsFiles ??= isWine();
    const { address, ints } = this.#number;
    if (!this.#holdsFiles) return 0;
    const { DuplicateHandle } = this.#winsock;
    return DuplicateHandle(THIS_PROCESS, handle, THIS_PROCESS, address, 0, 0, DUPLICATE_SAME_ACCESS) === 0
      ? 0
      : ints[0]!;
  }

  #letGo(place: Place): void {
    if (place.file !== 0) this.#winsock.CloseHandle(place.file);
    place.file = 0;
  }

  #position(handle: number): number {
    return this.#answer(this.#winsock.SetFilePointerEx(handle, 0, this.#number.address, FILE_CURRENT));
  }

  /** The 64-bit number that a call wrote; -1 when it failed. */
  #answer(result: number): number {
    return result === 0 ? -1 : Number(this.#number.view.getBigInt64(0, true));
  }

  #join(descriptor: number): boolean {
    const known = this.#joined.get(descriptor);
    if (known !== undefined) return known;
    const joined = this.#winsock.CreateIoCompletionPort(descriptor, this.#port, TRANSMIT_KEY, 0) !== 0;
    this.#joined.set(descriptor, joined);
    return joined;
  }

  #newPlace(): Place {
    const within = this.#places.size % SLAB_PLACES;
    const before = [...this.#places.values()].at(-1);
    const slab = within === 0 ? lastingMemory(SLAB_PLACES * OVERLAPPED.INTS * 4) : before!.slab;
    const at = within * OVERLAPPED.INTS;
    const place: Place = { slab, at, address: slab.address + at * 4, descriptor: -1, file: 0, busy: false };
    this.#places.set(place.address, place);
    return place;
  }
}

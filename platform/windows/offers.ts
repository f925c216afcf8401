// Sockets for other processes: WSADuplicateSocketW puts a duplicate there, and a note of it waits beside it until it is taken.
import * as spi from '../../spi/index.js';
import { koffi } from '../koffi.js';
import { pinMemory, type PinnedMemory } from '../native-memory.js';
import type { OfferedSocket, SocketOffer } from '../platform.js';
import { DUPLICATE_SAME_ACCESS, THIS_PROCESS, type Winsock } from './functions.js';

const INVALID_HANDLE_VALUE = -1;
const PROCESS_DUP_HANDLE = 0x40;
const ERROR_ACCESS_DENIED = 5;
const DUPLICATE_CLOSE_SOURCE = 1;
const PAGE_READWRITE = 4;
const FILE_MAP_WRITE = 2;
const WSA_FLAG_NO_HANDLE_INHERIT = 0x80;
const MOST_HANDLE = 0x7fff_ffff;
const MOST_NUMBER = 0xffff_ffff;
/** Where a name of IPv4 has the port and the address. */
const [PORT, ADDRESS, NAME_BYTES] = [2, 4, 16];

/**
 * A note, in 32-bit integers: what says that it is one, whether the offer stands, the offer's numbers, and the WSAPROTOCOL_INFOW that
 * Windows gave, by which WSASocketW opens the duplicate. It lies in a section, of which the other process has a handle as well.
 */
const NOTE = { MARK: 0, STATE: 4, COOKIE: 5, PROCESS: 6, TAKEN: 7, INFO: 8 } as const;
/** A WSAPROTOCOL_INFOW, as scratch memory has it. */
const INFO_INTS = Math.ceil(spi.WSAPROTOCOL_INFOW.size / 8) * 2;
const NOTE_BYTES = (NOTE.INFO + INFO_INTS) * 4;
const MARK = [0x69707332, 0x66666f77, 0x6f207265, 0x65746f6e];
const State = { OFFERED: 1, TAKEN: 2, WITHDRAWN: 3 } as const;

/** An offer, with what this process keeps of it. */
interface WindowsOffer extends SocketOffer {
  /** The section of the note, here. */
  readonly section: number;
  /** The process that may take it, as it was asked for. */
  readonly taker: number;
}

/** Offers and takes; see `PlatformSockets`. */
export class Offers {
  readonly #winsock: Winsock;
  readonly #out: PinnedMemory;
  readonly #name = pinMemory(NAME_BYTES);
  readonly #info = pinMemory(INFO_INTS * 4);

  /** @param out where calls answer; that of its own if absent */
  constructor(winsock: Winsock, out = pinMemory(8)) {
    this.#winsock = winsock;
    this.#out = out;
  }

  offer(descriptor: number, processId: number): SocketOffer | spi.ErrorCode {
    if (!Number.isInteger(processId) || processId <= 0 || processId > MOST_NUMBER) return spi.WSAEINVAL;
    const winsock = this.#winsock;
    const taker = winsock.OpenProcess(PROCESS_DUP_HANDLE, 0, processId);
    if (taker === 0) return winsock.GetLastError() === ERROR_ACCESS_DENIED ? spi.WSAEACCES : spi.WSAEINVAL;
    try {
      return this.#offerTo(taker, descriptor, processId);
    } finally {
      winsock.CloseHandle(taker);
    }
  }

  #offerTo(taker: number, descriptor: number, processId: number): SocketOffer | spi.ErrorCode {
    const winsock = this.#winsock;
    const section = winsock.CreateFileMappingW(INVALID_HANDLE_VALUE, 0, PAGE_READWRITE, 0, NOTE_BYTES, 0);
    if (section === 0) return spi.WSAENOBUFS;
    const [offerTaken, end] = this.#pair();
    const taken = end < 0 ? 0 : this.#hand(taker, end);
    if (end >= 0) winsock.closesocket(end);
    const there = this.#hand(taker, section);
    const cookie = globalThis.crypto.getRandomValues(new Uint32Array(1))[0]!;
    const offer: WindowsOffer = {
      process: process.pid,
      descriptor: there,
      taken,
      cookie,
      offerTaken,
      processEnded: -1,
      section,
      taker: processId,
    };
    let code: number = there === 0 ? spi.WSAENOBUFS : 0;
    if (code === 0 && winsock.WSADuplicateSocketW(descriptor, processId, this.#info.address) !== 0) {
      code = winsock.GetLastError();
    }
    if (code === 0) {
      const written = this.#withNote(section, (note) => {
        note.set(MARK, NOTE.MARK);
        note.set([State.OFFERED, cookie | 0, offer.process, taken], NOTE.STATE);
        note.set(this.#info.ints, NOTE.INFO);
        return true;
      });
      if (written) return offer;
      code = spi.WSAENOBUFS;
    }
    this.#takeBack(taker, offer);
    this.#forget(offer);
    return code;
  }

  /** Ends an offer that this made. */
  end(offered: SocketOffer): void {
    const offer = offered as WindowsOffer;
    const withdrawn = this.#withNote(offer.section, (note) => settle(note, State.WITHDRAWN));
    if (withdrawn) {
      // Windows keeps the duplicate in the other process until that ends; what is in this one can be closed.
      if (offer.taker === process.pid) this.#winsock.closesocket(this.#open(offer.section));
      const taker = this.#winsock.OpenProcess(PROCESS_DUP_HANDLE, 0, offer.taker);
      if (taker !== 0) {
        this.#takeBack(taker, offer);
        this.#winsock.CloseHandle(taker);
      }
    }
    this.#forget(offer);
  }

  take({ process: from, descriptor, taken, cookie }: OfferedSocket): spi.CountOrNegatedCode {
    if (descriptor <= 0 || descriptor > MOST_HANDLE) return -spi.WSAEINVAL;
    const won = this.#withNote(descriptor, (note) => {
      const isNote = MARK.every((word, index) => note[NOTE.MARK + index] === word);
      const isThis =
        note[NOTE.COOKIE] === (cookie | 0) && note[NOTE.PROCESS] === (from | 0) && note[NOTE.TAKEN] === (taken | 0);
      return isNote && isThis && settle(note, State.TAKEN);
    });
    if (!won) return -spi.WSAEINVAL;
    const socket = this.#open(descriptor);
    const failure = -this.#winsock.GetLastError();
    this.#winsock.CloseHandle(descriptor);
    // At this the other process learns of it.
    if (taken !== 0) this.#winsock.CloseHandle(taken);
    return socket < 0 ? failure : socket;
  }

  /** Opens the duplicate that a note of this process tells of. */
  #open(section: number): number {
    this.#withNote(section, (note) => {
      this.#info.ints.set(note.subarray(NOTE.INFO, NOTE.INFO + INFO_INTS));
      return true;
    });
    const from = spi.FROM_PROTOCOL_INFO;
    const flags = spi.WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT;
    return this.#winsock.WSASocketW(from, from, from, this.#info.address, 0, flags);
  }

  /** Gives another process a handle of this one's. Returns its number there, or 0. */
  #hand(taker: number, handle: number): number {
    const { address, ints } = this.#out;
    ints[0] = 0;
    const options = DUPLICATE_SAME_ACCESS;
    const handed = this.#winsock.DuplicateHandle(THIS_PROCESS, handle, taker, address, 0, 0, options);
    return handed === 0 ? 0 : ints[0];
  }

  /** Closes the handles of the other process, which nobody there has taken. */
  #takeBack(taker: number, offer: WindowsOffer): void {
    for (const handle of [offer.descriptor, offer.taken]) {
      if (handle !== 0) this.#winsock.DuplicateHandle(taker, handle, 0, 0, 0, 0, DUPLICATE_CLOSE_SOURCE);
    }
  }

  #forget(offer: WindowsOffer): void {
    if (offer.offerTaken >= 0) this.#winsock.closesocket(offer.offerTaken);
    this.#winsock.CloseHandle(offer.section);
  }

  /** Calls back with a section's note as long as it is mapped; false for what is none. */
  #withNote(section: number, use: (note: Int32Array) => boolean): boolean {
    const address = this.#winsock.MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, NOTE_BYTES);
    if (address === 0) return false;
    try {
      return use(new Int32Array(koffi().view(BigInt(address), NOTE_BYTES)));
    } finally {
      this.#winsock.UnmapViewOfFile(address);
    }
  }

  /**
   * Two connected sockets over the loopback interface: when nobody has the second any more, because it was closed or because his process
   * ended, the first tells so.
   *
   * @returns twice -1 when there is no such pair: nothing tells then
   */
  #pair(): readonly [number, number] {
    const winsock = this.#winsock;
    const open = (): number =>
      winsock.WSASocketW(spi.AF_INET, spi.SOCK_STREAM, spi.IPPROTO_TCP, 0, 0, WSA_FLAG_NO_HANDLE_INHERIT | 1);
    const [listener, end] = [open(), open()];
    const first = this.#connect(listener, end);
    winsock.closesocket(listener);
    if (first < 0) winsock.closesocket(end);
    return first < 0 ? NO_PAIR : [first, end];
  }

  /** Connects a socket to a listener of this process. Returns what the listener has of the connection; -1 when there is none. */
  #connect(listener: number, end: number): number {
    const winsock = this.#winsock;
    const { address, bytes, view } = this.#name;
    const length = this.#out.address;
    bytes.fill(0);
    bytes.set([spi.AF_INET], 0);
    bytes.set([127, 0, 0, 1], ADDRESS);
    if (winsock.bind(listener, address, NAME_BYTES) !== 0 || winsock.listen(listener, 1) !== 0) return -1;
    this.#out.ints[0] = NAME_BYTES;
    if (winsock.getsockname(listener, address, length) !== 0) return -1;
    if (winsock.connect(end, address, NAME_BYTES) !== 0 || winsock.getsockname(end, address, length) !== 0) return -1;
    const port = view.getUint16(PORT);
    const first = winsock.accept(listener, address, length);
    // Somebody else may have been quicker.
    if (first < 0 || view.getUint16(PORT) === port) return first;
    winsock.closesocket(first);
    return -1;
  }
}

const NO_PAIR = [-1, -1] as const;

/** Ends an offer that still stands; of all who try one succeeds. */
function settle(note: Int32Array, state: number): boolean {
  return Atomics.compareExchange(note, NOTE.STATE, State.OFFERED, state) === State.OFFERED;
}

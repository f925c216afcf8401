// Sockets for other processes: a descriptor goes over a local socket (SCM_RIGHTS) once somebody asks for it there.
import { randomInt } from 'node:crypto';
import { lstatSync, mkdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import * as spi from '../../spi/index.js';
import { pinMemory, writeWord } from '../native-memory.js';
import type { OfferedSocket, SocketOffer } from '../platform.js';
import { errors, winsockError } from './errors.js';
import { Filter, Flag, KeventList, Note } from './kevents.js';
import type { DarwinLibc } from './libc.js';
import { DARWIN, darwinNumbers } from './numbers.js';

const { SOL_SOCKET, message: MSG, control: CONTROL } = darwinNumbers;
const { EACCES, EPERM, EINTR } = errors.numbers;
const ESRCH = 3;
const MOST_PROCESS = 0x7fffffff;
const MOST_COOKIE = 2 ** 32 - 1;
/** `struct sockaddr_un`: length, family, then at most 104 bytes of a path. */
const NAME_SIZE = 106;
const PATH = 2;
/** Seconds for the other process to come round to its event loop: the one wait in this binding. */
const PATIENCE = 1;
const RIGHTS_SIZE = CONTROL.DATA + 4;
/** How many askers are looked at when an offer ends. */
const MOST_ASKERS = 4;

/** The offers of a thread, and those that it takes. */
export class DarwinOffers {
  readonly #libc: DarwinLibc;
  readonly #process: number;
  readonly #folder: string;
  readonly #name = pinMemory(NAME_SIZE);
  readonly #integers = pinMemory(16);
  readonly #message = pinMemory(MSG.SIZE);
  readonly #vector = pinMemory(16);
  readonly #control = pinMemory(RIGHTS_SIZE);
  readonly #events = new KeventList(1);
  /** Who may take an offer. */
  readonly #takers = new WeakMap<SocketOffer, number>();

  /** @param folder of this user alone, in which each offer has a name */
  constructor(libc: DarwinLibc, processId: number, folder = join('/tmp', `ws2spi-${process.getuid?.() ?? 0}`)) {
    this.#libc = libc;
    this.#process = processId;
    this.#folder = folder;
  }

  /** See `PlatformSockets.offer`. */
  offer(descriptor: number, processId: number): SocketOffer | spi.ErrorCode {
    if (!Number.isInteger(processId) || processId <= 0 || processId > MOST_PROCESS) return spi.WSAEINVAL;
    if (this.#libc.kill(processId, 0) !== 0 && this.#libc.errno() === ESRCH) return spi.WSAEINVAL;
    if (!this.#openFolder()) return spi.WSAEACCES;
    const kept = this.#libc.fcntl(descriptor, DARWIN.F_DUPFD_CLOEXEC, 3);
    if (kept < 0) return winsockError(this.#libc.errno());
    const cookie = randomInt(1, MOST_COOKIE);
    const listener = this.#listen(this.#process, cookie);
    if (listener < 0) {
      this.#libc.close(kept);
      return -listener;
    }
    const processEnded = processId === this.#process ? -1 : this.#watchEnd(processId);
    const offer = {
      process: this.#process,
      descriptor: kept,
      taken: listener,
      offerTaken: listener,
      processEnded,
      cookie,
    };
    this.#takers.set(offer, processId);
    return offer;
  }

  /** See `PlatformSockets.endOffer`: whoever waits for the socket gets it now. */
  end(offer: SocketOffer): void {
    for (let asker = 0; asker < MOST_ASKERS; asker++) {
      const fd = this.#libc.accept(offer.offerTaken, 0, 0);
      if (fd < 0) break;
      const allowed = this.#peerProcess(fd) === this.#takers.get(offer);
      if (allowed) this.#libc.sendmsg(fd, this.#describe(offer.descriptor), 0);
      this.#libc.close(fd);
      if (allowed) break;
    }
    for (const each of [offer.descriptor, offer.offerTaken, offer.processEnded]) if (each >= 0) this.#libc.close(each);
    try {
      unlinkSync(this.#path(offer.process, offer.cookie));
    } catch {
      // Somebody tidied up.
    }
  }

  /** See `PlatformSockets.takeOffer`. */
  take(offer: OfferedSocket): spi.CountOrNegatedCode {
    const { process: offerer, cookie } = offer;
    if (offerer > MOST_PROCESS || !this.#folderIsOurs()) return -spi.WSAEINVAL;
    const asking = this.#libc.socket(DARWIN.AF_UNIX, spi.SOCK_STREAM, 0);
    if (asking < 0) return -winsockError(this.#libc.errno());
    try {
      this.#libc.fcntl(asking, DARWIN.F_SETFD, DARWIN.FD_CLOEXEC);
      // Threads have their descriptors in common: the name tells whether this one still is the offer.
      const within = offerer === this.#process;
      const own = within ? this.#ownCopy(offer) : 0;
      if (own < 0) return own;
      const length = this.#writeName(offerer, cookie);
      if (this.#libc.connect(asking, this.#name.address, length) !== 0) {
        const errno = this.#libc.errno();
        if (within) this.#libc.close(own);
        return errno === EACCES || errno === EPERM ? -spi.WSAEACCES : -spi.WSAEINVAL;
      }
      return within ? own : this.#receive(asking);
    } finally {
      this.#libc.close(asking);
    }
  }

  #ownCopy(offer: OfferedSocket): spi.CountOrNegatedCode {
    const length = this.#integers;
    length.ints[0] = NAME_SIZE;
    this.#name.bytes.fill(0);
    if (this.#libc.getsockname(offer.taken, this.#name.address, length.address) !== 0) return -spi.WSAEINVAL;
    const path = this.#path(offer.process, offer.cookie);
    if (Buffer.from(this.#name.bytes.subarray(PATH, PATH + path.length)).toString() !== path) return -spi.WSAEINVAL;
    const copy = this.#libc.fcntl(offer.descriptor, DARWIN.F_DUPFD_CLOEXEC, 3);
    return copy >= 0 ? copy : -spi.WSAEINVAL;
  }

  #receive(asking: number): spi.CountOrNegatedCode {
    // A `struct timeval`.
    writeWord(this.#integers.ints, 0, PATIENCE);
    writeWord(this.#integers.ints, 2, 0);
    this.#libc.setsockopt(asking, SOL_SOCKET, DARWIN.SO_RCVTIMEO, this.#integers.address, 16);
    let received: number;
    do {
      this.#control.bytes.fill(0);
      received = this.#libc.recvmsg(asking, this.#describe(-1), 0);
    } while (received < 0 && this.#libc.errno() === EINTR);
    if (received !== 1) return -spi.WSAEINVAL;
    const { view } = this.#control;
    const passed =
      this.#message.ints[MSG.CONTROLLEN]! >= RIGHTS_SIZE && view.getInt32(CONTROL.TYPE, true) === DARWIN.SCM_RIGHTS;
    if (!passed) return -spi.WSAEINVAL;
    const descriptor = view.getInt32(CONTROL.DATA, true);
    this.#libc.fcntl(descriptor, DARWIN.F_SETFD, DARWIN.FD_CLOEXEC);
    this.#libc.closeWithThread(descriptor);
    return descriptor;
  }

  /** Describes a message of one byte and one descriptor. Returns its address. */
  #describe(descriptor: number): number {
    const { view } = this.#control;
    view.setUint32(0, RIGHTS_SIZE, true);
    view.setInt32(CONTROL.LEVEL, SOL_SOCKET, true);
    view.setInt32(CONTROL.TYPE, DARWIN.SCM_RIGHTS, true);
    view.setInt32(CONTROL.DATA, descriptor, true);
    writeWord(this.#vector.ints, 0, this.#integers.address);
    writeWord(this.#vector.ints, 2, 1);
    const message = this.#message.ints;
    message.fill(0);
    writeWord(message, MSG.IOV, this.#vector.address);
    message[MSG.IOVLEN] = 1;
    writeWord(message, MSG.CONTROL, this.#control.address);
    message[MSG.CONTROLLEN] = RIGHTS_SIZE;
    return this.#message.address;
  }

  #listen(processId: number, cookie: number): spi.CountOrNegatedCode {
    const fd = this.#libc.socket(DARWIN.AF_UNIX, spi.SOCK_STREAM, 0);
    if (fd < 0) return -winsockError(this.#libc.errno());
    this.#libc.fcntl(fd, DARWIN.F_SETFD, DARWIN.FD_CLOEXEC);
    this.#libc.fcntl(fd, DARWIN.F_SETFL, DARWIN.O_NONBLOCK);
    const length = this.#writeName(processId, cookie);
    if (
      length > 0 &&
      this.#libc.bind(fd, this.#name.address, length) === 0 &&
      this.#libc.listen(fd, MOST_ASKERS) === 0
    ) {
      return fd;
    }
    const code = length > 0 ? winsockError(this.#libc.errno()) : spi.WSAEINVAL;
    this.#libc.close(fd);
    return -code;
  }

  /** A descriptor that becomes readable with the end of a process; -1 when nothing tells. */
  #watchEnd(processId: number): number {
    const queue = this.#libc.kqueue();
    if (queue < 0) return -1;
    this.#events.clear();
    this.#events.put(processId, Filter.PROCESS, Flag.ADD | Flag.ONE_SHOT, Note.EXIT, 0, 0, 0);
    if (this.#libc.kevent(queue, this.#events.address, 1, 0, 0, 0) === 0) return queue;
    this.#libc.close(queue);
    return -1;
  }

  #peerProcess(fd: number): number {
    const { ints, address } = this.#integers;
    ints[2] = 4;
    const result = this.#libc.getsockopt(fd, DARWIN.SOL_LOCAL, DARWIN.LOCAL_PEERPID, address, address + 8);
    return result === 0 ? ints[0]! : -1;
  }

  #path(processId: number, cookie: number): string {
    return join(this.#folder, `${processId}-${cookie}`);
  }

  /** Writes an offer's name. Returns its length; 0 when it is too long for one. */
  #writeName(processId: number, cookie: number): number {
    const path = Buffer.from(this.#path(processId, cookie));
    const { bytes } = this.#name;
    bytes.fill(0);
    const length = PATH + path.length + 1;
    if (length > NAME_SIZE) return 0;
    bytes[0] = length;
    bytes[1] = DARWIN.AF_UNIX;
    bytes.set(path, PATH);
    return length;
  }

  #openFolder(): boolean {
    try {
      mkdirSync(this.#folder, { mode: 0o700 });
    } catch {
      // It is there, or cannot be made.
    }
    return this.#folderIsOurs();
  }

  /** Whether nobody else can put anything into the folder. */
  #folderIsOurs(): boolean {
    try {
      const { uid, mode } = lstatSync(this.#folder);
      return (mode & 0o170077) === 0o040000 && uid === (process.getuid?.() ?? uid);
    } catch {
      return false;
    }
  }
}

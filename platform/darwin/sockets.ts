// macOS' sockets behind the platform's border. It has been run against a stand-in for the system alone.
import * as spi from '../../spi/index.js';
import { addressOf, NOT_THERE, pinMemory, writeWord } from '../native-memory.js';
import type {
  MessageDetails,
  NameSlot,
  OfferedSocket,
  PlatformSockets,
  SocketOffer,
  SystemTraits,
} from '../platform.js';
import { NAME_ROOM } from '../posix/names.js';
import { PosixSocketOptions } from '../posix/socket-options.js';
import { PosixSockets } from '../posix/sockets.js';
import { SOL_IP, SOL_IPV6, SOL_TCP } from '../posix/system-numbers.js';
import { errors, winsockError } from './errors.js';
import { DarwinGroups } from './groups.js';
import { Glance } from './kevents.js';
import type { DarwinLibc } from './libc.js';
import { DARWIN, darwinNumbers } from './numbers.js';
import { DarwinOffers } from './offers.js';
import { findSocketOption, LASTING_OPTIONS } from './options.js';
import type { Replacements } from './replacements.js';
import { CONNECTION_INFO_SIZE, toTcpInfo } from './tcp-info.js';

const { SOL_SOCKET, AF_INET6 } = darwinNumbers;
const { EINTR, EBADF, EAFNOSUPPORT, EADDRNOTAVAIL, EAGAIN, EPIPE, EPROTOTYPE } = errors.numbers;
const IP_TOS = 3;
const IP_TTL = 4;
const SEEK_SET = 0;
const SEEK_CUR = 1;
/** EINVAL, ENOTSUP, ESPIPE, ENOSYS, EOVERFLOW: the file, not the socket, is the reason. */
const UNSENDABLE_FILE: ReadonlySet<number> = new Set([22, 45, 29, 78, 84]);
const MOST_FILE_BYTES = 0x7fff0000;

/** libSystem's sockets. */
export class DarwinSockets extends PosixSockets<DarwinLibc> implements PlatformSockets {
  readonly system = 'darwin';
  readonly traits: SystemTraits = {
    ownSharingRules: true,
    // A stream whose connect failed is another socket from then on.
    nameGoesWithPeer: true,
    connectsToItself: true,
    // They are taken out of the stream as they arrive.
    losesUrgentBytes: false,
    datagramErrorsApart: false,
  };

  protected readonly options = new PosixSocketOptions(
    this.libc,
    this.value,
    this.length,
    darwinNumbers,
    new DarwinGroups(this.libc),
    findSocketOption,
  );
  readonly #glance = new Glance(this.libc);
  readonly #offers: DarwinOffers;
  readonly #replacements: Replacements;
  readonly #fileLength = pinMemory(8);
  /** The names that binds gave to sockets: a socket that takes the place of another gets it again. */
  readonly #boundNames = new Map<number, Uint8Array>();

  /**
   * @param processId the process whose sockets they are
   * @param folder for the names by which processes hand sockets to one another
   */
  constructor(libc: DarwinLibc, replacements: Replacements, processId = process.pid, folder?: string) {
    super(libc, darwinNumbers);
    this.#replacements = replacements;
    this.#offers = new DarwinOffers(libc, processId, folder);
  }

  socket(af: number, type: number, protocol: number): spi.CountOrNegatedCode {
    const domain = af === spi.AF_INET6 ? AF_INET6 : af;
    const descriptor = this.libc.socket(domain, type, protocol);
    if (descriptor < 0) return this.failure();
    this.#prepare(descriptor);
    if (af === spi.AF_INET6) this.options.setInteger(descriptor, SOL_IPV6, DARWIN.IPV6_V6ONLY, 1);
    return descriptor;
  }

  /** What other systems are told with the call that opens. */
  #prepare(descriptor: number): void {
    this.libc.fcntl(descriptor, DARWIN.F_SETFD, DARWIN.FD_CLOEXEC);
    this.libc.fcntl(descriptor, DARWIN.F_SETFL, DARWIN.O_NONBLOCK);
    this.options.setInteger(descriptor, SOL_SOCKET, DARWIN.SO_NOSIGPIPE, 1);
  }

  protected acceptOne(descriptor: number): number {
    for (;;) {
      this.length.ints[0] = NAME_ROOM;
      const accepted = this.libc.accept(descriptor, this.name.address, this.length.address);
      if (accepted < 0) return accepted;
      if (this.length.ints[0] > 0) {
        this.#prepare(accepted);
        return accepted;
      }
      // The connection went away before it was taken: look at the next one.
      this.libc.close(accepted);
    }
  }

  close(descriptor: number): void {
    // The binding would cut any other number off to the descriptor of somebody else.
    if (!Number.isInteger(descriptor) || descriptor < 0 || descriptor > 0x7fffffff) return;
    this.#boundNames.delete(descriptor);
    this.libc.close(descriptor);
  }

  disown(descriptor: number): void {
    this.#boundNames.delete(descriptor);
  }

  override bind(descriptor: number, name: Uint8Array, namelen: number): spi.ErrorCode {
    const code = super.bind(descriptor, name, namelen);
    if (code !== 0) return code;
    const bound = spi.copyOfBytes(name, namelen);
    // Once a connect has failed, the kernel need not know the port any more.
    if ((bound[2]! | bound[3]!) === 0) this.#writePort(descriptor, bound);
    this.#boundNames.set(descriptor, bound);
    return 0;
  }

  disconnect(descriptor: number): spi.ErrorCode {
    if (this.options.typeOf(descriptor) === spi.SOCK_STREAM) return this.#replace(descriptor);
    this.name.clear();
    if (this.libc.connect(descriptor, this.name.address, 16) === 0) return 0;
    const errno = this.libc.errno();
    // It has dissolved the connection, and says that this is no name to connect to; of IPv6, that it has not the length of one.
    if (errno === EAFNOSUPPORT || errno === EADDRNOTAVAIL) return 0;
    return this.peerName(descriptor, { bytes: new Uint8Array(NAME_ROOM), length: 0 }) === spi.WSAENOTCONN
      ? 0
      : winsockError(errno);
  }

  /** A stream that was connected, or failed to be, cannot connect again: a fresh one takes its number. */
  #replace(descriptor: number): spi.ErrorCode {
    const fresh = this.libc.socket(this.options.familyOf(descriptor), spi.SOCK_STREAM, spi.IPPROTO_TCP);
    if (fresh < 0) return -this.failure();
    this.#prepare(fresh);
    for (const [level, name] of LASTING_OPTIONS) {
      this.length.ints[0] = 4;
      const { address, ints } = this.value;
      if (this.libc.getsockopt(descriptor, level, name, address, this.length.address) !== 0) continue;
      const value = ints[0]!;
      // A buffer whose size was set, were it to what it had, does not grow by itself any more.
      if (value !== this.options.integer(fresh, level, name)) this.options.setInteger(fresh, level, name, value);
    }
    const name = this.#boundNames.get(descriptor);
    this.closeWillReset(descriptor);
    const done = this.libc.dup2(fresh, descriptor) >= 0;
    const code = done ? 0 : -this.failure();
    this.libc.close(fresh);
    if (!done) return code;
    // What goes with a number, not with the socket, was lost.
    this.libc.fcntl(descriptor, DARWIN.F_SETFD, DARWIN.FD_CLOEXEC);
    const bound = name === undefined ? 0 : this.bind(descriptor, name, name.length);
    this.#replacements.renew(descriptor);
    return bound;
  }

  /** Puts the port that the system chose into a name that left it to that. */
  #writePort(descriptor: number, name: Uint8Array): void {
    const slot: NameSlot = { bytes: new Uint8Array(NAME_ROOM), length: 0 };
    if (this.localName(descriptor, slot) !== 0) return;
    name[2] = slot.bytes[2]!;
    name[3] = slot.bytes[3]!;
  }

  receiveDatagram(
    descriptor: number,
    bytes: Uint8Array,
    length: number,
    flags: number,
    from: NameSlot | null,
  ): spi.CountOrNegatedCode {
    const known = this.received.addressOf(bytes, length);
    if (known === NOT_THERE) return -spi.WSAEFAULT;
    // Only a message tells that it was cut off.
    this.message.describeOne(known !== 0 ? known : addressOf(bytes), length);
    if (from !== null) this.message.addName(this.name, NAME_ROOM);
    const received = this.message.receive(descriptor, flags);
    if (received < 0) return received;
    if (from !== null) this.name.read(from, this.message.nameLength);
    return this.message.truncated ? -spi.WSAEMSGSIZE : received;
  }

  override sendMessage(
    descriptor: number,
    af: number,
    buffers: spi.WSABUF[],
    count: number,
    flags: number,
    to: Uint8Array | null,
    tolen: number,
    details: MessageDetails,
  ): spi.CountOrNegatedCode {
    const { hopLimit, trafficClass } = details;
    if (af === spi.AF_INET6 || (hopLimit < 0 && trafficClass < 0)) {
      return super.sendMessage(descriptor, af, buffers, count, flags, to, tolen, details);
    }
    // Of IPv4 a single datagram cannot have its own: the socket has it for as long as that takes.
    const [ttl, tos] = [
      this.options.integer(descriptor, SOL_IP, IP_TTL),
      this.options.integer(descriptor, SOL_IP, IP_TOS),
    ];
    if (hopLimit >= 0) this.options.setInteger(descriptor, SOL_IP, IP_TTL, hopLimit);
    if (trafficClass >= 0) this.options.setInteger(descriptor, SOL_IP, IP_TOS, trafficClass);
    details.hopLimit = details.trafficClass = -1;
    const sent = super.sendMessage(descriptor, af, buffers, count, flags, to, tolen, details);
    details.hopLimit = hopLimit;
    details.trafficClass = trafficClass;
    if (hopLimit >= 0) this.options.setInteger(descriptor, SOL_IP, IP_TTL, ttl);
    if (trafficClass >= 0) this.options.setInteger(descriptor, SOL_IP, IP_TOS, tos);
    return sent;
  }

  sendFile(descriptor: number, file: number, position: number, length: number): spi.CountOrNegatedCode {
    // 0 would mean all of it.
    if (!(length > 0)) return 0;
    const begin = position >= 0 ? Math.floor(position) : this.libc.lseek(file, 0, SEEK_CUR);
    if (begin < 0) return this.libc.errno() === EBADF ? -spi.ERROR_INVALID_HANDLE : -spi.WSAEOPNOTSUPP;
    for (;;) {
      writeWord(this.#fileLength.ints, 0, Math.min(length, MOST_FILE_BYTES));
      const result = this.libc.sendfile(file, descriptor, begin, this.#fileLength.address, 0, 0);
      const errno = result === 0 ? 0 : this.libc.errno();
      // What was sent is told also when there was no room for more.
      const partly = errno === 0 || errno === EAGAIN || errno === EINTR;
      const sent = partly ? this.#fileLength.ints[0]! : 0;
      if (position < 0 && sent > 0) this.libc.lseek(file, begin + sent, SEEK_SET);
      if (sent > 0 || errno === 0) return sent;
      if (errno === EINTR) continue;
      // The front keeps its own descriptor open: it is the file that was closed.
      if (errno === EBADF) return -spi.ERROR_INVALID_HANDLE;
      return UNSENDABLE_FILE.has(errno) ? -spi.WSAEOPNOTSUPP : -this.sendError(descriptor, errno, null);
    }
  }

  protected override sendError(descriptor: number, errno: number, to: Uint8Array | null): spi.ErrorCode {
    // A send that meets the end of its connection may be told of a wrong protocol: libuv has seen it, and tries again for EPIPE.
    return super.sendError(descriptor, errno === EPROTOTYPE ? EPIPE : errno, to);
  }

  look(descriptor: number, events: number): number {
    return this.#glance.at(descriptor, events);
  }

  keepDatagramErrors(): void {
    // They are kept for connected sockets, and fail the next call by themselves.
  }

  takeDatagramError(): boolean {
    return false;
  }

  nextArrival(): number {
    return Infinity;
  }

  override available(descriptor: number): number {
    // Of datagrams, FIONREAD counts all of them, with the names of their senders; this counts the bytes of the next one.
    return this.options.integer(descriptor, SOL_SOCKET, DARWIN.SO_NREAD);
  }

  unsent(descriptor: number): number {
    return this.options.integer(descriptor, SOL_SOCKET, DARWIN.SO_NWRITE);
  }

  paceSends(_descriptor: number, rate: number, priority: number): spi.ErrorCode {
    return rate === Infinity && priority < 0 ? 0 : spi.WSAEOPNOTSUPP;
  }

  preferListener(): void {
    // There is no way to say so: connections go to the one that was bound last.
  }

  tcpInfo(descriptor: number, output: Uint8Array, length: number): spi.CountOrNegatedCode {
    if (!(length >= spi.TCP_INFO_v0.size) || !spi.holdsBytes(output, length)) return -spi.WSAEFAULT;
    this.value.bytes.fill(0);
    this.length.ints[0] = CONNECTION_INFO_SIZE;
    const { address } = this.value;
    if (this.libc.getsockopt(descriptor, SOL_TCP, DARWIN.TCP_CONNECTION_INFO, address, this.length.address) !== 0) {
      return this.failure();
    }
    return spi.TCP_INFO_v0.encodeInto(toTcpInfo(this.value.view), output);
  }

  offer(descriptor: number, processId: number): SocketOffer | spi.ErrorCode {
    return this.#offers.offer(descriptor, processId);
  }

  endOffer(offer: SocketOffer): void {
    this.#offers.end(offer);
  }

  takeOffer(offer: OfferedSocket): spi.CountOrNegatedCode {
    return this.#offers.take(offer);
  }

  protected preferredInterface(descriptor: number): number {
    return this.options.integer(descriptor, SOL_IPV6, DARWIN.IPV6_BOUND_IF);
  }
}

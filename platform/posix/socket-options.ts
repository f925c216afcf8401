// Setting and reading the options of sockets.
import * as spi from '../../spi/index.js';
import type { PinnedMemory } from '../native-memory.js';
import type { PosixLibc } from './libc.js';
import {
  fromSystemOption,
  GroupChange,
  OptionForm,
  toSystemOption,
  type OptionFinder,
  type SocketGroups,
  type SocketOption,
} from './options.js';
import { SOL_IP, SOL_TCP, type SystemNumbers } from './system-numbers.js';

const AF_INET = 2;
const SOCK_STREAM = 1;
const SOCK_RAW = 3;
const GROUP_SOURCE_SIZE = 264;
const NO_SOURCE = new Uint8Array(0);

/** The options of all sockets of a thread, set and read through scratch memory that other calls use as well. */
export class PosixSocketOptions<L extends PosixLibc, G extends SocketGroups> {
  protected readonly libc: L;
  protected readonly value: PinnedMemory;
  protected readonly length: PinnedMemory;
  protected readonly numbers: SystemNumbers;
  /** The groups that the sockets are in. */
  readonly groups: G;
  readonly #find: OptionFinder;

  /**
   * @param value room for the largest values
   * @param length room for a `socklen_t`
   */
  constructor(
    libc: L,
    value: PinnedMemory,
    length: PinnedMemory,
    numbers: SystemNumbers,
    groups: G,
    find: OptionFinder,
  ) {
    this.libc = libc;
    this.value = value;
    this.length = length;
    this.numbers = numbers;
    this.groups = groups;
    this.#find = find;
  }

  /** See `PlatformSockets.setOption`. */
  set(descriptor: number, level: number, optname: number, value: Uint8Array, length: number): spi.ErrorCode {
    const option = this.#find(level, optname);
    if (option === undefined || option.readOnly) return spi.WSAENOPROTOOPT;
    if (length !== 0 && !spi.holdsBytes(value, length)) return spi.WSAEFAULT;
    if (option.form === OptionForm.GROUP) return this.#changeGroups(descriptor, option, value, length);
    const size = toSystemOption(option.form, value, length, this.value.view);
    if (size < 0) return -size;
    const { level: systemLevel, name } = option;
    if (this.libc.setsockopt(descriptor, systemLevel, name, this.value.address, size) === 0) return 0;
    const errno = this.libc.errno();
    // To the kernel a raw socket has a name from the beginning, and this is too late then. It never carries IPv4 either
    // way.
    const { errors } = this.numbers;
    const tooLate = errno === errors.numbers.EINVAL && level === spi.IPPROTO_IPV6 && optname === spi.IPV6_V6ONLY;
    if (tooLate && this.typeOf(descriptor) === SOCK_RAW) return 0;
    return errors.winsockError(errno);
  }

  #changeGroups(descriptor: number, { level, name }: SocketOption, value: Uint8Array, length: number): number {
    const withSource = name !== GroupChange.JOIN && name !== GroupChange.LEAVE;
    const bytes = spi.viewOfBytes(value, 0, length);
    if (level === SOL_IP) {
      // `ip_mreq` or `ip_mreq_source`: the group, the source, and the interface by an address, or its index as 0.x.x.x.
      const size = withSource ? 12 : 8;
      if (length < size) return spi.WSAEFAULT;
      const place = bytes.slice(size - 4, size);
      const index = (place[1]! << 16) | (place[2]! << 8) | place[3]!;
      const source = bytes.subarray(4, size - 4);
      return this.groups.change(descriptor, level, name, bytes.slice(0, 4), source, place[0] === 0 ? index : place);
    }
    // `ipv6_mreq` or GROUP_SOURCE_REQ: the index comes behind the address, or before both names.
    if (length < (withSource ? GROUP_SOURCE_SIZE : 20)) return spi.WSAEFAULT;
    const index = new DataView(bytes.buffer, bytes.byteOffset).getUint32(withSource ? 0 : 16, true);
    const [group, source] = withSource ? [bytes.slice(16, 32), bytes.slice(144, 160)] : [bytes.slice(0, 16), NO_SOURCE];
    return this.groups.change(descriptor, level, name, group, source, index);
  }

  /** See `PlatformSockets.getOption`. */
  get(descriptor: number, level: number, optname: number, value: Uint8Array, length: number): spi.CountOrNegatedCode {
    const option = this.#find(level, optname);
    if (option === undefined) return -spi.WSAENOPROTOOPT;
    if (length === 0 || !spi.holdsBytes(value, length)) return -spi.WSAEFAULT;
    this.value.ints.fill(0);
    this.length.ints[0] = 16;
    const room = this.value.address;
    if (this.libc.getsockopt(descriptor, option.level, option.name, room, this.length.address) !== 0) {
      return this.failure();
    }
    // A second question would overwrite the first one's answer.
    const answer = this.value.view.getInt32(0, true);
    const stream = option.form === OptionForm.DONT_FRAGMENT && this.typeOf(descriptor) === SOCK_STREAM;
    if (option.form === OptionForm.DONT_FRAGMENT) this.value.view.setInt32(0, answer, true);
    const { errors } = this.numbers;
    const integer =
      option.form === OptionForm.DATAGRAM_SIZE
        ? this.#mostBytes(descriptor, answer)
        : fromSystemOption(option.form, this.value.view, stream, (errno) => errors.winsockError(errno));
    const size = Math.min(length, 4);
    for (let index = 0; index < size; index++) value[index] = (integer >>> (index * 8)) & 0xff;
    return size;
  }

  /** The most bytes of a datagram of a socket of the type: 65535 less the headers that are counted in it. */
  #mostBytes(descriptor: number, type: number): number {
    if (type === SOCK_RAW) return 65_535;
    return this.familyOf(descriptor) === AF_INET ? 65_507 : 65_527;
  }

  /** See `PlatformSockets.shareAddress`. */
  shareAddress(descriptor: number, on: boolean): void {
    // Streams take SO_REUSEPORT alone: with SO_REUSEADDR too, a plain socket that only wants past connections forgotten
    // would be let in.
    const { SOL_SOCKET, SO_REUSEPORT, sharedDatagrams } = this.numbers;
    const stream = this.typeOf(descriptor) === SOCK_STREAM;
    for (const name of stream ? [SO_REUSEPORT] : sharedDatagrams) {
      this.setInteger(descriptor, SOL_SOCKET, name, on ? 1 : 0);
    }
  }

  /** See `PlatformSockets.keepAlive`. */
  keepAlive(descriptor: number, on: boolean, time: number, interval: number): spi.ErrorCode {
    const { SOL_SOCKET, SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL } = this.numbers;
    if (this.setInteger(descriptor, SOL_SOCKET, SO_KEEPALIVE, on ? 1 : 0) !== 0) return -this.failure();
    if (!on) return 0;
    const seconds = (milliseconds: number): number => Math.min(Math.max(Math.ceil(milliseconds / 1000), 1), 32767);
    if (this.setInteger(descriptor, SOL_TCP, TCP_KEEPIDLE, seconds(time)) !== 0) return -this.failure();
    if (this.setInteger(descriptor, SOL_TCP, TCP_KEEPINTVL, seconds(interval)) !== 0) return -this.failure();
    return 0;
  }

  /** The type that a socket was opened with; 0 for what is none. */
  typeOf(descriptor: number): number {
    return this.integer(descriptor, this.numbers.SOL_SOCKET, this.numbers.SO_TYPE);
  }

  /** The family that a socket was opened with, as the system numbers it; 0 for what is no socket. */
  familyOf(descriptor: number): number {
    this.value.ints[0] = 0;
    this.length.ints[0] = 128;
    this.libc.getsockname(descriptor, this.value.address, this.length.address);
    return this.value.bytes[this.numbers.namesHaveLength ? 1 : 0]!;
  }

  /** Sets an option of the system's that is an integer. Returns 0, or -1 with `errno`. */
  setInteger(descriptor: number, level: number, name: number, value: number): number {
    this.value.ints[0] = value;
    return this.libc.setsockopt(descriptor, level, name, this.value.address, 4);
  }

  /** The value of an option of the system's that is an integer; 0 where there is no answer. */
  integer(descriptor: number, level: number, name: number): number {
    this.value.ints[0] = 0;
    this.length.ints[0] = 4;
    this.libc.getsockopt(descriptor, level, name, this.value.address, this.length.address);
    return this.value.ints[0];
  }

  /** The negated WinSock code of the call that just failed. */
  protected failure(): spi.CountOrNegatedCode {
    return -this.numbers.errors.winsockError(this.libc.errno());
  }
}

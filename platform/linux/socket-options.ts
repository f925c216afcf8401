// Setting and reading the options of Linux' sockets.
import * as spi from '../../spi/index.js';
import { writeWord, type PinnedMemory } from '../native-memory.js';
import type { Libc } from './libc.js';
import { EINVAL, winsockError } from './errors.js';
import { GroupChange, GroupMemberships } from './groups.js';
import { findSocketOption, fromLinuxOption, OptionForm, toLinuxOption, type SocketOption } from './options.js';
import { TCP_INFO_ROOM, toTcpInfo } from './tcp-info.js';

const AF_INET = 2;
const SOCK_STREAM = 1;
const SOCK_RAW = 3;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_TYPE = 3;
const SO_DOMAIN = 39;
const SO_RCVBUF = 8;
const SO_KEEPALIVE = 9;
const SO_PRIORITY = 12;
const SO_REUSEPORT = 15;
const SO_MAX_PACING_RATE = 47;
const NO_PACING = 0xffffffff;
const SO_ATTACH_REUSEPORT_CBPF = 51;
const SOL_IP = 0;
const SOL_TCP = 6;
const TCP_KEEPIDLE = 4;
const TCP_KEEPINTVL = 5;
const TCP_INFO = 11;
const BPF_RETURN = 0x06;
const GROUP_SOURCE_SIZE = 264;
const NO_SOURCE = new Uint8Array(0);

/** The options of all sockets of a thread, set and read through scratch memory that other calls use as well. */
export class LinuxSocketOptions {
  readonly #libc: Libc;
  readonly #value: PinnedMemory;
  readonly #length: PinnedMemory;
  /** The groups that the sockets are in. */
  readonly groups: GroupMemberships;

  /**
   * @param value room for the largest values
   * @param length room for a `socklen_t`
   */
  constructor(libc: Libc, value: PinnedMemory, length: PinnedMemory) {
    this.#libc = libc;
    this.#value = value;
    this.#length = length;
    this.groups = new GroupMemberships(libc);
  }

  /** See `PlatformSockets.setOption`. */
  set(descriptor: number, level: number, optname: number, value: Uint8Array, length: number): number {
    const option = findSocketOption(level, optname);
    if (option === undefined || option.readOnly) return spi.WSAENOPROTOOPT;
    if (length !== 0 && !spi.holdsBytes(value, length)) return spi.WSAEFAULT;
    if (option.form === OptionForm.GROUP) return this.#changeGroups(descriptor, option, value, length);
    const size = toLinuxOption(option.form, value, length, this.#value.view);
    if (size < 0) return -size;
    const { level: linuxLevel, name } = option;
    if (this.#libc.setsockopt(descriptor, linuxLevel, name, this.#value.address, size) === 0) return 0;
    const errno = this.#libc.errno();
    // To the kernel a raw socket has a name from the beginning, and this is too late then. It never carries IPv4 either
    // way.
    const tooLate = errno === EINVAL && level === spi.IPPROTO_IPV6 && optname === spi.IPV6_V6ONLY;
    if (tooLate && this.integer(descriptor, SOL_SOCKET, SO_TYPE) === SOCK_RAW) return 0;
    return winsockError(errno);
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
  get(descriptor: number, level: number, optname: number, value: Uint8Array, length: number): number {
    const option = findSocketOption(level, optname);
    if (option === undefined) return -spi.WSAENOPROTOOPT;
    if (length === 0 || !spi.holdsBytes(value, length)) return -spi.WSAEFAULT;
    this.#value.ints.fill(0);
    this.#length.ints[0] = 16;
    const room = this.#value.address;
    if (this.#libc.getsockopt(descriptor, option.level, option.name, room, this.#length.address) !== 0) {
      return this.#failure();
    }
    // A second question would overwrite the first one's answer.
    const answer = this.#value.view.getInt32(0, true);
    const stream =
      option.form === OptionForm.DONT_FRAGMENT && this.integer(descriptor, SOL_SOCKET, SO_TYPE) === SOCK_STREAM;
    if (option.form === OptionForm.DONT_FRAGMENT) this.#value.view.setInt32(0, answer, true);
    const datagrams = option.form === OptionForm.DATAGRAM_SIZE;
    const integer = datagrams
      ? this.#mostBytes(descriptor, answer)
      : fromLinuxOption(option.form, this.#value.view, stream, winsockError);
    const size = Math.min(length, 4);
    for (let index = 0; index < size; index++) value[index] = (integer >>> (index * 8)) & 0xff;
    return size;
  }

  /** The most bytes of a datagram of a socket of the type: 65535 less the headers that are counted in it. */
  #mostBytes(descriptor: number, type: number): number {
    if (type === SOCK_RAW) return 65_535;
    return this.integer(descriptor, SOL_SOCKET, SO_DOMAIN) === AF_INET ? 65_507 : 65_527;
  }

  /** See `PlatformSockets.shareAddress`. */
  shareAddress(descriptor: number, on: boolean): void {
    // Streams take SO_REUSEPORT alone: with SO_REUSEADDR too, a plain socket that only wants past connections forgotten
    // would be let in. Datagram sockets take SO_REUSEADDR: the last one bound gets what is sent, all get multicasts.
    const stream = this.integer(descriptor, SOL_SOCKET, SO_TYPE) === SOCK_STREAM;
    this.setInteger(descriptor, SOL_SOCKET, stream ? SO_REUSEPORT : SO_REUSEADDR, on ? 1 : 0);
  }

  /** See `PlatformSockets.keepAlive`. */
  keepAlive(descriptor: number, on: boolean, time: number, interval: number): spi.ErrorCode {
    if (this.setInteger(descriptor, SOL_SOCKET, SO_KEEPALIVE, on ? 1 : 0) !== 0) return -this.#failure();
    if (!on) return 0;
    const seconds = (milliseconds: number): number => Math.min(Math.max(Math.ceil(milliseconds / 1000), 1), 32767);
    if (this.setInteger(descriptor, SOL_TCP, TCP_KEEPIDLE, seconds(time)) !== 0) return -this.#failure();
    if (this.setInteger(descriptor, SOL_TCP, TCP_KEEPINTVL, seconds(interval)) !== 0) return -this.#failure();
    return 0;
  }

  /** See `PlatformSockets.preferListener`. */
  preferListener(descriptor: number, place: number): void {
    // A program of one instruction, "return this number", behind the structure that describes it.
    const value = this.#value.ints;
    value.fill(0, 0, 6);
    value[0] = 1;
    writeWord(value, 2, this.#value.address + 16);
    value[4] = BPF_RETURN;
    value[5] = place;
    this.#libc.setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, this.#value.address, 16);
  }

  /** See `PlatformSockets.paceSends`. */
  paceSends(descriptor: number, rate: number, priority: number): number {
    if (priority >= 0 && this.setInteger(descriptor, SOL_SOCKET, SO_PRIORITY, priority) !== 0) return -this.#failure();
    // The largest 32-bit number is no limit; kernels that know 64 bits still take 32.
    const limit = rate < NO_PACING ? Math.max(1, Math.floor(rate)) : NO_PACING;
    return this.setInteger(descriptor, SOL_SOCKET, SO_MAX_PACING_RATE, limit | 0) === 0 ? 0 : -this.#failure();
  }

  /** See `PlatformSockets.tcpInfo`. */
  tcpInfo(descriptor: number, output: Uint8Array, length: number): spi.CountOrNegatedCode {
    if (!(length >= spi.TCP_INFO_v0.size) || !spi.holdsBytes(output, length)) return -spi.WSAEFAULT;
    this.#value.bytes.fill(0);
    this.#length.ints[0] = TCP_INFO_ROOM;
    const room = this.#value.address;
    if (this.#libc.getsockopt(descriptor, SOL_TCP, TCP_INFO, room, this.#length.address) !== 0) return this.#failure();
    const info = toTcpInfo(this.#value.view);
    info.RcvBuf = this.integer(descriptor, SOL_SOCKET, SO_RCVBUF) >>> 1;
    return spi.TCP_INFO_v0.encodeInto(info, output);
  }

  /** Sets an option of Linux' that is an integer. Returns 0, or -1 with `errno`. */
  setInteger(descriptor: number, level: number, name: number, value: number): number {
    this.#value.ints[0] = value;
    return this.#libc.setsockopt(descriptor, level, name, this.#value.address, 4);
  }

  /** The value of an option of Linux' that is an integer; 0 where there is no answer. */
  integer(descriptor: number, level: number, name: number): number {
    this.#value.ints[0] = 0;
    this.#length.ints[0] = 4;
    this.#libc.getsockopt(descriptor, level, name, this.#value.address, this.#length.address);
    return this.#value.ints[0]!;
  }

  /** The negated WinSock code of the call that just failed. */
  #failure(): spi.CountOrNegatedCode {
    return -winsockError(this.#libc.errno());
  }
}

// The options of Linux' sockets, beside what the whole family has.
import * as spi from '../../spi/index.js';
import { writeWord, type PinnedMemory } from '../native-memory.js';
import { PosixSocketOptions } from '../posix/socket-options.js';
import { SOL_TCP } from '../posix/system-numbers.js';
import { GroupMemberships } from './groups.js';
import type { Libc } from './libc.js';
import { linuxNumbers } from './numbers.js';
import { findSocketOption } from './options.js';
import { TCP_INFO_ROOM, toTcpInfo } from './tcp-info.js';

const { SOL_SOCKET } = linuxNumbers;
const SO_RCVBUF = 8;
const SO_PRIORITY = 12;
const SO_MAX_PACING_RATE = 47;
const NO_PACING = 0xffffffff;
const SO_ATTACH_REUSEPORT_CBPF = 51;
const TCP_INFO = 11;
const BPF_RETURN = 0x06;

/** The options of all sockets of a thread. */
export class LinuxSocketOptions extends PosixSocketOptions<Libc, GroupMemberships> {
  constructor(libc: Libc, value: PinnedMemory, length: PinnedMemory) {
    super(libc, value, length, linuxNumbers, new GroupMemberships(libc), findSocketOption);
  }

  /** See `PlatformSockets.preferListener`. */
  preferListener(descriptor: number, place: number): void {
    // A program of one instruction, "return this number", behind the structure that describes it.
    const value = this.value.ints;
    value.fill(0, 0, 6);
    value[0] = 1;
    writeWord(value, 2, this.value.address + 16);
    value[4] = BPF_RETURN;
    value[5] = place;
    this.libc.setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, this.value.address, 16);
  }

  /** See `PlatformSockets.paceSends`. */
  paceSends(descriptor: number, rate: number, priority: number): number {
    if (priority >= 0 && this.setInteger(descriptor, SOL_SOCKET, SO_PRIORITY, priority) !== 0) return -this.failure();
    // The largest 32-bit number is no limit; kernels that know 64 bits still take 32.
    const limit = rate < NO_PACING ? Math.max(1, Math.floor(rate)) : NO_PACING;
    return this.setInteger(descriptor, SOL_SOCKET, SO_MAX_PACING_RATE, limit | 0) === 0 ? 0 : -this.failure();
  }

  /** See `PlatformSockets.tcpInfo`. */
  tcpInfo(descriptor: number, output: Uint8Array, length: number): spi.CountOrNegatedCode {
    if (!(length >= spi.TCP_INFO_v0.size) || !spi.holdsBytes(output, length)) return -spi.WSAEFAULT;
    this.value.bytes.fill(0);
    this.length.ints[0] = TCP_INFO_ROOM;
    if (this.libc.getsockopt(descriptor, SOL_TCP, TCP_INFO, this.value.address, this.length.address) !== 0) {
      return this.failure();
    }
    const info = toTcpInfo(this.value.view);
    info.RcvBuf = this.integer(descriptor, SOL_SOCKET, SO_RCVBUF) >>> 1;
    return spi.TCP_INFO_v0.encodeInto(info, output);
  }
}

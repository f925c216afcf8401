// What the network answered to datagrams that were sent earlier: the error queues of the kernel's sockets.
import { AF_INET6, WSAECONNRESET, WSAENETRESET } from '../../spi/index.js';
import { pinMemory, writeWord } from '../native-memory.js';
import type { DatagramError } from '../platform.js';
import { SOL_IP, SOL_IPV6 } from '../posix/system-numbers.js';
import type { Libc } from './libc.js';
import { linuxNumbers } from './numbers.js';
import type { LinuxSocketOptions } from './socket-options.js';

const { SOL_SOCKET, message: MSG } = linuxNumbers;
const IP_RECVERR = 11;
const IPV6_RECVERR = 25;
const SO_TIMESTAMPNS = 35;
const AF_INET = 2;
const DGRAM_CLOEXEC = 0x80002;
const MSG_PEEK = 0x2;
const MSG_ERRQUEUE = 0x2000;

/** Room for an extended error with the address of who told of it, and a time stamp. */
const CONTROL_ROOM = 512;
const HEADER = 16;
const align = (length: number): number => (length + 7) & ~7;

/** `struct sock_extended_err`: where its members begin. */
const ERROR = { ORIGIN: 4, TYPE: 5, CODE: 6 } as const;
const [FROM_ICMP, FROM_ICMP6] = [2, 3];

/** What a message of ICMP says on Windows (origin, type, code); of others nothing is said. */
const MEANINGS = new Map<number, number>([
  [key(FROM_ICMP, 3, 3), WSAECONNRESET],
  [key(FROM_ICMP6, 1, 4), WSAECONNRESET],
  [key(FROM_ICMP, 11, 0), WSAENETRESET],
  [key(FROM_ICMP6, 3, 0), WSAENETRESET],
]);

function key(origin: number, type: number, code: number): number {
  return (origin << 16) | (type << 8) | code;
}

/** The error queues of all sockets of a thread, read through scratch memory of their own. */
export class DatagramErrors {
  readonly #libc: Libc;
  readonly #options: LinuxSocketOptions;
  readonly #message = pinMemory(MSG.SIZE);
  readonly #control = pinMemory(CONTROL_ROOM);
  /** What the control data read last says. */
  #meaning = 0;
  #arrival = 0;
  /**
   * A socket that nobody uses, but that wants time stamps for as long as the thread lives. The kernel stamps while there is one
   * such socket, and begins only a moment after there is: what arrives meanwhile gets the time at which it is read.
   */
  #keeper = -1;
  /** Times are told from the second of the first one on: so the nanoseconds are a number that is exact. */
  #firstSecond = -1;

  constructor(libc: Libc, options: LinuxSocketOptions) {
    this.#libc = libc;
    this.#options = options;
  }

  /** See `PlatformSockets.keepDatagramErrors`. */
  keep(descriptor: number, af: number, on: boolean): void {
    const value = on ? 1 : 0;
    // Both for IPv6, whose sockets may send over IPv4.
    this.#options.setInteger(descriptor, SOL_IP, IP_RECVERR, value);
    if (af === AF_INET6) this.#options.setInteger(descriptor, SOL_IPV6, IPV6_RECVERR, value);
  }

  /** Stamps what arrives, datagrams and errors, with the time: only that tells which came first. */
  stamp(descriptor: number): void {
    if (this.#keeper < 0) {
      this.#keeper = this.#libc.socket(AF_INET, DGRAM_CLOEXEC, 0);
      if (this.#keeper >= 0) this.#options.setInteger(this.#keeper, SOL_SOCKET, SO_TIMESTAMPNS, 1);
    }
    this.#options.setInteger(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, 1);
  }

  /** See `PlatformSockets.takeDatagramError`. */
  take(descriptor: number, error: DatagramError): boolean {
    if (!this.#receive(descriptor, MSG_ERRQUEUE)) return false;
    // An emulator that knows of no such queue gives an empty datagram, again and again; an error always says which it is.
    if (this.#message.ints[MSG.CONTROLLEN] === 0) return false;
    this.#readControl();
    error.code = this.#meaning;
    error.arrival = this.#arrival;
    return true;
  }

  /** See `PlatformSockets.nextArrival`. */
  nextArrival(descriptor: number): number {
    // The first look may tell of an error in place of the datagram.
    if (!this.#receive(descriptor, MSG_PEEK) && !this.#receive(descriptor, MSG_PEEK)) return Infinity;
    this.#readControl();
    return this.#arrival;
  }

  /** Receives control data without the bytes; false when nothing waits. */
  #receive(descriptor: number, flags: number): boolean {
    const message = this.#message.ints;
    message.fill(0);
    writeWord(message, MSG.CONTROL, this.#control.address);
    message[MSG.CONTROLLEN] = CONTROL_ROOM;
    return this.#libc.recvmsg(descriptor, this.#message.address, flags) >= 0;
  }

  #readControl(): void {
    const { view } = this.#control;
    const length = this.#message.ints[MSG.CONTROLLEN]!;
    this.#meaning = 0;
    this.#arrival = 0;
    for (let at = 0; at + HEADER <= length;) {
      const size = view.getUint32(at, true);
      if (size < HEADER) return;
      const data = at + HEADER;
      const level = view.getInt32(at + 8, true);
      const type = view.getInt32(at + 12, true);
      if (level === SOL_SOCKET && type === SO_TIMESTAMPNS) {
        const second = Number(view.getBigInt64(data, true));
        if (this.#firstSecond < 0) this.#firstSecond = second;
        this.#arrival = (second - this.#firstSecond) * 1e9 + view.getUint32(data + 8, true);
      } else if ((level === SOL_IP && type === IP_RECVERR) || (level === SOL_IPV6 && type === IPV6_RECVERR)) {
        const [origin, kind] = [view.getUint8(data + ERROR.ORIGIN), view.getUint8(data + ERROR.TYPE)];
        this.#meaning = MEANINGS.get(key(origin, kind, view.getUint8(data + ERROR.CODE))) ?? 0;
      }
      at += align(size);
    }
  }
}

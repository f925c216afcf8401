// Linux' sockets behind the platform's border.
import * as spi from '../../spi/index.js';
import type { DatagramError, OfferedSocket, PlatformSockets, SocketOffer, SystemTraits } from '../platform.js';
import { SOL_IP, SOL_IPV6 } from '../posix/system-numbers.js';
import { libc } from './bindings.js';
import { DatagramErrors } from './datagram-errors.js';
import { linuxNumbers } from './numbers.js';
import { offerSocket, takeSocket } from './offers.js';
import { LinuxSocketOptions } from './socket-options.js';
import { LinuxTransfers } from './transfers.js';

const { AF_INET6, SOL_SOCKET } = linuxNumbers;
const SOCK_DGRAM = 2;
const SOCK_RAW = 3;
const IPPROTO_RAW = 255;
const IP_HDRINCL = 3;
const SOCK_NONBLOCK = 0x800;
const SOCK_CLOEXEC = 0x80000;
const NONBLOCK_CLOEXEC = SOCK_NONBLOCK | SOCK_CLOEXEC;
const IP_MULTICAST_ALL = 49;
const IPV6_V6ONLY = 26;
const IPV6_MULTICAST_ALL = 29;
const IPV6_UNICAST_IF = 76;
const SO_PEERCRED = 17;
const TIOCOUTQ = 0x5411;

/** The kernel's sockets, by libc. */
export class LinuxSockets extends LinuxTransfers implements PlatformSockets {
  readonly system = 'linux';
  readonly traits: SystemTraits = {
    ownSharingRules: true,
    nameGoesWithPeer: true,
    connectsToItself: true,
    losesUrgentBytes: true,
    datagramErrorsApart: true,
  };

  protected readonly options = new LinuxSocketOptions(this.libc, this.value, this.length);
  readonly #datagramErrors = new DatagramErrors(this.libc, this.options);

  constructor() {
    super(libc(), linuxNumbers);
  }

  socket(af: number, type: number, protocol: number): spi.CountOrNegatedCode {
    const domain = af === spi.AF_INET6 ? AF_INET6 : af;
    // Linux has no raw socket of every protocol; one that only sends comes next.
    const everyProtocol = type === SOCK_RAW && protocol === 0;
    const number = everyProtocol ? IPPROTO_RAW : protocol;
    const descriptor = this.libc.socket(domain, type | NONBLOCK_CLOEXEC, number);
    if (descriptor < 0) return this.failure();
    // Of IPPROTO_RAW sockets it takes for granted that they bring headers along; Windows asks for IP_HDRINCL.
    if (type === SOCK_RAW && number === IPPROTO_RAW && domain !== AF_INET6) {
      this.options.setInteger(descriptor, SOL_IP, IP_HDRINCL, 0);
    }
    if (af === spi.AF_INET6) this.options.setInteger(descriptor, SOL_IPV6, IPV6_V6ONLY, 1);
    // On Windows a socket gets what is sent to groups that it is in itself, not to those of the whole machine.
    if (type === SOCK_DGRAM && af === spi.AF_INET) this.options.setInteger(descriptor, SOL_IP, IP_MULTICAST_ALL, 0);
    if (type === SOCK_DGRAM && af === spi.AF_INET6)
      this.options.setInteger(descriptor, SOL_IPV6, IPV6_MULTICAST_ALL, 0);
    if (type === SOCK_DGRAM) {
      this.#datagramErrors.keep(descriptor, af, true);
      this.#datagramErrors.stamp(descriptor);
    }
    return descriptor;
  }

  close(descriptor: number): void {
    // The binding would cut any other number off to the descriptor of somebody else.
    if (!Number.isInteger(descriptor) || descriptor < 0 || descriptor > 0x7fffffff) return;
    this.options.groups.forget(descriptor);
    // Not repeated after EINTR: Linux has freed the descriptor by then.
    this.libc.close(descriptor);
  }

  disown(descriptor: number): void {
    this.options.groups.forget(descriptor);
  }

  disconnect(descriptor: number): spi.ErrorCode {
    this.name.clear();
    return this.libc.connect(descriptor, this.name.address, 16) === 0 ? 0 : -this.failure();
  }

  keepDatagramErrors(descriptor: number, af: number, on: boolean): void {
    this.#datagramErrors.keep(descriptor, af, on);
  }

  takeDatagramError(descriptor: number, error: DatagramError): boolean {
    return this.#datagramErrors.take(descriptor, error);
  }

  nextArrival(descriptor: number): number {
    return this.#datagramErrors.nextArrival(descriptor);
  }

  unsent(descriptor: number): number {
    return this.ask(descriptor, TIOCOUTQ);
  }

  paceSends(descriptor: number, rate: number, priority: number): number {
    return this.options.paceSends(descriptor, rate, priority);
  }

  preferListener(descriptor: number, place: number): void {
    this.options.preferListener(descriptor, place);
  }

  tcpInfo(descriptor: number, output: Uint8Array, length: number): spi.CountOrNegatedCode {
    return this.options.tcpInfo(descriptor, output, length);
  }

  offer(descriptor: number, processId: number): SocketOffer | spi.ErrorCode {
    const offer = offerSocket(this.libc, this.value, this.length, descriptor, processId);
    if (typeof offer !== 'number') this.options.groups.share(descriptor);
    return offer;
  }

  endOffer(offer: SocketOffer): void {
    for (const each of [offer.descriptor, offer.taken, offer.offerTaken, offer.processEnded]) {
      if (each >= 0) this.libc.close(each);
    }
  }

  takeOffer(offer: OfferedSocket): spi.CountOrNegatedCode {
    const descriptor = takeSocket(this.libc, this.value, this.length, offer);
    if (descriptor >= 0) this.options.groups.share(descriptor);
    return descriptor;
  }

  peerUser(descriptor: number): number {
    // struct ucred: process, user, group.
    this.length.ints[0] = 12;
    const result = this.libc.getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, this.value.address, this.length.address);
    return result === 0 ? this.value.view.getUint32(4, true) : -1;
  }

  protected acceptOne(descriptor: number): number {
    return this.libc.accept4(descriptor, this.name.address, this.length.address, NONBLOCK_CLOEXEC);
  }

  protected preferredInterface(descriptor: number): number {
    // Linux keeps it in network order.
    const index = this.options.integer(descriptor, SOL_IPV6, IPV6_UNICAST_IF);
    return ((index & 0xff) << 24) | ((index & 0xff00) << 8) | ((index >> 8) & 0xff00) | (index >>> 24);
  }
}

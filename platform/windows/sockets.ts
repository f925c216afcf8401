// Windows' own sockets behind the platform's border: no value has to be translated.
import * as spi from '../../spi/index.js';
import type { NameSlot, OfferedSocket, PlatformSockets, SocketOffer, SystemTraits } from '../platform.js';
import { pinMemory } from '../native-memory.js';
import { JoinedGroups } from './groups.js';
import { interest } from './interest.js';
import { Offers } from './offers.js';
import { WindowsTransfers } from './transfers.js';
import { isWine } from './winsock.js';

const WSA_FLAG_OVERLAPPED = 0x01;
const WSA_FLAG_NO_HANDLE_INHERIT = 0x80;
const HANDLE_FLAG_INHERIT = 1;
const MOST_BACKLOG = 0x7fff_ffff;

/**
 * The sockets of ws2_32.dll through koffi. One per thread: its scratch memory serves each call, and no call is entered from inside
 * another.
 */
export class WindowsSockets extends WindowsTransfers implements PlatformSockets {
  readonly system = 'win32';
  readonly #isWine = isWine();
  readonly traits: SystemTraits = {
    ownSharingRules: false,
    nameGoesWithPeer: false,
    connectsToItself: this.#isWine,
    losesUrgentBytes: this.#isWine,
    datagramErrorsApart: false,
  };

  readonly #length = pinMemory(8);
  readonly #offers = new Offers(this.winsock);
  readonly #groups = new JoinedGroups();

  socket(af: number, type: number, protocol: number): spi.CountOrNegatedCode {
    const flags = WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT;
    const descriptor = this.winsock.WSASocketW(af, type, protocol, 0, 0, flags);
    return descriptor < 0 ? this.failure() : this.#nonBlocking(descriptor);
  }

  close(descriptor: number): void {
    // The binding would cut any other number off to the handle of somebody else.
    if (!Number.isInteger(descriptor) || descriptor < 0 || descriptor > 0x7fff_ffff) return;
    this.#groups.forget(descriptor);
    this.winsock.closesocket(descriptor);
  }

  disown(descriptor: number): void {
    this.#groups.forget(descriptor);
  }

  closeWillReset(descriptor: number): void {
    // A LINGER: on, for 0 seconds.
    this.#setInteger(descriptor, spi.SOL_SOCKET, spi.SO_LINGER, 1);
  }

  bind(descriptor: number, name: Uint8Array, namelen: number): spi.ErrorCode {
    const length = this.name.write(name, namelen);
    if (length < 0) return spi.WSAEFAULT;
    return this.#code(this.winsock.bind(descriptor, this.name.address, length));
  }

  listen(descriptor: number, backlog: number): spi.ErrorCode {
    return this.#code(this.winsock.listen(descriptor, backlog < 0 ? MOST_BACKLOG : Math.min(backlog, MOST_BACKLOG)));
  }

  accept(descriptor: number, peer: NameSlot): spi.CountOrNegatedCode {
    for (;;) {
      this.name.expect();
      const accepted = this.winsock.accept(descriptor, this.name.address, this.name.lengthAddress);
      if (accepted >= 0) {
        this.name.read(peer);
        // As FD_ACCEPT is: told again while more of them wait.
        interest().emptied(descriptor);
        this.winsock.SetHandleInformation(accepted, HANDLE_FLAG_INHERIT, 0);
        return this.#nonBlocking(accepted);
      }
      const failure = this.failure();
      // The connection went away before it was taken: look at the next one.
      if (failure === -spi.WSAECONNRESET) continue;
      if (failure === -spi.WSAEWOULDBLOCK) interest().emptied(descriptor);
      return failure;
    }
  }

  connect(descriptor: number, name: Uint8Array, namelen: number): spi.ErrorCode {
    const length = this.name.write(name, namelen);
    if (length < 0) return spi.WSAEFAULT;
    const { address } = this.name;
    let code = this.#code(this.winsock.connect(descriptor, address, length));
    // Below Wine, the system says once more that the connect before this one failed.
    if (code === spi.WSAECONNABORTED) code = this.#code(this.winsock.connect(descriptor, address, length));
    if (code === spi.WSAEWOULDBLOCK) interest().connecting(descriptor);
    return code;
  }

  disconnect(descriptor: number): spi.ErrorCode {
    if (this.#integer(descriptor, spi.SOL_SOCKET, spi.SO_TYPE) === spi.SOCK_STREAM) {
      // One whose connect failed can connect again as it is. One that has a connection, and data that nobody may receive, resets it now.
      this.winsock.shutdown(descriptor, spi.SD_RECEIVE);
      return 0;
    }
    this.name.expect();
    const { address, lengthAddress } = this.name;
    if (this.winsock.getsockname(descriptor, address, lengthAddress) !== 0) return 0;
    this.name.clear();
    return this.#code(this.winsock.connect(descriptor, address, this.name.length));
  }

  shutdownSend(descriptor: number): spi.ErrorCode {
    return this.#code(this.winsock.shutdown(descriptor, spi.SD_SEND));
  }

  keepDatagramErrors(descriptor: number, _af: number, on: boolean): void {
    for (const code of [spi.SIO_UDP_CONNRESET, spi.SIO_UDP_NETRESET]) {
      this.value.ints[0] = on ? 1 : 0;
      this.#control(descriptor, code, 4, 0);
    }
  }

  takeDatagramError(): boolean {
    return false;
  }

  nextArrival(): number {
    return Infinity;
  }

  takeError(descriptor: number): spi.ErrorCode {
    const code = this.#integer(descriptor, spi.SOL_SOCKET, spi.SO_ERROR);
    if (code !== 0) return code;
    return this.wasReset(descriptor) ? spi.WSAECONNRESET : 0;
  }

  available(descriptor: number): number {
    this.value.ints[0] = 0;
    const asked = this.winsock.ioctlsocket(descriptor, spi.FIONREAD | 0, this.value.address);
    return asked === 0 ? this.value.ints[0]! : 0;
  }

  /** Windows goes on by itself to send what a closed socket has left; nothing tells how much that is. */
  unsent(): number {
    return 0;
  }

  /** Urgent bytes lie beside the stream, or come in their order: there is nothing to be set aside, unless below Wine. */
  atMark(descriptor: number): boolean {
    if (!this.#isWine) return false;
    this.value.ints[0] = 1;
    // 0 where there is an urgent byte to come.
    const asked = this.winsock.ioctlsocket(descriptor, spi.SIOCATMARK | 0, this.value.address);
    return asked === 0 && this.value.ints[0] === 0;
  }

  localName(descriptor: number, slot: NameSlot): spi.ErrorCode {
    this.name.expect();
    const { address, lengthAddress } = this.name;
    const code = this.#code(this.winsock.getsockname(descriptor, address, lengthAddress));
    if (code === 0) this.name.read(slot);
    return code;
  }

  peerName(descriptor: number, slot: NameSlot): spi.ErrorCode {
    this.name.expect();
    const { address, lengthAddress } = this.name;
    const code = this.#code(this.winsock.getpeername(descriptor, address, lengthAddress));
    if (code === 0) this.name.read(slot);
    return code;
  }

  setOption(descriptor: number, level: number, optname: number, value: Uint8Array, length: number): spi.ErrorCode {
    if (!spi.holdsBytes(value, length)) return spi.WSAEFAULT;
    const size = Math.min(length, this.value.bytes.length);
    this.value.bytes.set(spi.viewOfBytes(value, 0, size));
    return this.#groups.change(descriptor, level, optname, this.value.bytes, size, () => {
      const code = this.#code(this.winsock.setsockopt(descriptor, level, optname, this.value.address, size));
      // Wine's word for a group that the socket is in already.
      return code === spi.WSAEADDRINUSE ? spi.WSAEINVAL : code;
    });
  }

  getOption(
    descriptor: number,
    level: number,
    optname: number,
    value: Uint8Array,
    length: number,
  ): spi.CountOrNegatedCode {
    if (!spi.holdsBytes(value, length)) return -spi.WSAEFAULT;
    this.#length.ints[0] = Math.min(length, this.value.bytes.length);
    const { address } = this.value;
    if (this.winsock.getsockopt(descriptor, level, optname, address, this.#length.address) !== 0) return this.failure();
    const size = Math.min(this.#length.ints[0]!, length);
    for (let index = 0; index < size; index++) value[index] = this.value.bytes[index]!;
    return size;
  }

  isListening(descriptor: number): boolean {
    return this.#integer(descriptor, spi.SOL_SOCKET, spi.SO_ACCEPTCONN) !== 0;
  }

  reuseRemembered(): void {
    // Windows lets a bind pass beside past connections by itself.
  }

  shareAddress(descriptor: number, on: boolean): void {
    this.#setInteger(descriptor, spi.SOL_SOCKET, spi.SO_REUSEADDR, on ? 1 : 0);
  }

  preferListener(): void {
    // Windows prefers the earliest by itself.
  }

  paceSends(_descriptor: number, rate: number, priority: number): spi.ErrorCode {
    return rate === Infinity && priority < 0 ? 0 : spi.WSAEOPNOTSUPP;
  }

  keepAlive(descriptor: number, on: boolean, time: number, interval: number): spi.ErrorCode {
    this.value.ints.set([on ? 1 : 0, time, interval]);
    const result = this.#control(descriptor, spi.SIO_KEEPALIVE_VALS, 12, 0);
    return result < 0 ? -result : 0;
  }

  tcpInfo(descriptor: number, output: Uint8Array, length: number): spi.CountOrNegatedCode {
    if (!spi.holdsBytes(output, length)) return -spi.WSAEFAULT;
    // The version of the structure that is asked for.
    this.value.ints[0] = 0;
    const size = this.#control(descriptor, spi.SIO_TCP_INFO, 4, Math.min(length, this.value.bytes.length));
    for (let index = 0; index < size; index++) output[index] = this.value.bytes[index]!;
    return size;
  }

  offer(descriptor: number, processId: number): SocketOffer | spi.ErrorCode {
    return this.#offers.offer(descriptor, processId);
  }

  endOffer(offer: SocketOffer): void {
    this.#offers.end(offer);
  }

  takeOffer(offer: OfferedSocket): spi.CountOrNegatedCode {
    const descriptor = this.#offers.take(offer);
    return descriptor < 0 ? descriptor : this.#nonBlocking(descriptor);
  }

  #nonBlocking(descriptor: number): spi.CountOrNegatedCode {
    this.value.ints[0] = 1;
    if (this.winsock.ioctlsocket(descriptor, spi.FIONBIO | 0, this.value.address) === 0) return descriptor;
    const failure = this.failure();
    this.winsock.closesocket(descriptor);
    return failure;
  }

  /** Calls WSAIoctl with what lies in the scratch value, where its answer goes too. Returns its length or a negated code. */
  #control(descriptor: number, code: number, input: number, output: number): spi.CountOrNegatedCode {
    const { address } = this.value;
    const place = output === 0 ? 0 : address;
    const got = this.#length.address;
    this.#length.ints[0] = 0;
    const result = this.winsock.WSAIoctl(descriptor, code >>> 0, address, input, place, output, got, 0, 0);
    return result === 0 ? this.#length.ints[0] : this.failure();
  }

  #setInteger(descriptor: number, level: number, name: number, value: number): void {
    this.value.ints[0] = value;
    this.winsock.setsockopt(descriptor, level, name, this.value.address, 4);
  }

  #integer(descriptor: number, level: number, name: number): number {
    this.value.ints[0] = 0;
    this.#length.ints[0] = 4;
    this.winsock.getsockopt(descriptor, level, name, this.value.address, this.#length.address);
    return this.value.ints[0];
  }

  #code(result: number): spi.ErrorCode {
    return result === 0 ? 0 : this.winsock.GetLastError();
  }
}

// What one of Node.js' UDP handles does on a chain, in place of libuv.
import {
  AF_INET,
  AF_INET6,
  FD_CLOSE,
  FD_READ,
  FD_WRITE,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  parseSockaddr,
  SO_REUSEADDR,
  SOL_SOCKET,
  WSAECONNRESET,
  WSAEWOULDBLOCK,
  WSASYSCALLFAILURE,
} from '../../index.js';
import {
  receiveRoom,
  sockaddr,
  takeReceived,
  type ChainHandle,
  type HandleReport,
  runTicks,
} from '../transfers/index.js';
import type { ChainError } from '../instance/index.js';
import { isAddressOf, portOf, THIS_MACHINE } from './addresses.js';
import { DatagramOptions, interfaceName, type OptionsOwner } from './datagram-options.js';
import { HandleLife } from './handle-life.js';
import { PendingRequest } from './pending-request.js';
import type { HandleChain } from './handle-chain.js';
import { UV_ECANCELED, UV_ECONNREFUSED, UV_EINVAL, UV_ENOTCONN, uvErrorOf } from './uv-errors.js';

/** Where a datagram has come from. */
export interface Sender {
  address: string;
  family: string;
  port: number;
}

/** The object that Node.js has, as far as it is told of anything. */
export interface DatagramUser {
  /** Takes a datagram: its length and bytes, or a libuv error and none. */
  message(count: number, bytes: Buffer | undefined, from: Sender | undefined): void;
  /** Takes why the chain has no socket: the next error that anybody sees is to say so. */
  refused(refusal: ChainError): void;
  /** Tells that a send is over. */
  sent(request: object, status: number, bytes: number): void;
  /** Whoever has the handle is to close it: the use of the instance ended. */
  instanceEnded(): void;
}

/** A datagram that waits for room. */
interface Waiting {
  readonly send: PendingRequest;
  readonly bytes: Buffer;
  readonly to: Uint8Array | null;
}

/** How long it rests when a layer could not receive, in milliseconds. */
const REST = 100;
const RECEIVES_PER_NOTICE = 32;
/** Flags of `bind`. */
const IPV6_ONLY = 1;
const REUSE_ADDRESS = 4;
const REUSE_PORT = 64;

const from = new Uint8Array(128);
const fromLength = { value: 0 };

/** A datagram socket of a chain behind a UDP handle of Node.js. */
export class DatagramHandle extends HandleLife implements OptionsOwner {
  readonly options = new DatagramOptions(this);
  #isConnected = false;
  #isReceiving = false;
  #mayReceive = false;
  #waiting: Waiting[] = [];
  #sent = 0;
  #received = 0;

  constructor(
    private readonly on: HandleChain,
    private readonly user: DatagramUser,
  ) {
    super('UDPWRAP');
  }

  // ---- Its life ----

  get socket(): ChainHandle | null {
    return this.handle;
  }

  /** Takes over another socket that is the same to the system as that of a handle. @returns 0, or a libuv error */
  openLike(other: DatagramHandle): number {
    const error = this.duplicate(other);
    if (error !== 0) return error;
    this.#isConnected = other.#isConnected;
    this.keep();
    return this.opened(this.handle!);
  }

  override instanceEnded(): void {
    this.user.instanceEnded();
    if (!this.isClosed) super.instanceEnded();
  }

  protected get isActive(): boolean {
    return this.#isReceiving;
  }

  protected openSocket(family: number): ChainHandle | ChainError {
    return this.on.openDatagrams(family);
  }

  protected refused(refusal: ChainError): void {
    this.user.refused(refusal);
  }

  protected opened(handle: ChainHandle): number {
    return uvErrorOf(handle.select(FD_READ | FD_WRITE | FD_CLOSE));
  }

  protected closing(): void {
    this.#isReceiving = false;
  }

  protected cancel(): void {
    const cancelled = this.#waiting;
    this.#waiting = [];
    for (const { send } of cancelled) send.tell((request) => this.user.sent(request, UV_ECANCELED, 0));
  }

  report(): HandleReport {
    const state = this.#isConnected ? 'connected' : 'open';
    return { state, sent: this.#sent, received: this.#received, queued: this.queuedBytes };
  }

  // ---- Names ----

  bind(address: string, port: number, flags: number, family: number): number {
    const error = this.open(family);
    if (error !== 0) return error;
    const handle = this.handle!;
    if ((flags & (REUSE_ADDRESS | REUSE_PORT)) !== 0) handle.setOption(SOL_SOCKET, SO_REUSEADDR, 1);
    if (family === AF_INET6) handle.setOption(IPPROTO_IPV6, IPV6_V6ONLY, (flags & IPV6_ONLY) !== 0 ? 1 : 0);
    return isAddressOf(family, address) ? uvErrorOf(handle.bind(address, portOf(port))) : UV_EINVAL;
  }

  connect(address: string, port: number, family: number): number {
    const error = this.open(family);
    if (error !== 0) return error;
    if (!isAddressOf(family, address)) return UV_EINVAL;
    const code = this.handle!.connect(THIS_MACHINE.get(address) ?? address, portOf(port), null);
    if (code === 0) this.#isConnected = true;
    return uvErrorOf(code);
  }

  disconnect(): number {
    const handle = this.handle;
    if (handle === null || !this.#isConnected) return UV_ENOTCONN;
    const code = handle.connect(handle.family === AF_INET ? '0.0.0.0' : '::', 0, null);
    if (code === 0) this.#isConnected = false;
    return uvErrorOf(code);
  }

  // ---- Sending ----

  /**
   * Sends a datagram.
   *
   * @param address where to; `null` for the peer that it is connected with
   * @returns what `dgram` expects: a negative libuv error, 0 when the request is told later, else the length and one
   */
  send(request: object, pieces: readonly Uint8Array[], address: string | null, port: number, family: number): number {
    if (this.handle === null) {
      const error = this.bind(family === AF_INET ? '0.0.0.0' : '::', 0, 0, family);
      if (error !== 0) return error;
    }
    const socket = this.handle!;
    if (address !== null && !isAddressOf(socket.family, address)) return UV_EINVAL;
    const to = address === null ? null : sockaddr(THIS_MACHINE.get(address) ?? address, portOf(port), socket.family);
    const bytes = pieces.length === 1 ? bufferOver(pieces[0]!) : Buffer.concat(pieces);
    const sent = this.#waiting.length > 0 ? null : this.#try(bytes, to);
    if (sent !== null) return sent < 0 ? sent : sent + 1;
    this.#waiting.push({ send: new PendingRequest(request, 'UDPSENDWRAP'), bytes, to });
    this.begins();
    return 0;
  }

  /** @returns the bytes sent, a libuv error, or `null` while there is no room */
  #try(bytes: Buffer, to: Uint8Array | null): number | null {
    const { ws2, s } = this.handle!;
    const sent =
      to === null ? ws2.send(s, bytes, bytes.length, 0) : ws2.sendto(s, bytes, bytes.length, 0, to, to.length);
    if (sent >= 0) {
      this.#sent += sent;
      return sent;
    }
    const error = ws2.WSAGetLastError();
    return error === WSAEWOULDBLOCK ? null : uvErrorOf(error);
  }

  #sendWaiting(): void {
    while (this.#waiting.length > 0 && this.handle !== null) {
      const { send, bytes, to } = this.#waiting[0]!;
      const sent = this.#try(bytes, to);
      if (sent === null) return;
      this.#waiting.shift();
      this.ends();
      send.tell((request) => this.user.sent(request, Math.min(sent, 0), Math.max(sent, 0)));
      runTicks();
    }
  }

  get queuedBytes(): number {
    return this.#waiting.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  get queuedCount(): number {
    return this.#waiting.length;
  }

  // ---- Receiving ----

  receiveStart(): number {
    this.#isReceiving = true;
    this.keep();
    if (this.#mayReceive) this.#receiveLater();
    return 0;
  }

  receiveStop(): number {
    this.#isReceiving = false;
    this.keep();
    return 0;
  }

  wronged(why: ChainError): void {
    this.user.refused(why);
  }

  networkEvents(events: number): void {
    if ((events & FD_WRITE) !== 0) this.#sendWaiting();
    if ((events & (FD_READ | FD_CLOSE)) === 0) return;
    this.#mayReceive = true;
    this.#receive();
  }

  #receiveLater(): void {
    this.goOnLater(this.#receive);
  }

  readonly #receive = (): void => {
    for (let receives = 0; receives < RECEIVES_PER_NOTICE; receives++) {
      if (receives > 0) runTicks();
      if (this.handle === null || !this.#isReceiving || !this.#mayReceive) return;
      const { ws2, s } = this.handle;
      const room = receiveRoom();
      fromLength.value = from.length;
      const received = ws2.recvfrom(s, room, room.length, 0, from, fromLength);
      const error = received < 0 ? ws2.WSAGetLastError() : 0;
      if (received < 0) {
        if (error === WSAEWOULDBLOCK) {
          this.#mayReceive = false;
          return;
        }
        this.#failed(error);
        if (error !== WSASYSCALLFAILURE) continue;
        // A layer that throws would do so again at once, and for ever.
        setTimeout(() => this.#receiveLater(), REST).unref();
        return;
      }
      const { address, family, port, scope_id: scope } = parseSockaddr(from, fromLength.value);
      const sender: Sender = {
        address: scope ? `${address}%${interfaceName(scope)}` : address,
        family: family === AF_INET6 ? 'IPv6' : 'IPv4',
        port,
      };
      this.#received += received;
      this.user.message(received, takeReceived(received), sender);
    }
    if (this.#isReceiving && this.#mayReceive) this.#receiveLater();
  };

  #failed(error: number): void {
    // WinSock tells of every datagram that found nobody (measured behaviour 7); the systems of Node.js do of connected sockets.
    if (error === WSAECONNRESET && !this.#isConnected) return;
    this.user.message(error === WSAECONNRESET ? UV_ECONNREFUSED : uvErrorOf(error), undefined, undefined);
  }
}

function bufferOver({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

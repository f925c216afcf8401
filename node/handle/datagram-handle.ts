// What one of Node.js' UDP handles does on a chain, in place of libuv.
import { AsyncResource } from 'node:async_hooks';
import {
  AF_INET,
  AF_INET6,
  FD_CLOSE,
  FD_READ,
  FD_WRITE,
  IP_ADD_MEMBERSHIP,
  IP_ADD_SOURCE_MEMBERSHIP,
  IP_DROP_MEMBERSHIP,
  IP_DROP_SOURCE_MEMBERSHIP,
  IP_MULTICAST_IF,
  IP_MULTICAST_LOOP,
  IP_MULTICAST_TTL,
  IP_TTL,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_ADD_MEMBERSHIP,
  IPV6_DROP_MEMBERSHIP,
  IPV6_MULTICAST_HOPS,
  IPV6_MULTICAST_IF,
  IPV6_MULTICAST_LOOP,
  IPV6_UNICAST_HOPS,
  IPV6_V6ONLY,
  parseSockaddr,
  SO_BROADCAST,
  SO_RCVBUF,
  SO_REUSEADDR,
  SO_SNDBUF,
  SOL_SOCKET,
  WSAECONNRESET,
  WSAEWOULDBLOCK,
} from '../../index.js';
import { isIPv4, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import {
  receiveRoom,
  sockaddr,
  takeReceived,
  type AddressInfo,
  type ChainHandle,
  type HandleOwner,
} from '../transfers/index.js';
import type { HandleChain } from './stream-handle.js';
import { runTicks } from './ticks.js';
import { THIS_MACHINE } from './this-machine.js';
import { UV_EBADF, UV_ECANCELED, UV_ECONNREFUSED, UV_EINVAL, UV_ENOTCONN, uvErrorOf } from './uv-errors.js';

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
  /** Tells that a send is over. */
  sent(request: object, status: number, bytes: number): void;
}

/** A datagram that waits for room. */
interface Waiting {
  readonly request: object;
  readonly bytes: Buffer;
  readonly to: Uint8Array | null;
}

const RECEIVES_PER_NOTICE = 32;
/** Flags of `bind`. */
const IPV6_ONLY = 1;
const REUSE_ADDRESS = 4;
const REUSE_PORT = 8;
const MOST_BUFFER = 0x7fff_ffff;

/** Options that the two families have by different names. */
const BY_FAMILY = {
  ttl: { 4: IP_TTL, 6: IPV6_UNICAST_HOPS },
  multicastTtl: { 4: IP_MULTICAST_TTL, 6: IPV6_MULTICAST_HOPS },
  multicastLoopback: { 4: IP_MULTICAST_LOOP, 6: IPV6_MULTICAST_LOOP },
} as const;

const from = new Uint8Array(128);
const fromLength = { value: 0 };

/** A datagram socket of a chain behind a UDP handle of Node.js. */
export class DatagramHandle implements HandleOwner {
  readonly #scope: AsyncResource;
  #handle: ChainHandle | null = null;
  #isClosed = false;
  #isConnected = false;
  #isReceiving = false;
  #mayReceive = false;
  #referenced = true;
  #waiting: Waiting[] = [];

  constructor(
    private readonly on: HandleChain,
    private readonly user: DatagramUser,
  ) {
    this.#scope = new AsyncResource('UDPWRAP');
  }

  // ---- Its life ----

  #open(family: number): number {
    if (this.#isClosed) return UV_EBADF;
    if (this.#handle !== null) return this.#handle.family === family ? 0 : UV_EINVAL;
    const handle = this.on.openDatagrams(family);
    if (handle instanceof Error) return uvErrorOf(handle.wsaError);
    this.#handle = handle;
    handle.giveTo(this, this.#scope);
    this.#keep();
    return uvErrorOf(handle.select(FD_READ | FD_WRITE | FD_CLOSE));
  }

  /** Closes the socket now. @returns tells those whose sends are cancelled by that, to be called later */
  close(): () => void {
    if (this.#isClosed) return () => undefined;
    this.#isClosed = true;
    this.#isReceiving = false;
    this.#handle?.close();
    this.#handle = null;
    const cancelled = this.#waiting;
    this.#waiting = [];
    return () => {
      for (const { request } of cancelled) this.user.sent(request, UV_ECANCELED, 0);
    };
  }

  instanceEnded(): void {
    const cancel = this.close();
    setImmediate(() => this.inScope(cancel));
  }

  /** Runs something in the handle's asynchronous context. */
  inScope(run: () => void): void {
    this.#scope.runInAsyncScope(run);
  }

  // ---- Names ----

  bind(address: string, port: number, flags: number, family: number): number {
    const error = this.#open(family);
    if (error !== 0) return error;
    const handle = this.#handle!;
    if ((flags & (REUSE_ADDRESS | REUSE_PORT)) !== 0) handle.setOption(SOL_SOCKET, SO_REUSEADDR, 1);
    if (family === AF_INET6) handle.setOption(IPPROTO_IPV6, IPV6_V6ONLY, (flags & IPV6_ONLY) !== 0 ? 1 : 0);
    return uvErrorOf(handle.bind(address, port));
  }

  connect(address: string, port: number, family: number): number {
    const error = this.#open(family);
    if (error !== 0) return error;
    const code = this.#handle!.connect(THIS_MACHINE.get(address) ?? address, port, null);
    if (code === 0) this.#isConnected = true;
    return uvErrorOf(code);
  }

  disconnect(): number {
    const handle = this.#handle;
    if (handle === null || !this.#isConnected) return UV_ENOTCONN;
    const code = handle.connect(handle.family === AF_INET ? '0.0.0.0' : '::', 0, null);
    if (code === 0) this.#isConnected = false;
    return uvErrorOf(code);
  }

  name(which: 'getsockname' | 'getpeername', out: AddressInfo): number {
    if (this.#handle === null) return UV_EBADF;
    const name = this.#handle.name(which);
    if (name === null) return which === 'getpeername' ? UV_ENOTCONN : UV_EINVAL;
    Object.assign(out, name);
    return 0;
  }

  // ---- Sending ----

  /**
   * Sends a datagram.
   *
   * @param address where to; `null` for the peer that it is connected with
   * @returns what `dgram` expects: a negative libuv error, 0 when the request is told later, else the length and one
   */
  send(request: object, pieces: readonly Uint8Array[], address: string | null, port: number, family: number): number {
    if (this.#handle === null) {
      const error = this.bind(family === AF_INET ? '0.0.0.0' : '::', 0, 0, family);
      if (error !== 0) return error;
    }
    const to = address === null ? null : sockaddr(THIS_MACHINE.get(address) ?? address, port, this.#handle!.family);
    const bytes = pieces.length === 1 ? bufferOver(pieces[0]!) : Buffer.concat(pieces);
    const sent = this.#waiting.length > 0 ? null : this.#try(bytes, to);
    if (sent !== null) return sent < 0 ? sent : sent + 1;
    this.#waiting.push({ request, bytes, to });
    this.#keep();
    return 0;
  }

  /** @returns the bytes sent, a libuv error, or `null` while there is no room */
  #try(bytes: Buffer, to: Uint8Array | null): number | null {
    const { ws2, s } = this.#handle!;
    const sent =
      to === null ? ws2.send(s, bytes, bytes.length, 0) : ws2.sendto(s, bytes, bytes.length, 0, to, to.length);
    if (sent >= 0) return sent;
    const error = ws2.WSAGetLastError();
    return error === WSAEWOULDBLOCK ? null : uvErrorOf(error);
  }

  #sendWaiting(): void {
    while (this.#waiting.length > 0 && this.#handle !== null) {
      const { request, bytes, to } = this.#waiting[0]!;
      const sent = this.#try(bytes, to);
      if (sent === null) return;
      this.#waiting.shift();
      this.#keep();
      this.user.sent(request, Math.min(sent, 0), Math.max(sent, 0));
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
    this.#keep();
    if (this.#mayReceive) this.#receiveLater();
    return 0;
  }

  receiveStop(): number {
    this.#isReceiving = false;
    this.#keep();
    return 0;
  }

  networkEvents(events: number): void {
    if ((events & FD_WRITE) !== 0) this.#sendWaiting();
    if ((events & (FD_READ | FD_CLOSE)) === 0) return;
    this.#mayReceive = true;
    this.#receive();
  }

  #receiveLater(): void {
    setImmediate(() => {
      if (this.#handle !== null) this.inScope(() => this.#receive());
    });
  }

  #receive(): void {
    for (let receives = 0; receives < RECEIVES_PER_NOTICE; receives++) {
      if (receives > 0) runTicks();
      if (this.#handle === null || !this.#isReceiving || !this.#mayReceive) return;
      const { ws2, s } = this.#handle;
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
        continue;
      }
      const { address, family, port, scope_id: scope } = parseSockaddr(from, fromLength.value);
      const sender: Sender = {
        address: scope ? `${address}%${interfaceName(scope)}` : address,
        family: family === AF_INET6 ? 'IPv6' : 'IPv4',
        port,
      };
      this.user.message(received, takeReceived(received), sender);
    }
    if (this.#isReceiving && this.#mayReceive) this.#receiveLater();
  }

  #failed(error: number): void {
    // WinSock tells of every datagram that found nobody (measured behaviour 7); the systems of Node.js do of connected sockets.
    if (error === WSAECONNRESET && !this.#isConnected) return;
    this.user.message(error === WSAECONNRESET ? UV_ECONNREFUSED : uvErrorOf(error), undefined, undefined);
  }

  // ---- Options ----

  setBroadcast(enable: number): number {
    return this.#set(SOL_SOCKET, SO_BROADCAST, enable ? 1 : 0);
  }

  setByFamily(which: keyof typeof BY_FAMILY, value: number): number {
    if (this.#handle === null) return UV_EBADF;
    if (which === 'ttl' && !(value >= 1 && value <= 255)) return UV_EINVAL;
    if (which === 'multicastTtl' && !(value >= 0 && value <= 255)) return UV_EINVAL;
    const six = this.#handle.family === AF_INET6;
    return this.#set(six ? IPPROTO_IPV6 : IPPROTO_IP, BY_FAMILY[which][six ? 6 : 4], value);
  }

  setMulticastInterface(address: string): number {
    if (this.#handle === null) return UV_EBADF;
    if (this.#handle.family === AF_INET6) {
      return isIPv6(address) ? this.#set(IPPROTO_IPV6, IPV6_MULTICAST_IF, scopeOf(address)) : UV_EINVAL;
    }
    return isIPv4(address) ? this.#setBytes(IPPROTO_IP, IP_MULTICAST_IF, ipv4(address)) : UV_EINVAL;
  }

  /** Joins or leaves a multicast group. */
  membership(join: boolean, group: string, at: string | undefined): number {
    if (isIPv4(group)) {
      if (at !== undefined && !isIPv4(at)) return UV_EINVAL;
      const value = Buffer.concat([ipv4(group), ipv4(at ?? '0.0.0.0')]);
      return this.#setBytes(IPPROTO_IP, join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, value);
    }
    if (!isIPv6(group)) return UV_EINVAL;
    const index = Buffer.alloc(4);
    index.writeUInt32LE(scopeOf(at ?? group));
    const value = Buffer.concat([sockaddr(group.split('%')[0]!, 0, AF_INET6).subarray(8, 24), index]);
    return this.#setBytes(IPPROTO_IPV6, join ? IPV6_ADD_MEMBERSHIP : IPV6_DROP_MEMBERSHIP, value);
  }

  /** Joins or leaves a multicast group of one source. */
  sourceMembership(join: boolean, source: string, group: string, at: string | undefined): number {
    if (!isIPv4(group) || !isIPv4(source) || (at !== undefined && !isIPv4(at))) return UV_EINVAL;
    const value = Buffer.concat([ipv4(group), ipv4(source), ipv4(at ?? '0.0.0.0')]);
    return this.#setBytes(IPPROTO_IP, join ? IP_ADD_SOURCE_MEMBERSHIP : IP_DROP_SOURCE_MEMBERSHIP, value);
  }

  /** Reads or sets the size of a buffer of the system's; a negative libuv error if that cannot be. */
  bufferSize(size: number, receiving: boolean): number {
    if (this.#handle === null) return UV_EBADF;
    if (size > MOST_BUFFER) return UV_EINVAL;
    const option = receiving ? SO_RCVBUF : SO_SNDBUF;
    if (size !== 0) return this.#set(SOL_SOCKET, option, size) || size;
    const { ws2, s } = this.#handle;
    const value = new Uint8Array(4);
    if (ws2.getsockopt(s, SOL_SOCKET, option, value, { value: 4 }) !== 0) return uvErrorOf(ws2.WSAGetLastError());
    return new DataView(value.buffer).getInt32(0, true);
  }

  #set(level: number, name: number, value: number): number {
    return this.#handle === null ? UV_EBADF : uvErrorOf(this.#handle.setOption(level, name, value));
  }

  #setBytes(level: number, name: number, value: Uint8Array): number {
    if (this.#handle === null) return UV_EBADF;
    const { ws2, s } = this.#handle;
    return ws2.setsockopt(s, level, name, value, value.length) === 0 ? 0 : uvErrorOf(ws2.WSAGetLastError());
  }

  // ---- Keeping the process alive ----

  ref(): void {
    this.#referenced = true;
    this.#keep();
  }

  unref(): void {
    this.#referenced = false;
    this.#keep();
  }

  hasRef(): boolean {
    return this.#referenced && !this.#isClosed;
  }

  #keep(): void {
    this.#handle?.reference(this.#waiting.length > 0 || (this.#referenced && this.#isReceiving));
  }
}

function bufferOver({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function ipv4(address: string): Uint8Array {
  return sockaddr(address, 0, AF_INET).slice(4, 8);
}

/** The scope of an address, by number or by the name of an interface; 0 for none. */
function scopeOf(address: string): number {
  const [, scope] = address.split('%');
  if (scope === undefined) return 0;
  const number = Number(scope);
  if (Number.isInteger(number)) return number;
  return networkInterfaces()[scope]?.find(({ family }) => family === 'IPv6')?.scopeid ?? 0;
}

function interfaceName(scope: number): string {
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    if (addresses?.some((each) => each.family === 'IPv6' && each.scopeid === scope)) return name;
  }
  return String(scope);
}

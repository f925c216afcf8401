import type { WSABUF } from '../../../spi/index.js';
import type { CaptureClock } from './capture-clock.js';
import { CaptureInterface, type CapturedStream } from './capture-interface.js';
import { endpointOf, type Endpoint, type PacketHeader } from './packet-header.js';
import { other, type Side, type TcpStream } from './tcp-stream.js';

/** How a socket came to its connection, as far as that was seen. */
export const Origin = {
  /** It was there before the capture began, or comes from elsewhere. */
  UNKNOWN: 0,
  /** It was opened while the capture was on, and has none yet. */
  FRESH: 1,
  /** It is connecting. */
  CONNECTING: 2,
  /** It connected. */
  CLIENT: 3,
  /** It was accepted. */
  SERVER: 4,
} as const;

/** An overlapped transfer that is under way. */
export interface TransferUnderWay {
  readonly isSend: boolean;
  readonly isUrgent: boolean;
  readonly buffers: readonly WSABUF[];
  readonly total: number;
  /** The peer of a datagram that is sent. */
  readonly to: Uint8Array | null;
  /** Where the peer of a datagram that is received will be. */
  readonly from: (() => Endpoint | null) | null;
}

/** The way of datagrams between a socket and a peer. */
export interface DatagramWay {
  readonly local: Endpoint;
  readonly peer: Endpoint;
  readonly out: PacketHeader;
  readonly back: PacketHeader;
}

/** What a capture knows of a socket. */
export class CapturedSocket {
  #origin: number = Origin.UNKNOWN;
  #stream: CapturedStream | null = null;
  #side: Side = 0;
  #local: Endpoint | null = null;
  #peer: Endpoint | null = null;
  readonly #underWay = new Map<object, TransferUnderWay>();
  #sendsUnderWay = 0;
  /** Whether the end of what is sent waits for sends that are under way. */
  #endsAfterSends = false;
  #stopObserving: (() => void) | null = null;
  #way: DatagramWay | null = null;
  /** The last name of a peer, and what it says. */
  #peerName: Uint8Array | null = null;
  #namedPeer: Endpoint | null = null;

  constructor(readonly s: number) {}

  /** One of `Origin`. */
  get origin(): number {
    return this.#origin;
  }

  /** The stream that the socket is an end of, as soon as it is one. */
  get stream(): TcpStream | null {
    return this.#stream?.stream ?? null;
  }

  /** Which side of it the socket is. */
  get side(): Side {
    return this.#side;
  }

  /** The local end, as far as it was asked for or told. */
  get local(): Endpoint | null {
    return this.#local;
  }

  /** The peer of the connection, or of a datagram socket that is connected. */
  get peer(): Endpoint | null {
    return this.#peer;
  }

  /** The socket came to its connection in this way, or is on the way to it. */
  comes(origin: number): void {
    this.#origin = origin;
  }

  /** The socket has these ends. */
  knows(local: Endpoint | null, peer: Endpoint | null): void {
    this.#local = local;
    this.#peer = peer;
  }

  /** The socket is an end of a stream. */
  joins(at: CaptureInterface, local: Endpoint, peer: Endpoint, isClient: boolean | null, about: string): TcpStream {
    [this.#stream, this.#side] = at.join(local, peer, isClient, about);
    return this.#stream.stream;
  }

  /** Data of the socket's own, sent. */
  sent(clock: CaptureClock, buffers: readonly WSABUF[], length: number, isUrgent: boolean): void {
    this.stream?.data(clock, this.#side, buffers, length, isUrgent, this.#side);
  }

  /** Data of the peer's. */
  received(clock: CaptureClock, buffers: readonly WSABUF[], length: number, isUrgent: boolean): void {
    if (this.#seesPeer) this.stream!.data(clock, other(this.#side), buffers, length, isUrgent, this.#side);
  }

  /** The peer has ended its direction. */
  peerEnded(clock: CaptureClock): void {
    if (this.#seesPeer) this.stream!.ended(clock, other(this.#side), this.#side);
  }

  /** The peer broke the connection, or the network did. */
  peerReset(clock: CaptureClock): void {
    this.stream?.reset(clock, other(this.#side), this.#side);
  }

  /** The socket breaks it. */
  resets(clock: CaptureClock): void {
    this.stream?.reset(clock, this.#side, this.#side);
  }

  /** The socket ends its direction: once what is under way is sent. */
  ends(clock: CaptureClock): void {
    if (this.#sendsUnderWay > 0) this.#endsAfterSends = true;
    else this.endsNow(clock);
  }

  /** The socket is closed. */
  endsNow(clock: CaptureClock): void {
    this.stream?.ended(clock, this.#side, this.#side);
  }

  /** Whether what the peer does is told by this socket: it has none of its own here that tells it. */
  get #seesPeer(): boolean {
    return this.#stream !== null && !this.#stream.hasBothEnds;
  }

  /** A transfer is under way. */
  begins(overlapped: object, transfer: TransferUnderWay): void {
    if (transfer.isSend) this.#sendsUnderWay++;
    this.#underWay.set(overlapped, transfer);
  }

  /** A transfer is over; `undefined` for one that nobody began. */
  takeOver(overlapped: object): TransferUnderWay | undefined {
    const transfer = this.#underWay.get(overlapped);
    if (transfer !== undefined) this.#underWay.delete(overlapped);
    return transfer;
  }

  /** Takes note that a send is over. */
  sendIsOver(clock: CaptureClock): void {
    this.#sendsUnderWay--;
    if (!this.#endsAfterSends || this.#sendsUnderWay > 0) return;
    this.#endsAfterSends = false;
    this.endsNow(clock);
  }

  /** Has the socket observed, from the first call on. */
  observeBy(observe: () => () => void): void {
    this.#stopObserving ??= observe();
  }

  /** Leaves its stream. */
  leave(at: CaptureInterface): void {
    if (this.#stream !== null) at.leave(this.#stream, this.#side);
    this.#stream = null;
  }

  /** The capture forgets it: it is closed, or captured no more. */
  forget(at: CaptureInterface, isClosed: boolean): void {
    if (isClosed) this.leave(at);
    else if (this.#stream !== null) at.pause(this.#stream, this.#side);
    this.#stream = null;
    this.#underWay.clear();
    this.#stopObserving?.();
    this.#stopObserving = null;
  }

  /** The end that a name says, which is most often the same as the last time; `null` for none. */
  peerOf(name: Uint8Array, length: number): Endpoint | null {
    const known = this.#peerName;
    if (known !== null && known.length === length && startsWith(name, known)) return this.#namedPeer;
    const peer = endpointOf(name, length);
    this.#peerName = peer === null ? null : name.slice(0, length);
    this.#namedPeer = peer;
    return peer;
  }

  /** The way of datagrams to a peer and back, if it is the same as of the last one. */
  wayTo(peer: Endpoint): DatagramWay | null {
    return this.#way?.peer === peer ? this.#way : null;
  }

  /** Takes note of the way of datagrams. */
  setWay(local: Endpoint, peer: Endpoint): DatagramWay {
    const out = CaptureInterface.datagramHeader(local, peer);
    const back = CaptureInterface.datagramHeader(peer, local);
    return (this.#way = { local, peer, out, back });
  }

  /** The local end is, or may be, another one now. */
  forgetNames(): void {
    this.#local = this.#peer = this.#way = this.#namedPeer = this.#peerName = null;
  }
}

function startsWith(bytes: Uint8Array, beginning: Uint8Array): boolean {
  if (bytes.length < beginning.length) return false;
  for (let at = 0; at < beginning.length; at++) if (bytes[at] !== beginning[at]) return false;
  return true;
}

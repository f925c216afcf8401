// The core of a datagram socket under a codec layer.
import {
  holdBytes,
  MSG_DONTROUTE,
  MSG_PEEK,
  SO_MAX_MSG_SIZE,
  SOL_SOCKET,
  WSAECONNABORTED,
  WSAECONNRESET,
  WSAEFAULT,
  WSAEMSGSIZE,
  WSAENETRESET,
  WSAENOTCONN,
  WSAEWOULDBLOCK,
  type DeferredWork,
  type WSABUF,
  type CountOrNegatedCode,
  type ErrorCode,
} from '../../spi/index.js';
import { leafIfAsked, Readiness, totalLength, type AddressSlot, type SocketCore } from '../../io/index.js';
import type { FilterPurpose, Verdict } from '../filters/index.js';
import { LastName, SocketName } from './datagram-name.js';
import { copied, copyInto, concatenated } from './message-buffers.js';
import { DatagramNames } from './datagram-names.js';
import { DatagramQueue } from './datagram-queue.js';

import { DatagramSession, type DatagramLayer, type DatagramUser } from './datagram-session.js';
import { DatagramCoreOverSocket, type DatagramScratches } from './datagram-over-socket.js';

/** What may wait to be received; beyond, datagrams are lost, as in a kernel. */
const RECEIVE_BOUND = 256 * 1024;
/** The longest datagram over IP, where the provider below does not say. */
const MOST_BYTES = 65_535;
/** Errors that the provider below may tell in a row before its next event is waited for. */
const ERRORS_IN_A_ROW = 256;

/** What a datagram met, and nothing that the socket suffers from. */
const OF_DATAGRAMS: ReadonlySet<number> = new Set([WSAECONNRESET, WSAENETRESET, WSAEMSGSIZE]);

/** The core of a socket whose datagrams a codec transforms, over a socket of the provider below, used by the SPI alone. */
export class DatagramCodecCore extends DatagramCoreOverSocket implements SocketCore, DeferredWork, DatagramUser {
  readonly #session: DatagramSession;
  readonly #names: DatagramNames;
  readonly #incoming = new DatagramQueue();
  readonly #sources = new LastName();
  readonly #destinations = new LastName();
  #pumping = false;
  #told = 0;
  /** The longest datagram of the provider below; 0 while nobody has asked. */
  #mostBytes = 0;

  constructor(
    layer: DatagramLayer,
    private readonly scratches: DatagramScratches,
    readonly family: number,
    lower: number,
  ) {
    super(layer, scratches.codec, lower);
    this.#session = new DatagramSession(layer, this, lower);
    this.#names = new DatagramNames(
      layer,
      this.below,
      this.#session,
      family,
      () => this.notice?.handle ?? 0,
      () => this.host.defer(this),
    );
  }

  // — The end —

  abort(): void {
    this.#session.close();
    this.#incoming.clear();
    this.free();
  }

  close(): void {
    if (this.closed) return;
    this.#session.shutdown();
    if (!this.holdsSocket) this.#session.close();
    this.#incoming.clear();
    this.leave();
    if (!this.gone) this.#flush();
  }

  protected get holdsSocket(): boolean {
    return this.#session.holdsSocket;
  }

  protected get encodedCount(): number {
    return this.#session.encodedCount;
  }

  protected override free(): void {
    this.#session.close();
    super.free();
  }

  resumed(): void {
    if (!this.gone) this.host.defer(this);
  }

  // — Names —

  bind(name: Uint8Array, namelen: number): ErrorCode {
    return this.#names.bind(name, namelen);
  }

  tryConnect(name: Uint8Array, namelen: number): ErrorCode {
    const code = this.#names.connect(name, namelen);
    if (code === 0) this.#connected();
    return code;
  }

  #connected(): void {
    if (this.peer === null) {
      this.readiness &= ~Readiness.CONNECTED;
      return;
    }
    this.readiness |= Readiness.CONNECTED;
    // They are about other peers.
    this.#incoming.dropErrors();
    if (this.#incoming.first === undefined) this.readiness &= ~Readiness.READABLE;
  }

  get peer(): SocketName | null {
    return this.#names.peer;
  }

  peerName(slot: AddressSlot): ErrorCode {
    return this.#names.peerName(slot);
  }

  /** Asks the filters where a datagram, or all to come, may go. */
  askDestination(name: Uint8Array, namelen: number, purpose: FilterPurpose = 'send'): Verdict {
    return this.#names.askDestination(name, namelen, purpose);
  }

  // — Sending —

  trySend(
    buffers: WSABUF[],
    count: number,
    flags: number,
    to: Uint8Array | null,
    tolen: number,
    _offset: number,
  ): CountOrNegatedCode {
    if (this.broken !== 0) return -this.broken;
    if (!holdBytes(buffers, count)) return -WSAEFAULT;
    const length = totalLength(buffers, count);
    if (length > this.#longest) return -WSAEMSGSIZE;
    if (!this.#mayEncode()) {
      this.readiness &= ~Readiness.WRITABLE;
      return -WSAEWOULDBLOCK;
    }
    let destination = this.peer;
    if (to !== null) {
      if (this.layer.filters.connect === undefined) destination = this.#destinations.of(to, tolen);
      else {
        const { error, name } = this.askDestination(to, tolen);
        if (error !== 0) return -error;
        destination = this.#destinations.of(name, name.length);
      }
    }
    if (destination === null) return -WSAENOTCONN;
    if (!this.#session.start(this.#names.connection)) return -WSAECONNABORTED;
    if (!this.#names.named) {
      const refused = this.#names.bindToAny(SocketName.bytesOf(destination));
      if (refused !== 0) return -refused;
    }
    const bytes = concatenated(buffers, count, length);
    const sent = this.sender.send(this.#session, bytes, destination, flags & MSG_DONTROUTE);
    this.#fitRoom();
    return sent;
  }

  /** Whether there is room for what comes of another datagram, and this turn has time for it. */
  #mayEncode(): boolean {
    if (this.turn.spent) {
      if (this.host.inProvidersPhase) {
        this.host.deferToNextTurn(this);
        return false;
      }
      this.turn.beginCall();
    }
    if (this.sender.size > 0) this.#flush();
    return !this.sender.full && !this.#session.pausesSending;
  }

  /** What no datagram is longer than; asked once. */
  get #longest(): number {
    if (this.#mostBytes === 0) {
      const value = new Uint8Array(4);
      const told = this.below.getOption(SOL_SOCKET, SO_MAX_MSG_SIZE, value, 4);
      this.#mostBytes = (told === 4 && new DataView(value.buffer).getUint32(0, true)) || MOST_BYTES;
    }
    return this.#mostBytes;
  }

  takeEncoded(bytes: Uint8Array, to: SocketName): string | null {
    return this.sender.take(bytes, to, this.#session.unconnected ? null : this.peer);
  }

  takeFailure(error: number): void {
    if (this.closed || this.sender.refuse(error)) return;
    if (this.#keep(NOTHING, null, error) && !this.#pumping) this.#report();
  }

  #flush(): void {
    this.sender.flush();
    this.#fitRoom();
    if (this.closed && this.sender.size === 0 && !this.#session.holdsSocket) this.free();
  }

  #fitRoom(): void {
    if (this.sender.full || this.#session.pausesSending) this.readiness &= ~Readiness.WRITABLE;
    else if ((this.readiness & Readiness.WRITABLE) === 0) this.tell(Readiness.WRITABLE);
  }

  // — Receiving —

  tryReceive(buffers: WSABUF[], count: number, flags: number, from: AddressSlot | null): CountOrNegatedCode {
    if (!holdBytes(buffers, count)) return -WSAEFAULT;
    const incoming = this.#incoming;
    if (incoming.first === undefined) {
      // An application that asks in a loop lets no event tell whether there is something.
      if (!this.host.inProvidersPhase) this.below.expectToReceive();
      this.#pumpForCaller();
    }
    const first = incoming.first;
    if (first === undefined) {
      this.readiness &= ~Readiness.READABLE;
      return this.broken !== 0 ? -this.broken : -WSAEWOULDBLOCK;
    }
    if (from !== null && first.name !== null) {
      const name = SocketName.bytesOf(first.name);
      from.bytes.set(name);
      from.length = name.length;
    }
    const { bytes, error } = first;
    const taken = error === 0 ? copyInto(buffers, count, bytes) : 0;
    if ((flags & MSG_PEEK) === 0 || error !== 0) {
      incoming.dropFirst();
      if (incoming.first === undefined) this.readiness &= ~Readiness.READABLE;
    }
    if (error !== 0) return -error;
    return taken < bytes.length ? -WSAEMSGSIZE : taken;
  }

  takeDecoded(bytes: Uint8Array, from: SocketName): void {
    if (this.closed || !this.#isFromPeer(from)) return;
    if (this.#keep(copied(bytes), from, 0) && !this.#pumping) this.#report();
  }

  /** Whether a connected socket takes what comes from there; where it is connected below, that has been looked at. */
  #isFromPeer(from: SocketName): boolean {
    if (this.peer === null || !this.#session.unconnected) return true;
    return from.address === this.peer.address && from.port === this.peer.port;
  }

  /** Keeps what is to be received, unless too much waits already. */
  #keep(bytes: Uint8Array, name: SocketName | null, error: number): boolean {
    const incoming = this.#incoming;
    if (incoming.size >= RECEIVE_BOUND) {
      if (!this.circular) return false;
      while (incoming.size >= RECEIVE_BOUND) incoming.dropFirst();
    }
    incoming.push({ bytes, name, flags: 0, error });
    return true;
  }

  confirm(_bits: number): number {
    this.#pumpForCaller();
    return this.readiness;
  }

  available(): number {
    this.#pumpForCaller();
    return this.#incoming.first?.bytes.length ?? 0;
  }

  // — The pump —

  /** Deferred work: reading goes on after a full turn. */
  run(): void {
    this.pump();
  }

  protected connectEnded(error: number): void {
    if (!this.#names.connectEnded(error)) return;
    if (error === 0) this.#connected();
    else this.error = error;
    this.tell(error === 0 ? Readiness.CONNECTED : Readiness.CONNECT_FAILED);
  }

  /** The pump in a call that may come straight from the application, which asks until there is something. */
  #pumpForCaller(): void {
    if (this.turn.spent && !this.host.inProvidersPhase) this.turn.beginCall();
    this.pump();
  }

  protected pump(): void {
    if (this.#pumping || this.gone) return;
    this.#pumping = true;
    try {
      this.#flush();
      this.#read();
      this.#fitRoom();
    } finally {
      this.#pumping = false;
    }
    this.#report();
  }

  /** Has the codec decode what there is below. It goes on when nobody receives: a codec may have to answer. */
  #read(): void {
    let errors = 0;
    const { datagrams: scratch } = this.scratches;
    const below = this.below;
    while (this.#names.named && below.readable && !this.closed && this.broken === 0) {
      if (this.#session.pausesReceiving) return;
      if (this.turn.spent) return this.host.deferToNextTurn(this);
      const input = scratch.borrow();
      const received = this.datagrams.receive(input);
      if (received >= 0) {
        errors = 0;
        const { bytes, length } = this.datagrams.source;
        const from = length === 0 && this.peer !== null ? this.peer : this.#sources.of(bytes, length);
        this.#session.receive(input.subarray(0, received), from);
      } else if (received !== -WSAEWOULDBLOCK) errors = this.#failed(-received, errors);
      scratch.giveBack(input);
    }
  }

  /** The provider below told of an error instead of a datagram. Returns how many there were in a row. */
  #failed(error: number, before: number): number {
    this.turn.spend(1024);
    // One that was longer than any can be cannot be decoded.
    if (error !== WSAEMSGSIZE) this.#keep(NOTHING, null, error);
    const errors = before + 1;
    if (!OF_DATAGRAMS.has(error) || errors >= ERRORS_IN_A_ROW) this.below.expectNothing();
    return errors;
  }

  /** Tells the front of what was decoded since it was last told. */
  #report(): void {
    const { total, first } = this.#incoming;
    if (total === this.#told) return;
    this.#told = total;
    if (first !== undefined) this.tell(Readiness.READABLE);
  }
}

const NOTHING = new Uint8Array(0);

/** Makes the core of a new datagram socket over one of the provider below. */
export function openDatagramCodecCore(
  layer: DatagramLayer,
  scratches: DatagramScratches,
  af: number,
  dwFlags: number,
  lower: number,
): SocketCore | number {
  const core = new DatagramCodecCore(layer, scratches, af, lower);
  if (core.unwatched !== 0) {
    core.abort();
    return core.unwatched;
  }
  const leaf: SocketCore = leafIfAsked(core, af, dwFlags);
  const join = leaf.joinLeaf?.bind(leaf);
  if (join === undefined) return core;
  return Object.assign(leaf, {
    joinLeaf(name: Uint8Array, namelen: number, flags: number) {
      const verdict = core.askDestination(name, namelen, 'join');
      return verdict.error !== 0 ? verdict.error : join(verdict.name, verdict.name.length, flags);
    },
  });
}

// How TCP over a descriptor is connected, and what the poller's reports make of the connection.
import {
  SD_RECEIVE,
  SD_SEND,
  SIO_KEEP_RECEIVED,
  WSAEADDRINUSE,
  WSAEADDRNOTAVAIL,
  WSAECONNABORTED,
  WSAECONNREFUSED,
  WSAECONNRESET,
  WSAEINVAL,
  WSAEISCONN,
  WSAENETRESET,
  WSAENOTCONN,
  WSAENOTSOCK,
  WSAETIMEDOUT,
  WSAEWOULDBLOCK,
  type CountOrNegatedCode,
  type ErrorCode,
} from '../../spi/index.js';
import { addressSlot, Readiness, State, type AddressSlot } from '../../io/index.js';
import { PollEvents } from '../../platform/index.js';
import { isZeroAddress, keepName, namePort, writeKeptName, type KeptName } from './addresses.js';
import { Mark } from './marks.js';
import { UrgentCore } from './urgent-core.js';

/** Where a stream socket stands. */
export const StreamPhase = { FRESH: 0, LISTENING: 1, CONNECTING: 2, CONNECTED: 3 } as const;

/** Events that call for a closer look. */
export const RARE_POLL_EVENTS = PollEvents.PRIORITY | PollEvents.ERROR | PollEvents.HANG_UP | PollEvents.PEER_HANG_UP;

/** How often the system may choose the port that is asked for before nobody is taken to be there. */
const MOST_OWN_PORTS = 4;

/** Errors that end a connection; others belong to the one call. */
function endsConnection(code: number): boolean {
  return code === WSAECONNRESET || code === WSAECONNABORTED || code === WSAETIMEDOUT || code === WSAENETRESET;
}

/** A stream socket's way from fresh to connected or listening, and to the end of its connection. */
export abstract class StreamConnection extends UrgentCore {
  protected phase: number = StreamPhase.FRESH;
  // Who the socket is or was connected to: the kernel forgets it when the connection is over, WinSock does not.
  #peer: KeptName | null = null;

  protected get sendingEnded(): boolean {
    return (this.marks & Mark.SENDING_ENDED) !== 0;
  }
  protected set sendingEnded(on: boolean) {
    this.marks = on ? this.marks | Mark.SENDING_ENDED : this.marks & ~Mark.SENDING_ENDED;
  }
  private get receivingEnded(): boolean {
    return (this.marks & Mark.RECEIVING_ENDED) !== 0;
  }
  private set receivingEnded(on: boolean) {
    this.marks = on ? this.marks | Mark.RECEIVING_ENDED : this.marks & ~Mark.RECEIVING_ENDED;
  }

  /** Windows forgets at a reset what was not received; a system may keep it. */
  protected get forgetsReceived(): boolean {
    return (this.readiness & Readiness.RESET) !== 0 && (this.marks & Mark.KEEPS_RECEIVED) === 0;
  }

  override ioctl(
    code: number,
    input: Uint8Array | null,
    inputLength: number,
    output: Uint8Array | null,
    outputLength: number,
  ): CountOrNegatedCode {
    if (code !== SIO_KEEP_RECEIVED) return super.ioctl(code, input, inputLength, output, outputLength);
    this.marks |= Mark.KEEPS_RECEIVED;
    return 0;
  }

  ready(events: number): void {
    if (this.phase === StreamPhase.CONNECTED) {
      let bits = 0;
      if ((events & PollEvents.IN) !== 0) bits = Readiness.READABLE;
      if ((events & PollEvents.OUT) !== 0) bits |= Readiness.WRITABLE;
      if ((events & RARE_POLL_EVENTS) !== 0) {
        bits |= this.rareBits(events);
        if ((events & PollEvents.PRIORITY) !== 0 && !this.inlineUrgent) this.urgentArrived();
      }
      if (this.receivingEnded) this.refuseData();
      this.gain(bits);
    } else if (this.phase === StreamPhase.LISTENING) {
      if ((events & PollEvents.IN) !== 0) this.gain(Readiness.ACCEPTABLE);
    } else if (this.phase === StreamPhase.CONNECTING) {
      this.connectEnded(events);
    }
    // A fresh socket is reported as hung up and writable; neither means anything to a WinSock program.
  }

  confirm(bits: number): number {
    if (this.descriptor < 0 || this.phase === StreamPhase.FRESH) return this.readiness;
    const events = this.sockets.look(
      this.descriptor,
      PollEvents.IN | PollEvents.OUT | PollEvents.PRIORITY | PollEvents.PEER_HANG_UP,
    );
    if (this.phase === StreamPhase.CONNECTING) {
      if (events !== 0) this.connectEnded(events);
      return this.readiness;
    }
    const readable = this.phase === StreamPhase.LISTENING ? Readiness.ACCEPTABLE : Readiness.READABLE;
    let now = (events & PollEvents.IN) !== 0 ? readable : 0;
    let known: number = readable;
    if (this.phase === StreamPhase.CONNECTED) {
      known |= Readiness.WRITABLE | Readiness.OUT_OF_BAND;
      if ((events & PollEvents.OUT) !== 0) now |= Readiness.WRITABLE;
      if ((events & RARE_POLL_EVENTS) !== 0) now |= this.rareBits(events);
      now |= this.asideBits();
      // Past a reset, calls no longer wait: they fail.
      if (((this.readiness | now) & Readiness.RESET) !== 0) now |= Readiness.READABLE | Readiness.WRITABLE;
    }
    this.readiness = (this.readiness & ~(known & bits)) | now;
    return this.readiness;
  }

  listen(backlog: number): ErrorCode {
    if (this.phase === StreamPhase.CONNECTED) return WSAEISCONN;
    if (this.phase === StreamPhase.CONNECTING || !this.bound) return WSAEINVAL;
    if (this.phase === StreamPhase.LISTENING) return this.sockets.listen(this.descriptor, backlog);
    const code = this.claim.listen(this.descriptor, backlog);
    if (code !== 0) return code;
    this.phase = StreamPhase.LISTENING;
    return this.watch();
  }

  tryConnect(name: Uint8Array, namelen: number): ErrorCode {
    if (this.phase === StreamPhase.CONNECTED) return WSAEISCONN;
    if (this.phase !== StreamPhase.FRESH) return WSAEINVAL;
    if (isZeroAddress(name, namelen) || namePort(name, namelen) === 0) return WSAEADDRNOTAVAIL;
    this.readiness = 0;
    const unbound = this.bound ? 0 : this.bindUnlessLeftToSystem();
    if (unbound !== 0) return this.connectFailed(unbound);
    const code = this.bound ? this.connectFrom(name, namelen) : this.connectFromAnywhere(name, namelen);
    if (code !== 0 && code !== WSAEWOULDBLOCK) return this.connectFailed(code);
    this.phase = code === 0 ? StreamPhase.CONNECTED : StreamPhase.CONNECTING;
    this.#peer = keepName(name, namelen);
    this.bound = true;
    if (code === 0) {
      this.error = 0;
      this.readiness = Readiness.CONNECTED | Readiness.WRITABLE;
    }
    // Watched only now: a fresh socket would be reported at once, for nothing.
    const watched = this.watch();
    return watched === 0 ? code : watched;
  }

  /** Connects from the port that the socket has. */
  private connectFrom(name: Uint8Array, namelen: number): number {
    // Not every system takes such a connection back.
    if (this.isOwn(name, namelen)) return WSAEADDRINUSE;
    this.claim.inUse(this.descriptor);
    const code = this.sockets.connect(this.descriptor, name, namelen);
    // What the kernel has not got is one more connection between the same two ends.
    if (code === WSAEADDRNOTAVAIL) return WSAEADDRINUSE;
    return (code === 0 || code === WSAEWOULDBLOCK) && this.isOwn(name, namelen) ? WSAEADDRINUSE : code;
  }

  /** Connects from a port that the kernel chooses, which may be the very one that was asked for, when it is free. */
  private connectFromAnywhere(name: Uint8Array, namelen: number): number {
    for (let tries = 0; tries < MOST_OWN_PORTS; tries++) {
      const code = this.sockets.connect(this.descriptor, name, namelen);
      if ((code !== 0 && code !== WSAEWOULDBLOCK) || !this.isOwn(name, namelen)) return code;
      this.sockets.disconnect(this.descriptor);
    }
    return WSAECONNREFUSED;
  }

  /**
   * Whether the socket is being connected to itself: some systems do so when it has the name, whoever else listens
   * there.
   */
  private isOwn(name: Uint8Array, namelen: number): boolean {
    return this.sockets.traits.connectsToItself && this.hasName(name, namelen);
  }

  shutdown(how: number): ErrorCode {
    if (this.phase !== StreamPhase.CONNECTED) return WSAENOTCONN;
    // Receiving is ended by the front alone: to the kernel the end of receiving looks like the peer's, and the poller
    // could no longer tell them apart.
    if (how !== SD_SEND) {
      this.receivingEnded = true;
      this.refuseData();
    }
    if (how === SD_RECEIVE || (this.readiness & Readiness.RESET) !== 0) return 0;
    const code = this.sockets.shutdownSend(this.descriptor);
    this.sendingEnded = true;
    // The kernel may know already of a reset that has not been reported yet.
    return code === WSAENOTCONN ? 0 : code;
  }

  expectReuse(): void {
    if (this.descriptor >= 0) this.claim.inUse(this.descriptor);
  }

  abort(): void {
    if (this.descriptor >= 0 && !this.shared && this.isHeld) this.sockets.closeWillReset(this.descriptor);
    this.close();
  }

  override peerName(slot: AddressSlot): ErrorCode {
    if (this.phase !== StreamPhase.CONNECTED) return WSAENOTCONN;
    const code = super.peerName(slot);
    if (code !== WSAENOTCONN || this.#peer === null) return code;
    writeKeptName(this.#peer, slot);
    return 0;
  }

  /** The core of a connection that was accepted. */
  protected adopt(inlineUrgent: boolean, peer: AddressSlot): void {
    this.#peer = keepName(peer.bytes, peer.length);
    this.phase = StreamPhase.CONNECTED;
    this.bound = true;
    this.inlineUrgent = inlineUrgent;
    this.readiness = Readiness.CONNECTED | Readiness.WRITABLE;
  }

  /** Begins to be watched. Returns 0 or a WinSock code. */
  begin(): ErrorCode {
    return this.watch();
  }

  /** Finds out where a socket stands that somebody else opened; its `State`, and whether it is connected. */
  resume(): { state: number; active: boolean } {
    this.shared = true;
    this.bound = this.localPort() !== 0;
    if (this.sockets.isListening(this.descriptor)) this.phase = StreamPhase.LISTENING;
    else if (this.sockets.peerName(this.descriptor, addressSlot()) === 0) this.phase = StreamPhase.CONNECTED;
    if (this.phase === StreamPhase.LISTENING) return { state: State.LISTENING, active: false };
    if (this.phase !== StreamPhase.CONNECTED) return { state: this.bound ? State.BOUND : State.UNBOUND, active: false };
    this.readiness = Readiness.CONNECTED | Readiness.WRITABLE;
    this.confirm(Readiness.READABLE);
    return { state: State.CONNECTED, active: false };
  }

  private rareBits(events: number): number {
    let bits = 0;
    if ((events & PollEvents.PRIORITY) !== 0) {
      this.urgentSeen = this.urgentNear = true;
      bits |= this.inlineUrgent ? Readiness.READABLE : Readiness.OUT_OF_BAND;
    }
    if ((events & PollEvents.ERROR) !== 0 && (this.readiness & Readiness.RESET) === 0) {
      const code = this.sockets.takeError(this.descriptor);
      if (code !== 0) {
        this.error = code;
        bits |= Readiness.RESET | Readiness.READABLE | Readiness.WRITABLE;
        // Our own data met a peer that had ended.
        if (code === WSAECONNABORTED) this.readiness |= Readiness.PEER_CLOSED;
        this.loseReceived();
      }
    }
    // A reset hangs up as well, but is not the end that the peer meant.
    const hungUp = (events & (PollEvents.PEER_HANG_UP | PollEvents.HANG_UP)) !== 0;
    if (hungUp && ((bits | this.readiness) & Readiness.RESET) === 0) {
      bits |= Readiness.PEER_CLOSED | Readiness.READABLE;
    }
    return bits;
  }

  /** Takes down whether a reset takes what was not received. */
  private loseReceived(): void {
    if ((this.marks & Mark.KEEPS_RECEIVED) === 0 && this.sockets.available(this.descriptor) > 0) {
      this.readiness |= Readiness.RECEIVED_LOST;
    }
  }

  protected isOver(): void {
    if (this.phase === StreamPhase.LISTENING) {
      this.gain(Readiness.ACCEPTABLE);
    } else if (this.phase === StreamPhase.CONNECTING) {
      this.connectFailed(WSAENOTSOCK);
      this.notice?.changed(Readiness.CONNECT_FAILED);
    } else if (this.phase === StreamPhase.CONNECTED && (this.readiness & Readiness.RESET) === 0) {
      this.error = WSAENOTSOCK;
      this.gain(Readiness.RESET | Readiness.READABLE | Readiness.WRITABLE);
    }
  }

  private connectEnded(events: number): void {
    const code = this.sockets.takeError(this.descriptor);
    // An error of an established connection means that it was made, and lost before anybody looked.
    if (code === WSAECONNRESET) {
      this.phase = StreamPhase.CONNECTED;
      this.error = code;
      this.gain(Readiness.CONNECTED | Readiness.RESET | Readiness.READABLE | Readiness.WRITABLE);
    } else if (code !== 0) {
      this.connectFailed(code);
      this.notice?.changed(Readiness.CONNECT_FAILED);
    } else if ((events & PollEvents.OUT) !== 0) {
      this.phase = StreamPhase.CONNECTED;
      this.error = 0;
      this.gain(Readiness.CONNECTED);
      this.ready(events);
    } else if ((events & PollEvents.HANG_UP) !== 0) {
      this.connectFailed(WSAECONNABORTED);
      this.notice?.changed(Readiness.CONNECT_FAILED);
    }
  }

  /** Makes the descriptor fit for another connect: the kernel wants a failed one dissolved first. */
  private connectFailed(code: number): number {
    this.phase = StreamPhase.FRESH;
    this.error = code;
    this.readiness = Readiness.CONNECT_FAILED;
    const port = this.localPort();
    // The port may be taken by now. The socket is then without a name, as the kernel has it.
    if (this.sockets.disconnect(this.descriptor) === 0 && port !== 0) this.rebind(port);
    return code;
  }

  /** Data that nobody may receive any more ends the connection in a reset (specification: shutdown). */
  private refuseData(): void {
    if ((this.readiness & Readiness.RESET) !== 0 || this.sockets.available(this.descriptor) === 0) return;
    this.sockets.disconnect(this.descriptor);
    this.error = WSAECONNABORTED;
    this.readiness &= ~Readiness.OUT_OF_BAND;
    this.gain(Readiness.RESET | Readiness.READABLE | Readiness.WRITABLE);
  }

  /** A connection that a call found broken is broken for good. */
  protected failed(result: number): CountOrNegatedCode {
    if ((this.readiness & Readiness.RESET) !== 0) return -this.error;
    if (result === -WSAENOTSOCK) this.lost();
    if (!endsConnection(-result)) return result;
    this.error = -result;
    this.loseReceived();
    this.gain(Readiness.RESET | Readiness.READABLE | Readiness.WRITABLE);
    return result;
  }
}

// What a core of datagrams does with its socket of the provider below.
import {
  FD_ADDRESS_LIST_CHANGE,
  FD_CONNECT,
  FD_CONNECT_BIT,
  FD_ROUTING_INTERFACE_CHANGE,
  FIONREAD,
  SIO_ENABLE_CIRCULAR_QUEUEING,
  WSAEOPNOTSUPP,
  type InstanceHost,
  type Timer,
  type WorkBudget,
  type WSANETWORKEVENTS,
  type CountOrNegatedCode,
  type ErrorCode,
} from '../../spi/index.js';
import { Readiness, type AddressSlot, type CoreNotice } from '../../io/index.js';
import { DatagramSender } from './datagram-sender.js';
import type { DatagramLayer } from './datagram-session.js';
import { LowerDatagrams, type DatagramScratch } from './lower-datagrams.js';
import { LowerSocket } from './lower-socket.js';
import type { CodecScratch } from './scratch.js';
import { DatagramStage } from './stages.js';

/** What the calls of one layer are made with. */
export interface DatagramScratches {
  readonly codec: CodecScratch;
  readonly datagrams: DatagramScratch;
}

/**
 * What a core of datagrams has of its socket of the provider below: what that tells, its options, which pass the codec by, and
 * its life from the first event to the last datagram. The stages are in `stages.ts`; they change here alone.
 */
export abstract class DatagramCoreOverSocket {
  notice: CoreNotice | null = null;
  readiness: number = Readiness.WRITABLE;
  error = 0;
  queued = false;
  protected readonly host: InstanceHost;
  protected readonly turn: WorkBudget;
  protected readonly below: LowerSocket;
  protected readonly datagrams: LowerDatagrams;
  protected readonly sender: DatagramSender;
  readonly #events: WSANETWORKEVENTS = { lNetworkEvents: 0, iErrorCode: new Array<number>(10).fill(0) };
  #stage: number = DatagramStage.OPEN;
  #broken = 0;
  #limit: Timer | null = null;
  #circular = false;

  /** @param lower the socket of the provider below */
  protected constructor(
    protected readonly layer: DatagramLayer,
    scratch: CodecScratch,
    lower: number,
  ) {
    const { context } = layer;
    this.host = context.host;
    this.turn = this.host.turn;
    this.below = new LowerSocket(context, scratch, lower, () => this.#noticed());
    this.datagrams = new LowerDatagrams(context, this.below);
    this.sender = new DatagramSender(this.below, this.datagrams);
  }

  /** 0, or why it cannot be used: nothing would be told of what happens below. */
  get unwatched(): number {
    return this.below.unwatched;
  }

  abstract abort(): void;

  /** Sends and receives below what there is to be sent and received. */
  protected abstract pump(): void;

  /** The connect that was under way below has ended, with a WinSock code. */
  protected abstract connectEnded(error: number): void;

  // — What is told —

  #noticed(): void {
    if (this.gone || this.below.gone) return;
    const events = this.#events;
    const code = this.below.networkEvents(events);
    if (code !== 0) {
      this.#broke(code);
      return;
    }
    const { lNetworkEvents: happened, iErrorCode: errors } = events;
    if ((happened & FD_CONNECT) !== 0) this.connectEnded(errors[FD_CONNECT_BIT]!);
    if ((happened & FD_ADDRESS_LIST_CHANGE) !== 0) this.notice?.changed(Readiness.ADDRESSES_CHANGED);
    if ((happened & FD_ROUTING_INTERFACE_CHANGE) !== 0) this.notice?.changed(Readiness.ROUTE_CHANGED);
    this.pump();
  }

  protected tell(edges: number): void {
    this.readiness |= edges;
    this.notice?.changed(edges);
  }

  // — The stages —

  /** Nothing is told any more of what happens below. */
  #broke(code: number): void {
    this.#broken = code;
    if (this.#stage === DatagramStage.OPEN) this.#stage = DatagramStage.BROKEN;
    this.tell(Readiness.READABLE | Readiness.WRITABLE);
    if (this.closed) this.free();
  }

  /** The socket is closed: what was sent goes out first, for as long as it may take. */
  protected leave(): void {
    if (this.closed) return;
    const isSending = this.#stage === DatagramStage.OPEN && (this.sender.size > 0 || this.holdsSocket);
    this.#stage = DatagramStage.LEAVING;
    if (!isSending) {
      this.free();
      return;
    }
    this.layer.leaving.add(this);
    this.#limitLeave();
  }

  /** The socket goes when nothing was sent, and the codec encoded nothing, for as long as the layer allows. */
  #limitLeave(): void {
    const { endTimeout } = this.layer;
    if (endTimeout === Infinity) return;
    const { encodedCount } = this;
    const before = this.sender.size;
    this.#limit = this.host.setTimer(this.host.clock.now() + endTimeout, () => {
      if (this.encodedCount !== encodedCount && this.sender.size <= before) this.#limitLeave();
      else this.free();
    });
  }

  /** Whether the codec may have more to send, though the application has closed the socket. */
  protected abstract get holdsSocket(): boolean;

  /** Counts what the codec encodes. */
  protected abstract get encodedCount(): number;

  /** Lets the socket below go. */
  protected free(): void {
    if (this.gone) return;
    this.#stage = DatagramStage.GONE;
    this.#limit?.cancel();
    this.layer.leaving.delete(this);
    this.sender.clear();
    this.below.close(false);
  }

  /** 0, or why nothing is told any more of what happens below. */
  protected get broken(): number {
    return this.#broken;
  }

  /** Whether the application has closed it. */
  protected get closed(): boolean {
    return this.#stage >= DatagramStage.LEAVING;
  }

  protected get gone(): boolean {
    return this.#stage === DatagramStage.GONE;
  }

  // — What all of them answer alike —

  localName(slot: AddressSlot): ErrorCode {
    return this.below.localName(slot);
  }

  listen(_backlog: number): ErrorCode {
    return WSAEOPNOTSUPP;
  }

  tryAccept(_peer: AddressSlot): ErrorCode {
    return WSAEOPNOTSUPP;
  }

  shutdown(_how: number): ErrorCode {
    // A matter of the front's: what the codec has still to send goes out.
    return 0;
  }

  unsent(): number {
    return this.sender.size;
  }

  atMark(): boolean {
    return true;
  }

  // — Groups: the socket below is in them —

  get groupId(): number {
    return this.below.groupId();
  }

  // — Options —

  setOption(level: number, optname: number, value: Uint8Array, length: number): ErrorCode {
    return this.below.setOption(level, optname, value, length);
  }

  getOption(level: number, optname: number, value: Uint8Array, length: number): CountOrNegatedCode {
    return this.below.getOption(level, optname, value, length);
  }

  ioctl(
    code: number,
    input: Uint8Array | null,
    inputLength: number,
    output: Uint8Array | null,
    room: number,
  ): CountOrNegatedCode {
    if (code === FIONREAD) return -WSAEOPNOTSUPP;
    const result = this.below.ioctl(code, input, inputLength, output, room);
    if (code === SIO_ENABLE_CIRCULAR_QUEUEING && result >= 0) this.#circular = true;
    return result;
  }

  /** SIO_ENABLE_CIRCULAR_QUEUEING: the oldest gives way. */
  protected get circular(): boolean {
    return this.#circular;
  }
}

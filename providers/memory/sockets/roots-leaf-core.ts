import { Readiness } from '../../../io/index.js';
import {
  JL_BOTH,
  JL_RECEIVER_ONLY,
  JL_SENDER_ONLY,
  WSAECONNABORTED,
  WSAEOPNOTSUPP,
  type Timer,
  type WSABUF,
} from '../../../spi/index.js';
import type { MemoryNetwork, SessionRole } from '../network/index.js';
import type { MemoryHost } from '../wire/index.js';
import type { ConnectionOptions } from './connection-options.js';
import { MessageCore } from './message-core.js';
import type { MessageProtocol } from './message-protocols.js';

/** Milliseconds after which a leaf that takes nothing is dropped, so that it does not hold up the others. */
const PATIENCE = 10_000;

/** The root of a session, as the connections to its leaves know it. */
export interface SessionRoot {
  /** Where its socket is among the network's. */
  readonly place: MessageCore['place'];
  /** The program at its address. */
  ownProgram(): string | number;
  /** A leaf has joined. */
  leafOpened(leaf: RootsLeafCore): void;
  /** Something has come from a leaf. */
  leafTold(edges: number): void;
  /** A leaf takes more again. */
  leafHasRoom(): void;
  /** A leaf has left, was dropped, or has declined. */
  leafGone(leaf: RootsLeafCore): void;
  /** The data that goes with the end of the session goes with that of each connection. */
  lendFarewell(leaf: ConnectionOptions): void;
}

/** What a root has of one of its leaves: their connection. No data passes through its socket. */
export class RootsLeafCore extends MessageCore {
  override readonly role: SessionRole = 'root';
  /** Whether what the root sends goes to it. */
  readonly isSentTo: boolean;
  readonly #isHeard: boolean;
  #waits = false;
  /** When it is dropped, unless it has taken something by then. */
  patience: Timer | null = null;

  constructor(
    network: MemoryNetwork,
    host: MemoryHost,
    protocol: MessageProtocol,
    type: number,
    options: ConnectionOptions,
    private readonly root: SessionRoot,
    dwFlags: number = JL_BOTH,
  ) {
    super(network, host, protocol, type, options);
    this.isSentTo = dwFlags !== JL_RECEIVER_ONLY;
    this.#isHeard = dwFlags !== JL_SENDER_ONLY;
  }

  /** Whether it has come in the middle of a message, of which it gets nothing. */
  get waits(): boolean {
    return this.#waits;
  }

  /** It gets nothing of the message that is under way. */
  waitForNextMessage(): void {
    this.#waits = true;
  }

  /** The message that was under way has ended. */
  messageEnded(): void {
    this.#waits = false;
  }

  /** It is called by the root's address. */
  override ownProgram(): string | number {
    return this.root.ownProgram();
  }

  protected override opened(): void {
    super.opened();
    this.place = this.root.place;
    this.root.leafOpened(this);
  }

  // ---- Data: the root's ----

  override tryReceive(): number {
    return -WSAEOPNOTSUPP;
  }

  override trySend(): number {
    return -WSAEOPNOTSUPP;
  }

  override confirm(bits: number): number {
    return super.confirm(bits) & ~(Readiness.READABLE | Readiness.OUT_OF_BAND);
  }

  override available(): number {
    return 0;
  }

  override dataArrived(edges: number): void {
    if (this.state !== 'connected') return;
    if (this.#isHeard) this.root.leafTold(edges);
    else this.incoming?.discard();
  }

  protected override receivable(): number {
    const bits = super.receivable();
    if (bits !== 0 && this.state === 'connected') this.dataArrived(bits);
    return 0;
  }

  override spaceAppeared(): void {
    if (this.state !== 'connected') return;
    this.patience?.cancel();
    this.patience = null;
    this.readiness |= Readiness.WRITABLE;
    this.root.leafHasRoom();
  }

  /** Gives what the leaf has sent. */
  take(buffers: WSABUF[], count: number, flags: number): number {
    return super.tryReceive(buffers, count, flags, null);
  }

  /** Sends to the leaf what the root sends to all. */
  put(buffers: WSABUF[], count: number, flags: number): number {
    return super.trySend(buffers, count, flags, null, 0, 0);
  }

  /** How many bytes the next receive from it can get. */
  get waiting(): number {
    return super.available();
  }

  /** What has come from it, as bits of readiness. */
  get news(): number {
    return this.state === 'connected' && this.#isHeard && this.receiveRefusal === 0 ? super.receivable() : 0;
  }

  /** Whether it takes more; once it does not, it has a while to do so. */
  get hasRoom(): boolean {
    if (this.outgoing === null || this.outgoing.space > 0) return true;
    this.readiness &= ~Readiness.WRITABLE;
    const { host } = this;
    this.patience ??= this.network.schedule(host, host.clock.now() + PATIENCE, () => this.dismantle());
    return false;
  }

  // ---- The end ----

  /** The session is over for the leaf: both ends of the connection are told. */
  dismantle(): void {
    if (this.state === 'connecting') {
      this.withdraw();
      this.answered(WSAECONNABORTED);
      return;
    }
    this.root.lendFarewell(this.options);
    this.outgoing?.reset(this.options.disconnect);
    this.breakOff(WSAECONNABORTED);
  }

  override answered(outcome: number): void {
    super.answered(outcome);
    if (outcome !== 0) this.root.leafGone(this);
  }

  protected override breakOff(error: number): void {
    super.breakOff(error);
    this.#leaveSession();
  }

  protected override leave(): void {
    super.leave();
    this.#leaveSession();
  }

  #leaveSession(): void {
    this.patience?.cancel();
    this.patience = null;
    this.root.leafGone(this);
  }
}

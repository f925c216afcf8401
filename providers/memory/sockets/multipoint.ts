// Multipoint sessions with a root, as ATM has them: the root calls leaves, or takes their calls; what it sends goes to all
// of them, and what they send goes to it.
import { Readiness, type AddressSlot, type Flow, type SocketCore } from '../../../io/index.js';
import {
  JL_BOTH,
  JL_RECEIVER_ONLY,
  JL_SENDER_ONLY,
  MSG_OOB,
  MSG_PARTIAL,
  SD_RECEIVE,
  SD_SEND,
  WSA_FLAG_MULTIPOINT_C_LEAF,
  WSA_FLAG_MULTIPOINT_C_ROOT,
  WSA_FLAG_MULTIPOINT_D_LEAF,
  WSA_FLAG_MULTIPOINT_D_ROOT,
  WSAEALREADY,
  WSAECONNABORTED,
  WSAEINVAL,
  WSAEISCONN,
  WSAENOTCONN,
  WSAEOPNOTSUPP,
  WSAESHUTDOWN,
  WSAEWOULDBLOCK,
  type Timer,
  type WSABUF,
} from '../../../spi/index.js';
import type { MemoryNetwork, SessionRole } from '../network/index.js';
import { parseStation, type MemoryHost, type MessagePipe } from '../wire/index.js';
import { MessageCore } from './message-core.js';
import { type ConnectionOptions } from './connection-options.js';
import type { MessageProtocol } from './message-protocols.js';

const ROOT = WSA_FLAG_MULTIPOINT_C_ROOT | WSA_FLAG_MULTIPOINT_D_ROOT;
const LEAF = WSA_FLAG_MULTIPOINT_C_LEAF | WSA_FLAG_MULTIPOINT_D_LEAF;

/** Milliseconds after which a leaf that takes nothing is dropped, so that it does not hold up the others. */
const PATIENCE = 10_000;

/**
 * The part in a session that the flags of `WSASocket` ask for.
 *
 * @returns `null` for one that there is not: whoever is the root of the calls is the root of the data too
 */
export function roleOf(dwFlags: number): SessionRole | null {
  const flags = dwFlags & (ROOT | LEAF);
  if (flags === 0) return 'none';
  if (flags === ROOT) return 'root';
  return flags === LEAF ? 'leaf' : null;
}

/** A leaf: it joins the session of a root, or listens for the invitation of one. */
export class LeafCore extends MessageCore {
  override readonly role: SessionRole = 'leaf';
  #flags: number = JL_BOTH;

  /** As `SocketCore.joinLeaf`. */
  joinLeaf(name: Uint8Array, namelen: number, dwFlags: number): SocketCore | number {
    const error = this.tryConnect(name, namelen);
    if (error === WSAEWOULDBLOCK) this.#flags = dwFlags;
    return error;
  }

  protected override newConnection(): MessageCore {
    return new LeafCore(this.network, this.host, this.protocol, this.type, this.options);
  }

  override trySend(...args: Parameters<MessageCore['trySend']>): number {
    return this.#flags === JL_RECEIVER_ONLY ? -WSAEOPNOTSUPP : super.trySend(...args);
  }

  /** A sender alone hears nothing. */
  override dataArrived(edges: number): void {
    if (this.#flags !== JL_SENDER_ONLY) super.dataArrived(edges);
    else discard(this.incoming);
  }
}

/** What a root has of one of its leaves: their connection. No data passes through its socket. */
class RootsLeafCore extends MessageCore {
  override readonly role: SessionRole = 'root';
  /** Whether what the root sends goes to it. */
  readonly isSentTo: boolean;
  readonly #isHeard: boolean;
  /** It has come in the middle of a message, of which it gets nothing. */
  waits = false;
  /** When it is dropped, unless it has taken something by then. */
  patience: Timer | null = null;

  constructor(
    network: MemoryNetwork,
    host: MemoryHost,
    protocol: MessageProtocol,
    type: number,
    options: ConnectionOptions,
    private readonly root: RootCore,
    dwFlags: number = JL_BOTH,
  ) {
    super(network, host, protocol, type, options);
    this.isSentTo = dwFlags !== JL_RECEIVER_ONLY;
    this.#isHeard = dwFlags !== JL_SENDER_ONLY;
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
    else discard(this.incoming);
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

/** The root of a session. */
export class RootCore extends MessageCore {
  override readonly role: SessionRole = 'root';
  readonly isSessionRoot = true;
  readonly #leaves = new Set<RootsLeafCore>();
  /** The leaf that was invited and has not answered. */
  #invited: RootsLeafCore | null = null;
  /** The leaf of which a part of a message was received. */
  #current: RootsLeafCore | null = null;
  /** A message was begun by MSG_PARTIAL. */
  #inMessage = false;
  #receivesNothing = false;
  #sendsNothing = false;
  #flow: Flow | null = null;

  // ---- The flow that each invitation asks for: what is reserved is each connection's ----

  override admitFlow(flow: Flow): number {
    this.#flow = flow;
    return 0;
  }

  override endFlow(): void {
    this.#flow = null;
  }

  override get flow(): Flow | null {
    return this.#flow;
  }

  /** As `SocketCore.joinLeaf`. */
  joinLeaf(name: Uint8Array, namelen: number, dwFlags: number): SocketCore | number {
    if (this.#invited !== null) return WSAEALREADY;
    const wanted = parseStation(this.protocol.family, name);
    for (const { peer } of this.#leaves) {
      if (wanted !== null && peer?.host === wanted.host && peer.program === wanted.program) return WSAEISCONN;
    }
    const leaf = new RootsLeafCore(this.network, this.host, this.protocol, this.type, this.options, this, dwFlags);
    const refused = this.#flow === null ? 0 : leaf.admitFlow(this.#flow);
    if (refused !== 0) {
      leaf.abort();
      return refused;
    }
    // The answer may be there before the call returns.
    this.#invited = leaf;
    const error = leaf.tryConnect(name, namelen);
    if (error !== WSAEWOULDBLOCK) {
      leaf.abort();
      return error;
    }
    this.options.forgetRequest();
    return leaf;
  }

  /** A root has no peer of its own. */
  override tryConnect(): number {
    return WSAEINVAL;
  }

  protected override newConnection(): MessageCore {
    return new RootsLeafCore(this.network, this.host, this.protocol, this.type, this.options, this);
  }

  // ---- What its leaves tell ----

  /** A leaf has joined. */
  leafOpened(leaf: RootsLeafCore): void {
    if (this.#invited === leaf) this.#invited = null;
    if (this.#sendsNothing) {
      leaf.dismantle();
      return;
    }
    leaf.waits = this.#inMessage;
    this.#leaves.add(leaf);
    if (!this.#sendsNothing) this.tell(Readiness.WRITABLE);
  }

  /** Something has come from a leaf. */
  leafTold(edges: number): void {
    if (!this.#receivesNothing) this.tell(edges & (Readiness.READABLE | Readiness.OUT_OF_BAND));
  }

  /** A leaf takes more again. */
  leafHasRoom(): void {
    if (!this.#sendsNothing && this.#leaves.size > 0 && this.#canSend()) this.tell(Readiness.WRITABLE);
  }

  /** A leaf has left, was dropped, or has declined. */
  leafGone(leaf: RootsLeafCore): void {
    if (this.#invited === leaf) this.#invited = null;
    if (this.#current === leaf) this.#current = null;
    if (!this.#leaves.delete(leaf)) return;
    // It may have been the one that the others waited for.
    this.leafHasRoom();
  }

  /** The data that goes with the end of the session goes with that of each connection. */
  lendFarewell(leaf: ConnectionOptions): void {
    leaf.takeFarewell(this.options);
  }

  #canSend(): boolean {
    return [...this.#leaves].every((leaf) => !leaf.isSentTo || leaf.waits || leaf.hasRoom);
  }

  // ---- Data ----

  override confirm(_bits: number): number {
    let news = 0;
    for (const leaf of this.#leaves) news |= leaf.news;
    this.readiness &= ~(Readiness.READABLE | Readiness.OUT_OF_BAND | Readiness.WRITABLE);
    if (!this.#receivesNothing) this.readiness |= news & (Readiness.READABLE | Readiness.OUT_OF_BAND);
    if (!this.#sendsNothing && this.#leaves.size > 0 && this.#canSend()) this.readiness |= Readiness.WRITABLE;
    return this.readiness;
  }

  override get receivedPart(): boolean {
    return this.#current !== null && this.#current.receivedPart;
  }

  override tryReceive(buffers: WSABUF[], count: number, flags: number, _from: AddressSlot | null): number {
    if (this.#receivesNothing) return -WSAESHUTDOWN;
    if (this.#leaves.size === 0) return -WSAENOTCONN;
    // The rest of a message comes before those of other leaves.
    const before = (flags & MSG_OOB) === 0 && this.#current?.receivedPart === true ? this.#current : null;
    for (const leaf of before === null ? this.#leaves : [before]) {
      const bytes = leaf.take(buffers, count, flags);
      if (bytes < 0) {
        if (bytes === -WSAEWOULDBLOCK) continue;
        return bytes;
      }
      this.#current = leaf;
      // Each has its turn.
      this.#leaves.delete(leaf);
      this.#leaves.add(leaf);
      this.confirm(0);
      return bytes;
    }
    this.readiness &= ~((flags & MSG_OOB) === 0 ? Readiness.READABLE : Readiness.OUT_OF_BAND);
    return -WSAEWOULDBLOCK;
  }

  override trySend(buffers: WSABUF[], count: number, flags: number): number {
    if (this.#sendsNothing) return -WSAESHUTDOWN;
    const leaves = [...this.#leaves].filter(({ isSentTo }) => isSentTo);
    if (leaves.length === 0) return -WSAENOTCONN;
    const urgent = (flags & MSG_OOB) !== 0;
    if (!urgent && !this.#canSend()) {
      this.readiness &= ~Readiness.WRITABLE;
      return -WSAEWOULDBLOCK;
    }
    let result = 0;
    for (const leaf of leaves) {
      // Of what it cannot take, a longest message for instance, none of them can.
      if (!leaf.waits || urgent) result = leaf.put(buffers, count, flags);
      if (result < 0 && leaf === leaves[0]) return result;
    }
    let bytes = 0;
    for (let index = 0; index < count; index++) bytes += buffers[index]!.len;
    if (urgent) return bytes;
    this.#inMessage = (flags & MSG_PARTIAL) !== 0;
    if (!this.#inMessage) for (const leaf of this.#leaves) leaf.waits = false;
    if (!this.#canSend()) this.readiness &= ~Readiness.WRITABLE;
    return bytes;
  }

  override available(): number {
    for (const leaf of this.#leaves) if (leaf.waiting > 0) return leaf.waiting;
    return 0;
  }

  override unsent(): number {
    return Math.max(0, ...[...this.#leaves].map((leaf) => leaf.unsent()));
  }

  override atMark(): boolean {
    return [...this.#leaves].every((leaf) => leaf.atMark());
  }

  // ---- The end ----

  /** Who ends sending dismantles the session (specification: Using WSAJoinLeaf). */
  override shutdown(how: number): number {
    if (how !== SD_SEND) this.#receivesNothing = true;
    if (how !== SD_RECEIVE) this.#dismantle();
    return 0;
  }

  #dismantle(): void {
    this.#sendsNothing = true;
    this.#invited?.dismantle();
    for (const leaf of [...this.#leaves]) leaf.dismantle();
    this.readiness &= ~Readiness.WRITABLE;
  }

  protected override leave(): void {
    super.leave();
    this.#dismantle();
  }
}

/** Reads what has arrived, for nobody. */
function discard(pipe: MessagePipe | null): void {
  if (pipe === null) return;
  const room = { len: pipe.visible, buf: new Uint8Array(pipe.visible) };
  pipe.receiveBytes([room], 1, false);
  pipe.expedited.length = 0;
}

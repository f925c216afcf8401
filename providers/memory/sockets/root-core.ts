// Multipoint sessions with a root, as ATM has them: the root calls leaves, or takes their calls; what it sends goes to all
// of them, and what they send goes to it.
import { Readiness, type AddressSlot, type Flow, type SocketCore } from '../../../io/index.js';
import {
  MSG_OOB,
  MSG_PARTIAL,
  SD_RECEIVE,
  SD_SEND,
  WSAEALREADY,
  WSAEINVAL,
  WSAEISCONN,
  WSAENOTCONN,
  WSAESHUTDOWN,
  WSAEWOULDBLOCK,
  type WSABUF,
} from '../../../spi/index.js';
import type { SessionRole } from '../network/index.js';
import { parseStation } from '../wire/index.js';
import type { ConnectionOptions } from './connection-options.js';
import { MessageCore } from './message-core.js';
import { RootsLeafCore, type SessionRoot } from './roots-leaf-core.js';

/** The root of a session. */
export class RootCore extends MessageCore implements SessionRoot {
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
    if (this.#inMessage) leaf.waitForNextMessage();
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
    if (!this.#inMessage) for (const leaf of this.#leaves) leaf.messageEnded();
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

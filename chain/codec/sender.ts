import {
  viewOfBytes,
  WSAECONNABORTED,
  WSASYSCALLFAILURE,
  WSAEWOULDBLOCK,
  type DeferredWork,
  type InstanceHost,
  type WorkBudget,
  type WSABUF,
} from '../../spi/index.js';
import { Readiness, totalLength } from '../../io/index.js';
import type { CodecUser } from './codec-user.js';
import { beginCoalescing, endCoalescing, type Coalescing } from './coalescing.js';
import type { LowerSocket } from './lower-socket.js';
import type { CodecScratch } from './scratch.js';
import type { CodecRun } from './run.js';
import { GatheredSends } from './gathered-sends.js';
import { QUEUE_BOUND, SEND_PIECE } from './session-parts.js';

/** Bytes that may be sent and have not gone out before the application has to wait; it goes on at a quarter of them. */
const SEND_BOUND = QUEUE_BOUND;
const ROOM_AGAIN = SEND_BOUND / 4;
/** Bytes that the application sends within a turn and that wait for its end, when it sends them in small pieces. */
const MOST_COALESCED_BYTES = 32 * 1024;
/** Bytes of a send that is small: the codecs are given several of them at once. */
const MOST_GATHERED = 4096;
/** As many sends wait at most. */
const MOST_COALESCED_SENDS = 24;

/** The sending half of a codec's socket: has encoded what the application sends, and writes what comes of it below. */
export class CodecSender implements Coalescing {
  /** More waits to be sent than may: there is no room until most of it has gone. */
  #full = false;
  /** Many small pieces are not to be put together (TCP_NODELAY). */
  #noDelay = false;
  /** The application has sent something: what was written before are the codecs' own words, as of a handshake. */
  #begun = false;
  /** The turn in which something of the application's was last written. */
  #wroteIn = -1;
  /** How often something had been received when it was. */
  #wroteBehind = 0;
  readonly #gathered = new GatheredSends();
  /** What was gathered is being encoded and sent, from where it lies. */
  #lendsGathered = false;
  /** So many sends wait for the end of the turn. */
  #coalesced = 0;
  /** The peer was told of the end. */
  #endSent = false;
  readonly #turn: WorkBudget;

  constructor(
    private readonly host: InstanceHost,
    private readonly run: CodecRun,
    private readonly below: LowerSocket,
    private readonly scratch: CodecScratch,
    private readonly user: CodecUser & DeferredWork,
  ) {
    this.#turn = host.turn;
  }

  /** Bytes that were sent and have not gone out. */
  get waiting(): number {
    return this.run.outgoing.size + this.run.unencoded + this.#gathered.size;
  }

  /** Whether the peer was told that nothing more comes. */
  get endSent(): boolean {
    return this.#endSent;
  }

  /** Has small sends go out at once, or not. */
  setNoDelay(enable: boolean): void {
    this.#noDelay = enable;
    if (enable) this.flush();
  }

  /** Takes what the buffers hold, as much as there is room for; what comes of it is lent until `CodecRun.own`. */
  send(buffers: WSABUF[], count: number, offset: number): number {
    if (this.#turn.spent && this.host.inProvidersPhase) {
      // Operations that wait go on in the next turn.
      this.host.deferToNextTurn(this.user);
      return -WSAEWOULDBLOCK;
    }
    if (this.#full) this.flush();
    if (this.#full || !this.run.open) return -WSAEWOULDBLOCK;
    const gathered = this.#mayCoalesce ? this.#gather(buffers, count, offset) : 0;
    if (gathered > 0) return gathered;
    this.encodeGathered();
    const taken = this.#encode(buffers, count, offset);
    this.#begun = true;
    if (taken === 0 && !this.run.open && totalLength(buffers, count) > offset) {
      this.flush();
      return -WSAEWOULDBLOCK;
    }
    // All at once, so that what belongs together stays together below.
    if (!this.#coalesce()) this.flush();
    return taken;
  }

  /**
   * Takes a small send without having it encoded: the codecs are given it with those that come behind it.
   *
   * @returns how many bytes it has; 0 when it is not taken
   */
  #gather(buffers: WSABUF[], count: number, offset: number): number {
    const length = totalLength(buffers, count) - offset;
    if (length === 0 || length > MOST_GATHERED || this.run.working || !this.#gathered.hasRoom(length)) return 0;
    this.#ownGathered();
    this.#gathered.add(buffers, count, offset, length);
    // Without room below, its FD_WRITE has them encoded and goes on.
    if (!this.below.writable) this.#fitRoom(this.waiting);
    else if (!this.#coalesce()) this.#goOn();
    return length;
  }

  /** Has what was gathered encoded, before something else is. */
  encodeGathered(): void {
    if (this.#gathered.size === 0) return;
    const bytes = this.#gathered.lend();
    this.#lendsGathered = true;
    this.run.sendTaken(bytes);
  }

  /** Copies what of it has not gone out, before something else is gathered where it lies. */
  #ownGathered(): void {
    if (!this.#lendsGathered) return;
    this.#lendsGathered = false;
    this.run.own();
  }

  /** Has the codecs encode what the buffers hold: as much as there is room for, but a small rest whole. */
  #encode(buffers: WSABUF[], count: number, offset: number): number {
    let skip = offset;
    let taken = 0;
    for (let i = 0; i < count; i++) {
      const { buf, len } = buffers[i]!;
      if (skip >= len) {
        skip -= len;
        continue;
      }
      while (skip < len) {
        const end = Math.min(len, skip + SEND_PIECE);
        if (taken > 0 && this.waiting >= SEND_BOUND) {
          this.flush();
          if (this.waiting >= SEND_BOUND) return taken;
        }
        const sent = this.run.send(viewOfBytes(buf, skip, end));
        if (this.user.broken) return taken;
        taken += sent;
        skip += sent;
        // A codec that pauses.
        if (skip < end || !this.run.open) return taken;
      }
      skip = 0;
    }
    return taken;
  }

  get #mayCoalesce(): boolean {
    return !this.#noDelay && this.#wroteIn === this.#turn.number && this.#wroteBehind === this.below.receives;
  }

  /**
   * Whether what the application sent may wait for the end of the turn: something has gone out in it before, which the peer has
   * not answered, and what is to go would make a small piece. As Nagle's algorithm, it holds back none that is alone, and is off
   * with TCP_NODELAY.
   */
  #coalesce(): boolean {
    if (!this.#mayCoalesce || this.waiting >= MOST_COALESCED_BYTES) return false;
    if (this.#coalesced === 0) {
      beginCoalescing(this);
      this.host.defer(this.user);
    }
    // A program that sends in a loop, and lets no turn end, is to hear of a connection that broke.
    return ++this.#coalesced < MOST_COALESCED_SENDS;
  }

  writeCoalesced(): void {
    this.flush();
  }

  /** Writes what is encoded until the lower socket has no room; its FD_WRITE goes on. */
  flush(): void {
    if (this.user.gone || this.below.gone) return;
    this.#goOn();
    this.#gathered.clear();
  }

  #goOn(): void {
    this.#forgetCoalesced();
    this.encodeGathered();
    this.#write();
    this.#ownGathered();
  }

  #write(): void {
    const { outgoing } = this.run;
    if (outgoing.size > 0 && this.#begun) {
      this.#wroteIn = this.#turn.number;
      this.#wroteBehind = this.below.receives;
    }
    while (outgoing.size > 0 && this.below.writable) {
      const sent = this.#sendBelow();
      if (sent <= 0) {
        // A provider that takes nothing, and does not say that it would block, is asked again.
        if (sent === 0) this.host.deferToNextTurn(this.user);
        else if (sent !== -WSAEWOULDBLOCK) this.user.failedBelow(-sent);
        break;
      }
      outgoing.drop(sent);
    }
    if (outgoing.size === 0 && this.run.ending) {
      this.run.sentEnd();
      // Any other failure is the connection's, which an event tells of.
      if (!this.#endSent && this.below.endSending() === WSASYSCALLFAILURE) this.user.failed(WSASYSCALLFAILURE);
      this.#endSent = true;
      this.user.sentEnd();
      if (this.user.gone) return;
    } else if (this.run.endedEarly && outgoing.size === 0) {
      this.user.sentEnd();
      if (this.user.gone) return;
    }
    // What this turn may not do any more, nobody else would go on with.
    if (this.run.unencoded > 0 && this.run.canEncode) this.host.deferToNextTurn(this.user);
    this.#fitRoom(this.waiting);
  }

  #sendBelow(): number {
    const { outputBuffers } = this.scratch;
    const count = this.run.outgoing.describe(outputBuffers, 16);
    let described = 0;
    for (let i = 0; i < count; i++) described += outputBuffers[i]!.len;
    if (described > 0) return this.below.send(count, described);
    this.user.lost();
    return -WSAECONNABORTED;
  }

  /** There is room for what the application sends, until so much waits that a good part of it should go out first. */
  #fitRoom(waiting: number): void {
    const { user } = this;
    if (waiting >= SEND_BOUND) this.#full = true;
    else if (waiting <= ROOM_AGAIN) this.#full = false;
    if (this.#full || this.run.paused) user.clear(Readiness.WRITABLE);
    else if (this.run.open) user.tellOnce(Readiness.WRITABLE);
  }

  /** The socket is gone. */
  close(): void {
    this.#forgetCoalesced();
    this.#gathered.clear();
  }

  #forgetCoalesced(): void {
    if (this.#coalesced === 0) return;
    this.#coalesced = 0;
    endCoalescing(this);
  }
}

// A core whose sends keep to a flow specification.
import {
  TC_NONCONF_BORROW,
  TC_NONCONF_DISCARD,
  SERVICETYPE_NOTRAFFIC,
  WSAEMSGSIZE,
  WSAEWOULDBLOCK,
  type InstanceHost,
  type Timer,
  type WSABUF,
} from '../../spi/index.js';
import {
  ForwardingCore,
  Readiness,
  remaining,
  totalLength,
  type CoreNotice,
  type DatagramDetails,
  type Flow,
  type FlowConditions,
  type FlowControl,
  type FlowLimit,
  type GroupPlace,
  type GroupQuality,
  type GroupWaiter,
  type SocketCore,
} from '../core/index.js';
import { refusalOf } from './flow-specification.js';
import { FlowMeter, JointLimit } from './token-bucket.js';

/** What pacing needs of the instance. */
export type PacingHost = Pick<InstanceHost, 'clock' | 'setTimer'>;

/**
 * Stands before the core of a socket that has asked for a quality of service, and lets it send what there are tokens for.
 * When there are none it says "would block", is not writable, and becomes so by the instance's clock: so every I/O model
 * waits for tokens as it waits for room. A socket that has asked for nothing has none, and pays nothing.
 */
export class PacedCore extends ForwardingCore implements CoreNotice, FlowControl, GroupWaiter {
  override readonly flowControl: FlowControl = this;
  override readonly hasQualityOfService = true;
  declare readonly trySendMessage?: NonNullable<SocketCore['trySendMessage']>;
  declare readonly trySendFile?: NonNullable<SocketCore['trySendFile']>;
  /** A duplicate that the system makes is held to nothing until it asks for itself. */
  readonly offerTo?: NonNullable<SocketCore['offerTo']>;
  readonly #host: PacingHost;
  /** Whether a send is a message, which goes as a whole or not at all. */
  readonly #messages: boolean;
  #asked: Flow | null;
  /** The bucket of its own. */
  #own: FlowMeter | null = null;
  /** What holds the sender: its own bucket, its group's, both, or nothing. */
  #limit: FlowLimit | null = null;
  /** Its place in a group of sockets. */
  #place: GroupPlace | null = null;
  /** What the group had when it was last looked at. */
  #group: GroupQuality | null = null;
  /** What the core has taken on; `null` for nothing. */
  #admitted: Flow | null = null;
  #reservedAbove = false;
  /** Bytes that a send is waiting for; 0 when none is. */
  #awaited = 0;
  #timer: Timer | null = null;

  /**
   * Stands before a core from now on.
   *
   * @param core the socket's core
   * @param host the instance
   * @param messages whether a send is a message, as of datagrams
   */
  constructor(core: SocketCore, host: PacingHost, messages: boolean) {
    super(core);
    this.#host = host;
    this.#messages = messages;
    this.#asked = core.flow ?? null;
    this.#admitted = this.#asked;
    if (core.trySendMessage !== undefined) this.trySendMessage = this.#sendMessage.bind(this);
    if (core.offerTo !== undefined) this.offerTo = core.offerTo.bind(core);
    if (core.trySendFile !== undefined) this.trySendFile = this.#sendFile.bind(this);
    this.#measure();
    core.notice = this;
  }

  /** The socket's handle. */
  get handle(): number {
    return this.notice?.handle ?? 0;
  }

  // ---- The flow ----

  override get flow(): Flow | null {
    return this.#asked;
  }

  begunAbove(reserves: boolean): void {
    this.#reservedAbove = reserves;
  }

  conditions(): FlowConditions | null {
    return this.core.flowConditions?.() ?? null;
  }

  setFlow(flow: Flow | null, isUp: boolean): number {
    const before = this.#asked;
    this.#asked = flow === null ? null : { ...flow, reserved: this.#reservedAbove };
    if (!isUp) this.#giveUp();
    else {
      const refused = this.#admit();
      if (refused !== 0) {
        this.#asked = before;
        return refused;
      }
    }
    this.#measure();
    return 0;
  }

  /** Has the core take on what was asked for; 0, or why not. */
  #admit(): number {
    const flow = this.#asked;
    if (flow === null) {
      this.#giveUp();
      return 0;
    }
    const { core } = this;
    const refused = core.admitFlow === undefined ? refusalOf(flow) : core.admitFlow(flow, this.#admitted);
    if (refused === 0) this.#admitted = flow;
    return refused;
  }

  #giveUp(): void {
    const flow = this.#admitted;
    this.#admitted = null;
    if (flow !== null) this.core.endFlow?.(flow);
  }

  /** What holds the sender from now on. */
  #measure(): void {
    const flow = this.#asked;
    const now = this.#host.clock.now();
    const free =
      flow === null || flow.excess === TC_NONCONF_BORROW || flow.sending.ServiceType === SERVICETYPE_NOTRAFFIC;
    this.#own = free ? null : FlowMeter.of(flow.sending, flow.shapingRate, now, this.#own);
    const own = this.#own;
    const group = this.#group === null ? null : this.#group.limit;
    this.#limit = own === null ? group : group === null ? own : new JointLimit(own, group);
    if (this.#awaited > 0) this.look();
  }

  // ---- The group ----

  holdTo(place: GroupPlace): void {
    this.#place = place;
    const { quality } = place;
    if (quality !== this.#group) {
      this.#group?.rests(this);
      this.#group = quality;
      if (this.#awaited > 0) quality?.waits(this);
    }
    this.#measure();
  }

  get groupPriority(): number {
    return this.#place === null ? 0 : this.#place.priority;
  }

  /** Whether others of the group come first, and wait. */
  get #isPreceded(): boolean {
    return this.#group !== null && this.#group.isWaitedForBefore(this.groupPriority);
  }

  /** Whether a message that does not conform is lost. */
  get #discards(): boolean {
    return this.#asked?.excess === TC_NONCONF_DISCARD || this.#group?.flow.excess === TC_NONCONF_DISCARD;
  }

  override tryConnect(name: Uint8Array, namelen: number): number {
    const wasAdmitted = this.#admitted !== null;
    if (!wasAdmitted) {
      const refused = this.#admit();
      if (refused !== 0) return refused;
    }
    const result = super.tryConnect(name, namelen);
    if (result !== 0 && result !== WSAEWOULDBLOCK && !wasAdmitted) this.#giveUp();
    return result;
  }

  // ---- What the core tells ----

  changed(edges: number): void {
    if ((edges & (Readiness.CONNECT_FAILED | Readiness.RESET)) !== 0) this.#giveUp();
    if ((edges & Readiness.QUALITY_CHANGED) !== 0 && this.core.flow !== undefined) {
      this.#asked = this.core.flow;
      this.#admitted = this.#asked;
      this.#measure();
    }
    const told = this.#isDry ? edges & ~Readiness.WRITABLE : edges;
    if (told !== 0) this.notice?.changed(told);
  }

  get #isDry(): boolean {
    return this.#awaited > 0 && (super.readiness & Readiness.RESET) === 0;
  }

  override get readiness(): number {
    const bits = super.readiness;
    return this.#isDry ? bits & ~Readiness.WRITABLE : bits;
  }

  override set readiness(bits: number) {
    this.core.readiness = bits;
  }

  override confirm(bits: number): number {
    super.confirm(bits);
    if (this.#awaited > 0) this.look();
    return this.readiness;
  }

  // ---- Sending ----

  override trySend(
    buffers: WSABUF[],
    count: number,
    flags: number,
    to: Uint8Array | null,
    tolen: number,
    offset: number,
  ): number {
    if (this.#limit === null) return super.trySend(buffers, count, flags, to, tolen, offset);
    const total = totalLength(buffers, count) - offset;
    const room = this.#messages ? this.#roomForMessage(total) : this.#roomForBytes(total);
    if (room < 0) return room;
    if (room === 0 && total > 0) return total;
    if (room >= total) return this.#charge(super.trySend(buffers, count, flags, to, tolen, offset));
    const part = limited(buffers, count, offset, room);
    return this.#chargePart(super.trySend(part, part.length, flags, to, tolen, 0), total);
  }

  override trySendWhole(buffers: WSABUF[], count: number, flags: number): number {
    if (this.#limit === null) return super.trySendWhole(buffers, count, flags);
    if (this.#messages) return this.trySend(buffers, count, flags, null, 0, 0);
    const total = totalLength(buffers, count);
    const room = this.#roomForBytes(total);
    if (room < 0) return room;
    if (room >= total) return this.#charge(super.trySendWhole(buffers, count, flags));
    const part = limited(buffers, count, 0, room);
    return this.#chargePart(super.trySendWhole(part, part.length, flags), total);
  }

  #sendMessage(
    buffers: WSABUF[],
    count: number,
    flags: number,
    to: Uint8Array | null,
    tolen: number,
    details: DatagramDetails,
  ): number {
    const { core } = this;
    if (this.#limit === null) return core.trySendMessage!(buffers, count, flags, to, tolen, details);
    const total = totalLength(buffers, count);
    const room = this.#roomForMessage(total);
    if (room < 0) return room;
    if (room === 0 && total > 0) return total;
    return this.#charge(core.trySendMessage!(buffers, count, flags, to, tolen, details));
  }

  #sendFile(file: number, position: number, length: number): number {
    const { core } = this;
    if (this.#limit === null) return core.trySendFile!(file, position, length);
    const room = this.#roomForBytes(length);
    if (room < 0) return room;
    return this.#chargePart(core.trySendFile!(file, position, Math.min(room, length)), length);
  }

  /** How much of a stream may go now: a negated code when nothing may. */
  #roomForBytes(total: number): number {
    if (total === 0) return 0;
    const limit = this.#limit!;
    const room = this.#isPreceded ? 0 : Math.floor(limit.room(this.#host.clock.now()));
    // Who has found no room waits until it is worth sending, as FD_WRITE tells: not byte by byte.
    if (room >= total || (room > 0 && !this.#isWaiting())) return room;
    this.#await(Math.min(total, limit.quantum));
    return -WSAEWOULDBLOCK;
  }

  #isWaiting(): boolean {
    if (this.#awaited > 0) this.look();
    return this.#awaited > 0;
  }

  /** Whether a message may go now: its length; 0 when it is to be lost, or a negated code when it may not. */
  #roomForMessage(total: number): number {
    const limit = this.#limit!;
    const charge = Math.max(total, limit.leastCharge);
    if (charge > limit.mostMessage) return -WSAEMSGSIZE;
    if (!this.#isPreceded && limit.room(this.#host.clock.now()) >= charge) return total;
    if (this.#discards) return 0;
    this.#await(charge);
    return -WSAEWOULDBLOCK;
  }

  /** Takes the tokens for what was sent; the result of the send is handed on. */
  #charge(sent: number): number {
    if (sent < 0) return sent;
    const limit = this.#limit!;
    limit.take(this.#messages ? Math.max(sent, limit.leastCharge) : sent, this.#host.clock.now());
    return sent;
  }

  /** As `#charge`, of less than was to be sent: more may go when there are tokens again. */
  #chargePart(sent: number, total: number): number {
    const charged = this.#charge(sent);
    if (charged > 0 && charged < total) this.#await(Math.min(total - charged, this.#limit!.quantum));
    return charged;
  }

  // ---- Waiting for tokens ----

  #await(bytes: number): void {
    this.#awaited = bytes;
    this.#group?.waits(this);
    this.look();
  }

  /** Sees whether what is waited for is there, and says so or goes on to wait. */
  look(): void {
    this.#timer?.cancel();
    this.#timer = null;
    // It looks again when they have gone.
    if (this.#awaited === 0 || this.#isPreceded) return;
    const now = this.#host.clock.now();
    const moment = this.#limit === null ? now : this.#limit.roomFor(this.#awaited, now);
    if (moment <= now) this.#fill();
    // A bucket that has become too small for what is waited for: whoever tries again is told.
    else if (moment === Infinity) this.#fill();
    else this.#timer = this.#host.setTimer(moment, () => this.#filled());
  }

  #filled(): void {
    this.#timer = null;
    if (this.#awaited > 0) this.look();
  }

  #fill(): void {
    this.#awaited = 0;
    if ((super.readiness & Readiness.WRITABLE) !== 0) this.notice?.changed(Readiness.WRITABLE);
    this.#group?.rests(this);
  }

  // ---- The end ----

  override abort(): void {
    this.#end();
    super.abort();
  }

  override close(): void {
    this.#end();
    super.close();
  }

  #end(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#awaited = 0;
    this.#group?.rests(this);
    this.notice = null;
    this.#giveUp();
    this.core.notice = null;
  }
}

/** The first `room` bytes behind `offset`. */
function limited(buffers: WSABUF[], count: number, offset: number, room: number): WSABUF[] {
  const rest = remaining(buffers, count, offset);
  // The core says what is wrong with buffers that have lost their bytes.
  if (rest === null) return buffers.slice(0, count);
  const part: WSABUF[] = [];
  let left = room;
  for (const { len, buf } of rest) {
    if (left <= 0) break;
    part.push({ len: Math.min(len, left), buf });
    left -= len;
  }
  return part;
}

import {
  FD_CLOSE,
  SD_BOTH,
  SD_RECEIVE,
  SD_SEND,
  SO_GROUP_PRIORITY,
  SOL_SOCKET,
  WSAECONNRESET,
  WSAESHUTDOWN,
  type DeferredWork,
  type InstanceHost,
  type WSAPROTOCOL_INFOW,
} from '../../spi/index.js';
import {
  addressSlot,
  hostOf,
  Readiness,
  shareCore,
  openedAs,
  State,
  stateError,
  type CoreNotice,
  type DuplicateOffer,
  type GroupedSocket,
  type GroupMember,
  type SocketCore,
} from '../core/index.js';
import {
  inheritOptions,
  tellOptions,
  timeoutOf,
  withOption,
  type OptionValue,
  type OptionValues,
} from '../options/index.js';
import { endRests } from './backlog.js';
import { ConnectingSocket } from './connecting-socket.js';
import { EndOfSending } from './end-of-sending.js';
import { holdToGroup, takeGroupQuality } from './flow-control.js';
import { networkEventsThatHold, recordEdges, recordQuality, type EventSource } from './event-conditions.js';
import { NetworkEventRecord, REENABLED, EventRegistration } from './network-events.js';
import { MissingContext } from './socket-marks.js';

const QUALITY_EDGES = Readiness.QUALITY_CHANGED | Readiness.GROUP_QUALITY_CHANGED;

/**
 * The front of one socket: everything between the thirty functions and a core. It belongs to one instance and one
 * thread, and is told by its core of changes, which it works off as deferred work. Others read its fields, and change
 * it by its methods alone (lint: ws2spi/own-fields).
 */
export class FrontSocket extends ConnectingSocket implements CoreNotice, DeferredWork, EventSource, GroupedSocket {
  /** Of the reactor's: whether `run` is due. */
  queued = false;
  /** Values of options that the front keeps. */
  options: OptionValues | null = null;
  /**
   * When the socket became connected, in whole milliseconds of the clock, which take no object; -1 when it never was.
   */
  connectedAt = -1;
  /** Edges told by the core and not worked off. */
  #edges = 0;

  constructor(
    host: InstanceHost,
    core: SocketCore,
    entry: WSAPROTOCOL_INFOW,
    family: number,
    type: number,
    protocol: number,
    /** Whether it was created with WSA_FLAG_OVERLAPPED. */
    overlapped: boolean,
  ) {
    super(host, core, entry, openedAs(family, type, protocol), overlapped);
    this.receiveError = this.sendError = this.isRoot ? 0 : stateError('transfer', this.stream, State.UNBOUND);
    core.notice = this;
  }

  // Its life.

  /** Enters a state, and works out what transfers give in it. */
  enter(state: number): void {
    if (state === State.CONNECTED && this.state !== state) this.connectedAt = Math.floor(this.host.clock.now());
    if (state !== State.CONNECTING) this.attemptOver();
    this.state = state;
    const error = this.isRoot && state !== State.CLOSED ? 0 : stateError('transfer', this.stream, state);
    this.receiveError = error !== 0 ? error : this.receiveShutdown ? WSAESHUTDOWN : 0;
    this.sendError = error !== 0 ? error : this.sendShutdown ? WSAESHUTDOWN : 0;
  }

  /** FIONBIO, or a registration of network events, which makes the socket non-blocking. */
  setBlocking(blocking: boolean): void {
    this.blocking = blocking;
  }

  /** It was accepted: connected, with what the specification says that it takes over from its listener. */
  inherit(listener: FrontSocket): void {
    this.blocking = listener.blocking;
    this.inheritOptions(listener);
    this.enter(State.CONNECTED);
    this.inheritEvents(listener);
    const { readiness } = this.core;
    if (readiness !== 0) this.changed(readiness & ~Readiness.WRITABLE);
  }

  /** Takes over the network events that a listener or root has selected. */
  inheritEvents({ record: registration }: FrontSocket): void {
    if (registration === null || registration.registration === EventRegistration.NONE) return;
    const record = this.ensureRecord();
    const { target, message, mask } = registration;
    if (registration.registration === EventRegistration.EVENT) record.selectEvent(target, mask);
    else record.selectMessage(target, message, mask, networkEventsThatHold(this, record, true));
  }

  /** AcceptEx or ConnectEx has connected the socket, or its context was set (`MissingContext`). */
  setMissingContext(context: number): void {
    this.missingContext = context;
  }

  /**
   * Ends sending, receiving or both. Receives that wait are no later ones (specification: shutdown), and get what
   * arrives; sends that wait are sent before the end is.
   *
   * @returns 0 or the core's WinSock code
   */
  shutDown(how: number): number {
    const waiting = how !== SD_SEND && this.isReceiving;
    const sends = how !== SD_RECEIVE && this.hasSends;
    const receivesEnd = how !== SD_SEND && !waiting;
    const sendsEnd = how !== SD_RECEIVE && !sends;
    const now = sendsEnd ? (receivesEnd ? SD_BOTH : SD_SEND) : receivesEnd ? SD_RECEIVE : null;
    const error = now === null ? 0 : this.core.shutdown(now);
    if (error !== 0) return error;
    if (sends && !this.lastSends) {
      this.lastSends = true;
      this.queueSend(new EndOfSending(this));
    }
    if (waiting) this.lastReceives = true;
    if (how !== SD_SEND) this.receiveShutdown = true;
    if (how !== SD_RECEIVE) this.sendShutdown = true;
    this.enter(this.state);
    return 0;
  }

  /** Puts another core in place of the socket's own, which is closed; it is told the socket's options. */
  replaceCore(core: SocketCore): void {
    this.core.notice = null;
    // A connection that was begun and given up is reset, so that its names are free for another.
    if (this.state === State.CONNECTING) this.core.abort();
    else this.core.close();
    this.core = core;
    core.notice = this;
    if (this.group !== null) this.#takePlace(this.group);
    tellOptions(core, this.options);
  }

  /** Makes the socket as good as new: with a fresh core, neither bound nor connected. Its options stay. */
  renew(core: SocketCore): void {
    this.replaceCore(core);
    this.receiveShutdown = this.sendShutdown = this.closeReported = this.active = false;
    this.lastReceives = this.lastSends = false;
    this.connectedAt = -1;
    this.setMissingContext(MissingContext.NONE);
    this.lastError = 0;
    this.group?.part();
    this.record?.restart();
    this.enter(State.UNBOUND);
  }

  /** The socket goes: nothing is reported any more, what waits is cancelled, the core is closed, or reset. */
  close(graceful: boolean): void {
    this.record?.silence();
    this.record = null;
    this.enter(State.CLOSED);
    this.cancelOperations();
    this.closeBacklog();
    this.core.notice = null;
    if (graceful) this.core.close();
    else this.core.abort();
    this.group?.leave();
    endRests();
  }

  /** Puts a core before the socket's own, for which it stands from now on. */
  putBefore(core: SocketCore): void {
    this.core = core;
    core.notice = this;
  }

  /** Whether there is a way for its data: a connection, or one that is being made; datagrams have theirs. */
  get isUp(): boolean {
    return !this.stream || this.isRoot || this.state === State.CONNECTED || this.state === State.CONNECTING;
  }

  // Groups.

  /** The socket is in a group from now on, until it is closed. */
  enterGroup(member: GroupMember): void {
    this.group = member;
    member.socket = this;
    this.#takePlace(member);
  }

  #takePlace(member: GroupMember): void {
    this.core.enterGroup?.(member.place);
    holdToGroup(this, member);
  }

  groupQualityChanged(error: number, known: boolean): void {
    takeGroupQuality(this, error, known);
  }

  // Duplicates.

  /** Another socket has the same core from now on, or will have; a core that cannot be offered is shared by a view. */
  share(): SocketCore {
    const { own, other } = shareCore(this.core);
    this.core = own;
    own.notice = this;
    this.duplicate = true;
    return other;
  }

  /** The core was offered to others. */
  offered(): void {
    this.duplicate = true;
  }

  /** Takes over the state of the socket that it is a duplicate of. */
  becomeDuplicate(offer: DuplicateOffer): void {
    this.duplicate = true;
    this.active = offer.active;
    this.options = offer.options;
    if (offer.group !== null) this.enterGroupAs(offer.group);
    this.enter(offer.state === State.CONNECTING ? State.CONNECTED : offer.state);
    if (offer.core.readiness !== 0) this.changed(offer.core.readiness);
  }

  /** What is known of its group comes with it, but for what only the system below remembers. */
  private enterGroupAs(member: GroupMember): void {
    this.group = member;
    member.socket = this;
    holdToGroup(this, member);
    const peer = addressSlot();
    if (this.stream && this.core.peerName(peer) === 0) member.meet(hostOf(peer.bytes, peer.length));
    const priority = this.core.getOption(SOL_SOCKET, SO_GROUP_PRIORITY, peer.bytes, 4);
    if (priority === 4) member.setPriority(new DataView(peer.bytes.buffer).getInt32(0, true));
  }

  // Options.

  /** Keeps an option. */
  setOption(key: number, value: OptionValue): void {
    this.options = withOption(this.options, key, value);
  }

  /** Takes over the options that an accepted socket takes from its listener. */
  inheritOptions(listener: FrontSocket): void {
    this.options = inheritOptions(this.options, listener.options, this.core);
  }

  /** What SO_ERROR reads from now on. */
  setLastError(error: number): void {
    this.lastError = error;
  }

  /** The moment of the clock at which a call that begins now has taken as long as SO_RCVTIMEO or SO_SNDTIMEO allows. */
  deadline(optname: number): number {
    const timeout = timeoutOf(this, optname);
    return timeout === 0 ? Infinity : this.host.clock.now() + timeout;
  }

  // What its core tells, and what it tells of itself.

  changed(edges: number): void {
    this.#edges |= edges;
    this.host.defer(this);
  }

  /** Works off what the core told: finishes a connect, serves the overlapped queues, records network events. */
  run(): void {
    let edges = this.#edges;
    this.#edges = 0;
    if (this.state === State.CLOSED) return;
    if (this.unverified) {
      this.unverified = false;
      const bits = Readiness.READABLE | Readiness.OUT_OF_BAND;
      const left = bits | Readiness.PEER_CLOSED | Readiness.RESET;
      // A later receive of datagrams may have found nothing left: what arrives from then on is a new edge. The core of
      // a stream is asked in any case: a codec goes on with its work when it is.
      if (this.stream || (this.core.readiness & left) !== 0) edges |= this.core.confirm(bits) & left;
    }
    if (this.changes !== null) this.changes.happened(edges);
    // Whoever asks for FD_QOS later is told of it then.
    if ((edges & QUALITY_EDGES) !== 0) recordQuality(this, this.ensureRecord(), edges);
    if (this.state === State.CONNECTING) {
      // Not by the edges: they may tell of an attempt before this one.
      if ((this.core.readiness & (Readiness.CONNECTED | Readiness.CONNECT_FAILED)) === 0) return;
      this.finishConnect();
    }
    // Sends first: an operation that disconnects goes over from them to the receives.
    if (this.sends !== null) this.sends.serve();
    if (this.receives !== null && this.receives.length > 0) {
      this.receives.serve();
      // What arrived may all have gone to them.
      if (this.record !== null) this.core.confirm(Readiness.READABLE);
    }
    if (this.extended !== null && this.state === State.LISTENING) this.extended.serveAccepts();
    if (this.record !== null) recordEdges(this, this.record, edges);
  }

  /** The record, made at first need with the history that a selection would have seen (measured behaviour 19.2.4). */
  ensureRecord(): NetworkEventRecord {
    if (this.record !== null) return this.record;
    const record = new NetworkEventRecord(this.host, this.handle);
    this.record = record;
    record.begin(networkEventsThatHold(this, record, false));
    this.closeReported = (record.pending & FD_CLOSE) !== 0;
    return record;
  }

  /** FD_CLOSE is recorded. */
  reportClose(): void {
    this.closeReported = true;
  }

  /** After any receive: FD_READ and FD_OOB are re-enabled, and reported again while there is something left. */
  afterReceive(): void {
    const record = this.record;
    if (record === null) return;
    record.reenable(REENABLED.receive);
    const readiness = this.core.readiness;
    const left = readiness & (Readiness.READABLE | Readiness.OUT_OF_BAND | Readiness.PEER_CLOSED | Readiness.RESET);
    // Whether it is really left is confirmed once, at the end of the turn: the application may still be reading.
    if (left !== 0 && !(this.closeReported && (left & Readiness.OUT_OF_BAND) === 0)) {
      this.unverified = true;
      this.host.defer(this);
    }
  }

  /** After a send that found no room: FD_WRITE follows once there is some. */
  sendFoundNoRoom(): void {
    // Room may have come between the attempt and now; its edge has then been told, or is told with the next poll.
    this.record?.awaitRoom();
  }

  /** What a transfer gives once the peer has reset the connection. */
  get resetError(): number {
    return this.core.error || WSAECONNRESET;
  }
}

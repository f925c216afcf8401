import {
  FD_CLOSE,
  FD_CONNECT,
  FD_CONNECT_BIT,
  FD_WRITE,
  FD_WRITE_BIT,
  SD_RECEIVE,
  SOCK_STREAM,
  WSA_OPERATION_ABORTED,
  WSAECONNRESET,
  WSAEMSGSIZE,
  WSAESHUTDOWN,
  WSAEWOULDBLOCK,
  WSASYSCALLFAILURE,
  type DeferredWork,
  type InstanceHost,
  type WSABUF,
  type WSAPROTOCOL_INFOW,
} from '../../spi/index.js';
import type { WaitingConnection } from '../functions/accepting.js';
import { Readiness, type CoreNotice, type SocketCore } from '../core/socket-core.js';
import { networkEventsThatHold, recordEdges } from './event-conditions.js';
import type { ExtendedState } from './extended-state.js';
import { NetworkEventRecord, REENABLED, Registration } from './network-events.js';
import { HANDED_ON, type Operation } from './operations.js';
import type { OptionValues } from '../options/option-values.js';
import { sourceSlot } from './source-address.js';
import type { ChangeWaits } from '../ioctls/changes.js';
import { State, stateError } from '../core/states.js';

/** Operations of one socket in one turn; then the next socket has its go. */
const OPERATIONS_PER_TURN = 32;

/**
 * What a socket that `AcceptEx` or `ConnectEx` connected still lacks: SO_UPDATE_ACCEPT_CONTEXT or
 * SO_UPDATE_CONNECT_CONTEXT. Until then only data can be transferred on it (specification: AcceptEx).
 */
export const MissingContext = { NONE: 0, ACCEPT: 1, CONNECT: 2 } as const;

/**
 * The front of one socket: everything between the thirty functions and a core. It belongs to one instance and one thread,
 * and is told by its core of changes, which it works off as deferred work.
 */
export class FrontSocket implements CoreNotice, DeferredWork {
  queued = false;
  state: number = State.UNBOUND;
  /** Whether calls wait. */
  blocking = true;
  /** Edges told by the core and not worked off. */
  edges = 0;
  /** Something seemed to be left after a receive: to be confirmed before it is reported again. */
  unverified = false;
  /** 0, or the code that a receive or send gives in the present state; kept up to date so that hot paths test one number. */
  receiveError: number;
  sendError: number;
  record: NetworkEventRecord | null = null;
  receives: Operation[] | null = null;
  sends: Operation[] | null = null;
  /** Connections whose condition function said CF_DEFER, in order. */
  deferred: WaitingConnection[] | null = null;
  /** Values of options that the front keeps. */
  options: OptionValues | null = null;
  /** Who waits for other addresses or another route. */
  changes: ChangeWaits | null = null;
  /** What SO_ERROR reads. */
  lastError = 0;
  receiveShutdown = false;
  sendShutdown = false;
  /** Calls that wait to receive. */
  blockedReceives = 0;
  /** Receives that waited when receiving was shut down still get what arrives; the core is told once they are over. */
  lastReceives = false;
  /** FD_CLOSE waits until all data has been read, or was reported. */
  closeReported = false;
  /** Where a connect that is under way goes: the peer's name before there is a peer (measured behaviour 34). */
  destination: Uint8Array | null = null;
  /** The socket became connected by `connect`, not by `accept`. */
  active = false;
  /** It was opened as a leaf of multipoint sessions. */
  multipoint = false;
  /** The sessions that it has joined. */
  sessions: string[] | null = null;
  /** One of `MissingContext`. */
  missingContext: number = MissingContext.NONE;
  /** It is a duplicate, or has some: the options that both it and its core keep, the core knows better. */
  duplicate = false;
  /** An operation is being served through functions of the layers above, which come back here: they do not wait. */
  serving = false;
  /** What only the extension functions need; made at first need. */
  extended: ExtendedState | null = null;
  /** When the socket became connected, in whole milliseconds of the clock, which take no object; -1 when it never was. */
  connectedAt = -1;
  /** The handle by which the application knows the socket. */
  handle = 0;
  readonly stream: boolean;

  constructor(
    readonly host: InstanceHost,
    /** Another one once `AcceptEx` or a disconnect for reuse has replaced it. */
    public core: SocketCore,
    /** The catalog entry that the socket was opened on. */
    readonly entry: WSAPROTOCOL_INFOW,
    readonly family: number,
    readonly type: number,
    readonly protocol: number,
    /** Whether it was created with WSA_FLAG_OVERLAPPED. */
    readonly overlapped: boolean,
  ) {
    this.stream = type === SOCK_STREAM;
    this.receiveError = this.sendError = stateError('transfer', this.stream, State.UNBOUND);
    core.notice = this;
  }

  /** Enters a state, and works out what transfers give in it. */
  enter(state: number): void {
    if (state === State.CONNECTED && this.state !== state) this.connectedAt = Math.floor(this.host.clock.now());
    this.state = state;
    const error = stateError('transfer', this.stream, state);
    this.receiveError = error !== 0 ? error : this.receiveShutdown ? WSAESHUTDOWN : 0;
    this.sendError = error !== 0 ? error : this.sendShutdown ? WSAESHUTDOWN : 0;
  }

  changed(edges: number): void {
    this.edges |= edges;
    this.host.defer(this);
  }

  /** Works off what the core told: finishes a connect, serves the overlapped queues, records network events. */
  run(): void {
    let edges = this.edges;
    this.edges = 0;
    if (this.state === State.CLOSED) return;
    if (this.unverified) {
      this.unverified = false;
      const bits = Readiness.READABLE | Readiness.OUT_OF_BAND;
      const left = bits | Readiness.PEER_CLOSED | Readiness.RESET;
      // A later receive of datagrams may have found nothing left: what arrives from then on is a new edge. The core of a
      // stream is asked in any case: a codec goes on with its work when it is.
      if (this.stream || (this.core.readiness & left) !== 0) edges |= this.core.confirm(bits) & left;
    }
    if (this.changes !== null) this.changes.happened(edges);
    if (this.state === State.CONNECTING) {
      // Not by the edges: they may tell of an attempt before this one.
      if ((this.core.readiness & (Readiness.CONNECTED | Readiness.CONNECT_FAILED)) === 0) return;
      this.finishConnect();
    }
    // Sends first: an operation that disconnects goes over from them to the receives.
    if (this.sends !== null) this.serveSends();
    if (this.receives !== null) {
      this.serveReceives();
      // What arrived may all have gone to them.
      if (this.record !== null) this.core.confirm(Readiness.READABLE);
    }
    if (this.extended !== null && this.state === State.LISTENING) this.extended.serveAccepts();
    if (this.record !== null) recordEdges(this, this.record, edges);
  }

  /** Takes the outcome of a connect from the core: state, SO_ERROR, FD_CONNECT and FD_WRITE. */
  finishConnect(): void {
    const core = this.core;
    if ((core.readiness & Readiness.CONNECT_FAILED) !== 0) {
      this.enter(State.FAILED);
      this.lastError = core.error;
      this.record?.reenable(FD_CONNECT);
      this.record?.indicate(FD_CONNECT, FD_CONNECT_BIT, core.error);
      this.extended?.connectEnded(core.error);
      return;
    }
    this.lastError = 0;
    this.connected();
    this.extended?.connectEnded(0);
  }

  /** Puts another core in place of the socket's own, which is closed. */
  replaceCore(core: SocketCore): void {
    this.core.notice = null;
    // A connection that was begun and given up is reset, so that its names are free for another.
    if (this.state === State.CONNECTING) this.core.abort();
    else this.core.close();
    this.core = core;
    core.notice = this;
  }

  /** Makes the socket as good as new: with a fresh core, neither bound nor connected. Its options stay. */
  renew(core: SocketCore): void {
    this.replaceCore(core);
    this.receiveShutdown = this.sendShutdown = this.closeReported = this.active = this.lastReceives = false;
    this.connectedAt = -1;
    this.missingContext = MissingContext.NONE;
    this.destination = null;
    this.lastError = 0;
    if (this.record !== null) this.record.posted = this.record.told = 0;
    this.enter(State.UNBOUND);
  }

  /** The socket is connected, by `connect`. */
  connected(): void {
    this.active = true;
    this.enter(State.CONNECTED);
    const record = this.record;
    if (record === null) return;
    // A connection is news, whatever a window was told of an attempt before it.
    record.reenable(FD_CONNECT | FD_WRITE | FD_CLOSE);
    record.indicate(FD_CONNECT, FD_CONNECT_BIT, 0);
    record.indicate(FD_WRITE, FD_WRITE_BIT, 0);
  }

  /** The record, made at first need with the history that a selection would have seen (measured behaviour 19.2.4). */
  ensureRecord(): NetworkEventRecord {
    if (this.record !== null) return this.record;
    const record = new NetworkEventRecord(this.host, this.handle);
    this.record = record;
    record.pending = record.told = networkEventsThatHold(this, record, false);
    this.closeReported = (record.pending & FD_CLOSE) !== 0;
    return record;
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
    if (this.record === null) return;
    this.record.sendBlocked = true;
    // Room may have come between the attempt and now; its edge has then been told, or is told with the next poll.
  }

  /** Whether receives wait that one of urgent data, or of other data, has to queue behind. */
  receivesWait(urgent: boolean): boolean {
    return this.receives !== null && this.receives.some((operation) => operation.urgent === urgent);
  }

  /** Queues an operation behind those that receive. */
  queueReceive(operation: Operation): void {
    (this.receives ??= []).push(operation);
    this.host.ref();
  }

  /** Queues an operation behind those that send. */
  queueSend(operation: Operation): void {
    (this.sends ??= []).push(operation);
    this.host.ref();
  }

  /** Serves waiting receives, in order, until one would block. */
  serveReceives(): void {
    for (let served = 0; this.receives !== null; served++) {
      if (served === OPERATIONS_PER_TURN) {
        this.changed(Readiness.READABLE);
        return;
      }
      let operation = this.receives[0]!;
      let error = this.attempt(operation);
      if (error === WSAEWOULDBLOCK) {
        // Urgent and other data do not wait for each other.
        const { urgent } = operation;
        const other = this.receives?.find((each) => each.urgent !== urgent);
        if (other === undefined) return;
        operation = other;
        error = this.attempt(operation);
        if (error === WSAEWOULDBLOCK) return;
      }
      // A layer that it led through, or an observer before it, may have cancelled it or closed the socket.
      const at = this.receives?.indexOf(operation) ?? -1;
      if (at < 0) continue;
      // Before it completes: whoever is told of it may find the queue empty.
      if (this.receives.length === 1) this.#noReceives();
      else this.receives.splice(at, 1);
      this.finish(operation, error);
      if (error !== HANDED_ON) this.afterReceive();
    }
  }

  /** A call that waited to receive is over. */
  receiveUnblocked(): void {
    this.blockedReceives--;
    if (this.lastReceives && this.receives === null) this.#noReceives();
  }

  /** No operation waits to receive any more. */
  #noReceives(): void {
    this.receives = null;
    if (!this.lastReceives || this.blockedReceives > 0) return;
    this.lastReceives = false;
    if (this.state !== State.CLOSED) this.core.shutdown(SD_RECEIVE);
  }

  /** 0, or the code by which a receive that waited ends: one that came before the end of receiving goes on. */
  get waitingReceiveError(): number {
    return this.lastReceives && this.receiveError === WSAESHUTDOWN ? 0 : this.receiveError;
  }

  /** Tries to receive. A receive of no bytes on a stream waits until there are some. */
  tryReceive(buffers: WSABUF[], count: number, total: number, flags: number): number {
    if (this.receiveError !== 0 && this.waitingReceiveError !== 0) return -this.receiveError;
    const core = this.core;
    if (total === 0 && this.stream) {
      const ready = core.confirm(Readiness.READABLE) & (Readiness.READABLE | Readiness.PEER_CLOSED | Readiness.RESET);
      return ready !== 0 ? 0 : -WSAEWOULDBLOCK;
    }
    sourceSlot.length = 0;
    return core.tryReceive(buffers, count, flags, this.stream ? null : sourceSlot);
  }

  /** A datagram that was too long fills the buffers, and says so. */
  bytesOfError(error: number, total: number): number {
    return error === WSAEMSGSIZE ? total : 0;
  }

  /** Serves waiting sends, in order, until one would block. */
  serveSends(): void {
    for (let served = 0; this.sends !== null; served++) {
      if (served === OPERATIONS_PER_TURN) {
        this.changed(Readiness.WRITABLE);
        return;
      }
      const operation = this.sends[0]!;
      const error = this.attempt(operation);
      if (error === WSAEWOULDBLOCK) return;
      if (this.sends?.[0] !== operation) continue;
      if (this.sends.length === 1) this.sends = null;
      else this.sends.shift();
      this.finish(operation, error);
    }
  }

  /** Has an operation get on. One that throws ends by that: it would throw at every turn, and hold up those behind it. */
  attempt(operation: Operation): number {
    try {
      return operation.attempt(this);
    } catch (cause) {
      this.host.report({ message: 'an operation that was under way threw', cause, socket: this.handle });
      return WSASYSCALLFAILURE;
    }
  }

  /** Ends an operation that has left its queue: it completes, unless another queue has it now. */
  finish(operation: Operation, error: number): void {
    // The other queue keeps the process alive for it.
    if (error === HANDED_ON) this.host.unref();
    else this.complete(operation, error);
  }

  /** Completes an operation that was queued. */
  complete(operation: Operation, error: number): void {
    this.host.unref();
    operation.ended(error);
    const { overlapped } = operation;
    if (overlapped === null) return;
    const { routine, thread, transferred } = operation;
    const handle = operation.completedOn || this.handle;
    this.host.completeOverlapped(handle, overlapped, routine, thread, error, transferred, 0);
  }

  /** Cancels everything that waits, with WSA_OPERATION_ABORTED. */
  cancelOperations(): void {
    const pending = [...(this.receives ?? []), ...(this.sends ?? [])];
    this.sends = null;
    this.#noReceives();
    for (const operation of pending) this.complete(operation, WSA_OPERATION_ABORTED);
    this.extended?.cancelAll();
    this.changes?.cancel();
  }

  /** Cancels the sends that wait, with WSA_OPERATION_ABORTED. */
  cancelSends(): void {
    const pending = this.sends ?? [];
    this.sends = null;
    for (const operation of pending) this.complete(operation, WSA_OPERATION_ABORTED);
  }

  /** Cancels the receives whose completion is told of another handle: the AcceptEx calls of a listener that goes away. */
  cancelReceives(completedOn: number): void {
    const receives = this.receives ?? [];
    const left = receives.filter((operation) => operation.completedOn !== completedOn);
    this.receives = left;
    if (left.length === 0) this.#noReceives();
    for (const operation of receives) {
      if (operation.completedOn === completedOn) this.complete(operation, WSA_OPERATION_ABORTED);
    }
  }

  /** Every operation that waits. */
  operations(): Operation[] {
    return [...(this.receives ?? []), ...(this.sends ?? []), ...(this.extended?.operations() ?? [])];
  }

  /** Cancels one operation that waits, with WSA_OPERATION_ABORTED. */
  cancel(begun: Operation): void {
    const operation = begun.handedOnTo ?? begun;
    for (const queue of [this.receives, this.sends]) {
      const at = queue?.indexOf(operation) ?? -1;
      if (at < 0) continue;
      queue!.splice(at, 1);
      if (this.receives?.length === 0) this.#noReceives();
      if (this.sends?.length === 0) this.sends = null;
      this.complete(operation, WSA_OPERATION_ABORTED);
      return;
    }
    this.extended?.cancel(operation);
  }

  /** Drops every operation that waits, without a completion: WinSock is gone. */
  forgetOperations(): void {
    for (const _ of this.operations()) this.host.unref();
    this.extended?.rest?.end();
    this.receives = this.sends = this.extended = null;
    this.changes?.forget();
  }

  /** Silences the network events: nothing is reported after `closesocket`. */
  silence(): void {
    if (this.record !== null) this.record.registration = Registration.NONE;
    this.record = null;
  }

  /** What a transfer gives once the peer has reset the connection. */
  get resetError(): number {
    return this.core.error || WSAECONNRESET;
  }

  /** What the socket waits for, for the report of a deadlock; `null` when for nothing. */
  describe(): string | null {
    const waits: string[] = [];
    if (this.receives !== null) waits.push(`${this.receives.length} overlapped receive(s)`);
    if (this.sends !== null) waits.push(`${this.sends.length} overlapped send(s)`);
    if (this.changes?.waiting) waits.push('a change of addresses or routes');
    if (this.state === State.CONNECTING) waits.push('its connection');
    if (this.extended !== null && this.extended.accepts.length > 0) {
      waits.push(`${this.extended.accepts.length} connection(s) for AcceptEx`);
    }
    return waits.length > 0 ? `socket ${this.handle} (${this.entry.szProtocol}) waits for ${waits.join(', ')}` : null;
  }
}

// How a front is connected, or joined to a session: what is kept of the attempt, and what its outcome makes of the socket.
import { FD_CLOSE, FD_CONNECT, FD_CONNECT_BIT, FD_WRITE, FD_WRITE_BIT, type WSABUF } from '../../spi/index.js';
import { giveConnectData, Readiness, State, type GroupMember } from '../core/index.js';
import type { NetworkEventRecord } from './network-events.js';
import { SocketWaits } from './socket-waits.js';

/** A connect that is under way. */
interface ConnectAttempt {
  /** Where it goes: the peer's name before there is a peer (measured behaviour 34); ConnectEx does not tell it. */
  readonly destination: Uint8Array | null;
  /** Where the answer goes (`WSAConnect`). */
  readonly calleeData: WSABUF | null;
}

/** The roots whose leaves are about to be joined; few sockets are either. */
const ROOTS = new WeakMap<ConnectingSocket, ConnectingSocket>();

/** The part of the front that its connect goes through; a part of the same object, for there may be very many sockets. */
export abstract class ConnectingSocket extends SocketWaits {
  record: NetworkEventRecord | null = null;
  /** What SO_ERROR reads. */
  lastError = 0;
  /** Its part in a group of sockets. */
  group: GroupMember | null = null;
  /** What is kept of a connect that is under way. */
  #attempt: ConnectAttempt | null = null;

  abstract enter(state: number): void;
  abstract inheritOptions(listener: ConnectingSocket): void;
  abstract inheritEvents(listener: ConnectingSocket): void;

  /** Where a connect that is under way goes; `null` when none is, or it does not tell. */
  get destination(): Uint8Array | null {
    return this.#attempt === null ? null : this.#attempt.destination;
  }

  /** No connect is under way any more. */
  protected attemptOver(): void {
    this.#attempt = null;
  }

  /** Begins to be connected; the outcome is the core's to tell. */
  connecting(destination: Uint8Array | null, calleeData: WSABUF | null = null): void {
    this.#attempt = { destination, calleeData };
    this.enter(State.CONNECTING);
  }

  /** The core refused at once to connect. FD_CONNECT tells why, if somebody asks for it only now. */
  connectRefused(error: number): void {
    this.group?.part();
    this.core.error = error;
    this.enter(State.FAILED);
  }

  /** Takes the outcome of a connect from the core: state, SO_ERROR, FD_CONNECT and FD_WRITE. */
  finishConnect(): void {
    const { core } = this;
    const calleeData = this.#attempt?.calleeData ?? null;
    if ((core.readiness & Readiness.CONNECT_FAILED) !== 0) {
      this.enter(State.FAILED);
      this.group?.part();
      this.lastError = core.error;
      this.record?.reenable(FD_CONNECT);
      this.record?.indicate(FD_CONNECT, FD_CONNECT_BIT, core.error);
      this.extended?.connectEnded(core.error);
      this.tellRoot(core.error);
      return;
    }
    this.lastError = 0;
    if (calleeData !== null) this.#give(calleeData);
    this.connected();
    this.extended?.connectEnded(0);
    this.tellRoot(0);
  }

  /** Begins to be joined to a session, as the socket that stands for a leaf at its root. */
  joining(root: ConnectingSocket, calleeData: WSABUF | null): void {
    this.blocking = root.blocking;
    this.inheritOptions(root);
    ROOTS.set(this, root);
    this.aboutToJoin = true;
    this.connecting(null, calleeData);
    this.inheritEvents(root);
  }

  /** FD_CONNECT at the root tells how the join has ended (specification: WSAJoinLeaf). */
  private tellRoot(error: number): void {
    if (!this.aboutToJoin) return;
    this.aboutToJoin = false;
    const root = ROOTS.get(this);
    if (root === undefined || root.record === null) return;
    root.record.reenable(FD_CONNECT);
    root.record.indicate(FD_CONNECT, FD_CONNECT_BIT, error);
  }

  /** Gives the caller what came with the connection. The buffer was the caller's all the while, and may be anything by now. */
  #give(calleeData: WSABUF): void {
    try {
      giveConnectData(this.core, calleeData);
    } catch (cause) {
      this.host.report({ message: 'lpCalleeData of WSAConnect cannot be filled any more', cause, socket: this.handle });
    }
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
}

import {
  WSAECONNABORTED,
  WSAECONNRESET,
  WSAEMFILE,
  WSAENOBUFS,
  WSAEWOULDBLOCK,
  type InstanceHost,
  type SOCKET,
} from '../../spi/index.js';
import { addressSlot, type AddressSlot, type SocketCore } from '../../io/index.js';
import { AcceptQueue, type QueuedConnection } from './accept-queue.js';
import type { LowerSocket } from './lower-socket.js';

/** Connections taken from below in one go; then the next socket has its turn. */
const ACCEPTS_PER_TURN = 32;
/** Units of work that a connection counts that is taken from the listener below. */
const ACCEPT_UNITS = 16 * 1024;
/** What a provider below says of a connection that waited no longer: the accept goes on. */
const PASSING_ERRORS: ReadonlySet<number> = new Set([WSAEWOULDBLOCK, WSAECONNRESET, WSAECONNABORTED]);

/** A connection that a listener made of one below. */
export interface AcceptedConnection extends QueuedConnection, SocketCore {
  /** 0, or why it cannot be used: nothing would be told of what happens below. */
  readonly unwatched: number;
  /** Begins to work: the connection below is there. */
  begin(listener: CodecListener, peer: AddressSlot, socket: SOCKET): void;
  /** The application has it from now on. */
  leaveListener(): void;
}

/** The socket that listens. */
export interface ListeningUser {
  /** Its handle. */
  readonly socket: SOCKET;
  /** Makes a connection over a socket of the provider below. */
  createConnection(handle: number): AcceptedConnection;
  /** A connection can be accepted, or an accept fails. */
  acceptable(): void;
  /** There may be more to accept below. */
  again(when: 'now' | 'in the next turn'): void;
}

/** The listening half of a codec's socket: takes connections from the listener below, and keeps those that wait. */
export class CodecListener {
  readonly #queue: AcceptQueue<AcceptedConnection>;
  /** The listener below found no room for a connection, and tells of it again when it may have some. */
  #noRoomBelow = false;
  /** No connection waits below: FD_ACCEPT tells of the next one. */
  #noneBelow = false;
  /** 0, or what the next accept fails with. */
  #error = 0;
  #closed = false;
  /** Takes the name of the next peer. */
  #peer: AddressSlot | null = null;

  constructor(
    private readonly host: InstanceHost,
    private readonly below: LowerSocket,
    private readonly user: ListeningUser,
  ) {
    this.#queue = new AcceptQueue(host);
  }

  /** Sets how many may wait, as `listen` takes it. */
  setBacklog(backlog: number): void {
    this.#queue.setBacklog(backlog);
  }

  /** Whether an accept has something to say. */
  get ready(): boolean {
    return this.#queue.ready || this.#error !== 0;
  }

  /** Takes the first connection that is through; a WinSock code when there is none. */
  accept(peer: AddressSlot): AcceptedConnection | number {
    this.#dropBroken();
    // Who asks in a loop of its own gives nobody a turn to tell of what waits below.
    if (!this.#queue.ready) this.#takeWaiting(false);
    const connection = this.#queue.takeReady(peer);
    if (connection !== null) {
      connection.leaveListener();
      // There is a place in the queue again.
      if (!this.#noneBelow) this.user.again('now');
      return connection;
    }
    const error = this.#error;
    this.#error = 0;
    return error || WSAEWOULDBLOCK;
  }

  /**
   * Takes what waits at the listener below, and starts a codec on each, while there are places in the queue. What finds
   * none stays below, where the backlog counts once more; it is taken when the application has accepted some.
   *
   * @param waiting whether some wait below for sure: FD_ACCEPT comes again for each that is left
   */
  take(waiting = false): void {
    if (this.#closed) return;
    this.#dropBroken();
    if (!this.#noneBelow || waiting) this.#takeWaiting(waiting);
  }

  #takeWaiting(waiting: boolean): void {
    if (this.#closed || (this.#noRoomBelow && !waiting)) return;
    this.#noRoomBelow = false;
    this.#noneBelow = false;
    const { turn } = this.host;
    for (let taken = 0; taken < ACCEPTS_PER_TURN && !turn.spent; taken++) {
      if (this.#queue.full) {
        if (waiting) this.#queue.awaitPlace(() => this.take(true));
        return;
      }
      const peer = (this.#peer ??= addressSlot());
      const handle = this.below.accept(peer);
      if (handle < 0) {
        this.#noneBelow = handle === -WSAEWOULDBLOCK;
        this.#noRoomBelow = handle === -WSAEMFILE || handle === -WSAENOBUFS;
        if (!this.#noRoomBelow && !PASSING_ERRORS.has(-handle)) this.fails(-handle);
        return;
      }
      this.#peer = null;
      // Whether more wait is told anew.
      waiting = false;
      const connection = this.user.createConnection(handle);
      const { unwatched } = connection;
      if (unwatched !== 0) {
        connection.abort();
        return this.fails(unwatched);
      }
      this.#queue.add(connection, peer);
      turn.spend(ACCEPT_UNITS);
      connection.begin(this, peer, this.user.socket);
      if (this.#closed) return;
    }
    this.user.again('in the next turn');
  }

  /** The next accept fails, once. */
  fails(error: number): void {
    this.#error = error;
    this.user.acceptable();
  }

  /** A connection can be used. */
  passed(connection: AcceptedConnection): void {
    this.#queue.pass(connection);
    this.user.acceptable();
  }

  /** A connection broke before it was accepted. */
  lost(connection: AcceptedConnection): void {
    this.#queue.lose(connection);
    this.user.again('now');
  }

  /** Connections that broke before they were accepted are let go. */
  #dropBroken(): void {
    for (const connection of this.#queue.takeBroken()) {
      connection.leaveListener();
      connection.abort();
    }
  }

  /** Breaks all off that wait. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue.close();
  }
}

import { WSAETIMEDOUT, type InstanceHost, type Timer } from '../spi/index.js';
import { Readiness, type AddressSlot } from '../io/index.js';

/** As many connections may wait to be accepted, whatever the backlog: Windows' own bound. */
const MOST_WAITING = 200;
/** Milliseconds for which a handshake may keep a place in a full queue that others wait for. */
const HANDSHAKE_PATIENCE = 10_000;

/** What the queue has to know of a connection. */
export interface QueuedConnection {
  /** Its handshake is done. */
  readonly usable: boolean;
  readonly readiness: number;
  /** Breaks the connection, with a WinSock code. */
  failed(error: number): void;
  abort(): void;
}

/** A connection that waits to be accepted. */
interface Waiting<Connection> {
  readonly connection: Connection;
  readonly peer: AddressSlot;
  /** When its handshake began. */
  readonly since: number;
}

/**
 * The connections of a codec layer's listener: those whose handshake goes on, and those that are ready. They are as many
 * as the backlog says, beside those that the listener below has in its own queue.
 */
export class AcceptQueue<Connection extends QueuedConnection> {
  readonly #waiting: Waiting<Connection>[] = [];
  #backlog = 1;
  #patience: Timer | null = null;

  constructor(private readonly host: InstanceHost) {}

  /** Sets how many may wait, as `listen` takes it. */
  setBacklog(backlog: number): void {
    this.#backlog = Math.min(Math.max(Math.abs(backlog), 1), MOST_WAITING);
  }

  /** Whether there is no place left. */
  get full(): boolean {
    return this.#waiting.length >= this.#backlog;
  }

  /** Whether a connection is there that can be accepted. */
  get ready(): boolean {
    return this.#waiting.some(({ connection }) => connection.usable);
  }

  /** Gives a connection a place. Its handshake begins now. */
  add(connection: Connection, peer: AddressSlot): void {
    this.#waiting.push({ connection, peer, since: this.host.clock.now() });
  }

  /**
   * Takes the first connection that is ready.
   *
   * @param peer takes the name of its peer
   * @returns the connection, or `null` when none is ready
   */
  takeReady(peer: AddressSlot): Connection | null {
    const first = this.#waiting.findIndex(({ connection }) => connection.usable);
    if (first < 0) return null;
    const { connection, peer: name } = this.#waiting[first]!;
    this.#waiting.splice(first, 1);
    peer.bytes.set(name.bytes);
    peer.length = name.length;
    return connection;
  }

  /** Takes the newest connection that broke before it was accepted, or `null`. Its place is free then. */
  takeBroken(): Connection | null {
    const last = this.#waiting.findLastIndex(({ connection }) => (connection.readiness & Readiness.RESET) !== 0);
    return last < 0 ? null : this.#waiting.splice(last, 1)[0]!.connection;
  }

  /**
   * The queue is full, and others wait below. Ready connections wait for the application; a handshake that leads nowhere
   * must not keep others out for ever, so that the oldest one loses its place in the end.
   *
   * @param retry called then
   */
  awaitPlace(retry: () => void): void {
    const oldest = this.#waiting.find(({ connection }) => !connection.usable);
    if (oldest === undefined || this.#patience !== null) return;
    this.#patience = this.host.setTimer(oldest.since + HANDSHAKE_PATIENCE, () => {
      this.#patience = null;
      if (!this.full) return;
      if (this.#waiting.includes(oldest) && !oldest.connection.usable) oldest.connection.failed(WSAETIMEDOUT);
      retry();
    });
  }

  /** Breaks all the connections off: the listener goes away. */
  close(): void {
    this.#patience?.cancel();
    for (const { connection } of this.#waiting) connection.abort();
  }
}

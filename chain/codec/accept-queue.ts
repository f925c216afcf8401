import { WSAETIMEDOUT, type InstanceHost, type Timer } from '../../spi/index.js';
import type { AddressSlot } from '../../io/index.js';

/** As many connections may wait to be accepted, whatever the backlog: Windows' own bound. */
const MOST_WAITING = 200;
/** As many handshakes may go on at one listener, whatever the backlog. */
const MOST_HANDSHAKES = 200;
/** Milliseconds that a handshake has at least when others wait for its place. */
const HANDSHAKE_GRACE = 1000;

/** What the queue has to do with a connection. */
export interface QueuedConnection {
  /** Breaks the connection, with a WinSock code. */
  failed(error: number): void;
  abort(): void;
}

/** A connection that waits to be accepted. */
interface Waiting {
  readonly peer: AddressSlot;
  /** When its handshake began. */
  readonly since: number;
}

/**
 * The connections of a codec layer's listener. Those that are through wait for the application, as many as the backlog
 * says, besides those that the listener below has in its own queue. Those whose handshake goes on have places of their own,
 * so that silent peers keep nobody out.
 */
export class AcceptQueue<Connection extends QueuedConnection> {
  readonly #handshakes = new Map<Connection, Waiting>();
  readonly #through = new Map<Connection, Waiting>();
  #broken: Connection[] = [];
  #backlog = 1;
  #patience: Timer | null = null;

  constructor(private readonly host: InstanceHost) {}

  /** Sets how many may wait, as `listen` takes it. */
  setBacklog(backlog: number): void {
    this.#backlog = Math.min(Math.max(Math.abs(backlog), 1), MOST_WAITING);
  }

  /** Whether there is no place left for one that comes from below. */
  get full(): boolean {
    return this.#through.size >= this.#backlog || this.#handshakes.size >= MOST_HANDSHAKES;
  }

  /** Whether a connection is there that can be accepted. */
  get ready(): boolean {
    return this.#through.size > 0;
  }

  /** Gives a connection a place. Its handshake begins now. */
  add(connection: Connection, peer: AddressSlot): void {
    this.#handshakes.set(connection, { peer, since: this.host.clock.now() });
  }

  /** The connection's handshake is done. */
  pass(connection: Connection): void {
    const waiting = this.#handshakes.get(connection);
    if (waiting === undefined) return;
    this.#handshakes.delete(connection);
    this.#through.set(connection, waiting);
  }

  /** The connection broke before it was accepted: its place is free. */
  lose(connection: Connection): void {
    if (this.#handshakes.delete(connection) || this.#through.delete(connection)) this.#broken.push(connection);
  }

  /** Takes those that broke since they were last asked for. */
  takeBroken(): readonly Connection[] {
    if (this.#broken.length === 0) return NONE;
    const broken = this.#broken;
    this.#broken = [];
    return broken;
  }

  /**
   * Takes the first connection that is through.
   *
   * @param peer takes the name of its peer
   * @returns the connection, or `null` when there is none
   */
  takeReady(peer: AddressSlot): Connection | null {
    const first = this.#through.entries().next();
    if (first.done === true) return null;
    const [connection, { peer: name }] = first.value;
    this.#through.delete(connection);
    peer.bytes.set(name.bytes);
    peer.length = name.length;
    return connection;
  }

  /**
   * The queue is full, and others wait below. Those that are through wait for the application. When it is full of handshakes,
   * the oldest has a moment left, and gives its place up.
   *
   * @param retry called then
   */
  awaitPlace(retry: () => void): void {
    if (this.#through.size >= this.#backlog || this.#patience !== null) return;
    const first = this.#handshakes.entries().next();
    if (first.done === true) return;
    const [oldest, { since }] = first.value;
    this.#patience = this.host.setTimer(since + HANDSHAKE_GRACE, () => {
      this.#patience = null;
      if (this.full && this.#handshakes.has(oldest)) oldest.failed(WSAETIMEDOUT);
      retry();
    });
  }

  /** Breaks all the connections off: the listener goes away. */
  close(): void {
    this.#patience?.cancel();
    for (const connections of [this.#handshakes.keys(), this.#through.keys(), this.#broken]) {
      for (const connection of [...connections]) connection.abort();
    }
  }
}

const NONE: readonly never[] = [];

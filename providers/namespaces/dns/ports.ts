// Datagram sockets to the servers. Each has a random port, and is given up after some questions, so that who would answer
// in a server's place has to guess port and id. Questions go by several ports, and which of them
// each takes is chance (RFC 5452, 9.2). That some share one gives nothing away: a forged answer has to name its question,
// the same question is never under way twice, and so it is one id of 65,536 and one port for each, however many there are.
import type { DeferredWork, Timer } from '../../../spi/index.js';
import type { DnsCounters } from './counters.js';
import type { Server } from './servers.js';
import type { DnsSocket, DnsTransport, TransportUser } from './transport.js';

/** Questions that a port is used for. */
const QUESTIONS_PER_PORT = 128;
/**
 * Datagrams to a port that answer nothing, after which its questions go by TCP: there is a flood, in which the true answer may be lost
 * each time, or somebody guesses ids (RFC 5452, 9.3).
 */
const MOST_STRANGE = 100;
/** Ports to a server from which chance chooses for each question. */
const PORTS_AT_ONCE = 4;
/** How long a port without a question is kept for the next one, in milliseconds. */
const IDLE = 1000;

/** Who waits for the answer to a datagram. */
export interface DatagramAsker {
  /** The question's id; set by the port. */
  id: number;
  /** Writes what is sent; the message is lent until the next is written. */
  writeQuestion(): Uint8Array;
  /** A datagram with the question's id came. */
  receivedDatagram(bytes: Uint8Array): void;
  /** What was sent to the server from this port did not reach it. */
  datagramFailed(error: number): void;
  /** Very much came to this port that answers nothing. */
  flooded(): void;
}

/** A socket on one port, and the questions that are under way from it. */
export class Port implements TransportUser, DeferredWork {
  queued = false;
  // Not by their ids: a table of so few is looked through as fast, and makes nothing when one goes.
  readonly #askers: DatagramAsker[] = [];
  #socket: DnsSocket | null = null;
  // Those whose questions are to be sent, which may be over by then.
  #unsent: DatagramAsker[] = [];
  #used = 0;
  #strange = 0;

  constructor(
    readonly server: Server,
    private readonly transport: DnsTransport,
    private readonly counters: DnsCounters,
    private readonly idle: (port: Port) => void,
  ) {}

  /** Opens the socket; 0 or a WSA error. */
  open(): number {
    const socket = this.transport.openDatagrams(this.server.address, this);
    if (typeof socket === 'number') return socket;
    this.#socket = socket;
    return 0;
  }

  /** Whether it takes no more questions. */
  get isSpent(): boolean {
    return this.#used >= QUESTIONS_PER_PORT || this.#socket === null;
  }

  /** Whether it has no question under way. */
  get isIdle(): boolean {
    return this.#askers.length === 0;
  }

  /** Takes a question, and gives it an id that no other under way from here has. */
  take(asker: DatagramAsker): void {
    let id = this.transport.random16();
    while (this.#at(id) >= 0) id = this.transport.random16();
    asker.id = id;
    this.#askers.push(asker);
    this.#used++;
  }

  #at(id: number): number {
    const askers = this.#askers;
    for (let at = 0; at < askers.length; at++) if (askers[at]!.id === id) return at;
    return -1;
  }

  /**
   * Sends a question that was taken: the only one that is under way from here at once, and others together when this turn's are all
   * written. A server that is woken for each costs more than what there is to do for them.
   *
   * @returns 0 or a WSA error; what fails later is told its asker
   */
  send(asker: DatagramAsker): number {
    if (this.#askers.length === 1) return this.#socket!.send(asker.writeQuestion());
    this.#unsent.push(asker);
    this.transport.defer(this);
    return 0;
  }

  run(): void {
    const unsent = this.#unsent;
    this.#unsent = [];
    for (const asker of unsent) {
      if (!this.#askers.includes(asker) || this.#socket === null) continue;
      const error = this.#socket.send(asker.writeQuestion());
      if (error !== 0) asker.datagramFailed(error);
    }
  }

  /** The question is over: what comes for it now is unasked. */
  forget(asker: DatagramAsker): void {
    const askers = this.#askers;
    const at = askers.indexOf(asker);
    if (at < 0) return;
    const last = askers.pop()!;
    if (at < askers.length) askers[at] = last;
    if (askers.length === 0) this.idle(this);
  }

  /** Closes the socket. */
  close(): void {
    this.#socket?.close();
    this.#socket = null;
  }

  received(bytes: Uint8Array): void {
    const at = bytes.length < 2 ? -1 : this.#at((bytes[0]! << 8) | bytes[1]!);
    if (at >= 0) this.#askers[at]!.receivedDatagram(bytes);
    else {
      this.counters.unasked++;
      this.noteStrange();
    }
  }

  /** A datagram came that answers nothing. */
  noteStrange(): void {
    if (++this.#strange !== MOST_STRANGE) return;
    this.#used = QUESTIONS_PER_PORT;
    for (const asker of [...this.#askers]) asker.flooded();
  }

  failed(error: number): void {
    // Each question of it goes on in its own way, and maybe from here.
    this.#used = QUESTIONS_PER_PORT;
    for (const asker of [...this.#askers]) asker.datagramFailed(error);
  }
}

/** The ports that are open. */
export class Ports {
  // Those that take questions, in places that chance chooses from.
  readonly #current = new Map<Server, (Port | undefined)[]>();
  readonly #open = new Set<Port>();
  #timer: Timer | null = null;
  #usedSinceTimer = false;

  constructor(
    private readonly transport: DnsTransport,
    private readonly counters: DnsCounters,
  ) {}

  /** A port for a question to a server; or the WSA error why there is none. */
  take(server: Server): Port | number {
    this.#usedSinceTimer = true;
    const places = this.#placesOf(server);
    const place = this.transport.random16() % PORTS_AT_ONCE;
    const current = places[place];
    if (current !== undefined && !current.isSpent) return current;
    const port = new Port(server, this.transport, this.counters, this.#idle);
    const error = port.open();
    if (error !== 0) return error;
    if (current?.isIdle) this.#close(current);
    places[place] = port;
    this.#open.add(port);
    return port;
  }

  #placesOf(server: Server): (Port | undefined)[] {
    let places = this.#current.get(server);
    if (places === undefined)
      this.#current.set(server, (places = new Array<Port | undefined>(PORTS_AT_ONCE).fill(undefined)));
    return places;
  }

  #isCurrent(port: Port): boolean {
    return this.#current.get(port.server)?.includes(port) === true;
  }

  /** Closes all. */
  closeAll(): void {
    this.#timer?.cancel();
    this.#timer = null;
    for (const port of this.#open) port.close();
    this.#open.clear();
    this.#current.clear();
  }

  readonly #idle = (port: Port): void => {
    if (port.isSpent || !this.#isCurrent(port)) this.#close(port);
    else if (this.#timer === null) this.#setTimer();
  };

  #setTimer(): void {
    this.#usedSinceTimer = false;
    this.#timer = this.transport.setTimer(this.transport.now() + IDLE, () => {
      this.#timer = null;
      if (this.#usedSinceTimer) return this.#setTimer();
      for (const port of [...this.#open]) if (port.isIdle) this.#close(port);
    });
  }

  #close(port: Port): void {
    port.close();
    this.#open.delete(port);
    const places = this.#current.get(port.server);
    if (places === undefined) return;
    const place = places.indexOf(port);
    if (place >= 0) places[place] = undefined;
    if (places.every((each) => each === undefined)) this.#current.delete(port.server);
  }
}

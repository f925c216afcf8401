// One question to the servers, until one of them answers it.
import { WSANO_RECOVERY, WSATRY_AGAIN } from '../../../spi/index.js';
import type { Deadlines, Limited } from '../../../name-space/deadlines.js';
import type { DnsCounters } from './counters.js';
import type { DatagramAsker, Port, Ports } from './ports.js';
import { drawLetters, UNMIXED, writeQuery, type DnsQuestion } from './query-message.js';
import { isOversized, readReply, ResponseCode, type DnsReply } from './reply-message.js';
import type { ResolverSettings } from './resolv-conf.js';
import type { Server, Servers } from './servers.js';
import { StreamAnswer } from './stream-answer.js';
import type { DnsTransport } from './transport.js';

const NO_SERVERS: readonly Server[] = [];
/** In place of letters: no server was asked yet, so that whatever comes is no answer. */
const UNSENT = -2;

/** What all questions of a resolver share. */
export interface ExchangeContext {
  readonly transport: DnsTransport;
  readonly counters: DnsCounters;
  readonly ports: Ports;
  readonly servers: Servers;
  readonly settings: ResolverSettings;
  /** How long a server may take. */
  readonly deadlines: Deadlines;
}

/**
 * A question on its way: each server in turn, and all of them again; by a datagram, and by a connection when the answer
 * does not fit into one. Whose question it is extends it: very many may be under way.
 */
export abstract class Exchange implements DatagramAsker, DnsQuestion, Limited {
  deadline = 0;
  earlier: Limited | null = null;
  later: Limited | null = null;
  id = -1;
  #order: readonly Server[] = NO_SERVERS;
  // Servers that have said that they will not answer this question.
  #refused: Set<Server> | null = null;
  #next = 0;
  #round = 0;
  #isWorthRetrying = false;
  #isOver = false;
  // Of the server that is being asked.
  #server: Server | null = null;
  // In which the question was sent, or that it was not.
  #letters = UNSENT;
  #port: Port | null = null;
  #stream: StreamAnswer | null = null;

  /** What is asked for: the exchange is the question itself. Where an alias leads on, the name becomes another. */
  name: string;

  constructor(
    protected readonly context: ExchangeContext,
    name: string,
    readonly type: number,
  ) {
    this.name = name;
  }

  /** A server has answered: with records, or that there are none. */
  protected abstract replied(reply: DnsReply): void;
  /** No server has: WSATRY_AGAIN, or WSANO_RECOVERY when all of them refused. */
  protected abstract gaveUp(error: number): void;

  /** Asks the first server for a name. `gaveUp` may be called before the function returns, if none can be asked. */
  protected ask(name: string): void {
    this.name = name;
    this.#order = this.context.servers.inOrder(this.context.transport.now());
    this.#refused = null;
    this.#next = this.#round = 0;
    this.#isWorthRetrying = this.#isOver = false;
    this.#askNext();
  }

  /** Gives up; nothing is called any more. */
  protected cancel(): void {
    this.#isOver = true;
    this.#leaveServer();
  }

  receivedDatagram(bytes: Uint8Array): void {
    if (!isOversized(bytes)) return this.#received(bytes, false);
    this.context.counters.oversized++;
    this.#port?.noteStrange();
  }

  flooded(): void {
    this.#goByStream('flooded');
  }

  datagramFailed(): void {
    this.context.counters.unreachable++;
    this.#silent();
  }

  // Asks one server after the other, until one can be sent to.
  #askNext(): void {
    const { settings } = this.context;
    while (!this.#isOver) {
      this.#leaveServer();
      if (this.#next === this.#order.length) {
        this.#next = 0;
        this.#round++;
      }
      if (this.#round === settings.attempts || this.#refused?.size === this.#order.length) {
        this.#isOver = true;
        this.gaveUp(this.#isWorthRetrying ? WSATRY_AGAIN : WSANO_RECOVERY);
        return;
      }
      const server = this.#order[this.#next++]!;
      if (this.#refused?.has(server)) continue;
      this.#server = server;
      if (settings.streams ? this.#askByStream() : this.#askByDatagram()) return;
      this.#cannotSend();
    }
  }

  #cannotSend(): void {
    this.context.counters.unreachable++;
    this.#isWorthRetrying = true;
    this.#server!.rest(this.context.transport.now());
  }

  #askByDatagram(): boolean {
    const { ports, counters, deadlines } = this.context;
    const port = ports.take(this.#server!);
    if (typeof port === 'number') return false;
    this.#port = port;
    port.take(this);
    if (port.send(this) !== 0) return false;
    counters.datagrams++;
    deadlines.begin(this);
    return true;
  }

  #askByStream(): boolean {
    const { transport, counters } = this.context;
    this.id = transport.random16();
    const stream = new StreamAnswer(
      new Uint8Array(this.writeQuestion()),
      (message) => this.#received(message, true),
      () => this.datagramFailed(),
    );
    if (stream.open(transport, this.#server!.address) !== 0) return false;
    this.#stream = stream;
    counters.streams++;
    this.context.deadlines.begin(this);
    return true;
  }

  // Anew each time: each that is sent has an id, a port and letters of its own.
  writeQuestion(): Uint8Array {
    const { edns, keepsCase } = this.#server!;
    this.#letters = keepsCase ? drawLetters(this.context.transport.random16) : UNMIXED;
    return writeQuery(this.id, this, edns, this.#letters);
  }

  expired(): void {
    this.context.counters.timeouts++;
    this.#silent();
  }

  #silent(): void {
    this.#isWorthRetrying = true;
    this.#server!.rest(this.context.transport.now());
    this.#askNext();
  }

  #received(bytes: Uint8Array, byStream: boolean): void {
    const { counters } = this.context;
    const letters = this.#letters;
    const reading = letters === UNSENT ? 'unasked' : readReply(bytes, this.id, letters, this);
    switch (reading) {
      case 'unasked':
      case 'malformed':
        counters[reading]++;
        // Whoever sent a datagram may not be the server, so it is waited for; on a connection it is.
        if (byStream) this.#useless();
        else this.#port?.noteStrange();
        return;
      case 'respelled':
        if (!byStream) return this.#goByStream('respelled');
        // On a connection nobody answers in its place, so that is its way. It is believed the next time.
        this.#server!.changesCase();
        return this.#again();
      case 'truncated':
        return byStream ? this.#useless() : this.#goByStream('truncated');
      default:
        this.#server!.wake();
        this.#weigh(reading);
    }
  }

  #weigh(reply: DnsReply): void {
    const { counters } = this.context;
    const server = this.#server!;
    const { code } = reply;
    if (code === ResponseCode.NOERROR || code === ResponseCode.NXDOMAIN) {
      if (reply.isReferral) {
        counters.lame++;
        return this.#useless();
      }
      counters.answers++;
      this.#isOver = true;
      this.#leaveServer();
      return this.replied(reply);
    }
    const mayBeEdns = code === ResponseCode.FORMERR || code === ResponseCode.NOTIMP || code === ResponseCode.BADVERS;
    if (mayBeEdns && server.edns) {
      server.refusesEdns();
      return this.#again();
    }
    counters.failures++;
    if (code !== ResponseCode.SERVFAIL) return this.#useless();
    this.#isWorthRetrying = true;
    this.#askNext();
  }

  // The server has nothing for this question, now or later.
  #useless(): void {
    (this.#refused ??= new Set()).add(this.#server!);
    this.#askNext();
  }

  // The same server once more, differently.
  #again(): void {
    const byStream = this.#stream !== null;
    this.#leaveSocket();
    if (byStream ? this.#askByStream() : this.#askByDatagram()) return;
    this.#cannotSend();
    this.#askNext();
  }

  #goByStream(why: 'truncated' | 'respelled' | 'flooded'): void {
    this.context.counters[why]++;
    this.#leaveSocket();
    if (this.#askByStream()) return;
    this.#cannotSend();
    this.#askNext();
  }

  #leaveServer(): void {
    this.#leaveSocket();
    this.#server = null;
  }

  #leaveSocket(): void {
    this.context.deadlines.end(this);
    this.#port?.forget(this);
    this.#port = null;
    this.#stream?.close();
    this.#stream = null;
    this.#letters = UNSENT;
  }
}

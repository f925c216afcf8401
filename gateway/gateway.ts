import { once } from 'node:events';
import { createConnection, createServer, type AddressInfo, type ChainServer, type ChainSocket } from '../node/index.js';
import type { Destination } from './destination.js';
import { failureOf, timeFailure, type Failure } from './failures.js';
import type { GatewaySettings } from './settings.js';
import { limitTime, type TimeLimit } from './time-limit.js';

/** What becomes of an attempt to reach a destination. */
export interface Reached {
  connected(target: ChainSocket): void;
  failed(failure: Failure): void;
}

/** What listens for clients, and leads them on. */
export class Gateway {
  readonly #server: ChainServer;
  /** The connections on both sides. */
  readonly #open = new Set<ChainSocket>();
  #clients = 0;
  /** Who waits until nothing is left. */
  readonly #waiting: (() => void)[] = [];
  /** Clients that have not said yet what they want, and until when they may. */
  readonly #asking = new Map<ChainSocket, TimeLimit>();

  /** @internal */
  constructor(
    /** @internal */
    readonly settings: GatewaySettings,
    serve: (client: ChainSocket, gateway: Gateway) => void,
  ) {
    const { ws2, accepting, maxConnections } = settings;
    const options = { ws2, chain: accepting, allowHalfOpen: true, noDelay: true, pauseOnConnect: true };
    this.#server = createServer(options, (client) => {
      this.#clients++;
      client.once('close', () => this.#clients--);
      this.watch(client);
      this.asks(client);
      serve(client, this);
    });
    this.#server.maxConnections = maxConnections;
    this.#server.on('drop', () =>
      this.problem(`there are ${maxConnections} connections already: a client is turned away`),
    );
  }

  /**
   * Begins to listen.
   *
   * @internal
   */
  async listen(): Promise<this> {
    const { host, port } = this.settings;
    // Names of this machine's own mean different things on different machines.
    this.#server.listen({ host: host === 'localhost' ? '127.0.0.1' : host, port });
    await once(this.#server, 'listening');
    this.#server.on('error', (error: Error) => this.problem(error.message));
    return this;
  }

  /** Where it listens; `null` once it does not. */
  address(): AddressInfo | null {
    return this.#server.address();
  }

  /** How many clients there are. */
  get connections(): number {
    return this.#clients;
  }

  /**
   * Takes no more clients, and lets those that are there come to their end.
   *
   * @param grace milliseconds that they have; they are ended at once if absent
   * @returns resolves when nothing is left
   */
  async close(grace = 0): Promise<void> {
    if (this.#server.listening) this.#server.close();
    for (const client of [...this.#asking.keys()]) client.destroy();
    const timer = grace > 0 ? limitTime(this.settings.ws2, grace, () => this.#destroyAll()) : null;
    if (timer === null) this.#destroyAll();
    if (this.#open.size > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    timer?.cancel();
  }

  /** Closes it at once. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #destroyAll(): void {
    for (const socket of [...this.#open]) socket.destroy();
  }

  // — For those who serve clients —

  /** Tells what went wrong. @internal */
  problem(message: string): void {
    this.settings.onProblem(message);
  }

  /** Has a connection end with the gateway. @internal */
  watch(socket: ChainSocket): void {
    this.#open.add(socket);
    // Whoever serves it looks at its close.
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.#open.delete(socket);
      this.settled(socket);
      if (this.#open.size === 0) for (const tell of this.#waiting.splice(0)) tell();
    });
  }

  /** A client has its time to say what it wants, from now on. @internal */
  asks(client: ChainSocket): void {
    this.settled(client);
    const { ws2, handshakeTimeout } = this.settings;
    this.#asking.set(
      client,
      limitTime(ws2, handshakeTimeout, () => void client.destroy()),
    );
  }

  /** A client has said what it wants. @internal */
  settled(client: ChainSocket): void {
    this.#asking.get(client)?.cancel();
    this.#asking.delete(client);
  }

  /**
   * Connects to where a client wants to go. A client that goes ends that.
   *
   * @returns the connection that is under way
   * @internal
   */
  reach(to: Destination, client: ChainSocket, reached: Reached): ChainSocket {
    const { ws2, connecting, connectTimeout } = this.settings;
    const target = createConnection({ ws2, chain: connecting, ...to, allowHalfOpen: true, noDelay: true });
    this.watch(target);
    let isOver = false;
    const over = (): boolean => {
      if (isOver) return false;
      timer.cancel();
      client.off('close', gone);
      return (isOver = true);
    };
    const failed = (failure: Failure): void => {
      if (!over()) return;
      this.problem(failure.text);
      reached.failed(failure);
    };
    const gone = (): void => {
      if (over()) target.destroy();
    };
    const late = (): void => {
      failed(timeFailure(to, connectTimeout));
      target.destroy();
    };
    const timer = limitTime(ws2, connectTimeout, late);
    client.once('close', gone);
    target.once('error', (error: Error) => failed(failureOf(error, to)));
    target.once('close', () => failed(failureOf(new Error('the connection was closed'), to)));
    target.once('connect', () => {
      if (over()) reached.connected(target);
    });
    return target;
  }
}

// A client that speaks SOCKS, until it is led on.
import { Socks5Reply, socks5ReplyOf, SocksCommand } from '../chain/index.js';
import type { ChainSocket } from '../node/index.js';
import { Association } from './association.js';
import type { Gateway } from './gateway.js';
import { relay } from './relay.js';
import { SocksServerHandshake, type ProxyUser, type SocksRequest, type SocksServerUser } from './socks-handshake.js';

/** Serves a client that speaks SOCKS. */
export function serveSocksClient(client: ChainSocket, gateway: Gateway, user: ProxyUser | null): void {
  new SocksClient(client, gateway, user).start();
}

/** One client, and its handshake. */
class SocksClient implements SocksServerUser {
  readonly #handshake: SocksServerHandshake;

  constructor(
    private readonly client: ChainSocket,
    private readonly gateway: Gateway,
    user: ProxyUser | null,
  ) {
    this.#handshake = new SocksServerHandshake(user, this);
  }

  start(): void {
    this.client.on('data', this.#received);
    this.client.once('end', this.#ended);
    this.client.resume();
  }

  readonly #received = (bytes: Buffer): void => {
    const end = this.#handshake.receive(bytes);
    if (!this.#handshake.isOver) return;
    this.client.off('data', this.#received);
    this.client.off('end', this.#ended);
    this.client.pause();
    // Some send at once what the destination is to have.
    if (end < bytes.length) this.client.unshift(bytes.subarray(end));
  };

  readonly #ended = (): void => void this.client.destroy();

  send(bytes: Uint8Array): void {
    this.client.write(bytes);
  }

  refused(reason: string): void {
    this.gateway.problem(`a client is refused: ${reason}`);
    this.client.destroySoon();
  }

  asked({ command, host, port }: SocksRequest): void {
    if (command === SocksCommand.UDP_ASSOCIATE) return this.#associate(port);
    if (port === 0) {
      this.#handshake.answer(Socks5Reply.FAILURE);
      return this.refused(`it asks for port 0 of ${host.text}`);
    }
    this.gateway.settled(this.client);
    this.gateway.reach({ host: host.text, port }, this.client, {
      connected: (target) => {
        this.#handshake.answer(Socks5Reply.GRANTED, target.localAddress, target.localPort);
        relay(this.client, target);
      },
      failed: ({ reply }) => {
        this.#handshake.answer(reply);
        this.client.destroySoon();
      },
    });
  }

  /** Opens what datagrams go through; it lasts as long as this connection. */
  #associate(clientPort: number): void {
    this.gateway.settled(this.client);
    const opened = new Association(this.gateway, this.client, clientPort).open();
    if (opened instanceof Error) {
      this.#handshake.answer(socks5ReplyOf(opened.wsaError));
      return this.refused(`there are no datagrams: ${opened.message}`);
    }
    this.#handshake.answer(Socks5Reply.GRANTED, opened.address, opened.port);
    // Nothing else is said here; its end is the datagrams'.
    this.client.once('end', this.#ended);
    setImmediate(() => this.client.resume());
  }
}

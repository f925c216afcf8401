// The relay of a SOCKS proxy's datagrams, in the test's own instance.
import {
  AF_INET,
  AF_INET6,
  FD_READ,
  INSTANCE,
  IPPROTO_UDP,
  ref,
  SOCK_DGRAM,
  sockaddr_in,
  sockaddr_in6,
  type SOCKET,
} from 'ws2spi';
import { readSocksAddress } from 'ws2spi/chain';
import { loopback } from 'ws2spi/testkit';
import type { World } from './providers.js';

/** Hands datagrams on, both ways. */
export class UdpRelay {
  /** Where it takes datagrams of clients. */
  readonly name: Uint8Array;
  /** What datagrams asked for. */
  readonly hosts: string[] = [];
  #client: Uint8Array | null = null;
  readonly #inner: SOCKET;
  readonly #outer = new Map<number, SOCKET>();
  readonly #events: number[] = [];

  constructor(
    private readonly world: World,
    private readonly names: Readonly<Record<string, string>> = {},
  ) {
    this.#inner = this.#open(AF_INET, (bytes, from) => this.#outwards(bytes, from));
    for (const family of [AF_INET, AF_INET6]) {
      this.#outer.set(
        family,
        this.#open(family, (bytes, from) => this.toClient(withSource(bytes, from))),
      );
    }
    this.name = world.nameOf(this.#inner);
  }

  #open(family: number, took: (bytes: Buffer, from: Uint8Array) => void): SOCKET {
    const { ws2 } = this.world;
    const { providerHost } = ws2[INSTANCE];
    const entry = providerHost
      .catalogEntries()
      .find(
        (each) =>
          each.ProtocolChain.ChainLen === 1 &&
          each.iAddressFamily === family &&
          each.iSocketType === SOCK_DGRAM &&
          each.iProtocol === IPPROTO_UDP,
      )!;
    const s = this.world.track(ws2.WSASocket(family, SOCK_DGRAM, IPPROTO_UDP, entry, 0, 1));
    const any = loopback(0, family);
    ws2.bind(s, any, any.length);
    const event = ws2.WSACreateEvent();
    this.#events.push(event);
    ws2.WSAEventSelect(s, event, FD_READ);
    providerHost.onEvent(event, () => {
      ws2.WSAEnumNetworkEvents(s, event, {});
      const bytes = Buffer.alloc(65536);
      const name = new Uint8Array(28);
      for (;;) {
        const length = ref(28);
        const count = ws2.recvfrom(s, bytes, bytes.length, 0, name, length);
        if (count < 0) return;
        took(Buffer.from(bytes.subarray(0, count)), name.slice(0, length.value));
      }
    });
    return s;
  }

  #outwards(bytes: Buffer, from: Uint8Array): void {
    this.#client = from;
    const { address: text, port, length } = readSocksAddress(bytes, 3)!;
    this.hosts.push(text);
    const address = this.names[text] ?? text;
    const to = address.includes(':') ? sockaddr_in6(address, port) : sockaddr_in(address, port);
    const data = bytes.subarray(3 + length);
    this.world.ws2.sendto(this.#outer.get(to[0]!)!, data, data.length, 0, to, to.length);
  }

  /** Sends bytes to the client as they are. */
  toClient(bytes: Uint8Array): void {
    const client = this.#client!;
    this.world.ws2.sendto(this.#inner, bytes, bytes.length, 0, client, client.length);
  }

  /** The port from which datagrams get to their destinations. */
  portTowards(family: number): number {
    return this.world.portOf(this.#outer.get(family)!);
  }

  /** Has a destination answer. */
  answer({ s, name }: { s: SOCKET; name: Uint8Array }, text: string): void {
    const family = name[0]!;
    const to = loopback(this.portTowards(family), family);
    this.world.ws2.sendto(s, Buffer.from(text), text.length, 0, to, to.length);
  }

  close(): void {
    for (const event of this.#events) {
      this.world.ws2[INSTANCE].providerHost.onEvent(event, null);
      this.world.ws2.WSACloseEvent(event);
    }
  }
}

function withSource(bytes: Buffer, from: Uint8Array): Buffer {
  const isIPv6 = from[0] === AF_INET6;
  const address = isIPv6 ? from.subarray(8, 24) : from.subarray(4, 8);
  return Buffer.concat([Uint8Array.of(0, 0, 0, isIPv6 ? 4 : 1), address, from.subarray(2, 4), bytes]);
}

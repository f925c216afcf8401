// Several hosts, each a network of its own, and the ways between them.
import type { SeededRandom } from '../../../host/random.js';
import type { Timer } from '../../../spi/index.js';
import {
  MemoryLink,
  type Carrier,
  type Endpoint,
  type LinkOptions,
  type MemoryHost,
  type SharedLink,
} from '../wire/index.js';
import type { LiveConnection, Neighbourhood } from './neighbourhood.js';
import { MemoryNetwork } from './network.js';

/** What is told of the traffic between hosts: when something leaves, and what. */
export interface TrafficEvent {
  readonly kind: 'connection' | 'refused' | 'data' | 'urgent' | 'end' | 'reset' | 'datagram' | 'lost';
  readonly from: Endpoint;
  readonly to: Endpoint;
  /** The bytes of data; valid during the call. */
  readonly content: Uint8Array | null;
}

/** Told of traffic. */
export type TrafficObserver = (event: TrafficEvent) => void;

/** One direction between two hosts, or between two ends on them. */
class Way implements Carrier {
  constructor(
    readonly link: MemoryLink,
    private readonly receiver: MemoryNetwork,
    readonly observe: Carrier['observe'],
  ) {}

  sharedLink(group: object): SharedLink {
    return this.receiver.sharedLink(group);
  }

  schedule(host: MemoryHost, when: number, callback: () => void): Timer {
    return this.receiver.schedule(host, when, callback);
  }
}

/** Hosts that reach each other. Between any two there is a link in each direction, which may be changed. */
export class Internetwork implements Neighbourhood<MemoryNetwork> {
  readonly #options: LinkOptions;
  readonly #random: SeededRandom;
  readonly #observer: TrafficObserver | null;
  readonly #hosts = new Set<MemoryNetwork>();
  readonly #byAddress = new Map<string, MemoryNetwork>();
  readonly #links = new Map<MemoryNetwork, Map<MemoryNetwork, MemoryLink>>();
  #connections: LiveConnection[] = [];

  /**
   * @param options what lies between any two hosts at first
   * @param random the chance of all links, each of which takes a stream of its own
   * @param observer told of what leaves
   */
  constructor(options: LinkOptions, random: SeededRandom, observer: TrafficObserver | null = null) {
    this.#observer = observer;
    this.#options = options;
    this.#random = random;
    // Refuses what is out of range at once.
    new MemoryLink(options, this.#random);
  }

  /**
   * Adds a host.
   *
   * @param addresses its addresses, in text, beside loopback
   * @returns its network, for one instance or several of that host
   */
  addHost(addresses: readonly string[]): MemoryNetwork {
    const network = new MemoryNetwork({ addresses });
    network.join(this);
    this.#hosts.add(network);
    for (const host of network.addresses) if (!network.isLoopback(host)) this.#byAddress.set(host, network);
    return network;
  }

  /** The host that has an address; `null` when none has. */
  hostOf(to: Endpoint): MemoryNetwork | null {
    return this.#byAddress.get(to.host) ?? null;
  }

  /** All hosts, in the order in which they came. */
  get hosts(): Iterable<MemoryNetwork> {
    return this.#hosts;
  }

  /** The link from one host to another, or to itself. */
  link(from: MemoryNetwork, to: MemoryNetwork): MemoryLink {
    if (from === to) return from.link;
    let known = this.#links.get(from);
    if (known === undefined) this.#links.set(from, (known = new Map()));
    let link = known.get(to);
    if (link === undefined)
      known.set(to, (link = new MemoryLink(this.#options, this.#random.fork(this.#label(from, to)))));
    return link;
  }

  #label(from: MemoryNetwork, to: MemoryNetwork): string {
    const hosts = [...this.#hosts];
    return `${hosts.indexOf(from)} to ${hosts.indexOf(to)}`;
  }

  /** What carries from one end on a host to another one. */
  way(sender: MemoryNetwork, receiver: MemoryNetwork, from: Endpoint, to: Endpoint): Carrier {
    const observe: Carrier['observe'] = (kind, content) => this.#observer?.({ kind, from, to, content });
    return new Way(this.link(sender, receiver), receiver, this.#observer === null ? null : observe);
  }

  /** A connection was made. */
  connected(connection: LiveConnection): void {
    this.#connections.push(connection);
    const { from, to } = connection;
    this.#observer?.({ kind: 'connection', from, to, content: null });
  }

  /** The connections that are there, in the order in which they were made. */
  connections(): readonly LiveConnection[] {
    this.#connections = this.#connections.filter(({ there, back }) => !there.isOver && !back.isOver);
    return this.#connections;
  }
}

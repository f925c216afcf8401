// A network within the process: who is bound where, which addresses there are, and what lies between.
import { seededRandom } from '../../../host/random.js';
import { randomUUID } from 'node:crypto';
import { DuplicateOffers, Reservations, socketGroupsOf, type SocketGroups } from '../../../io/index.js';
import { WSAEACCES, WSAEADDRNOTAVAIL, WSAEHOSTUNREACH, WSAENETUNREACH, type Timer } from '../../../spi/index.js';
import { ANY, checkOptions, numberThat, type OptionRule } from '../../../spi/option-check.js';
import {
  BROADCAST_4,
  isAny,
  isMulticast,
  LOOPBACK_4,
  LOOPBACK_6,
  MemoryLink,
  ONLY_INTERFACE,
  parseHost,
  SharedLink,
  STATION_FAMILIES,
  type Carrier,
  type Endpoint,
  type LinkOptions,
  type MemoryHost,
} from '../wire/index.js';
import type { AttachedDatagrams, AttachedRaw, AttachedStream, Packet } from './attached.js';
import { BindingTable } from './bindings.js';
import type { LiveConnection, Neighbourhood } from './neighbourhood.js';
import { StationTable } from './stations.js';

function isLinkLocal({ stack, host }: Endpoint): boolean {
  return stack === 6 && /^fe[89ab]/.test(host);
}

/** How a network is to be: what lies between any two endpoints of it, and which addresses it has. */
export interface MemoryNetworkOptions extends LinkOptions {
  /**
   * Bytes per second, 0 or more, that can be reserved for flows of guaranteed and controlled-load service in all; without
   * limit by default. No one flow gets more than `bandwidth`.
   */
  readonly capacity?: number;
  /** The seed of the network's own chance, an integer; without it the receiving instance's chance is taken. */
  readonly seed?: number;
  /** Unicast addresses, in text, that this host has besides 127.0.0.0/8 and ::1. */
  readonly addresses?: readonly string[];
  /** Addresses, in text, that exist but never answer: connecting to one ends with WSAETIMEDOUT. */
  readonly silent?: readonly string[];
}

const ADDRESSES: OptionRule = {
  fits: (value) => Array.isArray(value) && value.every((each) => typeof each === 'string'),
  expected: "an array of addresses in text, such as ['10.0.0.1']",
};

// Numbers are looked at where they are set: a link's may be changed later.
const RULES: Readonly<Record<keyof MemoryNetworkOptions, OptionRule>> = {
  latency: ANY,
  jitter: ANY,
  bandwidth: ANY,
  queue: ANY,
  loss: ANY,
  reordering: ANY,
  capacity: numberThat((value) => value >= 0, 'bytes per second, 0 or more'),
  seed: ANY,
  addresses: ADDRESSES,
  silent: ADDRESSES,
};

/** A network within the process. Instances that are given the same one reach each other. */
export class MemoryNetwork {
  // It is a `Carrier` too, which the published declaration, without what is internal, must not say.

  /** Nobody is told of traffic within the host. @internal */
  readonly observe = null;
  /** What lies between any two endpoints. */
  readonly link: MemoryLink;
  /** @internal Local addresses of stream sockets. */
  readonly streams = new BindingTable<AttachedStream>();
  /** @internal Local addresses of datagram sockets. */
  readonly datagrams = new BindingTable<AttachedDatagrams>();
  /** @internal Local addresses of sockets of IPX and ATM, by family. */
  readonly stations: ReadonlyMap<number, StationTable> = new Map(
    STATION_FAMILIES.map((family) => [family, new StationTable(family)]),
  );
  /** @internal Sockets that were duplicated and not opened yet, by whichever instance. */
  readonly offers = new DuplicateOffers();
  /** @internal Groups of sockets: those of a network are of no use on another one. */
  readonly groups: SocketGroups = socketGroupsOf(`memory ${randomUUID()}`);
  /** @internal Raw sockets, all of which see the packets of their protocol. */
  readonly raws = new Set<AttachedRaw>();
  /** @internal What flows have reserved. */
  readonly reservations: Reservations;
  /** Cores that have not been closed, those waiting to be accepted included. */
  #cores = 0;

  readonly #addresses = new Set<string>([LOOPBACK_4, LOOPBACK_6]);
  readonly #silent = new Set<string>();
  /** Whether there is more than loopback, by stack. */
  readonly #beyond = { 4: false, 6: false };
  #timers = 0;
  readonly #shared = new WeakMap<object, SharedLink>();
  readonly #watchers = new Map<() => void, MemoryHost>();
  /** The hosts around this one; `null` when there are none. */
  #neighbours: Neighbourhood<MemoryNetwork> | null = null;
  #crashing = false;
  #refusing = false;

  /** Use `createMemoryNetwork`. @internal */
  constructor(options: MemoryNetworkOptions) {
    checkOptions('createMemoryNetwork', options, RULES);
    const { seed } = options;
    if (seed !== undefined && !Number.isInteger(seed)) {
      throw new RangeError(`The seed of a memory network cannot be ${String(seed)}: give an integer, or leave it out.`);
    }
    this.reservations = new Reservations(options.capacity ?? Infinity);
    this.link = new MemoryLink(options, seed === undefined ? null : seededRandom(seed));
    for (const text of options.addresses ?? []) this.#add(text, this.#addresses);
    for (const text of options.silent ?? []) this.#add(text, this.#silent);
  }

  /**
   * Bytes per second that flows can reserve in all, 0 or more. When it is made less than what is reserved, the flows that came
   * last lose their service, and their sockets are told (FD_QOS).
   */
  get capacity(): number {
    return this.reservations.capacity;
  }
  set capacity(bytesPerSecond: number) {
    if (!(bytesPerSecond >= 0)) {
      throw new RangeError(
        `The capacity of a memory network cannot be ${String(bytesPerSecond)}: give bytes per second, 0 or more.`,
      );
    }
    this.reservations.resize(bytesPerSecond);
  }

  /** Bytes per second that can still be reserved. */
  get unreserved(): number {
    return this.reservations.unreserved;
  }

  #add(text: string, addresses: Set<string>): void {
    const host = parseHost(text);
    if (host === null) throw new TypeError(`Not an IP address: ${text}`);
    addresses.add(host);
    this.#beyond[host.length === 8 ? 4 : 6] = true;
  }

  /**
   * Gives this host another unicast address; who waits for a change of the local addresses is told.
   *
   * @param text such as `10.0.0.1` or `fd00::1`
   * @throws TypeError when it is not an address
   */
  addAddress(text: string): void {
    this.#add(text, this.#addresses);
    this.#addressesChanged();
  }

  /**
   * Takes a unicast address away; sockets that are bound to it keep it. Who waits for a change is told.
   *
   * @param text the address, as it was given
   * @throws TypeError when it is not an address
   */
  removeAddress(text: string): void {
    const host = parseHost(text);
    if (host === null) throw new TypeError(`Not an IP address: ${text}`);
    if (this.#addresses.delete(host)) this.#addressesChanged();
  }

  /** The unicast addresses that this host has, as {@link Endpoint.host} has them. @internal */
  get addresses(): ReadonlySet<string> {
    return this.#addresses;
  }

  /**
   * Runs a callback, as deferred work of an instance, whenever the addresses have changed.
   *
   * @returns a function that ends it
   * @internal
   */
  watchAddresses(host: MemoryHost, changed: () => void): () => void {
    this.#watchers.set(changed, host);
    return () => this.#watchers.delete(changed);
  }

  #addressesChanged(): void {
    for (const [changed, host] of this.#watchers) host.defer({ queued: false, run: changed });
  }

  /** Puts the host among others. @internal */
  join(neighbours: Neighbourhood<MemoryNetwork>): void {
    this.#neighbours = neighbours;
  }

  /** Whether connections are broken off as they are closed: the host's program ends without warning. @internal */
  get crashing(): boolean {
    return this.#crashing;
  }

  /** Closes what is open on this host as a program that is killed does. @internal */
  crash(close: () => void): void {
    this.#crashing = true;
    try {
      close();
    } finally {
      this.#crashing = false;
    }
  }

  /** Whether connections to this host are refused. @internal */
  get refusing(): boolean {
    return this.#refusing;
  }

  /** Refuses connections to this host, or takes them again. @internal */
  refuse(refusing: boolean): void {
    this.#refusing = refusing;
  }

  /** A connection was made with one of this host's listeners. @internal */
  connected(connection: LiveConnection): void {
    this.#neighbours?.connected(connection);
  }

  /** Whether an address, as {@link Endpoint.host} has it, is one of every host's own. @internal */
  isLoopback(host: string): boolean {
    return host === LOOPBACK_4 || host === LOOPBACK_6;
  }

  /** The network of the host that has an address: this one, unless it is a neighbour's. @internal */
  hostOf(to: Endpoint): MemoryNetwork {
    return this.#neighbours === null || this.#isLocal(to) ? this : (this.#neighbours.hostOf(to) ?? this);
  }

  /** This host and those that it reaches. @internal */
  get reach(): Iterable<MemoryNetwork> {
    return this.#neighbours?.hosts ?? [this];
  }

  /** What carries to one of this host's ends from an end anywhere. @internal */
  wayFrom(from: Endpoint, to: Endpoint): Carrier {
    return this.#neighbours === null ? this : this.#neighbours.way(this.hostOf(from), this, from, to);
  }

  /** What carries from one of this host's ends to an end anywhere. @internal */
  wayTo(from: Endpoint, to: Endpoint): Carrier {
    return this.#neighbours === null ? this : this.#neighbours.way(this, this.hostOf(to), from, to);
  }

  /** A core was made. @internal */
  attach(): void {
    this.#cores++;
  }

  /** A core was closed. @internal */
  detach(): void {
    this.#cores--;
  }

  /**
   * Whether nothing is left over: no open socket, no address in use, nothing under way.
   *
   * @returns true once every core of the network has been closed and what they sent has arrived
   */
  idle(): boolean {
    const stations = [...this.stations.values()].every(({ size }) => size === 0);
    return this.#cores === 0 && stations && this.streams.size === 0 && this.datagrams.size === 0 && this.#timers === 0;
  }

  /** A link-local address without a scope with that of the one interface that there is. @internal */
  scoped(endpoint: Endpoint): Endpoint {
    return isLinkLocal(endpoint) && endpoint.scope === 0 ? { ...endpoint, scope: ONLY_INTERFACE } : endpoint;
  }

  /** Whether a socket may be bound to the address. @internal */
  hasAddress(endpoint: Endpoint): boolean {
    if (isLinkLocal(endpoint) && endpoint.scope !== ONLY_INTERFACE && endpoint.scope !== 0) return false;
    return isAny(endpoint) || this.#isLocal(endpoint);
  }

  #isLocal(endpoint: Endpoint): boolean {
    return this.#addresses.has(endpoint.host) || (endpoint.stack === 4 && endpoint.host.startsWith('7f'));
  }

  /** Whether packets to the address vanish. @internal */
  isSilent(endpoint: Endpoint): boolean {
    return this.#silent.has(endpoint.host);
  }

  /**
   * Looks for a way to an address.
   *
   * @returns 0; WSAEADDRNOTAVAIL for what is no destination, WSAEACCES for a broadcast, WSAEHOSTUNREACH or, where the
   *   stack has loopback alone, WSAENETUNREACH
   * @internal
   */
  route(to: Endpoint): number {
    if (to.port === 0 || isAny(to)) return WSAEADDRNOTAVAIL;
    if (isLinkLocal(to) && this.scoped(to).scope !== ONLY_INTERFACE) return WSAENETUNREACH;
    if (this.#isLocal(to) || this.isSilent(to) || this.hostOf(to) !== this) return 0;
    if (to.host === BROADCAST_4) return WSAEACCES;
    if (isMulticast(to)) return WSAENETUNREACH;
    return this.#beyond[to.stack] ? WSAEHOSTUNREACH : WSAENETUNREACH;
  }

  /** The address that traffic to a destination comes from when the socket has none of its own. @internal */
  sourceFor(to: Endpoint, port: number): Endpoint {
    const local = this.#isLocal(to);
    const loopback = to.stack === 4 ? LOOPBACK_4 : LOOPBACK_6;
    const host = local && this.#addresses.has(to.host) ? to.host : local ? loopback : this.#outward(to.stack, loopback);
    return { stack: to.stack, host, port, scope: to.scope };
  }

  /** The address that others know this host by. */
  #outward(stack: 4 | 6, loopback: string): string {
    if (this.#neighbours === null) return loopback;
    for (const host of this.#addresses)
      if ((host.length === 8 ? 4 : 6) === stack && !this.isLoopback(host)) return host;
    return loopback;
  }

  /** Brings a packet, and what is answered to it, to the raw sockets that are to see it. @internal */
  carryPacket(packet: Packet): void {
    // In the order of sending, which the network keeps for each sender.
    for (let next: Packet | null = packet; next !== null; next = next.reply) {
      for (const raw of this.raws) raw.take(next, this);
    }
  }

  /** What the sockets of a group share of the link. @internal */
  sharedLink(group: object): SharedLink {
    const known = this.#shared.get(group);
    if (known !== undefined) return known;
    const made = new SharedLink(this);
    this.#shared.set(group, made);
    return made;
  }

  /**
   * Runs a callback on an instance's clock; the network counts as busy until then.
   *
   * @param host the instance that receives
   * @param when the time of that instance's clock, in milliseconds
   * @internal
   */
  schedule(host: MemoryHost, when: number, callback: () => void): Timer {
    let pending = true;
    const done = (): boolean => {
      if (!pending) return false;
      pending = false;
      this.#timers--;
      return true;
    };
    this.#timers++;
    const timer = host.setTimer(when, () => {
      if (done()) callback();
    });
    return {
      cancel(): void {
        if (done()) timer.cancel();
      },
    };
  }
}

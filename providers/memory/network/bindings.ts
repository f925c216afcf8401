// Who has which local address: one table per protocol, with Windows' rules about sharing a port.
import { sharingConflict, widthWithin, type SharedAddress, type Sharing } from '../../../io/index.js';
import { WSAEADDRINUSE, type ErrorCode } from '../../../spi/index.js';
import { isAny, type Endpoint } from '../wire/index.js';

const FIRST_EPHEMERAL_PORT = 49_152;
const LAST_PORT = 65_535;

/** The ports that sockets get which do not ask for one. */
export const EPHEMERAL_PORTS = { first: FIRST_EPHEMERAL_PORT, last: LAST_PORT } as const;

function following(port: number): number {
  return port === LAST_PORT ? FIRST_EPHEMERAL_PORT : port + 1;
}

/** A local address that a socket has. */
export interface Binding<Owner> extends SharedAddress {
  readonly owner: Owner;
  readonly endpoint: Endpoint;
}

/** The local addresses in use with one protocol. */
export class BindingTable<Owner> {
  readonly #ports = new Map<number, Binding<Owner>[]>();
  #nextEphemeral = FIRST_EPHEMERAL_PORT;

  /** How many bindings there are. */
  size = 0;

  /**
   * Takes an address for a socket if nobody has the port, whatever the address.
   *
   * @returns the binding, or WSAEADDRINUSE
   */
  bindToFree(owner: Owner, endpoint: Endpoint, sharing: Sharing, dual: boolean): Binding<Owner> | number {
    const { port } = endpoint;
    if (this.#ports.has(port)) return WSAEADDRINUSE;
    if (port === this.#nextEphemeral) this.#nextEphemeral = following(port);
    return this.bind(owner, endpoint, sharing, dual);
  }

  /**
   * Takes an address for a socket.
   *
   * @param owner the socket
   * @param endpoint the address; port 0 asks for an ephemeral port
   * @param sharing the socket's wish at this moment
   * @param dual whether the socket takes IPv4 as well as IPv6; of effect for the IPv6 wildcard only
   * @returns the binding, or WSAEADDRINUSE or WSAEACCES
   */
  bind(owner: Owner, endpoint: Endpoint, sharing: Sharing, dual: boolean): Binding<Owner> | ErrorCode {
    const port = endpoint.port === 0 ? this.#ephemeralPort() : endpoint.port;
    if (port === 0) return WSAEADDRINUSE;
    const any = isAny(endpoint);
    const binding: Binding<Owner> = {
      owner,
      endpoint: port === endpoint.port ? endpoint : { ...endpoint, port },
      stack: endpoint.stack,
      host: endpoint.host,
      any,
      dual: dual && any && endpoint.stack === 6,
      sharing,
    };
    const others = this.#ports.get(port);
    if (others === undefined) {
      this.#ports.set(port, [binding]);
    } else {
      for (const other of others) {
        const conflict = sharingConflict(other, binding);
        if (conflict !== 0) return conflict;
      }
      others.push(binding);
    }
    this.size++;
    return binding;
  }

  /** The first port from one on that somebody has, of so many; 0 when nobody has any of them. */
  inUse(first: number, count: number): number {
    for (let port = first; port < first + count; port++) if (this.#ports.has(port)) return port;
    return 0;
  }

  /** Where to look first for a port that nobody has. */
  get nextEphemeral(): number {
    return this.#nextEphemeral;
  }

  /** Lists the sockets that have an address with a port, earliest first. */
  ownersAt(port: number): readonly Owner[] {
    return this.#ports.get(port)?.map(({ owner }) => owner) ?? [];
  }

  /** Gives an address back; harmless when that was done before. */
  unbind(binding: Binding<Owner>): void {
    const { port } = binding.endpoint;
    const bindings = this.#ports.get(port);
    const index = bindings?.indexOf(binding) ?? -1;
    if (bindings === undefined || index < 0) return;
    bindings.splice(index, 1);
    if (bindings.length === 0) this.#ports.delete(port);
    this.size--;
  }

  /**
   * Finds who gets what is sent to an address: of the sockets that qualify the one with the most specific address,
   * and of equals the earliest.
   *
   * @param to the destination
   * @param rank 0 for a socket that does not qualify, and a larger number the better it fits otherwise
   * @returns the socket, or `null`
   */
  find(to: Endpoint, rank: (owner: Owner) => number): Owner | null {
    const bindings = this.#ports.get(to.port);
    if (bindings === undefined) return null;
    let best: Owner | null = null;
    let bestRank = 0;
    let bestWidth = 0;
    for (const binding of bindings) {
      const covers = widthWithin(binding, to.stack);
      if (covers < 0 || (covers === 0 && binding.endpoint.host !== to.host)) continue;
      const fits = rank(binding.owner);
      if (fits === 0 || fits < bestRank || (fits === bestRank && covers >= bestWidth)) continue;
      best = binding.owner;
      bestRank = fits;
      bestWidth = covers;
    }
    return best;
  }

  /**
   * Lists the sockets that get a broadcast over IPv4.
   *
   * @param port the destination port
   * @returns the owners of IPv4 wildcards, earliest first
   */
  broadcastReceivers(port: number): Owner[] {
    const receivers: Owner[] = [];
    for (const binding of this.#ports.get(port) ?? []) if (widthWithin(binding, 4) > 0) receivers.push(binding.owner);
    return receivers;
  }

  /**
   * Lists the sockets that a datagram for a multicast group can reach.
   *
   * @param port the destination port
   * @param stack which IP carries it
   * @returns the owners of every address of that stack, earliest first; whether they are members they know themselves
   */
  multicastReceivers(port: number, stack: 4 | 6): Owner[] {
    const receivers: Owner[] = [];
    for (const binding of this.#ports.get(port) ?? [])
      if (widthWithin(binding, stack) >= 0) receivers.push(binding.owner);
    return receivers;
  }

  /** The next ephemeral port that nobody has, whatever the address; 0 when all are taken. */
  #ephemeralPort(): number {
    for (let tries = FIRST_EPHEMERAL_PORT; tries <= LAST_PORT; tries++) {
      const port = this.#nextEphemeral;
      this.#nextEphemeral = following(port);
      if (!this.#ports.has(port)) return port;
    }
    return 0;
  }
}

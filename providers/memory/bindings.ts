// Who has which local address: one table per protocol, with Windows' rules about sharing a port.
import { WSAEACCES, WSAEADDRINUSE } from '../../spi/index.js';
import { type Endpoint, isAny, type Stack } from './address.js';

const FIRST_EPHEMERAL_PORT = 49_152;
const LAST_PORT = 65_535;

/** How a socket wants to share its address: not at all said, SO_REUSEADDR, or SO_EXCLUSIVEADDRUSE. */
export const Sharing = { DEFAULT: 0, REUSE: 1, EXCLUSIVE: 2 } as const;

/** One of the values of {@link Sharing}. */
export type Sharing = (typeof Sharing)[keyof typeof Sharing];

/** A local address that a socket has. */
export interface Binding<Owner> {
  readonly owner: Owner;
  readonly endpoint: Endpoint;
  /** Whether the address is a wildcard. */
  readonly any: boolean;
  /** Whether it is the IPv6 wildcard of a socket that takes IPv4 as well. */
  readonly dual: boolean;
  readonly sharing: Sharing;
}

const OK = 0;
const INUSE = WSAEADDRINUSE;
const ACCES = WSAEACCES;

// What the second bind gets when both sockets belong to one user. Rows: the first socket's sharing, wildcard before
// specific; columns: the second's, likewise.
const MATRIX: readonly (readonly number[])[] = [
  // default:      reuse:        exclusive:
  [INUSE, OK, /**/ ACCES, OK, /**/ INUSE, OK], // default, wildcard
  [OK, INUSE, /**/ OK, ACCES, /**/ INUSE, INUSE], // default, specific
  [INUSE, OK, /**/ OK, OK, /**/ INUSE, OK], // reuse, wildcard
  [OK, INUSE, /**/ OK, OK, /**/ INUSE, INUSE], // reuse, specific
  [INUSE, ACCES, /**/ ACCES, ACCES, /**/ INUSE, ACCES], // exclusive, wildcard
  [OK, INUSE, /**/ OK, ACCES, /**/ INUSE, INUSE], // exclusive, specific
];

/**
 * How much a binding covers within a stack: 0 for one address, 1 for all of the stack, 2 for the IPv4 side of a
 * dual-stack wildcard, which even the IPv4 wildcard is more specific than; -1 for nothing.
 */
function width(binding: Binding<unknown>, stack: Stack): number {
  if (binding.endpoint.stack === stack) return binding.any ? 1 : 0;
  return binding.dual ? 2 : -1;
}

function conflictWithin(stack: Stack, first: Binding<unknown>, second: Binding<unknown>): number {
  const firstWidth = width(first, stack);
  const secondWidth = width(second, stack);
  if (firstWidth < 0 || secondWidth < 0) return OK;
  const same = firstWidth === secondWidth;
  if (same && firstWidth === 0 && first.endpoint.host !== second.endpoint.host) return OK;
  const firstSpecific = firstWidth === 0 || firstWidth < secondWidth ? 1 : 0;
  const secondSpecific = secondWidth === 0 || secondWidth < firstWidth ? 1 : 0;
  return MATRIX[first.sharing * 2 + firstSpecific]![second.sharing * 2 + secondSpecific]!;
}

/** The local addresses in use with one protocol. */
export class BindingTable<Owner> {
  readonly #ports = new Map<number, Binding<Owner>[]>();
  #nextEphemeral = FIRST_EPHEMERAL_PORT;

  /** How many bindings there are. */
  size = 0;

  /**
   * Takes an address for a socket.
   *
   * @param owner the socket
   * @param endpoint the address; port 0 asks for an ephemeral port
   * @param sharing the socket's wish at this moment
   * @param dual whether the socket takes IPv4 beside IPv6; of effect for the IPv6 wildcard only
   * @returns the binding, or WSAEADDRINUSE or WSAEACCES
   */
  bind(owner: Owner, endpoint: Endpoint, sharing: Sharing, dual: boolean): Binding<Owner> | number {
    const port = endpoint.port === 0 ? this.#ephemeralPort() : endpoint.port;
    if (port === 0) return WSAEADDRINUSE;
    const any = isAny(endpoint);
    const binding: Binding<Owner> = {
      owner,
      endpoint: port === endpoint.port ? endpoint : { ...endpoint, port },
      any,
      dual: dual && any && endpoint.stack === 6,
      sharing,
    };
    const others = this.#ports.get(port);
    if (others === undefined) {
      this.#ports.set(port, [binding]);
    } else {
      for (const other of others) {
        const conflict = conflictWithin(4, other, binding) || conflictWithin(6, other, binding);
        if (conflict !== OK) return conflict;
      }
      others.push(binding);
    }
    this.size++;
    return binding;
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
      const covers = width(binding, to.stack);
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
    for (const binding of this.#ports.get(port) ?? []) if (width(binding, 4) > 0) receivers.push(binding.owner);
    return receivers;
  }

  /**
   * Lists the sockets that a datagram for a multicast group can reach.
   *
   * @param port the destination port
   * @param stack which IP carries it
   * @returns the owners of every address of that stack, earliest first; whether they are members they know themselves
   */
  multicastReceivers(port: number, stack: Stack): Owner[] {
    const receivers: Owner[] = [];
    for (const binding of this.#ports.get(port) ?? []) if (width(binding, stack) >= 0) receivers.push(binding.owner);
    return receivers;
  }

  /** The next ephemeral port that nobody has, whatever the address; 0 when all are taken. */
  #ephemeralPort(): number {
    for (let tries = FIRST_EPHEMERAL_PORT; tries <= LAST_PORT; tries++) {
      const port = this.#nextEphemeral;
      this.#nextEphemeral = port === LAST_PORT ? FIRST_EPHEMERAL_PORT : port + 1;
      if (!this.#ports.has(port)) return port;
    }
    return 0;
  }
}

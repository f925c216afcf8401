import { AF_INET, AF_INET6, sockaddr_in, sockaddr_in6, type KeyLog, type SOCKET } from '../../spi/index.js';
import { addressSlot, type AddressSlot } from '../../io/index.js';
import {
  askName,
  leadsToAnotherHost,
  nameIn,
  type CodecConnection,
  type CodecRole,
  type ConnectionName,
  type Destination,
} from '../filters/index.js';
import type { LowerSocket } from './lower-socket.js';
import type { SessionLayer } from './session-layer.js';

type End = Pick<ConnectionName, 'address' | 'port'>;

/** The names that a layer gave a connection. */
interface GivenNames {
  /** The layer's place. */
  readonly by: number;
  readonly peer: Uint8Array;
  readonly local: Uint8Array;
}

/** What one layer of a run knows of the connection. */
class LayerConnection implements CodecConnection {
  readonly state: Record<string, unknown> = {};
  #destination: Destination | null = null;
  /** Where it goes, as long as nobody has asked, and under which host's name. */
  #to: Uint8Array | null = null;
  #hostName: string | null = null;

  constructor(
    private readonly layer: SessionLayer,
    private readonly names: ConnectionNames,
    private readonly place: number,
  ) {}

  get role(): CodecRole {
    return this.names.role;
  }

  get destination(): Destination | null {
    if (this.#to !== null) {
      const named = nameIn({ bytes: this.#to, length: this.#to.length });
      this.#destination = named === null ? null : { name: this.#hostName, ...named };
      this.#to = null;
    }
    return this.#destination;
  }

  /** It is asked to connect to a name, found by that of a host if there is one. */
  connecting(to: Uint8Array, hostName: string | null): void {
    this.#to = to.slice();
    this.#hostName = hostName;
  }

  /** It is connected to nobody any more. */
  disconnected(): void {
    this.#to = this.#destination = null;
  }

  get entry() {
    return this.layer.context.chain;
  }

  get socket(): SOCKET {
    return this.names.socket;
  }

  localName(): ConnectionName | null {
    return this.names.local(this.place);
  }

  peerName(): ConnectionName | null {
    return this.names.peer(this.place);
  }

  get keyLog(): KeyLog {
    return this.layer.context.host.keyLog;
  }

  rename(peer: End, local: End): boolean {
    return this.names.rename(this.place, peer, local);
  }

  now(): number {
    return this.layer.context.host.clock.now();
  }

  random(): number {
    return this.layer.context.host.random.next();
  }
}

/** The names of a connection, as the codecs and filters of a run are told them. */
export class ConnectionNames {
  role: CodecRole = 'client';
  readonly #connections: (LayerConnection | undefined)[];
  /** The host's name, as long as no filter led to another host. */
  hostName: string | null = null;
  /** Where the application asked to go, when a filter led elsewhere. */
  #asked: Uint8Array | null = null;
  #peer: AddressSlot | null = null;
  #listener: SOCKET = 0;
  #given: GivenNames | null = null;

  /** @param handle the handle by which the application knows the socket; 0 when it has none */
  constructor(
    private readonly layers: readonly SessionLayer[],
    private readonly below: LowerSocket,
    private readonly handle: () => SOCKET,
  ) {
    this.#connections = new Array<LayerConnection | undefined>(layers.length).fill(undefined);
  }

  /** The handle by which the application knows the socket; 0 when it has none. */
  get socket(): SOCKET {
    return this.handle();
  }

  /** The socket that a filter of accepted connections is told of. */
  get listener(): SOCKET {
    return this.#listener;
  }

  /** The connection as the layer at this place is told of it. */
  of(place: number): LayerConnection {
    return (this.#connections[place] ??= new LayerConnection(this.layers[place]!, this, place));
  }

  /** The connection was accepted. */
  accepted(peer: AddressSlot, listener: SOCKET): void {
    this.role = 'server';
    this.#peer = peer;
    this.#listener = listener;
  }

  /** The layer at this place is asked to connect. */
  connecting(place: number, name: Uint8Array): void {
    if (place === 0) {
      this.#asked = null;
      const { host } = this.layers[0]!.context;
      this.hostName = host.destinationName() ?? host.names.nameOf(name);
    }
    this.of(place).connecting(name, this.hostName);
  }

  /** The layer at this place is connected to nobody any more. */
  disconnected(place: number): void {
    this.of(place).disconnected();
  }

  /**
   * A filter led elsewhere than the application asked.
   *
   * @param hostName the name of the host that it led to; `null` where it is not known
   */
  redirected(asked: Uint8Array, to: Uint8Array, hostName: string | null = null): void {
    this.#asked ??= asked;
    if (leadsToAnotherHost(asked, to)) this.hostName = hostName;
  }

  /** Whether a filter led elsewhere. */
  get isRedirected(): boolean {
    return this.#asked !== null;
  }

  /** Puts the destination in the place of the peer's name, if the application asked for another one than that. */
  fillDestination(slot: AddressSlot): void {
    const asked = this.#given?.peer ?? this.#asked;
    if (asked === null) return;
    slot.bytes.set(asked);
    slot.length = asked.length;
  }

  /** Puts the local name that a layer gave in the place of the socket's own, if one did. */
  fillLocal(slot: AddressSlot): void {
    const local = this.#given?.local;
    if (local === undefined) return;
    slot.bytes.set(local);
    slot.length = local.length;
  }

  /** The layer at this place names both ends anew. Returns whether it may, and they fit. */
  rename(by: number, peer: End, local: End): boolean {
    const family = this.layers[by]!.context.chain.iAddressFamily;
    const names = [peer, local].map((end) => sockaddrOf(family, end));
    if (this.role !== 'server' || names[0] === null || names[1] === null) return false;
    this.#given = { by, peer: names[0]!, local: names[1]! };
    // Whoever accepts the connection is given this slot.
    if (this.#peer !== null) {
      this.#peer.bytes.set(names[0]!);
      this.#peer.length = names[0]!.length;
    }
    return true;
  }

  /** The accepted peer's name; an empty slot for none. */
  get peerSlot(): AddressSlot {
    return this.#peer ?? addressSlot();
  }

  /** The local name below the layer at this place. */
  local(place: number): ConnectionName | null {
    return this.#givenBelow(place)?.local ?? askName((slot) => this.below.localName(slot));
  }

  /** The peer's name below the layer at this place. */
  peer(place: number): ConnectionName | null {
    return this.#givenBelow(place)?.peer ?? askName((slot) => this.below.peerName(slot));
  }

  #givenBelow(place: number): { peer: ConnectionName | null; local: ConnectionName | null } | null {
    const given = this.#given;
    if (given === null || place >= given.by) return null;
    const [peer, local] = [given.peer, given.local].map((bytes) => nameIn({ bytes, length: bytes.length }));
    return { peer: peer!, local: local! };
  }
}

/** The sockaddr of an end on sockets of a family; `null` where it has none. */
function sockaddrOf(family: number, { address, port }: End): Uint8Array | null {
  const isIPv6 = address.includes(':');
  try {
    if (family === AF_INET) return isIPv6 ? null : sockaddr_in(address, port);
    return family === AF_INET6 ? sockaddr_in6(isIPv6 ? address : `::ffff:${address}`, port) : null;
  } catch {
    return null;
  }
}

import type { KeyLog, SOCKET } from '../../spi/index.js';
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

/** What one layer of a run knows of the connection. */
class LayerConnection implements CodecConnection {
  readonly state: Record<string, unknown> = {};
  destination: Destination | null = null;

  constructor(
    private readonly layer: SessionLayer,
    private readonly names: ConnectionNames,
  ) {}

  get role(): CodecRole {
    return this.names.role;
  }

  get entry() {
    return this.layer.context.chain;
  }

  get socket(): SOCKET {
    return this.names.socket;
  }

  localName(): ConnectionName | null {
    return this.names.local();
  }

  peerName(): ConnectionName | null {
    return this.names.peer();
  }

  get keyLog(): KeyLog {
    return this.layer.context.host.keyLog;
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
    return (this.#connections[place] ??= new LayerConnection(this.layers[place]!, this));
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
    const named = nameIn({ bytes: name, length: name.length });
    this.of(place).destination = named === null ? null : { name: this.hostName, ...named };
  }

  /** The layer at this place is connected to nobody any more. */
  disconnected(place: number): void {
    this.of(place).destination = null;
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
    const asked = this.#asked;
    if (asked === null) return;
    slot.bytes.set(asked);
    slot.length = asked.length;
  }

  /** The accepted peer's name; an empty slot for none. */
  get peerSlot(): AddressSlot {
    return this.#peer ?? addressSlot();
  }

  local(): ConnectionName | null {
    return askName((slot) => this.below.localName(slot));
  }

  peer(): ConnectionName | null {
    return askName((slot) => this.below.peerName(slot));
  }
}

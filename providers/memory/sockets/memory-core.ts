// What the cores of the memory network have in common.
import {
  Readiness,
  SocketReservations,
  type AddressSlot,
  type CoreNotice,
  type Flow,
  type FlowConditions,
  type FlowReservation,
  type GroupPlace,
  type InternetIoctls,
  type PortAssignment,
  type SocketCore,
} from '../../../io/index.js';
import {
  AF_INET,
  WSAEINVAL,
  WSAENOTCONN,
  type WSABUF,
  type CountOrNegatedCode,
  type ErrorCode,
} from '../../../spi/index.js';
import { conditionsOf, ReservedFlow, type Binding, type BindingTable, type MemoryNetwork } from '../network/index.js';
import { formatEndpoint, type Endpoint, type MemoryHost } from '../wire/index.js';
import { internetIoctls } from './local-network.js';
import type { SocketOptions } from './options.js';

/** Whether a socket of a family can deal with the endpoint's stack at all. */
export function carries({ stack }: Endpoint, family: number, { v6only }: SocketOptions): boolean {
  return family === AF_INET || stack === 6 || !v6only;
}

/** A socket core on the memory network: its names, its options, what it asks the network. */
export abstract class MemoryCore implements SocketCore {
  notice: CoreNotice | null = null;
  readiness = 0;
  error = 0;

  /** The instance that the core belongs to. @internal */
  readonly host: MemoryHost;

  protected readonly network: MemoryNetwork;
  protected readonly family: number;
  protected readonly options: SocketOptions;
  /** The names, which others on the network see. @internal */
  local: Endpoint | null = null;
  peer: Endpoint | null = null;
  /** Its place in a group of sockets, which the link takes into account. @internal */
  place: GroupPlace | null = null;
  #internet: InternetIoctls | null = null;
  #flow: ReservedFlow | null = null;
  /** The rules for reserved ports; `null` where there are none. */
  #ports: PortAssignment | null = null;
  /** What the socket has of reserved ports; made when it asks for any. */
  #reservations: SocketReservations | null = null;

  /**
   * Makes a core of the network.
   *
   * @param network the network that it is on
   * @param host its instance
   * @param family AF_INET or AF_INET6
   * @param options the values of its options
   */
  constructor(network: MemoryNetwork, host: MemoryHost, family: number, options: SocketOptions) {
    this.network = network;
    this.host = host;
    this.family = family;
    this.options = options;
    network.attach();
  }

  abstract confirm(bits: number): number;
  abstract bind(name: Uint8Array, namelen: number): ErrorCode;
  abstract listen(backlog: number): ErrorCode;
  abstract tryConnect(name: Uint8Array, namelen: number): ErrorCode;
  abstract tryAccept(peer: AddressSlot): SocketCore | ErrorCode;
  abstract tryReceive(buffers: WSABUF[], count: number, flags: number, from: AddressSlot | null): CountOrNegatedCode;
  abstract trySend(
    buffers: WSABUF[],
    count: number,
    flags: number,
    to: Uint8Array | null,
    tolen: number,
    offset: number,
  ): CountOrNegatedCode;
  abstract shutdown(how: number): ErrorCode;
  abstract abort(): void;
  abstract close(): void;
  abstract available(): number;
  abstract unsent(): number;
  abstract atMark(): boolean;
  abstract setOption(level: number, optname: number, value: Uint8Array, length: number): ErrorCode;

  enterGroup(place: GroupPlace): void {
    this.place = place;
  }

  /** The stack that the family stands for. */
  protected get stack(): 4 | 6 {
    return this.family === AF_INET ? 4 : 6;
  }

  /** Whether the socket can deal with the endpoint's stack at all. */
  protected mayCarry(endpoint: Endpoint): boolean {
    return carries(endpoint, this.family, this.options);
  }

  localName(slot: AddressSlot): ErrorCode {
    if (this.local === null) return WSAEINVAL;
    formatEndpoint(this.local, this.family, slot);
    return 0;
  }

  peerName(slot: AddressSlot): ErrorCode {
    if (this.peer === null) return WSAENOTCONN;
    formatEndpoint(this.peer, this.family, slot);
    return 0;
  }

  getOption(level: number, optname: number, value: Uint8Array, length: number): CountOrNegatedCode {
    return this.options.get(level, optname, value, length, this.peer !== null);
  }

  ioctl(
    code: number,
    input: Uint8Array | null,
    _inputLength: number,
    output: Uint8Array | null,
    room: number,
  ): CountOrNegatedCode {
    if (SocketReservations.knows(code) && this.#ports !== null) {
      return (this.#reservations ??= new SocketReservations(this.#ports)).perform(code, input, output);
    }
    this.#internet ??= internetIoctls(this.network, this.host, this.family, (edges) => this.notice?.changed(edges));
    return this.#internet.perform(code, input, output, room);
  }

  // ---- Flows ----

  admitFlow(flow: Flow): number {
    this.#flow ??= new ReservedFlow(this.network, () => this.notice?.changed(Readiness.QUALITY_CHANGED));
    return this.#flow.admit(flow);
  }

  endFlow(): void {
    this.#flow?.end();
  }

  reserveFlow(changed: () => void): FlowReservation {
    return new ReservedFlow(this.network, changed);
  }

  flowConditions(): FlowConditions {
    return conditionsOf(this.network);
  }

  get flow(): Flow | null {
    return this.#flow === null ? null : this.#flow.flow;
  }

  get flowError(): number {
    return this.#flow === null ? 0 : this.#flow.error;
  }

  // ---- Ports ----

  /** Has the socket's ports go by the rules for reserved ones. @internal */
  follow(ports: PortAssignment): void {
    this.#ports = ports;
  }

  /** Takes an address, with a port that the socket may have. Returns the binding, or a WinSock code. */
  protected takeAddress<Owner>(table: BindingTable<Owner>, owner: Owner, endpoint: Endpoint): Binding<Owner> | number {
    const { sharing, v6only } = this.options;
    const ports = this.#ports;
    if (ports === null || ports.reservations === null) return table.bind(owner, endpoint, sharing, !v6only);
    let taken: Binding<Owner> | number = 0;
    const take = (binding: Binding<Owner> | number): number => {
      taken = binding;
      return typeof binding === 'number' ? binding : 0;
    };
    const code = ports.bind(endpoint.port, this.#reservations, {
      bindTo: () => take(table.bind(owner, endpoint, sharing, !v6only)),
      bindToFree: (port) => take(table.bindToFree(owner, { ...endpoint, port }, sharing, !v6only)),
    });
    return code === 0 ? taken : code;
  }

  /** Takes note of bits, and tells the front. */
  protected tell(edges: number): void {
    this.readiness |= edges;
    if (this.notice !== null) this.notice.changed(edges);
  }

  /** Leaves the network: the first step of every close. The front hears nothing more. */
  protected leave(): void {
    this.notice = null;
    this.#internet?.close();
    this.#flow?.end();
    this.#reservations?.close();
    this.network.detach();
  }
}

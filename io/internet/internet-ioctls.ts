// What both TCP/IP providers answer alike, given what each knows of its network.
import {
  AF_INET,
  copyOfBytes,
  IFF_BROADCAST,
  IFF_LOOPBACK,
  IFF_MULTICAST,
  IFF_UP,
  INTERFACE_INFO,
  INTERFACE_INFO_EX,
  SIO_ADDRESS_LIST_CHANGE,
  SIO_ADDRESS_LIST_QUERY,
  SIO_GET_INTERFACE_LIST,
  SIO_GET_INTERFACE_LIST_EX,
  SIO_ROUTING_INTERFACE_CHANGE,
  SIO_ROUTING_INTERFACE_QUERY,
  sockaddr_in,
  sockaddr_in6,
  SOCKET_ADDRESS_LIST,
  WSAEFAULT,
  WSAEINVAL,
  WSAEOPNOTSUPP,
  WSAEWOULDBLOCK,
  type ErrorCode,
} from '../../spi/index.js';
import { Readiness } from '../core/index.js';

/** One address of one interface of this machine. */
export interface LocalInterface {
  /** AF_INET or AF_INET6. */
  readonly family: number;
  /** The address and its netmask, in text. */
  readonly address: string;
  readonly netmask: string;
  /** Which link an IPv6 address belongs to; 0 for all. */
  readonly scope: number;
  readonly loopback: boolean;
}

/** What a provider knows of the machine that its sockets are on. */
export interface LocalNetwork {
  /** The addresses of the interfaces that are up. */
  interfaces(): readonly LocalInterface[];
  /**
   * Looks for the local address from which another is reached.
   *
   * @param destination a sockaddr of AF_INET or AF_INET6
   * @returns a sockaddr with port 0, or a WinSock code
   */
  sourceFor(destination: Uint8Array): Uint8Array | ErrorCode;
  /**
   * Runs a callback, in the providers' phase, whenever the interfaces have changed; the function returned ends that.
   */
  watch(changed: () => void): () => void;
}

/** `sockaddr_in6_old`, which INTERFACE_INFO has room for. */
const OLD_IN6_SIZE = 24;

/** The limited broadcast address is what Windows gives for each interface. */
const BROADCAST = '255.255.255.255';

function nameOf({ family, scope }: LocalInterface, address: string): Uint8Array {
  return family === AF_INET ? sockaddr_in(address, 0) : sockaddr_in6(address, 0, 0, scope);
}

/** A broadcast address where there are broadcasts, else an address of no family. */
function broadcastOf(one: LocalInterface): Uint8Array {
  return one.family === AF_INET && !one.loopback ? sockaddr_in(BROADCAST, 0) : new Uint8Array(16);
}

function flagsOf(one: LocalInterface): number {
  const broadcast = one.family === AF_INET && !one.loopback ? IFF_BROADCAST : 0;
  return IFF_UP | IFF_MULTICAST | broadcast | (one.loopback ? IFF_LOOPBACK : 0);
}

function encodeList(interfaces: readonly LocalInterface[]): Uint8Array {
  const list = new Uint8Array(interfaces.length * INTERFACE_INFO.size);
  interfaces.forEach((one, index) => {
    const info = {
      iiFlags: flagsOf(one),
      iiAddress: nameOf(one, one.address).subarray(0, OLD_IN6_SIZE),
      iiBroadcastAddress: broadcastOf(one),
      iiNetmask: nameOf(one, one.netmask).subarray(0, OLD_IN6_SIZE),
    };
    INTERFACE_INFO.encodeInto(info, list, index * INTERFACE_INFO.size);
  });
  return list;
}

/** INTERFACE_INFO_EX of each, then the addresses that they point to, by their offsets. */
function encodeExtendedList(interfaces: readonly LocalInterface[]): Uint8Array {
  const names = interfaces.map((one) => [nameOf(one, one.address), broadcastOf(one), nameOf(one, one.netmask)]);
  const head = interfaces.length * INTERFACE_INFO_EX.size;
  const list = new Uint8Array(names.flat().reduce((length, name) => length + name.length, head));
  const view = new DataView(list.buffer);
  let at = head;
  interfaces.forEach((one, index) => {
    const start = index * INTERFACE_INFO_EX.size;
    view.setUint32(start, flagsOf(one), true);
    names[index]!.forEach((name, member) => {
      view.setUint32(start + 4 + 8 * member, at, true);
      view.setInt32(start + 8 + 8 * member, name.length, true);
      list.set(name, at);
      at += name.length;
    });
  });
  return list;
}

/** Addresses that a program can give to others: those of loopback only where there are no others. */
function encodeAddresses(interfaces: readonly LocalInterface[]): Uint8Array {
  const beyond = interfaces.filter(({ loopback }) => !loopback);
  const names = (beyond.length > 0 ? beyond : interfaces).map((one) => nameOf(one, one.address));
  return SOCKET_ADDRESS_LIST.encode({
    iAddressCount: names.length,
    Address: names.map((name) => ({ lpSockaddr: name, iSockaddrLength: name.length })),
  });
}

const LISTS = new Map<number, (interfaces: readonly LocalInterface[]) => Uint8Array>([
  [SIO_ADDRESS_LIST_QUERY, encodeAddresses],
  [SIO_GET_INTERFACE_LIST, encodeList],
  [SIO_GET_INTERFACE_LIST_EX, encodeExtendedList],
]);

/** The ioctls of one core about addresses and routes. The front has checked the arguments. */
export class InternetIoctls {
  readonly #network: LocalNetwork;
  readonly #family: number;
  readonly #tell: (edges: number) => void;
  #awaited = 0;
  /** The address whose route is looked at, and the route as it was. */
  #destination: Uint8Array | null = null;
  #route: string | null = null;
  #unwatch: (() => void) | null = null;

  /**
   * Makes them.
   *
   * @param network what is answered from
   * @param family the socket's; lists have addresses of this family
   * @param tell told of ADDRESSES_CHANGED and ROUTE_CHANGED
   */
  constructor(network: LocalNetwork, family: number, tell: (edges: number) => void) {
    this.#network = network;
    this.#family = family;
    this.#tell = tell;
  }

  /**
   * As `SocketCore.ioctl`; -WSAEOPNOTSUPP for codes that are none of these, -WSAEWOULDBLOCK while a change is awaited.
   */
  perform(code: number, input: Uint8Array | null, output: Uint8Array | null, room: number): number {
    const encode = LISTS.get(code);
    if (encode !== undefined) {
      const interfaces = this.#network.interfaces().filter(({ family }) => family === this.#family);
      return put(encode(interfaces), output, room);
    }
    switch (code) {
      case SIO_ROUTING_INTERFACE_QUERY: {
        if (input === null) return -WSAEINVAL;
        const source = this.#network.sourceFor(input);
        return typeof source === 'number' ? -source : put(source, output, room);
      }
      case SIO_ROUTING_INTERFACE_CHANGE:
        if (input === null) return -WSAEINVAL;
        this.#destination = copyOfBytes(input, input.length);
        this.#route = this.#currentRoute();
        return this.#await(Readiness.ROUTE_CHANGED);
      case SIO_ADDRESS_LIST_CHANGE:
        return this.#await(Readiness.ADDRESSES_CHANGED);
      default:
        return -WSAEOPNOTSUPP;
    }
  }

  /** Ends looking out for changes. */
  close(): void {
    this.#unwatch?.();
    this.#unwatch = null;
  }

  #await(edge: number): number {
    this.#awaited |= edge;
    this.#unwatch ??= this.#network.watch(() => this.#changed());
    return -WSAEWOULDBLOCK;
  }

  #currentRoute(): string {
    return String(this.#network.sourceFor(this.#destination!));
  }

  #changed(): void {
    let edges = this.#awaited;
    if ((edges & Readiness.ROUTE_CHANGED) !== 0 && this.#currentRoute() === this.#route) {
      edges &= ~Readiness.ROUTE_CHANGED;
    }
    this.#awaited &= ~edges;
    if (this.#awaited === 0) this.close();
    if (edges !== 0) this.#tell(edges);
  }
}

function put(bytes: Uint8Array, output: Uint8Array | null, room: number): number {
  if (output === null || room < bytes.length) return -WSAEFAULT;
  output.set(bytes);
  return bytes.length;
}

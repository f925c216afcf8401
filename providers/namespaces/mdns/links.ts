// The interfaces that multicast DNS uses: a socket on each, in the group, and which senders are on its link.
import type { DatagramSocket, NameSpaceSession } from '../../../name-space/index.js';
import {
  AF_INET,
  IFF_LOOPBACK,
  IFF_MULTICAST,
  IFF_UP,
  IP_MULTICAST_IF,
  IP_MULTICAST_LOOP,
  IP_MULTICAST_TTL,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_MULTICAST_HOPS,
  IPV6_MULTICAST_IF,
  IPV6_MULTICAST_LOOP,
  IPV6_V6ONLY,
  parseIPv4,
  parseIPv6,
  ref,
  SIO_GET_INTERFACE_LIST_EX,
  sockaddr_in,
  sockaddr_in6,
} from '../../../spi/index.js';

const PORT = 5353;
const GROUP_4 = '224.0.0.251';
const GROUP_6 = 'ff02::fb';
/** IP's hops: whoever receives fewer knows that a message came from elsewhere (RFC 6762, 11). */
const HOPS = 255;

/** One address of an interface. */
interface InterfaceAddress {
  readonly bytes: Uint8Array;
  readonly mask: Uint8Array;
  /** The interface's index for IPv6; 0 where the address says none. */
  readonly scope: number;
  readonly isLoopback: boolean;
}

/** A link: an interface, over IPv4 or IPv6. */
export interface Link {
  readonly number: number;
  readonly family: number;
  /** The interface's index for addresses of IPv6; 0 for none. */
  readonly scope: number;
  /** What this host's name stands for on it: addresses of 4 and of 16 bytes. */
  readonly addresses: readonly Uint8Array[];
  /** Sends to the group, or to one host. */
  send(bytes: Uint8Array, to?: Uint8Array): void;
}

/** Who is told of what comes over the links. */
export interface LinkListener {
  received(bytes: Uint8Array, from: Uint8Array, link: Link): void;
  /** A link is lost: its socket was closed by an error. */
  lost(link: Link, error: number): void;
}

/** The links that are in use. */
export class Links {
  readonly all: Link[] = [];
  readonly #sockets: DatagramSocket[] = [];
  readonly #subnets: InterfaceAddress[] = [];
  /** Why there is no link, if there is none. */
  error = 0;

  /**
   * Opens a socket on each interface, and joins the group there.
   *
   * @param families AF_INET, AF_INET6
   * @param chosen local addresses in text, of the interfaces to be used; all but loopback when empty, or loopback if there are
   *   no others
   */
  constructor(
    private readonly session: NameSpaceSession,
    families: readonly number[],
    chosen: readonly string[],
    private readonly listener: LinkListener,
  ) {
    const wanted = chosen.map(parsed);
    const isChosen = ({ bytes, scope }: InterfaceAddress): boolean =>
      wanted.some((each) => same(each.bytes, bytes) && (each.scope === 0 || each.scope === scope));
    const lists = families.map((family) => {
      const list = this.#interfaces(family);
      if (wanted.length > 0) return { family, addresses: list.filter(isChosen) };
      const beyond = list.filter(({ isLoopback }) => !isLoopback);
      return { family, addresses: beyond, loopback: list };
    });
    // Loopback is a network for those that have no other.
    const isAlone = wanted.length === 0 && lists.every(({ addresses }) => addresses.length === 0);
    const groups = lists.flatMap(({ family, addresses, loopback }) =>
      (family === AF_INET ? bySubnet : byScope)(isAlone ? loopback! : addresses).map((group) => ({ family, group })),
    );
    // One link of each family: they are taken to be of one interface, and each tells the addresses of both.
    const isOneInterface = families.every((family) => groups.filter((each) => each.family === family).length <= 1);
    for (const { family, group } of groups) {
      const told = isOneInterface ? groups.flatMap((each) => each.group) : group;
      this.#open(
        family,
        group,
        told.map(({ bytes }) => bytes),
      );
    }
  }

  #interfaces(family: number): InterfaceAddress[] {
    const { host } = this.session;
    const before = host.lastError();
    const socket = this.session.openDatagram({ family, received() {} });
    const output = new Uint8Array(64 * 1024);
    const written = ref(0);
    const failed = host.sockets.WSAIoctl(
      socket.handle,
      SIO_GET_INTERFACE_LIST_EX,
      null,
      0,
      output,
      output.length,
      written,
      null,
      null,
    );
    if (failed !== 0) this.error = host.lastError();
    socket.close();
    host.setLastError(before);
    return failed === 0 ? decodeInterfaces(output.subarray(0, written.value), family) : [];
  }

  #open(family: number, group: readonly InterfaceAddress[], addresses: readonly Uint8Array[]): void {
    const [{ scope, bytes: local }] = group as [InterfaceAddress];
    const isV4 = family === AF_INET;
    const everyone = isV4 ? sockaddr_in(GROUP_4, PORT) : sockaddr_in6(GROUP_6, PORT, 0, scope);
    const socket = this.session.openDatagram({
      family,
      shared: true,
      multicast: true,
      received: (bytes, from) => this.listener.received(bytes, from, link),
      failed: (error) => {
        if (socket.isClosed) this.#lose(link, socket, error);
      },
    });
    const link: Link = {
      number: this.all.length,
      family,
      scope,
      addresses,
      send: (bytes, to) => void socket.sendTo(bytes, to ?? everyone),
    };
    const steps = isV4
      ? [
          () => socket.setOption(IPPROTO_IP, IP_MULTICAST_IF, local),
          () => socket.setOption(IPPROTO_IP, IP_MULTICAST_TTL, HOPS),
          () => socket.setOption(IPPROTO_IP, IP_MULTICAST_LOOP, 1),
        ]
      : [
          () => socket.setOption(IPPROTO_IPV6, IPV6_V6ONLY, 1),
          () => socket.setOption(IPPROTO_IPV6, IPV6_MULTICAST_IF, scope),
          () => socket.setOption(IPPROTO_IPV6, IPV6_MULTICAST_HOPS, HOPS),
          () => socket.setOption(IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 1),
        ];
    steps.push(
      () => this.#bind(socket, isV4),
      () => socket.join(everyone),
    );
    for (const step of steps) {
      const error = step();
      if (error === 0) continue;
      this.error = error;
      socket.close();
      return;
    }
    this.all.push(link);
    this.#sockets.push(socket);
    this.#subnets.push(...group);
  }

  // After its options are set: V6ONLY is for sockets that are not bound.
  #bind({ handle }: DatagramSocket, isV4: boolean): number {
    const { host } = this.session;
    const any = isV4 ? sockaddr_in('0.0.0.0', PORT) : sockaddr_in6('::', PORT);
    const before = host.lastError();
    const error = host.sockets.bind(handle, any, any.length) === 0 ? 0 : host.lastError();
    host.setLastError(before);
    return error;
  }

  #lose(link: Link, socket: DatagramSocket, error: number): void {
    const at = this.all.indexOf(link);
    if (at < 0) return;
    this.all.splice(at, 1);
    this.#sockets.splice(this.#sockets.indexOf(socket), 1);
    this.error = error;
    this.listener.lost(link, error);
  }

  /** Whether an address is in a subnet of the interfaces used; loopback is this host's own always. */
  isOnLink(sockaddr: Uint8Array): boolean {
    const isV4 = sockaddr[0] === AF_INET;
    const bytes = isV4 ? sockaddr.subarray(4, 8) : sockaddr.subarray(8, 24);
    if (isV4 ? bytes[0] === 127 || (bytes[0] === 169 && bytes[1] === 254) : isLinkLocal(bytes) || isLoopback6(bytes)) {
      return true;
    }
    return this.#subnets.some(({ bytes: own, mask }) => own.length === bytes.length && isInSubnet(bytes, own, mask));
  }

  /** Whether an address, without its sockaddr, is in a subnet of the interfaces used, or link-local. */
  isNeighbour(bytes: Uint8Array): boolean {
    if (bytes.length === 4 ? bytes[0] === 169 && bytes[1] === 254 : isLinkLocal(bytes)) return true;
    return this.#subnets.some(({ bytes: own, mask }) => own.length === bytes.length && isInSubnet(bytes, own, mask));
  }

  close(): void {
    for (const socket of this.#sockets.splice(0)) socket.close();
    this.all.length = 0;
  }
}

/** The port of a sockaddr that messages of multicast DNS come from. */
export function isFromPort(sockaddr: Uint8Array): boolean {
  return ((sockaddr[2]! << 8) | sockaddr[3]!) === PORT;
}

function decodeInterfaces(list: Uint8Array, family: number): InterfaceAddress[] {
  const view = new DataView(list.buffer, list.byteOffset, list.length);
  const size = 28;
  const addresses: InterfaceAddress[] = [];
  // What the members point to lies behind the members of all.
  const count = list.length < size ? 0 : Math.floor(view.getUint32(4, true) / size);
  for (let i = 0; i < count; i++) {
    const flags = view.getUint32(i * size, true);
    if ((flags & IFF_UP) === 0 || (flags & IFF_MULTICAST) === 0) continue;
    const name = view.getUint32(i * size + 4, true);
    const mask = view.getUint32(i * size + 20, true);
    const [from, to] = family === AF_INET ? [4, 8] : [8, 24];
    addresses.push({
      bytes: list.slice(name + from, name + to),
      mask: list.slice(mask + from, mask + to),
      scope: family === AF_INET ? 0 : view.getUint32(name + 24, true),
      isLoopback: (flags & IFF_LOOPBACK) !== 0,
    });
  }
  return addresses;
}

// Two addresses in one subnet are of one interface.
function bySubnet(addresses: readonly InterfaceAddress[]): InterfaceAddress[][] {
  const groups: InterfaceAddress[][] = [];
  for (const each of addresses) {
    const group = groups.find(([first]) => isInSubnet(each.bytes, first!.bytes, first!.mask));
    if (group === undefined) groups.push([each]);
    else group.push(each);
  }
  return groups;
}

// An interface is known by its link-local address; which one another address is of is told by no list.
function byScope(addresses: readonly InterfaceAddress[]): InterfaceAddress[][] {
  const groups = new Map<number, InterfaceAddress[]>();
  for (const each of addresses) {
    if (each.scope === 0) continue;
    const group = groups.get(each.scope);
    if (group === undefined) groups.set(each.scope, [each]);
    else group.push(each);
  }
  const others = addresses.filter(({ scope }) => scope === 0);
  if (groups.size === 0) return others.length > 0 ? [others] : [];
  if (groups.size === 1) for (const group of groups.values()) group.push(...others);
  return [...groups.values()];
}

function parsed(text: string): { bytes: Uint8Array; scope: number } {
  const [address, scope = '0'] = text.split('%');
  return { bytes: parseIPv4(address!) ?? parseIPv6(address!)!, scope: Number(scope) };
}

function same(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}

function isInSubnet(bytes: Uint8Array, own: Uint8Array, mask: Uint8Array): boolean {
  return bytes.length === own.length && bytes.every((byte, at) => ((byte ^ own[at]!) & mask[at]!) === 0);
}

function isLinkLocal(bytes: Uint8Array): boolean {
  return bytes[0] === 0xfe && (bytes[1]! & 0xc0) === 0x80;
}

function isLoopback6(bytes: Uint8Array): boolean {
  return bytes.every((byte, at) => byte === (at === 15 ? 1 : 0));
}

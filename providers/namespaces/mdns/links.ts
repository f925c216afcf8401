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
  /** No other link of this host has had it. */
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
  /** A link has come: an interface that was not there before. */
  joined(link: Link): void;
  /** This host has other addresses on a link. */
  moved(link: Link): void;
  /** A link is lost: its interface has gone, or its socket was closed by an error. */
  lost(link: Link): void;
}

/** A link, and what it stands on. */
interface OpenLink {
  readonly link: Link & { addresses: readonly Uint8Array[] };
  readonly socket: DatagramSocket;
  group: readonly InterfaceAddress[];
}

/** What is to be a link. */
interface WantedLink {
  readonly family: number;
  readonly group: readonly InterfaceAddress[];
  readonly addresses: readonly Uint8Array[];
}

/** The links that are in use: those of the interfaces that there are, which may come and go. */
export class Links {
  #open: OpenLink[] = [];
  #all: readonly Link[] = [];
  readonly #watch: DatagramSocket;
  #last = -1;
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
    private readonly families: readonly number[],
    private readonly chosen: readonly string[],
    private readonly listener: LinkListener,
  ) {
    for (const wanted of this.#wanted()) this.#add(wanted);
    this.#watch = session.openDatagram({
      family: families[0]!,
      received() {},
      addressesChanged: () => this.#look(),
    });
  }

  /** All of them. */
  get all(): readonly Link[] {
    return this.#all;
  }

  // The interfaces are others than before.
  #look(): void {
    const wanted = this.#wanted();
    const isOf = (one: OpenLink, each: WantedLink): boolean =>
      one.link.family === each.family && areOfOneInterface(one.group, each.group);
    for (const one of this.#open) if (!wanted.some((each) => isOf(one, each))) this.#lose(one, 0);
    for (const each of wanted) {
      const known = this.#open.find((one) => isOf(one, each));
      if (known === undefined) {
        const link = this.#add(each);
        if (link !== null) this.listener.joined(link);
        continue;
      }
      known.group = each.group;
      if (areSame(known.link.addresses, each.addresses)) continue;
      known.link.addresses = each.addresses;
      this.listener.moved(known.link);
    }
  }

  #wanted(): WantedLink[] {
    const { families } = this;
    const chosen = this.chosen.map(parsed);
    const isChosen = ({ bytes, scope }: InterfaceAddress): boolean =>
      chosen.some((each) => same(each.bytes, bytes) && (each.scope === 0 || each.scope === scope));
    const lists = families.map((family) => {
      const list = this.#interfaces(family);
      if (chosen.length > 0) return { family, addresses: list.filter(isChosen) };
      const beyond = list.filter(({ isLoopback }) => !isLoopback);
      return { family, addresses: beyond, loopback: list };
    });
    // Loopback is a network for those that have no other.
    const isAlone = chosen.length === 0 && lists.every(({ addresses }) => addresses.length === 0);
    const groups = lists.flatMap(({ family, addresses, loopback }) =>
      (family === AF_INET ? bySubnet : byScope)(isAlone ? loopback! : addresses).map((group) => ({ family, group })),
    );
    // One link of each family: they are taken to be of one interface, and each tells the addresses of both.
    const isOneInterface = families.every((family) => groups.filter((each) => each.family === family).length <= 1);
    return groups.map(({ family, group }) => {
      const told = isOneInterface ? groups.flatMap((each) => each.group) : group;
      return { family, group, addresses: told.map(({ bytes }) => bytes) };
    });
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

  // The link, or null when its socket cannot be opened, or not join.
  #add({ family, group, addresses }: WantedLink): Link | null {
    const [{ scope, bytes: local }] = group as [InterfaceAddress];
    const isV4 = family === AF_INET;
    const everyone = isV4 ? sockaddr_in(GROUP_4, PORT) : sockaddr_in6(GROUP_6, PORT, 0, scope);
    const socket = this.session.openDatagram({
      family,
      shared: true,
      multicast: true,
      received: (bytes, from) => this.listener.received(bytes, from, link),
      failed: (error) => {
        const one = this.#open.find((each) => each.socket === socket);
        if (socket.isClosed && one !== undefined) this.#lose(one, error);
      },
    });
    const link: OpenLink['link'] = {
      number: ++this.#last,
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
      return null;
    }
    this.#use([...this.#open, { link, socket, group }]);
    return link;
  }

  #use(open: OpenLink[]): void {
    this.#open = open;
    this.#all = open.map(({ link }) => link);
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

  #lose(one: OpenLink, error: number): void {
    this.#use(this.#open.filter((each) => each !== one));
    one.socket.close();
    if (error !== 0) this.error = error;
    this.listener.lost(one.link);
  }

  /** Whether an address is in a subnet of the interfaces used; loopback is this host's own always. */
  isOnLink(sockaddr: Uint8Array): boolean {
    const isV4 = sockaddr[0] === AF_INET;
    const bytes = isV4 ? sockaddr.subarray(4, 8) : sockaddr.subarray(8, 24);
    if (isV4 ? bytes[0] === 127 || (bytes[0] === 169 && bytes[1] === 254) : isLinkLocal(bytes) || isLoopback6(bytes)) {
      return true;
    }
    return this.#isInSubnet(bytes);
  }

  /** Whether an address, without its sockaddr, is in a subnet of the interfaces used, or link-local. */
  isNeighbour(bytes: Uint8Array): boolean {
    if (bytes.length === 4 ? bytes[0] === 169 && bytes[1] === 254 : isLinkLocal(bytes)) return true;
    return this.#isInSubnet(bytes);
  }

  #isInSubnet(bytes: Uint8Array): boolean {
    return this.#open.some(({ group }) => group.some(({ bytes: own, mask }) => isInSubnet(bytes, own, mask)));
  }

  close(): void {
    const open = this.#open;
    this.#use([]);
    for (const { socket } of open) socket.close();
    this.#watch.close();
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

// One of IPv6 is known by its index, one of IPv4 by what both have.
function areOfOneInterface(one: readonly InterfaceAddress[], other: readonly InterfaceAddress[]): boolean {
  const [{ scope }] = one as [InterfaceAddress];
  if (scope !== 0 || other[0]!.scope !== 0) return scope === other[0]!.scope;
  return one.some(({ bytes, isLoopback }) =>
    other.some((each) => each.isLoopback === isLoopback && same(each.bytes, bytes)),
  );
}

function areSame(left: readonly Uint8Array[], right: readonly Uint8Array[]): boolean {
  return left.length === right.length && left.every((each) => right.some((other) => same(each, other)));
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

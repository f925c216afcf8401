// Who may share a local address: Windows' rules on a system with others.
import {
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  SO_EXCLUSIVEADDRUSE,
  SO_REUSEADDR,
  SOCK_STREAM,
  SOL_SOCKET,
  WSAEACCES,
  WSAEADDRINUSE,
  WSAEINVAL,
  type ErrorCode,
} from '../../spi/index.js';
import {
  overlap,
  Sharing,
  sharingConflict,
  SocketReservations,
  type PortAssignment,
  type SharedAddress,
} from '../../io/index.js';
import { systemConventions, type NameSlot, type PlatformSockets } from '../../platform/index.js';
import { namePort, sharedAddress } from './addresses.js';

/** The claims of this thread's sockets that are bound, by the binding to the system and the port. */
const tables = new WeakMap<PlatformSockets, Map<number, AddressClaim[]>>();

const nameScratch: NameSlot = { bytes: new Uint8Array(128), length: 0 };
const optionScratch = new Uint8Array(4);

/** Streams and datagrams have ports of their own. */
function portKey(stream: boolean, port: number): number {
  return stream ? port : port + 0x10000;
}

function tableOf(sockets: PlatformSockets): Map<number, AddressClaim[]> {
  let table = tables.get(sockets);
  if (table === undefined) tables.set(sockets, (table = new Map()));
  return table;
}

/** Whether a socket of this thread that is bound has a port. */
export function isClaimed(sockets: PlatformSockets, stream: boolean, port: number): boolean {
  return tableOf(sockets).has(portKey(stream, port));
}

/**
 * The claim of a socket on its local address.
 *
 * Between the sockets of this thread Windows' rules are looked up. The kernel has others: where it would refuse what
 * Windows allows, both sockets ask it to share for the moment of the bind, or of the listen, and no longer, so that no
 * other process gets in. Of other processes, and other threads, no more is known than that the kernel refuses: an
 * exclusive owner (WSAEACCES) cannot be told from a plain one there, and a specific address cannot be had beside their
 * wildcard.
 *
 * On Windows a plain bind also succeeds beside remembered connections (TIME_WAIT) and fails beside a live socket. The
 * kernel needs SO_REUSEADDR for the first and would then let two bound sockets in. So a bind is tried without it, then
 * with it; and a socket that is merely bound leaves it off, so that nobody passes by it.
 *
 * On a system whose rules are Windows' (`SystemTraits.ownSharingRules`) it leaves everything to that, and only remembers which ports
 * this thread has.
 */
export class AddressClaim {
  readonly #sockets: PlatformSockets;
  readonly #stream: boolean;
  #shared = false;
  #exclusive = false;
  #descriptor = -1;
  /** What is claimed, once bound. */
  #address: SharedAddress | null = null;
  #key = -1;
  /** The listeners that the kernel lets share the address, in its order; of the claims in it the same array. */
  #listeners: AddressClaim[] | null = null;
  /** When it began to listen, among those that share the address. */
  #turn = 0;
  #reservations: SocketReservations | null = null;

  constructor(sockets: PlatformSockets, type: number) {
    this.#sockets = sockets;
    this.#stream = type === SOCK_STREAM;
  }

  /** What the socket has of reserved ports; `null` until it asks for any. */
  get reservations(): SocketReservations | null {
    return this.#reservations;
  }

  /** What the socket has of reserved ports, when it asks for some. */
  askForPorts(ports: PortAssignment): SocketReservations {
    return (this.#reservations ??= new SocketReservations(ports));
  }

  /** Whether an option is one of a claim's: SO_REUSEADDR or SO_EXCLUSIVEADDRUSE. */
  static has(sockets: PlatformSockets, level: number, optname: number): boolean {
    if (!sockets.traits.ownSharingRules) return false;
    return level === SOL_SOCKET && (optname === SO_REUSEADDR || optname === SO_EXCLUSIVEADDRUSE);
  }

  /** Takes note of an option of a claim's. Returns 0 or a WinSock code. */
  setOption(descriptor: number, optname: number, on: boolean): ErrorCode {
    if (optname === SO_EXCLUSIVEADDRUSE) {
      if (on && this.#shared) return WSAEINVAL;
      this.#exclusive = on;
      return 0;
    }
    if (on && this.#exclusive) return WSAEINVAL;
    this.#shared = on;
    // Once bound the option has no effect on this or any other socket (specification: setsockopt).
    if (this.#address === null) this.#sockets.shareAddress(descriptor, on);
    return 0;
  }

  /** The value of an option of a claim's. */
  getOption(optname: number): number {
    return (optname === SO_EXCLUSIVEADDRUSE ? this.#exclusive : this.#shared) ? 1 : 0;
  }

  /** Binds by these rules. Returns 0 or a WinSock code. */
  bind(descriptor: number, name: Uint8Array, namelen: number): ErrorCode {
    const sharing = this.#exclusive ? Sharing.EXCLUSIVE : this.#shared ? Sharing.REUSE : Sharing.DEFAULT;
    const wanted = sharedAddress(name, namelen, this.#takesBoth(descriptor), sharing);
    if (!this.#sockets.traits.ownSharingRules) return this.#bindBySystem(descriptor, name, namelen, wanted);
    const port = namePort(name, namelen);
    const others = wanted === null || port === 0 ? [] : this.#othersAt(port, wanted);
    for (const other of others) {
      const conflict = sharingConflict(other.#address!, wanted!);
      if (conflict !== 0) return conflict;
    }
    const code = this.#beside(others, descriptor, () => this.#bindInKernel(descriptor, name, namelen));
    if (code === 0 && wanted !== null) this.#note(descriptor, wanted);
    return code;
  }

  /**
   * Binds to a port that nobody has, although he or this socket would share it.
   *
   * @param remembered whether connections that are over, and only remembered, do not count
   * @returns 0 or a WinSock code, WSAEADDRINUSE when somebody has it
   */
  bindToFree(descriptor: number, name: Uint8Array, namelen: number, remembered: boolean): ErrorCode {
    const sockets = this.#sockets;
    const port = namePort(name, namelen);
    if (isClaimed(sockets, this.#stream, port)) return WSAEADDRINUSE;
    const sharing = this.#exclusive ? Sharing.EXCLUSIVE : this.#shared ? Sharing.REUSE : Sharing.DEFAULT;
    const wanted = sharedAddress(name, namelen, this.#takesBoth(descriptor), sharing);
    if (!sockets.traits.ownSharingRules) return this.#bindBySystem(descriptor, name, namelen, wanted);
    if (remembered && !(this.#stream && systemConventions().ports.isOnlyRemembered(port))) return WSAEADDRINUSE;
    if (this.#shared) sockets.shareAddress(descriptor, false);
    if (remembered) sockets.reuseRemembered(descriptor, true);
    const code = sockets.bind(descriptor, name, namelen);
    if (remembered) sockets.reuseRemembered(descriptor, false);
    if (this.#shared) sockets.shareAddress(descriptor, true);
    if (code === 0 && wanted !== null) this.#note(descriptor, wanted);
    return code;
  }

  /**
   * Takes a name again that the kernel took away with the peer: it was had beside others. Returns 0 or a WinSock code.
   */
  rebind(descriptor: number, name: Uint8Array, namelen: number): ErrorCode {
    if (!this.#sockets.traits.ownSharingRules) return this.#sockets.bind(descriptor, name, namelen);
    const address = this.#address ?? sharedAddress(name, namelen, this.#takesBoth(descriptor), Sharing.DEFAULT);
    const others = address === null ? [] : this.#othersAt(namePort(name, namelen), address);
    const code = this.#beside(others, descriptor, () => this.#sockets.bind(descriptor, name, namelen));
    // A name that the kernel chose for a connect is the socket's own from now on, like one that a bind named.
    if (code === 0 && this.#address === null && address !== null) this.#note(descriptor, address);
    return code;
  }

  /** The kernel has given the socket a name, because it sent or connected without one. */
  named(descriptor: number): void {
    if (this.#address !== null || this.#sockets.localName(descriptor, nameScratch) !== 0) return;
    const { bytes, length } = nameScratch;
    // On Windows it is the wildcard's, also when the socket was connected.
    bytes.fill(0, 4, length);
    const sharing = this.#exclusive ? Sharing.EXCLUSIVE : this.#shared ? Sharing.REUSE : Sharing.DEFAULT;
    const address = sharedAddress(bytes, length, this.#takesBoth(descriptor), sharing);
    if (address !== null && namePort(bytes, length) !== 0) this.#note(descriptor, address);
  }

  /** Begins to listen. Returns 0 or a WinSock code. */
  listen(descriptor: number, backlog: number): ErrorCode {
    // First, because the kernel judges the claim on the address once more now.
    this.inUse(descriptor);
    const others = this.#address === null ? [] : this.#othersAt(this.#key & 0xffff, this.#address);
    const code = this.#beside(others, descriptor, () => this.#sockets.listen(descriptor, backlog));
    if (code === 0 && this.#shares) this.#joinListeners(others);
    return code;
  }

  /** The socket listens or connects: its connections, once past, are to stand in nobody's way. */
  inUse(descriptor: number): void {
    if (this.#stream && this.#sockets.traits.ownSharingRules) this.#sockets.reuseRemembered(descriptor, true);
  }

  /** The socket has been closed. */
  release(): void {
    this.#reservations?.close();
    const table = tableOf(this.#sockets);
    const claims = table.get(this.#key);
    const at = claims?.indexOf(this) ?? -1;
    if (claims === undefined || at < 0) return;
    claims.splice(at, 1);
    if (claims.length === 0) table.delete(this.#key);
    const listeners = this.#listeners;
    if (listeners === null) return;
    // As the kernel does it: the last one takes the place that is free.
    const place = listeners.indexOf(this);
    const last = listeners.pop()!;
    if (last !== this) listeners[place] = last;
    preferFirst(this.#sockets, listeners);
  }

  /** Whether the socket asks to share; once bound, whether it did then. */
  get #shares(): boolean {
    return this.#address === null ? this.#shared : this.#address.sharing === Sharing.REUSE;
  }

  /** Whether the socket is one of IPv6 that takes IPv4 as well. */
  #takesBoth(descriptor: number): boolean {
    const size = this.#sockets.getOption(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, optionScratch, 4);
    return size > 0 && optionScratch[0] === 0;
  }

  /** The other claims on the port that have an address in common with this one. */
  #othersAt(port: number, address: SharedAddress): AddressClaim[] {
    const claims = tableOf(this.#sockets).get(portKey(this.#stream, port)) ?? [];
    return claims.filter((claim) => claim !== this && overlap(claim.#address!, address));
  }

  /** Does what the kernel refuses beside others unless all of them ask to share. */
  #beside(others: readonly AddressClaim[], descriptor: number, action: () => number): number {
    if (others.length === 0) return action();
    const sharers = [...others.map((other) => other.#descriptor), descriptor];
    for (const each of sharers) this.#sockets.shareAddress(each, true);
    const code = action();
    for (const other of others) if (!other.#shares) this.#sockets.shareAddress(other.#descriptor, false);
    if (!this.#shares) this.#sockets.shareAddress(descriptor, false);
    return code;
  }

  /** Binds by the system's own rules; which ports this thread has is known all the same. */
  #bindBySystem(descriptor: number, name: Uint8Array, namelen: number, wanted: SharedAddress | null): ErrorCode {
    const code = this.#sockets.bind(descriptor, name, namelen);
    if (code === 0 && wanted !== null) this.#note(descriptor, wanted);
    return code;
  }

  #bindInKernel(descriptor: number, name: Uint8Array, namelen: number): number {
    let code = this.#sockets.bind(descriptor, name, namelen);
    if (code === WSAEADDRINUSE && this.#stream && namePort(name, namelen) !== 0) {
      this.#sockets.reuseRemembered(descriptor, true);
      code = this.#sockets.bind(descriptor, name, namelen);
      this.#sockets.reuseRemembered(descriptor, false);
    }
    // Windows tells who asks to share from who does not.
    return code === WSAEADDRINUSE && this.#shared ? WSAEACCES : code;
  }

  #note(descriptor: number, address: SharedAddress): void {
    if (this.#sockets.localName(descriptor, nameScratch) !== 0) return;
    this.#descriptor = descriptor;
    this.#address = address;
    this.#key = portKey(this.#stream, namePort(nameScratch.bytes, nameScratch.length));
    const table = tableOf(this.#sockets);
    const claims = table.get(this.#key);
    if (claims === undefined) table.set(this.#key, [this]);
    else claims.push(this);
  }

  /**
   * Takes its place among the listeners that share one address: the kernel would deal connections out to all of them.
   */
  #joinListeners(others: readonly AddressClaim[]): void {
    const same = others.find((other) => other.#listeners !== null && sameClaim(other.#address!, this.#address!));
    this.#listeners = (same === undefined ? null : same.#listeners) ?? [];
    this.#turn = Math.max(0, ...this.#listeners.map((each) => each.#turn)) + 1;
    this.#listeners.push(this);
    // One alone may share the address with other processes, among whom the system chooses.
    if (this.#listeners.length > 1) preferFirst(this.#sockets, this.#listeners);
  }

  /** The place of the earliest listener, and a descriptor of the group. @internal */
  static earliest(listeners: readonly AddressClaim[]): { place: number; descriptor: number } {
    const turns = listeners.map((each) => each.#turn);
    return { place: turns.indexOf(Math.min(...turns)), descriptor: listeners[0]!.#descriptor };
  }
}

/** Measured behaviour 4.2, 4.5: connections go to the earliest listener that is still there. */
function preferFirst(sockets: PlatformSockets, listeners: readonly AddressClaim[]): void {
  if (listeners.length < 1) return;
  const { place, descriptor } = AddressClaim.earliest(listeners);
  sockets.preferListener(descriptor, place);
}

function sameClaim(left: SharedAddress, right: SharedAddress): boolean {
  return left.stack === right.stack && left.host === right.host && left.dual === right.dual;
}

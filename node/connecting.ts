import { AsyncResource } from 'node:async_hooks';
import type { LookupAddress } from 'node:dns';
import { isIP, type BlockList } from 'node:net';
import {
  AF_INET,
  AF_INET6,
  FD_CLOSE,
  FD_CONNECT,
  FD_READ,
  FD_WRITE,
  WSAECONNREFUSED,
  WSAETIMEDOUT,
  WSAEWOULDBLOCK,
  WSAHOST_NOT_FOUND,
  type Ws2_32,
} from '../index.js';
import { ChainHandle } from './transfers/index.js';
import {
  addressForName,
  type ChainChoice,
  type ChainError,
  codedError,
  lookUp,
  lookupError,
  systemError,
} from './instance/index.js';
import { startTimer, type ClockTimer } from './clock-timer.js';
import type { ConnectDestination } from './connect-arguments.js';

/** What an attempt needs of the socket that it connects. */
export interface ConnectingSocket {
  /** Whether a connection is wanted. */
  readonly connecting: boolean;
  /** Counts how often the socket was destroyed: what was begun before is not wanted any more. @internal */
  readonly lives: number;
  readonly blockList: BlockList | undefined;
  autoSelectFamilyAttemptedAddresses: string[] | undefined;
  emit(event: string, ...args: unknown[]): boolean;
  destroy(error: unknown): unknown;
  /**
   * What stands in the way of a connect: 0 for nothing, else WSAEALREADY or WSAEISCONN.
   *
   * @param handle the attempt's own handle, which does not
   * @internal
   */
  obstacle(handle: ChainHandle | null): number;
  /** Whether the connection that there is already was taken for the one that is wanted. @internal */
  connectedAlready(): boolean;
  /** Told of the handle that connects from now on; one that there was before is closed. @internal */
  opened(handle: ChainHandle, attempt: ConnectionAttempt): void;
  /** The local name as text, for messages. @internal */
  localNameText(family: number): string;
}

/**
 * One attempt to connect a socket: from the destination's name to the connect that is under way, to one address after the
 * other if there are several.
 */
export class ConnectionAttempt {
  #handle: ChainHandle | null = null;
  #address = '';
  #family = 4;
  /** The addresses of a name that has several; `null` when there is but one. */
  #addresses: LookupAddress[] | null = null;
  #next = 0;
  readonly #errors: unknown[] = [];
  #timer: ClockTimer | null = null;
  #cancelLookup: (() => void) | null = null;
  readonly #life: number;

  /** @param chain the chain to open handles on */
  constructor(
    private readonly socket: ConnectingSocket,
    private readonly ws2: Ws2_32,
    private readonly chain: ChainChoice | undefined,
    private readonly destination: ConnectDestination,
  ) {
    this.#life = socket.lives;
  }

  get #wanted(): boolean {
    return this.socket.connecting && this.socket.lives === this.#life;
  }

  /** Looks the destination up if it is a name, and connects; nothing happens before the next tick. */
  start(): void {
    const { host, lookup, lookupOptions } = this.destination;
    const addressFamily = isIP(host);
    const only =
      addressFamily !== 0
        ? { address: host, family: addressFamily }
        : lookup === null
          ? addressForName(this.ws2, this.chain, host, this.#families)
          : null;
    if (only !== null) {
      process.nextTick(() => {
        if (this.#wanted) this.#connectTo(only.address, only.family, null);
      });
      return;
    }
    // The function given may call back from anywhere; the connection belongs to who asked for it.
    const found = AsyncResource.bind((error: unknown, address?: unknown, family?: unknown): void => {
      process.nextTick(() => this.#lookedUp(error, address, family));
    });
    if (lookup !== null) {
      lookup(host, lookupOptions, found);
      return;
    }
    this.#cancelLookup = lookUp(this.ws2, this.chain, host, lookupOptions, (answer) => {
      if (answer instanceof Error) found(answer);
      else if (lookupOptions.all) found(null, answer);
      else found(null, answer[0]!.address, answer[0]!.family);
    });
  }

  /** The families of addresses that may be connected to. */
  get #families(): readonly number[] {
    const { lookupOptions, localAddress } = this.destination;
    const family = isIP(localAddress) || lookupOptions.family;
    return family === 4 || family === 6 ? [family] : [4, 6];
  }

  /** Told of the end of the connect that is under way, by a WinSock code. */
  ended(error: number): void {
    this.#timer?.close();
    if (error === 0) return;
    const failure = this.#connectError(error);
    const { localAddress, localPort } = this.destination;
    if (localAddress !== '' && localPort !== 0) Object.assign(failure, { localAddress, localPort });
    this.#emitFailed(failure);
    this.#failed(failure);
  }

  /** The socket was destroyed. */
  abandon(): void {
    this.#timer?.close();
    this.#cancelLookup?.();
  }

  #lookedUp(error: unknown, answer: unknown, family: unknown): void {
    const { socket } = this;
    const { host, lookupOptions } = this.destination;
    if (error || !lookupOptions.all || !Array.isArray(answer)) {
      // Many lookup functions give one address though they are asked for all.
      socket.emit('lookup', error, answer, family, host);
      if (!this.#wanted) return;
      if (error) socket.destroy(error);
      else this.#connectToOne(answer, family);
      return;
    }
    const found = answer as Partial<LookupAddress>[];
    for (const each of found) {
      if (!this.#wanted) return;
      socket.emit('lookup', null, each?.address, each?.family, host);
    }
    if (!this.#wanted) return;
    const addresses = alternate(found.filter((each): each is LookupAddress => isAddress(each?.address, each?.family)));
    if (found.length === 0) socket.destroy(lookupError(WSAHOST_NOT_FOUND, host));
    else if (addresses.length < 2) {
      const only = addresses[0] ?? found[0];
      this.#connectToOne(only?.address, only?.family);
    } else this.#connectToAnyOf(addresses);
  }

  #connectToOne(address: unknown, family: unknown): void {
    if (isAddress(address, family)) this.#connectTo(address as string, family as number, null);
    else if (typeof address !== 'string' || isIP(address) === 0) {
      const message = `Invalid IP address: ${String(address)}`;
      this.socket.destroy(codedError('ERR_INVALID_IP_ADDRESS', message, TypeError));
    } else {
      const { host, port } = this.destination;
      const message = `Invalid address family: ${String(family)} ${host}:${port}`;
      this.socket.destroy(Object.assign(codedError('ERR_INVALID_ADDRESS_FAMILY', message, RangeError), { host, port }));
    }
  }

  #connectToAnyOf(addresses: LookupAddress[]): void {
    const { socket } = this;
    if (socket.obstacle(null) !== 0) {
      this.#connectTo(addresses[0]!.address, addresses[0]!.family, null);
      return;
    }
    socket.autoSelectFamilyAttemptedAddresses = [];
    this.#addresses = addresses;
    this.#tryNext();
  }

  #tryNext(): void {
    const { socket } = this;
    const addresses = this.#addresses!;
    const next = addresses[this.#next++];
    if (next !== undefined) {
      this.#connectTo(next.address, next.family, this.#handle);
      return;
    }
    const [first] = this.#errors as ChainError[];
    socket.destroy(Object.assign(new AggregateError(this.#errors), { code: first?.code }));
  }

  #failed(failure: unknown): void {
    if (this.#addresses === null) this.socket.destroy(failure);
    else {
      this.#errors.push(failure);
      if (this.#wanted) this.#tryNext();
    }
  }

  #emitFailed(failure: unknown): void {
    this.socket.emit('connectionAttemptFailed', this.#address, this.destination.port, this.#family, failure);
  }

  // `former` is this attempt's own handle, for an address before; any other one is in the way.
  #connectTo(address: string, family: number, former: ChainHandle | null): void {
    const { socket } = this;
    const { host, port } = this.destination;
    this.#address = address;
    this.#family = family;
    const obstacle = socket.obstacle(former);
    if (obstacle === 0) {
      const failure = this.#open(address, family);
      if (failure !== null) {
        this.#failed(failure);
        return;
      }
    }
    socket.emit('connectionAttempt', address, port, family);
    if (!this.#wanted) return;
    if (socket.blockList?.check(address, family === 6 ? 'ipv6' : 'ipv4')) {
      const blocked = codedError('ERR_IP_BLOCKED', `IP(${address}) is blocked by net.BlockList`);
      if (this.#addresses !== null) this.#emitFailed(blocked);
      this.#failed(blocked);
      return;
    }
    if (this.#addresses !== null) socket.autoSelectFamilyAttemptedAddresses?.push(`${address}:${port}`);
    if (obstacle !== 0) {
      if (!socket.connectedAlready()) socket.destroy(this.#refusedAtOnce(obstacle));
      return;
    }
    const handle = this.#handle!;
    const error =
      handle.select(FD_CONNECT | FD_READ | FD_WRITE | FD_CLOSE) ||
      handle.connect(address, port, isIP(host) === 0 ? host : null);
    // A connection that is made at once is reported by FD_CONNECT all the same.
    if (error === 0 || error === WSAEWOULDBLOCK) this.#watch();
    else if (this.#wanted) {
      const failure = this.#refusedAtOnce(error);
      if (error === WSAECONNREFUSED || this.#addresses !== null) this.#emitFailed(failure);
      this.#failed(failure);
    }
  }

  // The handle, bound if need be; what went wrong otherwise.
  #open(address: string, family: number): Error | null {
    const { localAddress, localPort } = this.destination;
    const handle = ChainHandle.open(this.ws2, this.chain, family === 6 ? AF_INET6 : AF_INET, 'ChainSocket');
    if (handle instanceof Error) return handle;
    this.#handle = handle;
    this.socket.opened(handle, this);
    if (localAddress === '' && localPort === 0) return null;
    // Of several addresses each may be of the other family.
    const local = (this.#addresses === null && localAddress) || (isIP(address) === 6 ? '::' : '0.0.0.0');
    const error = handle.bind(local, localPort);
    return error === 0 ? null : systemError(error, 'bind', local, localPort);
  }

  // What the system says at once, Node.js tells with the local end; that nobody listens, never at once.
  #refusedAtOnce(error: number): ChainError {
    const failure = this.#connectError(error);
    if (error !== WSAECONNREFUSED) failure.message += ` - Local (${this.socket.localNameText(this.#family)})`;
    return failure;
  }

  #connectError(error: number): ChainError {
    return systemError(error, 'connect', this.#address, this.destination.port);
  }

  // Another address waits: this one has its time.
  #watch(): void {
    if (this.#addresses === null || this.#next >= this.#addresses.length) return;
    const late = (handle: ChainHandle): void => {
      if (!this.#wanted || this.#handle !== handle) return;
      this.socket.emit('connectionAttemptTimeout', this.#address, this.destination.port, this.#family);
      if (!this.#wanted) return;
      this.#errors.push(this.#connectError(WSAETIMEDOUT));
      this.#tryNext();
    };
    this.#timer = startTimer(this.ws2, this.destination.attemptTimeout, late, this.#handle!);
  }
}

function isAddress(address: unknown, family: unknown): boolean {
  return typeof address === 'string' && isIP(address) !== 0 && (family === 4 || family === 6);
}

// Each address once, IPv4 and IPv6 by turns, the family of the first one first.
function alternate(addresses: readonly LookupAddress[]): LookupAddress[] {
  const once = addresses.filter(
    ({ address }, index) => addresses.findIndex((other) => other.address === address) === index,
  );
  const first = once.filter(({ family }) => family === once[0]!.family);
  const other = once.filter(({ family }) => family !== once[0]!.family);
  const turns = Array.from({ length: Math.max(first.length, other.length) }, (_, at) => [first[at], other[at]]);
  return turns.flat().filter((address): address is LookupAddress => address !== undefined);
}

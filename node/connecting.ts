import { AsyncResource } from 'node:async_hooks';
import { isIP } from 'node:net';
import { AF_INET, AF_INET6, FD_CLOSE, FD_CONNECT, FD_READ, FD_WRITE, WSAEWOULDBLOCK, type Ws2_32 } from '../index.js';
import { ChainHandle } from './chain-handle.js';
import type { ChainChoice } from './chain-option.js';
import type { Destination } from './connect-arguments.js';
import { codedError, systemError } from './errors.js';
import { lookUp } from './lookup.js';

/** What an attempt needs of the socket that it connects. */
export interface ConnectingSocket {
  /** Whether the connection is still wanted. */
  readonly connecting: boolean;
  emit(event: string, ...args: unknown[]): boolean;
  destroy(error: Error): unknown;
}

/** One attempt to connect a socket: from the destination's name to the connect that is under way. */
export class ConnectionAttempt {
  #address = '';

  /**
   * @param chain the chain to open the handle on
   * @param opened told of the handle as soon as there is one
   */
  constructor(
    private readonly socket: ConnectingSocket,
    private readonly ws2: Ws2_32,
    private readonly chain: ChainChoice | undefined,
    private readonly destination: Destination,
    private readonly opened: (handle: ChainHandle) => void,
  ) {}

  /** Looks the destination up if it is a name, and connects; nothing happens before the next tick. */
  start(): void {
    const { host, family, hints, lookup } = this.destination;
    const addressFamily = isIP(host);
    if (addressFamily === 0) {
      // The function given may call back from anywhere; the connection belongs to who asked for it.
      const found = AsyncResource.bind((error: Error | null, address: string, familyFound: number): void => {
        process.nextTick(() => this.#lookedUp(error, address, familyFound));
      });
      lookUp(this.ws2, host, family, hints, lookup, found);
    } else {
      process.nextTick(() => {
        if (this.socket.connecting) this.#connectTo(host, addressFamily);
      });
    }
  }

  /** Tells the socket that the connect has failed, with a WinSock code. */
  failed(error: number): void {
    const { port } = this.destination;
    const failure = systemError(error, 'connect', this.#address, port);
    this.socket.emit('connectionAttemptFailed', this.#address, port, isIP(this.#address), failure);
    this.socket.destroy(failure);
  }

  #lookedUp(error: Error | null, address: string, family: number): void {
    const { socket } = this;
    const known = error === null;
    socket.emit('lookup', error, known ? address : undefined, known ? family : undefined, this.destination.host);
    if (!socket.connecting) return;
    if (error !== null) socket.destroy(error);
    else if (isIP(address) === 0) {
      socket.destroy(codedError('ERR_INVALID_IP_ADDRESS', `Invalid IP address: ${String(address)}`, TypeError));
    } else this.#connectTo(address, isIP(address));
  }

  #connectTo(address: string, family: number): void {
    const { socket } = this;
    const { port, localAddress, localPort } = this.destination;
    const handle = ChainHandle.open(this.ws2, this.chain, family === 6 ? AF_INET6 : AF_INET, 'ChainSocket');
    if (handle instanceof Error) {
      socket.destroy(handle);
      return;
    }
    this.opened(handle);
    this.#address = address;
    if (localAddress !== undefined || localPort !== 0) {
      const local = localAddress ?? (family === 6 ? '::' : '0.0.0.0');
      const error = handle.bind(local, localPort);
      if (error !== 0) {
        socket.destroy(systemError(error, 'bind', local, localPort));
        return;
      }
    }
    socket.emit('connectionAttempt', address, port, family);
    let error = handle.select(FD_CONNECT | FD_READ | FD_WRITE | FD_CLOSE);
    if (error === 0) error = handle.connect(address, port);
    // A connection that is made at once is reported by FD_CONNECT all the same.
    if (error !== 0 && error !== WSAEWOULDBLOCK && socket.connecting) this.failed(error);
  }
}

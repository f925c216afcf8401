// What the resolver stands on: so little that a test can be a network.
import type { DeferredWork, Timer } from '../../../spi/index.js';
import type { ServerAddress } from './server-address.js';

/** Told what comes of a datagram socket, or of a connection. Never while a function of the transport is being called. */
export interface TransportUser {
  /** A connection is there. */
  connected?(): void;
  /** A datagram of the server, or bytes of the connection. They are lent: the buffer is used again. */
  received(bytes: Uint8Array): void;
  /** It cannot be used any more, or a datagram of it did not reach the server: WSAECONNREFUSED, WSAECONNRESET, … */
  failed(error: number): void;
}

/** A datagram socket on a port of its own, which sends to one server and hears that one alone; or a connection to it. */
export interface DnsSocket {
  /**
   * Sends a datagram, or some bytes of a few hundred; what has to wait is copied.
   *
   * @returns 0, or a WSA error
   */
  send(bytes: Uint8Array): number;
  /** Lets it go; its user is told nothing more. */
  close(): void;
}

/** Sockets, time and chance. */
export interface DnsTransport {
  /** Milliseconds of the instance's clock. */
  now(): number;
  /** Calls back once the clock reaches `when`. */
  setTimer(when: number, callback: () => void): Timer;
  /** Does something when what is being done now is done. */
  defer(work: DeferredWork): void;
  /** 16 random bits. */
  readonly random16: () => number;
  /**
   * Opens a datagram socket on a random port.
   *
   * @returns it, or a WSA error
   */
  openDatagrams(server: ServerAddress, user: TransportUser): DnsSocket | number;
  /**
   * Begins a connection.
   *
   * @returns it, or a WSA error
   */
  openStream(server: ServerAddress, user: TransportUser): DnsSocket | number;
}

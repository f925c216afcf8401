// Reserved blocks of ports, as providers see those of the instance.
import type { ErrorCode } from './results.js';

/** Whose ports: those of TCP and of UDP are reserved apart, each for both families. */
export type PortProtocol = 'tcp' | 'udp';

/** A reserved block of consecutive ports. */
export interface PortBlock {
  readonly protocol: PortProtocol;
  /** The first port, in host order. */
  readonly first: number;
  readonly count: number;
  /** What names the block to who may use it; never 0. */
  readonly token: bigint;
}

/** The ports of one machine, or of a network in memory, as its base provider knows them. */
export interface PortSpace {
  /** The ports that sockets get which do not ask for one: first and last. */
  automatic(): { readonly first: number; readonly last: number };
  /** Which of them is to be looked at first for the next socket. */
  nextAutomatic(): number;
  /** Whether such a port is left alone all the same. */
  leavesAlone(port: number): boolean;
  /**
   * Looks for a port of a block that a socket has, of whichever family and process.
   *
   * @returns the port, or 0 when all of them are free
   */
  inUse(protocol: PortProtocol, first: number, count: number): number;
}

/** The reserved blocks that hold for the sockets of an instance. */
export interface PortReservations {
  /** The block that a port lies in, or `null`: cheap, and never out of date. */
  at(protocol: PortProtocol, port: number): PortBlock | null;
  /** Whether a block has a port of the range, cheaply. */
  touches(protocol: PortProtocol, first: number, last: number): boolean;
  /** The first port from one on that no block has, as of the last question of another kind; 65536 where there is none. */
  unreservedFrom(protocol: PortProtocol, port: number): number;
  /**
   * Finds the block of a token that this process may use.
   *
   * @returns the block; WSAEINVAL when no block of the protocol has the token, WSAEACCES when another process acquired it
   */
  find(protocol: PortProtocol, token: bigint): PortBlock | number;
  /**
   * Reserves a block for as long as a socket lives, which releases it when it is closed.
   *
   * @param first 0 for wherever there is room
   * @param space where no socket may have a port of the block
   * @returns the block; WSAEINVAL for none, or more than there are, WSAEADDRINUSE when a port is reserved or in use, WSAEACCES when
   *   the file of the reservations may not be written, WSAENETDOWN when it cannot be used otherwise
   */
  acquire(protocol: PortProtocol, first: number, count: number, space: PortSpace): PortBlock | number;
  /**
   * Gives a block back that this process acquired.
   *
   * @returns 0; WSAEINVAL when no block of the protocol has the token, or it was not acquired; WSAEACCES when another process
   *   acquired it, or the file may not be written; WSAENETDOWN when it cannot be used otherwise
   */
  release(protocol: PortProtocol, token: bigint): ErrorCode;
  /** The same for a socket that is being closed, which cannot fail: what cannot be given back now is with the next change. */
  letGo(blocks: readonly PortBlock[]): void;
}

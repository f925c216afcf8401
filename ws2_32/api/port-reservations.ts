// Reservations of ports: CreatePersistentTcpPortReservation and its like.
import { isRef } from '../../spi/arguments.js';
import {
  ERROR_INVALID_PARAMETER,
  ERROR_NOT_FOUND,
  ERROR_SHARING_VIOLATION,
  NO_ERROR,
  type PortProtocol,
  type PortSpace,
  type Ref,
} from '../../spi/index.js';
import type { PortReservationStore, ReservationProblem } from '../../port-reservations/index.js';
import { swap16 } from './byte-order.js';

/** Reservations of ports. */
export type PortReservationFunctions = ReturnType<typeof createPortReservationFunctions>;

/** What the functions work on. */
export interface PortReservationContext {
  /** The instance's reservations. */
  readonly store: PortReservationStore;
  /** The ports of the base providers that the catalog names. */
  spaces(): readonly PortSpace[];
  /**
   * Told why a call failed.
   *
   * @param expected whether the caller has to reckon with it, and is not to be warned
   */
  explain(problem: ReservationProblem, expected: boolean): void;
}

const EXPECTED: ReadonlySet<number> = new Set([ERROR_INVALID_PARAMETER, ERROR_NOT_FOUND, ERROR_SHARING_VIOLATION]);

/**
 * Makes the functions of persistent port reservations (iphlpapi.h). They return the Win32 error, leave the last error
 * alone, and need no WSAStartup.
 */
export function createPortReservationFunctions(context: PortReservationContext) {
  function told(code: number): number {
    const { problem } = context.store;
    if (code !== NO_ERROR && problem !== null) context.explain(problem, EXPECTED.has(code));
    return code;
  }

  function create(protocol: PortProtocol, StartPort: number, NumberOfPorts: number, Token: Ref<bigint>): number {
    if (!isRef(Token) || !isPort(StartPort)) return ERROR_INVALID_PARAMETER;
    const { store } = context;
    const first = swap16(StartPort);
    const code = store.create(protocol, first, NumberOfPorts, context.spaces());
    return code === NO_ERROR ? lookUp(protocol, StartPort, NumberOfPorts, Token) : told(code);
  }

  function lookUp(protocol: PortProtocol, StartPort: number, NumberOfPorts: number, Token: Ref<bigint>): number {
    if (!isRef(Token) || !isPort(StartPort)) return ERROR_INVALID_PARAMETER;
    const token = context.store.lookUp(protocol, swap16(StartPort), NumberOfPorts);
    if (typeof token === 'number') return told(token);
    (Token as Ref<bigint>).value = token;
    return NO_ERROR;
  }

  function remove(protocol: PortProtocol, StartPort: number, NumberOfPorts: number): number {
    if (!isPort(StartPort)) return ERROR_INVALID_PARAMETER;
    return told(context.store.delete(protocol, swap16(StartPort), NumberOfPorts));
  }

  return {
    /**
     * Reserves a block of TCP ports until it is deleted (CreatePersistentTcpPortReservation).
     *
     * @param StartPort the first port, in network byte order
     * @param NumberOfPorts how many
     * @param Token receives the token, which `SIO_ASSOCIATE_PORT_RESERVATION` takes
     * @returns NO_ERROR, or ERROR_INVALID_PARAMETER (a bad pointer, zero, or a block beyond port 65535),
     *   ERROR_SHARING_VIOLATION (a port of the block is in use or reserved), ERROR_ACCESS_DENIED (the file of the
     *   reservations may not be written), ERROR_RETRY (another process keeps it for too long), ERROR_INVALID_DATA (it is
     *   damaged), ERROR_NOT_ENOUGH_MEMORY (it has no room for more), ERROR_UNEXP_NET_ERR (the system failed);
     *   `lastProblem` says more
     */
    CreatePersistentTcpPortReservation: (StartPort: number, NumberOfPorts: number, Token: Ref<bigint>): number =>
      create('tcp', StartPort, NumberOfPorts, Token),
    /** The same for UDP ports (CreatePersistentUdpPortReservation). */
    CreatePersistentUdpPortReservation: (StartPort: number, NumberOfPorts: number, Token: Ref<bigint>): number =>
      create('udp', StartPort, NumberOfPorts, Token),
    /**
     * Finds the token of a reserved block of TCP ports (LookupPersistentTcpPortReservation): another one after every start of
     * the system.
     *
     * @param StartPort the first port, in network byte order, as it was given when the block was reserved
     * @param NumberOfPorts how many, likewise
     * @param Token receives the token
     * @returns NO_ERROR, or ERROR_INVALID_PARAMETER (a bad pointer, or zero), ERROR_NOT_FOUND (there is no such block), or
     *   what the file gives, as `CreatePersistentTcpPortReservation`
     */
    LookupPersistentTcpPortReservation: (StartPort: number, NumberOfPorts: number, Token: Ref<bigint>): number =>
      lookUp('tcp', StartPort, NumberOfPorts, Token),
    /** The same for UDP ports (LookupPersistentUdpPortReservation). */
    LookupPersistentUdpPortReservation: (StartPort: number, NumberOfPorts: number, Token: Ref<bigint>): number =>
      lookUp('udp', StartPort, NumberOfPorts, Token),
    /**
     * Gives a reserved block of TCP ports up (DeletePersistentTcpPortReservation); sockets keep the ports that they have.
     *
     * @param StartPort the first port, in network byte order, as it was given when the block was reserved
     * @param NumberOfPorts how many, likewise
     * @returns NO_ERROR, or ERROR_INVALID_PARAMETER (zero), ERROR_NOT_FOUND (there is no such block), ERROR_ACCESS_DENIED (the
     *   file may not be written, or the system, which leaves the ports alone, may not be told), or what the file gives, as
     *   `CreatePersistentTcpPortReservation`
     */
    DeletePersistentTcpPortReservation: (StartPort: number, NumberOfPorts: number): number =>
      remove('tcp', StartPort, NumberOfPorts),
    /** The same for UDP ports (DeletePersistentUdpPortReservation). */
    DeletePersistentUdpPortReservation: (StartPort: number, NumberOfPorts: number): number =>
      remove('udp', StartPort, NumberOfPorts),
  };
}

function isPort(StartPort: unknown): StartPort is number {
  return typeof StartPort === 'number' && Number.isInteger(StartPort) && StartPort >= 0 && StartPort <= 0xffff;
}

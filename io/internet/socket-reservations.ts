// What one socket has of reserved ports.
import {
  INET_PORT_RANGE,
  INET_PORT_RESERVATION_INSTANCE,
  INET_PORT_RESERVATION_TOKEN,
  SIO_ACQUIRE_PORT_RESERVATION,
  SIO_ASSOCIATE_PORT_RESERVATION,
  SIO_RELEASE_PORT_RESERVATION,
  WSAEOPNOTSUPP,
  type CountOrNegatedCode,
  type PortBlock,
  type PortReservations,
} from '../../spi/index.js';
import type { PortAssignment, PortOwner } from './port-assignment.js';

const CODES: ReadonlySet<number> = new Set([
  SIO_ACQUIRE_PORT_RESERVATION,
  SIO_ASSOCIATE_PORT_RESERVATION,
  SIO_RELEASE_PORT_RESERVATION,
]);

function swapped(port: number): number {
  return ((port & 0xff) << 8) | (port >> 8);
}

/**
 * The block that a socket takes its port from, and those that it acquired. The front has checked what a socket is asked
 * for.
 */
export class SocketReservations implements PortOwner {
  readonly #assignment: PortAssignment;
  #own: PortBlock | null = null;
  #acquired: readonly PortBlock[] = [];

  /**
   * Makes those of a fresh socket: none.
   *
   * @param assignment the rules for its protocol
   */
  constructor(assignment: PortAssignment) {
    this.#assignment = assignment;
  }

  /** Whether an ioctl is about reserved ports. */
  static knows(code: number): boolean {
    return CODES.has(code);
  }

  /** As `SocketCore.ioctl`; -WSAEOPNOTSUPP for codes that are none of these. */
  perform(code: number, input: Uint8Array | null, output: Uint8Array | null): CountOrNegatedCode {
    const { reservations } = this.#assignment;
    if (reservations === null) return -WSAEOPNOTSUPP;
    switch (code) {
      case SIO_ASSOCIATE_PORT_RESERVATION:
        return this.#associate(reservations, input!);
      case SIO_ACQUIRE_PORT_RESERVATION:
        return this.#acquire(reservations, input!, output!);
      case SIO_RELEASE_PORT_RESERVATION:
        return this.#release(reservations, input!);
      default:
        return -WSAEOPNOTSUPP;
    }
  }

  #associate(reservations: PortReservations, input: Uint8Array): CountOrNegatedCode {
    const { Token } = INET_PORT_RESERVATION_TOKEN.decode(input);
    const block = reservations.find(this.#assignment.protocol, Token);
    if (typeof block === 'number') return -block;
    this.#own = block;
    return 0;
  }

  #acquire(reservations: PortReservations, input: Uint8Array, output: Uint8Array): CountOrNegatedCode {
    const { StartPort, NumberOfPorts } = INET_PORT_RANGE.decode(input);
    const { protocol, space } = this.#assignment;
    const block = reservations.acquire(protocol, swapped(StartPort), NumberOfPorts, space);
    if (typeof block === 'number') return -block;
    this.#acquired = [...this.#acquired, block];
    return INET_PORT_RESERVATION_INSTANCE.encodeInto(
      {
        Reservation: { StartPort: swapped(block.first), NumberOfPorts: block.count },
        Token: { Token: block.token },
      },
      output,
    );
  }

  #release(reservations: PortReservations, input: Uint8Array): CountOrNegatedCode {
    const { Token } = INET_PORT_RESERVATION_TOKEN.decode(input);
    const error = reservations.release(this.#assignment.protocol, Token);
    if (error !== 0) return -error;
    this.#acquired = this.#acquired.filter(({ token }) => token !== Token);
    return 0;
  }

  /** Whether a block is one that the socket acquired. */
  has({ token }: PortBlock): boolean {
    return this.#acquired.some((block) => block.token === token);
  }

  /** The block that it is associated with. */
  get own(): PortBlock | null {
    return this.#own;
  }

  /** The socket is closed: what it acquired is over. */
  close(): void {
    const acquired = this.#acquired;
    if (acquired.length === 0) return;
    this.#acquired = [];
    this.#assignment.reservations?.letGo(acquired);
  }
}

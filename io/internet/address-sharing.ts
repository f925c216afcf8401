// Who may have a local address beside whom: Windows' rules, for every provider of TCP/IP.
import { WSAEACCES, WSAEADDRINUSE } from '../../spi/index.js';

/** How a socket wants to share its address: not at all said, SO_REUSEADDR, or SO_EXCLUSIVEADDRUSE. */
export const Sharing = { DEFAULT: 0, REUSE: 1, EXCLUSIVE: 2 } as const;

/** One of the values of {@link Sharing}. */
export type Sharing = (typeof Sharing)[keyof typeof Sharing];

/** Which IP carries the traffic: 4 also for an IPv4-mapped IPv6 address. */
export type Stack = 4 | 6;

/** A local address that a socket has, or wants, and how it shares that. The port is known to be the same. */
export interface SharedAddress {
  readonly stack: Stack;
  /** The address in any form that is the same for the same address. */
  readonly host: string;
  /** Whether the address is a wildcard. */
  readonly any: boolean;
  /** Whether it is the IPv6 wildcard of a socket that takes IPv4 as well. */
  readonly dual: boolean;
  readonly sharing: Sharing;
}

const OK = 0;
const INUSE = WSAEADDRINUSE;
const ACCES = WSAEACCES;

// What the second bind gets when both sockets belong to one user. Rows: the first socket's sharing, wildcard before
// specific; columns: the second's, likewise.
const MATRIX: readonly (readonly number[])[] = [
  // default:      reuse:        exclusive:
  [INUSE, OK, /**/ ACCES, OK, /**/ INUSE, OK], // default, wildcard
  [OK, INUSE, /**/ OK, ACCES, /**/ INUSE, INUSE], // default, specific
  [INUSE, OK, /**/ OK, OK, /**/ INUSE, OK], // reuse, wildcard
  [OK, INUSE, /**/ OK, OK, /**/ INUSE, INUSE], // reuse, specific
  [INUSE, ACCES, /**/ ACCES, ACCES, /**/ INUSE, ACCES], // exclusive, wildcard
  [OK, INUSE, /**/ OK, ACCES, /**/ INUSE, INUSE], // exclusive, specific
];

/**
 * How much an address covers within a stack: 0 for one address, 1 for all of the stack, 2 for the IPv4 side of a
 * dual-stack wildcard, which even the IPv4 wildcard is more specific than; -1 for nothing.
 */
export function widthWithin(address: SharedAddress, stack: Stack): number {
  if (address.stack === stack) return address.any ? 1 : 0;
  return address.dual ? 2 : -1;
}

/** The widths of two addresses within a stack in which they have something in common, or `null`. */
function commonWidths(stack: Stack, first: SharedAddress, second: SharedAddress): [number, number] | null {
  const widths: [number, number] = [widthWithin(first, stack), widthWithin(second, stack)];
  if (widths[0] < 0 || widths[1] < 0) return null;
  return widths[0] === 0 && widths[1] === 0 && first.host !== second.host ? null : widths;
}

function conflictWithin(stack: Stack, first: SharedAddress, second: SharedAddress): number {
  const widths = commonWidths(stack, first, second);
  if (widths === null) return OK;
  const [firstWidth, secondWidth] = widths;
  const firstSpecific = firstWidth === 0 || firstWidth < secondWidth ? 1 : 0;
  const secondSpecific = secondWidth === 0 || secondWidth < firstWidth ? 1 : 0;
  return MATRIX[first.sharing * 2 + firstSpecific]![second.sharing * 2 + secondSpecific]!;
}

/**
 * Tells whether a socket may be bound beside another of the same user, protocol and port.
 *
 * @param first the address that is taken
 * @param second the address that is wanted
 * @returns 0, WSAEADDRINUSE or WSAEACCES
 */
export function sharingConflict(first: SharedAddress, second: SharedAddress): number {
  return conflictWithin(4, first, second) || conflictWithin(6, first, second);
}

/** Whether two addresses have something in common. */
export function overlap(first: SharedAddress, second: SharedAddress): boolean {
  return commonWidths(4, first, second) !== null || commonWidths(6, first, second) !== null;
}

// Blocks of ports: which numbers make one, what they are called, and where there is room for one.
import type { PortRange } from '../platform/systems.js';
import type { PortBlock, PortProtocol, PortSpace } from '../spi/index.js';
import type { ReservationProblem } from './problem.js';
import type { ReservationTable } from './table.js';

/** The last port that there is. */
export const LAST_PORT = 65_535;

/** Throws what `problem` makes of it if these are no numbers of a block. */
export function needNumbers(first: number, count: number, problem: (message: string) => ReservationProblem): void {
  const fits = (value: number): boolean => Number.isInteger(value) && value >= 1 && value <= LAST_PORT;
  if (!fits(first)) throw problem('A block begins at a port from 1 to 65535.');
  if (!fits(count)) throw problem('A block has from 1 to 65535 ports.');
}

/** What people call a block. */
export function nameOf({ protocol, first, count }: PortBlock): string {
  return `the ${protocol} ports ${first}-${first + count - 1}`;
}

/** The ports of a block as a range. */
export function rangeOf({ first, count }: { readonly first: number; readonly count: number }): PortRange {
  return { first, last: first + count - 1 };
}

/** What tells blocks of one time apart. */
export function keyOf({ protocol, first }: { readonly protocol: PortProtocol; readonly first: number }): string {
  return `${protocol} ${first}`;
}

/** A token as the file has it. */
export function hexOf(token: bigint): string {
  return token.toString(16).padStart(16, '0');
}

/** The first port of a block within a range that nobody has; 0 where there is none. */
export function firstRoom(
  table: ReservationTable,
  protocol: PortProtocol,
  count: number,
  range: PortRange,
  space: PortSpace,
): number {
  for (let first = range.first; first + count - 1 <= range.last;) {
    const reserved = table.overlapping(protocol, first, first + count - 1);
    const taken = reserved === null ? space.inUse(protocol, first, count) : reserved.first + reserved.count - 1;
    if (taken === 0) return first;
    first = taken + 1;
  }
  return 0;
}

import type { AddressSlot } from '../../io/index.js';

/** A name as it was when the socket below went. */
export interface LastName {
  readonly slot: AddressSlot;
  readonly error: number;
}

/** Copies it into a slot. Returns 0 or the WinSock code that was given in its place. */
export function copyName(from: LastName, to: AddressSlot): number {
  to.bytes.set(from.slot.bytes);
  to.length = from.slot.length;
  return from.error;
}

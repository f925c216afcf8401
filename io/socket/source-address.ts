import { addressSlot, type AddressSlot } from '../core/socket-core.js';

/** Where cores put a datagram's source before it is copied out; used between two statements only. */
export const sourceSlot: AddressSlot = addressSlot();

/** Copies the last datagram's source out, cut to the room there is; the length tells the whole. */
export function copySource(address: Uint8Array | null, length: { value: number } | null): void {
  if (address === null || length === null) return;
  const fits = Math.min(length.value, sourceSlot.length, address.length);
  for (let i = 0; i < fits; i++) address[i] = sourceSlot.bytes[i]!;
  length.value = sourceSlot.length;
}

// The interfaces of the system, by their addresses.
import { networkInterfaces } from 'node:os';
import type { PosixLibc } from './libc.js';

/**
 * The index of the interface that has an IPv4 address.
 *
 * @returns 0 for 0.0.0.0, -1 when there is none
 */
export function interfaceIndexOf(libc: PosixLibc, place: Uint8Array): number {
  if (place.every((byte) => byte === 0)) return 0;
  const text = place.join('.');
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    // All of 127.0.0.0/8 is the loopback interface's.
    const has = addresses?.some(({ address, internal }) => address === text || (internal && place[0] === 127));
    if (has === true) return libc.if_nametoindex(withoutLabel(name)) || -1;
  }
  return -1;
}

/** Addresses beyond an interface's first may be listed under a label of its name. */
export function withoutLabel(name: string): string {
  return name.split(':')[0]!;
}

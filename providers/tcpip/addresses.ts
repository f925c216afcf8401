// Socket addresses in Windows' layout, as far as a core has to look into them.
import { AF_INET, AF_INET6, copyOfBytes } from '../../spi/index.js';
import type { SharedAddress } from '../../io/index.js';

const INET_ADDRESS = 4;
const INET6_ADDRESS = 8;

/** The family of a name; 0 when it is too short to have one. */
export function nameFamily(name: Uint8Array, namelen: number): number {
  return namelen < 2 ? 0 : name[0]! | (name[1]! << 8);
}

/** Whether a name's address is all zero: "any" for a bind, "none" for a connect. */
export function isZeroAddress(name: Uint8Array, namelen: number): boolean {
  const family = nameFamily(name, namelen);
  if (family !== AF_INET && family !== AF_INET6) return false;
  const begin = family === AF_INET ? INET_ADDRESS : INET6_ADDRESS;
  const end = begin + (family === AF_INET ? 4 : 16);
  if (end > namelen) return false;
  for (let index = begin; index < end; index++) if (name[index] !== 0) return false;
  return true;
}

/** Whether two names of IP have the same address, whatever their ports and scopes. */
export function sameAddress(left: Uint8Array, leftLength: number, right: Uint8Array, rightLength: number): boolean {
  const family = nameFamily(left, leftLength);
  if (family !== nameFamily(right, rightLength)) return false;
  const begin = family === AF_INET ? INET_ADDRESS : INET6_ADDRESS;
  const end = begin + (family === AF_INET ? 4 : 16);
  if (end > leftLength || end > rightLength) return false;
  for (let index = begin; index < end; index++) if (left[index] !== right[index]) return false;
  return true;
}

/** A name's port; families without ports have none to be 0, and give 1. */
export function namePort(name: Uint8Array, namelen: number): number {
  const family = nameFamily(name, namelen);
  return (family === AF_INET || family === AF_INET6) && namelen >= 4 ? (name[2]! << 8) | name[3]! : 1;
}

/** A name of IP with another port. */
export function withPort(name: Uint8Array, port: number): Uint8Array {
  const copy = copyOfBytes(name, name.length);
  copy[2] = port >> 8;
  copy[3] = port & 0xff;
  return copy;
}

/** The beginning of an IPv4-mapped address. */
const MAPPED = '00000000000000000000ffff';

/**
 * A name as the rules of sharing compare it.
 *
 * @param dual whether its socket takes IPv4 as well as IPv6
 * @returns `null` for a family that has no such rules
 */
export function sharedAddress(
  name: Uint8Array,
  namelen: number,
  dual: boolean,
  sharing: SharedAddress['sharing'],
): SharedAddress | null {
  const family = nameFamily(name, namelen);
  if (family !== AF_INET && family !== AF_INET6) return null;
  const any = isZeroAddress(name, namelen);
  if (family === AF_INET) {
    return { stack: 4, host: Buffer.from(name.subarray(4, 8)).toString('hex'), any, dual: false, sharing };
  }
  const host = Buffer.from(name.subarray(8, 24)).toString('hex');
  if (!host.startsWith(MAPPED)) return { stack: 6, host, any, dual: any && dual, sharing };
  const mapped = host.slice(MAPPED.length);
  return { stack: 4, host: mapped, any: mapped === '00000000', dual: false, sharing };
}

/** A name, kept for long: that of an IPv4 socket as one number, for there may be very many. */
export type KeptName = number | Uint8Array;

/** Makes a name into one that is kept. */
export function keepName(name: Uint8Array, namelen: number): KeptName {
  if (nameFamily(name, namelen) !== AF_INET || namelen < 8) return copyOfBytes(name, namelen);
  const address = ((name[4]! << 24) | (name[5]! << 16) | (name[6]! << 8) | name[7]!) >>> 0;
  return namePort(name, namelen) * 0x1_0000_0000 + address;
}

/** Writes a kept name. */
export function writeKeptName(kept: KeptName, slot: { readonly bytes: Uint8Array; length: number }): void {
  if (typeof kept !== 'number') {
    slot.bytes.set(kept);
    slot.length = kept.length;
    return;
  }
  const address = kept % 0x1_0000_0000;
  const port = Math.floor(kept / 0x1_0000_0000);
  slot.bytes.fill(0, 0, 16);
  slot.bytes.set([AF_INET, 0, port >> 8, port & 0xff, address >>> 24, address >>> 16, address >>> 8, address]);
  slot.length = 16;
}

import { domainToASCII } from 'node:url';
import { parseIPv4, parseIPv6 } from '../../spi/index.js';
import type { Destination } from '../filters/index.js';

/** The longest name that a host can have, and that any request has room for. */
const LONGEST_NAME = 255;
/** What names are made of: what else there is could mean something to a proxy. */
const NAME = /^[A-Za-z0-9._-]+$/;
const INTERNATIONAL_NAME = /^[A-Za-z0-9._\-\u0080-\uffff]+$/;

/** The host that a proxy is asked for. */
export interface RequestedHost {
  readonly kind: 'IPv4' | 'IPv6' | 'name';
  /** The name, in ASCII, or the address in text. */
  readonly text: string;
  /** The bytes of the address; those of the name. */
  readonly bytes: Uint8Array;
}

/**
 * Finds what a proxy is asked for to get to a destination.
 *
 * @param byName whether its name is used, where it has one
 * @returns `null` for a name that cannot be asked for: of more than 255 bytes, or with what no name has
 */
export function requestedHost(
  { name, address }: Pick<Destination, 'name' | 'address'>,
  byName: boolean,
): RequestedHost | null {
  if (byName && name !== null) {
    const text = !NAME.test(name) && INTERNATIONAL_NAME.test(name) ? domainToASCII(name) : name;
    if (!NAME.test(text) || text.length > LONGEST_NAME) return null;
    return { kind: 'name', text, bytes: Buffer.from(text, 'latin1') };
  }
  const unmapped = address.replace(/^::ffff:(?=\d+\.)/i, '');
  const four = parseIPv4(unmapped);
  if (four !== null) return { kind: 'IPv4', text: unmapped, bytes: four };
  const six = parseIPv6(address);
  return six === null ? null : { kind: 'IPv6', text: address, bytes: six };
}

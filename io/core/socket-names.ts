// What the front knows of socket addresses: their family, and of those of TCP/IP which name nobody.
import { AF_INET, AF_INET6 } from '../../spi/index.js';
import { familyOf } from '../../spi/socket-names.js';

/** Whether it is an address of TCP/IP with port 0. Addresses of other families have no ports. */
export function lacksPort(name: Uint8Array): boolean {
  const family = familyOf(name);
  return (family === AF_INET || family === AF_INET6) && name[2] === 0 && name[3] === 0;
}

/**
 * Whether it is TCP/IP's unspecified address (INADDR_ANY); of another family: whether it names nothing.
 *
 * @param family as which it is read, whatever it says itself
 */
export function isUnspecified(name: Uint8Array, family: number): boolean {
  if (family !== AF_INET && family !== AF_INET6) return name.every((byte, at) => at < 2 || byte === 0);
  const [start, end] = family === AF_INET6 ? [8, 24] : [4, 8];
  for (let i = start; i < end; i++) if (name[i] !== 0) return false;
  return true;
}

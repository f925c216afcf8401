import { AF_INET, parseSockaddr } from '../spi/index.js';

/** How many texts are remembered; with more peers than that they are made anew. */
const MOST = 1024;

/**
 * The texts of IPv4 addresses, by address and port in one number. Few are many records', so that these share one
 * string.
 */
const remembered = new Map<number, string>();

/**
 * Writes a socket address as text with its port.
 *
 * @returns the text; empty when the bytes are not an address
 */
export function addressText(bytes: Uint8Array, length: number): string {
  if (length < 16 || bytes.length < 16 || bytes[0] !== AF_INET || bytes[1] !== 0) return written(bytes, length);
  const port = (bytes[2]! << 8) | bytes[3]!;
  const key = ((((bytes[4]! << 8) | bytes[5]!) * 0x100 + bytes[6]!) * 0x100 + bytes[7]!) * 0x10000 + port;
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const text = written(bytes, length);
  if (remembered.size >= MOST) remembered.clear();
  if (text !== '') remembered.set(key, text);
  return text;
}

function written(bytes: Uint8Array, length: number): string {
  try {
    const { address, port } = parseSockaddr(bytes, length);
    return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  } catch {
    return '';
  }
}

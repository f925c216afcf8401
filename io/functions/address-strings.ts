// WSPAddressToString and WSPStringToAddress.
import {
  AF_INET,
  AF_INET6,
  formatIPv4,
  formatIPv6,
  parseIPv6,
  sockaddr_in,
  sockaddr_in6,
  WSAEFAULT,
  WSAEINVAL,
  type LPWSPADDRESSTOSTRING,
  type LPWSPSTRINGTOADDRESS,
} from '../../spi/index.js';
import type { AddressForm } from '../core/index.js';
import { fail } from './failure.js';

const INTERNET: readonly AddressForm[] = [
  { family: AF_INET, size: 16, write: formatIn, read: parseIn },
  { family: AF_INET6, size: 28, write: formatIn6, read: parseIn6 },
];

/**
 * Makes `WSPAddressToString` and `WSPStringToAddress` for IPv4 and IPv6 (measured behaviour 60).
 *
 * @param others what the provider has beside them
 */
export function createAddressStringProcedures(others: readonly AddressForm[] = []) {
  const forms = new Map([...INTERNET, ...others].map((form) => [form.family, form]));

  const lpWSPAddressToString: LPWSPADDRESSTOSTRING = (address, length, _protocolInfo, text, textLength, lpErrno) => {
    if (!(address instanceof Uint8Array) || textLength === null || typeof textLength !== 'object') {
      return fail(lpErrno, WSAEFAULT);
    }
    const family = address.length >= 2 ? address[0]! | (address[1]! << 8) : 0;
    const form = forms.get(family);
    if (form === undefined) return fail(lpErrno, WSAEINVAL);
    if (Math.min(length, address.length) < form.size) return fail(lpErrno, WSAEFAULT);
    const formatted = form.write(address);
    if (formatted === null) return fail(lpErrno, WSAEINVAL);
    const room = textLength.value;
    textLength.value = formatted.length + 1;
    if (text === null || room < formatted.length + 1) return fail(lpErrno, WSAEFAULT);
    text.value = formatted;
    return 0;
  };

  const lpWSPStringToAddress: LPWSPSTRINGTOADDRESS = (text, family, _protocolInfo, address, addressLength, lpErrno) => {
    if (
      !(address instanceof Uint8Array) ||
      addressLength === null ||
      typeof addressLength !== 'object' ||
      typeof text !== 'string'
    ) {
      return fail(lpErrno, WSAEFAULT);
    }
    const form = forms.get(family);
    if (form === undefined) return fail(lpErrno, WSAEINVAL);
    const { size } = form;
    if (Math.min(addressLength.value, address.length) < size) {
      addressLength.value = size;
      return fail(lpErrno, WSAEFAULT);
    }
    const parsed = form.read(text);
    if (parsed === null) {
      address.fill(0, 0, 2);
      return fail(lpErrno, WSAEINVAL);
    }
    address.set(parsed);
    addressLength.value = size;
    return 0;
  };

  return { lpWSPAddressToString, lpWSPStringToAddress };
}

function portOf(address: Uint8Array): number {
  return (address[2]! << 8) | address[3]!;
}

function formatIn(address: Uint8Array): string {
  const port = portOf(address);
  return port === 0 ? formatIPv4(address, 4) : `${formatIPv4(address, 4)}:${port}`;
}

function formatIn6(address: Uint8Array): string {
  const port = portOf(address);
  const scope = new DataView(address.buffer, address.byteOffset).getUint32(24, true);
  const host = formatIPv6(address, 8) + (scope === 0 ? '' : `%${scope}`);
  return port === 0 ? host : `[${host}]:${port}`;
}

/** A number as C writes it: decimal, octal after 0, hexadecimal after 0x; `null` when it is none. */
function parseNumber(text: string): bigint | null {
  if (/^0x[0-9a-f]+$/i.test(text)) return BigInt(text);
  if (/^0[0-7]*$/.test(text)) return BigInt(`0o${text}`);
  return /^[1-9]\d*$/.test(text) ? BigInt(text) : null;
}

function parsePort(text: string): number | null {
  const number = parseNumber(text);
  return number !== null && number >= 1n && number <= 65535n ? Number(number) : null;
}

/**
 * One to four parts, the last of which fills the bytes that are left; an overlong single number loses its upper bits.
 */
function parseIn(text: string): Uint8Array | null {
  const colon = text.indexOf(':');
  const port = colon < 0 ? 0 : parsePort(text.slice(colon + 1));
  if (port === null) return null;
  const parts = (colon < 0 ? text : text.slice(0, colon)).split('.').map(parseNumber);
  if (parts.length > 4 || parts.includes(null)) return null;
  const numbers = parts as bigint[];
  const last = numbers.pop()!;
  const lastBits = BigInt(8 * (4 - numbers.length));
  if (numbers.some((part) => part > 255n) || (numbers.length > 0 && last >> lastBits !== 0n)) return null;
  let value = last & 0xffffffffn;
  numbers.forEach((part, at) => (value |= part << BigInt(24 - 8 * at)));
  const bytes = [24n, 16n, 8n, 0n].map((shift) => Number((value >> shift) & 255n));
  return sockaddr_in(bytes.join('.'), port);
}

/** `address`, `[address]` or `[address]:port`, with an optional `%scope`. */
function parseIn6(text: string): Uint8Array | null {
  const bracketed = /^\[([^\]]*)\](?::(.+))?$/.exec(text);
  const port = bracketed?.[2] === undefined ? 0 : parsePort(bracketed[2]);
  const [host, scope = '0', ...rest] = (bracketed?.[1] ?? text).split('%');
  if (port === null || rest.length > 0 || !/^\d+$/.test(scope)) return null;
  const bytes = parseIPv6(host!);
  if (bytes === null) return null;
  const address = sockaddr_in6('::', port, 0, Number(scope));
  address.set(bytes, 8);
  return address;
}

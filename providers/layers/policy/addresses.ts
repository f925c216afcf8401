// Addresses as what they are, however they are written: which networks they lie in, and which IPv4 addresses lie in them.
import { parseIPv4, parseIPv6 } from '../../../spi/index.js';

/** An address of 128 bits. One of IPv4 is in the last 32, behind ::ffff. */
export interface Address {
  readonly isIPv4: boolean;
  readonly words: readonly [number, number, number, number];
}

/** The addresses that begin with the same bits. */
export interface Network extends Address {
  readonly masks: readonly [number, number, number, number];
}

/** What an address is, and what it leads to by the addresses in it. */
export interface Faces {
  /** The address itself; one that is mapped into IPv6 is the IPv4 address. */
  readonly own: Address;
  /** All that what is denied is compared with: itself first, its other spellings, and the IPv4 addresses that gateways read out of it. */
  readonly all: readonly Address[];
}

const MAPPED = 0xffff;

/**
 * Reads an address as providers tell it.
 *
 * @param text with or without a scope
 * @returns `null` for what is none
 */
export function readFaces(text: string): Faces | null {
  const scope = text.indexOf('%');
  const bare = scope < 0 ? text : text.slice(0, scope);
  const four = parseIPv4(bare);
  if (four !== null) return facesOfIPv4(wordsOf(four)[0]!);
  const six = parseIPv6(bare);
  return six === null ? null : facesOfIPv6(wordsOf(six) as unknown as Address['words']);
}

function facesOfIPv4(address: number, ...others: Address[]): Faces {
  const own = ipv4(address);
  // A socket that is to connect to no address at all connects to this machine.
  return { own, all: address === 0 ? [own, LOOPBACK, ...others] : [own, ...others] };
}

function facesOfIPv6(words: Address['words']): Faces {
  const [a, b, c, d] = words;
  const own = { isIPv4: false, words };
  if (a === 0 && b === 0 && c === MAPPED) return facesOfIPv4(d, own);
  return { own, all: [own, ...embedded(words)] };
}

/** The addresses that others read out of an IPv6 address. */
function embedded([a, b, c, d]: Address['words']): Address[] {
  // Unspecified: this machine. Compatible (RFC 4291, 2.5.5.1), but for the loopback address.
  if (a === 0 && b === 0 && c === 0) return d === 0 ? [LOOPBACK_6, LOOPBACK] : d === 1 ? [] : [ipv4(d)];
  // Translated (RFC 2765), and ISATAP (RFC 5214).
  if (a === 0 && b === 0 && c === 0xffff_0000) return [ipv4(d)];
  const found: Address[] = [];
  if ((c & 0xfdff_ffff) >>> 0 === 0x0000_5efe) found.push(ipv4(d));
  // NAT64: the well-known prefix (RFC 6052), and the prefixes for networks' own use (RFC 8215), with each length.
  if (a === 0x0064_ff9b && b >>> 16 === 0) found.push(ipv4(d));
  if (a === 0x0064_ff9b && b >>> 16 === 1) {
    found.push(ipv4(d), ipv4(((b << 16) | ((c >>> 8) & 0xffff)) >>> 0));
    found.push(ipv4(((b << 24) | (c & 0x00ff_ffff)) >>> 0), ipv4(((c << 8) | (d >>> 24)) >>> 0));
  }
  // 6to4 (RFC 3056).
  if (a >>> 16 === 0x2002) found.push(ipv4(((a << 16) | (b >>> 16)) >>> 0));
  // Teredo (RFC 4380): the server, and the client, whose bits are turned over.
  if (a === 0x2001_0000) found.push(ipv4(b), ipv4(~d >>> 0));
  return found;
}

function ipv4(address: number): Address {
  return { isIPv4: true, words: [0, 0, MAPPED, address] };
}

const LOOPBACK = ipv4(0x7f00_0001);
const LOOPBACK_6: Address = { isIPv4: false, words: [0, 0, 0, 1] };

/** Whether an address lies in a network. */
export function liesIn(address: Address, network: Network): boolean {
  if (address.isIPv4 !== network.isIPv4) return false;
  const { words, masks } = network;
  for (let place = address.isIPv4 ? 3 : 0; place < 4; place++) {
    if ((address.words[place]! & masks[place]!) >>> 0 !== words[place]) return false;
  }
  return true;
}

/**
 * Reads an address or a network: `192.0.2.1`, `192.0.2.0/24`, `2001:db8::/32`.
 *
 * @returns the network, or what is wrong with the text
 */
export function readNetwork(text: string): Network | string {
  const [, address = '', length] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const bytes = parseIPv4(address) ?? parseIPv6(address);
  if (bytes === null) return 'is not an address such as 192.0.2.1 or 2001:db8::1, nor a network such as 192.0.2.0/24';
  const bits = bytes.length * 8;
  const prefix = length === undefined ? bits : Number(length);
  if (prefix > bits || (length !== undefined && String(prefix) !== length)) {
    return `has a length that is not a number from 0 to ${bits}`;
  }
  const front = bytes.length === 4 ? [0, 0, MAPPED] : [];
  let words = [...front, ...wordsOf(bytes)];
  const whole = bytes.length === 4 ? prefix + 96 : prefix;
  const masks = [0, 1, 2, 3].map((place) => maskOf(whole - 32 * place));
  const network = words.map((word, place) => (word & masks[place]!) >>> 0);
  if (network.some((word, place) => word !== words[place])) {
    return `has bits behind its first ${prefix}: is ${address} meant, or its network?`;
  }
  words = network;
  const isMapped = words[0] === 0 && words[1] === 0 && words[2] === MAPPED && whole >= 96;
  return { isIPv4: isMapped, words: four(words), masks: four(masks) };
}

function maskOf(bits: number): number {
  if (bits <= 0) return 0;
  return bits >= 32 ? 0xffff_ffff : (0xffff_ffff << (32 - bits)) >>> 0;
}

function four(numbers: readonly number[]): [number, number, number, number] {
  return [numbers[0]!, numbers[1]!, numbers[2]!, numbers[3]!];
}

function wordsOf(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / 4 }, (_, place) => view.getUint32(4 * place));
}

function networks(...texts: string[]): readonly Network[] {
  return texts.map((text) => readNetwork(text) as Network);
}

const OF_LOOPBACK = networks('127.0.0.0/8', '::1');
const SPECIAL = networks(
  '0.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/4',
  '255.255.255.255',
  '::',
  'fe80::/10',
  'ff00::/8',
);

/** Whether an address, or one that it leads to, is this machine's own loopback. */
export function isLoopback({ all }: Faces): boolean {
  return all.some((face) => OF_LOOPBACK.some((network) => liesIn(face, network)));
}

/** Whether an address, or one that it leads to, is unspecified, of the link alone, a group's, or everybody's. */
export function isSpecial({ all }: Faces): boolean {
  return all.some((face) => SPECIAL.some((network) => liesIn(face, network)));
}

// Headers of IP, TCP and UDP.
import { AF_INET, AF_INET6, parseSockaddr } from '../../../spi/index.js';

/** One end of a connection, or of a datagram's way. */
export interface Endpoint {
  /** Four bytes, or sixteen. */
  readonly address: Uint8Array;
  readonly port: number;
  /** The address and the port, as text. */
  readonly text: string;
}

const MAPPED = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff);

/**
 * Reads an end from a socket's name. An IPv4 address within IPv6 is one of IPv4, as it is on the wire.
 *
 * @returns `null` for what is no name of IPv4 or IPv6
 */
export function endpointOf(name: Uint8Array, length: number): Endpoint | null {
  if (length > name.length) return null;
  const family = length < 16 ? 0 : name[0]! | (name[1]! << 8);
  const port = (name[2]! << 8) | name[3]!;
  if (family === AF_INET) return endpoint(name.slice(4, 8), port);
  if (family !== AF_INET6 || length < 24) return null;
  const isMapped = MAPPED.every((byte, at) => name[8 + at] === byte);
  return endpoint(name.slice(isMapped ? 20 : 8, 24), port);
}

/** Makes an end. */
export function endpoint(address: Uint8Array, port: number): Endpoint {
  return { address, port, text: textOf(address, port) };
}

function textOf(address: Uint8Array, port: number): string {
  if (address.length === 4) return `${address.join('.')}:${port}`;
  const name = new Uint8Array(28);
  name[0] = AF_INET6;
  name.set(address, 8);
  return `[${parseSockaddr(name, 28).address}]:${port}`;
}

/** Whether an end has no address of its own: of a socket that is bound to all. */
export function isUnspecified({ address }: Endpoint): boolean {
  return address.every((byte) => byte === 0);
}

/** TCP, in an IP header. */
export const PROTOCOL_TCP = 6;
/** UDP, in an IP header. */
export const PROTOCOL_UDP = 17;
const DO_NOT_FRAGMENT = 0x4000;
const TIME_TO_LIVE = 64;
/** The most that an IPv4 packet has with its header, and an IPv6 packet without. */
const MOST = 0xffff;

/** The IP header of packets from one end to another, and what their checksums begin with. */
export class PacketHeader {
  /** How many bytes the IP header has. */
  readonly length: number;
  /** The most that may follow it. */
  readonly most: number;
  readonly #bytes: Uint8Array;
  readonly #isIPv4: boolean;
  /** The sum of the IPv4 header without its length. */
  readonly #sum: number;
  /** The sum of the pseudo header without its length. */
  readonly #pseudoSum: number;

  /** @param to of the same family as `from` */
  constructor(from: Endpoint, to: Endpoint, protocol: number) {
    this.#isIPv4 = from.address.length === 4;
    this.length = this.#isIPv4 ? 20 : 40;
    this.most = this.#isIPv4 ? MOST - 20 : MOST;
    this.#bytes = new Uint8Array(this.length);
    const view = new DataView(this.#bytes.buffer);
    this.#pseudoSum = protocol + sumOf(from.address) + sumOf(to.address);
    if (this.#isIPv4) {
      view.setUint16(0, 0x4500);
      view.setUint16(6, DO_NOT_FRAGMENT);
      view.setUint16(8, (TIME_TO_LIVE << 8) | protocol);
      this.#bytes.set(from.address, 12);
      this.#bytes.set(to.address, 16);
    } else {
      view.setUint8(0, 0x60);
      view.setUint16(6, (protocol << 8) | TIME_TO_LIVE);
      this.#bytes.set(from.address, 8);
      this.#bytes.set(to.address, 24);
    }
    this.#sum = sumOf(this.#bytes);
  }

  /** Writes the header of a packet of which so many bytes follow it. */
  write(bytes: Uint8Array, view: DataView, at: number, following: number): void {
    bytes.set(this.#bytes, at);
    if (!this.#isIPv4) {
      view.setUint16(at + 4, following);
      return;
    }
    view.setUint16(at + 2, following + 20);
    view.setUint16(at + 10, ~folded(this.#sum + following + 20) & 0xffff);
  }

  /**
   * The checksum of TCP or UDP.
   *
   * @param following how many bytes follow the IP header
   * @param sum of them, with a checksum of 0
   */
  checksum(following: number, sum: number): number {
    return ~folded(this.#pseudoSum + following + sum) & 0xffff;
  }

  /**
   * What stands for the checksum in packets that a network card finishes: the sum of the pseudo header. For those whose
   * contents are not kept.
   *
   * @param following how many bytes follow the IP header
   */
  partialChecksum(following: number): number {
    return folded(this.#pseudoSum + following);
  }
}

/** The sum of the 16-bit words of a few bytes, whose number is even. */
function sumOf(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at]! << 8) | bytes[at + 1]!;
  return sum;
}

function folded(sum: number): number {
  let rest = sum;
  while (rest > 0xffff) rest = (rest & 0xffff) + (rest >>> 16);
  return rest;
}

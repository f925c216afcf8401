// IP packets, as far as raw sockets see them.
import { IPPROTO_ICMP, IPPROTO_ICMPV6 } from '../../../spi/index.js';
import type { Endpoint } from '../wire/index.js';

/** Bytes of an IPv4 header without options. */
export const HEADER_SIZE = 20;
const VERSION_AND_LENGTH = 0x45;

const ECHO = { REQUEST: 8, REPLY: 0, REQUEST_6: 128, REPLY_6: 129 } as const;

/** The internet's checksum: the ones' complement of the ones' complement sum. */
export function checksum(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at += 2) sum += (bytes[at]! << 8) | (at + 1 < to ? bytes[at + 1]! : 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function writeAddress(bytes: Uint8Array, at: number, host: string): void {
  for (let byte = 0; byte < 4; byte++) bytes[at + byte] = Number.parseInt(host.slice(2 * byte, 2 * byte + 2), 16);
}

/**
 * Fills in what the sender of an IPv4 header leaves to the system: length, source where there is none, and checksum.
 */
export function finishHeader(packet: Uint8Array, source: string): void {
  packet[2] = packet.length >>> 8;
  packet[3] = packet.length & 0xff;
  if (packet.subarray(12, 16).every((byte) => byte === 0)) writeAddress(packet, 12, source);
  packet[10] = packet[11] = 0;
  const sum = checksum(packet, 0, (packet[0]! & 0xf) * 4);
  packet[10] = sum >>> 8;
  packet[11] = sum & 0xff;
}

/** Puts an IPv4 header before what it carries. */
export function withHeader(
  content: Uint8Array,
  source: Endpoint,
  destination: Endpoint,
  protocol: number,
  ttl: number,
  tos: number,
): Uint8Array {
  const packet = new Uint8Array(HEADER_SIZE + content.length);
  packet[0] = VERSION_AND_LENGTH;
  packet[1] = tos;
  packet[8] = ttl;
  packet[9] = protocol;
  writeAddress(packet, 12, source.host);
  writeAddress(packet, 16, destination.host);
  packet.set(content, HEADER_SIZE);
  finishHeader(packet, source.host);
  return packet;
}

/** What this machine answers to an ICMP message: an echo's reply, or `null`. */
export function replyTo(content: Uint8Array, protocol: number): Uint8Array | null {
  const [request, reply] = protocol === IPPROTO_ICMP ? [ECHO.REQUEST, ECHO.REPLY] : [ECHO.REQUEST_6, ECHO.REPLY_6];
  const isIcmp = protocol === IPPROTO_ICMP || protocol === IPPROTO_ICMPV6;
  if (!isIcmp || content.length < 8 || content[0] !== request) return null;
  const answer = content.slice();
  answer[0] = reply;
  answer[2] = answer[3] = 0;
  // That of ICMPv6 covers addresses as well, which nobody checks within a process.
  const sum = checksum(answer, 0, answer.length);
  answer[2] = sum >>> 8;
  answer[3] = sum & 0xff;
  return answer;
}

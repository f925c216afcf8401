/**
 * The name that an address has in the reverse tree. One of IPv4 in the form of IPv6 has that of IPv4.
 *
 * @param bytes 4 or 16
 */
export function reverseName(bytes: Uint8Array): string {
  const isMapped = bytes.length === 16 && bytes.subarray(0, 12).every((byte, at) => byte === (at < 10 ? 0 : 0xff));
  if (bytes.length === 4 || isMapped) return `${[...bytes.subarray(-4)].reverse().join('.')}.in-addr.arpa`;
  const digits = [...bytes].flatMap((byte) => [byte >> 4, byte & 15]).reverse();
  return `${digits.map((digit) => digit.toString(16)).join('.')}.ip6.arpa`;
}

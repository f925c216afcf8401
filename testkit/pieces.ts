// Bytes cut into pieces, as networks do it.
/**
 * Cuts bytes into drops, to be sent one by one: what a slow network does to a stream.
 *
 * @param bytes what to cut; the drops are views of it
 * @param size the bytes of a drop, 1 if absent
 * @returns the drops, in order
 * @throws RangeError when `size` is less than 1
 */
export function drip(bytes: Uint8Array, size = 1): Uint8Array[] {
  if (!(size >= 1)) throw new RangeError(`drip: a drop of ${size} bytes is none`);
  const drops: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) drops.push(bytes.subarray(at, at + size));
  return drops;
}

/**
 * Leaves bytes in one piece, to be sent all at once: what a fast network does to a stream. The counterpart of `drip`.
 *
 * @param bytes any bytes
 * @returns one piece; none when there are no bytes
 */
export function firehose(bytes: Uint8Array): Uint8Array[] {
  return bytes.length === 0 ? [] : [bytes];
}

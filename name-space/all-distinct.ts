/** Fewer than these are compared with each other. */
const FEW = 8;

/**
 * Whether pieces of bytes are all different. There may be very many: a number for each is sorted, which makes no object for any of them.
 *
 * @param start of what is compared in each
 * @param end behind it, or `Infinity`
 * @returns false where two are alike, and hardly ever where none are
 */
export function areAllDistinct(all: readonly Uint8Array[], start: number, end: number): boolean {
  if (all.length < FEW) return areFewDistinct(all, start, end);
  const keys = new Float64Array(all.length);
  for (let at = 0; at < all.length; at++) keys[at] = keyOf(all[at]!, start, end);
  keys.sort();
  for (let at = 1; at < keys.length; at++) if (keys[at] === keys[at - 1]) return false;
  return true;
}

function areFewDistinct(all: readonly Uint8Array[], start: number, end: number): boolean {
  for (let at = 1; at < all.length; at++) {
    for (let before = 0; before < at; before++) if (areAlike(all[at]!, all[before]!, start, end)) return false;
  }
  return true;
}

function areAlike(a: Uint8Array, b: Uint8Array, start: number, end: number): boolean {
  const most = Math.min(a.length, end);
  if (most !== Math.min(b.length, end)) return false;
  for (let at = start; at < most; at++) if (a[at] !== b[at]) return false;
  return true;
}

// Equal for bytes that are alike, of 52 bits.
function keyOf(bytes: Uint8Array, start: number, end: number): number {
  const most = Math.min(bytes.length, end);
  let low = most;
  let high = 0;
  for (let at = start; at < most; at++) {
    low = Math.imul(low ^ bytes[at]!, 0x01000193);
    high = Math.imul(high ^ bytes[at]! ^ (low >>> 16), 0x5bd1e995);
  }
  return (low >>> 0) + (high >>> 12) * 2 ** 32;
}

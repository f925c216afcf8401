// IPv4 and IPv6 addresses as text: strict reading, and writing as RFC 5952 recommends.

/** Reads four decimal numbers without leading zeros; `null` when the text is anything else. */
export function parseIPv4(text: string): Uint8Array | null {
  const number = ipv4Number(text);
  return number < 0 ? null : Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number);
}

/**
 * Reads an address as `parseIPv4` does, into no object of its own: there may be very many.
 *
 * @returns the address as a number of 32 bits, or -1
 */
export function ipv4Number(text: string): number {
  let address = 0;
  let part = -1;
  let dots = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 0x30 && code <= 0x39) {
      // No number begins with a zero that has another digit behind it.
      if (part === 0) return -1;
      part = Math.max(0, part) * 10 + code - 0x30;
      if (part > 255) return -1;
    } else {
      if (code !== 0x2e || part < 0 || ++dots > 3) return -1;
      address = address * 256 + part;
      part = -1;
    }
  }
  return dots === 3 && part >= 0 ? address * 256 + part : -1;
}

/** Writes the four bytes at `offset` in dotted decimal form. */
export function formatIPv4(bytes: Uint8Array, offset = 0): string {
  return `${bytes[offset]!}.${bytes[offset + 1]!}.${bytes[offset + 2]!}.${bytes[offset + 3]!}`;
}

/** Reads an IPv6 address without scope, prefix or brackets; `null` when the text is anything else. */
export function parseIPv6(text: string): Uint8Array | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const front = parseGroups(halves[0] ?? '', halves.length === 1);
  const back = halves.length === 2 ? parseGroups(halves[1] ?? '', true) : [];
  if (front === null || back === null) return null;
  const missing = 8 - front.length - back.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  front.forEach((group, i) => view.setUint16(2 * i, group));
  back.forEach((group, i) => view.setUint16(2 * (8 - back.length + i), group));
  return bytes;
}

function parseGroups(text: string, mayEndInIPv4: boolean): number[] | null {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: number[] = [];
  for (const [i, part] of parts.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(part)) {
      groups.push(Number.parseInt(part, 16));
      continue;
    }
    const tail = mayEndInIPv4 && i === parts.length - 1 ? parseIPv4Tail(part) : null;
    if (tail === null) return null;
    const view = new DataView(tail.buffer);
    groups.push(view.getUint16(0), view.getUint16(2));
  }
  return groups;
}

// At the end of an IPv6 address Windows allows leading zeros, in numbers of at most three digits.
function parseIPv4Tail(text: string): Uint8Array | null {
  return /\d{4}/.test(text) ? null : parseIPv4(text.replace(/\b0+(?=\d)/g, ''));
}

/**
 * Writes the sixteen bytes at `offset`: lower case, the longest run of zeros shortened, and the last four in dotted
 * form where they are an IPv4 address (mapped, compatible, ISATAP), as Windows does.
 */
export function formatIPv6(bytes: Uint8Array, offset = 0): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, 16);
  const groups = Array.from({ length: 8 }, (_, i) => view.getUint16(2 * i));
  if (!endsInIPv4(groups)) return formatGroups(groups);
  const front = formatGroups(groups.slice(0, 6));
  return `${front}${front.endsWith('::') ? '' : ':'}${formatIPv4(bytes, offset + 12)}`;
}

function endsInIPv4(groups: readonly number[]): boolean {
  if ((groups[4]! & ~0x0200) === 0 && groups[5] === 0x5efe) return true;
  if (groups.slice(0, 5).some((group) => group !== 0)) return false;
  // What is compatible has more than a small number there: ::1 is the loopback address.
  return groups[5] === 0xffff || (groups[5] === 0 && groups[6] !== 0);
}

function formatGroups(groups: readonly number[]): string {
  const zeros = longestZeros(groups);
  const hex = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  if (zeros.length < 2) return hex(groups);
  return `${hex(groups.slice(0, zeros.start))}::${hex(groups.slice(zeros.start + zeros.length))}`;
}

function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let length = 0;
  for (const [i, group] of groups.entries()) {
    length = group === 0 ? length + 1 : 0;
    if (length > best.length) best = { start: i - length + 1, length };
  }
  return best;
}

// The data of TXT records: strings of up to 255 bytes (RFC 6763, 6).

const LONGEST_STRING = 255;
const LONGEST_DATA = 8900;

/**
 * Makes a TXT record's data of lines, `key=value` each.
 *
 * @returns `null` when a line is longer than 255 bytes, or all are too long together
 */
export function textData(lines: string): Uint8Array | null {
  const strings = lines.split(/\r?\n/).filter((line) => line !== '');
  if (strings.length === 0) return Uint8Array.of(0);
  const parts: Uint8Array[] = [];
  for (const each of strings) {
    const bytes = Buffer.from(each);
    if (bytes.length > LONGEST_STRING) return null;
    parts.push(Uint8Array.of(bytes.length), bytes);
  }
  const data = new Uint8Array(Buffer.concat(parts));
  return data.length > LONGEST_DATA ? null : data;
}

/** Whether bytes are a TXT record's data: strings with their lengths before them, one at least. */
export function isTextData(data: Uint8Array): boolean {
  let at = 0;
  while (at < data.length) at += 1 + data[at]!;
  return data.length > 0 && at === data.length && data.length <= LONGEST_DATA;
}

/** The strings of a TXT record as lines; what is no UTF-8 shows as U+FFFD. */
export function linesOf(data: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < data.length; at += 1 + data[at]!) {
    const line = Buffer.from(data.subarray(at + 1, at + 1 + data[at]!)).toString();
    if (line !== '') lines.push(line.replaceAll('\0', '\ufffd'));
  }
  return lines.join('\n');
}

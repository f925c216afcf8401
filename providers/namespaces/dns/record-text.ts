import { RecordType } from '../../../dns-records/index.js';
import { formatIPv4, formatIPv6 } from '../../../spi/index.js';
import { LAYOUTS } from './record-types.js';

/**
 * Writes a record's data as it would stand in a zone's file: `10 mail.example.com.`, `"v=spf1 -all"`.
 *
 * @param type of the record
 * @param data as a query's blob has it
 * @returns the text, without a character that could harm a terminal; in the form of RFC 3597 where the type says nothing of
 *   its parts
 */
export function recordText(type: number, data: Uint8Array): string {
  try {
    if (type === RecordType.A && data.length === 4) return formatIPv4(data);
    if (type === RecordType.AAAA && data.length === 16) return formatIPv6(data);
    if (type === RecordType.TXT) return texts(data);
    const layout = LAYOUTS.get(type);
    if (layout !== undefined && layout.names > 0) return namesAndNumbers(data, layout.before, layout.names);
  } catch {
    // Data that is not of its type is shown as what it is.
  }
  return `\\# ${data.length}${data.length === 0 ? '' : ` ${Buffer.from(data).toString('hex')}`}`;
}

function texts(data: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < data.length; at += 1 + data[at]!) {
    const end = at + 1 + data[at]!;
    if (end > data.length) throw new RangeError('a text is cut off');
    parts.push(`"${characters(data.subarray(at + 1, end), '"\\')}"`);
  }
  return parts.join(' ');
}

// Numbers of 16 bits, names, numbers of 32 bits: what every type with names in it consists of.
function namesAndNumbers(data: Uint8Array, before: number, names: number): string {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const parts: (string | number)[] = [];
  let at = 0;
  for (; at < before; at += 2) parts.push(view.getUint16(at));
  for (let i = 0; i < names; i++) {
    let name = '';
    for (let length = view.getUint8(at++); length > 0; length = view.getUint8(at++)) {
      name += `${characters(data.subarray(at, at + length), '.\\"();@$')}.`;
      at += length;
    }
    parts.push(name || '.');
  }
  for (; at < data.length; at += 4) parts.push(view.getUint32(at));
  return parts.join(' ');
}

function characters(bytes: Uint8Array, special: string): string {
  return Array.from(bytes, (byte) => {
    if (byte < 0x20 || byte >= 0x7f) return `\\${String(byte).padStart(3, '0')}`;
    const character = String.fromCharCode(byte);
    return special.includes(character) ? `\\${character}` : character;
  }).join('');
}

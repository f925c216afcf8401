// The protocols file: names of protocols, and their numbers.
import type { protoent } from '../../../spi/index.js';
import type { Slices } from '../../../name-space/slices.js';
import type { Database } from './database.js';
import type { LineKind } from './line-scanner.js';
import { sameName } from './names.js';

/** What the lines of a protocols file say. */
export const PROTOCOL_LINES: LineKind<protoent> = {
  keyPlace: 1,
  keyOf: (word) => numberIn(word)?.toString() ?? null,
  entryOf([p_name, word = '', ...p_aliases]) {
    const p_proto = numberIn(word);
    return p_proto === null ? null : { p_name, p_aliases, p_proto };
  },
};

function numberIn(word: string): number | null {
  return /^\d{1,4}$/.test(word) ? Number(word) : null;
}

/**
 * Finds a protocol.
 *
 * @param protocols the file
 * @param query a name in any case, or a number in decimal
 * @returns the first that matches, or `undefined`
 */
export function* findProtocol(protocols: Database<protoent>, query: string): Slices<protoent | undefined> {
  const name = query.toLowerCase();
  const number = /^\d+$/.test(query) ? Number(query) : null;
  const keys = number === null || number.toString() === name ? [name] : [name, number.toString()];
  const [first] = yield* protocols.find(
    keys,
    ({ p_proto, p_name, p_aliases }) =>
      p_proto === number || [p_name, ...p_aliases].some((each) => sameName(each, name)),
    1,
  );
  return first;
}
